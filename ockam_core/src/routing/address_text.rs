//! The text form of an address: `0#echoer`.
//!
//! It owns the prefix, the escapes, and the promise that parsing what was displayed gives the same
//! address back. It refuses to know how addresses are stored.
//!
//! Display writes the bytes as they are where they are printable UTF-8, and `\xNN` for each of
//!
//! - bytes that are not UTF-8, and ASCII control characters,
//! - a space at either end of the name, because parsing a route trims and nobody sees it,
//! - the `=` of `=>`, because parsing a route splits there,
//! - a backslash in front of an `x`, because it would read as an escape.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;
use core::str::FromStr;

use super::address::Address;
use super::address_error::AddressError;
use super::transport_type::{LOCAL, TransportType};

/// The most characters of an input that an error repeats.
const EXCERPT_LEN: usize = 32;

/// The start of an escape; two hex digits follow.
const ESCAPE: &str = "\\x";

/// Writes the transport type, `#`, and the bytes, escaped where they would not come back from
/// parsing.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}", self.transport_type(), Escaped(self.as_bytes()))
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Reads what Display writes, and says what is wrong with everything else.
///
/// A text without `#` is the name of a local worker. Escapes are read, which the infallible
/// conversions do not do.
impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        if text.is_empty() {
            return Err(AddressError::Empty);
        }
        let address = match text.split_once('#') {
            Some((prefix, name)) => parse_name(parse_transport(prefix, name)?, name),
            None => parse_name(LOCAL, text),
        }?;
        address.validate()?;
        Ok(address)
    }
}

/// Splits off a transport type, if there is one, for the conversions that never fail.
pub(super) fn read_prefix(text: &[u8]) -> Option<(TransportType, &[u8])> {
    let end = text.iter().position(|byte| *byte == b'#')?;
    let number = u8::try_from(read_number(text.get(..end)?)?).ok()?;
    Some((TransportType::new(number), text.get(end + 1..)?))
}

/// Returns the first characters of a text as Display would write them, and `...` if there are more.
pub(super) fn excerpt(bytes: &[u8]) -> String {
    // A character has at most four bytes, so this many always make enough characters.
    let start = &bytes[..bytes.len().min(4 * (EXCERPT_LEN + 1))];
    let mut text = Escaped(start).to_string();
    if let Some((end, _)) = text.char_indices().nth(EXCERPT_LEN) {
        text.truncate(end);
        text.push_str("...");
    }
    text
}

fn parse_transport(prefix: &str, name: &str) -> Result<TransportType, AddressError> {
    let number = read_number(prefix.as_bytes()).ok_or_else(|| AddressError::UnknownTransport {
        prefix: excerpt(prefix.as_bytes()),
        name: excerpt(name.as_bytes()),
    })?;
    match u8::try_from(number) {
        Ok(number) => Ok(TransportType::new(number)),
        Err(_) => Err(AddressError::TransportTooLarge { number: excerpt(prefix.as_bytes()) }),
    }
}

/// Reads ASCII digits, and nothing else; a number that is too large for its type is the largest
/// one.
fn read_number(digits: &[u8]) -> Option<u32> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0_u32, |number, digit| {
        let digit = digit.is_ascii_digit().then_some(digit & 15)?;
        Some(number.saturating_mul(10).saturating_add(digit.into()))
    })
}

fn parse_name(transport: TransportType, name: &str) -> Result<Address, AddressError> {
    let mut pieces = name.split(ESCAPE);
    let start = pieces.next().unwrap_or_default();
    if start.len() == name.len() {
        return Ok(Address::new(transport, name));
    }
    let mut bytes = Vec::with_capacity(name.len());
    bytes.extend_from_slice(start.as_bytes());
    for piece in pieces {
        let byte = read_hex(piece).ok_or_else(|| bad_escape(piece))?;
        bytes.push(byte);
        bytes.extend_from_slice(&piece.as_bytes()[2..]);
    }
    Ok(Address::from_vec(transport, bytes))
}

/// Reads the two hex digits at the start of a text.
fn read_hex(text: &str) -> Option<u8> {
    let mut digits = text.chars().map(|digit| digit.to_digit(16));
    let (high, low) = (digits.next()??, digits.next()??);
    u8::try_from(high << 4 | low).ok()
}

fn bad_escape(piece: &str) -> AddressError {
    let mut escape = String::from(ESCAPE);
    escape.extend(piece.chars().take(2).filter(|c| !c.is_control()));
    AddressError::BadEscape { escape }
}

/// Displays bytes with escapes.
struct Escaped<'a>(&'a [u8]);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut offset = 0;
        for chunk in self.0.utf8_chunks() {
            self.write_text(f, offset, chunk.valid())?;
            for byte in chunk.invalid() {
                write!(f, "\\x{byte:02x}")?;
            }
            offset += chunk.valid().len() + chunk.invalid().len();
        }
        Ok(())
    }
}

impl Escaped<'_> {
    /// Writes the text that starts at an offset of the bytes, in runs that need no escape.
    fn write_text(&self, f: &mut fmt::Formatter<'_>, offset: usize, text: &str) -> fmt::Result {
        let mut written = 0;
        for (index, byte) in text.bytes().enumerate() {
            if self.needs_escape(offset + index, byte) {
                // Only ASCII is escaped in valid text, so both cuts are between characters.
                write!(f, "{}\\x{byte:02x}", &text[written..index])?;
                written = index + 1;
            }
        }
        f.write_str(&text[written..])
    }

    fn needs_escape(&self, index: usize, byte: u8) -> bool {
        let next = self.0.get(index + 1);
        match byte {
            b' ' => index == 0 || next.is_none(),
            b'=' => next == Some(&b'>'),
            b'\\' => next == Some(&b'x'),
            _ => byte.is_ascii_control(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        text.parse::<Address>().err().map(|error| error.to_string()).unwrap_or_default()
    }

    #[test]
    fn display_escapes_what_would_not_come_back() {
        let cases: [(&[u8], &str); 7] = [
            (b"", "0#"),
            (b"a b", "0#a b"),
            (b" a ", "0#\\x20a\\x20"),
            (b"a=>b=", "0#a\\x3d>b="),
            (b"\\x41\\y", "0#\\x5cx41\\y"),
            (b"\\\n\x7f", "0#\\\\x0a\\x7f"),
            (b"\xc3\xa4\xff", "0#\u{e4}\\xff"),
        ];
        for (bytes, text) in cases {
            let address = Address::from(bytes);
            assert_eq!(address.to_string(), text);
            assert_eq!(text.parse(), Ok(address));
        }
    }

    #[test]
    fn errors_say_what_to_write() {
        assert!(error("abc#x").contains("`0#abc#x`"));
        assert!(error("TCP#host:4000").contains("`1#host:4000`"));
        assert!(error("9999#x").contains("`9999` is not a transport type"));
        assert!(error("\\x4").starts_with("`\\x4` is not an escape"));
        assert!(error("\\x+1").starts_with("`\\x+1` is not an escape"));
        assert!(
            error(&"a".repeat(300))
                .starts_with("address of 300 bytes is longer than the limit of 255 bytes")
        );
        assert_eq!("".parse::<Address>(), Err(AddressError::Empty));
    }
}
