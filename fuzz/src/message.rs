//! One message: the bytes of a frame without its length.
//!
//! It owns the promises about meaning: the codec reads and refuses what the model reads and refuses,
//! what it read it writes, what it wrote it reads as the same, and canonical bytes come back as they
//! were. It refuses to know frames and pieces; `frame` does.

use ockam_core::cbor::CborError;
use ockam_core::{
    Decoded, FrameDecoder, MAX_ADDRESS_LEN, MAX_ROUTE_LEN, Route, TransportMessage, WireError,
    encode_frame,
};

use crate::model::{self, Verdict};

/// The levels that the codec follows in elements that it skips.
const LEVELS_FOLLOWED: usize = 64;

/// Checks one message.
pub fn check(data: &[u8]) {
    let verdict = model::judge(data);
    match read(&framed(data)) {
        Ok(decoded) => check_accepted(data, decoded, &verdict),
        Err(error) => check_refused(data, &error, &verdict),
    }
}

fn check_accepted(data: &[u8], decoded: Decoded, verdict: &Verdict) {
    if verdict.depth > model::MAX_DEPTH {
        return;
    }
    let Some(expected) = &verdict.message else { panic!("read, but no message: {decoded:?}") };
    let within_limits =
        is_within_limits(&expected.onward_route) && is_within_limits(&expected.return_route);
    match decoded {
        Decoded::Heartbeat => assert!(expected.onward_route.is_empty()),
        Decoded::Dropped(error) => {
            assert!(!within_limits, "{error}");
            assert!(error.to_string().len() < 500);
        }
        Decoded::Message(message) => {
            assert!(within_limits && message.validate().is_ok());
            assert_eq!(addresses(&message.onward_route), expected.onward_route);
            assert_eq!(addresses(&message.return_route), expected.return_route);
            assert_eq!(message.payload, expected.payload);
            check_comes_back(data, message, verdict.canonical);
        }
        other => panic!("nobody checks {other:?}"),
    }
}

/// Checks that a message is written, and read again as the same.
fn check_comes_back(data: &[u8], message: TransportMessage, canonical: bool) {
    let mut frame = Vec::new();
    encode_frame(&message, &mut frame).expect("it was within the limits of a frame");
    assert!(frame.len() <= 4 + data.len(), "the written form is the shortest");
    let written = model::judge(&frame[4..]);
    assert!(written.canonical, "{:02x?} is not canonical", &frame[4..]);
    assert_eq!(canonical, frame == framed(data), "canonical bytes come back, and no others");
    assert_eq!(read(&frame), Ok(Decoded::Message(message)));
}

fn check_refused(data: &[u8], error: &WireError, verdict: &Verdict) {
    let WireError::Malformed(error) = error else { panic!("not the fault of a message: {error}") };
    if let CborError::TooDeep { .. } = error {
        // It counts levels of indefinite length, and may count those between them.
        assert!(verdict.depth > LEVELS_FOLLOWED / 2, "{error}");
    } else {
        assert!(verdict.message.is_none(), "{error}, but it is {verdict:?}");
    }
    assert!(offset(error) <= data.len(), "{error}");
    assert!(error.to_string().len() < 500);
}

/// Reads a frame on a connection of its own, which is a stream that may end after it.
fn read(frame: &[u8]) -> Result<Decoded, WireError> {
    let mut decoder = FrameDecoder::without_preface();
    decoder.handle_input(frame);
    let decoded = decoder.poll_message()?;
    assert!(!decoder.is_mid_frame());
    Ok(decoded.expect("a whole frame is a message or a fault"))
}

fn framed(message: &[u8]) -> Vec<u8> {
    let len = u32::try_from(message.len()).expect("inputs are small");
    [&len.to_be_bytes(), message].concat()
}

fn addresses(route: &Route) -> Vec<model::Address> {
    let pair = |address: &ockam_core::Address| {
        (address.transport_type().value(), address.as_bytes().to_vec())
    };
    route.iter().map(pair).collect()
}

fn is_within_limits(route: &[model::Address]) -> bool {
    route.len() <= MAX_ROUTE_LEN && route.iter().all(|(_, name)| name.len() <= MAX_ADDRESS_LEN)
}

/// Returns where the fault of a message is.
fn offset(error: &CborError) -> usize {
    match error {
        CborError::Truncated { offset, .. }
        | CborError::Missing { offset, .. }
        | CborError::Unexpected { offset, .. }
        | CborError::TooLarge { offset, .. }
        | CborError::NotUtf8 { offset }
        | CborError::NotCbor { offset, .. }
        | CborError::TooDeep { offset, .. } => *offset,
        other => panic!("not the fault of a message: {other}"),
    }
}
