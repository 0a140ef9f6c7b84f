//! Addresses and routes as serde values, for messages that carry them.
//!
//! It owns the shape: an address is the pair of its transport type and its bytes, a route is the
//! sequence of its addresses. The limits are checked while decoding, before more than they allow
//! is stored. It refuses to know the frames of the transports, which have an encoding of their
//! own.

use alloc::vec::Vec;
use core::fmt;

use serde::de::{self, Deserialize, DeserializeSeed, Deserializer, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeTuple, Serializer};

use super::address::{Address, MAX_ADDRESS_LEN};
use super::address_error::AddressError;
use super::route::{MAX_ROUTE_LEN, Route};
use super::route_error::RouteError;
use super::transport_type::TransportType;

impl Serialize for Address {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut pair = serializer.serialize_tuple(2)?;
        pair.serialize_element(&self.transport_type().value())?;
        pair.serialize_element(&Bytes(self.as_bytes()))?;
        pair.end()
    }
}

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_tuple(2, AddressVisitor)
    }
}

impl Serialize for Route {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self)
    }
}

impl<'de> Deserialize<'de> for Route {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(RouteVisitor)
    }
}

/// Serializes as bytes, where a slice would be a sequence of numbers.
struct Bytes<'a>(&'a [u8]);

impl Serialize for Bytes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(self.0)
    }
}

struct AddressVisitor;

impl<'de> Visitor<'de> for AddressVisitor {
    type Value = Address;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an address: a transport type and bytes")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut pair: A) -> Result<Address, A::Error> {
        let transport: u8 =
            pair.next_element()?.ok_or_else(|| de::Error::invalid_length(0, &self))?;
        let seed = NameSeed(TransportType::new(transport));
        pair.next_element_seed(seed)?.ok_or_else(|| de::Error::invalid_length(1, &self))
    }
}

/// Reads the bytes of an address whose transport type is known, straight into it.
struct NameSeed(TransportType);

impl<'de> DeserializeSeed<'de> for NameSeed {
    type Value = Address;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Address, D::Error> {
        deserializer.deserialize_bytes(self)
    }
}

impl<'de> Visitor<'de> for NameSeed {
    type Value = Address;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at most {MAX_ADDRESS_LEN} bytes of an address")
    }

    fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Address, E> {
        if bytes.len() > MAX_ADDRESS_LEN {
            return Err(E::custom(AddressError::too_long(bytes)));
        }
        Ok(Address::new(self.0, bytes))
    }

    /// Serves formats without bytes, which have a sequence of numbers in their place.
    fn visit_seq<A: SeqAccess<'de>>(self, mut numbers: A) -> Result<Address, A::Error> {
        let mut bytes = Vec::new();
        while let Some(byte) = numbers.next_element()? {
            bytes.push(byte);
            if bytes.len() > MAX_ADDRESS_LEN {
                return Err(de::Error::invalid_length(bytes.len(), &self));
            }
        }
        Ok(Address::from_vec(self.0, bytes))
    }
}

struct RouteVisitor;

impl<'de> Visitor<'de> for RouteVisitor {
    type Value = Route;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a route: at most {MAX_ROUTE_LEN} addresses")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut hops: A) -> Result<Route, A::Error> {
        let mut route = Route::new();
        let mut len = 0;
        while let Some(address) = hops.next_element::<Address>()? {
            len += 1;
            RouteError::check_len(len).map_err(de::Error::custom)?;
            route.hops.push(address);
        }
        route.hops.as_mut_slice().reverse();
        Ok(route)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::route;

    #[test]
    fn an_address_is_its_type_and_its_bytes() {
        let bytes = postcard::to_allocvec(&Address::from("1#ab"));
        assert_eq!(bytes.as_deref(), Ok(&[1, 2, b'a', b'b'][..]));
    }

    #[test]
    fn a_route_is_a_sequence_of_addresses() {
        let bytes = postcard::to_allocvec(&route!["a", "1#b"]);
        assert_eq!(bytes.as_deref(), Ok(&[2, 0, 1, b'a', 1, 1, b'b'][..]));
    }
}
