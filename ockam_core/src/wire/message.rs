//! The bytes of one frame as a message.
//!
//! It owns which element stands for what, which of them may be absent, and what becomes of a
//! message that is heartbeat or over a limit. It refuses to know the spelling of items
//! (`cbor`) and where the bytes came from (`decoder`).

use super::WireError;
use crate::cbor::{CborError, Reader, read_route};
use crate::{MAX_ADDRESS_LEN, MAX_ROUTE_LEN, Route, RouteError, TransportMessage};

const MESSAGE: &str = "the message";
const ONWARD_ROUTE: &str = "the onward route";
const RETURN_ROUTE: &str = "the return route";
const PAYLOAD: &str = "the payload";
const TRACING: &str = "the tracing context";

/// Says what one frame of a peer was.
///
/// Only a message has to be acted on. The others are here to be counted; the connection goes on
/// after them.
// A box would be one more allocation for every message.
#[allow(clippy::large_enum_variant)]
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Decoded {
    /// A message. Its first hop may be anything: the node says whether somebody is there.
    Message(TransportMessage),
    /// A message without an onward route, whatever else it carried. Old nodes send them to keep a
    /// connection open.
    Heartbeat,
    /// A message with a route or an address over the limits of this library,
    /// [`MAX_ROUTE_LEN`](crate::MAX_ROUTE_LEN) hops and [`MAX_ADDRESS_LEN`](crate::MAX_ADDRESS_LEN) bytes. Ockam 0.150 has no such limits, so
    /// it is no fault of the peer.
    Dropped(RouteError),
}

/// Reads a message that something else than a length marks off: a datagram, or a frame of a serial
/// line. It is what stands behind the four bytes of length in a frame; bytes behind it are ignored.
///
/// ```
/// use ockam_core::{Decoded, TransportMessage, decode_message, encode_frame, route};
///
/// let message = TransportMessage::new(route!["echoer"], route!["app"], vec![1, b'a']);
/// let mut frame = Vec::new();
/// encode_frame(&message, &mut frame)?;
/// assert_eq!(decode_message(&frame[4..])?, Decoded::Message(message));
/// # Ok::<(), ockam_core::WireError>(())
/// ```
///
/// # Errors
/// [`WireError`] if the bytes are no message.
pub fn decode_message(bytes: &[u8]) -> Result<Decoded, WireError> {
    Ok(read_message(bytes)?)
}

/// Reads the message of a frame; bytes behind it are ignored.
pub(super) fn read_message(frame: &[u8]) -> Result<Decoded, CborError> {
    let mut reader = Reader::new(frame);
    let mut fields = reader.array(MESSAGE)?;
    reader.require(&mut fields, ONWARD_ROUTE)?;
    let onward_route = read_route(&mut reader, ONWARD_ROUTE)?;
    reader.require(&mut fields, RETURN_ROUTE)?;
    let return_route = read_route(&mut reader, RETURN_ROUTE)?;
    reader.require(&mut fields, PAYLOAD)?;
    let payload = reader.bytes(PAYLOAD)?;
    if reader.has_next(&mut fields)? {
        reader.text_or_null(TRACING)?;
        reader.skip_rest(&mut fields)?;
    }
    Ok(match (onward_route, return_route) {
        (Ok(onward_route), _) if onward_route.is_empty() => Decoded::Heartbeat,
        (Ok(onward_route), Ok(return_route)) => {
            Decoded::Message(TransportMessage::new(onward_route, return_route, payload))
        }
        (Err(limit), _) | (_, Err(limit)) => Decoded::Dropped(limit),
    })
}

/// The most bytes that stand before the payload of a message whose routes are within the limits and
/// whose items have no more bytes than they need.
pub(super) const MAX_BEGINNING_LEN: usize = {
    let address = 1 + 2 + 2 + MAX_ADDRESS_LEN;
    1 + 2 * (2 + MAX_ROUTE_LEN * address) + 5
};

/// What stands in front of a payload that reaches to the end of its frame.
pub(super) struct Beginning {
    pub(super) onward_route: Route,
    pub(super) return_route: Route,
    /// Where the payload begins, counted from the first byte of the message.
    pub(super) payload_start: usize,
    pub(super) payload_len: usize,
}

/// Reads what stands in front of the payload of a message of `len` bytes, of which some have
/// arrived. `None` if that is not enough, or the message is not one that has three elements, no
/// fault and no route over a limit: then it is read when it is whole.
pub(super) fn read_beginning(arrived: &[u8], len: usize) -> Option<Beginning> {
    /// The head of an array of three.
    const THREE_ELEMENTS: u8 = 0x83;
    if *arrived.first()? != THREE_ELEMENTS {
        return None;
    }
    let mut reader = Reader::new(arrived);
    reader.array(MESSAGE).ok()?;
    let onward_route = read_route(&mut reader, ONWARD_ROUTE).ok()?.ok()?;
    let return_route = read_route(&mut reader, RETURN_ROUTE).ok()?.ok()?;
    let stated = reader.bytes_head(PAYLOAD).ok()?;
    let payload_start = reader.offset();
    let payload_len = len.checked_sub(payload_start)?;
    let reaches_the_end = usize::try_from(stated).is_ok_and(|stated| stated == payload_len);
    (reaches_the_end && !onward_route.is_empty()).then_some(Beginning {
        onward_route,
        return_route,
        payload_start,
        payload_len,
    })
}
