//! Bodies of messages as bytes, and what travels beside them.

pub use ockam_core::{
    Any, LocalInfo, LocalMessage, MAX_BODY_DEPTH, MAX_EMPTY_ITEMS, Message, NeutralMessage,
    Payload, Routed, TransportMessage, decode, encode,
};
