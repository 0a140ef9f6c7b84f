//! A network in memory for tests: two or more nodes in one process, joined by links that lose,
//! delay, reorder and cut off what crosses them.
//!
//! Write your protocol as workers, and see what it does when the world is bad to it. With
//! [`simulate`] the nodes have a clock of their own, so that hours pass in milliseconds and a
//! seed gives the same run each time:
//!
//! ```
//! use ockam_core::{Result, Routed, Worker, route};
//! use ockam_node::{Context, MessageSendReceiveOptions};
//! use ockam_transport_memory::{LinkOptions, Network, simulate};
//! use std::time::Duration;
//!
//! struct Echoer;
//!
//! impl Worker for Echoer {
//!     type Context = Context;
//!     type Message = String;
//!
//!     async fn handle_message(&mut self, ctx: &mut Context, msg: Routed<String>) -> Result<()> {
//!         ctx.send(msg.return_route(), msg.body()).await
//!     }
//! }
//!
//! # fn main() -> Result<()> {
//! simulate(async {
//!     let ms = Duration::from_millis;
//!     let network = Network::new(7);
//!     let (alice, bob) = (network.node("alice")?, network.node("bob")?);
//!     let radio = LinkOptions::new().with_loss(0.1).with_delay(ms(1)..ms(20));
//!     let (to_bob, _) = network.link(&alice, &bob, radio).await?;
//!
//!     // Nothing at bob is reached from outside unless it agreed.
//!     bob.start_worker("echoer", Echoer).await?;
//!     bob.flow_controls().add_consumer("echoer", bob.flow_control_id());
//!
//!     // A protocol of the simplest kind: ask until there is an answer.
//!     let ask = || {
//!         let options = MessageSendReceiveOptions::new().with_timeout(ms(50));
//!         let route = route![&to_bob, "echoer"];
//!         alice.send_and_receive_extended::<String>(route, "Hello".to_string(), options)
//!     };
//!     for _ in 0..100 {
//!         while ask().await.is_err() {}
//!     }
//!     assert!(network.counters().lost > 0);
//!
//!     network.partition(&to_bob);
//!     assert!(ask().await.is_err());
//!     network.heal(&to_bob);
//!     while ask().await.is_err() {}
//!     Ok(())
//! })
//! # }
//! ```
//!
//! Messages cross a link as the frames of the wire, written and read by the codec that every
//! transport uses, and the ends follow the rules of a TCP connection, flow control included: what
//! works here works there.
//!
//! | item | what it is |
//! |---|---|
//! | [`Network`], [`MemoryNode`] | nodes with names, and what a test does to their links |
//! | [`LinkOptions`], [`LinkEnd`] | how bad a link is, and what stands in a route |
//! | [`RawEnd`] | a peer that the test plays frame by frame |
//! | [`simulate`], [`Dice`] | the clock, and chance with a seed |
//! | [`Counters`], [`Event`] | what became of the frames |
//! | [`MEMORY`] | the type of addresses that name a node, as `(MEMORY, "bob")` |
//!
//! Layout: `network` ──> `end` (sender, receiver), `raw` ──> `link` (waiting) ──> `lane` (data).

mod counters;
mod dice;
mod end;
mod event;
mod lane;
mod link;
mod network;
mod options;
mod raw;
mod simulate;
mod transport;

pub use counters::Counters;
pub use dice::Dice;
pub use end::LinkEnd;
pub use event::{Event, EventKind};
pub use network::{MemoryNode, Network};
pub use options::LinkOptions;
pub use raw::RawEnd;
pub use simulate::simulate;

use ockam_core::TransportType;
use std::time::Duration;

/// Names a node on a network in memory; the bytes of the address are its name.
///
/// It never leaves a process, so it is a number that no transport of the wire has: that of the
/// letter m.
pub const MEMORY: TransportType = TransportType::new(b'm');

/// How many frames may be on their way in one direction of a link; a sender waits for room.
pub const MAX_FRAMES_IN_FLIGHT: usize = 1024;

/// How many bytes may be on their way in one direction of a link; a frame of any size may be so
/// alone.
pub const MAX_BYTES_IN_FLIGHT: usize = 64 * 1024 * 1024;

/// How long a frame may take at most: a day.
pub const MAX_DELAY: Duration = Duration::from_secs(24 * 3600);

/// How many events a network remembers.
pub const EVENTS_KEPT: usize = 1024;
