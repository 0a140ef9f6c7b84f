//! Bodies from one node to the other, as fast as they go. An operation is a message.

use super::{Nodes, sockets};
use crate::Result;
use crate::side::Side;
use ockam_core::{Any, NeutralMessage, Routed, Worker, route};
use ockam_node::{Context, DEFAULT_MAILBOX_CAPACITY};
use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader, BufWriter};
use tokio::net::TcpStream;

/// How many bytes the floor collects before it writes, and reads at a time.
const BUFFER: usize = 64 * 1024;

/// How many bytes of bodies a mailbox holds, about.
const IN_MAILBOX: usize = 4 * 1024 * 1024;

/// Counts bodies, and says how many there were when it gets an empty one.
#[derive(Default)]
struct Counter(u64);

impl Worker for Counter {
    type Context = Context;
    type Message = Any;

    async fn handle_message(
        &mut self,
        ctx: &mut Context,
        msg: Routed<Any>,
    ) -> ockam_core::Result<()> {
        if msg.payload().is_empty() {
            return ctx.send(msg.return_route(), std::mem::take(&mut self.0)).await;
        }
        self.0 += 1;
        Ok(())
    }
}

/// Makes each body anew, as a program does.
pub(crate) struct Ours<const LEN: usize> {
    nodes: Nodes,
    body: Vec<u8>,
}

impl<const LEN: usize> Side for Ours<LEN> {
    async fn set_up(_: u64) -> Result<Self> {
        let capacity = (IN_MAILBOX / LEN).clamp(4, DEFAULT_MAILBOX_CAPACITY as usize) as u32;
        let nodes = Nodes::new("counter", Counter::default(), capacity).await?;
        Ok(Ours { nodes, body: vec![7; LEN] })
    }

    async fn run(&mut self, ops: u64) -> Result<()> {
        let Nodes { app, connection, .. } = &self.nodes;
        let route = route![connection, "counter"];
        for _ in 0..ops {
            app.send(route.clone(), NeutralMessage::from(self.body.clone())).await?;
        }
        check(ops, app.send_and_receive(route, ()).await?)
    }
}

fn check(ops: u64, arrived: u64) -> Result<()> {
    if arrived != ops {
        return Err(format!("{arrived} of {ops} messages arrived").into());
    }
    Ok(())
}

/// Makes each body anew as well, writes it with its length in front, and reads into one buffer:
/// nothing stands between the program and the socket but the collecting of what is small.
pub(crate) struct Floor<const LEN: usize> {
    near: BufWriter<TcpStream>,
    body: Vec<u8>,
}

impl<const LEN: usize> Side for Floor<LEN> {
    async fn set_up(_: u64) -> Result<Self> {
        let (near, far) = sockets().await?;
        tokio::spawn(async move {
            let mut far = BufReader::with_capacity(BUFFER, far);
            let mut body = vec![0; LEN];
            let mut count = 0;
            while let Ok(len) = far.read_u32().await {
                if len == 0 {
                    let answer = far.get_mut().write_u64(std::mem::take(&mut count)).await;
                    if answer.is_err() {
                        return;
                    }
                } else if far.read_exact(&mut body).await.is_err() {
                    return;
                } else {
                    count += 1;
                }
            }
        });
        Ok(Floor { near: BufWriter::with_capacity(BUFFER, near), body: vec![7; LEN] })
    }

    async fn run(&mut self, ops: u64) -> Result<()> {
        for _ in 0..ops {
            let body = std::hint::black_box(self.body.clone());
            self.near.write_u32(LEN as u32).await?;
            self.near.write_all(&body).await?;
        }
        self.near.write_u32(0).await?;
        self.near.flush().await?;
        check(ops, self.near.get_mut().read_u64().await?)
    }
}
