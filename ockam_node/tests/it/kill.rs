//! Killing workers and processors: what it does, and what becomes of messages.

use crate::log::{logged, record_log};
use crate::support::{Deferrer, Echoer, Gate, Trace, Tracer, eventually, node, poll, settle, soon};
use ockam_core::{
    Address, AllowAll, Error, ErrorKind, Mailbox, Mailboxes, Processor, Result, Routed, Worker,
};
use ockam_node::{
    Context, DeadLetterReason, Handle, Killed, ProcessorBuilder, SendError, WorkerBuilder,
};
use std::pin::pin;
use std::time::Duration;

pub(crate) const CUT_OFF: DeadLetterReason = DeadLetterReason::CutOff;

pub(crate) async fn tracer(ctx: &Context) -> (Trace, Gate) {
    let (trace, gate) = (Trace::new(), Gate::new());
    ctx.start_worker("tracer", Tracer::new(&trace).with_gate(&gate)).await.unwrap();
    (trace, gate)
}

pub(crate) async fn tell(ctx: &Context, texts: &[&str]) {
    for text in texts {
        ctx.send("tracer", text.to_string()).await.unwrap();
    }
}

/// Kills; it is an error if that hangs.
pub(crate) async fn kill(ctx: &Handle, address: &str) -> Killed {
    soon(ctx.kill(address)).await.unwrap()
}

/// Asks in a task of its own, and comes back when the question is in the mailbox.
pub(crate) async fn ask(ctx: &Context, text: &str) -> tokio::task::JoinHandle<Result<String>> {
    let (handle, text) = (ctx.handle(), text.to_string());
    let ask = tokio::spawn(async move { handle.send_and_receive::<String>("tracer", text).await });
    settle().await;
    ask
}

pub(crate) fn assert_killed(error: &Error) {
    assert_eq!(error.kind(), ErrorKind::Stopped, "{error}");
    for part in ["0#tracer", "killed"] {
        assert!(error.to_string().contains(part), "{error}");
    }
}

#[tokio::test]
async fn a_handler_that_waits_for_ever_is_dropped_and_the_address_is_free() {
    let ctx = node();
    let (trace, gate) = tracer(&ctx).await;
    tell(&ctx, &["gate", "1", "2"]).await;
    gate.reached().await;
    let killed = kill(&ctx, "tracer").await;
    assert_eq!(killed.undelivered(), 2);
    assert!(killed.is_dropped());
    assert_eq!(trace.events(), ["initialize", "begin gate", "drop"], "no shutdown");
    assert_eq!(ctx.list_workers(), [Address::from("app")]);
    assert_eq!(ctx.dead_letters().count(CUT_OFF), 3, "with the one that was being handled");
    assert_eq!(ctx.dead_letters().recent().len(), 3);
    ctx.start_worker("tracer", Echoer).await.unwrap();
    let echo = ctx.send_and_receive::<String>("tracer", "new".to_string());
    assert_eq!(soon(echo).await.unwrap(), "new");
}

#[tokio::test]
async fn a_worker_that_sleeps_is_killed_and_one_that_keeps_its_task() {
    for used in [false, true] {
        let ctx = node();
        let (trace, _) = tracer(&ctx).await;
        if used {
            tell(&ctx, &["1"]).await;
            eventually("it has handled it", || trace.count("end 1") == 1).await;
            settle().await;
        }
        let killed = kill(&ctx, "tracer").await;
        assert_eq!((killed.undelivered(), killed.is_dropped()), (0, true));
        assert_eq!((trace.count("drop"), trace.count("shutdown")), (1, 0));
        assert_eq!(ctx.list_workers(), [Address::from("app")]);
        assert_eq!(ctx.dead_letters().count(CUT_OFF), 0);
    }
}

/// More messages than a worker takes out of its mailbox at a time.
const MANY: usize = 100;

#[tokio::test]
async fn what_the_worker_has_taken_and_not_begun_is_counted_and_reported_as_well() {
    let ctx = node();
    let (trace, gate) = tracer(&ctx).await;
    // All of them are there when the worker first looks.
    tell(&ctx, &["gate"]).await;
    let ask = ask(&ctx, "in hand").await;
    tell(&ctx, &["waits"; MANY]).await;
    gate.reached().await;
    let killed = kill(&ctx, "tracer").await;
    assert_eq!(killed.undelivered(), MANY + 1);
    assert_eq!(ctx.dead_letters().count(CUT_OFF), MANY as u64 + 2);
    assert_eq!(trace.events(), ["initialize", "begin gate", "drop"]);
    assert_killed(&soon(ask).await.unwrap().unwrap_err());
}

