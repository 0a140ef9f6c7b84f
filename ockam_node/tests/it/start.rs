//! Starting a worker.

use crate::support::{
    Echoer, Gate, Outcome, Trace, Tracer, eventually, failure, node, poll, settle, soon,
};
use ockam_core::{Address, ErrorKind, Mailbox, Mailboxes, Processor, Result, Routed, Worker};
use ockam_node::{Context, ProcessorBuilder, WorkerBuilder};
use std::pin::pin;

#[tokio::test]
async fn start_worker_returns_when_the_worker_is_reachable() {
    let ctx = node();
    for number in 0..100 {
        let address = format!("echoer {number}");
        ctx.start_worker(&address, Echoer).await.unwrap();
        assert!(ctx.is_worker_registered_at(&address));
        ctx.try_send(&address, "Hello".to_string()).unwrap();
    }
}

#[tokio::test]
async fn start_worker_returns_after_initialize() {
    let (ctx, trace, gate) = (node(), Trace::new(), Gate::new());
    let tracer = Tracer::new(&trace).with_gate(&gate).with_initialize(Outcome::Wait);
    let mut start = pin!(ctx.start_worker("tracer", tracer));
    assert!(poll(start.as_mut()).is_pending());
    settle().await;
    assert!(poll(start.as_mut()).is_pending());
    assert!(!ctx.is_worker_registered_at("tracer"), "it is not reachable yet");
    gate.open(1);
    soon(start).await.unwrap();
    assert!(ctx.is_worker_registered_at("tracer"));
    assert_eq!(trace.events(), ["initialize"]);
}

#[tokio::test]
async fn what_is_sent_during_initialize_is_handled_after_it() {
    let (ctx, trace, gate) = (node(), Trace::new(), Gate::new());
    let tracer = Tracer::new(&trace).with_gate(&gate).with_initialize(Outcome::Wait);
    let mut start = pin!(ctx.start_worker("tracer", tracer));
    assert!(poll(start.as_mut()).is_pending());
    for text in ["1", "2"] {
        ctx.send("tracer", text.to_string()).await.unwrap();
    }
    settle().await;
    assert_eq!(trace.events(), ["initialize"]);
    gate.open(1);
    soon(start).await.unwrap();
    ctx.stop_worker("tracer").await.unwrap();
    let expected = ["initialize", "begin 1", "end 1", "begin 2", "end 2", "shutdown", "drop"];
    assert_eq!(trace.events(), expected);
}

/// Sends to itself, starts a child and asks it, all in `initialize`.
struct Parent(Trace);

impl Worker for Parent {
    type Context = Context;
    type Message = String;

    async fn initialize(&mut self, ctx: &mut Context) -> Result<()> {
        ctx.send(ctx.address(), "to myself".to_string()).await?;
        ctx.start_worker("child", Echoer).await?;
        let answer: String = ctx.send_and_receive("child", "Hello".to_string()).await?;
        self.0.add(answer);
        Ok(())
    }

    async fn handle_message(&mut self, _: &mut Context, msg: Routed<String>) -> Result<()> {
        self.0.add(msg.body());
        Ok(())
    }
}

#[tokio::test]
async fn initialize_may_send_start_and_ask() {
    let (ctx, trace) = (node(), Trace::new());
    soon(ctx.start_worker("parent", Parent(trace.clone()))).await.unwrap();
    ctx.stop_worker("parent").await.unwrap();
    assert_eq!(trace.events(), ["Hello", "to myself"]);
}

/// Starts a tracer whose start fails and checks what is left of it.
async fn assert_start_fails(outcome: Outcome, shutdown: Outcome) -> ockam_core::Error {
    let (ctx, trace) = (node(), Trace::new());
    let tracer = Tracer::new(&trace).with_initialize(outcome).with_shutdown(shutdown);
    let error = soon(ctx.start_worker("tracer", tracer)).await.unwrap_err();
    assert_eq!(trace.events(), ["initialize", "shutdown", "drop"]);
    assert_eq!(ctx.list_workers(), [Address::from("app")]);
    assert!(!ctx.is_worker_registered_at("tracer"));
    // The address is free for another.
    ctx.start_worker("tracer", Echoer).await.unwrap();
    let answer: String = ctx.send_and_receive("tracer", "Hello".to_string()).await.unwrap();
    assert_eq!(answer, "Hello");
    error
}

#[tokio::test]
async fn a_failing_initialize_is_the_callers_error_runs_shutdown_once_and_frees_the_address() {
    let error = assert_start_fails(Outcome::Fail, Outcome::Well).await;
    assert_eq!(error.kind(), failure().kind());
    let text = error.to_string();
    for part in ["the tracer fails", "0#tracer", "Tracer"] {
        assert!(text.contains(part), "{text}");
    }
}

#[tokio::test]
async fn a_panicking_initialize_is_the_callers_error_runs_shutdown_once_and_frees_the_address() {
    let error = assert_start_fails(Outcome::Panic, Outcome::Well).await;
    assert_eq!(error.kind(), ErrorKind::Panicked);
    let text = error.to_string();
    for part in ["the tracer panics", "0#tracer", "Tracer"] {
        assert!(text.contains(part), "{text}");
    }
}

#[tokio::test]
async fn a_shutdown_that_fails_too_changes_nothing_for_a_failing_initialize() {
    for shutdown in [Outcome::Fail, Outcome::Panic] {
        let error = assert_start_fails(Outcome::Fail, shutdown).await;
        assert!(error.to_string().contains("the tracer fails"), "{error}");
    }
}

