//! Building a node in a program that owns its runtime.

#[cfg(feature = "std")]
use crate::ask::audience::{Audience, Audiences};
use crate::cell::inbox::Bounds;
use crate::context::Context;
use crate::executor::ExecutorConfig;
#[cfg(feature = "std")]
use crate::node::DEFAULT_MAILBOX_BYTES;
use crate::node::{APP, DEFAULT_MAILBOX_CAPACITY, DEFAULT_STOP_TIMEOUT, Node};
use crate::random::{Random, RandomSource};
#[cfg(feature = "std")]
use crate::run::blocking::DEFAULT_BLOCKING_LIMIT;
use core::time::Duration;
#[cfg(not(feature = "std"))]
use embassy_executor::SendSpawner;
use ockam_core::{Address, Mailbox, Result};

/// Builds a node without the `#[ockam::node]` attribute, inside the program's own runtime.
///
/// ```
/// use ockam_node::NodeBuilder;
///
/// # fn main() -> ockam_core::Result<()> {
/// let runtime = tokio::runtime::Runtime::new()?;
/// runtime.block_on(async {
///     let mut ctx = NodeBuilder::new().build()?;
///     assert_eq!(ctx.address(), "app".into());
///     ctx.stop().await
/// })
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing is built before `build`"]
pub struct NodeBuilder {
    address: Address,
    mailbox_bounds: Bounds,
    stop_timeout: Duration,
    #[cfg(feature = "std")]
    blocking_limit: Duration,
    #[cfg(feature = "std")]
    audiences: Audiences,
    random: Option<RandomSource>,
    executor_config: ExecutorConfig,
}

impl NodeBuilder {
    /// Starts with the defaults: a context at `"app"`, [`DEFAULT_MAILBOX_CAPACITY`],
    /// [`DEFAULT_STOP_TIMEOUT`].
    pub fn new() -> Self {
        NodeBuilder {
            address: APP.into(),
            mailbox_bounds: Bounds {
                messages: DEFAULT_MAILBOX_CAPACITY,
                #[cfg(feature = "std")]
                bytes: DEFAULT_MAILBOX_BYTES,
            },
            stop_timeout: DEFAULT_STOP_TIMEOUT,
            #[cfg(feature = "std")]
            blocking_limit: DEFAULT_BLOCKING_LIMIT,
            #[cfg(feature = "std")]
            audiences: Audiences::default(),
            random: None,
            executor_config: ExecutorConfig::default(),
        }
    }

    /// Names the first context.
    pub fn with_address(mut self, address: impl Into<Address>) -> Self {
        self.address = address.into();
        self
    }

    /// Sets how many messages a mailbox holds before senders wait, at least one.
    pub fn with_mailbox_capacity(mut self, messages: u32) -> Self {
        self.mailbox_bounds.messages = messages;
        self
    }

    /// Sets how many bytes the messages in a mailbox hold before senders wait, instead of
    /// [`DEFAULT_MAILBOX_BYTES`]. One message that is larger gets in when the mailbox is empty.
    #[cfg(feature = "std")]
    pub fn with_mailbox_bytes(mut self, bytes: u32) -> Self {
        self.mailbox_bounds.bytes = bytes;
        self
    }

    /// Sets how long a stop may take.
    pub fn with_stop_timeout(mut self, limit: Duration) -> Self {
        self.stop_timeout = limit;
        self
    }

    /// Returns how long a stop may take.
    #[cfg(feature = "std")]
    pub(crate) fn stop_timeout(&self) -> Duration {
        self.stop_timeout
    }

    /// Sets how long a handler may keep its thread, without an `await` that waits, before the log
    /// names it with a WARN, of each worker the first time, the tenth and so on;
    /// [`DEFAULT_BLOCKING_LIMIT`] unless this is called. [`Duration::MAX`] means never.
    ///
    /// Threads are looked at four times in a second. Code inside of tokio's `block_in_place` keeps
    /// only its own thread, and is named as well.
    #[cfg(feature = "std")]
    pub fn with_blocking_limit(mut self, limit: Duration) -> Self {
        self.blocking_limit = limit;
        self
    }

    /// Sets which peers are told that a message of theirs failed on this node: that its handler
    /// failed or panicked, that its worker stopped first, that its body could not be read, or that it
    /// found no room. Everybody unless this is called. Only a peer that asks for it is told, as
    /// [`send_and_receive`](crate::Handle::send_and_receive) of this library does; its call fails with a
    /// [`RemoteFailure`](crate::RemoteFailure).
    #[cfg(feature = "std")]
    pub fn with_failures_told_to(mut self, audience: Audience) -> Self {
        self.audiences.failures = audience;
        self
    }

