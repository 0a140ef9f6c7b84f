//! The part of CBOR (RFC 8949) that the protocols between nodes are made of.
//!
//! It owns the spelling of items: what encoders write (definite lengths, shortest heads), what is
//! tolerated of other encoders (longer heads, indefinite lengths, elements that nobody knows), and
//! routes, which all protocols share. It refuses to know any other structure: those belong to the
//! protocols, here `wire` for frames, in other crates identities and channels.
//!
//! | file | owns |
//! |---|---|
//! | `reader` | items, one after the other |
//! | `skip` | items that nobody wants to know |
//! | `writer` | items in their canonical form |
//! | `route` | routes, read and written |
//! | `error` | what can be wrong with bytes |

mod error;
mod reader;
mod route;
mod skip;
mod writer;

pub use error::CborError;
pub use reader::{Elements, Reader};
pub use route::{read_route, route_len, write_route};
pub use writer::{
    bytes_len, head_len, write_array, write_boolean, write_bytes, write_bytes_head, write_map,
    write_null, write_text, write_unsigned, write_variant,
};

/// The kinds of CBOR items: the upper three bits of their first byte.
mod major {
    pub(super) const UNSIGNED: u8 = 0;
    pub(super) const NEGATIVE: u8 = 1;
    pub(super) const BYTES: u8 = 2;
    pub(super) const TEXT: u8 = 3;
    pub(super) const ARRAY: u8 = 4;
    pub(super) const MAP: u8 = 5;
    pub(super) const TAG: u8 = 6;
    pub(super) const SIMPLE: u8 = 7;
}
