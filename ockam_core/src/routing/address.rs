//! One stop of a message: a transport type and bytes.
//!
//! It owns the value, its storage and its limit. It refuses to know its text form, what converts
//! into it, and what the bytes mean to a transport.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::cmp::Ordering;
use core::hash::{Hash, Hasher};

use super::address_error::AddressError;
use super::transport_type::{LOCAL, TransportType};

/// The most bytes that an address may have after its transport type.
///
/// The wire asks for at least 250; 255 is the most that a single byte of length can say.
/// Conversions do not check it, because they never fail; [`Address::validate`], parsing and
/// decoding do.
pub const MAX_ADDRESS_LEN: usize = 255;

/// The most bytes that an address holds without the heap.
///
/// Random names have 32 bytes and a local connection's name fits as well. With the transport type,
/// the length and the tag of the enum, 37 makes an address 40 bytes, which is five words.
const INLINE_LEN: usize = 37;

const _: () = assert!(size_of::<Address>() == 40);

/// Names one stop of a message: a worker of this node, or something that a transport reaches.
///
/// It is a [`TransportType`] and bytes that are usually UTF-8. Up to 37 bytes are stored inline,
/// so that most clones copy five words and allocate nothing. Two addresses are equal if their
/// types and their bytes are; there is no case folding and no normalisation.
///
/// Texts convert without ever failing: what stands before the first `#` is the transport type if
/// it is a number from 0 to 255, and otherwise the whole text is the name of a local worker. Use
/// [`str::parse`] to have mistakes reported. Byte slices and vectors are the names of local
/// workers, as they are.
///
/// ```
/// use ockam_core::{Address, TCP};
///
/// assert_eq!(Address::from("echoer"), Address::from("0#echoer"));
/// assert_eq!(Address::from("1#127.0.0.1:4000"), Address::from((TCP, "127.0.0.1:4000")));
/// assert_eq!(Address::from("echoer").to_string(), "0#echoer");
/// assert_eq!(Address::from("abc#x").address(), "abc#x");
/// assert!("abc#x".parse::<Address>().is_err());
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Address(Repr);

/// The storage of an address.
///
/// There is one representation for each address, so that the derived equality is the equality of
/// type and bytes: `Inline` if and only if the bytes fit, with zeros after them. Only
/// [`Address::new`] and [`Address::from_vec`] make one. A fixed array and not a vector, because it
/// is cloned and compared without a loop.
#[derive(Clone)]
enum Repr {
    Inline { transport: TransportType, len: u8, bytes: [u8; INLINE_LEN] },
    Heap { transport: TransportType, bytes: Box<[u8]> },
}

/// An address is compared for every message, so the inline bytes are compared as words.
impl PartialEq for Repr {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (
                Self::Inline { transport, len, bytes },
                Self::Inline { transport: transport2, len: len2, bytes: bytes2 },
            ) => transport == transport2 && len == len2 && same(bytes, bytes2),
            (
                Self::Heap { transport, bytes },
                Self::Heap { transport: transport2, bytes: bytes2 },
            ) => transport == transport2 && bytes == bytes2,
            _ => false,
        }
    }
}

impl Eq for Repr {}

/// Compares five words; the last one overlaps the one before.
#[inline]
fn same(a: &[u8; INLINE_LEN], b: &[u8; INLINE_LEN]) -> bool {
    let word = |bytes: &[u8; INLINE_LEN], at: usize| {
        bytes[at..].first_chunk().map_or(0, |word| u64::from_ne_bytes(*word))
    };
    let differ = |differ, at| differ | (word(a, at) ^ word(b, at));
    [0, 8, 16, 24, INLINE_LEN - 8].into_iter().fold(0, differ) == 0
}

/// Copies bytes that fit, with zeros after them. Names are made for every message that is sent to
/// one, so the bytes are copied in pieces of fixed length: those at the end may overlap.
#[inline]
fn inline(source: &[u8]) -> Option<[u8; INLINE_LEN]> {
    let len = source.len();
    let mut bytes = [0; INLINE_LEN];
    match (source.first_chunk::<8>(), source.last_chunk::<8>()) {
        (Some(first), Some(last)) if len <= 16 => {
            bytes[..8].copy_from_slice(first);
            bytes[len - 8..len].copy_from_slice(last);
        }
        (Some(_), _) => bytes.get_mut(..len)?.copy_from_slice(source),
        (None, _) => match (source.first_chunk::<4>(), source.last_chunk::<4>()) {
            (Some(first), Some(last)) => {
                bytes[..4].copy_from_slice(first);
                bytes[len - 4..len].copy_from_slice(last);
            }
            _ => bytes.iter_mut().zip(source).for_each(|(byte, source)| *byte = *source),
        },
    }
    Some(bytes)
}

/// Returns the lower-case hex digit of a number below 16. Calculated, since a table of all bytes is
/// no faster and takes 512 bytes of flash.
const fn hex_digit(nibble: u8) -> u8 {
    nibble + if nibble < 10 { b'0' } else { b'a' - 10 }
}

