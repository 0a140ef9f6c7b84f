//! A message as the bytes of a frame.
//!
//! It owns the canonical form: definite lengths, shortest heads, byte strings, three elements. It
//! refuses to know any other spelling, and writes no tracing, because nodes have none to give.

use alloc::vec::Vec;

use super::{LENGTH_LEN, MAX_FRAME_LEN, WireError};
use crate::TransportMessage;
use crate::cbor::{bytes_len, route_len, write_array, write_bytes_head, write_route};

/// Appends a message as one whole frame: four bytes of length, then the message in CBOR.
///
/// The frame is what every node reads, of this library or of Ockam 0.150. Its size is known before
/// the first byte is written, so the buffer grows at most once; a transport that clears it and
/// uses it again soon needs no allocation. The buffer may hold frames already.
///
/// Routes are written as they are: [`TransportMessage::validate`] checks their limits. A message
/// with an empty onward route is a heartbeat, which receivers ignore.
///
/// # Errors
/// [`WireError::MessageTooLarge`] if the message has more than
/// [`MAX_FRAME_LEN`] bytes, [`WireError::Body`] if its body cannot be encoded.
/// The buffer is as it was then, and other messages can be written.
///
/// ```
/// use ockam_core::{TransportMessage, encode_frame, route};
///
/// let message = TransportMessage::new(route!["echoer"], route!["app"], vec![1, b'a']);
/// let mut buffer = Vec::new();
/// encode_frame(&message, &mut buffer)?;
/// assert_eq!(buffer, b"\0\0\0\x15\x83\x81\x82\0\x46echoer\x81\x82\0\x43app\x42\x01a");
/// # Ok::<(), ockam_core::WireError>(())
/// ```
pub fn encode_frame(message: &TransportMessage, buffer: &mut Vec<u8>) -> Result<(), WireError> {
    let payload = write_up_to_payload(message, buffer, true)?;
    buffer.extend_from_slice(payload);
    Ok(())
}

/// Appends the beginning of a message's frame and returns its payload, which is the rest of it.
///
/// For a transport that writes both with one call of the operating system, so that a large payload
/// is not copied. Otherwise as [`encode_frame`].
///
/// # Errors
/// As [`encode_frame`].
///
/// ```
/// use ockam_core::{TransportMessage, encode_frame_head, route};
///
/// let message = TransportMessage::new(route!["echoer"], route!["app"], vec![1, b'a']);
/// let mut buffer = Vec::new();
/// let payload = encode_frame_head(&message, &mut buffer)?;
/// assert_eq!(payload, [1, b'a']);
/// assert_eq!(buffer, b"\0\0\0\x15\x83\x81\x82\0\x46echoer\x81\x82\0\x43app\x42");
/// # Ok::<(), ockam_core::WireError>(())
/// ```
pub fn encode_frame_head<'m>(
    message: &'m TransportMessage,
    buffer: &mut Vec<u8>,
) -> Result<&'m [u8], WireError> {
    write_up_to_payload(message, buffer, false)
}

/// Appends everything of a frame but the payload, for which room is made if it is to follow.
fn write_up_to_payload<'m>(
    message: &'m TransportMessage,
    buffer: &mut Vec<u8>,
    payload_follows: bool,
) -> Result<&'m [u8], WireError> {
    let payload = message.payload.to_bytes().map_err(WireError::Body)?;
    let routes = [&message.onward_route, &message.return_route];
    let len = 1 + route_len(routes[0]) + route_len(routes[1]) + bytes_len(payload);
    let length = match u32::try_from(len) {
        Ok(length) if len <= MAX_FRAME_LEN => length,
        _ => return Err(WireError::MessageTooLarge { len }),
    };
    let rest = if payload_follows { 0 } else { payload.len() };
    buffer.reserve(LENGTH_LEN + len - rest);
    buffer.extend_from_slice(&length.to_be_bytes());
    write_array(buffer, 3);
    routes.iter().for_each(|route| write_route(buffer, route));
    write_bytes_head(buffer, payload.len());
    Ok(payload)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::route;
    use alloc::vec;

    #[test]
    fn a_message_that_is_too_large_leaves_the_buffer_alone() {
        let mut buffer = vec![1, 2];
        let message = TransportMessage::new(route!["a"], route![], vec![0; MAX_FRAME_LEN]);
        let len = MAX_FRAME_LEN + 12;
        let error = encode_frame(&message, &mut buffer);
        assert_eq!(error, Err(WireError::MessageTooLarge { len }));
        assert_eq!(buffer, [1, 2]);
        assert!(buffer.capacity() < 100);
    }
}
