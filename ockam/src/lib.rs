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
//! # Modules
//!
//! | module | what is in it |
//! |---|---|
//! | this page | what most programs need |
//! | [`workers`] | workers that are ready to use, and workers of closures |
//! | [`access_control`], [`flow_control`] | which messages enter and leave an address, and which come in from other nodes |
//! | `tcp`, `identity`, `vault` | connections over TCP; identities, credentials and secure channels; keys |
//! | [`relay`], [`remote`] | relays, for nodes that no other node can connect to: at the node in the middle, and at that node |
//! | [`link`] | whether connections, channels and relays are up |
//! | [`message`], [`routing`] | bodies as bytes; addresses, routes and their limits |
//! | [`error`](mod@error), [`errcode`], [`dead_letter`] | errors that a caller can act on; codes of programs of 2023; messages that were not delivered |
//! | [`stop`], [`limits`] | stopping with options; the bounds of mailboxes and waits |
//! | [`transport`] | all that another transport needs |
//! | `compat` | the tokio that the node runs on |
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
pub mod access_control;
#[cfg(feature = "std")]
pub mod compat;
pub mod dead_letter;
pub mod error;
pub mod flow_control;
mod host_port;
#[cfg(feature = "identity")]
pub mod identity;
pub mod limits;
pub mod link;
#[cfg(feature = "logs")]
mod logs;
pub mod message;
mod node;
pub mod relay;
pub mod remote;
pub mod routing;
#[cfg(feature = "std")]
mod run;
pub mod stop;
#[cfg(feature = "tcp")]
pub mod tcp;
pub mod transport;
pub mod workers;

pub use ockam_core::errcode;
#[cfg(feature = "identity")]
#[doc(inline)]
pub use ockam_identity::vault;

// At most 45 names stand here; `tests/it/root.rs` counts them. What most programs do not need is in a
// module.
pub use node::{Node, node};
pub use ockam_core::{
    Address, Any, Error, ErrorKind, LocalMessage, Mailbox, Mailboxes, Message, NeutralMessage,
    Processor, Result, Route, Routed, TransportMessage, Worker, allow, deny, route,
};
pub use ockam_macros::{Message, node, processor, test, worker};
pub use ockam_node::{
    Context, DelayedEvent, Handle, MessageReceiveOptions, MessageSendReceiveOptions, NodeBuilder,
    ProcessorBuilder, WorkerBuilder,
};
#[cfg(feature = "tcp")]
pub use ockam_transport_tcp::{
    TcpConnectionOptions, TcpListenerOptions, TcpTransport, TcpTransportExtension,
};
#[cfg(feature = "std")]
pub use relay::{RelayService, RelayServiceOptions};
#[cfg(feature = "std")]
pub use run::run_node_with;

/// The programs of the README, compiled.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