#[tokio::test]
async fn all_addresses_of_a_failing_start_are_free() {
    let (ctx, trace) = (node(), Trace::new());
    let tracer = Tracer::new(&trace).with_initialize(Outcome::Fail);
    let more = ["b", "c"].map(Mailbox::allow_all).into();
    let mailboxes = Mailboxes::new(Mailbox::allow_all("a"), more);
    let builder = WorkerBuilder::new(tracer).with_mailboxes(mailboxes);
    assert!(builder.start(&ctx).await.is_err());
    for address in ["a", "b", "c"] {
        ctx.start_worker(address, Echoer).await.unwrap();
    }
}

#[tokio::test]
async fn what_is_sent_to_a_start_that_fails_is_accounted_for() {
    let (ctx, trace, gate) = (node(), Trace::new(), Gate::new());
    let tracer = Tracer::new(&trace).with_gate(&gate).with_initialize(Outcome::WaitAndFail);
    let mut start = pin!(ctx.start_worker("tracer", tracer));
    assert!(poll(start.as_mut()).is_pending());
    ctx.send("tracer", "lost".to_string()).await.unwrap();
    let handle = ctx.handle();
    let ask = tokio::spawn(async move {
        handle.send_and_receive::<String>("tracer", "echo".to_string()).await
    });
    settle().await;
    gate.open(1);
    assert!(soon(start).await.is_err());
    assert_eq!(soon(ask).await.unwrap().unwrap_err().kind(), ErrorKind::Stopped);
    let dead: u64 = ctx.dead_letters().counts().iter().map(|(_, count)| count).sum();
    assert_eq!(dead, 2);
    assert_eq!(trace.events(), ["initialize", "shutdown", "drop"]);
}

#[tokio::test]
async fn a_worker_without_an_address_gets_one_of_its_own() {
    let ctx = node();
    for _ in 0..3 {
        WorkerBuilder::new(Echoer).start(&ctx).await.unwrap();
    }
    assert_eq!(ctx.list_workers().len(), 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_that_start_at_one_address_one_has_it() {
    let ctx = node();
    for _ in 0..50 {
        let starts: Vec<_> = (0..4)
            .map(|_| {
                let handle = ctx.handle();
                tokio::spawn(async move { handle.start_worker("echoer", Echoer).await })
            })
            .collect();
        let mut started = 0;
        for start in starts {
            match start.await.unwrap() {
                Ok(()) => started += 1,
                Err(error) => assert_eq!(error.kind(), ErrorKind::AlreadyExists),
            }
        }
        assert_eq!(started, 1);
        ctx.stop_worker("echoer").await.unwrap();
    }
    eventually("only the app is left", || ctx.list_workers().len() == 1).await;
}

/// Receives so many messages before it is reachable, and writes down when it gets which.
struct ReceivesFirst {
    trace: Trace,
    gate: Gate,
    count: usize,
    fails: bool,
}

impl ReceivesFirst {
    async fn receive(&self, ctx: &mut Context) -> Result<()> {
        self.gate.enter().await;
        for _ in 0..self.count {
            self.trace.add(format!("received {}", ctx.receive::<String>().await?.body()));
        }
        self.gate.enter().await;
        if self.fails { Err(failure()) } else { Ok(()) }
    }
}

impl Worker for ReceivesFirst {
    type Context = Context;
    type Message = String;

    async fn initialize(&mut self, ctx: &mut Context) -> Result<()> {
        self.receive(ctx).await
    }

    async fn handle_message(&mut self, _: &mut Context, msg: Routed<String>) -> Result<()> {
        self.trace.add(format!("handled {msg}"));
        Ok(())
    }
}

impl Processor for ReceivesFirst {
    type Context = Context;

    async fn initialize(&mut self, ctx: &mut Context) -> Result<()> {
        self.receive(ctx).await
    }

    async fn process(&mut self, ctx: &mut Context) -> Result<bool> {
        self.trace.add(format!("handled {}", ctx.receive::<String>().await?.body()));
        Ok(true)
    }
}

/// Starts, sends eight messages before it receives and one after that, and returns what it got.
async fn receives_first(ctx: &Context, count: usize, processor: bool, fails: bool) -> Vec<String> {
    let (trace, gate) = (Trace::new(), Gate::new());
    let (handle, mailbox) = (ctx.handle(), Mailbox::allow_all("first"));
    let first = ReceivesFirst { trace: trace.clone(), gate: gate.clone(), count, fails };
    let start = tokio::spawn(async move {
        match processor {
            true => ProcessorBuilder::new(first).with_mailboxes(mailbox).start(&handle).await,
            false => WorkerBuilder::new(first).with_mailboxes(mailbox).start(&handle).await,
        }
    });
    gate.reached().await;
    for number in 0..8 {
        ctx.send("first", number.to_string()).await.unwrap();
    }
    gate.open(1);
    gate.reached().await;
    ctx.send("first", "8".to_string()).await.unwrap();
    gate.open(1);
    assert_eq!(soon(start).await.unwrap().is_err(), fails);
    settle().await;
    trace.events()
}

#[tokio::test]
async fn what_initialize_does_not_receive_is_handled_afterwards_in_order() {
    for processor in [false, true] {
        for count in [0, 1, 3] {
            let mut ctx = node();
            let got = receives_first(&ctx, count, processor, false).await;
            let received = (0..count).map(|number| format!("received {number}"));
            let handled = (count..9).map(|number| format!("handled {number}"));
            assert_eq!(got, received.chain(handled).collect::<Vec<_>>());
            soon(ctx.stop()).await.unwrap();
            assert!(ctx.dead_letters().recent().is_empty());
        }
    }
}

#[tokio::test]
async fn what_an_initialize_that_fails_does_not_receive_is_dead_letters() {
    for processor in [false, true] {
        let ctx = node();
        assert_eq!(receives_first(&ctx, 1, processor, true).await, ["received 0"]);
        assert_eq!(ctx.dead_letters().recent().len(), 8);
    }
}
