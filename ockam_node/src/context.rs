//! What a worker, or the main function, talks to its node with.
//!
//! | room | owns |
//! |---|---|
//! | `detached` | contexts without a worker, and waiting for workers |
//! | `stopping` | stopping others and the node, and waiting for that |
//! | `stop_with` | stopping others with options |
//! | `kill` | ending others that do not end by themselves |
//! | `send` | sending and forwarding |
//! | `ask` | `send_and_receive` |
//! | `receive` | taking messages out of one's own mailbox |
//! | `transport_api` | what transports and channels need |
//! | `stall` | handing on what a peer has sent, to a worker that may stand still |

mod ask;
mod detached;
#[cfg(feature = "std")]
mod ending;
#[cfg(feature = "std")]
mod kill;
mod receive;
mod send;
#[cfg(feature = "std")]
mod stall;
#[cfg(feature = "std")]
mod stop_with;
mod stopping;
mod transport_api;

pub use ask::MessageSendReceiveOptions;
#[cfg(feature = "std")]
pub use kill::{KILL_PATIENCE, Killed};
pub use receive::{DEFAULT_TIMEOUT, MessageReceiveOptions};
#[cfg(feature = "std")]
pub use stall::StallGuard;

#[cfg(feature = "std")]
use crate::ask::notice::{self, Failure};
#[cfg(feature = "std")]
use crate::ask::reply_to::{self, WayBack};
use crate::ask::slot::asker;
use crate::cell::{Batch, Cell, CellMeta, Kind, NextStep};
use crate::dead_letter::DeadLetterReason;
#[cfg(feature = "std")]
use crate::delivery::came_by::came_by;
use crate::executor::Alarm;
pub use crate::handle::Handle;
use crate::lifecycle::stop_order::StopOrder;
use crate::node::{Node, cut_off};
#[cfg(feature = "std")]
use crate::telling::{Telling, What};
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::ops::Deref;
use core::task::{Poll, Waker};
use core::time::Duration;
use ockam_core::{
    Address, Error, ErrorKind, FailureReason, LocalMessage, Mailboxes, Result, TypeName,
};

/// The place from which a worker or the main function acts: it has addresses and a mailbox, and
/// sends in its own name.
///
/// A worker gets it with every call. All calls that need no mailbox are those of [`Handle`], to
/// which it dereferences; [`handle`](Handle::handle) makes a copy that can go to other tasks.
///
/// A context that belongs to no worker, such as that of the main function or one made by
/// [`new_detached`](Handle::new_detached), frees its addresses when it is dropped.
pub struct Context {
    handle: Handle,
    /// The deadline of the `receive` that waits.
    alarm: Alarm,
    /// Messages that were taken out of the inbox together and not handled yet.
    batch: Batch,
    /// Who may wait for the answer to the message that is being handled.
    asker: Option<Address>,
    /// The way to that asker, if it reads notices of failures. It is that of the last asker whose
    /// message came from outside, so it counts only if this one's did.
    #[cfg(feature = "std")]
    way_back: WayBack,
    /// A message is being handled. It is counted if it is not handled to the end.
    #[cfg(feature = "std")]
    handles: bool,
    /// That message has come as bytes: from outside.
    #[cfg(feature = "std")]
    from_outside: bool,
}

const DETACHED: &CellMeta = &CellMeta { kind: Kind::Detached, type_name: TypeName::of::<Context> };

impl Context {
    /// The context of a worker's own calls.
    pub(crate) fn of_worker(node: Arc<Node>, cell: Arc<Cell>) -> Self {
        Self::new(Handle::of_context(node, cell))
    }

    /// A context without a worker.
    pub(crate) fn detached(node: &Arc<Node>, mailboxes: Mailboxes) -> Result<Self> {
        let limits = node.mailbox_limits.clone();
        let cell = Cell::starting(mailboxes, DETACHED, StopOrder::Worker, limits);
        node.reserve(&cell)?;
        node.arrived(&cell);
        Ok(Self::new(Handle::of_context(Arc::clone(node), cell)))
    }

    fn new(handle: Handle) -> Self {
        Context {
            handle,
            alarm: Alarm::default(),
            batch: Batch::default(),
            asker: None,
            #[cfg(feature = "std")]
            way_back: None,
            #[cfg(feature = "std")]
            handles: false,
            #[cfg(feature = "std")]
            from_outside: false,
        }
    }

