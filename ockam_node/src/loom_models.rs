//! Models of the mailbox, the reply slot, the drain and the addresses, in which `loom` runs the
//! threads in every order that matters.
//!
//! A wake-up that is lost shows as a deadlock, because the threads of a model sleep until they are
//! woken. A message that is lost, handled twice or given back twice shows in its ledger.
//!
//! ```text
//! RUSTFLAGS="--cfg ockam_loom" cargo test -p ockam_node --lib --release loom_
//! ```
//!
//! | room | models |
//! |---|---|
//! | `stage` | a worker's cell, and what a node and an executor do with it |
//! | `mailbox` | push and pop, a full mailbox and its line |
//! | `sleep` | a worker that gives its task up, and gets one again |
//! | `stop` | stop, cut and end, against senders and against sleep |
//! | `reply` | an answer, a failure and the one who asks |
//! | `drain` | when a node that stops is quiet |
//! | `address` | the addresses of a worker that ends, against the next worker there |
//!
//! The steps of a model are the sections under [`Lock`](crate::sync::Lock). Atomics are no steps,
//! and all threads see them at once.

mod address;
mod drain;
mod mailbox;
mod reply;
mod sleep;
mod stage;
mod stop;

use alloc::sync::Arc;
use alloc::vec;
use core::future::Future;
use core::pin::pin;
use core::task::{Context, Poll, Waker};
use loom::sync::Notify;
use ockam_core::{LocalMessage, Route, TransportMessage};
use std::task::Wake;

/// Explores a model with at most `preemptions` switches away from a thread that could go on. Two
/// find nearly every mistake; each further one multiplies the time.
fn explore(preemptions: usize, model: impl Fn() + Send + Sync + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound.get_or_insert(preemptions);
    builder.check(model);
}

/// Wakes a thread of a model.
struct Alarm(Notify);

impl Wake for Alarm {
    fn wake(self: Arc<Self>) {
        self.0.notify();
    }
}

loom::thread_local! {
    /// One for all that a thread waits for, as a task has one waker.
    static ALARM: Arc<Alarm> = Arc::new(Alarm(Notify::new()));
}

/// Runs a future on this thread, which sleeps until it is woken.
fn block_on<F: Future>(future: F) -> F::Output {
    let alarm = ALARM.with(Arc::clone);
    let waker = Waker::from(Arc::clone(&alarm));
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return output;
        }
        alarm.0.wait();
    }
}

fn message(id: u8) -> LocalMessage {
    TransportMessage::new(Route::new(), Route::new(), vec![id]).into()
}

fn id(message: &LocalMessage) -> u8 {
    message.payload()[0]
}
