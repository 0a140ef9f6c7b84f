//! From a name to a connected or listening socket.
//!
//! It owns the words for what the operating system says. It refuses to know what happens on the socket then.

use crate::lookup::lookup;
use crate::race::race;
use core::time::Duration;
use ockam_core::{Error, ErrorKind, Result};
use socket2::SockRef;
use std::io;
use std::net::SocketAddr;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

/// Connects to the first of all addresses of `host:port` that answers, see [`race`].
pub(crate) async fn connect(target: &str, limit: Option<Duration>) -> Result<TcpStream> {
    let Some(limit) = limit else {
        return connect_to_any(target).await;
    };
    timeout(limit, connect_to_any(target)).await.unwrap_or_else(|_| {
        let text = format!("cannot connect to {target}: no answer for {limit:?}");
        Err(Error::with_kind(ErrorKind::TimedOut, text))
    })
}

async fn connect_to_any(target: &str) -> Result<TcpStream> {
    let addresses = lookup(target, "connect to").await?;
    let failures = match race(addresses, connect_to_other).await {
        Ok(stream) => return Ok(stream),
        Err(failures) => failures,
    };
    let tried = failures.iter().map(|(address, error)| match address.to_string() == target {
        true => reason(error),
        false => format!("{address}: {}", reason(error)),
    });
    let tried = tried.collect::<Vec<_>>().join("; ");
    Err(Error::with_kind(ErrorKind::Io, format!("cannot connect to {target}: {tried}")))
}

async fn connect_to_other(address: SocketAddr) -> io::Result<TcpStream> {
    refuse_itself(TcpStream::connect(address).await?)
}

/// Refuses a socket that is its own peer.
///
/// When nothing listens on a port of this machine that the system gives to outgoing connections, it
/// may give that very port to the one that asks for it, and TCP connects the socket to itself. Kept,
/// it would keep the port from the program that is to listen there. It is reset, because one that is
/// closed in good order keeps its port for a minute.
fn refuse_itself(stream: TcpStream) -> io::Result<TcpStream> {
    // A peer that is gone already has no address any more, and is another one.
    if stream.peer_addr().ok() != Some(stream.local_addr()?) {
        return Ok(stream);
    }
    SockRef::from(&stream).set_linger(Some(Duration::ZERO))?;
    Err(io::ErrorKind::ConnectionRefused.into())
}

/// Listens on the first address of `host:port`.
pub(crate) async fn listen(target: &str) -> Result<TcpListener> {
    let mut failure = None;
    for address in lookup(target, "listen on").await? {
        match TcpListener::bind(address).await {
            Ok(listener) => return Ok(listener),
            Err(error) => failure = Some(error),
        }
    }
    let why = failure.map_or_else(|| "the name has no address".into(), |error| reason(&error));
    Err(Error::with_kind(ErrorKind::Io, format!("cannot listen on {target}: {why}")))
}

/// Says what an error of the operating system means, and what to do about it.
fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => {
            "nobody listens there: start the other node first, or correct the address".into()
        }
        io::ErrorKind::AddrInUse => {
            "the port is in use: stop the program that has it, or listen on another one (port 0 \
             takes one that is free)"
                .into()
        }
        io::ErrorKind::AddrNotAvailable => "this machine does not have the address".into(),
        io::ErrorKind::PermissionDenied => {
            "the operating system does not permit it; ports below 1024 often need privileges".into()
        }
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use socket2::{Domain, Socket, Type};
    use std::net::TcpStream as StdStream;

    #[tokio::test]
    async fn a_socket_that_is_its_own_peer_is_refused_and_its_port_is_free_at_once() {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        socket.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
        let address = socket.local_addr().unwrap();
        socket.connect(&address).unwrap();
        let stream = StdStream::from(socket);
        stream.set_nonblocking(true).unwrap();
        let error = refuse_itself(TcpStream::from_std(stream).unwrap()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
        // Without SO_REUSEADDR, so that a port in TIME_WAIT would be in use.
        let listener = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        listener.bind(&address).unwrap();
        listener.listen(1).unwrap();
        let other = TcpStream::connect(address.as_socket().unwrap()).await.unwrap();
        refuse_itself(other).unwrap();
    }
}
