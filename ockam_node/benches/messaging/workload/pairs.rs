//! W6: a String there and back, between a hundred pairs at once. An operation is a round trip.

use super::echo::{Echoer, Floor as Pair};
use super::{GREETING, shares};
use crate::Result;
use crate::side::Side;
use ockam_core::{Address, AllowAll};
use ockam_node::{Context, NodeBuilder};
use std::hint::black_box;
use tokio::task::JoinSet;

const PAIRS: u64 = 100;

/// Holds a context of its own, and who echoes for it.
struct Client {
    ctx: Context,
    echoer: Address,
}

impl Client {
    async fn start(app: &Context, number: u64) -> Result<Self> {
        let echoer = Address::from(format!("echoer-{number}"));
        app.start_worker(&echoer, Echoer).await?;
        let ctx = app.new_detached(format!("client-{number}"), AllowAll, AllowAll).await?;
        Ok(Client { ctx, echoer })
    }

    async fn trip(&mut self) -> Result<String> {
        self.ctx.send(&self.echoer, GREETING.to_string()).await?;
        Ok(self.ctx.receive::<String>().await?.body())
    }
}

pub(crate) struct Ours {
    clients: Vec<Client>,
}

impl Side for Ours {
    async fn set_up(_: u64) -> Result<Self> {
        let app = NodeBuilder::new().build()?;
        let mut clients = Vec::new();
        for number in 0..PAIRS {
            clients.push(Client::start(&app, number).await?);
        }
        Ok(Ours { clients })
    }

    async fn run(&mut self, ops: u64) -> Result<()> {
        let mut running = JoinSet::new();
        for (mut client, share) in self.clients.drain(..).zip(shares(ops, PAIRS)) {
            running.spawn(async move {
                for _ in share {
                    black_box(client.trip().await?);
                }
                Ok(client)
            });
        }
        self.clients = all(running).await?;
        Ok(())
    }
}

pub(crate) struct Floor {
    pairs: Vec<Pair>,
}

impl Side for Floor {
    async fn set_up(_: u64) -> Result<Self> {
        Ok(Floor { pairs: (0..PAIRS).map(|_| Pair::start()).collect() })
    }

    async fn run(&mut self, ops: u64) -> Result<()> {
        let mut running = JoinSet::new();
        for (mut pair, share) in self.pairs.drain(..).zip(shares(ops, PAIRS)) {
            running.spawn(async move {
                for _ in share {
                    black_box(pair.trip(GREETING.to_string()).await?);
                }
                Ok(pair)
            });
        }
        self.pairs = all(running).await?;
        Ok(())
    }
}

/// Waits for all tasks and takes back what they used.
async fn all<T: 'static>(mut running: JoinSet<Result<T>>) -> Result<Vec<T>> {
    let mut done = Vec::new();
    while let Some(outcome) = running.join_next().await {
        done.push(outcome??);
    }
    Ok(done)
}
