//! What an Ockam message, address, route, worker and access rule **is**, on any machine.
//!
//! `ockam_core` is `no_std` (it needs `alloc`), reads no clock, draws no random numbers, opens
//! nothing and knows no executor. Programs for servers use the facade crate `ockam`, which
//! re-exports everything here; libraries and bare-metal programs that run no node of their own
//! can depend on this crate alone.
//!
//! | room | owns |
//! |---|---|
//! | [`Address`], [`Route`], [`route!`] | where a message goes and how the answer comes back |
//! | [`Message`], [`TransportMessage`], [`LocalMessage`], [`Routed`] | what travels, as bytes or still typed |
//! | [`Worker`], [`Processor`] | what a program implements |
//! | [`Mailbox`], [`IncomingAccessControl`], [`OutgoingAccessControl`] | which message may enter and leave an address |
//! | [`Transport`] | what carries messages to other nodes |
//! | [`encode_frame`], [`FrameDecoder`] | the bytes of messages between nodes |
//! | [`cbor`] | the spelling of everything that nodes say to each other |
//! | [`FailureNotice`] | what an asker on another node is told when its question has failed |
//! | [`FlowControlTable`] | which local workers a message from outside may reach |
//! | [`Error`], [`ErrorKind`], [`errcode`] | the one error type at every public boundary |
#![no_std]
#![deny(unsafe_code)]

extern crate alloc;

mod access;
pub mod cbor;
pub mod errcode;
mod error;
mod flow_control;
mod mailbox;
mod message;
mod notice;
mod processor;
mod routing;
mod transport;
mod type_name;
mod wire;
mod worker;

pub use access::{
    AllIncoming, AllOutgoing, AllowAll, AllowOnwardAddress, AllowOnwardAddresses,
    AllowSourceAddress, AllowSourceAddresses, AnyIncoming, AnyOutgoing, Authorization, DenyAll,
    IncomingAccessControl, OutgoingAccessControl, RelayMessage, allow, deny,
};
pub use error::{Error, ErrorKind, Result, TEXTS};
pub use flow_control::{FlowControlId, FlowControlTable, ProducerInfo, SpawnerInfo};
pub use mailbox::{Mailbox, Mailboxes};
pub use message::{
    Any, DecodeError, EncodeError, LocalInfo, LocalMessage, MAX_BODY_DEPTH, MAX_EMPTY_ITEMS,
    Message, NeutralMessage, Payload, Routed, SpareMessage, TransportMessage, TypedBody, decode,
    encode,
};
pub use notice::{
    FailureNotice, FailureReason, MAX_NOTICE_LEN, MAX_NOTICE_TEXT_LEN, MAX_NOTICE_TEXTS,
    MAX_NOTICE_TYPE_LEN, Mismatch, NoticeError,
};
pub use processor::Processor;
pub use routing::{
    Address, AddressError, LOCAL, MAX_ADDRESS_LEN, MAX_ROUTE_LEN, Route, RouteBuilder, RouteError,
    RouteIntoIter, TCP, TransportType,
};
pub use transport::{Resolving, Transport};
pub use type_name::TypeName;
pub use wire::{
    Decoded, FrameDecoder, MAX_FRAME_LEN, PREFACE, WireError, decode_message, encode_frame,
    encode_frame_head,
};
pub use worker::Worker;
