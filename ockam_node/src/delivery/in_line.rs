//! A sender that stands in the line of a full mailbox.

use crate::cell::Cell;
use crate::cell::inbox::InLine;
use crate::handle::Handle;
#[cfg(feature = "std")]
use crate::lifecycle::stop_order::StopOrder;
use crate::node::Node;
use crate::program;
use alloc::sync::Arc;
use core::task::{Poll, Waker};
use ockam_core::LocalMessage;

/// A message whose sender stands in the line of a full mailbox, and leaves it when it goes away.
pub(crate) struct SendWaiter {
    pub(crate) cell: Arc<Cell>,
    ticket: u32,
    /// Nothing once the sender is not in the line any more.
    message: Option<LocalMessage>,
    /// The cell that notes for whom it waits.
    #[cfg(feature = "std")]
    waits: Option<Arc<Cell>>,
}

impl SendWaiter {
    /// Waits until the message is in the mailbox. Gives it back if the line was given up.
    pub(crate) fn poll(&mut self, node: &Arc<Node>, waker: &Waker) -> Poll<Option<LocalMessage>> {
        let Some(message) = self.message.take() else {
            return Poll::Ready(None);
        };
        match self.cell.look_in_line(self.ticket, message, waker, &node.drain) {
            InLine::Waiting(message) => {
                self.message = Some(message);
                Poll::Pending
            }
            InLine::Entered(receiver) => {
                program::wake(receiver);
                Poll::Ready(None)
            }
            InLine::Gone(message) => Poll::Ready(Some(message)),
        }
    }
}

#[cfg(feature = "std")]
impl SendWaiter {
    pub(crate) fn new(
        handle: &Handle,
        cell: Arc<Cell>,
        ticket: u32,
        message: LocalMessage,
    ) -> Self {
        let carries = |cell: &Cell| cell.stop_order() != StopOrder::Worker;
        let waits = (carries(&cell) && carries(handle.cell())).then(|| Arc::clone(handle.cell()));
        if let Some(waits) = &waits {
            waits.set_waits_for(Some(Arc::clone(&cell)));
        }
        SendWaiter { cell, ticket, message: Some(message), waits }
    }

    /// Leaves the line with the message, if it is still there.
    pub(crate) fn leave(mut self) -> Option<LocalMessage> {
        let message = self.message.take()?;
        self.cell.leave_line(self.ticket);
        Some(message)
    }
}

#[cfg(not(feature = "std"))]
impl SendWaiter {
    pub(crate) fn new(_: &Handle, cell: Arc<Cell>, ticket: u32, message: LocalMessage) -> Self {
        SendWaiter { cell, ticket, message: Some(message) }
    }
}

impl Drop for SendWaiter {
    fn drop(&mut self) {
        #[cfg(feature = "std")]
        if let Some(waits) = &self.waits {
            waits.set_waits_for(None);
        }
        if self.message.is_some() {
            self.cell.leave_line(self.ticket);
        }
    }
}
