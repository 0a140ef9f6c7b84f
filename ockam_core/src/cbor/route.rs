//! Routes in CBOR: an array of addresses, each an array of its transport type and its name.
//!
//! It owns their spelling and this library's limits on what is read. It refuses to know which
//! route of which message it is: the caller passes the name of the part for the error.

use alloc::vec::Vec;

use super::{CborError, Reader, bytes_len, head_len, write_array, write_bytes, write_unsigned};
use crate::{
    Address, AddressError, MAX_ADDRESS_LEN, MAX_ROUTE_LEN, Route, RouteError, TransportType,
};

const ADDRESS: &str = "an address";
const TRANSPORT_TYPE: &str = "the transport type of an address";
const ADDRESS_BYTES: &str = "the name of an address";

/// Reads a route to its end. What is over a limit is read as well, because a fault behind it is
/// a fault, but not stored.
///
/// # Errors
/// [`CborError`] if the bytes are no route. The inner error says that it is one, with more than
/// [`MAX_ROUTE_LEN`] hops or with an address of more than [`MAX_ADDRESS_LEN`] bytes.
pub fn read_route(
    reader: &mut Reader<'_>,
    part: &'static str,
) -> Result<Result<Route, RouteError>, CborError> {
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
fn read_address<'a>(reader: &mut Reader<'a>) -> Result<(TransportType, &'a [u8]), CborError> {
    let mut fields = reader.array(ADDRESS)?;
    reader.require(&mut fields, TRANSPORT_TYPE)?;
    let transport = reader.byte(TRANSPORT_TYPE)?;
    reader.require(&mut fields, ADDRESS_BYTES)?;
    let bytes = reader.bytes(ADDRESS_BYTES)?;
    reader.skip_rest(&mut fields)?;
    Ok((transport.into(), bytes))
}

/// Writes a route as it is: [`Route::validate`] checks its limits.
pub fn write_route(buffer: &mut Vec<u8>, route: &Route) {
    write_array(buffer, route.len());
    for address in route {
        write_array(buffer, 2);
        write_unsigned(buffer, transport_type(address));
        write_bytes(buffer, address.as_bytes());
    }
}

/// Returns the bytes that a route takes.
#[must_use]
pub fn route_len(route: &Route) -> usize {
    let addresses = route
        .iter()
        .map(|address| 1 + head_len(transport_type(address)) + bytes_len(address.as_bytes()));
    head_len(route.len() as u64) + addresses.sum::<usize>()
}

fn transport_type(address: &Address) -> u64 {
    address.transport_type().value().into()
}