    /// Remembers who may wait for the answer to a message that is about to be handled, and by which
    /// hop it came; `true` if somebody may wait.
    #[inline(always)]
    pub(crate) fn begin_answer(&mut self, message: &LocalMessage) -> bool {
        #[cfg(feature = "std")]
        {
            self.handles = true;
            self.from_outside = !message.payload().is_typed();
            self.note_way(message);
        }
        match asker(message) {
            Some(asker) => {
                self.remember(asker, message);
                true
            }
            None => false,
        }
    }

    /// Notes by which hop a message came that the program gets now.
    #[cfg(feature = "std")]
    #[inline]
    pub(crate) fn note_way(&self, message: &LocalMessage) {
        // Without a connection nothing comes by one.
        if self.handle.node().carries() {
            self.handle.cell().set_came_by(came_by(message));
        }
    }

    #[inline(never)]
    fn remember(&mut self, asker: &Address, message: &LocalMessage) {
        self.asker = Some(asker.clone());
        #[cfg(feature = "std")]
        if self.from_outside {
            reply_to::keep(&mut self.way_back, message, asker);
        }
        #[cfg(not(feature = "std"))]
        let _ = message;
    }

    /// The message was handled, if not well.
    #[inline]
    pub(crate) fn handled(&mut self) {
        #[cfg(feature = "std")]
        {
            self.handles = false;
        }
    }

    /// The message was handled well: its asker is not told that there is no answer, which may still
    /// come from whoever has the return route.
    #[inline]
    pub(crate) fn end_answer(&mut self) {
        self.asker = None;
    }

    /// Counts the message that is being handled, if one is, as one that was not: its handler was
    /// cut off or has panicked. What is known of it is where it was, and who asked.
    #[cfg(feature = "std")]
    #[cold]
    pub(crate) fn not_handled(&mut self, reason: DeadLetterReason) {
        if core::mem::take(&mut self.handles) {
            let to = self.handle.primary_address().clone().into();
            let asker = self.asker.iter().cloned().collect();
            self.handle.node().dead_letters.record_routes(to, asker, reason);
        }
    }

    /// Says how the log is told of what became of the message that is handled. What came from
    /// outside is counted, and so is everything in what carries messages out: a peer can ask for an
    /// answer that cannot leave.
    #[cfg(feature = "std")]
    #[cold]
    pub(crate) fn telling(&self, what: What) -> Telling {
        let cell = self.handle.cell();
        if self.from_outside || cell.stop_order() != StopOrder::Worker {
            self.handle.node().telling(cell.address(), what)
        } else {
            Telling::Each
        }
    }

    /// Returns the texts of an error for the asker of the message that is handled, if that is on
    /// another node and may read them.
    #[cfg(feature = "std")]
    #[cold]
    pub(crate) fn texts_for_asker(&self, error: &Error) -> Vec<String> {
        match (&self.asker, &self.way_back) {
            (Some(_), Some(way_back)) if self.from_outside => {
                notice::texts(self.handle.node(), way_back, error)
            }
            _ => Vec::new(),
        }
    }

    /// On boards no other node is told.
    #[cfg(not(feature = "std"))]
    #[inline(always)]
    pub(crate) fn texts_for_asker(&self, _: &Error) -> Vec<String> {
        Vec::new()
    }

    /// The message was not handled: its asker gets the error of `why`, or the texts if it is on
    /// another node.
    #[cold]
    pub(crate) fn fail_asker(
        &mut self,
        reason: FailureReason,
        texts: Vec<String>,
        why: impl FnOnce() -> Error,
    ) {
        let Some(asker) = self.asker.take() else {
            return;
        };
        let unheard = self.handle.node().fail_ask(&asker, why());
        #[cfg(feature = "std")]
        if self.from_outside
            && let (Some(error), Some(way_back)) = (unheard, &self.way_back)
        {
            let (node, cell) = (self.handle.node(), self.handle.cell());
            let failure = Failure::new(reason, &error, texts);
            notice::tell(node, cell, cell.address(), way_back, failure);
        }
        #[cfg(not(feature = "std"))]
        let _ = (unheard, reason, texts);
    }

    /// Takes the next message that is in hand already, unless no more are handled.
    #[inline]
    pub(crate) fn next_in_hand(&mut self) -> Option<LocalMessage> {
        #[cfg(feature = "std")]
        if self.batch.len() > 0 && self.handle.cell().gives_up() {
            return None;
        }
        self.take_in_hand()
    }

    /// As [`next_in_hand`](Self::next_in_hand), when no more messages are handled.
    #[inline]
    pub(crate) fn take_in_hand(&mut self) -> Option<LocalMessage> {
        let message = self.batch.pop()?;
        self.handle.cell().set_in_hand(self.batch.len());
        Some(message)
    }

