//! A link between two ends: two lanes on one clock, and whoever waits for them.
//!
//! It owns the time and the waiting. It refuses to know what is in a frame, and who is at its
//! ends beyond a name.

use crate::event::{Event, EventKind, Imprint, Journal};
use crate::lane::{Lane, Offered, Polled};
use crate::{Counters, Dice, LinkOptions};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};

/// What all links of a network share.
#[derive(Debug)]
pub(crate) struct Shared {
    /// The moment from which all times are counted.
    begun: Instant,
    journal: Mutex<Journal>,
}

impl Shared {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Shared { begun: Instant::now(), journal: Mutex::new(Journal::new()) })
    }

    pub(crate) fn journal(&self) -> MutexGuard<'_, Journal> {
        lock(&self.journal)
    }
}

/// Both directions of a link. The lane of a side is the one into which that side sends.
#[derive(Debug)]
pub(crate) struct Link {
    pub(crate) number: u64,
    directions: [Direction; 2],
}

/// One direction of a link.
#[derive(Debug)]
struct Direction {
    shared: Arc<Shared>,
    link: u64,
    from: Arc<str>,
    to: Arc<str>,
    lane: Mutex<Lane>,
    /// Something went in, or the lane was cut, healed or ended. Only the receiver waits for it.
    arrived: Notify,
    /// Something came out, or the lane has ended. Only the sender waits for it.
    room: Notify,
}

/// One of the two sides of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    A,
    B,
}

impl Side {
    pub(crate) fn other(self) -> Self {
        match self {
            Side::A => Side::B,
            Side::B => Side::A,
        }
    }
}

impl Link {
    pub(crate) fn new(
        shared: &Arc<Shared>,
        number: u64,
        names: [&Arc<str>; 2],
        options: &LinkOptions,
        dice: &Dice,
    ) -> Arc<Self> {
        let direction = |from: &Arc<str>, to: &Arc<str>, side: &str| Direction {
            shared: Arc::clone(shared),
            link: number,
            from: Arc::clone(from),
            to: Arc::clone(to),
            lane: Mutex::new(Lane::new(options.clone(), dice.fork(&format!("{number}{side}")))),
            arrived: Notify::new(),
            room: Notify::new(),
        };
        let [a, b] = names;
        Arc::new(Link { number, directions: [direction(a, b, "a"), direction(b, a, "b")] })
    }

    /// Puts a frame in at a side, waiting for room.
    ///
    /// # Errors
    /// If nothing goes in any more.
    pub(crate) async fn send(&self, side: Side, frame: Vec<u8>) -> Result<(), Closed> {
        self.from(side).send(frame).await
    }

    /// Waits for the next frame that comes out at a side; `None` after the last one.
    pub(crate) async fn receive(&self, side: Side) -> Option<Vec<u8>> {
        self.from(side.other()).receive().await
    }

    /// Says that a side sends no more; what is in flight still arrives.
    pub(crate) fn finish(&self, side: Side) {
        self.from(side).change(EventKind::Ended, Lane::is_open, |lane| {
            lane.finish();
            Vec::new()
        });
    }

    /// Says that a side takes no more: what is in flight to it is lost.
    pub(crate) fn refuse(&self, side: Side) {
        self.from(side.other()).abort();
    }

    /// Loses what a side sends, until it heals.
    pub(crate) fn cut(&self, side: Side) {
        self.from(side).change(EventKind::Cut, |lane| !lane.is_cut(), Lane::cut);
    }

    /// Cuts both directions if one of the sides is at the node of a name.
    pub(crate) fn cut_if_at(&self, name: &str) {
        if self.directions.iter().any(|direction| *direction.from == *name) {
            [Side::A, Side::B].into_iter().for_each(|side| self.cut(side));
        }
    }

    /// Carries what a side sends.
    pub(crate) fn heal(&self, side: Side) {
        self.from(side).heal();
    }

    /// Ends both directions at once. Through a cut the other side does not hear of it.
    pub(crate) fn close(&self) {
        self.directions.iter().for_each(Direction::abort);
    }

