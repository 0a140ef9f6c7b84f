//! Bodies of messages: which Rust types are messages, and their bytes on the wire.

mod bounded;
mod bounds;
mod codec;
mod local_info;
mod local_message;
mod neutral;
mod payload;
mod routed;
mod spare;
#[cfg(feature = "std")]
mod std_types;
mod transport_message;
mod types;

pub use bounds::{MAX_BODY_DEPTH, MAX_EMPTY_ITEMS};
pub use codec::{DecodeError, EncodeError, decode, encode};
pub use local_info::LocalInfo;
pub use local_message::LocalMessage;
pub use neutral::{Any, NeutralMessage};
pub use payload::{Payload, TypedBody};
pub use routed::Routed;
pub use spare::SpareMessage;
pub use transport_message::TransportMessage;

use serde::{Serialize, de::DeserializeOwned};

/// Marks the types that can be the body of a message.
///
/// A type is made a message by `#[derive(Message)]`, the attribute of the facade `ockam`, or by an
/// empty `impl`; not by both. It has to own its data, to be `Send`, and to implement `Serialize` and
/// `Deserialize` of [serde](https://serde.rs).
///
/// The standard types that serde knows are messages already: numbers, `bool`, `char`, `String`,
/// `()`, `Duration`, `Option`, `Result`, `Box`, `Cow`, tuples, arrays of up to 32 items, and the
/// collections, if what is in them is a message; with the feature `std` those of the standard
/// library as well, such as `HashMap`. A type of another crate becomes a message inside of a struct
/// of the program.
///
/// On the wire a body is its [postcard](https://postcard.jamesmunns.com/wire-format) encoding,
/// except for [`NeutralMessage`], which is its bytes. Between workers of one node a body is moved
/// as it is and not encoded.
///
/// ```
/// use ockam_core::Message;
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Serialize, Deserialize)]
/// struct Reading { celsius: f32 }
///
/// impl Message for Reading {}
///
/// fn is_message<M: Message>() {}
/// is_message::<Reading>();
/// is_message::<Vec<Reading>>();
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the body of a message",
    label = "`Message` is not implemented for `{Self}`",
    note = "your own type: write `#[derive(Message, Serialize, Deserialize)]` on it",
    note = "text: a message owns its data, so send `\"text\".to_string()`, a `String`, in place of `\"text\"`",
    note = "the reply to an ask: name its type, as in `send_and_receive::<String>(..)`",
    note = "a type of another crate: put it into a struct of your own that derives `Message`"
)]
pub trait Message: Serialize + DeserializeOwned + Send + 'static {}
