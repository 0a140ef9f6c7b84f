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
mod transport_message;

pub use bounds::{MAX_BODY_DEPTH, MAX_EMPTY_ITEMS};
pub use codec::{DecodeError, EncodeError, decode, encode};
pub use local_info::LocalInfo;
pub use local_message::LocalMessage;
pub use neutral::{Any, NeutralMessage};
pub use payload::{Payload, TypedBody};
pub use routed::Routed;
pub use spare::SpareMessage;
pub use transport_message::TransportMessage;

use alloc::vec::Vec;
use bounds::DecodeFault;
use serde::{Serialize, de::DeserializeOwned};

/// Marks the types that can be the body of a message: every `serde` type that owns its data and
/// may move between threads. There is nothing to implement.
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
/// fn is_message<M: Message>() {}
/// is_message::<Reading>();
/// is_message::<Vec<Reading>>();
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the body of a message",
    label = "this is not a message",
    note = "a message owns its data and is `Serialize`, `Deserialize`, `Send` and `'static`",
    note = "send `\"text\".to_string()` instead of `\"text\"`; write `#[derive(Serialize, Deserialize)]` on a type of your own"
)]
pub trait Message: Sized + Send + 'static {
    /// Encodes with postcard. `serde`'s traits are not supertraits, because the compiler would then
    /// report them, and not this trait, for a type that is no message.
    #[doc(hidden)]
    fn __to_postcard(&self) -> postcard::Result<Vec<u8>>;

    /// Decodes with postcard, within bounds, and returns what is behind the value.
    #[doc(hidden)]
    fn __take_postcard(bytes: &[u8]) -> core::result::Result<(Self, &[u8]), DecodeFault>;
}

#[diagnostic::do_not_recommend]
impl<M: Serialize + DeserializeOwned + Send + 'static> Message for M {
    fn __to_postcard(&self) -> postcard::Result<Vec<u8>> {
        postcard::to_allocvec(self)
    }

    fn __take_postcard(bytes: &[u8]) -> core::result::Result<(Self, &[u8]), DecodeFault> {
        bounds::take(bytes)
    }
}

/// What the parameters of a generic message have to be; for `#[derive(Message)]`.
#[doc(hidden)]
pub trait Serde: Serialize + DeserializeOwned {}

impl<T: Serialize + DeserializeOwned> Serde for T {}
