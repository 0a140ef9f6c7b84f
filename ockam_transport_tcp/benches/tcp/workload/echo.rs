//! A short text there and back, one at a time. An operation is a trip.

use super::{Nodes, sockets};
use crate::Result;
use crate::side::Side;
use ockam_core::{Routed, Worker, route};
use ockam_node::{Context, DEFAULT_MAILBOX_CAPACITY};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

pub(crate) const BODY: &str = "Hello Ockam!";

/// How many bytes the floor sends for a message: what one of ours has with its routes.
const FRAME_LEN: usize = 64;

struct Echoer;

impl Worker for Echoer {
    type Context = Context;
    type Message = String;

    async fn handle_message(
        &mut self,
        ctx: &mut Context,
        msg: Routed<String>,
    ) -> ockam_core::Result<()> {
        ctx.send(msg.return_route(), msg.body()).await
    }
}

pub(crate) struct Ours(Nodes);

impl Side for Ours {
    async fn set_up(_: u64) -> Result<Self> {
        Ok(Ours(Nodes::new("echoer", Echoer, DEFAULT_MAILBOX_CAPACITY).await?))
    }

    async fn run(&mut self, ops: u64) -> Result<()> {
        let Nodes { app, connection, .. } = &self.0;
        for _ in 0..ops {
            let route = route![connection, "echoer"];
            let answer: String = app.send_and_receive(route, BODY.to_string()).await?;
            if answer != BODY {
                return Err("the answer is another".into());
            }
        }
        Ok(())
    }
}

/// Writes and reads without anything between the program and the socket.
pub(crate) struct Floor(TcpStream);

impl Side for Floor {
    async fn set_up(_: u64) -> Result<Self> {
        let (near, mut far) = sockets().await?;
        tokio::spawn(async move {
            let mut frame = [0; FRAME_LEN];
            while far.read_exact(&mut frame).await.is_ok() {
                if far.write_all(&frame).await.is_err() {
                    return;
                }
            }
        });
        Ok(Floor(near))
    }

    async fn run(&mut self, ops: u64) -> Result<()> {
        let mut frame = [7; FRAME_LEN];
        for _ in 0..ops {
            self.0.write_all(&frame).await?;
            self.0.read_exact(&mut frame).await?;
        }
        Ok(())
    }
}
