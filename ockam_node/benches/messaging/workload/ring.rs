//! W5: one number around a ring of workers, each of which counts it down. An operation is a hop.

use super::CAPACITY;
use crate::Result;
use crate::side::Side;
use ockam_core::{Address, Routed, Worker};
use ockam_node::{Context, MessageReceiveOptions, NodeBuilder};
use tokio::sync::mpsc;

const MEMBERS: u64 = 1000;

/// Passes a number on, less one, and the zero to the main function.
struct Member {
    next: Address,
}

impl Worker for Member {
    type Context = Context;
    type Message = u64;

    async fn handle_message(
        &mut self,
        ctx: &mut Context,
        msg: Routed<u64>,
    ) -> ockam_core::Result<()> {
        match msg.body() {
            0 => ctx.send("app", 0u64).await,
            left => ctx.send(&self.next, left - 1).await,
        }
    }
}

pub(crate) struct Ours {
    app: Context,
}

impl Side for Ours {
    async fn set_up(_: u64) -> Result<Self> {
        let app = NodeBuilder::new().build()?;
        for member in 0..MEMBERS {
            let next = name((member + 1) % MEMBERS);
            app.start_worker(name(member), Member { next }).await?;
        }
        Ok(Ours { app })
    }

    async fn run(&mut self, ops: u64) -> Result<()> {
        self.app.send(name(0), ops - 1).await?;
        let forever = MessageReceiveOptions::new().without_timeout();
        self.app.receive_extended::<u64>(forever).await?;
        Ok(())
    }
}

fn name(member: u64) -> Address {
    format!("member-{member}").into()
}

pub(crate) struct Floor {
    first: mpsc::Sender<u64>,
    end: mpsc::Receiver<u64>,
}

impl Side for Floor {
    async fn set_up(_: u64) -> Result<Self> {
        let (to_app, end) = mpsc::channel(CAPACITY);
        let (first, mut incoming) = mpsc::channel(CAPACITY);
        for _ in 1..MEMBERS {
            let (next, next_incoming) = mpsc::channel(CAPACITY);
            tokio::spawn(pass_on(incoming, next, to_app.clone()));
            incoming = next_incoming;
        }
        tokio::spawn(pass_on(incoming, first.clone(), to_app));
        Ok(Floor { first, end })
    }

    async fn run(&mut self, ops: u64) -> Result<()> {
        self.first.send(ops - 1).await?;
        self.end.recv().await.ok_or("the ring has gone")?;
        Ok(())
    }
}

async fn pass_on(
    mut incoming: mpsc::Receiver<u64>,
    next: mpsc::Sender<u64>,
    to_app: mpsc::Sender<u64>,
) {
    while let Some(left) = incoming.recv().await {
        let sent = match left {
            0 => to_app.send(0).await,
            left => next.send(left - 1).await,
        };
        if sent.is_err() {
            return;
        }
    }
}
