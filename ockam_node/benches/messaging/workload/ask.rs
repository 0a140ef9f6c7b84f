//! W8: a question and its answer. An operation is a `send_and_receive`; the floor makes a
//! `oneshot` for every answer.

use super::CAPACITY;
use crate::Result;
use crate::side::Side;
use ockam_core::{Routed, Worker};
use ockam_node::{Context, NodeBuilder};
use tokio::sync::{mpsc, oneshot};

/// Answers a number with its double.
struct Doubler;

impl Worker for Doubler {
    type Context = Context;
    type Message = u64;

    async fn handle_message(
        &mut self,
        ctx: &mut Context,
        msg: Routed<u64>,
    ) -> ockam_core::Result<()> {
        ctx.send(msg.return_route(), 2 * msg.body()).await
    }
}

pub(crate) struct Ours {
    app: Context,
}

impl Side for Ours {
    async fn set_up(_: u64) -> Result<Self> {
        let app = NodeBuilder::new().build()?;
        app.start_worker("doubler", Doubler).await?;
        Ok(Ours { app })
    }

    async fn run(&mut self, ops: u64) -> Result<()> {
        for number in 0..ops {
            check(number, self.app.send_and_receive("doubler", number).await?)?;
        }
        Ok(())
    }
}

/// A number, and where its double goes.
type Question = (u64, oneshot::Sender<u64>);

pub(crate) struct Floor {
    questions: mpsc::Sender<Question>,
}

impl Side for Floor {
    async fn set_up(_: u64) -> Result<Self> {
        let (questions, mut incoming) = mpsc::channel::<Question>(CAPACITY);
        tokio::spawn(async move {
            while let Some((number, answer)) = incoming.recv().await {
                // Who asked may have gone away.
                let _ = answer.send(2 * number);
            }
        });
        Ok(Floor { questions })
    }

    async fn run(&mut self, ops: u64) -> Result<()> {
        for number in 0..ops {
            let (answer, answered) = oneshot::channel();
            self.questions.send((number, answer)).await?;
            check(number, answered.await?)?;
        }
        Ok(())
    }
}

fn check(number: u64, double: u64) -> Result<()> {
    if double == 2 * number {
        return Ok(());
    }
    Err(format!("the double of {number} is not {double}").into())
}
