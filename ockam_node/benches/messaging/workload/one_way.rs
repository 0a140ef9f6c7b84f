//! W3: numbers from one producer to one consumer. An operation is a message.

use super::CAPACITY;
use crate::Result;
use crate::side::Side;
use ockam_core::{Routed, Worker};
use ockam_node::{Context, NodeBuilder};
use tokio::sync::mpsc;

/// `Some` is a number to add, `None` asks for the sum and begins anew.
pub(crate) type Number = Option<u64>;

/// Adds up the numbers that it gets.
#[derive(Default)]
pub(crate) struct Adder {
    sum: u64,
}

impl Worker for Adder {
    type Context = Context;
    type Message = Number;

    async fn handle_message(
        &mut self,
        ctx: &mut Context,
        msg: Routed<Number>,
    ) -> ockam_core::Result<()> {
        match *msg {
            Some(number) => self.sum += number,
            None => ctx.send(msg.return_route(), std::mem::take(&mut self.sum)).await?,
        }
        Ok(())
    }
}

pub(crate) struct Ours {
    app: Context,
}

impl Side for Ours {
    async fn set_up(_: u64) -> Result<Self> {
        let app = NodeBuilder::new().build()?;
        app.start_worker("adder", Adder::default()).await?;
        Ok(Ours { app })
    }

    async fn run(&mut self, ops: u64) -> Result<()> {
        for number in 0..ops {
            self.app.send("adder", Some(number)).await?;
        }
        check(ops, self.app.send_and_receive("adder", Number::None).await?)
    }
}

/// Checks that every number below `ops` arrived once, as far as the sum tells.
pub(crate) fn check(ops: u64, sum: u64) -> Result<()> {
    let expected = ops * (ops - 1) / 2;
    if sum != expected {
        return Err(format!("the numbers add up to {sum} and not to {expected}").into());
    }
    Ok(())
}

/// A task that adds up the numbers that it gets.
pub(crate) struct Floor {
    pub(crate) numbers: mpsc::Sender<Number>,
    sums: mpsc::Receiver<u64>,
}

impl Floor {
    /// Asks for the sum.
    pub(crate) async fn sum(&mut self) -> Result<u64> {
        self.numbers.send(None).await?;
        Ok(self.sums.recv().await.ok_or("the adder has gone")?)
    }
}

impl Side for Floor {
    async fn set_up(_: u64) -> Result<Self> {
        let (numbers, mut incoming) = mpsc::channel(CAPACITY);
        let (outgoing, sums) = mpsc::channel(CAPACITY);
        tokio::spawn(async move {
            let mut sum = 0;
            while let Some(message) = incoming.recv().await {
                match message {
                    Some(number) => sum += number,
                    None if outgoing.send(std::mem::take(&mut sum)).await.is_err() => break,
                    None => {}
                }
            }
        });
        Ok(Floor { numbers, sums })
    }

    async fn run(&mut self, ops: u64) -> Result<()> {
        for number in 0..ops {
            self.numbers.send(Some(number)).await?;
        }
        check(ops, self.sum().await?)
    }
}
