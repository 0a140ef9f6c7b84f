//! A message inside a node.

use super::{LocalInfo, Payload, SpareMessage, TransportMessage};
use crate::{Address, Result, Route};
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::any::Any;
use core::fmt;
use core::mem::{self, ManuallyDrop};

/// A [`TransportMessage`] inside a node, with what local workers know about it.
///
/// It is one pointer wide: mailboxes and forwarders move it without copying routes or body.
///
/// ```
/// use ockam_core::{LocalMessage, TransportMessage, route};
///
/// let sent = TransportMessage::new(route!["hop", "echoer"], route!["app"], vec![]);
/// let message = LocalMessage::new(sent, vec![]).step_forward("hop")?;
/// assert_eq!(message.onward_route(), &route!["echoer"]);
/// assert_eq!(message.return_route(), &route!["hop", "app"]);
/// # Ok::<(), ockam_core::Error>(())
/// ```
pub struct LocalMessage(ManuallyDrop<Box<Inner>>);

/// What a message holds, behind one pointer.
#[derive(Clone, Default)]
pub(super) struct Inner {
    pub(super) transport: TransportMessage,
    /// Boxed twice: most messages have none, and a null pointer is cheap to make and to drop.
    #[allow(clippy::box_collection)]
    pub(super) local_info: Option<Box<Vec<LocalInfo>>>,
    /// Who takes the memory when the message is gone.
    pub(super) recycle: Option<fn(SpareMessage)>,
}

impl Inner {
    /// Drops what the message held, so that its memory can be used for another one.
    #[inline]
    fn clear(&mut self) {
        self.transport.payload = Payload::default();
        self.transport.onward_route.clear();
        self.transport.return_route.clear();
        if self.local_info.is_some() {
            self.local_info = None;
        }
    }
}

impl LocalMessage {
    /// Puts a message and its local info together.
    #[must_use]
    pub fn new(transport: TransportMessage, local_info: Vec<LocalInfo>) -> Self {
        let local_info = (!local_info.is_empty()).then(|| Box::new(local_info));
        Self::from_inner(Box::new(Inner { transport, local_info, recycle: None }))
    }

    #[inline]
    pub(super) fn from_inner(inner: Box<Inner>) -> Self {
        LocalMessage(ManuallyDrop::new(inner))
    }

    /// Returns the message without its local info.
    #[must_use]
    #[inline]
    pub fn transport(&self) -> &TransportMessage {
        &self.0.transport
    }

    /// Gives the message for editing.
    #[inline]
    pub fn transport_mut(&mut self) -> &mut TransportMessage {
        &mut self.0.transport
    }

    /// Takes the message out and forgets the local info.
    #[must_use]
    pub fn into_transport_message(mut self) -> TransportMessage {
        mem::take(&mut self.0.transport)
    }

    /// Returns what local workers attached, oldest first.
    #[must_use]
    pub fn local_info(&self) -> &[LocalInfo] {
        self.0.local_info.as_ref().map_or(&[], |local_info| local_info.as_slice())
    }

    /// Gives the local info for editing.
    pub fn local_info_mut(&mut self) -> &mut Vec<LocalInfo> {
        self.0.local_info.get_or_insert_default()
    }

    /// Returns the newest fact of type `T`.
    #[must_use]
    pub fn find_local_info<T: Any>(&self) -> Option<&T> {
        self.local_info().iter().rev().find_map(LocalInfo::downcast_ref)
    }

    /// Returns the hops that are still to come.
    #[must_use]
    #[inline]
    pub fn onward_route(&self) -> &Route {
        &self.0.transport.onward_route
    }

    /// Returns the hops of an answer.
    #[must_use]
    #[inline]
    pub fn return_route(&self) -> &Route {
        &self.0.transport.return_route
    }

    /// Returns the body.
    #[must_use]
    #[inline]
    pub fn payload(&self) -> &Payload {
        &self.0.transport.payload
    }

    #[inline]
    pub(crate) fn payload_mut(&mut self) -> &mut Payload {
        &mut self.0.transport.payload
    }

    /// Moves one hop on: takes the front off the onward route and puts `my_address` in front of
    /// the return route, as every forwarding worker does. The body is not touched.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) if the onward route is empty.
    #[inline]
    pub fn step_forward(mut self, my_address: impl Into<Address>) -> Result<Self> {
        let transport = &mut self.0.transport;
        transport.onward_route.step()?;
        transport.return_route.push_front(my_address.into());
        Ok(self)
    }
}

impl Clone for LocalMessage {
    fn clone(&self) -> Self {
        LocalMessage(self.0.clone())
    }
}

/// Hands the memory on, if somebody takes it.
impl Drop for LocalMessage {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: `drop` runs once, and nothing reads the field after it.
        #[allow(unsafe_code)]
        let mut inner = unsafe { ManuallyDrop::take(&mut self.0) };
        if let Some(recycle) = inner.recycle {
            inner.clear();
            recycle(SpareMessage::from_cleared(inner));
        }
    }
}

impl From<TransportMessage> for LocalMessage {
    fn from(transport: TransportMessage) -> Self {
        LocalMessage::new(transport, Vec::new())
    }
}

impl fmt::Debug for LocalMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalMessage")
            .field("onward_route", self.onward_route())
            .field("return_route", self.return_route())
            .field("payload", self.payload())
            .field("local_info", &self.local_info())
            .finish()
    }
}
