//! The end of an ask without an answer: at once, with the reason.

use crate::support::{Deferrer, Gate, Trace, Tracer, collect, node, poll, settle, soon};
use ockam_core::{AllowAll, DenyAll, Error, ErrorKind, Mailbox, Result, Routed, Worker, route};
use ockam_node::{Context, Handle, WorkerBuilder};
use std::pin::pin;
use std::sync::Arc;

async fn ask(ctx: &Context, address: &str, text: &str) -> Error {
    let ask = ctx.send_and_receive::<String>(address, text.to_string());
    soon(ask).await.unwrap_err()
}

#[tokio::test]
async fn an_ask_of_nobody_ends_at_once() {
    let ctx = node();
    let error = ask(&ctx, "nobody", "Hello").await;
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.to_string().contains("0#nobody"), "{error}");
}

#[tokio::test]
async fn an_ask_along_an_empty_route_ends_at_once() {
    let ask = node().send_and_receive::<String>(route![], "Hello".to_string()).await;
    assert_eq!(ask.unwrap_err().kind(), ErrorKind::InvalidInput);
}

#[tokio::test]
async fn an_ask_of_a_worker_that_fails_ends_at_once() {
    let ctx = node();
    ctx.start_worker("tracer", Tracer::new(&Trace::new())).await.unwrap();
    let error = ask(&ctx, "tracer", "fail").await;
    assert_eq!(error.kind(), ErrorKind::Failed);
    for part in ["0#tracer", "the tracer fails"] {
        assert!(error.to_string().contains(part), "{error}");
    }
}

#[tokio::test]
async fn an_ask_that_cannot_be_decoded_ends_at_once() {
    let ctx = node();
    ctx.start_worker("tracer", Tracer::new(&Trace::new())).await.unwrap();
    let ask = ctx.send_and_receive::<String>("tracer", 0xffff_ffff_u32);
    let error = soon(ask).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Encoding);
    for part in ["0#tracer", "`String`", "`u32`"] {
        assert!(error.to_string().contains(part), "{error}");
    }
}

#[tokio::test]
async fn an_ask_that_a_context_receives_and_cannot_decode_ends_at_once() {
    let mut ctx = node();
    let handle = ctx.handle();
    let ask =
        tokio::spawn(
            async move { handle.send_and_receive::<String>("app", 0xffff_ffff_u32).await },
        );
    let error = soon(ctx.receive::<String>()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Encoding);
    assert_eq!(soon(ask).await.unwrap().unwrap_err().kind(), ErrorKind::Encoding);
}

#[tokio::test]
async fn an_ask_that_a_context_takes_and_cannot_decode_ends_at_once() {
    let mut ctx = node();
    let handle = ctx.handle();
    let ask =
        tokio::spawn(
            async move { handle.send_and_receive::<String>("app", 0xffff_ffff_u32).await },
        );
    settle().await;
    let error = ctx.try_receive::<String>().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Encoding);
    assert_eq!(soon(ask).await.unwrap().unwrap_err().kind(), ErrorKind::Encoding);
}

#[tokio::test]
async fn an_ask_that_an_access_control_denies_ends_at_once() {
    let ctx = node();
    let tracer = WorkerBuilder::new(Tracer::new(&Trace::new()));
    tracer.with_mailboxes(Mailbox::new("tracer", DenyAll, AllowAll)).start(&ctx).await.unwrap();
    let error = ask(&ctx, "tracer", "echo").await;
    assert_eq!(error.kind(), ErrorKind::Denied);
    assert!(error.to_string().contains("0#tracer"), "{error}");
}

#[tokio::test]
async fn an_ask_whose_answer_the_workers_own_rule_denies_ends_at_once() {
    let ctx = node();
    let tracer = WorkerBuilder::new(Tracer::new(&Trace::new()));
    tracer.with_mailboxes(Mailbox::new("tracer", AllowAll, DenyAll)).start(&ctx).await.unwrap();
    let error = ask(&ctx, "tracer", "echo").await;
    assert_eq!(error.kind(), ErrorKind::Failed);
    assert!(error.to_string().contains("access control"), "{error}");
}

