//! How much of what was written to a socket the other side's system has not acknowledged.
//!
//! It owns the question to the system. It refuses to know what follows from the answer.
//!
//! Linux tells it about any socket over a netlink socket (`sock_diag`), for a few microseconds.
//! Elsewhere, and where that is forbidden, it is not known.

use socket2::SockRef;
use std::net::SocketAddr;
use tokio::net::TcpStream;

/// What the system says about a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unacknowledged {
    /// So many bytes are in its buffer, or on their way. An end that was said counts as one.
    Bytes(u32),
    /// The system has forgotten the socket: both sides have ended, or it was reset.
    Gone,
    /// The system does not say.
    Unknown,
}

/// A socket as the system knows it, also after it has failed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ends(Option<(SocketAddr, SocketAddr)>);

impl Ends {
    pub(crate) fn of(stream: &TcpStream) -> Self {
        let socket = SockRef::from(stream);
        let address = |known: std::io::Result<socket2::SockAddr>| known.ok()?.as_socket();
        Ends(address(socket.local_addr()).zip(address(socket.peer_addr())))
    }

    /// Asks the system.
    pub(crate) fn unacknowledged(self) -> Unacknowledged {
        let answer = self.0.and_then(|(local, peer)| system::ask(local, peer));
        answer.unwrap_or(Unacknowledged::Unknown)
    }
}

#[cfg(not(any(target_os = "android", target_os = "linux")))]
mod system {
    use super::{SocketAddr, Unacknowledged};

    pub(super) fn ask(_: SocketAddr, _: SocketAddr) -> Option<Unacknowledged> {
        None
    }
}

/// The numbers are those of `linux/netlink.h`, `linux/sock_diag.h` and `linux/inet_diag.h`.
#[cfg(any(target_os = "android", target_os = "linux"))]
mod system {
    use super::{SocketAddr, Unacknowledged};
    use socket2::{Domain, Protocol, Socket, Type};
    use std::io::Read;
    use std::net::IpAddr;

    const AF_NETLINK: i32 = 16;
    const NETLINK_SOCK_DIAG: i32 = 4;
    const SOCK_DIAG_BY_FAMILY: u16 = 20;
    const NLMSG_ERROR: u16 = 2;
    const NLM_F_REQUEST: u16 = 1;
    const ENOENT: i32 = 2;
    const IPPROTO_TCP: u8 = 6;
    const AF_INET: u8 = 2;
    const AF_INET6: u8 = 10;
    /// The head of a netlink message.
    const HEAD_LEN: usize = 16;
    /// The request after the head.
    const REQUEST_LEN: usize = 56;
    /// Where the answer says how many bytes are not acknowledged.
    const WRITE_QUEUE_AT: usize = HEAD_LEN + 60;

    pub(super) fn ask(local: SocketAddr, peer: SocketAddr) -> Option<Unacknowledged> {
        let kind = (Domain::from(AF_NETLINK), Type::DGRAM, Protocol::from(NETLINK_SOCK_DIAG));
        let mut socket = Socket::new(kind.0, kind.1, Some(kind.2)).ok()?;
        // The system has answered by the time the request is sent.
        socket.set_nonblocking(true).ok()?;
        socket.send(&request(local, peer)).ok()?;
        let mut answer = [0; 512];
        let len = socket.read(&mut answer).ok()?;
        read(answer.get(..len)?)
    }

    fn request(local: SocketAddr, peer: SocketAddr) -> Vec<u8> {
        let family = if local.is_ipv4() { AF_INET } else { AF_INET6 };
        let mut request = Vec::with_capacity(HEAD_LEN + REQUEST_LEN);
        request.extend(((HEAD_LEN + REQUEST_LEN) as u32).to_ne_bytes());
        request.extend(SOCK_DIAG_BY_FAMILY.to_ne_bytes());
        request.extend(NLM_F_REQUEST.to_ne_bytes());
        // A sequence number and a port, which are not used.
        request.extend([0; 8]);
        // In any state, without extensions.
        request.extend([family, IPPROTO_TCP, 0, 0]);
        request.extend(u32::MAX.to_ne_bytes());
        request.extend(local.port().to_be_bytes());
        request.extend(peer.port().to_be_bytes());
        request.extend(address(local.ip()));
        request.extend(address(peer.ip()));
        let interface = if let SocketAddr::V6(local) = local { local.scope_id() } else { 0 };
        request.extend(interface.to_ne_bytes());
        // No cookie.
        request.extend([u8::MAX; 8]);
        request
    }

    fn address(ip: IpAddr) -> [u8; 16] {
        let mut bytes = [0; 16];
        match ip {
            IpAddr::V4(ip) => bytes[..4].copy_from_slice(&ip.octets()),
            IpAddr::V6(ip) => bytes = ip.octets(),
        }
        bytes
    }

    fn read(answer: &[u8]) -> Option<Unacknowledged> {
        let number = |at| Some(u32::from_ne_bytes(*answer.get(at..)?.first_chunk()?));
        let kind = u16::from_ne_bytes(*answer.get(4..)?.first_chunk()?);
        match kind {
            SOCK_DIAG_BY_FAMILY => Some(Unacknowledged::Bytes(number(WRITE_QUEUE_AT)?)),
            NLMSG_ERROR if number(HEAD_LEN)?.cast_signed() == -ENOENT => Some(Unacknowledged::Gone),
            _ => None,
        }
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use std::io::{self, Read};
    use std::time::Duration;

    #[tokio::test]
    async fn the_system_says_how_much_is_not_acknowledged() {
        for address in ["127.0.0.1:0", "[::1]:0"] {
            let listener = std::net::TcpListener::bind(address).unwrap();
            let stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
            let mut peer = listener.accept().unwrap().0;
            let ends = Ends::of(&stream);
            assert_eq!(ends.unacknowledged(), Unacknowledged::Bytes(0));
            let mut written = 0;
            loop {
                stream.writable().await.unwrap();
                match stream.try_write(&[7; 64 * 1024]) {
                    Ok(len) => written += len,
                    Err(error) => break assert_eq!(error.kind(), io::ErrorKind::WouldBlock),
                }
            }
            let Unacknowledged::Bytes(left) = ends.unacknowledged() else {
                panic!("{:?}", ends.unacknowledged());
            };
            assert!(left > 0 && (left as usize) < written, "{left} of {written}");
            SockRef::from(&stream).shutdown(std::net::Shutdown::Write).unwrap();
            let mut heard = Vec::new();
            peer.read_to_end(&mut heard).unwrap();
            assert_eq!(heard.len(), written);
            let limit = std::time::Instant::now();
            while ends.unacknowledged() != Unacknowledged::Bytes(0) {
                assert!(limit.elapsed() < Duration::from_secs(10), "{:?}", ends.unacknowledged());
            }
            // Both sides end without having read everything.
            SockRef::from(&stream).set_linger(Some(Duration::ZERO)).unwrap();
            drop(stream);
            assert_eq!(ends.unacknowledged(), Unacknowledged::Gone);
        }
    }
}
