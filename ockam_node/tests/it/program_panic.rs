//! Code of the program that panics where it is not a handler: drops, rules, texts of errors, the
//! encoding of bodies. What it belongs to ends, or the call fails, and nothing else.

use crate::log::{logged, record_log};
use crate::support::{Echoer, Trace, eventually, node, settle, soon};
use ockam_core::{
    AllowAll, Any, Authorization, EncodeError, Error, ErrorKind, IncomingAccessControl, Message,
    Processor, RelayMessage, Result, Routed, Worker,
};
use ockam_node::{Context, DeadLetterReason, Handle};
use serde::{Deserialize, Serialize, Serializer};
use std::fmt;
use std::future::pending;
use std::panic::panic_any;
use std::time::Duration;

/// Panics as it is dropped.
#[derive(Debug, Serialize, Deserialize)]
struct Bomb(u32);

impl Message for Bomb {}

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("the drop of bomb {} panics", self.0);
    }
}

/// What a worker of the tests does with a message.
#[derive(Clone, Copy, PartialEq)]
enum Act {
    /// Waits for good, and has something that panics as it is dropped.
    WaitWithBomb,
    Wait,
    Panic,
    /// Panics with something that panics as it is dropped.
    PanicWithBomb,
    /// Fails with an error whose text panics.
    Fail,
}

/// An error that cannot be shown.
#[derive(Debug)]
struct Unspeakable;

impl fmt::Display for Unspeakable {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        panic!("the text of an error panics");
    }
}

impl std::error::Error for Unspeakable {}

/// Acts once it has a message, and takes bombs.
struct Actor {
    act: Act,
    shutdown: Act,
    trace: Trace,
}

impl Actor {
    async fn act(&self, act: Act) -> Result<()> {
        match act {
            Act::WaitWithBomb => {
                let _bomb = Bomb(1);
                pending().await
            }
            Act::Wait => pending().await,
            Act::Panic => panic!("the actor panics"),
            Act::PanicWithBomb => panic_any(Bomb(2)),
            Act::Fail => Err(Error::with_kind(ErrorKind::Application, Unspeakable)),
        }
    }
}

impl Worker for Actor {
    type Context = Context;
    type Message = Any;

    async fn handle_message(&mut self, _: &mut Context, _: Routed<Any>) -> Result<()> {
        self.trace.add("handle");
        self.act(self.act).await
    }

    async fn shutdown(&mut self, _: &mut Context) -> Result<()> {
        self.trace.add("shutdown");
        self.act(self.shutdown).await
    }
}

/// Starts an actor that has begun to act, with bombs in its queue.
async fn acting(ctx: &Context, act: Act, shutdown: Act) -> Trace {
    let trace = Trace::new();
    let actor = Actor { act, shutdown, trace: trace.clone() };
    ctx.start_worker("actor", actor).await.unwrap();
    ctx.send("actor", 0u8).await.unwrap();
    for number in 0..50 {
        ctx.send("actor", Bomb(number)).await.unwrap();
    }
    trace
}

fn ask(handle: &Handle) -> tokio::task::JoinHandle<Result<u8>> {
    let handle = handle.handle();
    tokio::spawn(async move { handle.send_and_receive::<u8>("actor", 1u8).await })
}

/// The node does what it did, and stops.
async fn assert_unharmed(mut ctx: Context) {
    ctx.start_worker("unharmed", Echoer).await.unwrap();
    let ask = ctx.send_and_receive::<String>("unharmed", "Hello".to_string());
    assert_eq!(soon(ask).await.unwrap(), "Hello");
    let _ = soon(ctx.stop()).await;
    soon(ctx.stopped()).await;
    assert_eq!(ctx.list_workers().len(), 1, "{:?}", ctx.list_workers());
}

#[tokio::test(start_paused = true)]
async fn a_stop_ends_though_queued_bodies_and_what_a_handler_holds_panic_as_they_are_dropped() {
    for act in [Act::Wait, Act::WaitWithBomb] {
        let mut ctx = node();
        acting(&ctx, act, Act::Fail).await;
        let asked = ask(&ctx);
        settle().await;
        assert_eq!(soon(ctx.stop()).await.unwrap_err().kind(), ErrorKind::TimedOut);
        soon(ctx.stopped()).await;
        assert_eq!(soon(asked).await.unwrap().unwrap_err().kind(), ErrorKind::Stopped);
        settle().await;
        let counted = ctx.dead_letters().count(DeadLetterReason::CutOff);
        assert_eq!(counted, 52, "the one that was handled, the bombs and the ask");
        assert_eq!(ctx.list_workers().len(), 1);
    }
}

