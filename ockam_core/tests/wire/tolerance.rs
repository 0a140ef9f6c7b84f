//! Every case of `tcp-tolerance.json`: what other encoders may do, and what ends the connection.

use super::vectors::{bytes, feed, file, frame_of, framed, hex, list, read_frame, route, text};
use ockam_core::cbor::CborError;
use ockam_core::{
    Decoded, FrameDecoder, MAX_FRAME_LEN, TransportMessage, WireError, encode_frame, route,
};

#[test]
fn every_frame_is_delivered_ignored_or_refused() {
    let vectors = file("tcp-tolerance.json");
    for case in list(&vectors, "frames") {
        let name = text(case, "name");
        let outcome = read_frame(&bytes(&case["frame"]));
        match text(case, "outcome") {
            "delivered" => {
                let message = TransportMessage::new(
                    route(&case["onward_route"]),
                    route(&case["return_route_without_the_local_hop"]),
                    bytes(&case["payload"]),
                );
                assert_eq!(outcome, Ok(Decoded::Message(message)), "{name}");
            }
            "connection closed" => assert!(outcome.is_err(), "{name}: {outcome:?}"),
            "ignored, connection stays" => match outcome {
                Ok(Decoded::Heartbeat) => assert!(name.contains("onward") || name.contains("beat")),
                // Whether the first hop is there, and may be reached, is the node's business.
                Ok(Decoded::Message(_)) => assert!(name.starts_with("first hop is"), "{name}"),
                other => panic!("{name}: {other:?}"),
            },
            other => panic!("{name}: {other}"),
        }
    }
}

#[test]
fn every_spelling_of_the_message_is_written_the_same() {
    let canonical = hex("0000001583818200466563686f657281820043617070420161");
    let vectors = file("tcp-tolerance.json");
    let mut spellings = 0;
    for case in list(&vectors, "frames") {
        if let Ok(Decoded::Message(message)) = read_frame(&bytes(&case["frame"])) {
            let written = frame_of(&message);
            match text(case, "outcome") {
                "delivered" => assert_eq!(written, canonical, "{}", text(case, "name")),
                _ => assert_eq!(written, bytes(&case["frame"]), "{}", text(case, "name")),
            }
            spellings += 1;
        }
    }
    assert_eq!(spellings, 16);
}

#[test]
fn only_the_right_preface_lets_frames_in_even_if_they_came_with_it() {
    let vectors = file("tcp-tolerance.json");
    let message = TransportMessage::new("echoer", "app", vec![1]);
    for case in list(&vectors, "prefaces") {
        let preface = bytes(&case["preface"]);
        let both = [&preface[..], &frame_of(&message)].concat();
        let (decoded, end) = feed(&mut FrameDecoder::new(), &both);
        if text(case, "outcome") == "connection stays" {
            assert_eq!((decoded, end), (vec![Decoded::Message(message.clone())], Ok(())));
        } else {
            assert_eq!((decoded, end), (vec![], Err(WireError::Preface { found: preface[0] })));
        }
    }
}

#[test]
fn the_largest_frame_is_delivered_and_a_larger_one_is_not() {
    let vectors = file("tcp-tolerance.json");
    for case in list(&vectors, "sizes") {
        let len = case["bytes_after_length_prefix"].as_u64().unwrap() as usize;
        let overhead = 17;
        let message = TransportMessage::new("echoer", route![], vec![0x5a; len - overhead]);
        let mut frame = Vec::new();
        let written = encode_frame(&message, &mut frame);
        if text(case, "outcome") == "delivered" {
            assert_eq!(case["payload_bytes"].as_u64(), Some((len - overhead) as u64));
            assert_eq!((written, frame.len()), (Ok(()), 4 + len));
            assert_eq!(read_frame(&frame), Ok(Decoded::Message(message)));
        } else {
            assert_eq!((written, frame.len()), (Err(WireError::MessageTooLarge { len }), 0));
            assert_eq!(len, MAX_FRAME_LEN + 1);
            let prefix = (len as u32).to_be_bytes();
            let error = WireError::FrameTooLarge { len: len as u32, limit: MAX_FRAME_LEN as u32 };
            let outcome = feed(&mut FrameDecoder::without_preface(), &prefix);
            assert_eq!(outcome, (vec![], Err(error)));
        }
    }
}

/// Reads a message of three elements and the ones in `extra`.
fn with_extra(extra: &[&str]) -> Result<Decoded, WireError> {
    let elements = 0x83 + extra.len() as u8;
    let start = [&[elements][..], &hex("818200416180420161")].concat();
    read_frame(&framed(&[start, hex(&extra.concat())].concat()))
}

