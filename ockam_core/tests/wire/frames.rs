//! Every case of `tcp-frames.json`: what Ockam 0.150 writes is read, and what it can read is
//! written.

use super::vectors::{bytes, feed, file, frame_of, framed, hex, list, read_frame, route, text};
use ockam_core::{
    Address, Decoded, ErrorKind, FailureNotice, FailureReason, FrameDecoder, MAX_FRAME_LEN,
    PREFACE, TransportMessage, WireError, encode,
};
use serde_json::Value;

fn message(decoded: &Value) -> TransportMessage {
    let routes = ["onward_route", "return_route"].map(|key| route(&decoded[key]));
    let [onward_route, return_route] = routes;
    TransportMessage { onward_route, return_route, payload: bytes(&decoded["payload"]).into() }
}

/// Takes the tracing text out of a frame that Ockam 0.150 wrote.
fn without_tracing(frame: &[u8], tracing: &str) -> Vec<u8> {
    let head = if tracing.len() < 24 { 1 } else { 2 };
    let (message, last) = frame[4..].split_at(frame.len() - 4 - head - tracing.len());
    assert_eq!((message[0], &last[head..]), (0x84, tracing.as_bytes()));
    framed(&[&[0x83], &message[1..]].concat())
}

#[test]
fn the_preface_is_that_of_the_vectors() {
    assert_eq!(bytes(&file("tcp-frames.json")["preface"]), [PREFACE]);
}

#[test]
fn every_frame_is_read_as_what_it_means() {
    let vectors = file("tcp-frames.json");
    for case in list(&vectors, "frames") {
        let name = text(case, "name");
        let message = message(&case["decoded"]);
        let expected = match text(case, "read_back") {
            "delivered" => Decoded::Message(message),
            "ignored, connection stays" if message.onward_route.is_empty() => Decoded::Heartbeat,
            // The codec has no workers: the node drops a message whose first hop is not one.
            "ignored, connection stays" => {
                assert!(!message.onward_route.is_local(), "{name}");
                Decoded::Message(message)
            }
            other => panic!("{name}: {other}"),
        };
        assert_eq!(read_frame(&bytes(&case["frame"])), Ok(expected), "{name}");
    }
}

#[test]
fn every_message_is_written_as_the_frame_without_tracing() {
    let vectors = file("tcp-frames.json");
    let mut same = 0;
    for case in list(&vectors, "frames") {
        let frame = bytes(&case["frame"]);
        let canonical = match case["decoded"]["tracing_context"].as_str() {
            Some(tracing) => without_tracing(&frame, tracing),
            None => {
                same += 1;
                frame
            }
        };
        assert_eq!(frame_of(&message(&case["decoded"])), canonical, "{}", text(case, "name"));
        if let Ok(Decoded::Message(read)) = read_frame(&canonical) {
            assert_eq!(frame_of(&read), canonical, "{}", text(case, "name"));
        }
    }
    assert_eq!(same, 6, "frames that come back as they are");
}

#[test]
fn all_frames_are_read_from_one_stream_whatever_its_pieces() {
    let vectors = file("tcp-frames.json");
    let frames: Vec<_> =
        list(&vectors, "frames").iter().map(|case| bytes(&case["frame"])).collect();
    let stream = [vec![PREFACE], frames.concat()].concat();
    let whole = feed(&mut FrameDecoder::new(), &stream);
    assert_eq!((whole.0.len(), &whole.1), (frames.len(), &Ok(())));
    for size in [1, 2, 3, 7, 64, 65_536] {
        let mut decoder = FrameDecoder::new();
        let mut decoded = Vec::new();
        for piece in stream.chunks(size) {
            let (more, end) = feed(&mut decoder, piece);
            assert_eq!(end, Ok(()));
            decoded.extend(more);
        }
        assert_eq!(decoded, whole.0, "pieces of {size} bytes");
        assert!(!decoder.is_mid_frame());
    }
}

