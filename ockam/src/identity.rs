//! Identities, credentials and secure channels: who is at the other end, and a message that only
//! that end can read.
//!
//! ```
//! use ockam::identity::{SecureChannelListenerOptions, SecureChannelOptions};
//! use ockam::{Context, Result, node, route};
//!
//! #[ockam::node]
//! async fn main(ctx: Context) -> Result<()> {
//!     let mut node = node(ctx);
//!     let (alice, bob) = (node.create_identity().await?, node.create_identity().await?);
//!
//!     // Bob waits for channels, and lets what comes through them reach the main function.
//!     let options = SecureChannelListenerOptions::new();
//!     let listener = node.create_secure_channel_listener(&bob, "bob_listener", options).await?;
//!     node.flow_controls().add_consumer("app", listener.flow_control_id());
//!
//!     let options = SecureChannelOptions::new();
//!     let channel = node.create_secure_channel(&alice, "bob_listener", options).await?;
//!     assert_eq!(channel.peer(), &bob);
//!
//!     node.send(route![channel, "app"], "Hello Ockam!".to_string()).await?;
//!     assert_eq!(node.receive::<String>().await?.body(), "Hello Ockam!");
//!     node.stop().await
//! }
//! ```

pub use ockam_identity::{
    AllTrustPolicies, AnyTrustPolicy, Attestation, AttestationData, AttestationError,
    AttributeAccessControl, Attributes, CLOCK_DRIFT, CREDENTIAL_ISSUER, CREDENTIAL_LIFETIME,
    CREDENTIAL_REFRESH_GAP, CREDENTIAL_REFRESH_INTERVAL, CREDENTIAL_REQUEST_TIMEOUT, Change,
    ChangeData, ChangeError, ChangeHash, ChangeHistory, Clock, Comparison, Credential,
    CredentialAndPurposeKey, CredentialData, CredentialError, CredentialIssuer, CredentialSource,
    DEFAULT_CHANNEL_HANDSHAKE_TIMEOUT, DEFAULT_CHANNEL_LIMIT, EARLIEST_TIME, HALF_OPEN_LIFETIME,
    IDENTITY_KEY_LIFETIME, Identifier, IdentifierError, Identities, Identity,
    IdentityAnyIdAccessControl, IdentityError, IdentityIdAccessControl, IdentityOptions,
    KEY_EXPIRY_NOTICE, KEY_EXPIRY_NOTICE_INTERVAL, MAX_CREDENTIAL_REFRESH_INTERVAL, MAX_HALF_OPEN,
    MAX_HISTORY_CHANGES, MAX_HISTORY_LEN, MAX_REMEMBERED_ATTRIBUTES, MAX_REMEMBERED_IDENTITIES,
    MAX_REMEMBERED_IDENTITIES_LEN, MAX_UNSAVED, NodeRng, PURPOSE_KEY_LIFETIME, Presented,
    PurposeKey, SecureChannel, SecureChannelListener, SecureChannelListenerOptions,
    SecureChannelOptions, SecureChannelPeer, SignedDataError, Structure, SystemClock,
    TrustEveryonePolicy, TrustIdentifierPolicy, TrustMultiIdentifiersPolicy, TrustPolicy, Validity,
    VersionedData,
};
pub use ockam_identity::{
    CHANNEL_ATTEMPT_TIMEOUT, CHANNEL_CONSUMER_STALL_TIMEOUT, CHANNEL_GAP_LIMIT, ChannelReconnect,
    DEFAULT_HEARTBEAT_INTERVAL, HEARTBEAT_PATIENCE, MAX_UNANSWERED_HEARTBEATS,
    MIN_HEARTBEAT_INTERVAL, MIN_SLOW_HEARTBEAT_INTERVAL,
};
pub use ockam_identity::{channel, store};
