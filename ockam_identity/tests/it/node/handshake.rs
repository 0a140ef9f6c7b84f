//! The creation of channels, and messages through them.

use super::stage::{Echoer, LISTENER, Stage, identity, node, record, soon, until};
use ockam_core::{Address, ErrorKind, LOCAL, NeutralMessage, Result, Routed, Worker, route};
use ockam_identity::{
    Identities, MAX_CHANNEL_BODY_LEN, SecureChannelListenerOptions, SecureChannelOptions,
    SecureChannelPeer,
};
use ockam_node::{Context, DeadLetterReason};
use std::time::Duration;

#[tokio::test]
async fn a_message_goes_through_and_says_who_sent_it() {
    let stage = Stage::new().await;
    let mut recorded = record(&stage.ctx, "recorder").await;
    stage.let_in("recorder");
    let channel = stage.channel().await;
    assert_eq!(channel.peer(), &stage.bob);
    stage.ctx.send(route![&channel, "recorder"], "Hello Ockam!".to_string()).await.unwrap();
    let message = soon(recorded.recv()).await.unwrap();
    assert_eq!(message.payload(), &b"\x0cHello Ockam!"[..]);
    let peer = message.find_local_info::<SecureChannelPeer>().unwrap();
    assert_eq!(peer.identifier(), &stage.alice);
    // The answer goes back through the channel.
    assert_eq!(message.return_route().len(), 2);
    assert_eq!(message.return_route().last(), Some(&"app".into()));
}

#[tokio::test]
async fn answers_come_back_and_say_who_sent_them_too() {
    let mut stage = Stage::new().await;
    stage.ctx.start_worker("echoer", Echoer).await.unwrap();
    stage.let_in("echoer");
    let channel = stage.channel().await;
    stage.ctx.flow_controls().add_consumer("app", channel.flow_control_id());
    for number in 0..200_u32 {
        stage.ctx.send(route![&channel, "echoer"], number).await.unwrap();
        let answer: Routed<u32> = soon(stage.ctx.receive()).await.unwrap();
        assert_eq!(*answer.as_body(), number);
        let peer = answer.find_local_info::<SecureChannelPeer>().unwrap();
        assert_eq!(peer.identifier(), &stage.bob);
    }
}

