//! Secure channels as a protocol: three messages to agree on keys, then messages that only the
//! other end can read.
//!
//! Each step is a value that takes bytes and gives the next value. This room owns the bytes of the
//! handshake and of what follows, the keys of a channel, and which message is refused. It refuses
//! to know addresses, tasks and time, who is trusted, and where static keys are: it gets what they
//! agree on as an argument, so that they can stay in a vault.
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
//! | `presented` | what each side shows of its identity in the handshake |
//! | `features` | what two nodes of this library agree on beyond Ockam 0.150 |
//! | `sealer`, `opener` | the messages of a channel, out and in |
//! | `rekey`, `keys` | the keys that follow from a key |
//! | `window` | which messages came before |
//! | `message` | what is in a message |
//! | `error` | why something is refused |

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

/// The bytes of the number in front of a message of a channel.
pub(crate) const NUMBER_LEN: usize = 8;
