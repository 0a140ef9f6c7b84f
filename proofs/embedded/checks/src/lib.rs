//! What a node without an operating system has to do, as checks that run anywhere: on a
//! microcontroller, and on the computer with the same executor.
//!
//! | file | checks |
//! |---|---|
//! | `message` | messages, routes, order, full mailboxes |
//! | `time` | timeouts, sleep, delayed events |
//! | `slot` | task slots: shared by many, all taken, waited for in a circle |
//! | `life` | processors, stop, what is missing at the start |
//! | `memory` | a heap that is full |
//! | `worker` | the workers that they use |
#![no_std]

extern crate alloc;

mod life;
mod memory;
mod message;
mod slot;
mod time;
mod worker;

pub use worker::Echo;

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use core::any::Any;
use core::future::{Future, poll_fn};
use core::pin::Pin;
use core::task::Poll;
use core::time::Duration;
use embassy_executor::SendSpawner;
use embassy_time_driver::{TICK_HZ, now};
use ockam::{Context, Error, ErrorKind, NodeBuilder, Result};

/// What a check needs from the program that runs it.
pub struct Surroundings {
    pub spawner: SendSpawner,
    pub random: fn(&mut [u8]),
    /// Takes the whole heap but for a few bytes, until the result is dropped. A computer has too
    /// much of it.
    pub fill_heap: Option<fn() -> Box<dyn Any>>,
}

impl Surroundings {
    pub fn builder(&self) -> NodeBuilder {
        NodeBuilder::new().with_spawner(self.spawner).with_random(self.random)
    }

    fn node(&self) -> Result<Context> {
        self.builder().build()
    }
}

type Running<'a> = Pin<Box<dyn Future<Output = Result<()>> + 'a>>;

/// One check, with a name that says what holds.
pub struct Check {
    name: &'static str,
    run: fn(&Surroundings) -> Running<'_>,
}

macro_rules! checks {
    ($($module:ident::$name:ident,)*) => {
        /// All checks.
        pub const CHECKS: &[Check] = &[$(Check {
            name: concat!(stringify!($module), "::", stringify!($name)),
            run: |surroundings| Box::pin($module::$name(surroundings)),
        },)*];
    };
}

checks! {
    message::a_worker_answers_and_messages_stay_in_order,
    message::a_message_takes_its_route_and_the_answer_comes_back_over_it,
    message::a_full_mailbox_makes_senders_wait_and_loses_nothing,
    message::try_send_to_a_full_mailbox_gives_the_message_back,
    message::an_unknown_address_is_an_error_with_the_nearest_name,
    time::a_receive_without_a_message_ends_at_its_timeout,
    time::an_ask_without_an_answer_ends_at_its_timeout,
    time::a_sleep_lasts_as_long_as_was_asked_for,
    time::sleeps_in_many_workers_end_in_their_order,
    time::a_delayed_event_comes_once_and_not_when_cancelled,
    slot::a_hundred_workers_share_two_slots,
    slot::workers_that_wait_for_each_other_do_not_run_out_of_slots,
    slot::a_processor_too_many_is_an_error_and_the_node_goes_on,
    slot::an_event_too_many_is_an_error_and_its_place_comes_back,
    slot::a_node_too_many_is_an_error_and_slots_come_back,
    life::a_processor_runs_until_it_is_stopped,
    life::a_stop_handles_what_is_queued_and_runs_shutdown,
    life::the_deadline_of_a_stop_cuts_off_and_names_who_is_busy,
    life::a_worker_that_was_stopped_leaves_its_address,
    life::a_node_without_random_source_or_executor_says_what_is_missing,
    memory::a_start_without_memory_is_an_error_and_later_ones_work,
    memory::a_node_leaves_no_memory_behind,
}

/// Runs checks one after the other and says what came of each. Returns how many failed.
pub async fn run(checks: &[Check], surroundings: &Surroundings, say: fn(&str)) -> usize {
    let mut failed = 0;
    for check in checks {
        match (check.run)(surroundings).await {
            Ok(()) => say(&format!("ok      {}", check.name)),
            Err(error) => {
                failed += 1;
                say(&format!("FAILED  {}: {error:?}", check.name));
            }
        }
        settle().await;
    }
    say(&format!("{} passed, {failed} failed", checks.len() - failed));
    failed
}

/// Lets everybody run who can, so that the slots of a node that is gone are free again.
pub async fn settle() {
    for _ in 0..32 {
        yield_now().await;
    }
}

/// Lets other tasks run.
async fn yield_now() {
    let mut yielded = false;
    poll_fn(|cx| {
        if core::mem::replace(&mut yielded, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// The clock, from an unknown beginning.
fn time() -> Duration {
    Duration::from_nanos(now() * (1_000_000_000 / TICK_HZ))
}

/// What is wrong, as an error.
fn wrong(what: impl Into<String>) -> Error {
    Error::with_kind(ErrorKind::Failed, what.into())
}

/// Fails with a text unless something holds.
fn ensure(holds: bool, otherwise: impl FnOnce() -> String) -> Result<()> {
    if holds { Ok(()) } else { Err(wrong(otherwise())) }
}

/// Fails unless two values are the same.
fn same<T: PartialEq + core::fmt::Debug>(found: T, expected: T) -> Result<()> {
    ensure(found == expected, || format!("found {found:?}, expected {expected:?}"))
}
