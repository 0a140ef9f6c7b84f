//! Shared helpers: nodes, links between them, and a peer driven by the test.

use embedded_io_async::{ErrorType, Write};
use ockam_core::{
    Decoded, Result, Route, Routed, TransportMessage, Worker, decode_message, encode_frame,
};
use ockam_node::{Context, NodeBuilder};
use ockam_transport_serial::{Deframer, SerialLink, SerialLinkOptions, write_frame};
use std::convert::Infallible;
use std::future::Future;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};

/// Longer than anything here takes; whatever waits that long hangs.
const LONG: Duration = Duration::from_secs(20);

pub(crate) async fn soon<F: Future>(future: F) -> F::Output {
    tokio::time::timeout(LONG, future).await.expect("it hangs")
}

pub(crate) struct Echoer;

impl Worker for Echoer {
    type Context = Context;
    type Message = String;

    async fn handle_message(&mut self, ctx: &mut Context, msg: Routed<String>) -> Result<()> {
        ctx.send(msg.return_route(), msg.body()).await
    }
}

pub(crate) async fn node() -> Context {
    let ctx = NodeBuilder::new().build().unwrap();
    ctx.start_worker("echoer", Echoer).await.unwrap();
    ctx
}

pub(crate) async fn link(ctx: &Context, stream: DuplexStream) -> SerialLink {
    let link = SerialLink::over(ctx, stream, SerialLinkOptions::new()).await.unwrap();
    ctx.flow_controls().add_consumer("echoer", link.flow_control_id());
    link
}

/// Two nodes with an echoer each, and a link between them.
pub(crate) async fn pair() -> [(Context, SerialLink); 2] {
    let (left, right) = duplex(4096);
    let (here, there) = (node().await, node().await);
    let links = (link(&here, left).await, link(&there, right).await);
    [(here, links.0), (there, links.1)]
}

/// The other end of a line, byte by byte.
pub(crate) struct Peer {
    stream: DuplexStream,
    deframer: Deframer,
}

impl Peer {
    /// A node with an echoer and a link to a peer.
    pub(crate) async fn of_a_node() -> (Context, SerialLink, Peer) {
        let (stream, port) = duplex(4096);
        let ctx = node().await;
        let link = link(&ctx, port).await;
        (ctx, link, Peer { stream, deframer: Deframer::new(4096) })
    }

    /// The bytes of a frame with a message to a worker, which answers to "peer".
    pub(crate) fn frame(to: &str, body: &str) -> Vec<u8> {
        let payload = ockam_core::encode(&body.to_string()).unwrap();
        let message = TransportMessage::new(Route::from(to), Route::from("peer"), payload);
        let (mut bytes, mut line) = (Vec::new(), Vec::new());
        encode_frame(&message, &mut bytes).unwrap();
        write_frame(&bytes[4..], &mut line);
        line
    }

    pub(crate) async fn write(&mut self, bytes: &[u8]) {
        soon(self.stream.write_all(bytes)).await.unwrap();
    }

    /// Reads the next message.
    pub(crate) async fn read(&mut self) -> TransportMessage {
        loop {
            let byte = soon(self.stream.read_u8()).await.unwrap();
            if let Some(frame) = self.deframer.push(byte) {
                return match decode_message(frame.unwrap()).unwrap() {
                    Decoded::Message(message) => message,
                    other => panic!("{other:?}"),
                };
            }
        }
    }

    /// Reads the body of the next message.
    pub(crate) async fn read_body(&mut self) -> String {
        ockam_core::decode(&self.read().await.payload).unwrap()
    }
}

/// A port that writes nowhere.
pub(crate) struct Nowhere;

impl ErrorType for Nowhere {
    type Error = Infallible;
}

impl Write for Nowhere {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, Infallible> {
        Ok(bytes.len())
    }

    async fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}