#[tokio::test]
async fn askers_are_told_that_it_was_killed() {
    let ctx = node();
    let (_, gate) = tracer(&ctx).await;
    let handled = ask(&ctx, "gate").await;
    gate.reached().await;
    let queued = ask(&ctx, "queued").await;
    kill(&ctx, "tracer").await;
    for ask in [handled, queued] {
        assert_killed(&soon(ask).await.unwrap().unwrap_err());
    }
}

/// What a handler may wait in.
struct WaitsIn(Gate);

impl Worker for WaitsIn {
    type Context = Context;
    type Message = String;

    async fn handle_message(&mut self, ctx: &mut Context, msg: Routed<String>) -> Result<()> {
        self.0.enter().await;
        match msg.as_str() {
            "ask" => ctx.send_and_receive::<String>("silent", "?".to_string()).await.map(drop),
            "receive" => ctx.receive::<String>().await.map(drop),
            _ => ctx.send("silent", "!".to_string()).await,
        }
    }
}

#[tokio::test]
async fn a_handler_that_waits_in_a_call_of_the_node_is_dropped_there() {
    for call in ["ask", "receive", "send"] {
        let mut ctx = node();
        let (trace, silent) = (Trace::new(), Gate::new());
        let gated = Tracer::new(&trace).with_gate(&silent);
        let mailboxes = Mailbox::allow_all("silent");
        let builder = WorkerBuilder::new(gated).with_mailboxes(mailboxes);
        builder.with_mailbox_capacity(1).start(&ctx).await.unwrap();
        let gate = Gate::new();
        ctx.start_worker("waits", WaitsIn(gate.clone())).await.unwrap();
        if call == "send" {
            ctx.send("silent", "gate".to_string()).await.unwrap();
            silent.reached().await;
            ctx.send("silent", "fills it".to_string()).await.unwrap();
        }
        ctx.send("waits", call.to_string()).await.unwrap();
        gate.reached().await;
        gate.open(1);
        settle().await;
        let killed = kill(&ctx, "waits").await;
        assert!(killed.is_dropped(), "{call}");
        assert_eq!(ctx.list_workers(), ["app", "silent"].map(Address::from), "{call}");
        if call == "send" {
            // Its place in line is given up: the next sender is not behind it, and nothing of it
            // arrives.
            let mut next = pin!(ctx.send("silent", "next".to_string()));
            assert!(poll(next.as_mut()).is_pending());
            silent.open(1);
            soon(next).await.unwrap();
            eventually("all is handled", || trace.count("end next") == 1).await;
            assert_eq!(trace.count("begin !"), 0);
        }
        let begun = std::time::Instant::now();
        soon(ctx.stop()).await.unwrap();
        assert!(begun.elapsed() < Duration::from_millis(900), "{call}: nobody counts as busy");
    }
}

#[tokio::test]
async fn senders_in_its_line_get_their_messages_back() {
    let ctx = node();
    let (trace, gate) = (Trace::new(), Gate::new());
    let tracer = WorkerBuilder::new(Tracer::new(&trace).with_gate(&gate)).with_address("tracer");
    tracer.with_mailbox_capacity(1).start(&ctx).await.unwrap();
    tell(&ctx, &["gate"]).await;
    gate.reached().await;
    tell(&ctx, &["queued"]).await;
    let mut sends: Vec<_> =
        (0..3).map(|n| Box::pin(ctx.send("tracer", format!("in line {n}")))).collect();
    for send in &mut sends {
        assert!(poll(send.as_mut()).is_pending());
    }
    assert_eq!(kill(&ctx, "tracer").await.undelivered(), 1);
    for (n, send) in sends.into_iter().enumerate() {
        let error = soon(send).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Stopped);
        let error = error.downcast::<SendError>().unwrap();
        assert_eq!(error.into_body::<String>().unwrap(), format!("in line {n}"));
    }
}

/// A round that does not end, and a mailbox.
struct Round {
    trace: Trace,
    gate: Gate,
}

impl Drop for Round {
    fn drop(&mut self) {
        self.trace.add("drop");
    }
}

impl Processor for Round {
    type Context = Context;

    async fn process(&mut self, _: &mut Context) -> Result<bool> {
        self.trace.add("process");
        self.gate.enter().await;
        Ok(true)
    }

    async fn shutdown(&mut self, _: &mut Context) -> Result<()> {
        self.trace.add("shutdown");
        self.gate.enter().await;
        Ok(())
    }
}

