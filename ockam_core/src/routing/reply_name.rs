//! The names at which askers wait for answers, and the names beside them at which they take notice
//! of failures.
//!
//! It owns the form of both. It refuses to know who waits there, and what a notice says.
//!
//! A reply name is 32 bytes. Its first character says whether the asker understands
//! [`FailureNotice`](crate::FailureNotice)s:
//!
//! ```text
//!   0..f  then 31 hex digits     a random name as any other: nothing but an answer is sent there
//!   g..v  then 31 hex digits     the asker reads notices
//!   G..V  then the same digits   where a notice for it goes
//! ```
//!
//! Nodes of Ockam 0.150 carry names as they are, and draw none of the last two.

use super::address::Address;
use super::transport_type::LOCAL;

/// How many characters a reply name has: 128 random bits as digits.
const REPLY_NAME_LEN: usize = 32;

/// What is added to the first hex digit, as a number, in a name that asks for notices.
const FIRST: u8 = b'g';

/// The first characters of names that ask for notices.
const ASKS: core::ops::RangeInclusive<u8> = FIRST..=FIRST + 15;

impl Address {
    /// Makes the name of an asker that reads notices of failures, from 128 random bits.
    ///
    /// ```
    /// use ockam_core::Address;
    ///
    /// let name = Address::from_random_asker([0xfa; 16]);
    /// assert_eq!(name.to_string(), "0#vafafafafafafafafafafafafafafafa");
    /// let notices = name.notice_address().expect("it asks for notices");
    /// assert_eq!(notices.to_string(), "0#Vafafafafafafafafafafafafafafafa");
    /// assert_eq!(notices.asker_of_notice(), Some(name));
    /// ```
    #[must_use]
    pub fn from_random_asker(random: [u8; 16]) -> Self {
        let [first, ..] = random;
        Self::from_random(LOCAL, random).with_first(FIRST + (first >> 4))
    }

    /// Tells, by a look at one byte, whether this can be the name of an asker that reads notices of
    /// failures. [`notice_address`](Self::notice_address) looks at all bytes.
    #[must_use]
    #[inline]
    pub fn may_be_told(&self) -> bool {
        matches!(self.as_bytes(), [first, rest @ ..] if rest.len() == REPLY_NAME_LEN - 1 && *first >= FIRST)
    }

    /// Tells whether this has the form of a name that a node has drawn at random, which no program
    /// writes: for a worker, for an ask, or for the notices of one.
    ///
    /// ```
    /// use ockam_core::{Address, LOCAL};
    ///
    /// assert!(Address::from_random(LOCAL, [7; 16]).is_random_name());
    /// assert!(Address::from_random_asker([7; 16]).is_random_name());
    /// assert!(!Address::from("echoer").is_random_name());
    /// ```
    #[must_use]
    pub fn is_random_name(&self) -> bool {
        let is_drawn = |first: u8| first.is_ascii_hexdigit() && !first.is_ascii_uppercase();
        first_of(self)
            .is_some_and(|first| is_drawn(first) || ASKS.contains(&first.to_ascii_lowercase()))
    }

    /// Returns the name beside this one at which its asker takes notices of failures; `None` if this
    /// is no name that asks for them.
    #[must_use]
    pub fn notice_address(&self) -> Option<Address> {
        let first = first_of(self)?;
        ASKS.contains(&first).then(|| self.clone().with_first(first.to_ascii_uppercase()))
    }

    /// Returns the name of the asker for which the notices are that go to this name; `None` if this
    /// is no such name.
    #[must_use]
    pub fn asker_of_notice(&self) -> Option<Address> {
        let first = first_of(self)?;
        let asks = first.to_ascii_lowercase();
        (first.is_ascii_uppercase() && ASKS.contains(&asks)).then(|| self.clone().with_first(asks))
    }
}

/// Returns the first character of a local name of the right length that goes on in lower-case hex
/// digits.
fn first_of(address: &Address) -> Option<u8> {
    let (first, digits) = address.as_bytes().split_first()?;
    let is_digit = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    let fits = address.is_local() && digits.len() == REPLY_NAME_LEN - 1;
    (fits && digits.iter().all(is_digit)).then_some(*first)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TCP;
    use alloc::format;
    use alloc::vec::Vec;

    #[test]
    fn every_first_digit_has_its_letter_and_the_bits_stay() {
        let mut names = Vec::new();
        for digit in 0..16_u8 {
            let plain = Address::from_random(LOCAL, [digit << 4 | 3; 16]);
            let name = Address::from_random_asker([digit << 4 | 3; 16]);
            assert_eq!(name.as_bytes()[1..], plain.as_bytes()[1..]);
            assert!(name.may_be_told() && !plain.may_be_told());
            let notices = name.notice_address().unwrap();
            assert_eq!(notices.asker_of_notice(), Some(name.clone()));
            assert_eq!((notices.notice_address(), name.asker_of_notice()), (None, None));
            names.extend([name, notices, plain]);
        }
        assert!(names.iter().all(Address::is_random_name));
        names.sort();
        names.dedup();
        assert_eq!(names.len(), 3 * 16);
    }

    #[test]
    fn other_names_ask_for_nothing() {
        let digits = "0123456789abcdef0123456789abcde";
        let plain = Address::from(format!("{digits}0"));
        assert_eq!((plain.notice_address(), plain.asker_of_notice()), (None, None));
        assert!(plain.is_random_name());
        for name in [
            digits.into(),
            format!("{digits}g"),
            format!("{digits}ff"),
            format!("A{digits}"),
            "echoer".into(),
            format!("w{digits}"),
            format!("W{digits}"),
            format!("{{{digits}"),
            format!("g{}G", &digits[..30]),
            format!("g{}A", &digits[..30]),
            format!("g{digits}0"),
            format!("g{}", &digits[..30]),
            "g".into(),
            "".into(),
        ] {
            let name = Address::from(name);
            assert_eq!((name.notice_address(), name.asker_of_notice()), (None, None), "{name}");
            assert!(!name.is_random_name(), "{name}");
        }
        let elsewhere = Address::new(TCP, format!("g{digits}"));
        assert_eq!(elsewhere.notice_address(), None);
    }
}
