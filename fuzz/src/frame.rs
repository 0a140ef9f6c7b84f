//! The decoder of a connection, which is given a stream in pieces.
//!
//! It owns two promises: the pieces in which bytes arrive change nothing, and no more memory is
//! held than what arrived accounts for. It refuses to know which messages are right; `message` does.
//!
//! ```text
//! input = flags number_of_sizes sizes run stream
//! run   = place (u16) fill length (in 1024 bytes)     with the flag RUN, and else nothing
//! ```
//!
//! A run stands for many bytes in the stream, so that small inputs make large frames.

use ockam_core::{Decoded, FrameDecoder, WireError};

use crate::memory::peak_of;

/// The stream does not begin with a preface.
const WITHOUT_PREFACE: u8 = 1;
/// Only one message is asked for after each piece, and the others at the end.
const LATE: u8 = 2;
/// Bytes are written into the room of the decoder.
const IN_PLACE: u8 = 4;
/// Memory is given back after each piece.
const SHRINK: u8 = 8;
/// A part of the stream is a run of one byte.
const RUN: u8 = 16;

/// The most sizes of pieces; they are used again and again.
const MAX_SIZES: usize = 15;

/// The most pieces of a stream, or nearly: more would only take long.
const MAX_PIECES: usize = 1024;

/// What may be held in any case: for a large payload that has begun, room for 1 MiB is taken. What
/// has fewer bytes than that are routes and errors.
const HELD_AT_LEAST: usize = (1024 + 64) * 1024;

/// What may be held for each byte that arrived: the room of a large payload is at most four times
/// of what it holds, and the room that it moves out of is held as well until it has.
const HELD_PER_BYTE: usize = 8;

/// What a connection made of a stream.
#[derive(Debug, PartialEq)]
struct Outcome {
    decoded: Vec<Decoded>,
    error: Option<WireError>,
    left: usize,
    mid_frame: bool,
}

/// Checks that a stream is read the same in one piece and in many, within bounds.
pub fn check(data: &[u8]) {
    let Some((&[flags, number], data)) = data.split_first_chunk() else { return };
    let number = usize::from(number).min(MAX_SIZES).min(data.len());
    let (sizes, data) = data.split_at(number);
    let stream = if flags & RUN == 0 { data.to_vec() } else { expand(data) };

    let whole = read(0, flags, [&stream[..]]);
    let least = stream.len().div_ceil(MAX_PIECES);
    let pieces = Pieces { stream: &stream, sizes: sizes.iter().cycle(), least };
    let pieces = read(flags, flags, pieces);
    assert_eq!(whole, pieces, "pieces change the outcome");
}

/// Puts the run into the stream.
fn expand(data: &[u8]) -> Vec<u8> {
    let Some((&[high, low, fill, length], data)) = data.split_first_chunk() else {
        return Vec::new();
    };
    let place = usize::from(u16::from_be_bytes([high, low])).min(data.len());
    let run = vec![fill; 1024 * usize::from(length)];
    [&data[..place], &run, &data[place..]].concat()
}

/// Reads a stream that arrives in pieces, in the way that some flags say.
fn read<'a>(way: u8, kind: u8, pieces: impl IntoIterator<Item = &'a [u8]>) -> Outcome {
    let mut decoder = match kind & WITHOUT_PREFACE {
        0 => FrameDecoder::new(),
        _ => FrameDecoder::without_preface(),
    };
    let most = if way & LATE == 0 { usize::MAX } else { 1 };
    let (mut decoded, mut error, mut given) = (Vec::new(), None, 0);
    for piece in pieces {
        given += piece.len();
        let ((), peak) = peak_of(|| give(way, &mut decoder, piece));
        check_memory(peak, given);
        assert!(decoder.buffered_len() <= given);
        poll(&mut decoder, given, most, &mut decoded, &mut error);
        if way & SHRINK != 0 {
            decoder.shrink(16);
        }
    }
    poll(&mut decoder, given, usize::MAX, &mut decoded, &mut error);
    Outcome { decoded, error, left: decoder.buffered_len(), mid_frame: decoder.is_mid_frame() }
}

/// Hands a piece over, or writes it into the room that the decoder gives.
fn give(way: u8, decoder: &mut FrameDecoder, mut piece: &[u8]) {
    if way & IN_PLACE == 0 {
        return decoder.handle_input(piece);
    }
    while !piece.is_empty() {
        let room = decoder.input_room(piece.len());
        let len = piece.len().min(room.len());
        assert!(len > 0, "there is no room for {} bytes", piece.len());
        room[..len].copy_from_slice(&piece[..len]);
        decoder.input_filled(len);
        piece = &piece[len..];
    }
}

/// Asks for messages, and checks that a fault is final and told again.
fn poll(
    decoder: &mut FrameDecoder,
    given: usize,
    most: usize,
    decoded: &mut Vec<Decoded>,
    error: &mut Option<WireError>,
) {
    for _ in 0..most {
        let before = decoder.buffered_len();
        let (polled, peak) = peak_of(|| decoder.poll_message());
        check_memory(peak, given);
        match polled {
            Ok(None) => return assert!(error.is_none(), "a fault was forgotten"),
            Ok(Some(one)) => {
                assert!(error.is_none(), "a message behind a fault: {one:?}");
                assert!(decoder.buffered_len() < before, "a message out of nothing: {one:?}");
                decoded.push(one);
            }
            Err(fault) => {
                assert!(error.as_ref().is_none_or(|known| *known == fault));
                assert_eq!((decoder.buffered_len(), decoder.is_mid_frame()), (0, false));
                *error = Some(fault);
                return;
            }
        }
    }
}

fn check_memory(peak: usize, given: usize) {
    assert!(peak <= HELD_AT_LEAST + HELD_PER_BYTE * given, "{peak} bytes are taken for {given}");
}

/// Cuts a stream into pieces whose lengths are the squares of the sizes.
struct Pieces<'a, S> {
    stream: &'a [u8],
    sizes: S,
    least: usize,
}

impl<'a, S: Iterator<Item = &'a u8>> Iterator for Pieces<'a, S> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let size = self.sizes.next().map_or(1, |size| usize::from(*size));
        let len = (size * size).max(self.least).min(self.stream.len());
        let (piece, rest) = self.stream.split_at(len);
        self.stream = rest;
        (len > 0).then_some(piece)
    }
}
