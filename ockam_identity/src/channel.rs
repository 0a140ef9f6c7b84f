//! The secure channel protocol: a handshake of three messages, then messages that only the other
//! end can decrypt.
//!
//! Each step is a state that consumes bytes and returns the next state. This module owns the wire
//! format of the handshake and of messages, the keys of a channel, and the rules by which messages
//! are rejected. It does not know addresses, tasks, time, trust, or where static keys are stored:
//! agreed secrets are arguments, so that static keys can stay in a vault.
//!
//! ```text
//! initiator                            responder
//! Initiator::new ──────── message 1 ─> Greeted::read
//! Initiator::read <────── message 2 ── Greeted::answer
//! Answered::finish ────── message 3 ─> Waiting::read
//! ChannelKeys                          ChannelKeys
//! Sealer, Opener <──── messages ─────> Sealer, Opener
//! ```
//!
//! | file | owns |
//! |---|---|
//! | `noise` | the handshake, Noise XX |
//! | `presented` | the handshake payload with the identity of each side |
//! | `features` | protocol features beyond Ockam 0.150 |
//! | `sealer`, `opener` | encryption and decryption of messages |
//! | `rekey`, `keys` | key rotation |
//! | `window` | replay protection |
//! | `message` | the content of a message |
//! | `error` | errors of handshake and messages |

mod error;
mod features;
mod keys;
mod message;
mod noise;
mod opener;
mod presented;
mod rekey;
mod sealer;
mod window;

pub use error::{ChannelError, HandshakeError};
pub use features::Features;
pub use message::{ChannelMessage, MAX_REFRESH_LEN};
pub use noise::{
    Answered, ChannelKeys, Greeted, Initiator, MAX_HANDSHAKE_MESSAGE_LEN, Protocol, Waiting,
};
pub use opener::{MAX_KEYS_AHEAD, Opener};
pub use presented::IdentityAndCredentials;
pub use rekey::{LAST_NONCE, REKEY_INTERVAL};
pub use sealer::{CHANNEL_OVERHEAD, Sealer};
pub use window::WINDOW;

/// Length in bytes of the number in front of a message of a channel.
pub(crate) const NUMBER_LEN: usize = 8;
