//! Ockam nodes and workers: very lightweight, concurrent, stateful actors that exchange messages
//! along routes.
//!
//! A **node** is a program that runs workers. A **worker** is a struct that handles messages, one
//! at a time. A message carries the route that it still has to go, and the route along which an
//! answer comes back.
//!
//! ```
//! use ockam::{Context, Result, Routed, Worker, node};
//!
//! struct Echoer;
//!
//! #[ockam::worker]
//! impl Worker for Echoer {
//!     type Context = Context;
//!     type Message = String;
//!
//!     async fn handle_message(&mut self, ctx: &mut Context, msg: Routed<String>) -> Result<()> {
//!         ctx.send(msg.return_route(), msg.body()).await
//!     }
//! }
//!
//! #[ockam::node]
//! async fn main(ctx: Context) -> Result<()> {
//!     let mut node = node(ctx);
//!     node.start_worker("echoer", Echoer).await?;
//!     node.send("echoer", "Hello Ockam!".to_string()).await?;
//!     let reply = node.receive::<String>().await?;
//!     assert_eq!(reply, "Hello Ockam!".to_string());
//!     node.stop().await
//! }
//! ```
//!
//! This crate is the only one that a program names. Libraries that only need to know what a
//! message or a worker is depend on [`ockam_core`](https://docs.rs/ockam_core).
//!
//! # Logs
//!
//! `#[ockam::node]` writes warnings and errors to standard error, unless the program has set up a
//! `tracing` subscriber of its own. The environment variable `OCKAM_LOG` sets the level, for
//! everything or by module: `OCKAM_LOG=debug`, `OCKAM_LOG=warn,ockam_node=trace`,
//! `OCKAM_LOG=off`. Build without the feature `logs` to leave it out.
#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

#[cfg(feature = "std")]
#[doc(hidden)]
pub mod __private;
#[cfg(not(feature = "std"))]
#[doc(hidden)]
#[path = "bare_metal.rs"]
pub mod __private;
#[cfg(feature = "identity")]
pub mod identity;
#[cfg(feature = "logs")]
mod logs;
mod node;
mod relay;
pub mod remote;
#[cfg(feature = "std")]
mod run;
pub mod workers;

#[cfg(feature = "identity")]
#[doc(inline)]
pub use ockam_identity::vault;

pub use node::{Node, node};
pub use relay::{
    DEFAULT_MAX_RELAYS, DEFAULT_MAX_RELAYS_PER_CONNECTION, DEFAULT_RELAY_PREFIX,
    FORWARDING_SERVICE, MAX_RELAY_NAME_LEN, RELAY_ATTEMPT_LIMIT, RELAY_FIRST_WAIT,
    RELAY_LONGEST_WAIT, RemoteRelay, RemoteRelayInfo, RemoteRelayOptions,
    STATIC_FORWARDING_SERVICE,
};
#[cfg(feature = "std")]
pub use relay::{RelayRefusal, RelayService, RelayServiceOptions};
#[cfg(feature = "std")]
pub use run::run_node_with;
pub use workers::worker_fn;

pub use ockam_core::errcode;
pub use ockam_macros::{Message, node, processor, test, worker};

pub use ockam_core::{
    Address, AddressError, AllIncoming, AllOutgoing, AllowAll, AllowOnwardAddress,
    AllowOnwardAddresses, AllowSourceAddress, AllowSourceAddresses, Any, AnyIncoming, AnyOutgoing,
    Authorization, BLE, DecodeError, DenyAll, EncodeError, Error, ErrorKind, FailureReason,
    FlowControlId, IncomingAccessControl, LOCAL, LocalInfo, LocalMessage, MAX_ADDRESS_LEN,
    MAX_BODY_DEPTH, MAX_EMPTY_ITEMS, MAX_ROUTE_LEN, Mailbox, Mailboxes, Message, Mismatch,
    NeutralMessage, OutgoingAccessControl, Payload, Processor, ProducerInfo, RelayMessage, Result,
    Route, RouteBuilder, RouteError, Routed, SpawnerInfo, TCP, Transport, TransportMessage,
    TransportType, UDP, UDS, WS, Worker, allow, decode, deny, encode, route,
};
pub use ockam_node::{
    APP, ConnectionLost, Context, DEAD_LETTERS_KEPT, DEFAULT_MAILBOX_CAPACITY,
    DEFAULT_STOP_TIMEOUT, DEFAULT_TIMEOUT, DeadLetter, DeadLetterReason, DeadLetterSubscription,
    DeadLetters, DelayedEvent, ENDED_FLOWS_KEPT, FlowControls, FlowGate, Handle, LINK_EAGER_FOR,
    LINK_EAGER_WAIT, LinkKind, LinkState, MessageReceiveOptions, MessageSendReceiveOptions,
    NodeBuilder, ProcessorBuilder, SendError, SendErrorReason, StopError, StopOrder, WorkerBuilder,
};
#[cfg(feature = "std")]
pub use ockam_node::{
    Audience, ByteBudget, ByteCharge, DEFAULT_BLOCKING_LIMIT, DEFAULT_MAILBOX_BYTES, KILL_PATIENCE,
    Killed, LINK_DOWN_WARNING, LinkInfo, LinkStatus, LinkWatch, RemoteFailure,
    STOP_TIMEOUT_VARIABLE, StopOptions,
};
#[cfg(not(feature = "std"))]
pub use ockam_node::{DEFAULT_TASK_SLOTS, MAX_TASK_SLOTS};

#[cfg(feature = "tcp")]
pub use ockam_transport_tcp::{
    CLOSE_PATIENCE, DEFAULT_CONNECT_TIMEOUT, DEFAULT_CONNECTION_LIMIT,
    DEFAULT_CONSUMER_STALL_TIMEOUT, DEFAULT_FRAME_BUDGET, DEFAULT_FRAME_TIMEOUT,
    DEFAULT_HANDSHAKE_TIMEOUT, DEFAULT_KEEPALIVE, DEFAULT_MAX_FRAME_LEN, DEFAULT_MAX_QUEUED_BYTES,
    DEFAULT_USER_TIMEOUT, DEFAULT_WRITE_STALL_TIMEOUT, FRAME_GRACE, FREE_FRAME_LEN,
    FREE_QUEUED_LEN, MAX_BACKLOG_LEN, MAX_BATCH_LEN, MIN_FRAME_PROGRESS, QUEUED_GRACE,
    RECONNECT_PROVEN_AFTER, TcpConnection, TcpConnectionInfo, TcpConnectionOptions, TcpDirection,
    TcpListener, TcpListenerInfo, TcpListenerOptions, TcpReconnect, TcpTransport,
    TcpTransportExtension,
};

/// The programs of the README, compiled.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
