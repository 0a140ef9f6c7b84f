//! Starting workers and processors.
//!
//! ```text
//! reserve the addresses ─> initialize (in the caller's task) ─> reachable ─> start returns
//!         │ taken: error          │ error, panic: shutdown, addresses free, error
//!         └ node stops: error     ├ stop asked for meanwhile: shutdown, addresses free, error
//!                                 └ killed meanwhile: dropped where it waits, error
//! ```

mod calls;
mod options;

use self::options::StartOptions;
#[cfg(feature = "std")]
use crate::cell::byte_budget::ByteBudget;
use crate::cell::{Cell, Settled};
use crate::context::{Context, Handle};
use crate::dead_letter::DeadLetterReason;
#[cfg(feature = "std")]
use crate::delivery::shortcut::Shortcut;
use crate::executor::{TaskPlace, frame};
use crate::lifecycle::stop_order::StopOrder;
use crate::node::Node;
use crate::program::{discard, flatten};
use crate::run::processor::{self, ProcessorType};
use crate::run::task::unless_cut;
use crate::run::worker::{self, WorkerType};
use crate::text::no_memory;
use alloc::boxed::Box;
use alloc::format;
use alloc::sync::Arc;
use core::fmt;
use core::future::Future;
use core::panic::Location;
use core::pin::pin;
use ockam_core::{
    Address, AllowAll, DenyAll, Error, ErrorKind, Mailbox, Mailboxes, Processor, Result, TypeName,
    Worker,
};

/// Starts a worker with more than an address: several mailboxes, a capacity, access controls.
///
/// ```
/// # use ockam_node::{Context, NodeBuilder, WorkerBuilder};
/// # use ockam_core::{AllowAll, AllowSourceAddress, Mailbox, Mailboxes, Result, Routed, Worker};
/// # struct Echoer;
/// # impl Worker for Echoer {
/// #     type Context = Context; type Message = String;
/// #     async fn handle_message(&mut self, ctx: &mut Context, msg: Routed<String>) -> Result<()> {
/// #         ctx.send(msg.return_route(), msg.body()).await
/// #     }
/// # }
/// # #[tokio::main] async fn main() -> Result<()> {
/// let ctx = NodeBuilder::new().build()?;
/// let private = Mailbox::new("private", AllowSourceAddress("app".into()), AllowAll);
/// WorkerBuilder::new(Echoer)
///     .with_mailboxes(Mailboxes::new(Mailbox::allow_all("public"), vec![private]))
///     .with_mailbox_capacity(16)
///     .start(&ctx)
///     .await?;
/// # Ok(()) }
/// ```
#[must_use = "nothing is started before `start`"]
pub struct WorkerBuilder<W> {
    worker: W,
    options: StartOptions,
}

impl<W> fmt::Debug for WorkerBuilder<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WorkerBuilder")
            .field("mailboxes", &self.options.mailboxes)
            .finish_non_exhaustive()
    }
}

impl<W: Worker<Context = Context>> WorkerBuilder<W> {
    /// Prepares the start of a worker; without an address it gets a random one.
    pub fn new(worker: W) -> Self {
        WorkerBuilder { worker, options: StartOptions::default() }
    }

    /// Gives the worker one address that everything may enter and leave.
    pub fn with_address(self, address: impl Into<Address>) -> Self {
        self.with_mailboxes(Mailbox::allow_all(address))
    }

    /// Gives the worker its addresses and their access controls.
    pub fn with_mailboxes(mut self, mailboxes: impl Into<Mailboxes>) -> Self {
        self.options.mailboxes = Some(mailboxes.into());
        self
    }

    /// Sets how many messages wait for the worker before senders wait, at least one.
    pub fn with_mailbox_capacity(mut self, messages: u32) -> Self {
        self.options.messages = messages.max(1);
        self
    }

    /// Sets how many bytes the messages hold that wait for the worker before senders wait, instead of
    /// those of [`NodeBuilder::with_mailbox_bytes`]. One message that is larger gets in when the
    /// mailbox is empty.
    ///
    /// [`NodeBuilder::with_mailbox_bytes`]: crate::NodeBuilder::with_mailbox_bytes
    #[cfg(feature = "std")]
    pub fn with_mailbox_bytes(mut self, bytes: u32) -> Self {
        self.options.bytes = bytes.max(1);
        self
    }

