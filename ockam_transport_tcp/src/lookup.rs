//! What a program may write as an address: `host:port`, and the scope of a link-local one.

use ockam_core::{Error, ErrorKind, Result};
use std::net::SocketAddr;
use tokio::net::lookup_host;

/// Finds the addresses of `host:port`. `doing` says what they are for, such as "connect to".
pub(crate) async fn lookup(target: &str, doing: &str) -> Result<Vec<SocketAddr>> {
    let Some((host, port)) = split(target) else {
        let text = format!(
            "cannot {doing} `{target}`: write host:port, such as localhost:4000, 127.0.0.1:4000 \
             or [::1]:4000"
        );
        return Err(Error::with_kind(ErrorKind::InvalidInput, text));
    };
    let found = lookup_host((host, port)).await.map_err(|error| {
        let why = match host.split_once('%') {
            Some((_, scope)) => format!("no interface `{scope}`, or no address ({error})"),
            None => format!("the host name is not known ({error})"),
        };
        Error::with_kind(ErrorKind::Io, format!("cannot {doing} {target}: {why}"))
    })?;
    let (without_scope, usable): (Vec<_>, Vec<_>) = found.partition(lacks_scope);
    if let ([], [address, ..]) = (&usable[..], &without_scope[..]) {
        let text = format!(
            "cannot {doing} {target}: {} is a link-local address: add its interface by name or \
             number, such as [{}%eth0]:{port}",
            address.ip(),
            address.ip()
        );
        return Err(Error::with_kind(ErrorKind::InvalidInput, text));
    }
    Ok(usable)
}

/// Splits `host:port`. The brackets of an IPv6 address are taken off: the system's resolver knows
/// names of interfaces behind `%`, and no brackets.
fn split(target: &str) -> Option<(&str, u16)> {
    let (host, port) = target.rsplit_once(':')?;
    let host = match host.strip_prefix('[') {
        Some(rest) => rest.strip_suffix(']').filter(|address| address.contains(':'))?,
        None => host,
    };
    let port = port.parse().ok()?;
    (!host.is_empty()).then_some((host, port))
}

/// Tells whether an address means another host on each link, and does not say which link.
fn lacks_scope(address: &SocketAddr) -> bool {
    match address {
        SocketAddr::V4(_) => false,
        SocketAddr::V6(address) => address.ip().is_unicast_link_local() && address.scope_id() == 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_and_ports_are_split() {
        for (target, expected) in [
            ("localhost:4000", Some(("localhost", 4000))),
            ("127.0.0.1:0", Some(("127.0.0.1", 0))),
            ("[::1]:4000", Some(("::1", 4000))),
            ("::1:4000", Some(("::1", 4000))),
            ("[fe80::1%eth0]:4000", Some(("fe80::1%eth0", 4000))),
            ("fe80::1%eth0:4000", Some(("fe80::1%eth0", 4000))),
            ("[::1:4000", None),
            ("[localhost]:4000", None),
            ("[]:4000", None),
            (":4000", None),
            ("localhost:70000", None),
            ("localhost", None),
        ] {
            assert_eq!(split(target), expected, "{target}");
        }
    }

    #[tokio::test]
    async fn a_scope_is_understood_by_number() {
        for target in ["[fe80::1%7]:4000", "fe80::1%7:4000"] {
            let found = lookup(target, "connect to").await.unwrap();
            assert_eq!(found, ["[fe80::1%7]:4000".parse::<SocketAddr>().unwrap()]);
        }
    }
}
