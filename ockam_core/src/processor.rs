//! The trait of processors: what a program implements to bring messages in from elsewhere.

use crate::Result;
use core::future::Future;

/// Runs by itself: the node calls [`process`](Processor::process) again and again.
///
/// A processor reads from a socket, a sensor or a timer and sends what it finds to workers.
///
/// ```
/// use ockam_core::{Processor, Result};
///
/// struct Countdown(u32);
///
/// impl Processor for Countdown {
///     type Context = (); // a program writes `ockam::Context` here
///
///     async fn process(&mut self, _ctx: &mut ()) -> Result<bool> {
///         self.0 -= 1;
///         Ok(self.0 > 0)
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a processor",
    label = "this is not a processor",
    note = "write `#[ockam::processor] impl Processor for {Self} {{ .. }}` with the type `Context` and `async fn process`"
)]
pub trait Processor: Send + 'static {
    /// What the processor sends messages with: `ockam::Context` on an Ockam node.
    type Context: Send + 'static;

    /// Prepares the processor before its first [`process`](Processor::process).
    ///
    /// # Errors
    /// As for [`Worker::initialize`](crate::Worker::initialize).
    fn initialize(&mut self, _ctx: &mut Self::Context) -> impl Future<Output = Result<()>> + Send {
        async { Ok(()) }
    }

    /// Does one round: `true` to be called again, `false` to end.
    ///
    /// # Errors
    /// An error is logged with the processor's address and ends it.
    ///
    /// # Cancel safety
    /// A stop drops this future where it waits, so that a processor that reads from a silent
    /// socket can be stopped. Keep what must not be lost in fields of `self`.
    fn process(&mut self, ctx: &mut Self::Context) -> impl Future<Output = Result<bool>> + Send;

    /// Cleans up: the last call that a processor gets, exactly once, however it ends.
    ///
    /// # Errors
    /// An error is logged; the processor ends all the same.
    fn shutdown(&mut self, _ctx: &mut Self::Context) -> impl Future<Output = Result<()>> + Send {
        async { Ok(()) }
    }
}