impl Address {
    /// Makes an address from a transport type and bytes, which are taken as they are.
    ///
    /// ```
    /// use ockam_core::{Address, TCP};
    ///
    /// assert_eq!(Address::new(TCP, "localhost:4000").to_string(), "1#localhost:4000");
    /// ```
    #[inline]
    pub fn new(transport: TransportType, bytes: impl AsRef<[u8]>) -> Self {
        let source = bytes.as_ref();
        match inline(source) {
            // A slice of at most 37 bytes has a length that fits.
            Some(bytes) => Self(Repr::Inline { transport, len: source.len() as u8, bytes }),
            None => Self(Repr::Heap { transport, bytes: source.into() }),
        }
    }

    /// Makes an address from text; the same as `Address::from`.
    pub fn from_string(text: impl Into<String>) -> Self {
        Self::from(text.into())
    }

    /// Makes an address whose name is 128 random bits, written as 32 lower-case hex characters.
    ///
    /// The caller brings the random bits, because this crate has no source of them.
    ///
    /// ```
    /// use ockam_core::{Address, LOCAL};
    ///
    /// let address = Address::from_random(LOCAL, [0xa5; 16]);
    /// assert_eq!(address.to_string(), "0#a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5");
    /// ```
    pub fn from_random(transport: TransportType, random: [u8; 16]) -> Self {
        let mut bytes = [0; INLINE_LEN];
        let (pairs, _) = bytes.as_chunks_mut::<2>();
        for (pair, byte) in pairs.iter_mut().zip(random) {
            *pair = [hex_digit(byte >> 4), hex_digit(byte & 0xf)];
        }
        Self(Repr::Inline { transport, len: 2 * 16, bytes })
    }

    /// Replaces the first byte of a name that is inline; others stay as they are.
    pub(super) fn with_first(mut self, first: u8) -> Self {
        if let Repr::Inline { len: 1.., bytes, .. } = &mut self.0 {
            bytes[0] = first;
        }
        self
    }

    /// Returns the transport type.
    #[inline]
    pub const fn transport_type(&self) -> TransportType {
        match &self.0 {
            Repr::Inline { transport, .. } | Repr::Heap { transport, .. } => *transport,
        }
    }

    /// Returns the text of the address without its transport type.
    ///
    /// If the bytes are not UTF-8 it is the longest start of them that is;
    /// [`as_bytes`](Self::as_bytes) has them all.
    pub fn address(&self) -> &str {
        self.as_bytes().utf8_chunks().next().map_or("", |chunk| chunk.valid())
    }

    /// Returns the bytes of the address without its transport type.
    #[inline]
    pub fn as_bytes(&self) -> &[u8] {
        match &self.0 {
            Repr::Inline { len, bytes, .. } => &bytes[..usize::from(*len)],
            Repr::Heap { bytes, .. } => bytes,
        }
    }

    /// Returns the number of bytes after the transport type.
    #[inline]
    pub fn len(&self) -> usize {
        self.as_bytes().len()
    }

    /// Returns true if there are at most [`MAX_ADDRESS_LEN`] bytes after the transport type.
    #[inline]
    pub fn is_within_limits(&self) -> bool {
        // Inline bytes are; this is asked for every message.
        matches!(self.0, Repr::Inline { .. }) || self.len() <= MAX_ADDRESS_LEN
    }

    /// Returns true if there are no bytes after the transport type.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns true if the address names a worker of this node.
    #[inline]
    pub const fn is_local(&self) -> bool {
        self.transport_type().is_local()
    }

    /// Checks that the address is within its limit.
    ///
    /// # Errors
    /// [`AddressError::TooLong`] if it has more than [`MAX_ADDRESS_LEN`] bytes.
    pub fn validate(&self) -> Result<(), AddressError> {
        if self.len() > MAX_ADDRESS_LEN {
            return Err(AddressError::too_long(self.as_bytes()));
        }
        Ok(())
    }

    /// Makes an address and keeps the allocation of a name that is too long to be inline.
    pub(super) fn from_vec(transport: TransportType, bytes: Vec<u8>) -> Self {
        if bytes.len() <= INLINE_LEN {
            return Self::new(transport, bytes);
        }
        Self(Repr::Heap { transport, bytes: bytes.into_boxed_slice() })
    }
}

/// Makes the local address without a name, which stands where there is no address.
impl Default for Address {
    fn default() -> Self {
        Self::new(LOCAL, "")
    }
}

impl Hash for Address {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write(self.as_bytes());
        state.write_u8(self.transport_type().value());
    }
}

/// Orders by transport type, then by bytes.
impl Ord for Address {
    fn cmp(&self, other: &Self) -> Ordering {
        let transports = self.transport_type().cmp(&other.transport_type());
        transports.then_with(|| self.as_bytes().cmp(other.as_bytes()))
    }
}

impl PartialOrd for Address {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::routing::transport_type::TCP;
    use alloc::vec;

    #[test]
    fn address_is_the_valid_start_of_other_bytes() {
        assert_eq!(Address::from(vec![b'a', 0xff, b'b']).address(), "a");
        assert_eq!(Address::from(vec![0xff]).address(), "");
        assert_eq!(Address::from("").address(), "");
    }

    #[test]
    fn order_is_by_type_then_bytes() {
        let sorted =
            [Address::from("a"), "ab".into(), "b".repeat(50).into(), "c".into(), (TCP, "a").into()];
        assert!(sorted.is_sorted());
    }
}
