//! Waiting, in a handler, for the stop of the worker itself; and whether others have work.

use super::Handle;
use crate::executor::until;
use core::future::poll_fn;
use ockam_core::Address;

impl Handle {
    /// Waits until a stop of this worker was asked for, or the node begins to stop.
    ///
    /// A stop waits for the handler that runs. A handler that waits for something which may take
    /// long, and is to give that up when the worker is stopped, waits for this beside it. Only the
    /// worker's own handler may: anybody else would be woken in its place.
    ///
    /// # Cancel safety
    /// Nothing is left when the future is dropped.
    pub async fn ending(&self) {
        let asked = poll_fn(|cx| self.cell().poll_stopping(cx.waker()));
        let _: Option<()> = until(asked, self.stopping()).await;
    }

    /// Tells whether the worker at an address has nothing to do: no message waits for it, and it
    /// handles none. `None` says that there is no worker.
    #[must_use]
    pub fn is_idle_at(&self, address: &Address) -> Option<bool> {
        self.node().find(address).map(|cell| cell.is_at_rest())
    }
}
