//! Making a lost connection again.
//!
//! It owns one attempt and what makes it a good one. It refuses to know what becomes of the socket.

use crate::dial;
use crate::limits::DEFAULT_CONNECT_TIMEOUT;
use crate::link::{Link, Phase};
use crate::reconnect::{Attempts, TcpReconnect};
use crate::socket::{self, DeadPath};
use core::future::{Future, poll_fn};
use core::pin::pin;
use core::task::Poll;
use core::time::Duration;
use ockam_core::{Error, ErrorKind, PREFACE, Result};
use ockam_node::{Backoff, Handle};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout};

/// How a connection is made again.
pub(crate) struct Redial {
    target: String,
    connect_timeout: Duration,
    dead_path: DeadPath,
    attempts: Attempts,
    /// Since when there is no connection that has proven good.
    since: Option<Instant>,
}

impl Redial {
    pub(crate) fn new(
        target: String,
        connect_timeout: Option<Duration>,
        dead_path: DeadPath,
        reconnect: TcpReconnect,
    ) -> Self {
        let connect_timeout = connect_timeout.unwrap_or(DEFAULT_CONNECT_TIMEOUT);
        Redial {
            target,
            connect_timeout,
            dead_path,
            attempts: Attempts::new(reconnect),
            since: None,
        }
    }

    /// Takes note of a connection that was lost. See [`Attempts::lost`].
    pub(crate) fn lost(&mut self, greeted: bool, lived: Duration) {
        if self.attempts.lost(greeted, lived) {
            self.since = None;
        }
    }

    /// Tells the program that the connection is made again, before those who wait for an answer over
    /// it are told that it is lost.
    pub(crate) fn report(&self, link: &Link) {
        if let (Phase::Broken(why), true) = (link.phase(), self.attempts.has_attempts()) {
            link.entry().connecting(self.attempts.made().saturating_add(1), || why.to_string());
        }
    }

    /// Makes the connection again; `None` if the attempts are used up, or the connection is closed
    /// meanwhile.
    pub(crate) async fn connect(
        &mut self,
        ctx: &Handle,
        link: &Link,
        handshake: Duration,
    ) -> Option<TcpStream> {
        let mut closed = pin!(link.closed());
        let mut connecting = pin!(self.connect_in_the_end(ctx, link, handshake));
        poll_fn(|cx| match closed.as_mut().poll(cx) {
            Poll::Ready(()) => Poll::Ready(None),
            Poll::Pending => connecting.as_mut().poll(cx),
        })
        .await
    }

    async fn connect_in_the_end(
        &mut self,
        ctx: &Handle,
        link: &Link,
        handshake: Duration,
    ) -> Option<TcpStream> {
        let since = *self.since.get_or_insert_with(Instant::now);
        let mut why = match link.phase() {
            Phase::Up(_) => return None,
            Phase::Broken(why) | Phase::Ended(why) => why.to_string(),
        };
        loop {
            let Some(wait) = self.attempts.next(Backoff::random(ctx), since.elapsed()) else {
                let made = self.attempts.made();
                link.entry().down(|| format!("{made} attempts have failed: {why}"));
                return None;
            };
            link.entry().connecting(self.attempts.made(), || why);
            if !wait.is_zero() {
                sleep(wait).await;
            }
            match self.attempt(handshake).await {
                Ok(stream) => return Some(stream),
                Err(error) => {
                    let attempt = self.attempts.made();
                    tracing::debug!(connection = %link, attempt, %error, "cannot connect again");
                    why = error.to_string();
                }
            }
        }
    }

    /// Connects once, and waits for the peer's first byte: what waits to be sent is not given to a
    /// peer that only accepts, such as a proxy without a node behind it.
    async fn attempt(&self, handshake: Duration) -> Result<TcpStream> {
        let stream = dial::connect(&self.target, Some(self.connect_timeout)).await?;
        socket::prepare(&stream, self.dead_path)
            .map_err(|error| Error::with_kind(ErrorKind::Io, error))?;
        let mut first = [0; 1];
        // The byte stays where it is; the decoder judges it.
        let peeked = timeout(handshake, stream.peek(&mut first)).await;
        let text = match peeked {
            Ok(Ok(1)) if first == [PREFACE] => return Ok(stream),
            Ok(Ok(1)) => "is no node".into(),
            Ok(Ok(_)) => "closed the connection before it said anything".into(),
            Ok(Err(error)) => format!("failed: {}", socket::reason(&error)),
            Err(_) => format!("said nothing for {handshake:?}"),
        };
        Err(Error::with_kind(ErrorKind::Io, format!("{} {text}", self.target)))
    }
}