#[tokio::test]
async fn a_worker_that_panics_ends_though_its_queue_and_its_payload_panic_as_they_are_dropped() {
    for act in [Act::Panic, Act::PanicWithBomb] {
        let ctx = node();
        let trace = acting(&ctx, act, Act::Fail).await;
        eventually("its address is free", || !ctx.is_worker_registered_at("actor")).await;
        assert_eq!(trace.events(), ["handle", "shutdown"]);
        assert_eq!(ctx.dead_letters().count(DeadLetterReason::Panicked), 51);
        assert_unharmed(ctx).await;
    }
}

#[tokio::test]
async fn a_worker_goes_on_after_an_error_whose_text_panics_and_ends_after_one_of_its_shutdown() {
    record_log();
    let ctx = node();
    let (act, shutdown, trace) = (Act::Fail, Act::Fail, Trace::new());
    ctx.start_worker("actor", Actor { act, shutdown, trace: trace.clone() }).await.unwrap();
    for _ in 0..2 {
        let error = soon(ask(&ctx)).await.unwrap().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Failed);
        assert!(error.to_string().contains("the text of an error panics"), "{error}");
    }
    soon(ctx.stop_worker("actor")).await.unwrap();
    assert_eq!(trace.events(), ["handle", "handle", "shutdown"]);
    assert_unharmed(ctx).await;
}

/// Its shutdown and its drop panic.
struct Worst(Bomb);

impl Worker for Worst {
    type Context = Context;
    type Message = Any;

    async fn handle_message(&mut self, _: &mut Context, _: Routed<Any>) -> Result<()> {
        panic!("the handler panics");
    }

    async fn shutdown(&mut self, _: &mut Context) -> Result<()> {
        panic!("the shutdown panics, too: {}", self.0.0);
    }
}

#[tokio::test]
async fn a_worker_whose_handler_shutdown_and_drop_panic_ends() {
    let ctx = node();
    for _ in 0..3 {
        ctx.start_worker("actor", Worst(Bomb(3))).await.unwrap();
        let error = soon(ask(&ctx)).await.unwrap().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Panicked);
        ctx.start_worker("actor", Worst(Bomb(4))).await.expect("the address is free");
        soon(ctx.stop_worker("actor")).await.unwrap();
    }
    assert_unharmed(ctx).await;
}

/// A round holds what panics as it is dropped.
struct Poller(Trace);

impl Processor for Poller {
    type Context = Context;

    async fn process(&mut self, _: &mut Context) -> Result<bool> {
        let _bomb = Bomb(5);
        self.0.add("round");
        pending().await
    }

    async fn shutdown(&mut self, _: &mut Context) -> Result<()> {
        self.0.add("shutdown");
        Ok(())
    }
}

#[tokio::test]
async fn a_processor_whose_round_panics_as_it_is_dropped_ends_as_one_that_panicked() {
    record_log();
    let ctx = node();
    let trace = Trace::new();
    for _ in 0..2 {
        ctx.start_processor("poller of bombs", Poller(trace.clone())).await.unwrap();
        settle().await;
        soon(ctx.stop_processor("poller of bombs")).await.unwrap();
        assert!(!ctx.is_worker_registered_at("poller of bombs"));
    }
    assert_eq!(trace.events(), ["round", "shutdown", "round", "shutdown"]);
    let events = logged("0#poller of bombs");
    assert_eq!(events.len(), 2, "{events:?}");
    assert!(events[0].text.contains("a processor panicked"), "{events:?}");
    assert_unharmed(ctx).await;
}

/// A rule that panics: at once, or in its answer.
#[derive(Debug)]
enum Rule {
    AtOnce,
    Later,
}

impl IncomingAccessControl for Rule {
    fn is_authorized<'a>(&'a self, _: RelayMessage<'a>) -> Authorization<'a> {
        match self {
            Rule::AtOnce => panic!("the rule panics"),
            Rule::Later => Authorization::Later(Box::pin(async { panic!("the rule panics") })),
        }
    }
}

