//! Whether a frame that has begun goes on.
//!
//! It owns the time and the bytes that a frame has until it has to be whole or to have grown. It
//! refuses to know what arrives.

use core::future::Future;
use core::time::Duration;
use ockam_node::deadline;
use tokio::time::{Instant, timeout_at};

/// How many bytes of a frame have to arrive in each frame timeout, unless it is whole before.
///
/// With the usual timeout these are 546 bytes a second, which the slowest mobile networks reach.
pub const MIN_FRAME_PROGRESS: usize = 16 * 1024;

/// The frame that is arriving.
#[derive(Clone, Copy)]
pub(crate) struct Progress {
    limit: Duration,
    /// Until when it has to go on, and how much of it was there when that time began.
    window: Option<(Instant, usize)>,
}

impl Progress {
    pub(crate) fn new(limit: Duration) -> Self {
        Progress { limit, window: None }
    }

    /// There is no frame any more.
    pub(crate) fn clear(&mut self) {
        self.window = None;
    }

    /// Takes note of what is there of a frame after a read: `held` bytes, behind another frame or
    /// not.
    ///
    /// Only behind another frame does the time begin anew whatever has arrived. So the time that the
    /// delivery of that frame took does not count.
    pub(crate) fn note(&mut self, is_behind_another: bool, held: usize) {
        self.window = match self.window {
            _ if held == 0 => None,
            Some((until, from)) if !is_behind_another && held < from + MIN_FRAME_PROGRESS => {
                Some((until, from))
            }
            _ => Some((deadline(self.limit), held)),
        };
    }

    /// Waits for a read as long as the frame may take to go on. The error says that it did not.
    pub(crate) async fn limit<T>(&self, read: impl Future<Output = T>) -> Result<T, String> {
        let Some((until, _)) = self.window else { return Ok(read.await) };
        timeout_at(until, read).await.map_err(|_| {
            format!(
                "the other side began a message and sent less than {MIN_FRAME_PROGRESS} bytes \
                 more of it in {:?}",
                self.limit
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::future::pending;

    const LIMIT: Duration = Duration::from_secs(30);

    /// Tells how long the frame has from now.
    async fn left(progress: &Progress) -> Duration {
        let begun = Instant::now();
        progress.limit(pending::<()>()).await.unwrap_err();
        begun.elapsed()
    }

    #[tokio::test(start_paused = true)]
    async fn a_frame_has_to_grow_by_so_much_in_each_timeout() {
        let mut progress = Progress::new(LIMIT);
        progress.note(false, 1);
        for held in 2..1000 {
            tokio::time::advance(Duration::from_millis(20)).await;
            progress.note(false, held);
        }
        let slow = left(&progress).await;
        assert!(slow < Duration::from_secs(11), "single bytes are no progress: {slow:?}");
        progress.note(false, 1 + MIN_FRAME_PROGRESS);
        assert!(left(&progress).await >= LIMIT);
    }

    #[tokio::test(start_paused = true)]
    async fn no_frame_has_no_limit_and_one_behind_another_has_all_of_it() {
        let mut progress = Progress::new(LIMIT);
        progress.note(false, 100);
        tokio::time::advance(2 * LIMIT).await;
        progress.note(true, 10);
        assert!(left(&progress).await >= LIMIT);
        progress.note(true, 0);
        let year = Duration::from_secs(365 * 24 * 3600);
        assert_eq!(progress.limit(tokio::time::sleep(year)).await, Ok(()));
    }

    #[tokio::test(start_paused = true)]
    async fn a_limit_that_the_clock_cannot_add_means_never() {
        let mut progress = Progress::new(Duration::MAX);
        progress.note(false, 100);
        assert_eq!(progress.limit(tokio::time::sleep(100 * LIMIT)).await, Ok(()));
    }
}
