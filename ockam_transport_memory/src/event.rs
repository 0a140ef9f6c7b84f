//! The journal of the network: the most recent events, and a fingerprint of all of them.

use crate::EVENTS_KEPT;
use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// Kind of an event on a frame or a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EventKind {
    /// A frame was sent into the link and is in flight.
    Sent,
    /// A frame was lost.
    Lost,
    /// A frame was sent into the link and will arrive twice.
    Duplicated,
    /// A frame was delivered to the other end.
    Delivered,
    /// The direction was cut and loses all frames.
    Cut,
    /// The direction carries frames again.
    Healed,
    /// The direction ended and accepts no more frames.
    Ended,
}

impl fmt::Display for EventKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            EventKind::Sent => "sent",
            EventKind::Lost => "lost",
            EventKind::Duplicated => "sent twice",
            EventKind::Delivered => "delivered",
            EventKind::Cut => "cut",
            EventKind::Healed => "healed",
            EventKind::Ended => "ended",
        })
    }
}

/// One event in one direction of a link.
///
/// It formats as a line of a trace: `12.345s link 3 alice -> bob: delivered 57 bytes`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Event {
    /// The time since the network was created.
    pub at: Duration,
    /// The number of the link; links are numbered from 1 in the order of their creation.
    pub link: u64,
    /// The sending node.
    pub from: Arc<str>,
    /// The receiving node.
    pub to: Arc<str>,
    /// The kind of the event.
    pub kind: EventKind,
    /// The length of the frame in bytes; 0 if the event does not concern a frame.
    pub len: usize,
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Event { at, link, from, to, kind, len } = self;
        write!(f, "{:.3}s link {link} {from} -> {to}: {kind}", at.as_secs_f64())?;
        match len {
            0 => Ok(()),
            _ => write!(f, " {len} bytes"),
        }
    }
}

/// Keeps the most recent events and hashes all of them into one number.
#[derive(Debug)]
pub(crate) struct Journal {
    recent: VecDeque<Event>,
    fingerprint: Fingerprint,
}

impl Journal {
    pub(crate) fn new() -> Self {
        Journal { recent: VecDeque::new(), fingerprint: Fingerprint::new() }
    }

    /// Adds an event with the bytes of its frame.
    pub(crate) fn add(&mut self, event: Event, frame: Imprint) {
        tracing::trace!("{event}");
        let at = u64::try_from(event.at.as_nanos()).unwrap_or(u64::MAX);
        for number in [at, event.link, event.kind as u64, event.len as u64, frame.hash] {
            self.fingerprint.mix(&number.to_le_bytes());
        }
        self.fingerprint.mix(event.from.as_bytes());
        if self.recent.len() == EVENTS_KEPT {
            self.recent.pop_front();
        }
        self.recent.push_back(event);
    }

    pub(crate) fn recent(&self) -> Vec<Event> {
        self.recent.iter().cloned().collect()
    }

    pub(crate) fn fingerprint(&self) -> u64 {
        self.fingerprint.0
    }
}

/// The data of a frame that the journal records.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Imprint {
    pub(crate) len: usize,
    hash: u64,
}

impl Imprint {
    pub(crate) fn of(frame: &[u8]) -> Self {
        let mut hash = Fingerprint::new();
        hash.mix(frame);
        Imprint { len: frame.len(), hash: hash.0 }
    }
}

/// The 64-bit FNV-1a hash: short, and identical on every machine and in every release.
#[derive(Debug)]
struct Fingerprint(u64);

impl Fingerprint {
    const fn new() -> Self {
        Fingerprint(0xcbf2_9ce4_8422_2325)
    }

    fn mix(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fingerprint_is_fnv_1a() {
        let mut fingerprint = Fingerprint::new();
        fingerprint.mix(b"foobar");
        assert_eq!(fingerprint.0, 0x8594_4171_f739_67e8);
    }

    #[test]
    fn an_event_is_a_line_and_only_the_last_ones_are_kept() {
        let mut journal = Journal::new();
        for number in 0..EVENTS_KEPT as u64 + 5 {
            let at = Duration::from_millis(12_345 + number);
            let (from, to) = ("alice".into(), "bob".into());
            let event = Event { at, link: 3, from, to, kind: EventKind::Delivered, len: 2 };
            journal.add(event, Imprint::of(&[1, 2]));
        }
        let recent = journal.recent();
        assert_eq!(recent.len(), EVENTS_KEPT);
        assert_eq!(recent[0].to_string(), "12.350s link 3 alice -> bob: delivered 2 bytes");
    }
}