impl Drop for Rule {
    fn drop(&mut self) {
        panic!("the drop of a rule panics");
    }
}

#[tokio::test]
async fn a_rule_that_panics_denies_and_is_logged_with_its_address() {
    record_log();
    let ctx = node();
    for (name, rule) in [("guarded at once", Rule::AtOnce), ("guarded later", Rule::Later)] {
        ctx.start_worker_with_access_control(name, Echoer, rule, AllowAll).await.unwrap();
        let error = soon(ctx.send(name, "Hello".to_string())).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Denied, "{error}");
        let events = logged(&format!("0#{name}"));
        assert_eq!(events.len(), 1, "{events:?}");
        assert!(events[0].text.contains("the rule panics"), "{events:?}");
        soon(ctx.stop_worker(name)).await.unwrap();
    }
    assert_unharmed(ctx).await;
}

/// Its encoding panics.
#[derive(Deserialize)]
struct Unwritten;

impl Message for Unwritten {}

impl Serialize for Unwritten {
    fn serialize<S: Serializer>(&self, _: S) -> std::result::Result<S::Ok, S::Error> {
        panic!("the encoding of a body panics");
    }
}

/// Answers whether the bytes of a body can be had.
struct Looker;

impl Worker for Looker {
    type Context = Context;
    type Message = Any;

    async fn handle_message(&mut self, ctx: &mut Context, msg: Routed<Any>) -> Result<()> {
        let route = msg.return_route();
        let message = msg.into_local_message();
        let text = match message.payload().to_bytes() {
            Ok(_) => "bytes".to_string(),
            Err(error @ EncodeError { .. }) => error.to_string(),
        };
        ctx.send(route, text).await
    }
}

#[tokio::test]
async fn a_body_whose_encoding_panics_cannot_be_encoded_and_its_reader_goes_on() {
    let ctx = node();
    ctx.start_worker("looker", Looker).await.unwrap();
    for _ in 0..2 {
        let ask = ctx.send_and_receive::<String>("looker", Unwritten);
        let text = soon(ask).await.unwrap();
        assert!(text.contains("Unwritten") && text.contains("panicked"), "{text}");
    }
    assert_unharmed(ctx).await;
}

/// Panics at once, and takes its time to end.
struct Slow;

impl Worker for Slow {
    type Context = Context;
    type Message = Any;

    async fn handle_message(&mut self, _: &mut Context, _: Routed<Any>) -> Result<()> {
        panic!("the slow one panics");
    }

    async fn shutdown(&mut self, ctx: &mut Context) -> Result<()> {
        ctx.sleep(Duration::from_micros(300)).await;
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_asker_that_learns_of_a_panic_finds_the_address_free() {
    let ctx = node();
    for round in 0..500 {
        ctx.start_worker("actor", Slow).await.unwrap_or_else(|error| panic!("{round}: {error}"));
        let asks: Vec<_> = (0..3).map(|_| ask(&ctx)).collect();
        let mut told = 0;
        for ask in asks {
            let error = soon(ask).await.unwrap().unwrap_err();
            // One that came too late was not accepted.
            told += u32::from(error.kind() == ErrorKind::Panicked);
            assert!(!ctx.is_worker_registered_at("actor") || error.kind() == ErrorKind::Stopped);
        }
        assert!(told > 0, "{round}");
        eventually("it is gone", || !ctx.is_worker_registered_at("actor")).await;
    }
    assert_unharmed(ctx).await;
}

/// A node may go away with the last thing that holds it, anywhere, and its workers with it.
#[tokio::test]
async fn a_node_that_is_dropped_with_workers_whose_drops_panic_harms_nobody() {
    struct Asleep(#[expect(dead_code)] Bomb);
    impl Worker for Asleep {
        type Context = Context;
        type Message = Any;

        async fn handle_message(&mut self, _: &mut Context, _: Routed<Any>) -> Result<()> {
            Ok(())
        }
    }
    let (ctx, other) = (node(), node());
    for number in 0..3 {
        ctx.start_worker(number.to_string(), Asleep(Bomb(number))).await.unwrap();
    }
    drop(ctx);
    assert_unharmed(other).await;
}
