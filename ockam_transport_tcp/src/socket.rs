//! The operating system's sockets: what is set on them, and how they are closed.
//!
//! It refuses to know messages and nodes.

use core::time::Duration;
use ockam_core::PREFACE;
use socket2::{SockRef, TcpKeepalive};
use std::io;
use std::net::Shutdown;
use tokio::net::TcpStream;

/// How many probes stay without an answer before the system gives an idle connection up, where the
/// user timeout does not say so earlier.
const KEEPALIVE_PROBES: u32 = 3;

/// The longest wait before the first probe that Linux takes.
const LONGEST_KEEPALIVE: Duration = Duration::from_secs(32_767);

/// How a connection notices that the path to the other side is dead: nothing comes back over it, not
/// even an error.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DeadPath {
    /// How long a connection is idle before it is probed. `Duration::MAX` is never.
    pub(crate) keepalive: Duration,
    /// How long what was written may stay unacknowledged. `Duration::MAX` is as long as the system
    /// pleases.
    pub(crate) user_timeout: Duration,
}

impl DeadPath {
    fn keepalive(self) -> Option<TcpKeepalive> {
        let time = Some(self.keepalive).filter(|time| *time != Duration::MAX)?;
        let interval = (time / KEEPALIVE_PROBES).min(LONGEST_KEEPALIVE);
        Some(
            TcpKeepalive::new()
                .with_time(whole_seconds(time.min(LONGEST_KEEPALIVE)))
                .with_interval(whole_seconds(interval))
                .with_retries(KEEPALIVE_PROBES),
        )
    }

    /// Sets the user timeout. Other systems than these have only keepalive and the write timeout.
    #[cfg(any(target_os = "android", target_os = "linux"))]
    fn set_user_timeout(self, socket: &SockRef<'_>) -> io::Result<()> {
        let limited = Some(self.user_timeout).filter(|timeout| *timeout != Duration::MAX);
        // A part of a millisecond would be none, and none is for ever.
        let millis = limited.map(|timeout| {
            u64::try_from(timeout.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX)
        });
        let timeout = millis.map(|millis| Duration::from_millis(millis.clamp(1, i32::MAX as u64)));
        socket.set_tcp_user_timeout(timeout)
    }

    #[cfg(not(any(target_os = "android", target_os = "linux")))]
    fn set_user_timeout(self, _: &SockRef<'_>) -> io::Result<()> {
        Ok(())
    }
}

/// Rounds up to seconds, of which systems want one at least.
fn whole_seconds(time: Duration) -> Duration {
    Duration::from_secs(time.as_secs() + u64::from(time.subsec_nanos() > 0))
        .max(Duration::from_secs(1))
}

/// Prepares a new connection, dialled or accepted, and says the first byte, which waits for nobody.
pub(crate) fn prepare(stream: &TcpStream, dead_path: DeadPath) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let socket = SockRef::from(stream);
    match dead_path.keepalive() {
        Some(keepalive) => socket.set_tcp_keepalive(&keepalive)?,
        None => socket.set_keepalive(false)?,
    }
    dead_path.set_user_timeout(&socket)?;
    // A new socket has room for a byte, so this does not wait.
    socket.send(&[PREFACE]).map(drop)
}

/// Says what an error on a connection means.
pub(crate) fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::ConnectionReset => "the other side reset it".into(),
        io::ErrorKind::BrokenPipe => "the other side closed it".into(),
        io::ErrorKind::TimedOut => {
            "the other side acknowledged nothing in time: the path to it is dead".into()
        }
        _ => error.to_string(),
    }
}

/// Ends both directions now. Whoever waits for the socket is woken.
pub(crate) fn cut(stream: &TcpStream) {
    // It fails if the other side has ended it already, which is as good.
    let _ = SockRef::from(stream).shutdown(Shutdown::Both);
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::net::TcpListener;

    /// Prepares both ends of a connection; returns when each is probed, how often and for how many
    /// times, and its user timeout.
    async fn prepared(dead_path: DeadPath) -> Vec<(Duration, Duration, u32, Option<Duration>)> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let dialled = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let accepted = listener.accept().await.unwrap().0;
        let options = |stream: &TcpStream| {
            prepare(stream, dead_path).unwrap();
            let socket = SockRef::from(stream);
            assert_eq!(socket.keepalive().unwrap(), dead_path.keepalive != Duration::MAX);
            (
                socket.tcp_keepalive_time().unwrap(),
                socket.tcp_keepalive_interval().unwrap(),
                socket.tcp_keepalive_retries().unwrap(),
                socket.tcp_user_timeout().unwrap(),
            )
        };
        [dialled, accepted].iter().map(options).collect()
    }

    #[tokio::test]
    #[cfg(target_os = "linux")]
    async fn durations_are_rounded_up_to_what_the_system_takes() {
        let s = Duration::from_secs;
        for (keepalive, user_timeout, expected) in [
            (s(30), s(30), (s(30), s(10), 3, Some(s(30)))),
            (s(20), s(5), (s(20), s(7), 3, Some(s(5)))),
            (
                Duration::ZERO,
                Duration::from_nanos(1),
                (s(1), s(1), 3, Some(Duration::from_millis(1))),
            ),
            (
                s(u64::MAX),
                s(u64::MAX),
                (s(32_767), s(32_767), 3, Some(Duration::from_millis(i32::MAX as u64))),
            ),
        ] {
            let both = prepared(DeadPath { keepalive, user_timeout }).await;
            assert_eq!(both, [expected; 2]);
        }
        let never =
            prepared(DeadPath { keepalive: Duration::MAX, user_timeout: Duration::MAX }).await;
        assert!(never.iter().all(|options| options.3.is_none()));
    }
}
