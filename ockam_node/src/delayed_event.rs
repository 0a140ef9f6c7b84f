//! A message to be sent later, unless it is cancelled before.

use crate::context::Handle;
use crate::executor::{TaskPlace, until};
use crate::node::Node;
use crate::sync::Lock;
use alloc::format;
use alloc::sync::Arc;
use core::fmt;
use core::future::{Future, poll_fn};
use core::pin::pin;
use core::task::{Poll, Waker};
use core::time::Duration;
use ockam_core::{Error, ErrorKind, Message, Result, Route};

/// Sends a message after a time; a heartbeat, a retry, a deadline.
///
/// It is sent in the name of the context that made it. Scheduling it anew or dropping it cancels
/// what was scheduled before, and so does the end of the node's stop: an event does not hold the
/// node. A worker that is killed sends nothing any more, wherever its events are.
///
/// ```
/// # use ockam_node::{DelayedEvent, NodeBuilder};
/// # use std::time::Duration;
/// # #[tokio::main] async fn main() -> ockam_core::Result<()> {
/// let mut ctx = NodeBuilder::new().build()?;
/// let mut tick = DelayedEvent::create(&ctx, "app", "tick".to_string()).await?;
/// tick.schedule(Duration::from_millis(5)).await?;
/// assert_eq!(ctx.receive::<String>().await?, "tick".to_string());
/// # Ok(()) }
/// ```
#[must_use = "a dropped event is cancelled: keep it until it is due"]
pub struct DelayedEvent<M> {
    handle: Handle,
    route: Route,
    message: M,
    scheduled: Option<Cancel>,
}

/// Cancels one scheduled message when it is dropped.
struct Cancel(Arc<Lock<Schedule>>);

struct Schedule {
    cancelled: bool,
    task: Option<Waker>,
    /// Given back by whoever ends it first, so that a new schedule finds it free.
    place: Option<TaskPlace>,
}

impl Drop for Cancel {
    fn drop(&mut self) {
        let (task, place) = self.0.with(|schedule| {
            schedule.cancelled = true;
            (schedule.task.take(), schedule.place.take())
        });
        drop(place);
        if let Some(task) = task {
            task.wake();
        }
    }
}

impl<M> fmt::Debug for DelayedEvent<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DelayedEvent")
            .field("route", &self.route)
            .field("is_scheduled", &self.scheduled.is_some())
            .finish_non_exhaustive()
    }
}

impl<M: Message + Clone> DelayedEvent<M> {
    /// Prepares an event; nothing is sent before [`schedule`](Self::schedule).
    ///
    /// # Errors
    /// None at present.
    ///
    /// # Cancel safety
    /// It does not wait: all is done at the first poll, and nothing before.
    pub async fn create(handle: &Handle, route: impl Into<Route>, message: M) -> Result<Self> {
        let handle = handle.clone();
        Ok(DelayedEvent { handle, route: route.into(), message, scheduled: None })
    }

    /// Sends the message after `delay`, instead of what was scheduled before.
    ///
    /// # Errors
    /// [`Full`](ockam_core::ErrorKind::Full) on a board whose task slots are all taken, and
    /// [`Stopped`](ockam_core::ErrorKind::Stopped) on a node that has stopped, or of a worker that
    /// was killed; nothing is scheduled then. A message that cannot be delivered in the end is logged, with a WARN unless the node is
    /// stopping.
    ///
    /// # Cancel safety
    /// It does not wait: all is done at the first poll, and nothing before.
    pub async fn schedule(&mut self, delay: Duration) -> Result<()> {
        self.cancel();
        let stop = &self.handle.node().stop;
        if stop.is_closed() {
            let text = || format!("no event is scheduled: the node {}", stop.progress());
            return Err(Error::with_text(ErrorKind::Stopped, text));
        }
        if is_killed(&self.handle) {
            let text = || format!("no event is scheduled: {} was killed", self.handle.address());
            return Err(Error::with_text(ErrorKind::Stopped, text));
        }
        let place = Some(self.handle.node().executor.hold_place()?);
        let schedule = Arc::new(Lock::new(Schedule { cancelled: false, task: None, place }));
        self.scheduled = Some(Cancel(Arc::clone(&schedule)));
        let (handle, route, message) =
            (self.handle.clone(), self.route.clone(), self.message.clone());
        let node = Arc::clone(handle.node());
        node.executor.clone().spawn(async move {
            if is_due(&node, &schedule, delay).await
                && !is_killed(&handle)
                && let Err(error) = handle.send(route, message).await
            {
                not_sent(&handle, &error);
            }
            drop(schedule.with(|schedule| schedule.place.take()));
        });
        Ok(())
    }

    /// Cancels what is scheduled. A message whose time has come already is on its way.
    pub fn cancel(&mut self) {
        self.scheduled = None;
    }
}

/// Waits for `delay`; `false` if it was cancelled, or the node has stopped, before that.
async fn is_due(node: &Node, schedule: &Lock<Schedule>, delay: Duration) -> bool {
    let mut stopped = pin!(node.stop.stopped());
    let cancelled = poll_fn(|cx| {
        let is_cancelled = schedule.with(|schedule| {
            if !schedule.cancelled {
                schedule.task = Some(cx.waker().clone());
            }
            schedule.cancelled
        });
        if is_cancelled { Poll::Ready(()) } else { stopped.as_mut().poll(cx) }
    });
    until(cancelled, node.executor.sleep(delay)).await.is_none()
}

/// Tells whether the worker that made an event was killed.
fn is_killed(handle: &Handle) -> bool {
    handle.cell().is_killed()
}

/// Tells the log. While the node stops it is expected that recipients are gone.
fn not_sent(handle: &Handle, error: &Error) {
    let address = handle.primary_address();
    if handle.node().stop.has_begun() {
        tracing::debug!(%address, %error, "a delayed message was not sent");
    } else {
        tracing::warn!(%address, %error, "a delayed message was not sent");
    }
}
