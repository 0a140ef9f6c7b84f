//! Processors: rounds without messages.

use crate::log::{logged, record_log};
use crate::support::{
    Echoer, Gate, Outcome, Trace, collect, collected, eventually, node, settle, soon,
};
use ockam_core::{Address, AllowAll, ErrorKind, Mailbox, Processor, Result};
use ockam_node::{Context, ProcessorBuilder};
use std::pin::pin;

/// Makes some rounds and then ends in one of several ways.
struct Rounds {
    trace: Trace,
    rounds: u32,
    last: Outcome,
    gate: Gate,
    initialize: Outcome,
}

impl Rounds {
    fn new(trace: &Trace, rounds: u32, last: Outcome) -> Self {
        let gate = Gate::new();
        Rounds { trace: trace.clone(), rounds, last, gate, initialize: Outcome::Well }
    }
}

impl Processor for Rounds {
    type Context = Context;

    async fn initialize(&mut self, _: &mut Context) -> Result<()> {
        self.trace.add("initialize");
        match self.initialize {
            Outcome::Fail => Err(crate::support::failure()),
            Outcome::Panic => panic!("the processor panics"),
            Outcome::Wait => {
                self.gate.enter().await;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    async fn process(&mut self, ctx: &mut Context) -> Result<bool> {
        if self.rounds > 0 {
            self.rounds -= 1;
            self.trace.add("process");
            return Ok(true);
        }
        match self.last {
            Outcome::Fail => Err(crate::support::failure()),
            Outcome::Panic => panic!("the processor panics"),
            Outcome::Wait => {
                self.gate.enter().await;
                Ok(true)
            }
            Outcome::StopSelf => {
                ctx.stop_processor(ctx.address()).await?;
                self.trace.add("stopped");
                Ok(true)
            }
            Outcome::StopNode => {
                ctx.stop().await?;
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    async fn shutdown(&mut self, _: &mut Context) -> Result<()> {
        self.trace.add("shutdown");
        Ok(())
    }
}

impl Drop for Rounds {
    fn drop(&mut self) {
        self.trace.add("drop");
    }
}

async fn run_to_its_end(last: Outcome, name: &str) -> Vec<String> {
    let (ctx, trace) = (node(), Trace::new());
    ctx.start_processor(name, Rounds::new(&trace, 2, last)).await.unwrap();
    eventually("its address is free", || !ctx.is_worker_registered_at(name)).await;
    assert_eq!(ctx.list_workers(), [Address::from("app")]);
    ctx.start_worker(name, Echoer).await.unwrap();
    trace.events()
}

#[tokio::test]
async fn a_processor_runs_until_it_says_false() {
    let expected = ["initialize", "process", "process", "shutdown", "drop"];
    assert_eq!(run_to_its_end(Outcome::Well, "rounds").await, expected);
}

#[tokio::test]
async fn an_error_ends_a_processor_is_logged_and_frees_its_address() {
    record_log();
    let expected = ["initialize", "process", "process", "shutdown", "drop"];
    assert_eq!(run_to_its_end(Outcome::Fail, "failing rounds").await, expected);
    let events = logged("0#failing rounds");
    assert_eq!(events.len(), 1, "{events:?}");
    for part in ["the tracer fails", "Rounds"] {
        assert!(events[0].text.contains(part), "{events:?}");
    }
}

#[tokio::test]
async fn a_panic_ends_a_processor_is_logged_and_frees_its_address() {
    record_log();
    let expected = ["initialize", "process", "process", "shutdown", "drop"];
    assert_eq!(run_to_its_end(Outcome::Panic, "panicking rounds").await, expected);
    let events = logged("0#panicking rounds");
    assert!(events.len() == 1 && events[0].text.contains("the processor panics"), "{events:?}");
}

#[tokio::test]
async fn a_processor_may_stop_itself() {
    let events = run_to_its_end(Outcome::StopSelf, "rounds").await;
    assert_eq!(events, ["initialize", "process", "process", "stopped", "shutdown", "drop"]);
}

#[tokio::test]
async fn a_processor_may_stop_the_node() {
    let (ctx, trace) = (node(), Trace::new());
    let rounds = Rounds::new(&trace, 2, Outcome::StopNode);
    ctx.start_processor("rounds", rounds).await.unwrap();
    soon(ctx.stopped()).await;
    assert_eq!(trace.events(), ["initialize", "process", "process", "shutdown", "drop"]);
}

#[tokio::test]
async fn a_stop_drops_a_processor_where_it_waits_and_runs_shutdown() {
    let (ctx, trace) = (node(), Trace::new());
    let rounds = Rounds::new(&trace, 1, Outcome::Wait);
    let gate = rounds.gate.clone();
    ctx.start_processor("rounds", rounds).await.unwrap();
    gate.reached().await;
    soon(ctx.stop_processor("rounds")).await.unwrap();
    assert_eq!(trace.events(), ["initialize", "process", "shutdown", "drop"]);
    assert!(!ctx.is_worker_registered_at("rounds"));
}

#[tokio::test]
async fn the_stop_of_a_node_drops_a_processor_where_it_waits_and_runs_shutdown() {
    let (mut ctx, trace) = (node(), Trace::new());
    for number in 0..20 {
        let rounds = Rounds::new(&trace, 1, Outcome::Wait);
        ctx.start_processor(format!("{number}"), rounds).await.unwrap();
    }
    settle().await;
    soon(ctx.stop()).await.unwrap();
    assert_eq!((trace.count("shutdown"), trace.count("drop")), (20, 20));
}

#[tokio::test]
async fn a_processor_that_never_waits_can_be_stopped_and_lets_others_run() {
    let (ctx, trace) = (node(), Trace::new());
    ctx.start_processor("busy", Rounds::new(&trace, u32::MAX, Outcome::Well)).await.unwrap();
    ctx.start_worker("echoer", Echoer).await.unwrap();
    let ask = ctx.send_and_receive::<String>("echoer", "Hello".to_string());
    assert_eq!(soon(ask).await.unwrap(), "Hello");
    soon(ctx.stop_processor("busy")).await.unwrap();
    assert_eq!(trace.count("shutdown"), 1);
}

#[tokio::test]
async fn a_processor_that_is_stopped_while_it_starts_makes_no_round_and_its_start_says_so() {
    let (ctx, trace) = (node(), Trace::new());
    let mut rounds = Rounds::new(&trace, 2, Outcome::Wait);
    rounds.initialize = Outcome::Wait;
    let (handle, gate) = (ctx.handle(), rounds.gate.clone());
    let start = tokio::spawn(async move { handle.start_processor("rounds", rounds).await });
    gate.reached().await;
    let handle = ctx.handle();
    let stop = tokio::spawn(async move { handle.stop_processor("rounds").await });
    settle().await;
    gate.open(1);
    let error = soon(start).await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Stopped);
    assert_eq!(error.to_string(), "0#rounds was stopped while it started");
    soon(stop).await.unwrap().unwrap();
    assert_eq!(trace.events(), ["initialize", "shutdown", "drop"]);
}

#[tokio::test]
async fn a_failing_or_panicking_initialize_of_a_processor_is_the_callers_error() {
    for (outcome, kind) in
        [(Outcome::Fail, ErrorKind::Application), (Outcome::Panic, ErrorKind::Panicked)]
    {
        let (ctx, trace) = (node(), Trace::new());
        let mut rounds = Rounds::new(&trace, 1, Outcome::Well);
        rounds.initialize = outcome;
        let error = ctx.start_processor("rounds", rounds).await.unwrap_err();
        assert_eq!(error.kind(), kind);
        assert!(error.to_string().contains("0#rounds"), "{error}");
        assert_eq!(trace.events(), ["initialize", "shutdown", "drop"]);
        assert_eq!(ctx.list_workers(), [Address::from("app")]);
    }
}

#[tokio::test]
async fn a_processor_lets_nobody_in_unless_told_otherwise() {
    let (ctx, trace) = (node(), Trace::new());
    ctx.start_processor("closed", Rounds::new(&trace, 0, Outcome::Wait)).await.unwrap();
    let error = ctx.send("closed", 1u32).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Denied);
    ProcessorBuilder::new(Rounds::new(&trace, 0, Outcome::Wait))
        .with_mailboxes(Mailbox::allow_all("open"))
        .start(&ctx)
        .await
        .unwrap();
    ctx.send("open", 1u32).await.unwrap();
}

/// Sends what it receives on to a worker.
struct Relay;

impl Processor for Relay {
    type Context = Context;

    async fn process(&mut self, ctx: &mut Context) -> Result<bool> {
        let number = ctx.receive::<u32>().await?.body();
        ctx.send("collector", number).await?;
        Ok(number < 9)
    }
}

#[tokio::test]
async fn a_processor_may_receive_and_send() {
    let ctx = node();
    let mut arrived = collect::<u32>(&ctx, "collector").await;
    ctx.start_processor_with_access_control("relay", Relay, AllowAll, AllowAll).await.unwrap();
    for number in 0..10u32 {
        ctx.send("relay", number).await.unwrap();
    }
    eventually("it has ended", || !ctx.is_worker_registered_at("relay")).await;
    ctx.stop_worker("collector").await.unwrap();
    assert!(collected(&mut arrived).into_iter().eq(0..10));
}

#[tokio::test]
async fn an_ask_of_a_processor_that_ends_without_an_answer_ends_at_once() {
    let (ctx, trace) = (node(), Trace::new());
    let rounds = Rounds::new(&trace, 0, Outcome::Wait);
    ctx.start_processor_with_access_control("rounds", rounds, AllowAll, AllowAll).await.unwrap();
    let mut ask = pin!(ctx.send_and_receive::<u32>("rounds", 1u32));
    assert!(crate::support::poll(ask.as_mut()).is_pending());
    soon(ctx.stop_processor("rounds")).await.unwrap();
    assert_eq!(soon(ask).await.unwrap_err().kind(), ErrorKind::Stopped);
}
