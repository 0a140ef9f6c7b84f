//! A worker that panics: it alone ends.

use crate::log::{logged, record_log};
use crate::support::{Collector, Echoer, Gate, Trace, Tracer, eventually, node, settle, soon};
use ockam_core::{Any, ErrorKind, Message, Result, Routed, Worker};
use ockam_node::{Context, DeadLetterReason};
use serde::{Deserialize, Deserializer, Serialize};
use std::future::{Future, ready};

/// A worker at its gate that panics next and has `behind` in its queue behind that.
async fn about_to_panic(ctx: &Context, name: &str, behind: &[&str]) -> (Trace, Gate) {
    let (trace, gate) = (Trace::new(), Gate::new());
    ctx.start_worker(name, Tracer::new(&trace).with_gate(&gate)).await.unwrap();
    ctx.send(name, "gate".to_string()).await.unwrap();
    gate.reached().await;
    for text in ["panic"].iter().chain(behind) {
        ctx.send(name, text.to_string()).await.unwrap();
    }
    (trace, gate)
}

async fn assert_unharmed(ctx: &Context) {
    ctx.start_worker("unharmed", Echoer).await.unwrap();
    let ask = ctx.send_and_receive::<String>("unharmed", "Hello".to_string());
    assert_eq!(soon(ask).await.unwrap(), "Hello");
}

#[tokio::test]
async fn a_panic_ends_that_worker_alone_and_frees_its_address() {
    let ctx = node();
    ctx.start_worker("bystander", Echoer).await.unwrap();
    let (trace, gate) = about_to_panic(&ctx, "tracer", &[]).await;
    gate.open(1);
    eventually("its address is free", || !ctx.is_worker_registered_at("tracer")).await;
    let ask = ctx.send_and_receive::<String>("bystander", "Hello".to_string());
    assert_eq!(soon(ask).await.unwrap(), "Hello");
    ctx.start_worker("tracer", Echoer).await.unwrap();
    let ask = ctx.send_and_receive::<String>("tracer", "Hello".to_string());
    assert_eq!(soon(ask).await.unwrap(), "Hello");
    assert_eq!(trace.count("drop"), 1);
}

#[tokio::test]
async fn a_worker_that_panicked_gets_its_shutdown_once_and_no_further_message() {
    let ctx = node();
    let (trace, gate) = about_to_panic(&ctx, "tracer", &["behind"]).await;
    gate.open(1);
    eventually("it has ended", || trace.count("drop") == 1).await;
    let expected = ["initialize", "begin gate", "end gate", "begin panic", "shutdown", "drop"];
    assert_eq!(trace.events(), expected);
}

#[tokio::test]
async fn messages_behind_a_panic_are_reported_as_undelivered() {
    let ctx = node();
    let mut dead_letters = ctx.dead_letters().subscribe();
    let (_, gate) = about_to_panic(&ctx, "tracer", &["1", "2", "3"]).await;
    gate.open(1);
    let panicked = soon(dead_letters.next()).await.unwrap();
    assert_eq!(panicked.reason, DeadLetterReason::Panicked);
    assert_eq!((panicked.onward_route, panicked.return_route.len()), ("tracer".into(), 0));
    for _ in 0..3 {
        let letter = soon(dead_letters.next()).await.unwrap();
        assert_eq!(letter.reason, DeadLetterReason::Panicked);
        assert_eq!(letter.onward_route, "tracer".into());
        assert_eq!(letter.return_route, "app".into());
    }
    eventually("its address is free", || ctx.list_workers().len() == 1).await;
    assert_eq!(ctx.dead_letters().count(DeadLetterReason::Panicked), 1 + 3);
}

#[tokio::test]
async fn a_panic_is_logged_with_address_type_and_text() {
    record_log();
    let ctx = node();
    let (trace, gate) = about_to_panic(&ctx, "panicking tracer", &[]).await;
    gate.open(1);
    eventually("it has ended", || trace.count("drop") == 1).await;
    let events = logged("0#panicking tracer");
    assert_eq!(events.len(), 1, "{events:?}");
    for part in ["the tracer panics", "Tracer"] {
        assert!(events[0].text.contains(part), "{events:?}");
    }
}

#[tokio::test]
async fn askers_of_a_worker_that_panics_are_told_at_once() {
    let ctx = node();
    let (_, gate) = about_to_panic(&ctx, "tracer", &[]).await;
    let asks: Vec<_> = (0..3)
        .map(|_| {
            let handle = ctx.handle();
            tokio::spawn(async move {
                handle.send_and_receive::<String>("tracer", "echo".to_string()).await
            })
        })
        .collect();
    settle().await;
    gate.open(1);
    for ask in asks {
        let error = soon(ask).await.unwrap().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Panicked);
        assert!(error.to_string().contains("0#tracer"), "{error}");
    }
}

#[tokio::test]
async fn who_asked_for_the_panic_is_told_its_text() {
    let ctx = node();
    ctx.start_worker("tracer", Tracer::new(&Trace::new())).await.unwrap();
    let ask = ctx.send_and_receive::<String>("tracer", "panic".to_string());
    let error = soon(ask).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Panicked);
    for part in ["the tracer panics", "0#tracer"] {
        assert!(error.to_string().contains(part), "{error}");
    }
}

