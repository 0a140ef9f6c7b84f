//! Identities, credentials and secure channels: mutual authentication, and messages that only the
//! peer can decrypt.
//!
//! Programs use the facade crate `ockam`, which re-exports this one. The protocols do no I/O: bytes,
//! the time and random bits are arguments, and the results are bytes and values. They are `no_std`
//! (with `alloc`) and wire-compatible with Ockam 0.150.
//!
//! | item | description |
//! |---|---|
//! | [`Identity`], [`Identifier`] | a replaceable key under a permanent identifier |
//! | [`Attestation`], [`PurposeKey`] | the everyday keys of an identity |
//! | [`CredentialAndPurposeKey`], [`Attributes`] | attributes of one identity, signed by another |
//! | [`Identities`] | the identities of a node, and the others that it knows |
//! | [`SecureChannel`], [`SecureChannelListener`] | channels between nodes |
//! | [`channel`] | the handshake and the messages of secure channels |
//! | [`Structure`] | encoding and decoding |
//! | [`store`] | persistent state |
//! | [`vault`] | keys by handle, and cryptographic operations |
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
