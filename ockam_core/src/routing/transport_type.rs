//! The number in front of an address that says who can deliver to it.
//!
//! It owns the numbers that the wire assigns. It refuses to know whether a transport of that
//! number is running: unknown numbers are carried unchanged.

use core::fmt;

/// Names a worker of the node that reads the message.
pub const LOCAL: TransportType = TransportType::new(0);
/// Names a TCP peer; the bytes of the address are `host:port`.
pub const TCP: TransportType = TransportType::new(1);

// Numbers of transports that this library does not have.
const UDP: TransportType = TransportType::new(2);
const WS: TransportType = TransportType::new(3);
const BLE: TransportType = TransportType::new(4);
const UDS: TransportType = TransportType::new(5);

/// The transports that have a number, by the words people write for them.
const NAMES: [(&str, TransportType); 9] = [
    ("local", LOCAL),
    ("tcp", TCP),
    ("udp", UDP),
    ("ws", WS),
    ("wss", WS),
    ("websocket", WS),
    ("ble", BLE),
    ("uds", UDS),
    ("unix", UDS),
];

/// Says which transport delivers to an address: [`LOCAL`], [`TCP`], or any other number from 0 to
/// 255.
///
/// ```
/// use ockam_core::{LOCAL, TCP, TransportType};
///
/// assert_eq!(TransportType::new(1), TCP);
/// assert_eq!(TCP.to_string(), "1");
/// assert!(LOCAL.is_local());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TransportType(u8);

impl TransportType {
    /// Makes the transport type of a number; every number is one.
    pub const fn new(value: u8) -> Self {
        Self(value)
    }

    /// Returns the number, as it stands on the wire.
    pub const fn value(self) -> u8 {
        self.0
    }

    /// Returns true for [`LOCAL`], the workers of this node.
    pub const fn is_local(self) -> bool {
        self.0 == LOCAL.0
    }

    /// Finds the transport that a word such as `tcp` means, in any case, for error messages.
    pub(super) fn from_word(word: &str) -> Option<Self> {
        let named = NAMES.iter().find(|(name, _)| word.eq_ignore_ascii_case(name));
        named.map(|(_, transport)| *transport)
    }
}

impl From<u8> for TransportType {
    fn from(value: u8) -> Self {
        Self::new(value)
    }
}

impl From<TransportType> for u8 {
    fn from(transport: TransportType) -> Self {
        transport.value()
    }
}

impl fmt::Display for TransportType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_the_wire() {
        let numbers = [LOCAL, TCP, UDP, WS, BLE, UDS].map(TransportType::value);
        assert_eq!(numbers, [0, 1, 2, 3, 4, 5]);
    }

    #[test]
    fn words_are_found_in_any_case() {
        assert_eq!(TransportType::from_word("TCP"), Some(TCP));
        assert_eq!(TransportType::from_word("WebSocket"), Some(WS));
        assert_eq!(TransportType::from_word("echoer"), None);
    }
}
