//! Ockam messages over a serial line: a UART of a microcontroller, a USB port of a computer, or any
//! other stream of bytes on which noise, half messages and a peer that starts anew are normal.
//!
//! A link has a **sender**, a worker to which messages are routed that shall leave through it, and a
//! **receiver**, a processor that brings messages in. They meet the line in a **pump**, a future
//! that the program runs wherever its UART driver lives: in a task of its own on a board, in a task
//! that [`SerialLink::over`] spawns on tokio.
//!
//! ```text
//!   workers ──> sender ──> frame ──┐                ┌──> read, resynchronise ──> receiver ──> workers
//!                                  └─ pump ── UART ─┘
//! ```
//!
//! Nothing that arrives reaches a worker before that was made a consumer of the link's flow; see
//! `FlowControls` of the node. A line that is not reliable loses messages: what arrives damaged is
//! counted and skipped ([`SerialLink::statistics`]), and asks over the line end at their timeout.
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
//! | `frame` | the bytes on the line: messages marked off and checked |
//! | `check` | the checksum |
//! | `line` | where the workers of a link and its pump meet |
//! | `slot` | one place through which a value goes from one task to another |
//! | `pump` | bytes to and from the line |
//! | `sender`, `receiver` | the two workers |
//! | `link` | starting and stopping all of it |
//! | `statistics` | what was sent, received and skipped |
#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

mod check;
mod frame;
mod line;
mod link;
mod pump;
mod receiver;
mod sender;
mod slot;
mod statistics;

pub use frame::{Deframer, Fault, write_frame};
pub use link::{MAX_MESSAGE_LEN, SerialLink, SerialLinkOptions};
pub use pump::{MAX_READ_ERRORS, SerialPump};
pub use statistics::SerialStatistics;
