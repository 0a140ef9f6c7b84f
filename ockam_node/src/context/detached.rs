//! Contexts without a worker, and waiting for workers.

use super::{Context, DEFAULT_TIMEOUT, Handle};
use crate::executor::until;
use alloc::format;
use ockam_core::{
    Address, Error, ErrorKind, IncomingAccessControl, Mailbox, Mailboxes, OutgoingAccessControl,
    Result,
};

impl Handle {
    /// Makes a context of its own address and mailbox that belongs to no worker. It frees the
    /// address when it is dropped.
    ///
    /// # Errors
    /// As [`start_worker`](Self::start_worker), except that workers which end may still make one
    /// while the node stops.
    ///
    /// # Cancel safety
    /// It does not wait: all is done at the first poll, and nothing before.
    pub async fn new_detached(
        &self,
        address: impl Into<Address>,
        incoming: impl IncomingAccessControl,
        outgoing: impl OutgoingAccessControl,
    ) -> Result<Context> {
        let mailbox = Mailbox::new(address, incoming, outgoing);
        self.new_detached_with_mailboxes(mailbox).await
    }

    /// As [`new_detached`](Self::new_detached), with several addresses.
    ///
    /// # Errors
    /// As [`new_detached`](Self::new_detached).
    ///
    /// # Cancel safety
    /// As [`new_detached`](Self::new_detached).
    pub async fn new_detached_with_mailboxes(
        &self,
        mailboxes: impl Into<Mailboxes>,
    ) -> Result<Context> {
        Context::detached(self.node(), mailboxes.into())
    }

    /// Waits until a worker is reachable at an address, at most for
    /// [`DEFAULT_TIMEOUT`](crate::DEFAULT_TIMEOUT).
    ///
    /// # Errors
    /// [`TimedOut`](ErrorKind::TimedOut) if none came, and [`Stopped`](ErrorKind::Stopped) if there
    /// is none when the node begins to stop, or did before: none will come.
    ///
    /// # Cancel safety
    /// Nothing is left when the future is dropped.
    pub async fn wait_for(&self, address: impl Into<Address>) -> Result<()> {
        let address = address.into();
        let arrival = self.node().start_waiters.wait_for(&address, || self.is_reachable(&address));
        let limit = self.within(DEFAULT_TIMEOUT, self.stopping());
        let mut kind = ErrorKind::TimedOut;
        let arrived = until(arrival, async {
            if limit.await.is_some() {
                kind = ErrorKind::Stopped;
            }
        });
        arrived.await.ok_or_else(|| {
            Error::with_text(kind, || match kind {
                ErrorKind::Stopped => format!("no worker starts at {address}: the node stops"),
                _ => format!("no worker started at {address}"),
            })
        })
    }
}
