//! What carries messages to other nodes: everything that a transport of another crate needs.
//!
//! A transport implements [`Transport`] and is registered with
//! [`register_transport`](crate::Handle::register_transport). For each connection it starts two workers:
//!
//! - a *sender*, a worker of [`Any`](crate::Any) message, to whose address routes lead. It takes its address off
//!   the onward route and writes the message out ([`encode_frame`]);
//! - a *receiver*, a processor that reads frames ([`FrameDecoder`]), puts the sender's address on the
//!   return routes, and forwards the messages. It is a producer, and its outgoing access control is the
//!   [`FlowGate`] of its flow, so that messages from outside reach consumers only.
//!
//! Messages stay intact if a node stops its workers in the right order: [`StopOrder::Transport`]. When a
//! connection ends, [`end_flow`](crate::Handle::end_flow) tells those who wait for an answer over it.

pub use crate::host_port::HostnamePort;
pub use ockam_core::{
    Decoded, FrameDecoder, LOCAL, LocalInfo, LocalMessage, MAX_FRAME_LEN, PREFACE, Payload,
    Resolving, Transport, TransportMessage, TransportType, WireError, decode_message, encode_frame,
    encode_frame_head, hop_conversions,
};
pub use ockam_node::{
    ConnectionLost, FlowGate, LINK_EAGER_FOR, LINK_EAGER_WAIT, LinkGuard, LinkKind, LinkState,
    StopOrder,
};
#[cfg(feature = "std")]
pub use ockam_node::{Shortcut, StallGuard, Turn};
