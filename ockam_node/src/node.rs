//! What all workers of one node share.

mod addresses;
mod describe;
#[cfg(feature = "std")]
mod hint;
mod tasks;
mod unhandled;

#[cfg(feature = "std")]
use crate::ask::audience::Audiences;
use crate::ask::pool::Askers;
use crate::ask::slot::{self, Ask};
use crate::cell::drain::Drain;
use crate::cell::inbox::{Bounds, Limits};
use crate::cell::{Cell, Cut, Ending};
use crate::dead_letter::{DeadLetterReason, DeadLetters};
#[cfg(feature = "std")]
use crate::delivery::long_wait::LongWaits;
#[cfg(feature = "std")]
use crate::delivery::shortcut::ShortcutEntry;
use crate::delivery::transports::Transports;
#[cfg(feature = "std")]
use crate::executor::AtEnd;
use crate::executor::Executor;
use crate::flow_controls::FlowControls;
use crate::lifecycle::idle::IdleWorkers;
use crate::lifecycle::start_waiters::StartWaiters;
use crate::lifecycle::stop_state::StopState;
#[cfg(feature = "std")]
use crate::link::Links;
use crate::program::discard;
use crate::random::Random;
#[cfg(feature = "std")]
use crate::sync::Lock;
use crate::table::{AddressHash, Refused, Table};
#[cfg(feature = "std")]
use crate::telling::{Repeats, Telling, What};
use crate::text::{no_memory, text};
use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
#[cfg(feature = "std")]
use core::sync::atomic::{AtomicBool, Ordering};
use core::time::Duration;
use ockam_core::{Address, Error, ErrorKind, LocalMessage, Result};

/// The address of the main function's context.
pub const APP: &str = "app";

/// How many messages a mailbox holds before senders wait, unless the builder says otherwise.
pub const DEFAULT_MAILBOX_CAPACITY: u32 = 1024;

/// How many bytes the messages in a mailbox hold before senders wait, unless the builder says
/// otherwise. What counts is their bodies: encoded ones, [`NeutralMessage`], `Vec<u8>` and `String`
/// by their length, others by the size of their type if that is more than a few words.
///
/// A worker takes messages of up to an eighth of this out of its mailbox at a time, which come on
/// top, and so does the one that it handles. One message that is larger gets in when the mailbox is
/// empty.
///
/// [`NeutralMessage`]: ockam_core::NeutralMessage
#[cfg(feature = "std")]
pub const DEFAULT_MAILBOX_BYTES: u32 = 8 * 1024 * 1024;

/// How long the stop of a node may take, unless the builder says otherwise.
pub const DEFAULT_STOP_TIMEOUT: Duration = Duration::from_secs(1);

pub(crate) struct Node {
    pub(crate) executor: Executor,
    pub(crate) workers: Table<Cell>,
    pub(crate) asks: Table<Ask>,
    /// The ways past the mailboxes of those workers that have one.
    #[cfg(feature = "std")]
    pub(crate) shortcuts: Table<ShortcutEntry>,
    pub(crate) flow_controls: FlowControls,
    pub(crate) dead_letters: DeadLetters,
    pub(crate) drain: Drain,
    pub(crate) idle_workers: IdleWorkers,
    pub(crate) random: Arc<Random>,
    pub(crate) stop: StopState,
    #[cfg(feature = "std")]
    pub(crate) at_runtime_end: Lock<Option<AtEnd>>,
    /// Something has been started here that carries the messages of others.
    #[cfg(feature = "std")]
    carries: AtomicBool,
    pub(crate) start_waiters: StartWaiters,
    pub(crate) transports: Transports,
    pub(crate) askers: Askers,
    /// What others can make the log say of each worker.
    #[cfg(feature = "std")]
    pub(crate) repeats: Repeats<(Address, What)>,
    #[cfg(feature = "std")]
    pub(crate) long_waits: LongWaits,
    #[cfg(feature = "std")]
    pub(crate) links: Links,
    pub(crate) mailbox_limits: Limits,
    pub(crate) stop_timeout: Duration,
    #[cfg(feature = "std")]
    pub(crate) audiences: Audiences,
}

impl Node {
    pub(crate) fn new(
        executor: Executor,
        random: Random,
        mailbox_bounds: Bounds,
        stop_timeout: Duration,
        #[cfg(feature = "std")] audiences: Audiences,
    ) -> Arc<Self> {
        let random = Arc::new(random);
        let seed = u128::from_le_bytes(random.draw()) as usize;
        Arc::new(Node {
            executor,
            workers: Table::new(seed),
            asks: Table::new(seed),
            #[cfg(feature = "std")]
            shortcuts: Table::new(seed),
            flow_controls: FlowControls::new(Arc::clone(&random)),
            dead_letters: DeadLetters::new(),
            drain: Drain::new(),
            idle_workers: IdleWorkers::new(),
            random,
            stop: StopState::new(),
            #[cfg(feature = "std")]
            at_runtime_end: Lock::new(None),
            #[cfg(feature = "std")]
            carries: AtomicBool::new(false),
            start_waiters: StartWaiters::new(),
            transports: Transports::new(),
            askers: Askers::new(),
            #[cfg(feature = "std")]
            repeats: Repeats::new(),
            #[cfg(feature = "std")]
            long_waits: LongWaits::new(),
            #[cfg(feature = "std")]
            links: Links::new(),
            mailbox_limits: mailbox_bounds.into(),
            stop_timeout,
            #[cfg(feature = "std")]
            audiences,
        })
    }

    /// The node has stopped: its runtime does not matter any more.
    #[cfg(feature = "std")]
    pub(crate) fn leave_runtime(&self) {
        drop(self.at_runtime_end.with(Option::take));
    }