    /// Lets the mailbox hold more than `own` bytes only as a part of a budget that it shares with others;
    /// it never holds more than [`with_mailbox_bytes`](Self::with_mailbox_bytes) says.
    ///
    /// When the budget is taken, what goes beyond `own` waits as at the mailbox's own bound. A message
    /// that is larger than that gets in when the worker has nothing else to do, so each worker goes on,
    /// whatever the others do. What the mailbox holds is given back to the budget as it is taken out,
    /// and when the worker ends, however that comes about.
    #[cfg(feature = "std")]
    pub fn with_byte_budget(mut self, budget: &ByteBudget, own: u32) -> Self {
        self.options.rare().budget = Some((budget.clone(), own));
        self
    }

    /// Sets when the worker is stopped if its node stops; usually with all others.
    ///
    /// What carries the messages of others to other nodes is stopped after them.
    pub fn with_stop_order(mut self, order: StopOrder) -> Self {
        self.options.stop_order = order;
        self
    }

    /// Gives the worker a way past its mailbox, for when it has nothing to do.
    #[cfg(feature = "std")]
    pub fn with_shortcut(mut self, shortcut: impl Shortcut) -> Self {
        self.options.rare().shortcut = Some(Box::new(shortcut));
        self
    }

    /// Starts the worker.
    ///
    /// # Errors
    /// As [`Handle::start_worker`].
    ///
    /// # Cancel safety
    /// As [`Handle::start_worker`].
    #[track_caller]
    pub fn start(self, handle: &Handle) -> impl Future<Output = Result<()>> + Send {
        self.begin(handle, Location::caller())
    }

    async fn begin(self, handle: &Handle, at: Site) -> Result<()> {
        let node = handle.node();
        check_memory::<W>(node, bytes_of(worker::run::<W>))?;
        let starting = self.options.reserve(node, WorkerType::<W>::META, Mailbox::allow_all);
        let starting = starting.map_err(|error| refused(error, at))?;
        let mut ctx = Context::of_worker(Arc::clone(node), Arc::clone(&starting.cell));
        let mut worker = Box::new(self.worker);
        let initialized = {
            let initialize = pin!(frame(async { worker.initialize(&mut ctx).await }));
            unless_cut(&starting.cell, initialize).await
        };
        let Some(outcome) = initialized else {
            drop(ctx);
            discard(worker);
            return Err(stopped(&starting.over()));
        };
        if let Err(error) = flatten(outcome) {
            let finish = pin!(frame(worker::finish(worker, ctx, None)));
            unless_cut(&starting.cell, finish).await;
            return Err(failed::<W>(&starting.over(), error));
        }
        ctx.put_back();
        match starting.cell.settle(worker, |worker| worker) {
            Settled::Asleep => {}
            Settled::Awake(worker) => worker::spawn(worker, node, Arc::clone(&starting.cell)),
            Settled::Stopped(worker) => {
                let finish = pin!(frame(worker::finish(worker, ctx, None)));
                unless_cut(&starting.cell, finish).await;
                return Err(stopped(&starting.over()));
            }
        }
        node.arrived(&starting.reachable());
        Ok(())
    }
}

/// Starts a processor with more than an address: several mailboxes, a capacity, access controls.
#[must_use = "nothing is started before `start`"]
pub struct ProcessorBuilder<P> {
    processor: P,
    options: StartOptions,
}

impl<P> fmt::Debug for ProcessorBuilder<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProcessorBuilder")
            .field("mailboxes", &self.options.mailboxes)
            .finish_non_exhaustive()
    }
}

impl<P: Processor<Context = Context>> ProcessorBuilder<P> {
    /// Prepares the start of a processor; without an address it gets a random one.
    pub fn new(processor: P) -> Self {
        ProcessorBuilder { processor, options: StartOptions::default() }
    }

    /// Gives the processor one address that nothing may enter and everything may leave.
    pub fn with_address(self, address: impl Into<Address>) -> Self {
        self.with_mailboxes(closed(address.into()))
    }

    /// Gives the processor its addresses and their access controls.
    pub fn with_mailboxes(mut self, mailboxes: impl Into<Mailboxes>) -> Self {
        self.options.mailboxes = Some(mailboxes.into());
        self
    }

    /// Sets how many messages wait for the processor before senders wait, at least one.
    pub fn with_mailbox_capacity(mut self, messages: u32) -> Self {
        self.options.messages = messages.max(1);
        self
    }