#[tokio::test]
async fn an_ask_is_answered_without_being_a_consumer() {
    let stage = Stage::new().await;
    stage.ctx.start_worker("echoer", Echoer).await.unwrap();
    stage.let_in("echoer");
    let channel = stage.channel().await;
    for len in [0, 1, 1000, 100_000] {
        let body = NeutralMessage::from(vec![7; len]);
        let answer =
            stage.ctx.send_and_receive::<NeutralMessage>(route![&channel, "echoer"], body.clone());
        assert_eq!(soon(answer).await.unwrap(), body);
    }
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused_and_the_channel_goes_on() {
    let stage = Stage::new().await;
    stage.ctx.start_worker("echoer", Echoer).await.unwrap();
    stage.let_in("echoer");
    let channel = stage.channel().await;
    let body = |len| NeutralMessage::from(vec![7; len]);
    let ask =
        |len| stage.ctx.send_and_receive::<NeutralMessage>(route![&channel, "echoer"], body(len));
    let error = soon(ask(MAX_CHANNEL_BODY_LEN + 1)).await.unwrap_err();
    assert!(error.to_string().contains("send less at a time"), "{error}");
    assert_eq!(soon(ask(MAX_CHANNEL_BODY_LEN)).await.unwrap(), body(MAX_CHANNEL_BODY_LEN));
}

#[tokio::test]
async fn who_is_no_consumer_is_not_reached() {
    let stage = Stage::new().await;
    let mut recorded = record(&stage.ctx, "recorder").await;
    let channel = stage.channel().await;
    let denied = || stage.ctx.dead_letters().count(DeadLetterReason::Denied);
    assert_eq!(denied(), 0);
    stage.ctx.send(route![&channel, "recorder"], 1u8).await.unwrap();
    until(|| denied() == 1).await;
    assert!(recorded.try_recv().is_err());
    // The channel still works.
    stage.let_in("recorder");
    stage.ctx.send(route![&channel, "recorder"], 2u8).await.unwrap();
    assert_eq!(soon(recorded.recv()).await.unwrap().payload(), &[2][..]);
}

#[tokio::test]
async fn many_messages_arrive_in_order_both_ways_at_once() {
    let stage = Stage::new().await;
    stage.ctx.start_worker("echoer", Echoer).await.unwrap();
    stage.let_in("echoer");
    let channel = stage.channel().await;
    let mut collector = stage
        .ctx
        .new_detached("collector", ockam_core::AllowAll, ockam_core::AllowAll)
        .await
        .unwrap();
    stage.ctx.flow_controls().add_consumer("collector", channel.flow_control_id());
    let sender = collector.handle();
    let route = route![&channel, "echoer"];
    // More than all mailboxes on the way hold, so that every worker waits for another.
    let sent = tokio::spawn(async move {
        for number in 0..20_000_u32 {
            sender.send(route.clone(), NeutralMessage::from(number.to_be_bytes().to_vec())).await?;
        }
        Ok::<(), ockam_core::Error>(())
    });
    for number in 0..20_000_u32 {
        let answer = soon(collector.receive::<NeutralMessage>()).await.unwrap().body();
        assert_eq!(answer.as_slice(), number.to_be_bytes());
    }
    sent.await.unwrap().unwrap();
}

/// Passes messages on as a worker in the middle of a route does.
struct Hop;

impl Worker for Hop {
    type Context = Context;
    type Message = ockam_core::Any;

    async fn handle_message(
        &mut self,
        ctx: &mut Context,
        msg: Routed<ockam_core::Any>,
    ) -> Result<()> {
        let message = msg.into_local_message().step_forward(ctx.address())?;
        ctx.forward(message).await
    }
}

#[tokio::test]
async fn a_channel_goes_over_hops_and_through_another_channel() {
    let stage = Stage::new().await;
    for hop in ["h1", "h2"] {
        stage.ctx.start_worker(hop, Hop).await.unwrap();
    }
    stage.ctx.start_worker("echoer", Echoer).await.unwrap();
    let outer = soon(stage.channel_over(route!["h1", "h2", LISTENER], SecureChannelOptions::new()));
    let outer = outer.await.unwrap();
    // A second listener, which only the peer of the first channel reaches.
    let options = SecureChannelListenerOptions::new().as_consumer(stage.listener.flow_control_id());
    let carol = identity(&stage.identities, &stage.ctx).await;
    let inner_listener = stage
        .identities
        .create_secure_channel_listener(&stage.ctx, &carol, "inner", options)
        .await
        .unwrap();
    let inner = stage.channel_over(route![&outer, "inner"], SecureChannelOptions::new());
    let inner = soon(inner).await.unwrap();
    assert_eq!(inner.peer(), &carol);
    stage.ctx.flow_controls().add_consumer("echoer", inner_listener.flow_control_id());
    let answer = stage.ctx.send_and_receive::<String>(route![&inner, "echoer"], "hi".to_string());
    assert_eq!(soon(answer).await.unwrap(), "hi");
}

#[tokio::test(start_paused = true)]
async fn without_a_listener_the_time_runs_out_and_nothing_is_left() {
    let stage = Stage::new().await;
    let _silent = record(&stage.ctx, "silent").await;
    let before = stage.ctx.list_workers();
    let options = SecureChannelOptions::new().with_timeout(Duration::from_secs(3));
    let error = stage.channel_over("silent", options).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    assert!(error.to_string().contains("0#silent within 3s"), "{error}");
    let error = stage.channel_over("nobody", SecureChannelOptions::new()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert_eq!(stage.ctx.list_workers(), before);
}

#[tokio::test]
async fn a_handshake_that_is_given_up_leaves_nothing_behind() {
    let stage = Stage::new().await;
    let mut recorded = record(&stage.ctx, "silent").await;
    let before = stage.ctx.list_workers();
    {
        let channel = stage.channel_over("silent", SecureChannelOptions::new());
        tokio::select! {
            channel = channel => panic!("{channel:?}"),
            message = recorded.recv() => assert_eq!(message.unwrap().payload().len(), 33),
        }
    }
    assert_eq!(stage.ctx.list_workers(), before);
}

/// Passes messages on; after message 2 it takes no more, and its mailbox of one is full.
struct Jam;

impl Worker for Jam {
    type Context = Context;
    type Message = ockam_core::Any;

    async fn handle_message(
        &mut self,
        ctx: &mut Context,
        msg: Routed<ockam_core::Any>,
    ) -> Result<()> {
        let message = msg.into_local_message().step_forward(ctx.address())?;
        if message.payload().len() <= 33 {
            return ctx.forward(message).await;
        }
        ctx.try_send(ctx.address(), 0u8)?;
        ctx.forward(message).await?;
        std::future::pending().await
    }
}

#[tokio::test]
async fn a_handshake_that_is_given_up_at_its_last_step_leaves_nothing_behind() {
    let stage = Stage::new().await;
    let jam = ockam_node::WorkerBuilder::new(Jam).with_address("jam").with_mailbox_capacity(1);
    jam.start(&stage.ctx).await.unwrap();
    let before = stage.ctx.list_workers();
    let channel = stage.channel_over(route!["jam", LISTENER], SecureChannelOptions::new());
    let workers = || stage.ctx.list_workers().len();
    {
        let mut channel = std::pin::pin!(channel);
        // Bob's responder, Alice's decryptor, and her encryptor, which waits to send message 3.
        let waits = until(|| workers() == before.len() + 3);
        tokio::select! {
            channel = &mut channel => panic!("{channel:?}"),
            () = waits => {}
        }
    }
    // Bob's responder goes on waiting.
    until(|| workers() == before.len() + 1).await;
}

#[tokio::test]
async fn an_identity_of_another_node_is_named_in_the_error() {
    let (ctx, identities) = (node(), Identities::in_memory());
    let stranger = ockam_identity::Identifier::from([7; 32]);
    let options = SecureChannelListenerOptions::new();
    let error = identities
        .create_secure_channel_listener(&ctx, &stranger, LISTENER, options)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.to_string().contains(&stranger.to_string()), "{error}");
    let options = SecureChannelOptions::new();
    let error =
        identities.create_secure_channel(&ctx, &stranger, LISTENER, options).await.unwrap_err();
    assert!(error.to_string().contains("create or import it first"), "{error}");
}

#[tokio::test]
async fn the_addresses_of_a_channel_are_random() {
    let stage = Stage::new().await;
    let (one, two) = (stage.channel().await, stage.channel().await);
    assert_ne!(one.address(), two.address());
    assert_eq!(one.address().len(), 32);
    assert_eq!(Address::from(&one).transport_type(), LOCAL);
}
