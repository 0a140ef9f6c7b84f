//! Sends that wait for a full mailbox for long, told to the log.
//!
//! Two workers whose mailboxes are full and who send to each other wait for ever, and neither is
//! wrong in itself. So the mailboxes in whose lines somebody stands are looked at every [`LOOK`]
//! by a task that is there as long as there are such. If the same sender is the first in line at
//! [`LOOKS`] looks after the first, that is one line in the log for the mailbox, and no other
//! before the line has moved.
//!
//! A send pays for it only when it stands in line: a pointer to its sender, and a flag of the cell.

use crate::cell::inbox::LongLine;
use crate::cell::{Cell, Kind};
use crate::sync::Lock;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::time::Duration;

/// How long a send waits for room in a mailbox before the log names both ends.
///
/// It is one WARN for a mailbox, not for each sender, and comes up to a second later.
pub const LONG_WAIT: Duration = Duration::from_secs(3);

/// How often the lines are looked at.
pub(crate) const LOOK: Duration = Duration::from_secs(1);

/// How many looks make a long wait.
const LOOKS: u64 = LONG_WAIT.as_secs() / LOOK.as_secs();

/// How many mailboxes are watched at a time; those beyond are not.
const MAX_WATCHED: usize = 1024;

/// The mailboxes of a node in whose lines somebody stands.
pub(crate) struct LongWaits(Lock<Lines>);

#[derive(Default)]
struct Lines {
    watched: Vec<WatchedLine>,
    /// There is a task that looks at them.
    looking: bool,
}

struct WatchedLine {
    cell: Arc<Cell>,
    /// The ticket of the sender that was first at the last look.
    ticket: Option<u32>,
    /// At how many looks in a row it was first.
    looks: u64,
}

impl LongWaits {
    pub(crate) fn new() -> Self {
        LongWaits(Lock::new(Lines::default()))
    }

    /// Watches the line of a cell in which somebody stands since now. `start` has to call
    /// [`look`](Self::look) every [`LOOK`] until that returns `false`.
    pub(crate) fn watch(&self, cell: &Arc<Cell>, start: impl FnOnce()) {
        if cell.set_watched(true) {
            return;
        }
        let line = WatchedLine { cell: Arc::clone(cell), ticket: None, looks: 0 };
        let (refused, starts) = self.0.with(|lines| {
            if lines.watched.len() == MAX_WATCHED {
                return (Some(line), false);
            }
            lines.watched.push(line);
            (None, !core::mem::replace(&mut lines.looking, true))
        });
        if refused.is_some() {
            cell.set_watched(false);
        }
        if starts {
            start();
        }
    }

    /// Looks at each line once; `false` if none is left.
    pub(crate) fn look(&self) -> bool {
        let mut lines = self.0.with(|lines| core::mem::take(&mut lines.watched));
        lines.retain_mut(WatchedLine::look);
        self.0.with(|known| {
            // What came meanwhile is behind them.
            lines.append(&mut known.watched);
            known.watched = lines;
            known.looking = !known.watched.is_empty();
            known.looking
        })
    }
}

impl WatchedLine {
    /// Looks at the line; `false` if nobody stands in it.
    fn look(&mut self) -> bool {
        // Before the look: who stands in line after it sees that the cell is not watched.
        self.cell.set_watched(false);
        let Some(line) = self.cell.look_at_line() else {
            return false;
        };
        if self.cell.set_watched(true) {
            // Somebody stood in line in between, and this cell is watched already.
            return false;
        }
        if self.ticket == Some(line.ticket) {
            self.looks += 1;
            if self.looks == LOOKS {
                warn(&self.cell, &line);
            }
        } else {
            (self.ticket, self.looks) = (Some(line.ticket), 0);
        }
        true
    }
}

fn warn(cell: &Cell, line: &LongLine) {
    let sender = &line.sender;
    tracing::warn!(
        from = %sender.address(),
        from_type = %describe(sender),
        to = %cell.address(),
        to_type = %describe(cell),
        waited = ?LONG_WAIT,
        queued = cell.queued(),
        queued_bytes = cell.queued_bytes(),
        senders_in_line = line.senders,
        queued_at_sender = sender.queued(),
        "a send waits for room in a full mailbox: the recipient is slow, or waits itself"
    );
}

fn describe(cell: &Cell) -> String {
    match cell.kind() {
        Kind::Detached => "a context without a worker".into(),
        Kind::Worker | Kind::Processor => cell.type_name().to_string(),
    }
}
