//! Properties of the codec that hold for every message and for every input.

use super::vectors::{feed, frame_of, framed};
use ockam_core::{
    Address, Decoded, FrameDecoder, MAX_ADDRESS_LEN, MAX_ROUTE_LEN, Route, TransportMessage,
};
use proptest::collection::vec;
use proptest::prelude::{
    ProptestConfig, Strategy, any, prop_assert, prop_assert_eq, prop_oneof, proptest,
};
use proptest::sample::Index;

fn address() -> impl Strategy<Value = Address> {
    let name = prop_oneof![vec(any::<u8>(), 0..=40), vec(any::<u8>(), 0..=MAX_ADDRESS_LEN)];
    (any::<u8>(), name).prop_map(|(number, name)| Address::new(number.into(), name))
}

fn route(least: usize) -> impl Strategy<Value = Route> {
    let addresses = prop_oneof![vec(address(), least..=4), vec(address(), least..=MAX_ROUTE_LEN)];
    addresses.prop_map(Route::from)
}

fn message() -> impl Strategy<Value = TransportMessage> {
    let payload = prop_oneof![
        4 => vec(any::<u8>(), 0..=300),
        1 => (any::<u8>(), 0..=65_537_usize).prop_map(|(byte, len)| vec![byte; len]),
    ];
    (route(1), route(0), payload)
        .prop_map(|(onward, back, payload)| TransportMessage::new(onward, back, payload))
}

/// Bytes that look like CBOR more often than chance would have it.
fn cbor_like() -> impl Strategy<Value = Vec<u8>> {
    let heads = b"\x80\x81\x82\x83\x84\x85\x00\x01\x18\x1b\x40\x41\x42\x58\x5b\x5f\x60\x61\x7f\
                  \x9a\x9b\x9f\xa0\xa1\xbf\xc1\xf6\xf7\xf8\xff";
    let byte = prop_oneof![4 => proptest::sample::select(heads.as_slice()), 1 => any::<u8>()];
    const STARTS: [&[u8]; 3] = [b"", b"\x83", b"\x8f\x81\x82\0\x41a\x80\x40\xf6"];
    (proptest::sample::select(&STARTS[..]), vec(byte, 0..200))
        .prop_map(|(start, bytes)| [start, &bytes].concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn every_message_comes_back(message in message()) {
        let frame = frame_of(&message);
        prop_assert_eq!(frame.len(), frame.capacity(), "the size was known in advance");
        let (decoded, end) = feed(&mut FrameDecoder::without_preface(), &frame);
        prop_assert_eq!(end, Ok(()));
        let [Decoded::Message(read)] = &decoded[..] else { panic!("{decoded:?}") };
        prop_assert_eq!(read, &message);
        prop_assert_eq!(frame_of(read), frame);
    }

    #[test]
    fn pieces_do_not_matter(
        messages in vec(message(), 1..5),
        cuts in vec(any::<Index>(), 0..20),
    ) {
        let frames: Vec<_> = messages.iter().map(frame_of).collect();
        let stream = [vec![1], frames.concat()].concat();
        let mut cuts: Vec<_> = cuts.iter().map(|cut| cut.index(stream.len())).collect();
        cuts.extend([0, stream.len()]);
        cuts.sort_unstable();
        let mut decoder = FrameDecoder::new();
        let mut read = Vec::new();
        for ends in cuts.windows(2) {
            let (decoded, end) = feed(&mut decoder, &stream[ends[0]..ends[1]]);
            prop_assert_eq!(end, Ok(()));
            read.extend(decoded);
        }
        let messages: Vec<_> = messages.into_iter().map(Decoded::Message).collect();
        prop_assert_eq!(read, messages);
        prop_assert!(!decoder.is_mid_frame());
    }

    #[test]
    fn polling_late_does_not_matter(messages in vec(message(), 1..5), size in 1..2000_usize) {
        let frames: Vec<_> = messages.iter().map(frame_of).collect();
        let mut decoder = FrameDecoder::without_preface();
        let mut read = Vec::new();
        for piece in frames.concat().chunks(size) {
            decoder.handle_input(piece);
            read.extend(decoder.poll_message().unwrap());
        }
        while let Some(decoded) = decoder.poll_message().unwrap() {
            read.push(decoded);
        }
        let messages: Vec<_> = messages.into_iter().map(Decoded::Message).collect();
        prop_assert_eq!(read, messages);
    }

    #[test]
    fn any_bytes_are_read_or_refused(pieces in vec(vec(any::<u8>(), 0..100), 0..10)) {
        for mut decoder in [FrameDecoder::new(), FrameDecoder::without_preface()] {
            let mut given = 0;
            for piece in &pieces {
                given += piece.len();
                feed(&mut decoder, piece).1.ok();
                prop_assert!(decoder.buffered_len() <= given);
            }
        }
    }

    #[test]
    fn any_frame_is_read_or_refused(message in cbor_like()) {
        let mut decoder = FrameDecoder::without_preface();
        let (decoded, end) = feed(&mut decoder, &framed(&message));
        prop_assert_eq!(decoded.len(), usize::from(end.is_ok()));
        prop_assert!(!decoder.is_mid_frame());
        if let [Decoded::Message(read)] = &decoded[..] {
            prop_assert!(read.validate().is_ok());
            prop_assert!(frame_of(read).len() <= 4 + message.len());
        }
    }

    #[test]
    fn a_changed_frame_is_read_or_refused(
        message in message(),
        changes in vec((any::<Index>(), any::<u8>()), 1..4),
        cut in proptest::option::of(any::<Index>()),
    ) {
        let mut message = frame_of(&message).split_off(4);
        for (place, byte) in changes {
            let place = place.index(message.len());
            message[place] = byte;
        }
        message.truncate(cut.map_or(message.len(), |cut| cut.index(message.len())));
        let (decoded, end) = feed(&mut FrameDecoder::without_preface(), &framed(&message));
        prop_assert_eq!(decoded.len(), usize::from(end.is_ok()));
    }

    #[test]
    fn a_frame_that_is_cut_short_is_refused_at_every_byte(message in message(), cut in any::<Index>()) {
        let message = frame_of(&message).split_off(4);
        let cut = cut.index(message.len());
        let (decoded, end) = feed(&mut FrameDecoder::without_preface(), &framed(&message[..cut]));
        prop_assert_eq!(decoded, vec![]);
        prop_assert!(end.is_err());
    }
}
