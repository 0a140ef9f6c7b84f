//! The way into a worker at rest, past its mailbox.
//!
//! ```text
//!   deliver ── nothing is queued or handled? ── taken ─────────────> done, in the sender's task
//!                  │ no                           │ given back
//!                  └──────────────────────────────┴───> push and wake, as for every worker
//! ```

use crate::handle::Handle;
use crate::table::Keyed;
use alloc::boxed::Box;
use core::sync::atomic::{AtomicBool, Ordering};
use ockam_core::{Address, LocalMessage};

/// Handles messages of a worker where they are sent, while the worker itself has nothing to do.
///
/// A message to a worker costs a turn of the worker's task, and sometimes the waking of a thread.
/// A worker whose part in a message's way is short, such as one that writes to a socket, can do
/// it in the turn of whoever sends. What a shortcut gives back goes to the mailbox as usual, so
/// it takes what is easy and leaves the rest, and every failure, to the worker.
///
/// It is asked after the access controls, and only if no message is queued or being handled at
/// that moment: so messages of one sender stay in order. Several senders may ask at once, and
/// the worker may get a message meanwhile; what they share needs a lock.
///
/// ```
/// # use ockam_node::{Context, Handle, NodeBuilder, Shortcut, WorkerBuilder};
/// # use ockam_core::{Any, LocalMessage, Result, Routed, Worker};
/// use std::sync::Arc;
/// use std::sync::atomic::{AtomicUsize, Ordering};
///
/// #[derive(Clone, Default)]
/// struct Counter(Arc<AtomicUsize>);
///
/// impl Worker for Counter {
///     type Context = Context;
///     type Message = Any;
///
///     async fn handle_message(&mut self, _: &mut Context, _: Routed<Any>) -> Result<()> {
///         self.0.fetch_add(1, Ordering::Relaxed);
///         Ok(())
///     }
/// }
///
/// impl Shortcut for Counter {
///     fn take(&self, _: &Handle, _: LocalMessage) -> Result<(), LocalMessage> {
///         self.0.fetch_add(1, Ordering::Relaxed);
///         Ok(())
///     }
/// }
///
/// # #[tokio::main] async fn main() -> Result<()> {
/// let ctx = NodeBuilder::new().build()?;
/// let counter = Counter::default();
/// let builder = WorkerBuilder::new(counter.clone()).with_address("counter");
/// builder.with_shortcut(counter.clone()).start(&ctx).await?;
/// ctx.send("counter", 7u8).await?;
/// assert_eq!(counter.0.load(Ordering::Relaxed), 1);
/// # Ok(()) }
/// ```
pub trait Shortcut: Send + Sync + 'static {
    /// Takes a message, in the task of its sender: it does not wait, and holds nobody up for
    /// longer than the worker itself would. `worker` acts in the name of the worker.
    ///
    /// # Errors
    /// The message that goes to the mailbox instead: this one, or another one that says what is
    /// left to do.
    fn take(&self, worker: &Handle, message: LocalMessage) -> Result<(), LocalMessage>;
}

/// The shortcut of the worker at an address, as it stands in the node's table.
pub(crate) struct ShortcutEntry {
    pub(crate) address: Address,
    pub(crate) shortcut: Box<dyn Shortcut>,
}

impl Keyed for ShortcutEntry {
    #[inline]
    fn has_key(&self, address: &Address) -> bool {
        self.address == *address
    }
}

/// Tells a dialogue from a stream, for a shortcut of what carries messages to another node.
///
/// Whoever asks and waits, and whoever answers, sends nothing more for now: such a message goes at
/// once. Of a stream many messages may go together, and wait in the mailbox for that. So it is our
/// turn once for each time that the other side has said something, and once at the beginning.
///
/// ```
/// # use ockam_node::Turn;
/// let turn = Turn::new();
/// assert!(turn.take());
/// assert!(!turn.take(), "the other side has not answered yet");
/// turn.give();
/// assert!(turn.take());
/// ```
#[derive(Debug)]
pub struct Turn(AtomicBool);

impl Turn {
    /// Begins with a turn of ours.
    #[must_use]
    pub const fn new() -> Self {
        Turn(AtomicBool::new(true))
    }

    /// Takes note that the other side has said something.
    pub fn give(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Tells whether the other side has said something since this was last true.
    #[must_use]
    pub fn take(&self) -> bool {
        // A stream writes nothing here.
        self.0.load(Ordering::Relaxed) && self.0.swap(false, Ordering::Relaxed)
    }
}

impl Default for Turn {
    fn default() -> Self {
        Self::new()
    }
}
