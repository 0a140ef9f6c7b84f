//! The memory of messages that are gone.

use super::local_message::Inner;
use super::{LocalMessage, Payload};
use crate::{Address, Route};
use alloc::boxed::Box;
use core::fmt;

/// The memory of one message, without a message in it.
///
/// Senders and recipients of messages are often on different threads, which is what allocators are
/// slow at. So a node may keep the memory of messages that were handled and use it again. This
/// crate has no place to keep it; it says only how memory becomes a message, and hands the memory
/// of a message that is dropped to the function that it was made with.
///
/// ```
/// use ockam_core::{Payload, SpareMessage};
///
/// let message = SpareMessage::new(drop).fill("echoer", &"app".into(), Payload::from(vec![1]));
/// assert_eq!(message.onward_route().to_string(), "0#echoer");
/// assert_eq!(message.return_route().to_string(), "0#app");
/// ```
pub struct SpareMessage(Box<Inner>);

impl fmt::Debug for SpareMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SpareMessage").finish_non_exhaustive()
    }
}

impl SpareMessage {
    /// Allocates the memory of a message. Each time that a message in it is dropped, `recycle` is
    /// called with the memory.
    #[must_use]
    pub fn new(recycle: fn(SpareMessage)) -> Self {
        SpareMessage(Box::new(Inner { recycle: Some(recycle), ..Inner::default() }))
    }

    /// Takes memory whose message was cleared.
    #[inline]
    pub(super) fn from_cleared(inner: Box<Inner>) -> Self {
        SpareMessage(inner)
    }

    /// Makes a message: each part is moved once, to where it stays.
    #[must_use]
    #[inline]
    pub fn fill(
        mut self,
        onward: impl Into<Route>,
        return_to: &Address,
        payload: Payload,
    ) -> LocalMessage {
        let transport = &mut self.0.transport;
        transport.onward_route.set(onward.into());
        transport.return_route.push_front(return_to);
        transport.payload = payload;
        LocalMessage::from_inner(self.0)
    }
}