#[tokio::test]
async fn the_node_of_a_worker_that_panicked_stops_without_complaint() {
    let mut ctx = node();
    let (trace, gate) = about_to_panic(&ctx, "tracer", &["behind"]).await;
    gate.open(1);
    eventually("it has ended", || trace.count("drop") == 1).await;
    soon(ctx.stop()).await.unwrap();
}

/// Panics before there is a future to poll.
struct Early;

impl Worker for Early {
    type Context = Context;
    type Message = String;

    #[allow(unreachable_code)]
    fn handle_message(
        &mut self,
        _: &mut Context,
        _: Routed<String>,
    ) -> impl Future<Output = Result<()>> + Send {
        panic!("early");
        ready(Ok(()))
    }
}

#[tokio::test]
async fn a_panic_before_the_handlers_future_is_made_is_one_like_any_other() {
    let ctx = node();
    ctx.start_worker("early", Early).await.unwrap();
    let ask = ctx.send_and_receive::<String>("early", "Hello".to_string());
    let error = soon(ask).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Panicked, "{error}");
    eventually("its address is free", || !ctx.is_worker_registered_at("early")).await;
    assert_unharmed(&ctx).await;
}

/// A body whose decoding panics.
#[derive(Serialize)]
struct Mine;

impl Message for Mine {}

impl<'de> Deserialize<'de> for Mine {
    fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        panic!("a body that cannot be looked at");
    }
}

struct Reader;

impl Worker for Reader {
    type Context = Context;
    type Message = Mine;

    async fn handle_message(&mut self, ctx: &mut Context, msg: Routed<Mine>) -> Result<()> {
        ctx.send(msg.return_route(), "read".to_string()).await
    }
}

#[tokio::test]
async fn a_body_whose_decoding_panics_harms_at_most_its_worker() {
    let ctx = node();
    ctx.start_worker("reader", Reader).await.unwrap();
    let ask = ctx.send_and_receive::<String>("reader", 1u8);
    let error = soon(ask).await.unwrap_err();
    assert_ne!(error.kind(), ErrorKind::TimedOut, "{error}");
    // Whether it goes on or has ended, nothing is in between.
    if ctx.is_worker_registered_at("reader") {
        let next = soon(ctx.send_and_receive::<String>("reader", Mine)).await;
        if let Err(error) = next {
            assert_ne!(error.kind(), ErrorKind::TimedOut, "{error}");
        }
    }
    assert_unharmed(&ctx).await;
}

/// Panics when it is dropped.
struct BadDrop;

impl Drop for BadDrop {
    fn drop(&mut self) {
        panic!("the drop panics");
    }
}

impl Worker for BadDrop {
    type Context = Context;
    type Message = Any;

    async fn handle_message(&mut self, _: &mut Context, _: Routed<Any>) -> Result<()> {
        panic!("the handler panics");
    }
}

#[tokio::test]
async fn a_worker_whose_drop_panics_frees_its_address_and_tells_its_askers() {
    let ctx = node();
    ctx.start_worker("bad", BadDrop).await.unwrap();
    let ask = ctx.send_and_receive::<String>("bad", "Hello".to_string());
    assert_eq!(soon(ask).await.unwrap_err().kind(), ErrorKind::Panicked);
    eventually("its address is free", || !ctx.is_worker_registered_at("bad")).await;
    assert_unharmed(&ctx).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_messages_sent_while_the_worker_panics_each_is_handled_given_back_or_a_dead_letter() {
    for _ in 0..50 {
        let ctx = node();
        let (sender, mut handled) = tokio::sync::mpsc::unbounded_channel();
        ctx.start_worker("victim", PanicAt(100, Collector(sender))).await.unwrap();
        let senders: Vec<_> = (0..3)
            .map(|_| {
                let handle = ctx.handle();
                tokio::spawn(async move {
                    let mut sent = 0u64;
                    while handle.send("victim", 1u64).await.is_ok() {
                        sent += 1;
                    }
                    sent
                })
            })
            .collect();
        let mut sent = 0;
        for sender in senders {
            sent += soon(sender).await.unwrap();
        }
        eventually("its address is free", || ctx.list_workers().len() == 1).await;
        let dead = ctx.dead_letters().count(DeadLetterReason::Panicked);
        let mut seen = 0;
        while handled.try_recv().is_ok() {
            seen += 1;
        }
        assert_eq!(sent, seen + dead, "the one that made it panic is a dead letter");
    }
}

/// Panics at the n-th message.
struct PanicAt(u64, Collector<u64>);

impl Worker for PanicAt {
    type Context = Context;
    type Message = u64;

    async fn handle_message(&mut self, ctx: &mut Context, msg: Routed<u64>) -> Result<()> {
        self.0 -= 1;
        assert!(self.0 > 0, "that was the last one");
        self.1.handle_message(ctx, msg).await
    }
}
