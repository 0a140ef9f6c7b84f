//! What two nodes say to each other on a stream: a preface, then frames with one message each.
//!
//! It owns the bytes of the preface, of the frames and of the messages in them, and what is
//! tolerated of other encoders. It refuses to know sockets, clocks and tasks: a transport hands it
//! the bytes that arrived and writes the bytes that it made. It also refuses to know whether the
//! first hop of a message exists, what a payload means, and how CBOR is spelt (`cbor`).
//!
//! ```text
//! direction = preface (01) *frame
//! frame     = length (u32, big-endian) message
//! message   = [onward_route, return_route, payload, ? tracing]     CBOR, RFC 8949
//! route     = [* [transport_type, address_bytes]]
//! ```
//!
//! `docs/protocol.md` has the rules, each with the vector that shows it.
//!
//! | file | owns |
//! |---|---|
//! | `decoder` | the bytes of one direction, cut into frames |
//! | `large` | a large payload that is still arriving |
//! | `input` | the bytes that have arrived and were not read |
//! | `encode` | a message as a frame |
//! | `message` | a frame as a message |
//! | `error` | what can be wrong |

mod decoder;
mod encode;
mod error;
mod input;
mod large;
mod message;

pub use decoder::FrameDecoder;
pub use encode::{encode_frame, encode_frame_head};
pub use error::WireError;
pub use message::{Decoded, decode_message};

/// The first byte of each direction of a connection, and the only version number on the wire.
///
/// Each side writes it at once, without waiting for the other's. Ockam 0.150 writes the same.
pub const PREFACE: u8 = 1;

/// The most bytes that the message of a frame may have: 16 MiB.
///
/// It counts the whole message, not only its payload, and not the four bytes of length in front.
/// The number is Ockam 0.150's: its nodes close a connection on which a larger frame arrives.
pub const MAX_FRAME_LEN: usize = 16 * 1024 * 1024;

/// The bytes of length in front of a message.
const LENGTH_LEN: usize = 4;