/// Reads as a transport does that has the operating system write into the decoder's room.
#[test]
fn bytes_that_are_read_into_the_room_are_the_same_as_those_that_are_handed_over() {
    let message = TransportMessage::new("echoer", "app", vec![7; 1000]);
    let bytes = [&[1][..], &frame_of(&message), &frame_of(&message), &[0xff; 4]].concat();
    for piece in [1, 3, 500, 5000] {
        let mut decoder = FrameDecoder::new();
        let mut decoded = Vec::new();
        let end = bytes.chunks(piece).try_for_each(|piece| {
            decoder.input_room(piece.len())[..piece.len()].copy_from_slice(piece);
            decoder.input_filled(piece.len());
            decoder.shrink(0);
            while let Some(next) = decoder.poll_message()? {
                decoded.push(next);
            }
            Ok(())
        });
        assert_eq!(decoded, [Decoded::Message(message.clone()), Decoded::Message(message.clone())]);
        assert_eq!(
            end,
            Err(WireError::FrameTooLarge { len: u32::MAX, limit: MAX_FRAME_LEN as u32 })
        );
    }
    let mut decoder = FrameDecoder::new();
    decoder.input_room(9)[..9].copy_from_slice(&[2, 0, 0, 0, 4, 0x83, 0x80, 0x80, 0x40]);
    decoder.input_filled(9);
    assert_eq!(decoder.poll_message(), Err(WireError::Preface { found: 2 }));
}

#[test]
fn a_large_frame_is_the_same_whatever_pieces_it_comes_in() {
    let large = TransportMessage::new("echoer", "app", vec![7; 300_000]);
    let small = TransportMessage::new("echoer", "app", vec![8; 10]);
    let mut with_tracing = frame_of(&large);
    with_tracing[4] += 1;
    with_tracing.push(0xf6);
    let len = u32::try_from(with_tracing.len() - 4).unwrap();
    with_tracing[..4].copy_from_slice(&len.to_be_bytes());
    let frames = [frame_of(&large), with_tracing, frame_of(&small), frame_of(&large)].concat();
    let expected = [&large, &large, &small, &large].map(|message| message.clone());
    for piece in [7, 1000, 65_536, 299_990, 1_000_000] {
        let [mut handed, mut read] = [(); 2].map(|()| FrameDecoder::without_preface());
        let [mut of_handed, mut of_read] = [Vec::new(), Vec::new()];
        for mut bytes in frames.chunks(piece) {
            of_handed.extend(feed(&mut handed, bytes).0);
            while !bytes.is_empty() {
                let room = read.input_room(1);
                let len = room.len().min(bytes.len());
                room[..len].copy_from_slice(&bytes[..len]);
                read.input_filled(len);
                bytes = &bytes[len..];
                while let Some(decoded) = read.poll_message().unwrap() {
                    of_read.push(decoded);
                }
            }
        }
        for decoded in [of_handed, of_read] {
            assert!(decoded.into_iter().eq(expected.iter().cloned().map(Decoded::Message)));
        }
        assert!(!handed.is_mid_frame() && !read.is_mid_frame());
    }
}

#[test]
fn a_large_message_comes_before_the_fault_behind_it() {
    let large = TransportMessage::new("echoer", "app", vec![7; 100_000]);
    let bytes = [frame_of(&large), vec![0xff; 4], frame_of(&large)].concat();
    for piece in [1, 1000, 100_000, 1_000_000] {
        let mut decoder = FrameDecoder::without_preface();
        let mut outcome = (Vec::new(), None);
        for bytes in bytes.chunks(piece) {
            let (decoded, error) = feed(&mut decoder, bytes);
            outcome.0.extend(decoded);
            outcome.1 = outcome.1.or(error.err());
        }
        assert_eq!(outcome.0, [Decoded::Message(large.clone())], "{piece}");
        assert_eq!(
            outcome.1,
            Some(WireError::FrameTooLarge { len: u32::MAX, limit: MAX_FRAME_LEN as u32 }),
            "{piece}"
        );
    }
}

