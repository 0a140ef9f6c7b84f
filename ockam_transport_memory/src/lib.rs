//! A network in memory for tests: two or more nodes in one process, connected by links that lose,
//! delay, reorder and partition frames.
//!
//! Write your protocol as workers, and see how it behaves on a bad network. With [`simulate`] the
//! nodes share a simulated clock, so that hours pass in milliseconds and a seed gives the same run
//! each time:
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
//!     // Workers on bob can be reached from outside only as consumers of its flow.
//!     bob.start_worker("echoer", Echoer).await?;
//!     bob.flow_controls().add_consumer("echoer", bob.flow_control_id());
//!
//!     // The simplest protocol: repeat the request until there is a reply.
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
//! Messages cross a link as wire frames, encoded and decoded by the codec that every transport
//! uses, and the ends follow the rules of a TCP connection, including flow control: a program that
//! works here works over TCP.
//!
//! | item | description |
//! |---|---|
//! | [`Network`], [`MemoryNode`] | named nodes, and the controls of their links |
//! | [`LinkOptions`], [`LinkEnd`] | the quality of a link, and its hop in a route |
//! | [`RawEnd`] | a peer that the test drives frame by frame |
//! | [`simulate`], [`Dice`] | the simulated clock, and seeded randomness |
//! | [`Counters`], [`Event`] | what happened to the frames |
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

/// Transport type of a node on a network in memory; the bytes of the address are its name.
///
/// It never leaves the process, so its number is one that no transport on the wire uses: the code
/// of the letter m.
pub const MEMORY: TransportType = TransportType::new(b'm');

/// Maximum number of frames in flight in one direction of a link; a sender waits for room.
pub const MAX_FRAMES_IN_FLIGHT: usize = 1024;

/// Maximum number of bytes in flight in one direction of a link. A single frame may be longer.
pub const MAX_BYTES_IN_FLIGHT: usize = 64 * 1024 * 1024;

/// Maximum delay of a frame: one day.
pub const MAX_DELAY: Duration = Duration::from_secs(24 * 3600);

/// Number of events that a network keeps.
pub const EVENTS_KEPT: usize = 1024;
