//! The operating system's sockets: what is set on them, and how they are closed.
//!
//! It refuses to know messages and nodes.

use core::time::Duration;
use ockam_core::PREFACE;
use socket2::{SockRef, TcpKeepalive};
use std::io;
use std::net::Shutdown;
use tokio::net::TcpStream;
use tokio::time::timeout;

/// When the system probes a connection that this side made, and when it gives up: the values of
/// Ockam 0.150.
const KEEPALIVE_IDLE: Duration = Duration::from_secs(300);
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(75);
const KEEPALIVE_PROBES: u32 = 2;

/// Prepares a new connection, and says the first byte, which waits for nobody.
pub(crate) fn prepare(stream: &TcpStream, dialled: bool) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let socket = SockRef::from(stream);
    if dialled {
        let keepalive = TcpKeepalive::new()
            .with_time(KEEPALIVE_IDLE)
            .with_interval(KEEPALIVE_INTERVAL)
            .with_retries(KEEPALIVE_PROBES);
        socket.set_tcp_keepalive(&keepalive)?;
    }
    // A new socket has room for a byte, so this does not wait.
    socket.send(&[PREFACE]).map(drop)
}

/// Says what an error on a connection means.
pub(crate) fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::ConnectionReset => "the other side reset it".into(),
        io::ErrorKind::BrokenPipe => "the other side closed it".into(),
        _ => error.to_string(),
    }
}

/// Ends both directions now. Whoever waits for the socket is woken.
pub(crate) fn cut(stream: &TcpStream) {
    // It fails if the other side has ended it already, which is as good.
    let _ = SockRef::from(stream).shutdown(Shutdown::Both);
}

/// Says that nothing more will be written, and waits for the other side to say so too, at most for
/// `patience`. What still arrives is read and forgotten: a socket that is closed with unread bytes
/// takes back what it has written.
pub(crate) async fn close(stream: &TcpStream, patience: Duration) {
    if SockRef::from(stream).shutdown(Shutdown::Write).is_err() {
        return;
    }
    let rest = async {
        let mut unread = [0; 4096];
        loop {
            match stream.try_read(&mut unread) {
                Ok(0) => return,
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    if stream.readable().await.is_err() {
                        return;
                    }
                }
                Err(_) => return,
            }
        }
    };
    let _ = timeout(patience, rest).await;
}
