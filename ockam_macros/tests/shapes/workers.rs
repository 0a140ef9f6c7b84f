//! Implementations of `Worker` that are correct, however they are written.

use ockam::{Context, Message, Result, Routed, Worker};

struct Plain;

#[ockam::worker]
impl Worker for Plain {
    type Context = Context;
    type Message = String;

    async fn initialize(&mut self, _ctx: &mut Context) -> Result<()> {
        Ok(())
    }

    async fn handle_message(&mut self, _ctx: &mut Context, msg: Routed<String>) -> Result<()> {
        drop(msg);
        Ok(())
    }

    async fn shutdown(&mut self, _ctx: &mut Context) -> Result<()> {
        Ok(())
    }
}

struct Generic<M>(Vec<M>);

#[ockam::worker(crate = "::ockam")]
impl<M> ockam::Worker for Generic<M>
where
    M: Message,
{
    type Context = ockam::Context;
    type Message = M;

    async fn handle_message(
        &mut self,
        _: &mut Self::Context,
        _: Routed<Self::Message>,
    ) -> ockam::Result<()> {
        self.0.clear();
        Ok(())
    }
}

type Alias = u64;

struct Aliased;

#[ockam::worker]
impl Worker for Aliased {
    type Context = Context;
    type Message = Alias;

    fn handle_message(
        &mut self,
        _ctx: &mut Context,
        _msg: Routed<u64>,
    ) -> impl Future<Output = Result<()>> + Send {
        async { Ok(()) }
    }
}

macro_rules! body {
    () => {
        type Context = Context;
        type Message = u8;

        async fn handle_message(&mut self, _: &mut Context, _: Routed<u8>) -> Result<()> {
            Ok(())
        }
    };
}

struct Generated;

#[ockam::worker]
impl Worker for Generated {
    body!();
}

fn is_worker<W: Worker>(_: W) {}

pub fn main() {
    is_worker(Plain);
    is_worker(Generic::<u8>(Vec::new()));
    is_worker(Aliased);
    is_worker(Generated);
}