#[tokio::test]
async fn a_processor_is_killed_in_its_round_and_in_its_shutdown() {
    for stops in [false, true] {
        let (ctx, trace, gate) = (node(), Trace::new(), Gate::new());
        let round = Round { trace: trace.clone(), gate: gate.clone() };
        let builder = ProcessorBuilder::new(round).with_mailboxes(Mailbox::allow_all("round"));
        builder.start(&ctx).await.unwrap();
        gate.reached().await;
        ctx.send("round", "queued".to_string()).await.unwrap();
        if stops {
            let mut stop = pin!(ctx.stop_processor("round"));
            assert!(poll(stop.as_mut()).is_pending());
            gate.reached().await;
        }
        let killed = kill(&ctx, "round").await;
        assert_eq!((killed.undelivered(), killed.is_dropped()), (1, true));
        assert_eq!(trace.count("shutdown"), usize::from(stops));
        assert_eq!(trace.count("drop"), 1);
        assert_eq!(ctx.list_workers(), [Address::from("app")]);
        assert_eq!(ctx.dead_letters().count(CUT_OFF), 1);
    }
}

#[tokio::test]
async fn a_context_without_a_worker_and_an_address_without_anybody_cannot_be_killed() {
    let mut ctx = node();
    let other = ctx.new_detached("other", AllowAll, AllowAll).await.unwrap();
    for address in ["other", "app"] {
        let error = ctx.kill(address).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
        assert!(error.to_string().contains(address), "{error}");
    }
    drop(other);
    tracer(&ctx).await;
    let error = ctx.kill("trace").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    for part in ["0#trace ", "kill", "0#tracer"] {
        assert!(error.to_string().contains(part), "{error}");
    }
    soon(ctx.stop()).await.unwrap();
    let error = ctx.kill("tracer").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.to_string().contains("the node has stopped"), "{error}");
}

/// Waits with something that panics when it is dropped.
struct Explodes(Gate);

struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("a bomb of a killed handler");
    }
}

impl Worker for Explodes {
    type Context = Context;
    type Message = String;

    async fn handle_message(&mut self, _: &mut Context, _: Routed<String>) -> Result<()> {
        let _bomb = Bomb;
        self.0.enter().await;
        Ok(())
    }
}

#[tokio::test]
async fn a_panic_in_the_drop_of_a_killed_handler_is_logged_and_goes_no_further() {
    record_log();
    let (ctx, gate) = (node(), Gate::new());
    ctx.start_worker("explodes", Explodes(gate.clone())).await.unwrap();
    let handle = ctx.handle();
    let ask = tokio::spawn(async move {
        handle.send_and_receive::<String>("explodes", "go".to_string()).await
    });
    gate.reached().await;
    assert!(kill(&ctx, "explodes").await.is_dropped());
    assert_eq!(soon(ask).await.unwrap().unwrap_err().kind(), ErrorKind::Stopped);
    assert_eq!(logged("a bomb of a killed handler").len(), 1);
    ctx.start_worker("explodes", Echoer).await.unwrap();
}

#[tokio::test]
async fn a_worker_with_several_addresses_loses_all_of_them() {
    let (ctx, gate) = (node(), Gate::new());
    let more = ["b", "c"].map(Mailbox::allow_all).into();
    WorkerBuilder::new(Tracer::new(&Trace::new()).with_gate(&gate))
        .with_mailboxes(Mailboxes::new(Mailbox::allow_all("a"), more))
        .start(&ctx)
        .await
        .unwrap();
    ctx.send("b", "gate".to_string()).await.unwrap();
    gate.reached().await;
    kill(&ctx, "c").await;
    for address in ["a", "b", "c"] {
        ctx.start_worker(address, Echoer).await.unwrap();
    }
}

#[tokio::test]
async fn the_flow_of_a_killed_producer_ends_and_asks_over_it_are_told() {
    let ctx = node();
    tracer(&ctx).await;
    ctx.start_worker("sender", Deferrer::default()).await.unwrap();
    let (flows, id) = (ctx.flow_controls(), ctx.flow_controls().generate_flow_control_id());
    flows.add_producer("tracer", &id, None, vec!["sender".into()]);
    let mut ask = pin!(ctx.send_and_receive::<String>("sender", "over it".to_string()));
    assert!(poll(ask.as_mut()).is_pending());
    kill(&ctx, "tracer").await;
    let error = soon(ask).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Stopped);
    assert!(error.to_string().contains("the connection at 0#tracer has ended"), "{error}");
    assert_eq!(flows.find_flow_control_with_producer_address(&"tracer".into()), None);
}
