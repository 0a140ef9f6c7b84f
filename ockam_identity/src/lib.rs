//! Identities, credentials and secure channels: who is at the other end, and a message that only
//! that end can read.
//!
//! Programs use the facade crate `ockam`, which re-exports this one. The protocols here do no
//! input and output: bytes, the time and random bits are arguments, what comes out is bytes and
//! facts. They are `no_std` (they need `alloc`), and they are what Ockam 0.150 puts on the wire.
//!
//! | room | owns |
//! |---|---|
//! | [`Identity`], [`Identifier`] | a key that can be replaced, under a name that stays |
//! | [`Attestation`], [`PurposeKey`] | the keys that an identity uses every day |
//! | [`CredentialAndPurposeKey`], [`Attributes`] | what one identity says of another |
//! | [`Identities`] | the identities that a node is, and those that it has met |
//! | [`SecureChannel`], [`SecureChannelListener`] | channels between nodes |
//! | [`channel`] | the handshake and the messages of secure channels |
//! | [`Structure`] | how all of them become bytes and back |
//! | [`store`] | what survives the process |
//! | [`vault`] | keys by handle, and what is computed with them |
#![no_std]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

#[cfg(not(any(feature = "ring", feature = "rustcrypto")))]
compile_error!("ockam_identity needs one of the features `ring` (part of `std`) and `rustcrypto`");

#[cfg(not(any(feature = "std", feature = "critical-section")))]
compile_error!("ockam_identity needs one of the features `std` and `critical-section`");

pub mod channel;
mod codec;
mod credential;
mod identifier;
mod identities;
mod identity;
#[cfg(feature = "node")]
mod issuer;
mod program;
mod purpose_key;
#[cfg(feature = "node")]
mod secure_channel;
mod signed;
mod sorted;
pub mod store;
mod sync;
#[cfg(feature = "node")]
mod telling;
pub mod vault;

pub use codec::Structure;
pub use credential::{
    Attributes, Credential, CredentialAndPurposeKey, CredentialData, CredentialError,
};
pub use identifier::{ChangeHash, Identifier, IdentifierError};
#[cfg(feature = "std")]
pub use identities::SystemClock;
#[cfg(feature = "node")]
pub use identities::{CREDENTIAL_REFRESH_GAP, KEY_EXPIRY_NOTICE, KEY_EXPIRY_NOTICE_INTERVAL};
pub use identities::{
    Clock, EARLIEST_TIME, Identities, MAX_REMEMBERED_ATTRIBUTES, MAX_REMEMBERED_IDENTITIES,
    MAX_REMEMBERED_IDENTITIES_LEN, MAX_UNSAVED, Presented,
};
pub use identity::{
    Change, ChangeData, ChangeError, ChangeHistory, Comparison, IDENTITY_KEY_LIFETIME, Identity,
    IdentityError, IdentityOptions, MAX_HISTORY_CHANGES, MAX_HISTORY_LEN,
};
#[cfg(feature = "node")]
pub use issuer::{CREDENTIAL_ISSUER, CREDENTIAL_LIFETIME, CredentialIssuer};
pub use purpose_key::{
    Attestation, AttestationData, AttestationError, CLOCK_DRIFT, PURPOSE_KEY_LIFETIME, PurposeKey,
    Validity,
};
#[cfg(feature = "node")]
pub use secure_channel::{
    AllTrustPolicies, AnyTrustPolicy, AttributeAccessControl, CREDENTIAL_REFRESH_INTERVAL,
    CREDENTIAL_REQUEST_TIMEOUT, CredentialSource, DEFAULT_CHANNEL_HANDSHAKE_TIMEOUT,
    DEFAULT_CHANNEL_LIMIT, HALF_OPEN_LIFETIME, IdentityAnyIdAccessControl, IdentityIdAccessControl,
    LOSS_TIMEOUT, MAX_ANSWERS, MAX_CHANNEL_BODY_LEN, MAX_CREDENTIAL_REFRESH_INTERVAL,
    MAX_CREDENTIALS, MAX_HALF_OPEN, MAX_REFRESHES, NodeRng, REFRESH_PERIOD, SecureChannel,
    SecureChannelListener, SecureChannelListenerOptions, SecureChannelOptions, SecureChannelPeer,
    TrustEveryonePolicy, TrustIdentifierPolicy, TrustMultiIdentifiersPolicy, TrustPolicy,
};
#[cfg(feature = "std")]
pub use secure_channel::{
    CHANNEL_ATTEMPT_TIMEOUT, CHANNEL_CONSUMER_STALL_TIMEOUT, CHANNEL_GAP_LIMIT, ChannelReconnect,
    DEFAULT_HEARTBEAT_INTERVAL, HEARTBEAT_PATIENCE, MAX_DOUBLED, MAX_UNANSWERED_HEARTBEATS,
    MIN_HEARTBEAT_INTERVAL, MIN_SLOW_HEARTBEAT_INTERVAL, WAY_TRUSTED_FOR,
};
pub use signed::{SignedDataError, VersionedData};