    /// Sets how many bytes the messages hold that wait for the processor before senders wait, instead of
    /// those of [`NodeBuilder::with_mailbox_bytes`]. One message that is larger gets in when the
    /// mailbox is empty.
    ///
    /// [`NodeBuilder::with_mailbox_bytes`]: crate::NodeBuilder::with_mailbox_bytes
    #[cfg(feature = "std")]
    pub fn with_mailbox_bytes(mut self, bytes: u32) -> Self {
        self.options.bytes = bytes.max(1);
        self
    }

    /// Starts the processor.
    ///
    /// # Errors
    /// As [`Handle::start_worker`].
    ///
    /// # Cancel safety
    /// As [`Handle::start_worker`].
    #[track_caller]
    pub fn start(self, handle: &Handle) -> impl Future<Output = Result<()>> + Send {
        self.begin(handle, Location::caller())
    }

    async fn begin(self, handle: &Handle, at: Site) -> Result<()> {
        let node = handle.node();
        let place = node.executor.hold_place()?;
        check_memory::<P>(node, bytes_of_processor(processor::run::<P>))?;
        let starting = self.options.reserve(node, ProcessorType::<P>::META, closed);
        let starting = starting.map_err(|error| refused(error, at))?;
        let mut ctx = Context::of_worker(Arc::clone(node), Arc::clone(&starting.cell));
        let mut processor = self.processor;
        let initialized = {
            let initialize = pin!(frame(async { processor.initialize(&mut ctx).await }));
            unless_cut(&starting.cell, initialize).await
        };
        let Some(outcome) = initialized else {
            drop(ctx);
            discard(processor);
            return Err(stopped(&starting.over()));
        };
        if let Err(error) = flatten(outcome) {
            let finish = pin!(frame(processor::finish(processor, ctx, DeadLetterReason::Stopped)));
            unless_cut(&starting.cell, finish).await;
            return Err(failed::<P>(&starting.over(), error));
        }
        ctx.put_back();
        if !starting.cell.settle_awake() {
            let finish = pin!(frame(processor::finish(processor, ctx, DeadLetterReason::Stopped)));
            unless_cut(&starting.cell, finish).await;
            return Err(stopped(&starting.over()));
        }
        processor::spawn(processor, node, Arc::clone(&starting.cell), place);
        node.arrived(&starting.reachable());
        Ok(())
    }
}

/// The mailbox of a processor: nothing enters, everything may leave.
fn closed(address: Address) -> Mailbox {
    Mailbox::new(address, DenyAll, AllowAll)
}

/// How much memory has to be left when something starts, beside itself, its cell and its task: for
/// the message that it is started for, and for the answer.
const START_RESERVE: usize = 512;

/// Refuses to start something that the heap has no room for, while its starter can still act.
///
/// Asked is for one piece that is as large as all that is needed; several smaller pieces would do.
#[inline]
fn check_memory<T>(node: &Node, task: usize) -> Result<()> {
    let bytes = size_of::<T>() + size_of::<Cell>() + task + START_RESERVE;
    if node.executor.has_room(bytes) {
        return Ok(());
    }
    let name = TypeName::of::<T>();
    Err(no_memory(|| format!("to start `{name}`: it needs a piece of {bytes} bytes")))
}

/// Returns the size of the future that a function makes.
fn bytes_of<A, B, F: Future>(_: fn(A, B) -> F) -> usize {
    size_of::<F>()
}

/// As [`bytes_of`], for the task of a processor.
fn bytes_of_processor<A, B, F: Future>(_: fn(A, B, TaskPlace) -> F) -> usize {
    size_of::<F>()
}

fn failed<T>(cell: &Cell, error: Error) -> Error {
    error.context_with(|| format!("starting `{}` at {}", TypeName::of::<T>(), cell.address()))
}

/// Where the program starts something.
type Site = &'static Location<'static>;

/// Adds the line of the program whose address cannot be a worker's.
#[cold]
fn refused(error: Error, at: Site) -> Error {
    match error.kind() {
        ErrorKind::InvalidInput => error.context_with(|| format!("starting a worker at {at}")),
        _ => error,
    }
}

fn stopped(cell: &Cell) -> Error {
    let how = if cell.is_killed() { "killed" } else { "stopped" };
    let text = || format!("{} was {how} while it started", cell.address());
    Error::with_text(ErrorKind::Stopped, text)
}

#[cfg(all(test, feature = "std", not(ockam_loom)))]
mod tests;
