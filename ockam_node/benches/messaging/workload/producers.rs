//! W4: numbers from eight producers to one consumer. An operation is a message.

use super::one_way::{Adder, Floor as OneWay, Number, check};
use super::shares;
use crate::Result;
use crate::side::Side;
use ockam_node::{Context, NodeBuilder};
use tokio::task::JoinSet;

const PRODUCERS: u64 = 8;

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
        let mut producers = JoinSet::new();
        for share in shares(ops, PRODUCERS) {
            let handle = self.app.handle();
            producers.spawn(async move {
                for number in share {
                    handle.send("adder", Some(number)).await?;
                }
                Ok(())
            });
        }
        all(producers).await?;
        check(ops, self.app.send_and_receive("adder", Number::None).await?)
    }
}

pub(crate) struct Floor(OneWay);

impl Side for Floor {
    async fn set_up(ops: u64) -> Result<Self> {
        Ok(Floor(OneWay::set_up(ops).await?))
    }

    async fn run(&mut self, ops: u64) -> Result<()> {
        let mut producers = JoinSet::new();
        for share in shares(ops, PRODUCERS) {
            let numbers = self.0.numbers.clone();
            producers.spawn(async move {
                for number in share {
                    numbers.send(Some(number)).await?;
                }
                Ok(())
            });
        }
        all(producers).await?;
        check(ops, self.0.sum().await?)
    }
}

/// Waits for all producers.
async fn all(mut producers: JoinSet<Result<()>>) -> Result<()> {
    while let Some(outcome) = producers.join_next().await {
        outcome??;
    }
    Ok(())
}