    /// Sets which of the peers that are told of a failure get the texts of the error and of its
    /// causes as well. [`Audience::Known`] unless this is called: a text may quote what the program
    /// keeps to itself.
    ///
    /// ```
    /// # use ockam_node::{Audience, NodeBuilder};
    /// # #[tokio::main] async fn main() -> ockam_core::Result<()> {
    /// // In a laboratory, where everybody may read everything.
    /// let ctx = NodeBuilder::new()
    ///     .with_failure_texts_told_to(Audience::Everybody)
    ///     .with_existence_told_to(Audience::Everybody)
    ///     .build()?;
    /// # Ok(()) }
    /// ```
    #[cfg(feature = "std")]
    pub fn with_failure_texts_told_to(mut self, audience: Audience) -> Self {
        self.audiences.texts = audience;
        self
    }

    /// Sets which peers are told that there is no worker at the address of a message of theirs, or
    /// that it is not reached from there. [`Audience::Known`] unless this is called: a stranger
    /// learns nothing about who exists, and its message is dropped.
    #[cfg(feature = "std")]
    pub fn with_existence_told_to(mut self, audience: Audience) -> Self {
        self.audiences.existence = audience;
        self
    }

    /// Brings a source of random bytes, which fills the slices that it is given; without one the
    /// node asks the operating system.
    ///
    /// Random addresses, flow control ids and the keys of the node's tables come from it. A board
    /// gives its hardware source; a simulation gives a generator with a seed, and then the same
    /// program draws the same addresses each time. Anybody who can guess the bytes can guess
    /// addresses, so a seed is for tests only.
    ///
    /// The source is called from inside the node and must not call it. With `std`, for bytes at which
    /// it panics the node asks the system, and the log has an error. Nodes built from clones of
    /// this builder share the source.
    ///
    /// ```
    /// # use ockam_node::NodeBuilder;
    /// # #[tokio::main] async fn main() -> ockam_core::Result<()> {
    /// let seeded = || NodeBuilder::new().with_random(|bytes| bytes.fill(7)).build();
    /// assert_eq!(seeded()?.random_local(), seeded()?.random_local());
    /// # Ok(()) }
    /// ```
    pub fn with_random(mut self, fill: impl FnMut(&mut [u8]) + Send + 'static) -> Self {
        self.random = Some(RandomSource::new(fill));
        self
    }

    /// Names the embassy executor that runs the node: `spawner.make_send()`. Without an operating
    /// system a node does not find one by itself.
    #[cfg(not(feature = "std"))]
    pub fn with_spawner(mut self, spawner: SendSpawner) -> Self {
        self.executor_config.spawner = Some(spawner);
        self
    }

    /// Sets how many task slots the node claims, instead of
    /// [`DEFAULT_TASK_SLOTS`](crate::DEFAULT_TASK_SLOTS); all nodes of a program have
    /// [`MAX_TASK_SLOTS`](crate::MAX_TASK_SLOTS) together.
    ///
    /// Every processor and every delayed event that is scheduled holds one, and one is left for
    /// workers. Any number of workers share what is left; more slots make them faster only while
    /// many of them wait in their handlers.
    #[cfg(not(feature = "std"))]
    pub fn with_task_slots(mut self, slots: usize) -> Self {
        self.executor_config.slots = slots;
        self
    }

    /// Builds the node and returns its first context. The node lives until it is stopped, or until
    /// nothing holds it any more. If its runtime is dropped before, the node ends with it: workers
    /// are dropped without their `shutdown`, and calls from other threads fail with
    /// [`Stopped`](ockam_core::ErrorKind::Stopped).
    ///
    /// With the feature `std` it runs on the tokio runtime in which this is called, which must have
    /// its timers enabled (`enable_time` or `enable_all`). Without, it runs on the embassy executor
    /// of `with_spawner` and draws its random bytes from the source of
    /// [`with_random`](Self::with_random).
    ///
    /// # Errors
    /// [`InvalidInput`](ockam_core::ErrorKind::InvalidInput) outside of a runtime, without a
    /// spawner or without a random source; [`Io`](ockam_core::ErrorKind::Io) if the system gives no
    /// random bytes; [`Full`](ockam_core::ErrorKind::Full) if there are too few task slots.
    pub fn build(self) -> Result<Context> {
        let (executor, random) = (self.executor_config.executor()?, Random::new(self.random)?);
        let node = Node::new(
            executor,
            random,
            self.mailbox_bounds,
            self.stop_timeout,
            #[cfg(feature = "std")]
            self.audiences,
        );
        #[cfg(all(feature = "std", not(ockam_loom)))]
        crate::run::blocking::add(&node, self.blocking_limit);
        #[cfg(feature = "std")]
        {
            node.hint_at_consumers();
            node.end_with_runtime();
        }
        Context::detached(&node, Mailbox::allow_all(self.address).into())
    }
}

impl Default for NodeBuilder {
    fn default() -> Self {
        Self::new()
    }
}
