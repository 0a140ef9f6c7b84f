//! The vector files: hex, patterns of repeated bytes, addresses and routes.

use ockam_core::{
    Address, Decoded, FrameDecoder, Route, TransportMessage, WireError, encode_frame,
};
use serde_json::Value;

/// Reads a file of `docs/vectors`.
pub(crate) fn file(name: &str) -> Value {
    let path = format!("{}/../docs/vectors/{name}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    serde_json::from_str(&text).unwrap()
}

pub(crate) fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().unwrap_or_else(|| panic!("`{key}` is not a list"))
}

pub(crate) fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_else(|| panic!("`{key}` is not a text"))
}

/// Reads hex, or `{head, repeat, times, tail}` with one repeated byte in the middle.
pub(crate) fn bytes(value: &Value) -> Vec<u8> {
    match value {
        Value::String(digits) => hex(digits),
        Value::Object(parts) => {
            let part = |key| parts.get(key).map(bytes).unwrap_or_default();
            let times = parts["times"].as_u64().unwrap() as usize;
            [part("head"), part("repeat").repeat(times), part("tail")].concat()
        }
        other => panic!("not bytes: {other}"),
    }
}

pub(crate) fn hex(digits: &str) -> Vec<u8> {
    let pair = |index| u8::from_str_radix(&digits[index..index + 2], 16).unwrap();
    (0..digits.len()).step_by(2).map(pair).collect()
}

pub(crate) fn route(value: &Value) -> Route {
    let addresses = value.as_array().unwrap();
    let addresses = addresses.iter().map(|address| {
        let transport = address["type"].as_u64().and_then(|number| u8::try_from(number).ok());
        let address_of = |bytes| Address::new(transport.unwrap().into(), bytes);
        let made = address_of(bytes(&address["hex"]));
        let text = std::str::from_utf8(made.as_bytes()).ok();
        assert_eq!(address["text"].as_str(), text, "the vector agrees with itself");
        made
    });
    addresses.collect()
}

/// Writes a message as a frame.
pub(crate) fn frame_of(message: &TransportMessage) -> Vec<u8> {
    let mut frame = Vec::new();
    encode_frame(message, &mut frame).unwrap();
    frame
}

/// Puts a length in front of a message that is already bytes.
pub(crate) fn framed(message: &[u8]) -> Vec<u8> {
    [&(message.len() as u32).to_be_bytes(), message].concat()
}

/// Gives bytes to a decoder and returns what comes out, in order.
pub(crate) fn feed(
    decoder: &mut FrameDecoder,
    bytes: &[u8],
) -> (Vec<Decoded>, Result<(), WireError>) {
    decoder.handle_input(bytes);
    let mut decoded = Vec::new();
    loop {
        match decoder.poll_message() {
            Ok(Some(one)) => decoded.push(one),
            Ok(None) => return (decoded, Ok(())),
            Err(error) => return (decoded, Err(error)),
        }
    }
}

/// Reads a frame on a connection of its own, and proves with a second frame that the connection
/// goes on.
pub(crate) fn read_frame(frame: &[u8]) -> Result<Decoded, WireError> {
    let after = TransportMessage::new("after", "app", vec![1]);
    let mut decoder = FrameDecoder::new();
    let (mut decoded, end) = feed(&mut decoder, &[&[1], frame, &frame_of(&after)].concat());
    if let Err(error) = end {
        assert_eq!(decoded, [], "nothing is delivered of a frame that is refused");
        assert_eq!(feed(&mut decoder, &frame_of(&after)), (vec![], Err(error.clone())));
        return Err(error);
    }
    assert!(!decoder.is_mid_frame());
    assert_eq!(decoded.pop(), Some(Decoded::Message(after)));
    assert_eq!(decoded.len(), 1);
    Ok(decoded.remove(0))
}