#[tokio::test]
async fn an_ask_of_a_worker_that_stops_ends_at_once() {
    let (ctx, gate) = (node(), Gate::new());
    ctx.start_worker("tracer", Tracer::new(&Trace::new()).with_gate(&gate)).await.unwrap();
    ctx.send("tracer", "gate".to_string()).await.unwrap();
    gate.reached().await;
    let mut stop = pin!(ctx.stop_worker("tracer"));
    assert!(poll(stop.as_mut()).is_pending());
    assert_eq!(ask(&ctx, "tracer", "echo").await.kind(), ErrorKind::Stopped);
    gate.open(1);
    soon(stop).await.unwrap();
    assert_eq!(ask(&ctx, "tracer", "echo").await.kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn an_ask_in_the_queue_of_a_worker_that_stops_is_answered() {
    let (ctx, gate) = (node(), Gate::new());
    ctx.start_worker("tracer", Tracer::new(&Trace::new()).with_gate(&gate)).await.unwrap();
    ctx.send("tracer", "gate".to_string()).await.unwrap();
    gate.reached().await;
    let mut ask = pin!(ctx.send_and_receive::<String>("tracer", "echo".to_string()));
    assert!(poll(ask.as_mut()).is_pending());
    let mut stop = pin!(ctx.stop_worker("tracer"));
    assert!(poll(stop.as_mut()).is_pending());
    gate.open(1);
    assert_eq!(soon(ask).await.unwrap(), "echo");
    soon(stop).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn asks_of_a_worker_that_is_cut_off_end_at_once() {
    let (mut ctx, gate) = (node(), Gate::new());
    ctx.start_worker("tracer", Tracer::new(&Trace::new()).with_gate(&gate)).await.unwrap();
    // The first is handled when the deadline comes, the second waits in the queue.
    let asks: Vec<_> = ["gate", "echo"]
        .map(|text| {
            let handle = ctx.handle();
            let text = text.to_string();
            tokio::spawn(async move { handle.send_and_receive::<String>("tracer", text).await })
        })
        .into();
    gate.reached().await;
    settle().await;
    let start = tokio::time::Instant::now();
    assert!(ctx.stop().await.is_err());
    for ask in asks {
        assert_eq!(ask.await.unwrap().unwrap_err().kind(), ErrorKind::Stopped);
    }
    assert!(start.elapsed().as_secs() < 5);
}

#[tokio::test]
async fn an_ask_in_the_mailbox_of_a_context_that_is_dropped_ends_at_once() {
    let ctx = node();
    let other = ctx.new_detached("other", AllowAll, AllowAll).await.unwrap();
    let mut ask = pin!(ctx.send_and_receive::<String>("other", "Hello".to_string()));
    assert!(poll(ask.as_mut()).is_pending());
    drop(other);
    assert_eq!(soon(ask).await.unwrap_err().kind(), ErrorKind::Stopped);
}

#[tokio::test(start_paused = true)]
async fn an_ask_that_still_waits_when_the_node_has_stopped_ends_then() {
    let mut ctx = node();
    let deferrer = Deferrer::default();
    let asked = Arc::clone(&deferrer.asked);
    ctx.start_worker("deferrer", deferrer).await.unwrap();
    let handle = ctx.handle();
    let ask = tokio::spawn(async move {
        handle.send_and_receive::<String>("deferrer", "?".to_string()).await
    });
    asked.notified().await;
    let start = tokio::time::Instant::now();
    ctx.stop().await.unwrap();
    assert_eq!(ask.await.unwrap().unwrap_err().kind(), ErrorKind::Stopped);
    assert!(start.elapsed().as_secs() < 5, "nobody is left who could answer");
}

/// Asks itself in a handler.
struct Narcissus(&'static str);

impl Worker for Narcissus {
    type Context = Context;
    type Message = String;

    async fn handle_message(&mut self, ctx: &mut Context, msg: Routed<String>) -> Result<()> {
        let route = self.0.parse::<ockam_core::Route>()?;
        let answer = ctx.send_and_receive::<String>(route, msg.body()).await;
        let kind = format!("{:?}", answer.as_ref().map_err(Error::kind));
        ctx.send("results", kind).await
    }
}

#[tokio::test]
async fn an_ask_to_oneself_is_an_error() {
    let ctx = node();
    let error = ask(&ctx, "app", "Hello").await;
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert!(error.to_string().contains("0#app"), "{error}");

    let mut results = collect::<String>(&ctx, "results").await;
    ctx.start_worker("narcissus", Narcissus("narcissus")).await.unwrap();
    ctx.send("narcissus", "Hello".to_string()).await.unwrap();
    assert_eq!(soon(results.recv()).await.unwrap(), "Err(InvalidInput)");
}

#[tokio::test(start_paused = true)]
async fn an_ask_to_oneself_through_a_hop_is_an_error() {
    let ctx = node();
    let mut results = collect::<String>(&ctx, "results").await;
    ctx.start_worker("hop", crate::support::Hop).await.unwrap();
    ctx.start_worker("narcissus", Narcissus("hop => narcissus")).await.unwrap();
    ctx.send("narcissus", "Hello".to_string()).await.unwrap();
    let start = tokio::time::Instant::now();
    let result = results.recv().await.unwrap();
    assert_eq!(result, "Err(InvalidInput)");
    assert!(start.elapsed().as_secs() < 5);
}

/// The call is one, so it is refused through a borrowed handle as well; a clone is another task's.
#[tokio::test]
async fn a_context_asks_itself_neither_directly_nor_through_its_handle() {
    fn ask(handle: &Handle) -> impl Future<Output = Result<u8>> + '_ {
        handle.send_and_receive::<u8>("app", 1u8)
    }
    let mut ctx = node();
    for asked in [ask(&ctx).await, ctx.send_and_receive::<u8>("app", 1u8).await] {
        assert_eq!(asked.unwrap_err().kind(), ErrorKind::InvalidInput);
    }
    let clone = ctx.handle();
    let asked = tokio::spawn(async move { ask(&clone).await });
    let question = soon(ctx.receive::<u8>()).await.unwrap();
    ctx.send(question.return_route(), 2u8).await.unwrap();
    assert_eq!(soon(asked).await.unwrap().unwrap(), 2);
}
