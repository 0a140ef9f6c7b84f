//! When the loops of workers and processors give way to others: after so much work without a wait,
//! and not otherwise. Their tasks are polled by hand, and what wakes them is counted.

use crate::builder::NodeBuilder;
use crate::cell::inbox::Bounds;
use crate::cell::{Cell, CellMeta, Pushed};
use crate::context::{Context, Handle};
use crate::executor::Executor;
use crate::lifecycle::stop_order::StopOrder;
use crate::run::processor::{self, ProcessorType, ROUNDS_PER_TURN};
use crate::run::worker::{self, MESSAGES_PER_TURN, WorkerType};
use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::task::Wake;
use core::future::poll_fn;
use core::pin::pin;
use core::sync::atomic::{AtomicU32, Ordering};
use core::task::{self, Poll, Waker};
use ockam_core::{
    Any, LocalMessage, Mailbox, Processor, Result, Route, Routed, TransportMessage, Worker,
};

#[derive(Default)]
struct Wakes(AtomicU32);

impl Wakes {
    fn count(&self) -> u32 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

struct Idle;

impl Worker for Idle {
    type Context = Context;
    type Message = Any;

    async fn handle_message(&mut self, _: &mut Context, _: Routed<Any>) -> Result<()> {
        Ok(())
    }
}

/// Waits once in every `every` rounds, and wakes nobody.
struct Rounds {
    every: u32,
    made: u32,
}

impl Processor for Rounds {
    type Context = Context;

    async fn process(&mut self, _: &mut Context) -> Result<bool> {
        self.made += 1;
        if self.made.is_multiple_of(self.every) {
            let mut waited = false;
            poll_fn(|_| {
                if core::mem::replace(&mut waited, true) { Poll::Ready(()) } else { Poll::Pending }
            })
            .await;
        }
        Ok(true)
    }
}

fn awake(node: &Handle, about: &'static CellMeta) -> (Arc<Cell>, Context) {
    let cell =
        Cell::starting(Mailbox::allow_all("it").into(), about, StopOrder::Worker, Bounds::NONE);
    node.node().reserve(&cell).expect("the address is free");
    assert!(cell.settle_awake());
    let ctx = Context::of_worker(Arc::clone(node.node()), Arc::clone(&cell));
    (cell, ctx)
}

fn push(cell: &Cell, node: &Handle) {
    let message = TransportMessage::new("it", Route::new(), alloc::vec::Vec::new());
    match cell.push(LocalMessage::from(message), &node.node().drain) {
        Pushed::Done(Some(waker)) => waker.wake(),
        Pushed::Done(None) => {}
        _ => panic!("the worker takes messages"),
    }
}

#[tokio::test]
async fn a_worker_gives_way_after_many_messages_at_once_and_not_if_it_waits_for_each() {
    let node = NodeBuilder::new().build().expect("a runtime is there");
    let (cell, ctx) = awake(&node, WorkerType::<Idle>::META);
    let wakes = Arc::new(Wakes::default());
    let waker = Waker::from(Arc::clone(&wakes));
    let mut task = pin!(worker::run(Box::new(Idle), ctx));
    let mut poll = || task.as_mut().poll(&mut task::Context::from_waker(&waker));
    assert!(poll().is_pending());
    for sent in 1..=3 * MESSAGES_PER_TURN {
        push(&cell, &node);
        assert!(poll().is_pending());
        assert_eq!(wakes.count(), sent, "each message wakes it, and it never wakes itself");
    }
    (0..=MESSAGES_PER_TURN).for_each(|_| push(&cell, &node));
    let before = wakes.count();
    assert!(poll().is_pending());
    assert_eq!(wakes.count(), before + 1, "it comes back by itself for what is left");
}

#[tokio::test]
async fn a_processor_gives_way_after_many_rounds_and_not_if_it_waits_in_between() {
    let executor = Executor::current().expect("a runtime is there");
    for (every, self_wakes) in [(1, 0), (ROUNDS_PER_TURN - 1, 0), (u32::MAX, 3)] {
        let node = NodeBuilder::new().build().expect("a runtime is there");
        let (_, ctx) = awake(&node, ProcessorType::<Rounds>::META);
        let wakes = Arc::new(Wakes::default());
        let waker = Waker::from(Arc::clone(&wakes));
        let place = executor.hold_place().expect("there is always one");
        let mut task = pin!(processor::run(Rounds { every, made: 0 }, ctx, place));
        for _ in 0..3 {
            assert!(task.as_mut().poll(&mut task::Context::from_waker(&waker)).is_pending());
        }
        assert_eq!(wakes.count(), self_wakes, "waits every {every} rounds");
    }
}
