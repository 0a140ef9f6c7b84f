//! When a node that stops is quiet.

use super::stage::{Stage, WORKER};
use super::{block_on, explore};
use crate::cell::drain::Drain;
use alloc::sync::Arc;
use core::future::poll_fn;
use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use core::task::Waker;
use loom::thread::{self, JoinHandle};

/// Two workers, each of which sends a message that says `n > 1` on to the other, as `n - 1`.
struct Pair {
    workers: [Arc<Stage>; 2],
    drain: Arc<Drain>,
    /// How many messages are sent and not yet handled; to count them is no step of the model.
    on_their_way: AtomicUsize,
}

impl Pair {
    /// Sets up two workers that start.
    fn starting() -> Arc<Self> {
        Self::with_capacities([8, 8])
    }

    fn with_capacities(capacities: [u32; 2]) -> Arc<Self> {
        let drain = Arc::new(Drain::new());
        let workers = capacities.map(|room| Stage::new(&WORKER, room, Arc::clone(&drain)));
        Arc::new(Pair { workers, drain, on_their_way: AtomicUsize::new(0) })
    }

    /// Sets up two workers that sleep.
    fn asleep() -> Arc<Self> {
        let pair = Self::starting();
        pair.workers.iter().for_each(|worker| worker.settle());
        pair
    }

    /// Sets up two workers, each with a task that waits for messages.
    fn awake() -> Arc<Self> {
        Self::starting().settled()
    }

    fn settled(self: Arc<Self>) -> Arc<Self> {
        let pair = self;
        for me in [0, 1] {
            assert!(pair.workers[me].cell.settle_awake(), "nobody stopped it");
            pair.spawn(move |pair| pair.work(me, true));
        }
        pair
    }

    fn spawn(self: &Arc<Self>, act: impl FnOnce(&Arc<Self>) + 'static) -> JoinHandle<()> {
        let pair = Arc::clone(self);
        thread::spawn(move || act(&pair))
    }

    fn work(self: &Arc<Self>, me: usize, keeps_task: bool) {
        self.workers[me].work_with(keeps_task, &|number| self.handle(me, number));
    }

    fn handle(self: &Arc<Self>, me: usize, number: u8) {
        if number > 1 {
            self.send(1 - me, number - 1);
        }
        self.on_their_way.fetch_sub(1, Ordering::Relaxed);
    }

    fn send(self: &Arc<Self>, to: usize, number: u8) {
        self.on_their_way.fetch_add(1, Ordering::Relaxed);
        let awaken = || drop(self.spawn(move |pair| pair.work(to, false)));
        self.workers[to].send_or(number, awaken);
    }

    /// Begins to stop as a node does.
    fn begin(&self) {
        self.drain.begin();
        self.workers.iter().for_each(|worker| worker.cell.count(&self.drain));
    }

    fn wait_for_quiet(&self) {
        self.drain.scanned();
        block_on(poll_fn(|cx| self.drain.poll_quiet(cx.waker())));
    }

    fn expect_none_on_their_way(&self) {
        assert_eq!(self.on_their_way.load(Ordering::Relaxed), 0, "a message is on its way");
    }

    /// Stops the workers as a node does, and checks that this cuts nothing off.
    fn stop(&self) {
        self.begin();
        self.wait_for_quiet();
        self.expect_none_on_their_way();
        self.workers.iter().for_each(|worker| worker.stop());
    }
}

#[test]
fn loom_quiet_comes_when_what_a_message_led_to_is_done() {
    explore(2, || {
        let pair = Pair::awake();
        pair.send(0, 3);
        pair.stop();
    });
}

#[test]
fn loom_quiet_comes_for_two_that_send_to_each_other_as_the_stop_begins() {
    explore(2, || {
        let pair = Pair::awake();
        pair.send(0, 2);
        pair.send(1, 2);
        pair.stop();
    });
}

/// The second worker has room for one message: the first waits in line, and is busy meanwhile.
#[test]
fn loom_quiet_comes_when_a_worker_that_waited_for_room_is_done() {
    explore(2, || {
        let pair = Pair::with_capacities([8, 1]).settled();
        (0..3).for_each(|_| pair.send(0, 2));
        pair.stop();
    });
}

/// A message gives them their tasks, and they give them up when it is handled.
#[test]
fn loom_quiet_comes_when_workers_that_slept_sleep_again() {
    explore(3, || {
        let pair = Pair::asleep();
        pair.send(0, 3);
        pair.stop();
    });
}

#[test]
fn loom_quiet_comes_at_once_when_nobody_has_work() {
    explore(2, || Pair::awake().stop());
}

/// A worker that waits for a message in its handler has nothing to do, until it gives that up.
#[test]
fn loom_quiet_comes_when_a_worker_that_gave_up_waiting_is_done() {
    explore(2, || {
        let pair = Pair::starting();
        pair.workers.iter().for_each(|worker| assert!(worker.cell.settle_awake()));
        let gave_up = Arc::new(AtomicBool::new(false));
        let gives_up = Arc::clone(&gave_up);
        pair.spawn(move |pair| {
            let worker = &pair.workers[0];
            pair.on_their_way.fetch_add(1, Ordering::Relaxed);
            let _ = worker.poll_turn(Some(Waker::noop()), false);
            worker.cell.resume(&pair.drain);
            gives_up.store(true, Ordering::Relaxed);
            pair.handle(0, 2);
            pair.work(0, true);
        });
        pair.spawn(|pair| pair.work(1, true));
        pair.begin();
        let in_time = gave_up.load(Ordering::Relaxed);
        pair.wait_for_quiet();
        if in_time {
            pair.expect_none_on_their_way();
        }
        pair.workers.iter().for_each(|worker| worker.stop());
    });
}

/// A worker that ends takes its work with it.
#[test]
fn loom_quiet_comes_though_a_busy_worker_ends() {
    explore(3, || {
        let pair = Pair::starting();
        pair.send(0, 1);
        pair.spawn(|pair| pair.workers[0].finish());
        pair.begin();
        pair.wait_for_quiet();
    });
}
