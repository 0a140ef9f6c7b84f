//! Closing a socket in good order: what was written arrives, or it is an error.
//!
//! It owns the wait for the other side. It refuses to know messages.
//!
//! ```text
//!   end said ──> not acknowledged ── acknowledged ──> patience for the other side's end ──> Ok
//!                      ├── the other side has ended, and the system does not say more ────> Ok
//!                      └── reset, or no progress for the stall timeout ───────────────────> Err
//! ```
//!
//! A socket that is closed with unread bytes, or gets some afterwards, takes back what it has
//! written. So what arrives is read meanwhile, and forgotten.

use crate::acknowledged::{Ends, Unacknowledged};
use crate::socket;
use core::time::Duration;
use socket2::SockRef;
use std::io;
use std::net::Shutdown;
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout};

/// How often it is looked what is acknowledged: at first, and at last.
const LOOK_AFTER: (Duration, Duration) = (Duration::from_millis(1), Duration::from_millis(50));

/// Says that nothing more will be written, and waits until the other side has acknowledged what was,
/// as long as that makes progress at least once in `stall`; then for its end, at most for `patience`.
/// The error says what is not acknowledged.
pub(crate) async fn close(
    stream: &TcpStream,
    patience: Duration,
    stall: Duration,
) -> Result<(), String> {
    let ends = Ends::of(stream);
    let before = ends.unacknowledged();
    let mut closing = Closing { stream, ends, left: before, has_ended: false };
    if SockRef::from(stream).shutdown(Shutdown::Write).is_err() {
        return closing.gone();
    }
    if before != Unacknowledged::Bytes(0) {
        closing.acknowledged(stall).await?;
    }
    if !closing.has_ended {
        let _ = timeout(patience, read_to_end(stream)).await;
    }
    Ok(())
}

/// A socket whose end was said.
struct Closing<'a> {
    stream: &'a TcpStream,
    ends: Ends,
    /// What was not acknowledged at the last look.
    left: Unacknowledged,
    /// The other side has said its end.
    has_ended: bool,
}

impl Closing<'_> {
    async fn acknowledged(&mut self, stall: Duration) -> Result<(), String> {
        let (mut wait, mut progress) = (LOOK_AFTER.0, Instant::now());
        loop {
            if self.has_ended {
                sleep(wait).await;
            } else {
                match timeout(wait, read_to_end(self.stream)).await {
                    Ok(Ok(())) => self.has_ended = true,
                    Ok(Err(error)) => return self.failed(&socket::reason(&error)),
                    Err(_) => {}
                }
            }
            wait = (2 * wait).min(LOOK_AFTER.1);
            match self.ends.unacknowledged() {
                // The end itself counts as one.
                Unacknowledged::Bytes(0 | 1) => return Ok(()),
                // Nothing but the other side's end can be seen.
                Unacknowledged::Unknown if self.has_ended => return Ok(()),
                Unacknowledged::Gone => return self.gone(),
                left if left != self.left => (self.left, progress) = (left, Instant::now()),
                _ if progress.elapsed() >= stall => {
                    return self.failed(&format!("the other side read nothing for {stall:?}"));
                }
                _ => {}
            }
        }
    }

    /// Tells how a socket that the system has forgotten has ended.
    fn gone(&self) -> Result<(), String> {
        match self.stream.take_error() {
            Ok(None) if self.has_ended => Ok(()),
            Ok(Some(error)) => self.failed(&socket::reason(&error)),
            // The half that reads was told why, after it could not say so any more.
            Ok(None) | Err(_) => self.failed("the other side reset it, or the path to it is dead"),
        }
    }

    fn failed(&self, why: &str) -> Result<(), String> {
        match self.left {
            Unacknowledged::Bytes(left) => {
                Err(format!("{why}; {left} bytes that were written were not acknowledged"))
            }
            Unacknowledged::Gone | Unacknowledged::Unknown => {
                Err(format!("{why}; it is not known what of that which was written has arrived"))
            }
        }
    }
}

/// Reads and forgets, until the other side has said its end.
async fn read_to_end(stream: &TcpStream) -> io::Result<()> {
    let mut unread = [0; 4096];
    loop {
        stream.readable().await?;
        match stream.try_read(&mut unread) {
            Ok(0) => return Ok(()),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
}