    /// Ends both directions at once, and both sides hear of it.
    pub(crate) fn disconnect(&self) {
        self.directions.iter().for_each(Direction::heal);
        self.close();
    }

    /// Tells whether both directions take frames.
    pub(crate) fn is_open(&self) -> bool {
        self.directions.iter().all(|direction| lock(&direction.lane).is_open())
    }

    /// Tells whether a direction is cut.
    pub(crate) fn is_cut(&self) -> bool {
        self.directions.iter().any(|direction| lock(&direction.lane).is_cut())
    }

    /// Counts what a side sent.
    pub(crate) fn counters(&self, side: Side) -> Counters {
        lock(&self.from(side).lane).counters()
    }

    /// Returns the name of the node at a side.
    pub(crate) fn name(&self, side: Side) -> &Arc<str> {
        &self.from(side).from
    }

    fn from(&self, side: Side) -> &Direction {
        match side {
            Side::A => &self.directions[0],
            Side::B => &self.directions[1],
        }
    }
}

/// Nothing goes into a direction any more.
#[derive(Debug)]
pub(crate) struct Closed;

impl Direction {
    async fn send(&self, mut frame: Vec<u8>) -> Result<(), Closed> {
        loop {
            frame = match self.offer(frame) {
                Offered::Sent { .. } | Offered::Lost => return Ok(()),
                Offered::Closed => return Err(Closed),
                Offered::Full(frame) => frame,
            };
            // What came out meanwhile has left its permit.
            self.room.notified().await;
        }
    }

    fn offer(&self, frame: Vec<u8>) -> Offered {
        let (now, imprint) = (self.now(), Imprint::of(&frame));
        let mut lane = lock(&self.lane);
        let offered = lane.offer(frame, now);
        let kind = match &offered {
            Offered::Sent { copies: 1 } => EventKind::Sent,
            Offered::Sent { .. } => EventKind::Duplicated,
            Offered::Lost => EventKind::Lost,
            Offered::Full(_) | Offered::Closed => return offered,
        };
        self.record(kind, imprint);
        drop(lane);
        self.arrived.notify_one();
        offered
    }

    async fn receive(&self) -> Option<Vec<u8>> {
        loop {
            match self.poll() {
                Polled::Frame(frame) => return Some(frame),
                Polled::Ended => return None,
                Polled::Empty => self.arrived.notified().await,
                Polled::Later(due) => {
                    let due = ockam_node::after(self.shared.begun, due);
                    // Either way there is something to look at.
                    let _ = timeout_at(due, self.arrived.notified()).await;
                }
            }
        }
    }

    fn poll(&self) -> Polled {
        let polled = lock(&self.lane).poll(self.now());
        if let Polled::Frame(frame) = &polled {
            self.record(EventKind::Delivered, Imprint::of(frame));
            self.room.notify_one();
        }
        polled
    }

    fn abort(&self) {
        self.change(EventKind::Ended, Lane::is_open, Lane::abort);
    }

    fn heal(&self) {
        self.change(EventKind::Healed, Lane::is_cut, |lane| {
            lane.heal();
            Vec::new()
        });
    }

    /// Changes the lane if `applies`, records what was lost by it, and lets both ends look.
    fn change(
        &self,
        kind: EventKind,
        applies: impl FnOnce(&Lane) -> bool,
        change: impl FnOnce(&mut Lane) -> Vec<Vec<u8>>,
    ) {
        let mut lane = lock(&self.lane);
        if applies(&lane) {
            self.record(kind, Imprint::default());
        }
        for lost in change(&mut lane) {
            self.record(EventKind::Lost, Imprint::of(&lost));
        }
        drop(lane);
        self.arrived.notify_one();
        self.room.notify_one();
    }

    fn record(&self, kind: EventKind, frame: Imprint) {
        let (from, to) = (Arc::clone(&self.from), Arc::clone(&self.to));
        let event = Event { at: self.now(), link: self.link, from, to, kind, len: frame.len };
        self.shared.journal().add(event, frame);
    }

    fn now(&self) -> Duration {
        self.shared.begun.elapsed()
    }
}

/// Locks for a few instructions; what a panic left behind is still worth looking at.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}
