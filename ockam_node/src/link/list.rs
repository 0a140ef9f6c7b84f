//! The links that a node has, as their owners and those who follow them share them.
//!
//! The owner writes, the program reads. A link is entered when it is made, and leaves the list with
//! its guard, so the list is as long as there are links.

use super::state::{LINK_DOWN_WARNING, LinkInfo, LinkKind, LinkState, LinkStatus};
use crate::executor::Instant;
use crate::program::wake;
use crate::sync::Lock;
use crate::wait_list::WaitList;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::sync::{Arc, Weak};
use alloc::vec::Vec;
use core::time::Duration;
use core::{fmt, mem};
use ockam_core::Address;

/// Why a link is down whose owner has not said why.
const GONE: &str = "it was closed on this side";

/// The links of a node, by the order in which they were made.
#[derive(Default)]
struct Known {
    links: BTreeMap<u64, Arc<LinkEntry>>,
    /// How many there were in all.
    count: u64,
}

pub(crate) struct Links(Arc<Lock<Known>>);

impl Links {
    pub(crate) fn new() -> Self {
        Links(Arc::new(Lock::new(Known::default())))
    }

    pub(super) fn list(&self) -> Vec<LinkInfo> {
        let links: Vec<Arc<LinkEntry>> =
            self.0.with(|known| known.links.values().cloned().collect());
        links.iter().map(|link| link.info()).collect()
    }

    pub(super) fn find(&self, address: &Address) -> Option<Arc<LinkEntry>> {
        let find = |known: &mut Known| {
            known.links.values().find(|link| link.address == *address).map(Arc::clone)
        };
        self.0.with(find)
    }

    /// Says what the link at an address leads to.
    pub(crate) fn describe(&self, address: &Address) -> Option<String> {
        let link = self.find(address)?;
        Some(format!("the {} to {}", link.kind, link.name))
    }

    pub(super) fn enter(
        &self,
        kind: LinkKind,
        address: Address,
        name: String,
        state: LinkState,
    ) -> Arc<LinkEntry> {
        let since = Instant::now();
        let course = Course {
            away_since: (!state.is_up()).then_some(since),
            status: LinkStatus { state, since },
            changes: 0,
            over: false,
            warned: false,
            by_peer: false,
            waiting: WaitList::default(),
        };
        self.0.with(|known| {
            known.count += 1;
            let link = Arc::new(LinkEntry {
                kind,
                address,
                name,
                list: Arc::downgrade(&self.0),
                number: known.count,
                course: Lock::new(course),
            });
            known.links.insert(known.count, Arc::clone(&link));
            link
        })
    }
}

/// A link, as its owner, the list and those who follow it share it.
pub(super) struct LinkEntry {
    kind: LinkKind,
    address: Address,
    pub(super) name: String,
    list: Weak<Lock<Known>>,
    /// Its place in the list.
    number: u64,
    pub(super) course: Lock<Course>,
}

/// How a link has fared so far.
pub(super) struct Course {
    pub(super) status: LinkStatus,
    /// How often the state has changed.
    pub(super) changes: u64,
    /// The guard is gone.
    pub(super) over: bool,
    /// Since when it is not up.
    away_since: Option<Instant>,
    /// The log was warned since then.
    warned: bool,
    pub(super) by_peer: bool,
    pub(super) waiting: WaitList<()>,
}

/// What the log is told of a change.
enum LogLine {
    Nothing,
    Up(Duration),
    Connecting(LinkState),
    /// Another attempt after a long time.
    Warning(Duration, LinkState),
    Down(LinkState),
    /// The attempts have ended.
    GivenUp(Duration, LinkState),
}

impl Course {
    /// Takes note of a state, unless the link is over. Returns what the log is told.
    fn note(&mut self, state: LinkState) -> LogLine {
        if self.over || self.status.state == state {
            return LogLine::Nothing;
        }
        self.changes += 1;
        let now = Instant::now();
        let before = mem::replace(&mut self.status.state, state);
        if mem::discriminant(&before) != mem::discriminant(&self.status.state) {
            self.status.since = now;
        }
        if self.status.state.is_up() {
            self.warned = false;
            let away = self.away_since.take().map_or(Duration::ZERO, |since| now - since);
            return LogLine::Up(away);
        }
        let away = now - *self.away_since.get_or_insert(now);
        let state = self.status.state.clone();
        match (&before, &state) {
            (LinkState::Connecting { .. }, LinkState::Connecting { .. }) => {
                let warn = away >= LINK_DOWN_WARNING && !mem::replace(&mut self.warned, true);
                if warn { LogLine::Warning(away, state) } else { LogLine::Nothing }
            }
            (_, LinkState::Connecting { .. }) => LogLine::Connecting(state),
            (LinkState::Connecting { .. }, _) => LogLine::GivenUp(away, state),
            _ => LogLine::Down(state),
        }
    }
}

impl LinkEntry {
    pub(super) fn info(&self) -> LinkInfo {
        let LinkStatus { state, since } = self.course.with(|course| course.status.clone());
        let (kind, address, name) = (self.kind, self.address.clone(), self.name.clone());
        LinkInfo { kind, address, name, state, since }
    }

    pub(super) fn set(&self, state: LinkState) {
        let (line, by_peer, waiting) = self.course.with(|course| {
            let before = course.changes;
            let line = course.note(state);
            let changed = course.changes > before;
            (line, course.by_peer, changed.then(|| course.waiting.take(&())).flatten())
        });
        self.log(line, by_peer);
        wake(waiting.into_iter().flatten());
    }

    /// The owner is gone: the last state stays, and nobody waits for another.
    pub(super) fn end(&self) {
        if let Some(list) = self.list.upgrade() {
            drop(list.with(|known| known.links.remove(&self.number)));
        }
        let waiting = self.course.with(|course| {
            if course.over {
                return None;
            }
            if !matches!(course.status.state, LinkState::Down { .. }) {
                course.status = LinkStatus { state: LinkState::down(GONE), since: Instant::now() };
                course.changes += 1;
            }
            course.over = true;
            course.waiting.take(&())
        });
        wake(waiting.into_iter().flatten());
    }

    fn log(&self, line: LogLine, by_peer: bool) {
        /// Writes a line, of a link that a peer made at a level that no peer can fill the log with.
        macro_rules! tell {
            ($loud:ident, $($rest:tt)*) => {{
                let LinkEntry { kind, address, name, .. } = self;
                if by_peer {
                    tracing::debug!(link = %kind, %address, name, $($rest)*);
                } else {
                    tracing::$loud!(link = %kind, %address, name, $($rest)*);
                }
            }};
        }
        match line {
            LogLine::Nothing => {}
            LogLine::Up(away) => tell!(info, away = ?millis(away), "a link is up"),
            LogLine::Connecting(state) => tell!(info, %state, "a link was lost, and is made again"),
            LogLine::Warning(away, state) => {
                tell!(warn, away = ?millis(away), %state, "a link is still not up");
            }
            LogLine::Down(state) => tell!(info, %state, "a link is down"),
            LogLine::GivenUp(away, state) => {
                tell!(warn, away = ?millis(away), %state, "a link is given up");
            }
        }
    }
}

/// Leaves out what nobody wants to read.
fn millis(away: Duration) -> Duration {
    Duration::from_millis(away.as_millis().try_into().unwrap_or(u64::MAX))
}

impl fmt::Debug for LinkEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.info().fmt(f)
    }
}
