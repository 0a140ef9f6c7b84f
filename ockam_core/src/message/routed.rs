//! A message as its worker receives it: the body, and the way it came.

use super::{Any, DecodeError, LocalInfo, LocalMessage, Message, TransportMessage};
use crate::{Address, Error, ErrorKind, Result, Route};
use core::any::TypeId;
use core::fmt;
use core::ops::Deref;

/// A body of type `M` together with the routes of the message that brought it.
///
/// It dereferences to the body and prints like it.
///
/// ```
/// use ockam_core::{LocalMessage, Routed, TransportMessage, encode, route};
///
/// let payload = encode(&"Hello".to_string())?;
/// let sent = TransportMessage::new(route!["echoer"], route!["app"], payload);
/// let msg = Routed::<String>::decode(sent.into()).unwrap();
///
/// assert_eq!(msg.len(), 5);
/// assert_eq!(msg.return_route(), route!["app"]);
/// assert_eq!(msg.sender()?, "app".into());
/// assert_eq!(msg.body(), "Hello");
/// # Ok::<(), ockam_core::Error>(())
/// ```
pub struct Routed<M> {
    body: M,
    message: LocalMessage,
}

impl<M: Message> Routed<M> {
    /// Reads the body of a message as an `M`; an `Any` is not read at all.
    ///
    /// # Errors
    /// The reason, and the message unchanged, if the body is not an `M`.
    #[inline]
    pub fn decode(
        mut message: LocalMessage,
    ) -> core::result::Result<Self, (DecodeError, LocalMessage)> {
        let body = if TypeId::of::<M>() == TypeId::of::<Any>() {
            super::decode(&[])
        } else {
            message.payload_mut().take()
        };
        match body {
            Ok(body) => Ok(Routed { body, message }),
            Err(error) => Err((error, message)),
        }
    }
}

/// Reading asks nothing of the body's type, so that a type that is no message is reported once.
impl<M: 'static> Routed<M> {
    /// Takes the body out.
    #[must_use]
    #[inline]
    pub fn body(self) -> M {
        self.body
    }

    /// Takes the body out, for programs that expect this to be able to fail. It cannot: the body
    /// was decoded before the worker saw the message.
    ///
    /// # Errors
    /// Never.
    pub fn into_body(self) -> Result<M> {
        Ok(self.body)
    }

    /// Returns the body.
    #[must_use]
    #[inline]
    pub fn as_body(&self) -> &M {
        &self.body
    }

    /// Returns the route along which an answer reaches the sender.
    #[must_use]
    #[inline]
    pub fn return_route(&self) -> Route {
        self.message.return_route().clone()
    }

    /// Returns the rest of the route; its first hop is the address that received the message.
    #[must_use]
    pub fn onward_route(&self) -> Route {
        self.message.onward_route().clone()
    }

    /// Returns the address of the worker that sent the message, as that worker's node knows it:
    /// the last hop of the return route.
    ///
    /// # Errors
    /// [`InvalidInput`](ErrorKind::InvalidInput) if the sender gave no return route.
    pub fn sender(&self) -> Result<Address> {
        self.message.return_route().recipient()
    }

    /// Returns the address at which the message was received: one of the worker's own.
    #[must_use]
    #[inline]
    pub fn msg_addr(&self) -> Address {
        self.message.onward_route().first().cloned().unwrap_or_else(|| Address::from(""))
    }

    /// Returns the address from which the message came last, which is the first hop of an answer.
    /// It is the empty address if the message cannot be answered.
    #[must_use]
    pub fn src_addr(&self) -> Address {
        self.message.return_route().first().cloned().unwrap_or_else(|| Address::from(""))
    }

    /// Returns the body as the bytes in which it travels.
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        let taken: &dyn core::any::Any = &self.body;
        self.message.payload().to_bytes_of(Some(taken)).unwrap_or_default()
    }

    /// Returns what local workers attached to the message.
    #[must_use]
    pub fn local_info(&self) -> &[LocalInfo] {
        self.message.local_info()
    }

    /// Returns the newest fact of type `T` that a local worker attached.
    #[must_use]
    pub fn find_local_info<T: core::any::Any>(&self) -> Option<&T> {
        self.message.find_local_info()
    }

    /// Returns a copy of the message, for example to store it.
    #[must_use]
    pub fn local_message(&self) -> LocalMessage {
        let transport =
            TransportMessage::new(self.onward_route(), self.return_route(), self.payload());
        LocalMessage::new(transport, self.message.local_info().to_vec())
    }

    /// Turns back into the message that was received, for example to forward it.
    #[must_use]
    #[inline]
    pub fn into_local_message(mut self) -> LocalMessage {
        // An `Any` was not taken out.
        if TypeId::of::<M>() != TypeId::of::<Any>() {
            self.message.payload_mut().put(self.body);
        }
        self.message
    }

    /// Turns into the message that was received, without its local info.
    #[must_use]
    pub fn into_transport_message(self) -> TransportMessage {
        self.into_local_message().into_transport_message()
    }
}

impl Routed<Any> {
    /// Reads the body as an `M` after all.
    ///
    /// # Errors
    /// [`Encoding`](ErrorKind::Encoding) with the type that was expected, if the body is not one.
    pub fn cast<M: Message>(self) -> Result<Routed<M>> {
        Routed::decode(self.message)
            .map_err(|(error, _)| Error::with_kind(ErrorKind::Encoding, error))
    }
}

impl<M> Deref for Routed<M> {
    type Target = M;

    fn deref(&self) -> &M {
        &self.body
    }
}

impl<M: fmt::Display> fmt::Display for Routed<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.body, f)
    }
}

impl<M: fmt::Debug> fmt::Debug for Routed<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.body, f)
    }
}

impl<M: PartialEq> PartialEq<M> for Routed<M> {
    fn eq(&self, other: &M) -> bool {
        self.body == *other
    }
}
