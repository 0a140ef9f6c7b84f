//! Ockam messages over a serial line: a UART of a microcontroller, a USB port of a computer, or any
//! other byte stream on which noise, partial messages and a peer that restarts are normal.
//!
//! A link has a **sender**, a worker that writes outgoing messages to the link, and a **receiver**,
//! a processor that delivers incoming messages. A **pump** connects both to the line. It is a
//! future that the program runs next to its UART driver: in a separate task on a board, or in a
//! task that [`SerialLink::over`] spawns on tokio.
//!
//! ```text
//!   workers ──> sender ──> frame ──┐                ┌──> read, resynchronise ──> receiver ──> workers
//!                                  └─ pump ── UART ─┘
//! ```
//!
//! An incoming message reaches a worker only if the worker is a consumer of the link's flow; see
//! `FlowControls` of the node. An unreliable line loses messages: damaged frames are counted and
//! skipped ([`SerialLink::statistics`]), and requests over the line fail at their timeout.
//!
//! ```
//! # use ockam_core::{Result, Routed, Worker, route};
//! # use ockam_node::{Context, NodeBuilder};
//! use ockam_transport_serial::{SerialLink, SerialLinkOptions};
//!
//! # struct Echoer;
//! # impl Worker for Echoer {
//! #     type Context = Context; type Message = String;
//! #     async fn handle_message(&mut self, ctx: &mut Context, msg: Routed<String>) -> Result<()> {
//! #         ctx.send(msg.return_route(), msg.body()).await
//! #     }
//! # }
//! # #[cfg(feature = "std")]
//! # #[tokio::main] async fn main() -> Result<()> {
//! # let (port_of_board, port_of_server) = tokio::io::duplex(1024);
//! let board = NodeBuilder::new().build()?;
//! board.start_worker("echoer", Echoer).await?;
//! let link = SerialLink::over(&board, port_of_board, SerialLinkOptions::new()).await?;
//! board.flow_controls().add_consumer("echoer", link.flow_control_id());
//!
//! let server = NodeBuilder::new().build()?;
//! let link = SerialLink::over(&server, port_of_server, SerialLinkOptions::new()).await?;
//! let answer: String = server.send_and_receive(route![&link, "echoer"], "Hello".to_string()).await?;
//! assert_eq!(answer, "Hello");
//! # Ok(()) }
//! # #[cfg(not(feature = "std"))] fn main() {}
//! ```
//!
//! | file | owns |
//! |---|---|
//! | `frame` | the bytes on the line: messages delimited and checked |
//! | `check` | the checksum |
//! | `line` | the state that the workers of a link and its pump share |
//! | `handover` | the handover of one value between two tasks |
//! | `pump` | bytes to and from the line |
//! | `sender`, `receiver` | the two workers |
//! | `link` | starting and stopping a link |
//! | `statistics` | counters of sent, received and skipped frames |
#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

mod check;
mod frame;
mod handover;
mod line;
mod link;
mod pump;
mod receiver;
mod sender;
mod statistics;

pub use frame::{Deframer, Fault, write_frame};
pub use link::{MAX_MESSAGE_LEN, SerialLink, SerialLinkOptions};
pub use pump::{MAX_READ_ERRORS, SerialPump};
pub use statistics::SerialStatistics;