    /// Tells whether anything has been started that carries the messages of others, such as a
    /// connection. A node of its own answers with one load.
    #[cfg(feature = "std")]
    #[inline]
    pub(crate) fn carries(&self) -> bool {
        self.carries.load(Ordering::Relaxed)
    }

    /// Finds the worker at an address.
    pub(crate) fn find(&self, address: &Address) -> Option<Arc<Cell>> {
        self.workers.get(self.workers.hash(address), address)
    }

    /// Draws an address for an ask of this node, which reads notices of failures.
    #[cfg(feature = "std")]
    pub(crate) fn random_asker(&self) -> Address {
        Address::from_random_asker(self.random.draw())
    }

    /// Draws an address for an ask of this node.
    #[cfg(not(feature = "std"))]
    pub(crate) fn random_asker(&self) -> Address {
        self.random_local()
    }

    /// Draws an address for a worker of this node.
    pub(crate) fn random_local(&self) -> Address {
        Address::from_random(ockam_core::LOCAL, self.random.draw())
    }

    /// Ends a cell; for the reason [`CutOff`](DeadLetterReason::CutOff) its code is dropped where it
    /// waits. Its addresses are free, then what was queued is accounted for and askers are
    /// told, so that an asker may start another worker there.
    pub(crate) fn end(self: &Arc<Self>, cell: &Cell, reason: DeadLetterReason) -> Ending {
        let cut = if reason == DeadLetterReason::CutOff { Cut::ByNode } else { Cut::No };
        self.end_by(cell, reason, cut)
    }

    /// Ends a cell because the program says so; its code is dropped where it waits.
    #[cfg(feature = "std")]
    pub(crate) fn kill(self: &Arc<Self>, cell: &Cell) -> Ending {
        self.end_by(cell, DeadLetterReason::CutOff, Cut::Kill)
    }

    fn end_by(self: &Arc<Self>, cell: &Cell, reason: DeadLetterReason, cut: Cut) -> Ending {
        let asks = self.free(cell);
        let mut ending = cell.end(&self.drain, cut);
        if !ending.again {
            tracing::debug!(address = %cell.address(), r#type = %cell.type_name(), "ended");
        }
        discard(ending.sleeping.take());
        if !asks.is_empty() {
            let why = text(|| format!("the connection at {} has ended", cell.address()));
            self.fail_asks(&asks, &why);
        }
        ending.lost = ending.undelivered.len();
        while let Some(message) = ending.undelivered.pop_front() {
            self.undelivered(message, reason, cell);
        }
        #[cfg(feature = "std")]
        for reply_to in core::mem::take(&mut ending.askers) {
            self.not_answered(&reply_to, DeadLetterReason::Stopped, cell);
        }
        ending
    }

    /// Says how the log is told of what others can make a worker do again and again.
    #[cfg(feature = "std")]
    #[cold]
    pub(crate) fn telling(&self, address: &Address, what: What) -> Telling {
        let is_alive = |(address, _): &(Address, What)| self.find(address).is_some();
        self.repeats.note((address.clone(), what), is_alive).into()
    }

    /// Gives a reply slot its address.
    #[inline]
    pub(crate) fn register(&self, ask: &Arc<Ask>) -> Result<AddressHash> {
        let hash = self.asks.hash(ask.address());
        self.asks.insert(hash, ask.address(), ask).map_err(|refused| match refused {
            // Two of 2^128 are the same: that is an error like any other, and not a way to hang.
            Refused::Taken(_) => {
                Error::with_text(ErrorKind::AlreadyExists, || "a random address was drawn twice")
            }
            Refused::NoMemory => no_memory(|| "for an ask"),
        })?;
        Ok(hash)
    }

    /// Lets the answer in to a question that another worker passes on to a connection, if it is one
    /// that is asked on this node.
    #[cold]
    pub(crate) fn expect_answer(&self, question: &LocalMessage) {
        let (Some(asker), Some(first)) = (slot::asker(question), question.onward_route().first())
        else {
            return;
        };
        let waiting = || self.asks.get(self.asks.hash(asker), asker);
        let Some(ask) = waiting() else { return };
        // An ask that ended meanwhile may not have seen that.
        if self.expect(&ask, first) && waiting().is_none() {
            self.flow_controls.unexpect(asker);
        }
    }

    /// Lets the answer to a question in that goes to `first_hop`, until the ask ends; `true` if
    /// that is a connection.
    pub(crate) fn expect(&self, ask: &Ask, first_hop: &Address) -> bool {
        let expected = self.flow_controls.expect(ask.address(), first_hop);
        if expected {
            ask.set_expected();
        }
        expected
    }

    /// Ends the asks that wait at some addresses.
    #[cold]
    pub(crate) fn fail_asks(&self, addresses: &[Address], why: &str) {
        for address in addresses {
            let error = Error::with_text(ErrorKind::Stopped, || format!("no answer: {why}"));
            self.fail_ask(address, error);
        }
    }

    /// Ends the ask that waits at an address of this node. Gives the error back if there is none.
    pub(crate) fn fail_ask(&self, asker: &Address, error: Error) -> Option<Error> {
        let Some(ask) = self.asks.get(self.asks.hash(asker), asker) else {
            return Some(error);
        };
        ask.fail(error);
        None
    }
}

/// Whoever follows what a node could not deliver is told that there is no more to come.
#[cfg(feature = "std")]
impl Drop for Node {
    fn drop(&mut self) {
        self.dead_letters.close();
    }
}

/// Says that a cell was cut off before it answered, and how.
pub(crate) fn cut_off(cell: &Cell) -> String {
    let how = if cell.is_killed() { "killed" } else { "cut off" };
    format!("{} was {how} before it answered", cell.address())
}
