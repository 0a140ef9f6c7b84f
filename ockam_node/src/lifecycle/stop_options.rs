//! How one worker is stopped, where the usual way is not enough.

use core::time::Duration;

/// Says how [`Handle::stop_worker_with`](crate::Handle::stop_worker_with) and
/// [`stop_processor_with`](crate::Handle::stop_processor_with) stop. The default is what
/// [`stop_worker`](crate::Handle::stop_worker) does. Not on boards.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StopOptions {
    pub(crate) deadline: Option<Duration>,
    pub(crate) kills: bool,
    pub(crate) discards: bool,
}

impl StopOptions {
    /// Stops as [`stop_worker`](crate::Handle::stop_worker) does: what is queued is handled, and
    /// after the node's stop timeout the call returns
    /// [`TimedOut`](ockam_core::ErrorKind::TimedOut), while the worker goes on until it is done.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets how long the call waits, instead of the node's stop timeout. A time that the clock cannot
    /// add, such as [`Duration::MAX`], means for ever.
    #[must_use]
    pub fn with_deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// Kills the worker when it has not ended by the deadline, as
    /// [`Handle::kill`](crate::Handle::kill) does, instead of returning an error.
    ///
    /// A `shutdown` that blocks its thread does not put the kill off as long as the runtime has another
    /// thread. In a runtime of one thread nothing happens before it gives the thread back.
    #[must_use]
    pub fn then_kill(mut self) -> Self {
        self.kills = true;
        self
    }

    /// Handles nothing of what is queued. It is dead letters at once, with the reason
    /// [`Stopped`](crate::DeadLetterReason::Stopped); up to 31 messages that the worker has taken out
    /// of its mailbox already are when it ends. Whoever waits for their answers is told when it has
    /// ended. The handler that runs goes on to its end, and `shutdown` runs.
    #[must_use]
    pub fn discard_queue(mut self) -> Self {
        self.discards = true;
        self
    }
}
