//! Asks that go through other workers on their way.

use crate::support::{Echoer, Gate, Hop, Trace, Tracer, node, poll, settle, soon};
use ockam_core::{
    Any, Error, ErrorKind, LocalMessage, Result, Route, Routed, TransportMessage, Worker, route,
};
use ockam_node::Context;
use std::pin::pin;

async fn hops(ctx: &Context) {
    for hop in ["h1", "h2", "h3"] {
        ctx.start_worker(hop, Hop).await.unwrap();
    }
}

fn through(recipient: &str) -> Route {
    route!["h1", "h2", "h3", recipient]
}

async fn ask_error(ctx: &Context, recipient: &str, text: &str) -> Error {
    let ask = ctx.send_and_receive::<String>(through(recipient), text.to_string());
    soon(ask).await.unwrap_err()
}

#[tokio::test]
async fn an_ask_through_hops_is_answered_through_them() {
    let ctx = node();
    hops(&ctx).await;
    ctx.start_worker("echoer", Echoer).await.unwrap();
    let ask = ctx.send_and_receive_extended::<String>(
        through("echoer"),
        "Hello".to_string(),
        Default::default(),
    );
    let answer = soon(ask).await.unwrap();
    assert_eq!(answer.return_route(), through("echoer"));
    assert_eq!(answer.body(), "Hello");
}

#[tokio::test]
async fn an_ask_through_hops_of_nobody_ends_at_once() {
    let ctx = node();
    hops(&ctx).await;
    let error = ask_error(&ctx, "nobody", "Hello").await;
    assert!(error.to_string().contains("0#nobody"), "{error}");
}

#[tokio::test]
async fn an_ask_through_a_hop_that_is_missing_ends_at_once() {
    let ctx = node();
    ctx.start_worker("h1", Hop).await.unwrap();
    ctx.start_worker("echoer", Echoer).await.unwrap();
    let error = ask_error(&ctx, "echoer", "Hello").await;
    assert!(error.to_string().contains("0#h2"), "{error}");
}

#[tokio::test]
async fn an_ask_through_hops_of_a_worker_that_fails_or_panics_ends_at_once() {
    let cases = [
        ("fail", "the tracer fails", ErrorKind::Failed),
        ("panic", "the tracer panics", ErrorKind::Panicked),
    ];
    for (text, cause, kind) in cases {
        let ctx = node();
        hops(&ctx).await;
        ctx.start_worker("tracer", Tracer::new(&Trace::new())).await.unwrap();
        let error = ask_error(&ctx, "tracer", text).await;
        assert_eq!(error.kind(), kind);
        for part in ["0#tracer", cause] {
            assert!(error.to_string().contains(part), "{error}");
        }
    }
}

#[tokio::test]
async fn an_ask_through_hops_that_cannot_be_decoded_ends_at_once() {
    let ctx = node();
    hops(&ctx).await;
    ctx.start_worker("echoer", Echoer).await.unwrap();
    let ask = ctx.send_and_receive::<String>(through("echoer"), 0xffff_ffff_u32);
    let error = soon(ask).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Encoding);
    assert!(error.to_string().contains("0#echoer"), "{error}");
}

#[tokio::test]
async fn asks_through_hops_behind_a_panic_end_at_once() {
    let (ctx, gate) = (node(), Gate::new());
    hops(&ctx).await;
    ctx.start_worker("tracer", Tracer::new(&Trace::new()).with_gate(&gate)).await.unwrap();
    for text in ["gate", "panic"] {
        ctx.send("tracer", text.to_string()).await.unwrap();
    }
    gate.reached().await;
    let mut ask = pin!(ctx.send_and_receive::<String>(through("tracer"), "echo".to_string()));
    assert!(poll(ask.as_mut()).is_pending());
    settle().await;
    gate.open(1);
    assert_eq!(soon(ask).await.unwrap_err().kind(), ErrorKind::Panicked);
}

#[tokio::test]
async fn an_ask_through_hops_of_a_worker_that_stops_ends_at_once() {
    let (ctx, gate) = (node(), Gate::new());
    hops(&ctx).await;
    ctx.start_worker("tracer", Tracer::new(&Trace::new()).with_gate(&gate)).await.unwrap();
    ctx.send("tracer", "gate".to_string()).await.unwrap();
    gate.reached().await;
    let mut stop = pin!(ctx.stop_worker("tracer"));
    assert!(poll(stop.as_mut()).is_pending());
    let error = ask_error(&ctx, "tracer", "echo").await;
    assert!(error.to_string().contains("0#tracer"), "{error}");
    gate.open(1);
    soon(stop).await.unwrap();
}

/// Forwards as the tutorials do, in one of several ways.
struct Forwarder(Forward);

type Forward = fn(Routed<Any>, &Context) -> Result<LocalMessage>;

impl Worker for Forwarder {
    type Context = Context;
    type Message = Any;

    async fn handle_message(&mut self, ctx: &mut Context, msg: Routed<Any>) -> Result<()> {
        let message = (self.0)(msg, ctx)?;
        ctx.forward(message).await
    }
}

fn edited(msg: Routed<Any>, ctx: &Context) -> Result<LocalMessage> {
    let mut message = msg.into_local_message();
    let transport = message.transport_mut();
    transport.onward_route.step()?;
    transport.return_route.modify().prepend(ctx.address());
    Ok(message)
}

fn copied(msg: Routed<Any>, ctx: &Context) -> Result<LocalMessage> {
    msg.local_message().step_forward(ctx.address())
}

fn cloned(msg: Routed<Any>, ctx: &Context) -> Result<LocalMessage> {
    msg.into_local_message().clone().step_forward(ctx.address())
}

fn rebuilt(msg: Routed<Any>, ctx: &Context) -> Result<LocalMessage> {
    let info = msg.local_info().to_vec();
    let mut transport: TransportMessage = msg.into_transport_message();
    transport.onward_route.step()?;
    transport.return_route.modify().prepend(ctx.address());
    Ok(LocalMessage::new(transport, info))
}

#[tokio::test]
async fn every_way_to_forward_a_message_forwards_the_question_and_its_failure() {
    let forwarders: [(&str, Forward); 4] =
        [("edited", edited), ("copied", copied), ("cloned", cloned), ("rebuilt", rebuilt)];
    for (name, forward) in forwarders {
        let ctx = node();
        ctx.start_worker("forwarder", Forwarder(forward)).await.unwrap();
        ctx.start_worker("echoer", Echoer).await.unwrap();
        ctx.start_worker("tracer", Tracer::new(&Trace::new())).await.unwrap();
        let ask = ctx.send_and_receive::<String>(route!["forwarder", "echoer"], name.to_string());
        assert_eq!(soon(ask).await.unwrap(), name);
        let ask = ctx.send_and_receive::<String>(route!["forwarder", "tracer"], "fail".to_string());
        let Ok(failed) = tokio::time::timeout(std::time::Duration::from_secs(5), ask).await else {
            panic!("the asker is not told when the message is {name}");
        };
        assert_eq!(failed.unwrap_err().kind(), ErrorKind::Failed, "{name}");
    }
}
