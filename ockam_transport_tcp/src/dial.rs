//! From a name to a connected or listening socket.
//!
//! It owns what a program may write as an address, and the words for what the operating system
//! says. It refuses to know what happens on the socket then.

use crate::race::race;
use core::time::Duration;
use ockam_core::{Error, ErrorKind, Result};
use std::io;
use std::net::SocketAddr;
use tokio::net::{TcpListener, TcpStream, lookup_host};
use tokio::time::timeout;

/// Connects to the first of all addresses of `host:port` that answers, see [`race`].
pub(crate) async fn connect(target: &str, limit: Option<Duration>) -> Result<TcpStream> {
    let Some(limit) = limit else {
        return connect_to_any(target).await;
    };
    timeout(limit, connect_to_any(target)).await.unwrap_or_else(|_| {
        let text = format!("cannot connect to {target}: no answer for {limit:?}");
        Err(Error::new(ErrorKind::TimedOut, text))
    })
}

async fn connect_to_any(target: &str) -> Result<TcpStream> {
    let addresses = lookup(target, "connect to").await?;
    let failures = match race(addresses, TcpStream::connect::<SocketAddr>).await {
        Ok(stream) => return Ok(stream),
        Err(failures) => failures,
    };
    let tried = failures.iter().map(|(address, error)| match address.to_string() == target {
        true => reason(error),
        false => format!("{address}: {}", reason(error)),
    });
    let tried = tried.collect::<Vec<_>>().join("; ");
    Err(Error::new(ErrorKind::Io, format!("cannot connect to {target}: {tried}")))
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
    Err(Error::new(ErrorKind::Io, format!("cannot listen on {target}: {why}")))
}

async fn lookup(target: &str, doing: &str) -> Result<Vec<SocketAddr>> {
    let has_port = target.rsplit_once(':').is_some_and(|(host, port)| {
        !host.is_empty() && !port.is_empty() && port.parse::<u16>().is_ok()
    });
    if !has_port {
        let text = format!(
            "cannot {doing} `{target}`: write host:port, such as localhost:4000, 127.0.0.1:4000 \
             or [::1]:4000"
        );
        return Err(Error::new(ErrorKind::InvalidInput, text));
    }
    match lookup_host(target).await {
        Ok(addresses) => Ok(addresses.collect()),
        Err(error) => {
            let text = format!("cannot {doing} {target}: the host name is not known ({error})");
            Err(Error::new(ErrorKind::Io, text))
        }
    }
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
