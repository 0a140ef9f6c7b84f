//! W2: one String there and back, as in the tutorial. An operation is a round trip.

use super::{CAPACITY, GREETING};
use crate::Result;
use crate::side::Side;
use ockam_core::{Routed, Worker};
use ockam_node::{Context, NodeBuilder};
use std::hint::black_box;
use tokio::sync::mpsc;

/// Sends every message back the way it came.
pub(crate) struct Echoer;

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

pub(crate) struct Ours {
    app: Context,
}

impl Side for Ours {
    async fn set_up(_: u64) -> Result<Self> {
        let app = NodeBuilder::new().build()?;
        app.start_worker("echoer", Echoer).await?;
        Ok(Ours { app })
    }

    async fn run(&mut self, ops: u64) -> Result<()> {
        for _ in 0..ops {
            self.app.send("echoer", GREETING.to_string()).await?;
            black_box(self.app.receive::<String>().await?.body());
        }
        Ok(())
    }
}

/// A task that sends every String back.
pub(crate) struct Floor {
    to_echoer: mpsc::Sender<String>,
    from_echoer: mpsc::Receiver<String>,
}

impl Floor {
    pub(crate) fn start() -> Self {
        let (to_echoer, mut requests) = mpsc::channel::<String>(CAPACITY);
        let (replies, from_echoer) = mpsc::channel(CAPACITY);
        tokio::spawn(async move {
            while let Some(message) = requests.recv().await {
                if replies.send(message).await.is_err() {
                    break;
                }
            }
        });
        Floor { to_echoer, from_echoer }
    }

    pub(crate) async fn trip(&mut self, message: String) -> Result<String> {
        self.to_echoer.send(message).await?;
        Ok(self.from_echoer.recv().await.ok_or("the echoer has gone")?)
    }
}

impl Side for Floor {
    async fn set_up(_: u64) -> Result<Self> {
        Ok(Floor::start())
    }

    async fn run(&mut self, ops: u64) -> Result<()> {
        for _ in 0..ops {
            black_box(self.trip(GREETING.to_string()).await?);
        }
        Ok(())
    }
}
