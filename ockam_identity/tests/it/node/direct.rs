//! Messages that are encrypted in the task of their sender.

use super::stage::{Echoer, LISTENER, Stage, soon};
use ockam_core::{Any, LocalMessage, NeutralMessage, Result, Routed, Worker, route};
use ockam_identity::{SecureChannel, SecureChannelOptions};
use ockam_node::{Context, DeadLetterReason, Handle, Shortcut, WorkerBuilder};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::Semaphore;

/// A hop on the way to Bob, which lets messages pass while its gate is open.
#[derive(Clone)]
struct Hop {
    gate: Arc<Semaphore>,
    /// How many have come while it had nothing to do.
    come: Arc<AtomicUsize>,
}

impl Worker for Hop {
    type Context = Context;
    type Message = Any;

    async fn handle_message(&mut self, ctx: &mut Context, msg: Routed<Any>) -> Result<()> {
        drop(self.gate.acquire().await.unwrap());
        let message = msg.into_local_message();
        if message.onward_route().len() == 1 {
            return Ok(());
        }
        ctx.forward(message.step_forward(ctx.address())?).await
    }
}

impl Shortcut for Hop {
    fn take(&self, _: &Handle, message: LocalMessage) -> Result<(), LocalMessage> {
        self.come.fetch_add(1, Ordering::Relaxed);
        Err(message)
    }
}

/// A channel to Bob over a hop, through which something was answered already.
async fn answered(stage: &Stage) -> (Hop, SecureChannel) {
    let ctx = &stage.ctx;
    let hop = Hop { gate: Arc::new(Semaphore::new(1)), come: Arc::default() };
    let builder = WorkerBuilder::new(hop.clone()).with_address("hop").with_mailbox_capacity(1);
    builder.with_shortcut(hop.clone()).start(ctx).await.unwrap();
    ctx.start_worker("echoer", Echoer).await.unwrap();
    stage.let_in("echoer");
    let options = SecureChannelOptions::new();
    let channel = soon(stage.channel_over(route!["hop", LISTENER], options)).await.unwrap();
    super::stage::echo(ctx, &channel, vec![1]).await;
    (hop, channel)
}

#[tokio::test]
async fn a_message_of_a_dialogue_has_left_when_it_was_sent_and_a_stream_waits() {
    let stage = Stage::new().await;
    let (hop, channel) = answered(&stage).await;
    let before = hop.come.load(Ordering::Relaxed);
    let route = route![&channel, "echoer"];
    stage.ctx.try_send(route.clone(), NeutralMessage::from(vec![2])).unwrap();
    assert_eq!(hop.come.load(Ordering::Relaxed), before + 1, "nothing else could run yet");
    stage.ctx.try_send(route, NeutralMessage::from(vec![3])).unwrap();
    assert_eq!(hop.come.load(Ordering::Relaxed), before + 1);
    super::stage::echo(&stage.ctx, &channel, vec![4]).await;
}

#[tokio::test]
async fn what_the_next_hop_has_no_room_for_waits_and_is_answered() {
    let stage = Stage::new().await;
    let (hop, channel) = answered(&stage).await;
    let closed = hop.gate.acquire().await.unwrap();
    // One is at the gate, the other fills the mailbox.
    for _ in 0..2 {
        soon(stage.ctx.send("hop", 0u8)).await.unwrap();
        tokio::task::yield_now().await;
    }
    let asks: Vec<_> = (5..8u8)
        .map(|number| {
            let (handle, route) = (stage.ctx.handle(), route![&channel, "echoer"]);
            let body = NeutralMessage::from(vec![number]);
            tokio::spawn(
                async move { handle.send_and_receive::<NeutralMessage>(route, body).await },
            )
        })
        .collect();
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    drop(closed);
    for (ask, number) in asks.into_iter().zip(5u8..) {
        assert_eq!(soon(ask).await.unwrap().unwrap(), NeutralMessage::from(vec![number]));
    }
    super::stage::echo(&stage.ctx, &channel, vec![9]).await;
}

#[tokio::test]
async fn a_message_whose_next_hop_is_gone_is_lost_once_and_its_asker_is_told() {
    let stage = Stage::new().await;
    let (_, channel) = answered(&stage).await;
    stage.ctx.stop_worker("hop").await.unwrap();
    let body = NeutralMessage::from(vec![2]);
    let ask = stage.ctx.send_and_receive::<NeutralMessage>(route![&channel, "echoer"], body);
    let error = soon(ask).await.unwrap_err();
    assert!(error.to_string().contains("no worker at 0#hop"), "{error}");
    assert_eq!(stage.ctx.dead_letters().count(DeadLetterReason::NotFound), 1);
}
