//! What converts into an address.
//!
//! It owns the conversions, which never fail and do not read escapes. It refuses to judge a text;
//! `str::parse` does.

use alloc::string::String;
use alloc::vec::Vec;

use super::address::Address;
use super::address_text::read_prefix;
use super::transport_type::{LOCAL, TransportType};

impl From<&str> for Address {
    #[inline]
    fn from(text: &str) -> Self {
        // A type is written in digits. Most names begin with something else, and this is on the way
        // of every message.
        if !text.as_bytes().first().is_some_and(u8::is_ascii_digit) {
            return Self::new(LOCAL, text);
        }
        match read_prefix(text.as_bytes()) {
            Some((transport, name)) => Self::new(transport, name),
            None => Self::new(LOCAL, text),
        }
    }
}

impl From<String> for Address {
    #[inline]
    fn from(text: String) -> Self {
        match read_prefix(text.as_bytes()) {
            Some((transport, name)) => Self::new(transport, name),
            None => Self::from_vec(LOCAL, text.into_bytes()),
        }
    }
}

impl From<&String> for Address {
    #[inline]
    fn from(text: &String) -> Self {
        Self::from(text.as_str())
    }
}

impl<B: AsRef<[u8]>> From<(TransportType, B)> for Address {
    #[inline]
    fn from((transport, bytes): (TransportType, B)) -> Self {
        Self::new(transport, bytes)
    }
}

impl From<Vec<u8>> for Address {
    #[inline]
    fn from(name: Vec<u8>) -> Self {
        Self::from_vec(LOCAL, name)
    }
}

impl From<&[u8]> for Address {
    #[inline]
    fn from(name: &[u8]) -> Self {
        Self::new(LOCAL, name)
    }
}

impl<const N: usize> From<&[u8; N]> for Address {
    #[inline]
    fn from(name: &[u8; N]) -> Self {
        Self::new(LOCAL, name)
    }
}

impl From<&Address> for Address {
    #[inline]
    fn from(address: &Address) -> Self {
        address.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::routing::transport_type::TCP;

    #[test]
    fn text_converts_without_failing() {
        assert_eq!(Address::from("1#a#b"), Address::new(TCP, "a#b"));
        assert_eq!(Address::from("001#a"), Address::new(TCP, "a"));
        for name in ["", "#x", "+1#x", "-1#x", "256#x", "1 #x", "abc#x", "99999999999999999999#x"] {
            assert_eq!(Address::from(name), Address::new(LOCAL, name));
        }
    }

    #[test]
    fn texts_and_bytes_of_a_name_are_the_same_address() {
        let name = "a".repeat(60);
        let expected = Address::from(name.as_str());
        assert_eq!(Address::from(&name), expected);
        assert_eq!(Address::from(name.clone().into_bytes()), expected);
        assert_eq!(Address::from(name.as_bytes()), expected);
        assert_eq!(Address::from((LOCAL, name)), expected);
    }
}
