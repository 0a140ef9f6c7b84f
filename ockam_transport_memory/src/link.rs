//! A link between two ends: two lanes on one clock, and the tasks that wait for them.
//!
//! It owns the time and the waiting. It does not know what is in a frame, nor anything but the
//! names of the nodes at its ends.

use crate::event::{Event, EventKind, Imprint, Journal};
use crate::lane::{Lane, Offered, Polled};
use crate::{Counters, Dice, LinkOptions};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};

/// State shared by all links of a network.
#[derive(Debug)]
pub(crate) struct Shared {
    /// The instant from which all times are counted.
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

/// Both directions of a link. The lane of a side is the one that this side sends into.
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
    /// A frame was sent, or the lane was cut, healed or ended. Only the receiver waits for it.
    arrived: Notify,
    /// A frame was delivered, or the lane has ended. Only the sender waits for it.
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

    /// Sends a frame from a side, waiting for room.
    ///
    /// # Errors
    /// [`Closed`] if the direction accepts no more frames.
    pub(crate) async fn send(&self, side: Side, frame: Vec<u8>) -> Result<(), Closed> {
        self.from(side).send(frame).await
    }

    /// Waits for the next frame that arrives at a side; `None` after the last one.
    pub(crate) async fn receive(&self, side: Side) -> Option<Vec<u8>> {
        self.from(side.other()).receive().await
    }

    /// Ends sending from a side; frames in flight still arrive.
    pub(crate) fn finish(&self, side: Side) {
        self.from(side).change(EventKind::Ended, Lane::is_open, |lane| {
            lane.finish();
            Vec::new()
        });
    }

    /// Ends receiving at a side; frames in flight to it are lost.
    pub(crate) fn refuse(&self, side: Side) {
        self.from(side.other()).abort();
    }

    /// Cuts the direction that a side sends into, until it is healed.
    pub(crate) fn cut(&self, side: Side) {
        self.from(side).change(EventKind::Cut, |lane| !lane.is_cut(), Lane::cut);
    }

    /// Cuts both directions if one of the sides is at the node with this name.
    pub(crate) fn cut_if_at(&self, name: &str) {
        if self.directions.iter().any(|direction| *direction.from == *name) {
            [Side::A, Side::B].into_iter().for_each(|side| self.cut(side));
        }
    }

    /// Heals the direction that a side sends into.
    pub(crate) fn heal(&self, side: Side) {
        self.from(side).heal();
    }

    /// Ends both directions at once. If the link is cut, the other side is not notified.
    pub(crate) fn close(&self) {
        self.directions.iter().for_each(Direction::abort);
    }

    /// Ends both directions at once and notifies both sides.
    pub(crate) fn disconnect(&self) {
        self.directions.iter().for_each(Direction::heal);
        self.close();
    }

    /// Returns whether both directions accept frames.
    pub(crate) fn is_open(&self) -> bool {
        self.directions.iter().all(|direction| lock(&direction.lane).is_open())
    }

    /// Returns whether a direction is cut.
    pub(crate) fn is_cut(&self) -> bool {
        self.directions.iter().any(|direction| lock(&direction.lane).is_cut())
    }

    /// Returns the counters of the frames that a side sent.
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

/// The direction accepts no more frames.
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
            // A delivery in between has left a permit in the `Notify`, so no wake-up is lost.
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
                    // Look at the lane again in both cases.
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

    /// Changes the lane if `applies`, records the frames lost by it, and wakes both ends.
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

/// Locks for a few instructions. Poison is ignored: after a panic in a test the counters and events
/// are still worth inspecting.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}