#[test]
fn a_large_frame_with_a_beginning_that_has_no_end_is_read_when_it_is_whole() {
    // An onward route of more addresses than a node takes, in the smallest form there is.
    let mut message = vec![0x83, 0x9f];
    message.extend([0x82, 0x00, 0x40].repeat(60_000));
    message.extend([0xff, 0x80, 0x40]);
    let frame = [&u32::try_from(message.len()).unwrap().to_be_bytes()[..], &message].concat();
    let mut decoder = FrameDecoder::without_preface();
    let mut all = Vec::new();
    for bytes in frame.chunks(100) {
        all.extend(feed(&mut decoder, bytes).0);
    }
    assert!(matches!(all[..], [Decoded::Dropped(_)]));
}

/// Returns the bytes on the lines of the document's conversation that begin with a mark.
fn written(conversation: &str, mark: &str) -> Vec<u8> {
    let lines = conversation.lines().filter_map(|line| line.strip_prefix(mark));
    // Two spaces end the bytes, and words follow.
    let digits = lines.filter_map(|line| line.trim_start().split("  ").next());
    hex(&digits.collect::<String>().replace(' ', ""))
}

/// Returns a section of the document.
fn section(title: &str) -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/protocol.md");
    let document = std::fs::read_to_string(path).unwrap();
    document.split(title).nth(1).unwrap().split("\n## ").next().unwrap().into()
}

#[test]
fn the_notice_of_the_document_is_what_nodes_write() {
    let failures = section("## 8. Failures");
    let name = Address::from("vde9ae2a0e936d8d1fb99e0f929f2a2c");
    let payload = encode(&"Hello".to_string()).unwrap();
    let question = TransportMessage::new("echoer", name.clone(), payload);
    assert_eq!(written(&failures, "> "), frame_of(&question));
    let failed = FailureNotice::new(FailureReason::Failed, ErrorKind::Failed).encode();
    let notice = TransportMessage::new(name.notice_address().unwrap(), "echoer", failed);
    assert_eq!(written(&failures, "< "), frame_of(&notice));
}

#[test]
fn the_conversation_of_the_document_is_what_nodes_write() {
    let conversation = section("## 6. A conversation");
    let name = "fde9ae2a0e936d8d1fb99e0f929f2a2c";
    let payload = encode(&"Hello".to_string()).unwrap();
    let question = TransportMessage::new("echoer", name, &payload[..]);
    let answer = TransportMessage::new(name, "echoer", payload);
    for (mark, message) in [("> ", question), ("< ", answer)] {
        let expected = [vec![PREFACE], frame_of(&message)].concat();
        assert_eq!(written(&conversation, mark), expected, "{mark}");
    }
}

/// The registrations and relayed messages of `relay.json`, whose steps the tests of relays take.
#[test]
fn every_frame_of_a_relay_is_read_and_written_again() {
    let vectors = file("relay.json");
    let conversations = ["ephemeral", "static_and_replaced", "service_with_prefix_forward_to_"];
    let mut steps: Vec<&Value> = conversations.iter().flat_map(|key| list(&vectors, key)).collect();
    steps.extend(list(&vectors, "client").iter().flat_map(|client| list(client, "steps")));
    let with_frames = steps.into_iter().filter(|step| step["frame"].is_string());
    let mut count = 0;
    for step in with_frames {
        let (frame, message) = (bytes(&step["frame"]), message(&step["decoded"]));
        assert_eq!(read_frame(&frame), Ok(Decoded::Message(message.clone())));
        let canonical = match step["decoded"]["tracing_context"].as_str() {
            Some(tracing) => without_tracing(&frame, tracing),
            None => frame,
        };
        assert_eq!(frame_of(&message), canonical);
        count += 1;
    }
    assert_eq!(count, 20);
}
