//! Ockam messages over TCP: what connects a node with other nodes.
//!
//! Programs use the facade crate `ockam`, which re-exports this one. It is a plugin: it uses only
//! what `ockam_core` and `ockam_node` offer to everybody.
//!
//! ```
//! use ockam_core::{Result, Routed, Worker, route};
//! use ockam_node::{Context, NodeBuilder};
//! use ockam_transport_tcp::{TcpConnectionOptions, TcpListenerOptions, TcpTransportExtension};
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
//! # #[tokio::main] async fn main() -> Result<()> {
//! let mut responder = NodeBuilder::new().build()?;
//! let tcp = responder.create_tcp_transport().await?;
//! responder.start_worker("echoer", Echoer).await?;
//! let listener = tcp.listen("127.0.0.1:0", TcpListenerOptions::new()).await?;
//! // Nothing is reachable from outside unless it is made a consumer.
//! responder.flow_controls().add_consumer("echoer", listener.flow_control_id());
//!
//! let mut initiator = NodeBuilder::new().build()?;
//! let tcp = initiator.create_tcp_transport().await?;
//! let connection = tcp.connect(listener.socket_address(), TcpConnectionOptions::new()).await?;
//! let route = route![connection, "echoer"];
//! let reply = initiator.send_and_receive::<String>(route, "Hello".to_string()).await?;
//! assert_eq!(reply, "Hello");
//! initiator.stop().await?;
//! responder.stop().await
//! # }
//! ```
//!
//! A connection is two workers at each end. Its **sender** takes messages and writes them, all
//! that wait for it at a time; only the sender's address stands in routes. Its **receiver** reads,
//! puts the sender in front of each return route, and delivers what the flow controls let through.
//!
//! ```text
//! transport ──> dial ─────┐                         the calls of a program
//!     └──────> listener ──┴──> link ──> sender ──> queue ───> socket
//!                               └─────> receiver <─────────── socket
//! ```
//!
//! | room | owns |
//! |---|---|
//! | `transport`, `extension` | the calls of a program |
//! | `on_demand` | connections that routes ask for |
//! | `options`, `limits` | what can be chosen, and what holds if nothing is |
//! | `dial`, `lookup`, `race`, `socket` | names and addresses, several of one name, the system's sockets |
//! | `listener`, `permits` | accepting; how many, and which one ends for one more |
//! | `opening`, `accepted` | how a socket becomes a connection, and what it shares with others |
//! | `connection`, `direction`, `listener_info` | what a program sees of connections and listeners |
//! | `link` | one connection: its addresses, whether it is up, its end |
//! | `sender`, `direct` | messages on their way out: many at once, or one where it is sent |
//! | `write_buffer`, `write_queue` | what both write from |
//! | `backlog` | messages for workers whose mailboxes are full, and the rule for workers that stand still |
//! | `close`, `acknowledged` | the end of a socket in good order, and whether everything has arrived by then |
//! | `receiver`, `progress` | messages on their way in, and whether one that has begun goes on |
//! | `undelivered` | those that reached no worker, and what the log is told of them |
//! | `reconnect`, `redial` | making a lost connection again, and when that is given up |
//! | `budget` | the bytes that all connections of a listener hold of frames that are arriving |
//! | `registry` | which connections and listeners there are |
#![deny(unsafe_code)]

mod accepted;
mod acknowledged;
mod backlog;
mod budget;
mod close;
mod connection;
mod dial;
mod direct;
mod direction;
mod extension;
mod limits;
mod link;
mod listener;
mod listener_info;
mod lookup;
mod on_demand;
mod opening;
mod options;
mod permits;
mod progress;
mod race;
mod receiver;
mod reconnect;
mod redial;
mod registry;
mod sender;
mod socket;
mod traffic;
mod transport;
mod undelivered;
mod write_buffer;
mod write_queue;

pub use backlog::MAX_BACKLOG_LEN;
pub use budget::{DEFAULT_FRAME_BUDGET, FRAME_GRACE, FREE_FRAME_LEN};
pub use connection::{TcpConnection, TcpConnectionInfo};
pub use direction::TcpDirection;
pub use extension::TcpTransportExtension;
pub use limits::{
    CLOSE_PATIENCE, DEFAULT_CONNECT_TIMEOUT, DEFAULT_CONNECTION_LIMIT,
    DEFAULT_CONSUMER_STALL_TIMEOUT, DEFAULT_FRAME_TIMEOUT, DEFAULT_HANDSHAKE_TIMEOUT,
    DEFAULT_KEEPALIVE, DEFAULT_MAX_FRAME_LEN, DEFAULT_MAX_QUEUED_BYTES, DEFAULT_USER_TIMEOUT,
    DEFAULT_WRITE_STALL_TIMEOUT, FREE_QUEUED_LEN, QUEUED_GRACE,
};
pub use listener::TcpListener;
pub use listener_info::TcpListenerInfo;
/// The type of the addresses of TCP peers, `host:port`.
#[doc(no_inline)]
pub use ockam_core::TCP;
pub use options::{TcpConnectionOptions, TcpListenerOptions};
pub use progress::MIN_FRAME_PROGRESS;
pub use reconnect::{RECONNECT_PROVEN_AFTER, TcpReconnect};
pub use transport::TcpTransport;
pub use write_queue::MAX_BATCH_LEN;
