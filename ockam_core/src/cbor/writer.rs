//! CBOR items in their canonical form, appended to a buffer.
//!
//! It owns definite lengths and shortest heads, and how many bytes they take. It refuses to write
//! any other spelling, and to know what the items mean.

use alloc::vec::Vec;

use super::major;

/// The simple values.
const FALSE: u8 = 0xf4;
const TRUE: u8 = 0xf5;
const NULL: u8 = 0xf6;

/// Writes the head of an array; its elements follow.
pub fn write_array(buffer: &mut Vec<u8>, elements: usize) {
    write_head(buffer, major::ARRAY, elements as u64);
}

/// Writes the head of a map; its keys follow, each with its value behind it.
pub fn write_map(buffer: &mut Vec<u8>, pairs: usize) {
    write_head(buffer, major::MAP, pairs as u64);
}

/// Writes the heads of a variant, `[number, [fields]]`; its fields follow.
pub fn write_variant(buffer: &mut Vec<u8>, number: u64, fields: usize) {
    write_array(buffer, 2);
    write_unsigned(buffer, number);
    write_array(buffer, fields);
}

/// Writes a number.
pub fn write_unsigned(buffer: &mut Vec<u8>, number: u64) {
    write_head(buffer, major::UNSIGNED, number);
}

/// Writes the head of a byte string; its bytes follow.
pub fn write_bytes_head(buffer: &mut Vec<u8>, len: usize) {
    write_head(buffer, major::BYTES, len as u64);
}

/// Writes a byte string.
pub fn write_bytes(buffer: &mut Vec<u8>, bytes: &[u8]) {
    write_bytes_head(buffer, bytes.len());
    buffer.extend_from_slice(bytes);
}

/// Writes a text.
pub fn write_text(buffer: &mut Vec<u8>, text: &str) {
    write_head(buffer, major::TEXT, text.len() as u64);
    buffer.extend_from_slice(text.as_bytes());
}

/// Writes `true` or `false`.
pub fn write_boolean(buffer: &mut Vec<u8>, value: bool) {
    buffer.push(if value { TRUE } else { FALSE });
}

/// Writes what stands for an optional field that is absent and not the last.
pub fn write_null(buffer: &mut Vec<u8>) {
    buffer.push(NULL);
}

/// Writes the head of an item: its kind with a number below 24, or with the width of the number
/// that follows.
fn write_head(buffer: &mut Vec<u8>, major: u8, argument: u64) {
    let bytes = argument.to_be_bytes();
    let width = argument_width(argument);
    let info = match width {
        0 => bytes[7],
        1 => 24,
        2 => 25,
        4 => 26,
        _ => 27,
    };
    buffer.push(major << 5 | info);
    buffer.extend_from_slice(&bytes[bytes.len() - width..]);
}

/// Returns the bytes that a byte string takes, its head included.
#[must_use]
pub const fn bytes_len(bytes: &[u8]) -> usize {
    head_len(bytes.len() as u64) + bytes.len()
}

/// Returns the bytes that a head with this number takes.
#[must_use]
pub const fn head_len(argument: u64) -> usize {
    1 + argument_width(argument)
}

/// Returns the bytes that a number needs behind the first byte of a head.
const fn argument_width(argument: u64) -> usize {
    match argument {
        ..24 => 0,
        24..0x100 => 1,
        0x100..0x1_0000 => 2,
        0x1_0000..0x1_0000_0000 => 4,
        _ => 8,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_are_as_short_as_they_can_be() {
        let heads: [(u64, &[u8]); 8] = [
            (0, &[0x40]),
            (23, &[0x57]),
            (24, &[0x58, 24]),
            (0xff, &[0x58, 0xff]),
            (0x100, &[0x59, 1, 0]),
            (0xffff, &[0x59, 0xff, 0xff]),
            (0x1_0000, &[0x5a, 0, 1, 0, 0]),
            (0x1_0000_0000, &[0x5b, 0, 0, 0, 1, 0, 0, 0, 0]),
        ];
        for (argument, head) in heads {
            let mut buffer = Vec::new();
            write_head(&mut buffer, major::BYTES, argument);
            assert_eq!(buffer, head);
            assert_eq!(head_len(argument), head.len());
        }
    }
}
