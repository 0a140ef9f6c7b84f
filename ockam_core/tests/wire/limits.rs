//! The limits of this library, the end of a stream, and what is kept between inputs.

use super::vectors::{feed, frame_of, framed, hex, read_frame};
use ockam_core::cbor::CborError;
use ockam_core::{
    Address, AddressError, Decoded, FrameDecoder, MAX_ADDRESS_LEN, MAX_FRAME_LEN, MAX_ROUTE_LEN,
    Route, RouteError, TransportMessage, WireError, encode_frame, route,
};

fn hops(number: usize) -> Route {
    (0..number).map(|_| Address::from("h")).collect()
}

#[test]
fn a_route_over_the_limit_is_dropped_and_the_connection_kept() {
    let long = hops(MAX_ROUTE_LEN + 1);
    let dropped = Ok(Decoded::Dropped(RouteError::TooLong { hops: MAX_ROUTE_LEN + 1 }));
    let full = TransportMessage::new(hops(MAX_ROUTE_LEN), hops(MAX_ROUTE_LEN), vec![]);
    assert_eq!(read_frame(&frame_of(&full)), Ok(Decoded::Message(full)));
    let onward = TransportMessage::new(&long, route!["app"], vec![]);
    assert_eq!(read_frame(&frame_of(&onward)), dropped);
    let back = TransportMessage::new(route!["echoer"], &long, vec![]);
    assert_eq!(read_frame(&frame_of(&back)), dropped);
}

#[test]
fn an_address_over_the_limit_is_dropped_and_the_connection_kept() {
    let longest = TransportMessage::new("a".repeat(MAX_ADDRESS_LEN), route![], vec![]);
    assert_eq!(read_frame(&frame_of(&longest)), Ok(Decoded::Message(longest)));
    for len in [MAX_ADDRESS_LEN + 1, 70_000] {
        let long = TransportMessage::new(route!["h", "a".repeat(len)], route![], vec![]);
        match read_frame(&frame_of(&long)) {
            Ok(Decoded::Dropped(RouteError::Address {
                hop: 2,
                error: AddressError::TooLong { len: found, .. },
            })) => assert_eq!(found, len),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_fault_behind_a_limit_is_still_a_fault() {
    let long = TransportMessage::new(hops(MAX_ROUTE_LEN + 1), route![], vec![]);
    let mut frame = frame_of(&long);
    let payload = frame.len() - 1;
    frame[payload] = 0x60;
    assert!(matches!(read_frame(&frame), Err(WireError::Malformed(CborError::Unexpected { .. }))));
}

#[test]
fn a_heartbeat_is_one_whatever_it_carries_but_it_has_to_be_a_message() {
    let heartbeat = TransportMessage::new(route![], hops(MAX_ROUTE_LEN + 1), vec![7; 100]);
    assert_eq!(read_frame(&frame_of(&heartbeat)), Ok(Decoded::Heartbeat));
    assert!(read_frame(&framed(&hex("83808060"))).is_err());
}

#[test]
fn messages_in_front_of_a_fault_are_delivered_and_the_fault_stays() {
    let message = TransportMessage::new("echoer", "app", vec![1]);
    let frame = frame_of(&message);
    let bytes = [&frame[..], &frame, &[0xff; 4], &frame].concat();
    let mut decoder = FrameDecoder::without_preface();
    let (decoded, end) = feed(&mut decoder, &bytes);
    assert_eq!(decoded, [Decoded::Message(message.clone()), Decoded::Message(message)]);
    let error = Err(WireError::FrameTooLarge { len: u32::MAX, limit: MAX_FRAME_LEN as u32 });
    assert_eq!(end, error);
    assert_eq!(feed(&mut decoder, &frame), (vec![], error));
    assert_eq!((decoder.buffered_len(), decoder.is_mid_frame()), (0, false));
}

#[test]
fn a_stream_may_end_between_frames_only() {
    let message = TransportMessage::new("echoer", "app", vec![1]);
    let mut decoder = FrameDecoder::new();
    assert!(!decoder.is_mid_frame());
    assert_eq!(feed(&mut decoder, &[1]), (vec![], Ok(())));
    assert!(!decoder.is_mid_frame());
    let frame = frame_of(&message);
    for byte in &frame[..frame.len() - 1] {
        assert_eq!(feed(&mut decoder, &[*byte]), (vec![], Ok(())));
        assert!(decoder.is_mid_frame());
    }
    let last = &frame[frame.len() - 1..];
    assert_eq!(feed(&mut decoder, last), (vec![Decoded::Message(message)], Ok(())));
    assert!(!decoder.is_mid_frame());
    assert_eq!(feed(&mut decoder, &[]), (vec![], Ok(())));
}

#[test]
fn frames_are_appended_to_what_is_in_the_buffer() {
    let first = TransportMessage::new("a", "b", vec![1]);
    let second = TransportMessage::new("c", "d", vec![2; 300]);
    let mut buffer = Vec::new();
    encode_frame(&first, &mut buffer).unwrap();
    encode_frame(&second, &mut buffer).unwrap();
    let decoded = feed(&mut FrameDecoder::without_preface(), &buffer).0;
    assert_eq!(decoded, [Decoded::Message(first), Decoded::Message(second)]);
}

#[test]
fn debug_shows_no_payload() {
    let mut decoder = FrameDecoder::new();
    decoder.handle_input(b"\x01\0\0\0\x40secret");
    let shown = format!("{decoder:?}");
    assert_eq!(shown, "FrameDecoder { state: Frames, buffered_len: 10, .. }");
}

/// A frame is refused as soon as its length is there, at the limit that the decoder was given.
#[test]
fn a_decoder_reads_frames_up_to_the_limit_that_it_was_given() {
    let frame = frame_of(&TransportMessage::new("echoer", "app", vec![1; 100]));
    let len = frame.len() - 4;
    let limited = |limit| FrameDecoder::without_preface().with_max_frame_len(limit);
    assert_eq!(feed(&mut limited(len), &frame).0.len(), 1);
    let error = WireError::FrameTooLarge { len: len as u32, limit: len as u32 - 1 };
    let text = format!("{len} bytes, which is larger than the limit of {} bytes", len - 1);
    assert!(error.to_string().contains(&text), "{error}");
    assert_eq!(feed(&mut limited(len - 1), &frame[..4]), (vec![], Err(error)));
    // No limit is above that of the protocol.
    let prefix = (MAX_FRAME_LEN as u32 + 1).to_be_bytes();
    assert!(feed(&mut limited(usize::MAX), &prefix).1.is_err());
}
