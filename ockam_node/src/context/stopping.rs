//! Stopping others and the node, and waiting for that.

use super::Handle;
#[cfg(feature = "std")]
use super::kill::Killed;
use crate::cell::{Cell, Kind, SleepingWorker, Stopping};
use crate::delivery::suggest;
#[cfg(feature = "std")]
use crate::lifecycle::stop_options::StopOptions;
use crate::lifecycle::stop_state::Moment;
use crate::program::wake;
use alloc::boxed::Box;
use alloc::format;
use alloc::sync::Arc;
use core::time::Duration;
use ockam_core::{Address, Error, ErrorKind, Result};

impl Handle {
    /// Stops a worker: the message it handles and those in its mailbox are handled, `shutdown`
    /// runs, and its addresses are free when this returns.
    ///
    /// A worker that stops itself through its [`Context`](super::Context) goes on to the end of its handler; the
    /// call returns at once. Through a handle that was made with [`handle`](Self::handle) it
    /// waits for the end, as for any other worker: that is for other tasks, not for the handler.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound) if no worker is there,
    /// [`InvalidInput`](ErrorKind::InvalidInput) for a context without a worker, and
    /// [`TimedOut`](ErrorKind::TimedOut) if it is busy for longer than the node's stop timeout;
    /// it takes no more messages and ends when its handler does, or is killed.
    ///
    /// # Cancel safety
    /// The stop begins with the first poll, and goes on if the future is dropped.
    pub async fn stop_worker(&self, address: impl Into<Address>) -> Result<()> {
        self.stop_cell(&address.into()).await
    }

    /// Stops a processor: its round is dropped where it waits, `shutdown` runs, and its addresses
    /// are free when this returns.
    ///
    /// # Errors
    /// As [`stop_worker`](Self::stop_worker).
    ///
    /// # Cancel safety
    /// As [`stop_worker`](Self::stop_worker).
    pub async fn stop_processor(&self, address: impl Into<Address>) -> Result<()> {
        self.stop_cell(&address.into()).await
    }

    /// Stops a worker as [`stop_worker`](Self::stop_worker) does, with options: a deadline of its
    /// own, a kill at the deadline, or without its queue. `Some` says that it was killed, by this call or
    /// by another one, which then has counted its messages; a worker that ends by itself at its deadline
    /// was not.
    ///
    /// ```
    /// # use ockam_node::{Context, NodeBuilder, StopOptions};
    /// # use ockam_core::{Result, Routed, Worker};
    /// # use std::time::Duration;
    /// # struct Hangs;
    /// # impl Worker for Hangs {
    /// #     type Context = Context; type Message = u8;
    /// #     async fn handle_message(&mut self, _: &mut Context, _: Routed<u8>) -> Result<()> {
    /// #         std::future::pending().await
    /// #     }
    /// # }
    /// # #[tokio::main] async fn main() -> Result<()> {
    /// let ctx = NodeBuilder::new().build()?;
    /// ctx.start_worker("hangs", Hangs).await?;
    /// ctx.send("hangs", 1u8).await?;
    /// let options = StopOptions::new().with_deadline(Duration::from_millis(10)).then_kill();
    /// let killed = ctx.stop_worker_with("hangs", options).await?;
    /// assert!(killed.is_some());
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// As [`stop_worker`](Self::stop_worker); no [`TimedOut`](ErrorKind::TimedOut) with
    /// [`then_kill`](StopOptions::then_kill).
    ///
    /// # Cancel safety
    /// The stop goes on if the future is dropped once it was polled, and with
    /// [`then_kill`](StopOptions::then_kill) the worker is killed at the deadline all the same. So it
    /// is if a worker stops itself with this.
    #[cfg(feature = "std")]
    pub async fn stop_worker_with(
        &self,
        address: impl Into<Address>,
        options: StopOptions,
    ) -> Result<Option<Killed>> {
        self.stop_cell_with(&address.into(), options).await
    }

