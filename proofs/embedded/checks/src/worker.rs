//! The workers of the checks.

use crate::wrong;
use alloc::string::String;
use alloc::sync::Arc;
use core::sync::atomic::{AtomicUsize, Ordering};
use core::time::Duration;
use ockam::{Context, Processor, Result, Routed, Worker};

/// Sends numbers back.
pub struct Echo;

#[ockam::worker]
impl Worker for Echo {
    type Context = Context;
    type Message = u32;

    async fn handle_message(&mut self, ctx: &mut Context, msg: Routed<u32>) -> Result<()> {
        ctx.send(msg.return_route(), msg.body()).await
    }
}

/// Asks the next worker before it answers with one more: a chain as long as there are workers.
pub(crate) struct Chain(pub(crate) Option<String>);

#[ockam::worker]
impl Worker for Chain {
    type Context = Context;
    type Message = u32;

    async fn handle_message(&mut self, ctx: &mut Context, msg: Routed<u32>) -> Result<()> {
        let answer = match &self.0 {
            Some(next) => ctx.send_and_receive::<u32>(next.as_str(), 0u32).await? + 1,
            None => 1,
        };
        ctx.send(msg.return_route(), answer).await
    }
}

/// Takes its time for every message, then counts it; counts its `shutdown` by a thousand.
pub(crate) struct Slow {
    pub(crate) takes: Duration,
    pub(crate) handled: Arc<AtomicUsize>,
}

#[ockam::worker]
impl Worker for Slow {
    type Context = Context;
    type Message = u32;

    async fn handle_message(&mut self, ctx: &mut Context, _: Routed<u32>) -> Result<()> {
        ctx.sleep(self.takes).await;
        self.handled.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    async fn shutdown(&mut self, _: &mut Context) -> Result<()> {
        self.handled.fetch_add(1000, Ordering::Relaxed);
        Ok(())
    }
}

/// Sends the numbers from one on to the main function, one every few milliseconds.
pub(crate) struct Ticker(pub(crate) u32);

#[ockam::processor]
impl Processor for Ticker {
    type Context = Context;

    async fn process(&mut self, ctx: &mut Context) -> Result<bool> {
        ctx.sleep(Duration::from_millis(5)).await;
        self.0 += 1;
        ctx.send("app", self.0).await.map(|()| true)
    }
}

/// Waits for ever.
pub(crate) struct Idler;

#[ockam::processor]
impl Processor for Idler {
    type Context = Context;

    async fn process(&mut self, ctx: &mut Context) -> Result<bool> {
        ctx.sleep(Duration::MAX).await;
        Err(wrong("for ever is over"))
    }
}

/// Tells the main function a number as soon as it has slept that many milliseconds.
pub(crate) struct Alarm;

#[ockam::worker]
impl Worker for Alarm {
    type Context = Context;
    type Message = u32;

    async fn handle_message(&mut self, ctx: &mut Context, msg: Routed<u32>) -> Result<()> {
        ctx.sleep(Duration::from_millis((*msg).into())).await;
        ctx.send(msg.return_route(), msg.body()).await
    }
}
