//! The end of channels.

use super::link::connect;
use super::stage::{Echoer, LISTENER, Stage, answering, calling, echo, node, record, soon, until};
use ockam_core::{Any, ErrorKind, NeutralMessage, Result, Routed, Worker, route};
use ockam_identity::SecureChannel;
use ockam_node::{Context, MessageSendReceiveOptions};
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

#[tokio::test]
async fn what_was_sent_before_arrives_before_the_end_and_both_ends_are_gone() {
    let stage = Stage::new().await;
    let mut recorded = record(&stage.ctx, "recorder").await;
    stage.let_in("recorder");
    let before = stage.ctx.list_workers();
    let channel = stage.channel().await;
    for number in 0..100_u32 {
        stage.ctx.send(route![&channel, "recorder"], number).await.unwrap();
    }
    soon(channel.stop(&stage.ctx)).await.unwrap();
    for _ in 0..100 {
        soon(recorded.recv()).await.unwrap();
    }
    until(|| stage.ctx.list_workers() == before).await;
}

#[tokio::test]
async fn whoever_sends_after_the_end_is_told_so() {
    let stage = Stage::new().await;
    let channel = stage.channel().await;
    soon(channel.stop(&stage.ctx)).await.unwrap();
    let error = stage.ctx.send(route![&channel, "app"], 1u8).await.unwrap_err();
    let words = format!("the secure channel with {} was closed here", stage.bob);
    assert_eq!(error.to_string(), words);
}

#[tokio::test]
async fn the_responder_can_end_it_and_an_ask_fails_at_once() {
    let stage = Stage::new().await;
    let mut recorded = record(&stage.ctx, "recorder").await;
    stage.let_in("recorder");
    let before = stage.ctx.list_workers();
    let channel = stage.channel().await;
    let ask = {
        let (handle, route) = (stage.ctx.handle(), route![&channel, "recorder"]);
        tokio::spawn(async move { handle.send_and_receive::<u32>(route, 1u32).await })
    };
    // The first hop of the answer is the responder's end of the channel.
    let question = soon(recorded.recv()).await.unwrap();
    let end = question.return_route().first().unwrap().clone();
    soon(stage.ctx.stop_worker(end)).await.unwrap();
    let error = soon(ask).await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Stopped);
    assert!(error.to_string().contains("was closed by the peer"), "{error}");
    until(|| stage.ctx.list_workers() == before).await;
}

#[tokio::test]
async fn stopping_twice_says_that_it_has_ended() {
    let stage = Stage::new().await;
    let channel = stage.channel().await;
    soon(channel.stop(&stage.ctx)).await.unwrap();
    let error = soon(channel.stop(&stage.ctx)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn a_node_with_channels_stops_well() {
    let mut stage = Stage::new().await;
    stage.ctx.start_worker("echoer", Echoer).await.unwrap();
    stage.let_in("echoer");
    for _ in 0..10 {
        let channel = stage.channel().await;
        echo(&stage.ctx, &channel, vec![1]).await;
    }
    soon(stage.ctx.stop()).await.unwrap();
    assert_eq!(stage.ctx.list_workers().len(), 1);
}

/// Sends a request through a channel while its node stops, and reports the result to the test.
struct LastWords {
    channel: SecureChannel,
    answer: UnboundedSender<Result<NeutralMessage>>,
}

impl Worker for LastWords {
    type Context = Context;
    type Message = Any;

    async fn handle_message(&mut self, _: &mut Context, _: Routed<Any>) -> Result<()> {
        Ok(())
    }

    async fn shutdown(&mut self, ctx: &mut Context) -> Result<()> {
        // Everything else that is there has stopped by now, except for what has to wait.
        ctx.sleep(Duration::from_millis(100)).await;
        let (route, body) = (route![&self.channel, "echoer"], NeutralMessage::from(vec![7]));
        let options = MessageSendReceiveOptions::new().with_timeout(Duration::from_millis(200));
        let answer = ctx.send_and_receive_extended::<NeutralMessage>(route, body, options).await;
        let _ = self.answer.send(answer.and_then(Routed::into_body));
        Ok(())
    }
}

/// Both workers of an end stop after the workers of the program.
#[tokio::test(start_paused = true)]
async fn a_worker_still_asks_through_a_channel_in_its_shutdown() {
    let (mut initiator, responder) = (node(), node());
    let (near, far, _) = connect(&initiator, &responder).await;
    answering(&responder, &[&far.flow]).await;
    let channel = calling(&initiator, route![near.sender, LISTENER]).await;
    let (answer, mut answers) = unbounded_channel();
    initiator.start_worker("last_words", LastWords { channel, answer }).await.unwrap();
    soon(initiator.stop()).await.unwrap();
    let answer = answers.recv().await.unwrap().unwrap();
    assert_eq!(answer, NeutralMessage::from(vec![7]));
}

#[tokio::test]
async fn the_end_of_the_listener_leaves_its_channels() {
    let stage = Stage::new().await;
    stage.ctx.start_worker("echoer", Echoer).await.unwrap();
    stage.let_in("echoer");
    let channel = stage.channel().await;
    soon(stage.listener.stop(&stage.ctx)).await.unwrap();
    echo(&stage.ctx, &channel, vec![1]).await;
}
