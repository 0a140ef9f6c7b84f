// examples/17-delayed-event.rs
// This node starts a worker that sends itself a message after a time, again and again.
//
// Run it with: cargo run --example 17-delayed-event

use ockam::{node, Context, DelayedEvent, Result, Routed, Worker};
use std::time::Duration;

const INTERVAL: Duration = Duration::from_millis(20);

/// Beats three times and then tells the app.
struct Heart {
    beats: u32,
    next: DelayedEvent<String>,
}

#[ockam::worker]
impl Worker for Heart {
    type Context = Context;
    type Message = String;

    async fn initialize(&mut self, _ctx: &mut Context) -> Result<()> {
        self.next.schedule(INTERVAL).await
    }

    async fn handle_message(&mut self, ctx: &mut Context, msg: Routed<String>) -> Result<()> {
        self.beats += 1;
        println!("Address: {}, Received: {}", ctx.address(), msg);

        if self.beats == 3 {
            return ctx.send("app", "Three beats".to_string()).await;
        }
        // Not `ctx.sleep`: other messages would have to wait until this handler is done.
        self.next.schedule(INTERVAL).await
    }
}

#[ockam::node]
async fn main(ctx: Context) -> Result<()> {
    let mut node = node(ctx);

    // An event is a route and a message. Nothing is sent before it is scheduled, and dropping it
    // cancels what is scheduled, so this one lives in the worker that it wakes.
    let next = DelayedEvent::create(&node, "heart", "beat".to_string()).await?;
    node.start_worker("heart", Heart { beats: 0, next }).await?;

    // An event that is cancelled in time is never sent.
    let mut alarm = DelayedEvent::create(&node, "app", "Alarm!".to_string()).await?;
    alarm.schedule(Duration::from_secs(20)).await?;
    alarm.cancel();

    let message = node.receive::<String>().await?;
    println!("App Received: {}", message); // should print "Three beats"

    node.stop().await
}