#[test]
fn extra_elements_of_every_kind_are_skipped() {
    let kinds = [
        "00",
        "1bffffffffffffffff",
        "20",
        "3903e7",
        "40",
        "5f41004100ff",
        "5fff",
        "60",
        "7f6161ff",
        "62c3a4",
        "80",
        "83010203",
        "9fff",
        "9f0102ff",
        "a0",
        "a10102",
        "bfff",
        "bf010203 04ff",
        "c1f6",
        "d9d9f780",
        "f4",
        "f7",
        "f820",
        "f93c00",
        "fa00000000",
        "fb0000000000000000",
        "9fbf019f00ff02829f80ff00ffff",
    ];
    for kind in kinds {
        let kind = kind.replace(' ', "");
        let outcome = with_extra(&["f6", &kind, "00"]);
        assert!(matches!(outcome, Ok(Decoded::Message(_))), "{kind}: {outcome:?}");
    }
}

#[test]
fn extra_elements_that_are_not_cbor_are_refused() {
    let faults = [
        "ff",
        "1c",
        "3e",
        "5c",
        "9d",
        "1f",
        "df",
        "f810",
        "fc",
        "61ff",
        "5f6161ff",
        "5f5fffff",
        "7f61ffff",
        "bf01ff",
        "9f",
        "8201",
        "82ff",
        "c1ff",
        "58",
        "5b7fffffffffffffff00",
        "9bffffffffffffffff",
        "bb8000000000000000",
        "a101",
    ];
    for fault in faults {
        let outcome = with_extra(&["f6", fault]);
        assert!(outcome.is_err(), "{fault}: {outcome:?}");
    }
}

#[test]
fn nesting_without_end_takes_neither_stack_nor_memory() {
    let definite = "81".repeat(1_000_000) + "00";
    assert!(matches!(with_extra(&["f6", &definite]), Ok(Decoded::Message(_))));
    let tags = "c1".repeat(1_000_000) + "00";
    assert!(matches!(with_extra(&["f6", &tags]), Ok(Decoded::Message(_))));
    let deep = |levels| "9f".repeat(levels) + &"ff".repeat(levels);
    assert!(matches!(with_extra(&["f6", &deep(64)]), Ok(Decoded::Message(_))));
    assert!(matches!(
        with_extra(&["f6", &deep(65)]),
        Err(WireError::Malformed(CborError::TooDeep { .. }))
    ));
    assert!(with_extra(&["f6", &"9f".repeat(1_000_000)]).is_err());
    // Each count would fit into the frame, and all of them together not even into 32 bits.
    let greedy = "9a0000ffff".repeat(100_000);
    assert!(matches!(
        with_extra(&["f6", &greedy]),
        Err(WireError::Malformed(CborError::Truncated { .. }))
    ));
}

#[test]
fn tracing_is_any_text() {
    for text in ["60", "627b7d", "780178", "7f6161ff", "7fff", "f6"] {
        assert!(with_extra(&[text]).is_ok(), "{text}");
    }
    for other in ["f7", "40", "00", "80", "a0", "c160", "f4", "61ff", "7f61ffff", "ff", "f816"] {
        assert!(with_extra(&[other]).is_err(), "{other}");
    }
}

#[test]
fn errors_name_the_part_and_the_byte() {
    let cases = [
        ("", "the message is cut short at byte 0"),
        ("80", "the onward route is missing at byte 1"),
        ("8180", "the return route is missing at byte 2"),
        ("81808040", "the return route is missing at byte 2"),
        ("82808040", "the payload is missing at byte 3"),
        ("9fff", "the onward route is missing at byte 1"),
        ("a0", "the message at byte 0 is a map, not an array"),
        ("8380f640", "the return route at byte 2 is null, not an array"),
        ("838080f6", "the payload at byte 3 is null, not a byte string"),
        (
            "8380805f",
            "the payload at byte 3 is a byte string of indefinite length, not a byte string",
        ),
        ("83808042", "the payload is cut short at byte 4"),
        ("838181008040", "the name of an address is missing at byte 4"),
        (
            "83818219010041618040",
            "the transport type of an address at byte 3 is 256, which is above 255",
        ),
        ("838182204161", "the transport type of an address at byte 3 is a negative integer"),
        ("84808040f7", "the tracing context at byte 4 is undefined, not a text string or null"),
        ("8480804061ff", "the text at byte 4 is not UTF-8"),
        ("85808040f6fe", "an item that begins with 0xfe at byte 5 is not CBOR"),
    ];
    for (message, words) in cases {
        let error = read_frame(&framed(&hex(message))).unwrap_err().to_string();
        let words = format!("the peer's message is malformed: {words}");
        assert!(error.starts_with(&words), "{message}: {error}");
    }
}
