//! W7: a String to an echoer through three forwarding workers, and back through them. An operation
//! is a round trip, which is eight deliveries.

use super::echo::Echoer;
use super::{CAPACITY, GREETING};
use crate::Result;
use crate::side::Side;
use ockam_core::{Any, Routed, Worker, route};
use ockam_node::{Context, NodeBuilder};
use std::hint::black_box;
use tokio::sync::mpsc::{self, Receiver, Sender};

/// Passes every message on to the next address of its route.
struct Hop;

impl Worker for Hop {
    type Context = Context;
    type Message = Any;

    async fn handle_message(
        &mut self,
        ctx: &mut Context,
        msg: Routed<Any>,
    ) -> ockam_core::Result<()> {
        ctx.forward(msg.into_local_message().step_forward(ctx.address())?).await
    }
}

pub(crate) struct Ours {
    app: Context,
}

impl Side for Ours {
    async fn set_up(_: u64) -> Result<Self> {
        let app = NodeBuilder::new().build()?;
        for hop in ["h1", "h2", "h3"] {
            app.start_worker(hop, Hop).await?;
        }
        app.start_worker("echoer", Echoer).await?;
        Ok(Ours { app })
    }

    async fn run(&mut self, ops: u64) -> Result<()> {
        for _ in 0..ops {
            self.app.send(route!["h1", "h2", "h3", "echoer"], GREETING.to_string()).await?;
            black_box(self.app.receive::<String>().await?.body());
        }
        Ok(())
    }
}

/// A message that knows its direction, which is all that the floor has of a route.
enum Letter {
    There(String),
    Back(String),
}

pub(crate) struct Floor {
    first: Sender<Letter>,
    back: Receiver<Letter>,
}

impl Side for Floor {
    async fn set_up(_: u64) -> Result<Self> {
        let (mut before, back) = mpsc::channel(CAPACITY);
        let (first, mut incoming) = mpsc::channel(CAPACITY);
        let mut own = first.clone();
        for _ in 0..3 {
            let (next, next_incoming) = mpsc::channel(CAPACITY);
            tokio::spawn(pass_on(incoming, before, next.clone()));
            (before, own, incoming) = (own, next, next_incoming);
        }
        tokio::spawn(turn_back(incoming, before));
        Ok(Floor { first, back })
    }

    async fn run(&mut self, ops: u64) -> Result<()> {
        for _ in 0..ops {
            self.first.send(Letter::There(GREETING.to_string())).await?;
            match self.back.recv().await {
                Some(Letter::Back(text)) => black_box(text),
                _ => return Err("the forwarders have gone".into()),
            };
        }
        Ok(())
    }
}

async fn pass_on(mut incoming: Receiver<Letter>, before: Sender<Letter>, next: Sender<Letter>) {
    while let Some(letter) = incoming.recv().await {
        let sent = match letter {
            Letter::There(_) => next.send(letter).await,
            Letter::Back(_) => before.send(letter).await,
        };
        if sent.is_err() {
            return;
        }
    }
}

async fn turn_back(mut incoming: Receiver<Letter>, before: Sender<Letter>) {
    while let Some(Letter::There(text)) = incoming.recv().await {
        if before.send(Letter::Back(text)).await.is_err() {
            return;
        }
    }
}