    /// Stops a processor as [`stop_processor`](Self::stop_processor) does, with options. What is
    /// queued for a processor is not handled in any case.
    ///
    /// # Errors
    /// As [`stop_worker_with`](Self::stop_worker_with).
    ///
    /// # Cancel safety
    /// As [`stop_worker_with`](Self::stop_worker_with).
    #[cfg(feature = "std")]
    pub async fn stop_processor_with(
        &self,
        address: impl Into<Address>,
        options: StopOptions,
    ) -> Result<Option<Killed>> {
        self.stop_cell_with(&address.into(), options).await
    }

    /// Finds what a program wants to end.
    pub(super) fn find_to(&self, end: &str, address: &Address) -> Result<Arc<Cell>> {
        let Some(cell) = self.node().find(address) else {
            return Err(Error::with_text(ErrorKind::NotFound, || {
                if self.node().stop.is_closed() {
                    return format!("no worker at {address} to {end}: the node has stopped");
                }
                let nearest = suggest::nearest(&self.node().workers, address);
                let guess = nearest.map(|nearest| format!(" (did you mean {nearest}?)"));
                format!("no worker at {address} to {end}{}", guess.unwrap_or_default())
            }));
        };
        if cell.kind() == Kind::Detached {
            return Err(Error::with_text(ErrorKind::InvalidInput, || {
                format!("{address} is a context and not a worker: drop it to end it")
            }));
        }
        Ok(cell)
    }

    /// Asks a cell to stop, and lets `shut_down` end one that sleeps. Tells whether the caller has to
    /// wait for the end: a worker must not wait for its own.
    pub(super) fn request_stop(
        &self,
        cell: &Arc<Cell>,
        shut_down: impl FnOnce(Box<dyn SleepingWorker>),
    ) -> bool {
        match cell.request_stop() {
            Stopping::Ended => return false,
            Stopping::ShutDown(sleeping) => shut_down(sleeping),
            Stopping::Requested(wakers) => wake(wakers),
        }
        !(self.is_own() && Arc::ptr_eq(cell, self.cell()))
    }

    async fn stop_cell(&self, address: &Address) -> Result<()> {
        let cell = self.find_to("stop", address)?;
        let shut_down = |it: Box<dyn SleepingWorker>| it.shut_down(self.node(), Arc::clone(&cell));
        if !self.request_stop(&cell, shut_down) {
            return Ok(());
        }
        self.ended_within(&cell, address, self.node().stop_timeout).await
    }

    /// Waits for the end of a cell.
    pub(super) async fn ended_within(
        &self,
        cell: &Cell,
        address: &Address,
        limit: Duration,
    ) -> Result<()> {
        self.within(limit, cell.ended()).await.ok_or_else(|| {
            Error::with_text(ErrorKind::TimedOut, || {
                format!("{address} is still busy after {limit:?}: it stops when it is done")
            })
        })
    }

    /// Stops the node, as [`Context::stop`](super::Context::stop), and waits for the end: also through the handle of a
    /// worker, in another task.
    ///
    /// # Errors
    /// As [`Context::stop`](super::Context::stop).
    ///
    /// # Cancel safety
    /// As [`Context::stop`](super::Context::stop).
    pub async fn stop(&self) -> Result<()> {
        self.stop_within(self.node().stop_timeout).await
    }

    /// Stops the node with a deadline of its own.
    ///
    /// # Errors
    /// As [`Context::stop`](super::Context::stop).
    ///
    /// # Cancel safety
    /// As [`Context::stop`](super::Context::stop).
    pub async fn stop_within(&self, limit: Duration) -> Result<()> {
        crate::lifecycle::stop::stop(self, limit).await
    }

    /// Waits until the node begins to stop, without stopping it.
    ///
    /// From then on no new workers are taken, and those that there are still handle what is queued.
    /// A handler that waits for something outside of the node, and is to give that up when the node
    /// stops, waits for this beside it: it would hold up the stop until its deadline.
    ///
    /// # Cancel safety
    /// Nothing is left when the future is dropped.
    pub async fn stopping(&self) {
        self.node().stop.reached(Moment::Begun).await;
    }

    /// Tells whether the node has begun to stop.
    #[must_use]
    pub fn is_stopping(&self) -> bool {
        self.node().stop.has_begun()
    }

    /// Waits until the node has stopped, without stopping it.
    ///
    /// # Cancel safety
    /// Nothing is left when the future is dropped.
    pub async fn stopped(&self) {
        self.node().stop.stopped().await;
    }
}
