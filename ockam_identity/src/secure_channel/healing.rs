//! What the workers of an initiator's end and its reconnector have in common: whether the channel is
//! up, and what each waits for of the others while it is not.
//!
//! ```text
//!            the path is lost              the peer has answered        message 3 has left
//!   Up ─────────────────────────> Down ─────────────────────────> ... ────────────────────> Up
//!   encryptor: seals              waits, for CHANNEL_GAP_LIMIT at most                     seals
//!   decryptor: opens              hands what comes on ──> opens with the new keys
//! ```
//!
//! It owns who is woken. It refuses to know how a handshake goes.

use super::confirmation::Confirming;
use super::learning::Learning;
use super::sealing::Sealing;
use crate::channel::{Opener, Sealer};
use crate::credential::CredentialAndPurposeKey;
use crate::program::wake;
use crate::sync::Lock;
use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::sync::Arc;
use core::future::poll_fn;
use core::sync::atomic::{AtomicU32, Ordering};
use core::task::{Poll, Waker};
use core::time::Duration;
use ockam_core::{LocalMessage, Route};
use ockam_node::{Context, Instant, first};

/// How long what is sent through a channel waits for it, from when its path was lost. Behind that,
/// until the channel is up again, messages are dead letters at once, and those who ask are told why.
pub const CHANNEL_GAP_LIMIT: Duration = Duration::from_secs(30);

/// How many messages that may belong to a handshake wait to be looked at. One more is dropped: the
/// first message of the handshake is sent again.
const MAX_ARRIVED: usize = 64;

pub(super) struct Healing {
    /// Even while the decryptor has keys, and odd while it has none; it changes with each of them.
    phase: AtomicU32,
    state: Lock<State>,
}

struct State {
    /// The way to the listener, as the program gave it.
    route: Route,
    /// The program has given another one.
    rerouted: bool,
    /// The peer has said that its node stops.
    is_leaving: bool,
    condition: Condition,
    sealing: Option<Sealing>,
    /// What the decryptor goes on with.
    next: Option<Box<Session>>,
    /// What has come while there were no keys, for the handshake.
    arrived: VecDeque<LocalMessage>,
    /// What the program has shown the peer last.
    shown: Option<CredentialAndPurposeKey>,
    encryptor: Option<Waker>,
    reconnector: Option<Waker>,
}

enum Condition {
    Up,
    Down(Outage),
}

/// Why a channel is down.
#[derive(Clone)]
pub(super) struct Outage {
    pub(super) since: Instant,
    pub(super) why: Arc<str>,
    /// It is tried to make it again, so that messages wait.
    is_tried: bool,
}

/// What a decryptor begins with.
pub(super) struct Session {
    pub(super) opener: Opener,
    pub(super) learning: Learning,
    pub(super) confirming: Option<Confirming>,
}

/// What ends the use of a path while the channel is up.
pub(super) enum News {
    /// The peer's node stops.
    Leaving,
    /// The program has given another route.
    Rerouted,
}

/// What a reconnector waits for.
pub(super) enum Event {
    /// A message for the handshake.
    Arrived(LocalMessage),
    /// The program has given another route.
    Rerouted,
}

impl Healing {
    pub(super) fn new(route: Route) -> Self {
        let state = State {
            route,
            rerouted: false,
            is_leaving: false,
            condition: Condition::Up,
            sealing: None,
            next: None,
            arrived: VecDeque::new(),
            shown: None,
            encryptor: None,
            reconnector: None,
        };
        Healing { phase: AtomicU32::new(0), state: Lock::new(state) }
    }

    pub(super) fn set_sealing(&self, sealing: Sealing) {
        self.state.with(|state| state.sealing = Some(sealing));
    }

    pub(super) fn phase(&self) -> u32 {
        self.phase.load(Ordering::Acquire)
    }

    /// Takes the keys away, for the reconnector.
    pub(super) fn lose(&self, why: Arc<str>) {
        let outage = Outage { since: Instant::now(), why, is_tried: true };
        let sealing = self.state.with(|state| {
            state.condition = Condition::Down(outage);
            (state.next, state.is_leaving) = (None, false);
            state.sealing.clone()
        });
        if let Some(sealing) = sealing {
            // With it locked, so that what it has sealed is known by the phase.
            sealing.replace(None, || self.advance());
        }
    }

    fn advance(&self) {
        self.phase.fetch_add(1, Ordering::AcqRel);
    }

    /// Says what has come of the last attempt, and whether there will be another one.
    pub(super) fn note(&self, because: Arc<str>, goes_on: bool) {
        let waiting = self.state.with(|state| {
            let Condition::Down(outage) = &mut state.condition else { return None };
            (outage.why, outage.is_tried) = (because, goes_on);
            if goes_on { None } else { state.encryptor.take() }
        });
        wake(waiting);
    }

    /// Lets the decryptor go on with new keys. What has come for the handshake is forgotten.
    pub(super) fn expect(&self, session: Session) {
        self.state.with(|state| {
            (state.next, state.is_leaving) = (Some(Box::new(session)), false);
            state.arrived.clear();
        });
        self.advance();
    }

