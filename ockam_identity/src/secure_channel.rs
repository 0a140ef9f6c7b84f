//! Secure channels on a node: the workers around the protocol.
//!
//! Each end of a channel is two workers, so that a full mailbox on one side does not keep the
//! other side from going on: an **encryptor**, whose address programs put into routes as the
//! channel, and a **decryptor**, which brings messages in and so is a producer of a flow. Before
//! that, the initiator's handshake runs in the task of whoever creates the channel, and the
//! responder's in the worker that becomes the decryptor.
//!
//! ```text
//!   program ──> E encryptor ═══════ any route ═══════> R decryptor ──> worker
//!   worker <─── I decryptor <══════ any route ═══════  E encryptor <── program
//! ```
//!
//! This room owns addresses, routes, who may reach whom, what is told to whom, and the bounds of
//! all that. It refuses to know what is in the bytes (`channel`) and who is who (`identities`).
//!
//! | file | owns |
//! |---|---|
//! | `listener` | takes every message for the first of a handshake |
//! | `half_open` | handshakes that have begun at a listener: so many, so long |
//! | `place` | channels of a listener: so many, and which of them ends for one more |
//! | `initiator` | a channel from the side that begins |
//! | `considering` | which answer to its message 1 is to be believed |
//! | `lost` | the loss of the connection below |
//! | `responder` | a handshake from the side that answers |
//! | `confirmation` | whether the responder has taken the initiator |
//! | `encryptor`, `decryptor` | a channel that is up |
//! | `direct`, `sealing` | encrypting a message where it is sent, past the encryptor's mailbox |
//! | `asked` | the way that the program asked for, and when messages go along it as well |
//! | `reconnector`, `reconnect` | when a channel whose path was lost is made again |
//! | `attempt`, `patience` | one attempt at that, and how long it waits for the peer |
//! | `healing` | what is sent and what arrives meanwhile |
//! | `refresher` | the own credential of a channel that is up, before it expires |
//! | `credential_source` | where that credential comes from |
//! | `ends` | what the two have in common |
//! | `way` | the way to the peer |
//! | `handle` | the channel as a program holds it |
//! | `gap` | messages from beyond the window, until it is certain that others were lost |
//! | `learning` | what a channel learns of its peer, and how much of it |
//! | `meeting` | who the other side of a handshake is, and whether it is trusted |
//! | `notes` | what a peer makes a channel write into the log |
//! | `options`, `trust_policy` | what a program says about a channel |
//! | `peer`, `access` | who sent a message, and rules about that |

mod access;
#[cfg(feature = "std")]
mod asked;
#[cfg(feature = "std")]
mod attempt;
mod confirmation;
mod considering;
mod credential_source;
mod decryptor;
#[cfg(feature = "std")]
mod direct;
mod encryptor;
mod ends;
mod gap;
mod half_open;
mod handle;
#[cfg(feature = "std")]
mod healing;
mod heartbeat;
mod initiator;
mod learning;
mod listener;
mod lost;
mod meeting;
mod notes;
mod options;
#[cfg(feature = "std")]
mod patience;
mod peer;
mod place;
#[cfg(feature = "std")]
mod reconnect;
#[cfg(feature = "std")]
mod reconnector;
mod refresher;
mod responder;
mod rng;
mod sealing;
mod trust_policy;
mod way;

pub use access::{AttributeAccessControl, IdentityAnyIdAccessControl, IdentityIdAccessControl};
#[cfg(feature = "std")]
pub use asked::{MAX_DOUBLED, WAY_TRUSTED_FOR};
pub use considering::MAX_ANSWERS;
pub use credential_source::{CREDENTIAL_REQUEST_TIMEOUT, CredentialSource};
#[cfg(feature = "std")]
pub use decryptor::CHANNEL_CONSUMER_STALL_TIMEOUT;
pub use encryptor::MAX_CHANNEL_BODY_LEN;
pub use gap::LOSS_TIMEOUT;
pub use half_open::{HALF_OPEN_LIFETIME, MAX_HALF_OPEN};
pub use handle::SecureChannel;
#[cfg(feature = "std")]
pub use healing::CHANNEL_GAP_LIMIT;
#[cfg(feature = "std")]
pub use heartbeat::{
    DEFAULT_HEARTBEAT_INTERVAL, HEARTBEAT_PATIENCE, MAX_UNANSWERED_HEARTBEATS,
    MIN_HEARTBEAT_INTERVAL, MIN_SLOW_HEARTBEAT_INTERVAL,
};
pub use initiator::DEFAULT_CHANNEL_HANDSHAKE_TIMEOUT;
pub use learning::{MAX_CREDENTIALS, MAX_REFRESHES, REFRESH_PERIOD};
pub use listener::SecureChannelListener;
pub use options::{SecureChannelListenerOptions, SecureChannelOptions};
#[cfg(feature = "std")]
pub use patience::CHANNEL_ATTEMPT_TIMEOUT;
pub use peer::SecureChannelPeer;
pub use place::DEFAULT_CHANNEL_LIMIT;
#[cfg(feature = "std")]
pub use reconnect::ChannelReconnect;
pub use refresher::{CREDENTIAL_REFRESH_INTERVAL, MAX_CREDENTIAL_REFRESH_INTERVAL};
pub use rng::NodeRng;
pub use trust_policy::{
    AllTrustPolicies, AnyTrustPolicy, TrustEveryonePolicy, TrustIdentifierPolicy,
    TrustMultiIdentifiersPolicy, TrustPolicy,
};
