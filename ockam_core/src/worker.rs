//! The trait of workers: what a program implements to handle messages.

use crate::{Message, Result, Routed};
use core::future::Future;

/// Handles the messages that arrive at its addresses, one at a time.
///
/// A worker is a struct with the state that it keeps between messages. The node owns it and calls
/// it; it never needs a lock for its own fields. Write the methods as `async fn`; the attribute
/// `#[ockam::worker]` checks the impl and explains mistakes.
///
/// ```
/// use ockam_core::{Result, Routed, Worker};
///
/// struct Counter(u64);
///
/// impl Worker for Counter {
///     type Context = (); // a program writes `ockam::Context` here
///     type Message = u64;
///
///     async fn handle_message(&mut self, _ctx: &mut (), msg: Routed<u64>) -> Result<()> {
///         self.0 += msg.body();
///         Ok(())
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a worker",
    label = "this is not a worker",
    note = "write `#[ockam::worker] impl Worker for {Self} {{ .. }}` with the types `Context` and `Message` and `async fn handle_message`"
)]
pub trait Worker: Send + 'static {
    /// What the worker sends messages with: `ockam::Context` on an Ockam node.
    type Context: Send + 'static;

    /// The type of the messages that the worker handles; [`Any`](crate::Any) for all of them.
    type Message: Message;

    /// Prepares the worker; it is reachable once this has returned.
    ///
    /// # Errors
    /// An error ends the start: [`shutdown`](Worker::shutdown) runs, the addresses are free
    /// again, and the caller of `start_worker` gets the error.
    fn initialize(&mut self, _ctx: &mut Self::Context) -> impl Future<Output = Result<()>> + Send {
        async { Ok(()) }
    }

    /// Handles one message. The next one waits until this future is done.
    ///
    /// # Errors
    /// An error is logged with the worker's address, and fails a local ask that waits for the
    /// answer; the worker goes on with the next message. A panic ends the worker.
    fn handle_message(
        &mut self,
        ctx: &mut Self::Context,
        msg: Routed<Self::Message>,
    ) -> impl Future<Output = Result<()>> + Send;

    /// Cleans up: the last call that a worker gets, exactly once, however it ends.
    ///
    /// # Errors
    /// An error is logged; the worker ends all the same.
    fn shutdown(&mut self, _ctx: &mut Self::Context) -> impl Future<Output = Result<()>> + Send {
        async { Ok(()) }
    }
}
