//! An end of a link without a node: a test writes and reads the frames itself.

use crate::Counters;
use crate::link::{Link, Side};
use ockam_core::{Error, ErrorKind, Result};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

/// A peer that a test plays by hand: it sends any bytes and sees every frame.
///
/// Made by [`Network::raw_link`](crate::Network::raw_link). Dropped, its end of the link is gone,
/// as that of a node that stops.
#[derive(Debug)]
pub struct RawEnd {
    link: Arc<Link>,
    side: Side,
}

impl RawEnd {
    pub(crate) fn new(link: &Arc<Link>, side: Side) -> Self {
        RawEnd { link: Arc::clone(link), side }
    }

    /// Sends bytes: whole frames, each with its length in front, to be understood at the other
    /// end. It waits for room in the link.
    ///
    /// # Errors
    /// [`Stopped`](ErrorKind::Stopped) if the link has ended.
    ///
    /// # Cancel safety
    /// Dropped while it waits, nothing is sent.
    pub async fn send(&self, frame: impl Into<Vec<u8>>) -> Result<()> {
        self.link.send(self.side, frame.into()).await.map_err(|_| ended(&self.link))
    }

    /// Waits for the next frame, its length in front, at most for a time.
    ///
    /// # Errors
    /// [`TimedOut`](ErrorKind::TimedOut) if none came, [`Stopped`](ErrorKind::Stopped) if the
    /// link has ended.
    ///
    /// # Cancel safety
    /// No frame is lost if the future is dropped.
    pub async fn receive(&self, limit: Duration) -> Result<Vec<u8>> {
        match timeout(limit, self.link.receive(self.side)).await {
            Ok(Some(frame)) => Ok(frame),
            Ok(None) => Err(ended(&self.link)),
            Err(_) => {
                Err(Error::with_kind(ErrorKind::TimedOut, format!("no frame came for {limit:?}")))
            }
        }
    }

    /// Counts the frames that were sent into this end.
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.link.counters(self.side)
    }
}

impl Drop for RawEnd {
    fn drop(&mut self) {
        self.link.finish(self.side);
        self.link.refuse(self.side);
    }
}

fn ended(link: &Link) -> Error {
    Error::with_kind(ErrorKind::Stopped, format!("link {} has ended", link.number))
}
