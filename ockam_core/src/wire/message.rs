//! The bytes of one frame as a message.
//!
//! It owns which element stands for what, which of them may be absent, and what becomes of a
//! message that is heartbeat or over a limit. It refuses to know the spelling of items (`reader`,
//! `skip`) and where the bytes came from (`decoder`).

use super::WireError;
use super::reader::Reader;
use crate::{
    Address, AddressError, MAX_ADDRESS_LEN, MAX_ROUTE_LEN, Route, RouteError, TransportMessage,
    TransportType,
};

const MESSAGE: &str = "the message";
const ONWARD_ROUTE: &str = "the onward route";
const RETURN_ROUTE: &str = "the return route";
const ADDRESS: &str = "an address";
const TRANSPORT_TYPE: &str = "the transport type of an address";
const ADDRESS_BYTES: &str = "the name of an address";
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
    /// [`MAX_ROUTE_LEN`] hops and [`MAX_ADDRESS_LEN`] bytes. Ockam 0.150 has no such limits, so
    /// it is no fault of the peer.
    Dropped(RouteError),
}

/// Reads the message of a frame; bytes behind it are ignored.
pub(super) fn read_message(frame: &[u8]) -> Result<Decoded, WireError> {
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

/// Reads a route to its end. What is over a limit is read as well, because a fault behind it is
/// a fault, but not stored.
fn read_route(
    reader: &mut Reader<'_>,
    part: &'static str,
) -> Result<Result<Route, RouteError>, WireError> {
    let mut elements = reader.array(part)?;
    let mut route = Route::new();
    let mut limit = None;
    let mut hops = 0;
    while reader.has_next(&mut elements)? {
        hops += 1;
        let (transport, bytes) = read_address(reader)?;
        if bytes.len() > MAX_ADDRESS_LEN {
            limit = limit.or(Some((hops, bytes)));
        } else if hops <= MAX_ROUTE_LEN {
            route.push_front(Address::new(transport, bytes));
        }
    }
    if hops > MAX_ROUTE_LEN {
        return Ok(Err(RouteError::TooLong { hops }));
    }
    Ok(match limit {
        Some((hop, bytes)) => {
            Err(RouteError::Address { hop, error: AddressError::too_long(bytes) })
        }
        None => Ok(route.joined()),
    })
}

/// Reads an address, whose name stays where it is.
fn read_address<'a>(reader: &mut Reader<'a>) -> Result<(TransportType, &'a [u8]), WireError> {
    let mut fields = reader.array(ADDRESS)?;
    reader.require(&mut fields, TRANSPORT_TYPE)?;
    let offset = reader.offset();
    let value = reader.unsigned(TRANSPORT_TYPE)?;
    let transport = u8::try_from(value).map_err(|_| WireError::TransportType { offset, value })?;
    reader.require(&mut fields, ADDRESS_BYTES)?;
    let bytes = reader.bytes(ADDRESS_BYTES)?;
    reader.skip_rest(&mut fields)?;
    Ok((transport.into(), bytes))
}
