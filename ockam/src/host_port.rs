//! The address of a socket as text: a name or an IP address, and a port.

use alloc::format;
use alloc::string::String;
use core::fmt;
use core::net::Ipv6Addr;
use core::str::FromStr;
use ockam_core::{Error, ErrorKind};

/// The host of a port that is given without one.
const LOCALHOST: &str = "127.0.0.1";

/// The longest name of a host that the system of names has, in bytes.
const MAX_HOST_LEN: usize = 255;

/// A host, by name or IP address, and a port.
///
/// ```
/// use ockam::transport::HostnamePort;
///
/// let socket: HostnamePort = "node.example:4000".parse()?;
/// assert_eq!((socket.hostname(), socket.port()), ("node.example", 4000));
/// // A port alone is one of this computer.
/// assert_eq!(HostnamePort::try_from(":5000")?.to_string(), "127.0.0.1:5000");
/// assert_eq!("5000".parse::<HostnamePort>()?, HostnamePort::new("127.0.0.1", 5000));
/// assert_eq!("[::1]:5000".parse::<HostnamePort>()?.to_string(), "[::1]:5000");
/// # Ok::<(), ockam::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HostnamePort {
    hostname: String,
    port: u16,
}

impl HostnamePort {
    /// Makes one of its parts. An IPv6 address stands without brackets.
    #[must_use]
    pub fn new(hostname: impl Into<String>, port: u16) -> Self {
        HostnamePort { hostname: hostname.into(), port }
    }

    /// Returns the name or the IP address.
    #[must_use]
    pub fn hostname(&self) -> &str {
        &self.hostname
    }

    /// Returns the port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }
}

impl FromStr for HostnamePort {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let (host, port) = text.rsplit_once(':').unwrap_or(("", text));
        let Some(port) = parse_port(port) else {
            return Err(wrong(text, "the port is no number from 0 to 65535"));
        };
        let in_brackets = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        let host = match in_brackets {
            Some(address) if address.parse::<Ipv6Addr>().is_ok() => address,
            Some(_) => return Err(wrong(text, "in the brackets is no IPv6 address")),
            None if host.contains(':') => {
                return Err(wrong(text, "an IPv6 address stands in brackets"));
            }
            None if host.is_empty() => LOCALHOST,
            None => host,
        };
        if host.len() > MAX_HOST_LEN || host.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return Err(wrong(text, "that is no name of a host"));
        }
        Ok(HostnamePort::new(host, port))
    }
}

fn parse_port(text: &str) -> Option<u16> {
    // A number may begin with a plus sign, a port may not.
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    if is_number { text.parse().ok() } else { None }
}

#[cold]
fn wrong(text: &str, what: &str) -> Error {
    Error::with_text(ErrorKind::InvalidInput, || {
        let shown: String = text.chars().take(MAX_HOST_LEN).collect();
        format!("{shown:?} is no socket address: {what}; write `host:4000`, or `:4000`")
    })
}

impl TryFrom<&str> for HostnamePort {
    type Error = Error;

    fn try_from(text: &str) -> Result<Self, Error> {
        text.parse()
    }
}

impl fmt::Display for HostnamePort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.hostname.contains(':') {
            true => write!(f, "[{}]:{}", self.hostname, self.port),
            false => write!(f, "{}:{}", self.hostname, self.port),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::HostnamePort;

    #[test]
    fn what_is_no_socket_is_refused_with_the_reason() {
        for (text, reason) in [
            ("", "the port is no number"),
            ("host", "the port is no number"),
            ("host:", "the port is no number"),
            ("host:+1", "the port is no number"),
            ("host:65536", "the port is no number"),
            ("::1:5000", "stands in brackets"),
            ("[host]:5000", "no IPv6 address"),
            ("my host:5000", "no name of a host"),
        ] {
            let error = text.parse::<HostnamePort>().map_err(|error| error.to_string());
            assert!(error.as_ref().is_err_and(|text| text.contains(reason)), "{text}: {error:?}");
        }
        assert!(format!("{}:1", "x".repeat(300)).parse::<HostnamePort>().is_err());
    }

    #[test]
    fn what_is_written_is_read_back() {
        for text in ["5000", ":0", "host:1", "[::1]:65535", "10.0.0.1:4000"] {
            let socket: HostnamePort = text.parse().unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(socket.to_string().parse::<HostnamePort>().ok(), Some(socket));
        }
    }
}