    /// Leaves what is in hand to the context that goes on: `initialize` has received some messages and
    /// not all that it took out for that.
    #[cfg(feature = "std")]
    #[inline]
    pub(crate) fn put_back(&mut self) {
        if self.batch.len() > 0 {
            self.handle.cell().put_back(&mut self.batch);
        }
    }

    /// On boards only the message that is handled is taken out.
    #[cfg(not(feature = "std"))]
    #[inline(always)]
    pub(crate) fn put_back(&mut self) {}

    /// Finds the next message, or what else there is to do; see [`Cell::poll_turn`].
    #[inline]
    pub(crate) fn poll_turn(&mut self, waker: Option<&Waker>, may_rest: bool) -> Poll<NextStep> {
        match self.next_in_hand() {
            Some(message) => Poll::Ready(NextStep::Message(message)),
            None => self.poll_inbox(waker, may_rest),
        }
    }

    /// As [`poll_turn`](Self::poll_turn), when nothing is in batch.
    #[cfg_attr(feature = "std", inline)]
    #[cfg_attr(not(feature = "std"), inline(never))]
    pub(crate) fn poll_inbox(&mut self, waker: Option<&Waker>, may_rest: bool) -> Poll<NextStep> {
        let (cell, drain) = (self.handle.cell(), &self.handle.node().drain);
        let turn = cell.poll_turn(&mut self.batch, waker, may_rest, drain);
        if self.batch.len() > 0 {
            self.handle.cell().set_in_hand(self.batch.len());
        }
        turn
    }

    /// Stops the node: no new workers, everything queued is handled, every `shutdown` runs.
    ///
    /// The node's stop timeout, one second by default, limits how long that may take. Called from
    /// a worker, it starts the stop and returns at once, since the stop waits for that worker;
    /// [`Handle::stop`], in another task, waits. Stopping twice is fine.
    ///
    /// # Errors
    /// [`TimedOut`](ockam_core::ErrorKind::TimedOut) with a [`StopError`](crate::StopError) that
    /// lists what was cut off at the deadline. The node has stopped all the same.
    /// With `std` also [`Panicked`](ockam_core::ErrorKind::Panicked) if something panicked in the stop
    /// itself: then what was left was cut off.
    ///
    /// # Cancel safety
    /// The stop begins with the first poll, and goes on if the future is dropped.
    pub async fn stop(&mut self) -> Result<()> {
        self.handle.stop().await
    }

    /// Does what [`stop`](Self::stop) does, with its errors and its cancel safety.
    ///
    /// # Compatibility
    /// Programs for Ockam 0.150 use this name.
    pub async fn shutdown(&mut self) -> Result<()> {
        self.handle.stop().await
    }

    /// Stops the node with a deadline in seconds.
    ///
    /// # Compatibility
    /// Programs of 2023 use this name. [`stop_within`](Handle::stop_within) takes a `Duration`.
    ///
    /// # Errors
    /// As [`stop`](Self::stop).
    ///
    /// # Cancel safety
    /// As [`stop`](Self::stop).
    pub async fn stop_timeout(&mut self, seconds: u8) -> Result<()> {
        self.handle.stop_within(Duration::from_secs(seconds.into())).await
    }

    /// Stops the node without waiting for queued messages: what is in mailboxes is not handled,
    /// every `shutdown` that does not wait runs.
    ///
    /// # Compatibility
    /// Programs of 2023 use this name. [`stop_within`](Handle::stop_within) with `Duration::ZERO` does the
    /// same.
    ///
    /// # Errors
    /// As [`stop`](Self::stop).
    ///
    /// # Cancel safety
    /// As [`stop`](Self::stop).
    pub async fn stop_now(&mut self) -> Result<()> {
        self.handle.stop_within(Duration::ZERO).await
    }
}

impl Deref for Context {
    type Target = Handle;

    fn deref(&self) -> &Handle {
        &self.handle
    }
}

impl Drop for Context {
    fn drop(&mut self) {
        #[cfg(feature = "std")]
        if self.handles {
            self.not_handled(DeadLetterReason::CutOff);
        }
        if self.asker.is_some() {
            let cell = Arc::clone(self.handle.cell());
            self.fail_asker(FailureReason::CutOff, Vec::new(), || {
                Error::with_text(ErrorKind::Stopped, || cut_off(&cell))
            });
        }
        let (node, cell) = (self.handle.node(), self.handle.cell());
        while let Some(message) = self.batch.pop() {
            node.undelivered(message, DeadLetterReason::CutOff, cell);
        }
        if cell.kind() == Kind::Detached {
            node.end(cell, DeadLetterReason::Stopped);
        }
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Context").field(&self.primary_address()).finish()
    }
}