    /// Takes back what was [expected](Self::expect): the peer does not hear of the new keys.
    pub(super) fn expect_no_more(&self) {
        self.state.with(|state| state.next = None);
        self.advance();
    }

    /// Lets the encryptor go on with new keys.
    pub(super) fn up(&self, sealer: Sealer) {
        let sealing = self.state.with(|state| state.sealing.clone());
        if let Some(sealing) = sealing {
            sealing.replace(Some(sealer), || {});
        }
        let waiting = self.state.with(|state| {
            state.condition = Condition::Up;
            state.encryptor.take()
        });
        wake(waiting);
    }

    /// Returns what the decryptor goes on with.
    pub(super) fn take_next(&self) -> Option<Box<Session>> {
        self.state.with(|state| state.next.take())
    }

    /// Hands a message on to the handshake; `false` if there is no room.
    pub(super) fn arrive(&self, message: LocalMessage) -> bool {
        let waiting = self.state.with(|state| {
            if state.arrived.len() == MAX_ARRIVED {
                return None;
            }
            state.arrived.push_back(message);
            Some(state.reconnector.take())
        });
        let has_room = waiting.is_some();
        wake(waiting.flatten());
        has_room
    }

    /// Waits for something to do of the reconnector.
    pub(super) async fn event(&self) -> Event {
        poll_fn(|cx| {
            let waker = cx.waker().clone();
            self.state.with(|state| {
                if state.rerouted {
                    return Poll::Ready(Event::Rerouted);
                }
                if let Some(message) = state.arrived.pop_front() {
                    return Poll::Ready(Event::Arrived(message));
                }
                state.reconnector = Some(waker);
                Poll::Pending
            })
        })
        .await
    }

    /// The peer has said that its node stops.
    pub(super) fn leave(&self) {
        let waiting = self.state.with(|state| {
            state.is_leaving = true;
            state.reconnector.take()
        });
        wake(waiting);
    }

    /// Waits until the peer's node stops, or the program has given another route.
    pub(super) async fn news(&self) -> News {
        poll_fn(|cx| {
            let waker = cx.waker().clone();
            self.state.with(|state| {
                if state.is_leaving {
                    return Poll::Ready(News::Leaving);
                }
                if state.rerouted {
                    return Poll::Ready(News::Rerouted);
                }
                state.reconnector = Some(waker);
                Poll::Pending
            })
        })
        .await
    }

    /// Waits until the program has given another route.
    pub(super) async fn rerouted(&self) {
        // What has arrived is nothing to a reconnector that waits for this.
        while let Event::Arrived(_) = self.event().await {}
    }

    /// Waits, in the encryptor's handler, until the channel is up.
    ///
    /// # Errors
    /// Why it is down, if the time that messages wait is over, nobody tries to make it again, or the
    /// encryptor is stopped.
    pub(super) async fn keys_again(&self, ctx: &Context) -> Result<(), Outage> {
        let left = self.outage().map_or(Duration::ZERO, |outage| outage.time_left());
        let up = poll_fn(|cx| {
            let waker = cx.waker().clone();
            self.state.with(|state| match &state.condition {
                Condition::Down(outage) if outage.is_tried => {
                    state.encryptor = Some(waker);
                    Poll::Pending
                }
                _ => Poll::Ready(()),
            })
        });
        let _ = first(ctx.within(left, up), ctx.ending()).await;
        self.outage().map_or(Ok(()), Err)
    }

    /// Returns why the channel is down, if it is.
    pub(super) fn outage(&self) -> Option<Outage> {
        self.state.with(|state| match &state.condition {
            Condition::Up => None,
            Condition::Down(outage) => Some(outage.clone()),
        })
    }

    /// Takes another way to the peer's node, at which the listener stays the same one.
    pub(super) fn reroute(&self, mut route: Route) {
        let waiting = self.state.with(|state| {
            if let Some(listener) = state.route.last() {
                route.push_back(listener.clone());
            }
            (state.route, state.rerouted) = (route, true);
            if let Condition::Down(outage) = &mut state.condition {
                // What is sent from now on waits again.
                (outage.since, outage.is_tried) = (Instant::now(), true);
            }
            state.reconnector.take()
        });
        wake(waiting);
    }

    /// Returns the way to the listener.
    pub(super) fn route(&self) -> Route {
        self.state.with(|state| state.route.clone())
    }

    /// Tells whether the program has given another route since this was called last.
    pub(super) fn take_rerouted(&self) -> bool {
        self.state.with(|state| core::mem::take(&mut state.rerouted))
    }

    pub(super) fn set_shown(&self, credential: CredentialAndPurposeKey) {
        self.state.with(|state| state.shown = Some(credential));
    }

    pub(super) fn shown(&self) -> Option<CredentialAndPurposeKey> {
        self.state.with(|state| state.shown.clone())
    }
}

impl Outage {
    /// Returns how long messages still wait for the channel.
    pub(super) fn time_left(&self) -> Duration {
        CHANNEL_GAP_LIMIT.saturating_sub(self.since.elapsed())
    }
}
