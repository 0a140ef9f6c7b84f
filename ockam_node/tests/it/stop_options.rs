//! Stopping a worker with options: a deadline, a kill, without its queue.

use crate::support::{
    Echoer, Gate, Outcome, PATIENCE, Trace, Tracer, eventually, node, poll, settle, soon,
};
use ockam_core::{Address, AllowAll, ErrorKind, Processor, Result, Routed, Worker};
use ockam_node::{Context, DeadLetterReason, SendError, StopOptions};
use std::pin::pin;
use std::sync::mpsc;
use std::time::Duration;
use tokio::time::Instant;

async fn tracer(ctx: &Context) -> (Trace, Gate) {
    let (trace, gate) = (Trace::new(), Gate::new());
    ctx.start_worker("tracer", Tracer::new(&trace).with_gate(&gate)).await.unwrap();
    (trace, gate)
}

/// A worker that hangs, with two messages behind the one that it handles.
async fn hanging(ctx: &Context) -> (Trace, Gate) {
    let (trace, gate) = tracer(ctx).await;
    for text in ["gate", "1", "2"] {
        ctx.send("tracer", text.to_string()).await.unwrap();
    }
    gate.reached().await;
    (trace, gate)
}

const DEADLINE: Duration = Duration::from_secs(7);

#[tokio::test(start_paused = true)]
async fn without_options_it_is_the_usual_stop() {
    let ctx = node();
    let (trace, gate) = hanging(&ctx).await;
    let start = Instant::now();
    let error = ctx.stop_worker_with("tracer", StopOptions::new()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    let took = start.elapsed();
    assert!(took >= Duration::from_secs(1) && took < Duration::from_secs(2), "{took:?}");
    gate.open(1);
    eventually("it has ended", || trace.count("drop") == 1).await;
    let ends = ["end gate", "begin 1", "end 1", "begin 2", "end 2", "shutdown", "drop"];
    assert_eq!(trace.events()[2..], ends);

    let (trace, _) = tracer(&ctx).await;
    assert_eq!(ctx.stop_worker_with("tracer", StopOptions::new()).await.unwrap(), None);
    assert_eq!(trace.events(), ["initialize", "shutdown", "drop"]);
}

#[tokio::test(start_paused = true)]
async fn a_deadline_of_its_own_limits_the_wait() {
    let ctx = node();
    let (trace, gate) = hanging(&ctx).await;
    let start = Instant::now();
    let options = StopOptions::new().with_deadline(DEADLINE);
    let error = ctx.stop_worker_with("tracer", options).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    for part in ["0#tracer", "7s"] {
        assert!(error.to_string().contains(part), "{error}");
    }
    assert!(start.elapsed() >= DEADLINE && start.elapsed() < 2 * DEADLINE);
    // For ever.
    let options = StopOptions::new().with_deadline(Duration::MAX);
    let mut stop = pin!(ctx.stop_worker_with("tracer", options));
    assert!(poll(stop.as_mut()).is_pending());
    ctx.sleep(Duration::from_secs(100_000)).await;
    assert!(poll(stop.as_mut()).is_pending());
    gate.open(1);
    assert_eq!(soon(stop).await.unwrap(), None);
    assert_eq!(trace.count("shutdown"), 1);
}

#[tokio::test(start_paused = true)]
async fn at_the_deadline_the_worker_is_killed() {
    let ctx = node();
    let (trace, _gate) = hanging(&ctx).await;
    let start = Instant::now();
    let options = StopOptions::new().with_deadline(DEADLINE).then_kill();
    let killed = ctx.stop_worker_with("tracer", options.clone()).await.unwrap().unwrap();
    assert!(start.elapsed() >= DEADLINE && start.elapsed() < 2 * DEADLINE);
    assert_eq!((killed.undelivered(), killed.is_dropped()), (2, true));
    assert_eq!(trace.events(), ["initialize", "begin gate", "drop"]);
    assert_eq!(ctx.dead_letters().count(DeadLetterReason::CutOff), 3);
    assert_eq!(ctx.list_workers(), [Address::from("app")]);

    // One that ends before is not killed.
    let (trace, gate) = hanging(&ctx).await;
    let start = Instant::now();
    let mut stop = pin!(ctx.stop_worker_with("tracer", options));
    assert!(poll(stop.as_mut()).is_pending());
    gate.open(1);
    assert_eq!(soon(stop).await.unwrap(), None);
    assert!(start.elapsed() < DEADLINE);
    assert_eq!(trace.count("shutdown"), 1);
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_another_one_kills_before_the_deadline_was_killed() {
    let ctx = node();
    let (trace, _gate) = hanging(&ctx).await;
    let options = StopOptions::new().with_deadline(DEADLINE).then_kill();
    let mut stop = pin!(ctx.stop_worker_with("tracer", options));
    assert!(poll(stop.as_mut()).is_pending());
    assert_eq!(ctx.kill("tracer").await.unwrap().undelivered(), 2);
    let killed = soon(stop).await.unwrap().unwrap();
    assert_eq!((killed.undelivered(), killed.is_dropped()), (0, true), "one counts the messages");
    assert_eq!(trace.events(), ["initialize", "begin gate", "drop"]);
}

#[tokio::test(start_paused = true)]
async fn the_kill_at_the_deadline_goes_on_when_its_caller_goes_away() {
    let ctx = node();
    let metrics = tokio::runtime::Handle::current().metrics();
    let before = metrics.num_alive_tasks();
    let (trace, _gate) = hanging(&ctx).await;
    {
        let options = StopOptions::new().with_deadline(DEADLINE).then_kill();
        let mut stop = pin!(ctx.stop_worker_with("tracer", options));
        assert!(poll(stop.as_mut()).is_pending());
        ctx.sleep(DEADLINE / 2).await;
        assert!(poll(stop.as_mut()).is_pending());
    }
    ctx.sleep(DEADLINE / 4).await;
    assert_eq!(trace.count("drop"), 0, "it has time until the deadline");
    ctx.sleep(DEADLINE / 2).await;
    settle().await;
    assert_eq!(trace.events(), ["initialize", "begin gate", "drop"]);
    assert_eq!(ctx.list_workers(), [Address::from("app")]);
    assert_eq!(metrics.num_alive_tasks(), before, "nothing is left of the kill");
}

/// Stops itself, and hangs then.
struct StopsItself(Trace);

impl Drop for StopsItself {
    fn drop(&mut self) {
        self.0.add("drop");
    }
}

impl Worker for StopsItself {
    type Context = Context;
    type Message = String;

    async fn handle_message(&mut self, ctx: &mut Context, _: Routed<String>) -> Result<()> {
        let options = StopOptions::new().with_deadline(DEADLINE).then_kill();
        let killed = ctx.stop_worker_with(ctx.address(), options).await?;
        self.0.add(format!("{killed:?}"));
        std::future::pending().await
    }
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_stops_itself_and_hangs_is_killed_at_its_deadline() {
    let (ctx, trace) = (node(), Trace::new());
    ctx.start_worker("itself", StopsItself(trace.clone())).await.unwrap();
    ctx.send("itself", "go".to_string()).await.unwrap();
    settle().await;
    assert_eq!(trace.events(), ["None"]);
    ctx.sleep(2 * DEADLINE).await;
    assert_eq!(trace.events(), ["None", "drop"]);
    assert_eq!(ctx.list_workers(), [Address::from("app")]);
}

/// More messages than a worker takes out of its mailbox at a time.
const MANY: u64 = 100;

#[tokio::test]
async fn a_queue_that_is_discarded_is_dead_letters_and_the_handler_goes_on_to_its_end() {
    let ctx = node();
    let (trace, gate) = tracer(&ctx).await;
    for text in ["gate", "gate"] {
        ctx.send("tracer", text.to_string()).await.unwrap();
    }
    for _ in 0..MANY {
        ctx.send("tracer", "queued".to_string()).await.unwrap();
    }
    // It has taken a handful out of its mailbox before the first of them.
    gate.reached().await;
    let options = StopOptions::new().discard_queue();
    let mut stop = pin!(ctx.stop_worker_with("tracer", options));
    assert!(poll(stop.as_mut()).is_pending());
    let stopped = |ctx: &Context| ctx.dead_letters().count(DeadLetterReason::Stopped);
    assert!(stopped(&ctx) >= MANY + 1 - 31, "at once: {}", stopped(&ctx));
    assert_eq!(ctx.dead_letters().count(DeadLetterReason::CutOff), 0);
    let error = ctx.send("tracer", "late".to_string()).await.unwrap_err();
    assert_eq!(error.downcast::<SendError>().unwrap().into_body::<String>().unwrap(), "late");
    let late = 1;

    gate.open(1);
    assert_eq!(soon(stop).await.unwrap(), None);
    assert_eq!(trace.events(), ["initialize", "begin gate", "end gate", "shutdown", "drop"]);
    assert_eq!(stopped(&ctx), MANY + 1 + late);
}

/// Waits for a second message in its handler.
struct Receives(Gate, Trace);

impl Worker for Receives {
    type Context = Context;
    type Message = String;

    async fn handle_message(&mut self, ctx: &mut Context, _: Routed<String>) -> Result<()> {
        self.0.enter().await;
        let next = ctx.receive::<String>().await;
        self.1.add(format!("{:?}", next.map(|next| next.body()).map_err(|error| error.kind())));
        Ok(())
    }
}

#[tokio::test]
async fn a_handler_receives_nothing_of_a_queue_that_is_discarded() {
    let (ctx, trace, gate) = (node(), Trace::new(), Gate::new());
    ctx.start_worker("receives", Receives(gate.clone(), trace.clone())).await.unwrap();
    for text in ["1", "2", "3"] {
        ctx.send("receives", text.to_string()).await.unwrap();
    }
    gate.reached().await;
    let mut stop = pin!(ctx.stop_worker_with("receives", StopOptions::new().discard_queue()));
    assert!(poll(stop.as_mut()).is_pending());
    gate.open(1);
    soon(stop).await.unwrap();
    assert_eq!(trace.events(), ["Err(Stopped)"]);
    assert_eq!(ctx.dead_letters().count(DeadLetterReason::Stopped), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn askers_of_a_queue_that_is_discarded_find_the_address_free() {
    let ctx = node();
    for round in 0..500 {
        // Messages in hand, and one that comes later and stays in the mailbox.
        let (_trace, gate) = tracer(&ctx).await;
        let ask = |text: &'static str| {
            let handle = ctx.handle();
            async move {
                let asked = handle.send_and_receive::<String>("tracer", text.to_string()).await;
                let error = asked.unwrap_err();
                assert_eq!(error.kind(), ErrorKind::Stopped, "{error}");
                // Another one may have been faster.
                match handle.start_worker("tracer", Echoer).await {
                    Err(error) if error.to_string().contains("Tracer") => panic!("{error}"),
                    _ => {}
                }
            }
        };
        ctx.send("tracer", "gate".to_string()).await.unwrap();
        if round % 2 == 0 {
            gate.reached().await;
        }
        let mut asks: Vec<_> = (0..3).map(|_| Box::pin(ask("queued"))).collect();
        for ask in &mut asks {
            assert!(poll(ask.as_mut()).is_pending());
        }
        if round % 2 == 1 {
            gate.reached().await;
        }
        let asks: Vec<_> = asks.into_iter().map(tokio::spawn).collect();
        let mut stop = pin!(ctx.stop_worker_with("tracer", StopOptions::new().discard_queue()));
        assert!(poll(stop.as_mut()).is_pending());
        gate.open(1);
        soon(stop).await.unwrap();
        for ask in asks {
            soon(ask).await.unwrap();
        }
        soon(ctx.stop_worker("tracer")).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_discarded_queue_and_a_kill_go_together() {
    let ctx = node();
    let (trace, _gate) = hanging(&ctx).await;
    let handle = ctx.handle();
    let ask = tokio::spawn(async move {
        handle.send_and_receive::<String>("tracer", "queued".to_string()).await
    });
    settle().await;
    let options = StopOptions::new().with_deadline(DEADLINE).then_kill().discard_queue();
    let killed = ctx.stop_worker_with("tracer", options).await.unwrap().unwrap();
    assert!(killed.is_dropped());
    assert_eq!(trace.events(), ["initialize", "begin gate", "drop"]);
    let letters = ctx.dead_letters();
    let of_queue = letters.count(DeadLetterReason::Stopped);
    let cut_off = letters.count(DeadLetterReason::CutOff);
    assert_eq!(of_queue + cut_off, 4);
    assert_eq!(killed.undelivered() as u64, cut_off - 1, "what was in hand");
    assert_eq!(soon(ask).await.unwrap().unwrap_err().kind(), ErrorKind::Stopped);
}

/// A processor whose `shutdown` hangs.
struct Hangs(Trace);

impl Drop for Hangs {
    fn drop(&mut self) {
        self.0.add("drop");
    }
}

impl Processor for Hangs {
    type Context = Context;

    async fn process(&mut self, _: &mut Context) -> Result<bool> {
        std::future::pending().await
    }

    async fn shutdown(&mut self, _: &mut Context) -> Result<()> {
        self.0.add("shutdown");
        std::future::pending().await
    }
}

#[tokio::test(start_paused = true)]
async fn a_processor_that_hangs_in_its_shutdown_is_killed_at_the_deadline() {
    let (ctx, trace) = (node(), Trace::new());
    ctx.start_processor("hangs", Hangs(trace.clone())).await.unwrap();
    let options = StopOptions::new().with_deadline(DEADLINE);
    let error = ctx.stop_processor_with("hangs", options.clone()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    let killed = ctx.stop_processor_with("hangs", options.then_kill()).await.unwrap();
    assert!(killed.unwrap().is_dropped());
    assert_eq!(trace.events(), ["shutdown", "drop"]);
    assert_eq!(ctx.list_workers(), [Address::from("app")]);
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_that_hangs_is_killed_at_the_deadline() {
    let (ctx, trace) = (node(), Trace::new());
    let tracer = Tracer::new(&trace).with_shutdown(Outcome::Wait);
    ctx.start_worker("tracer", tracer).await.unwrap();
    let options = StopOptions::new().with_deadline(DEADLINE).then_kill();
    assert!(ctx.stop_worker_with("tracer", options).await.unwrap().unwrap().is_dropped());
    assert_eq!(trace.events(), ["initialize", "shutdown", "drop"]);
}

#[tokio::test]
async fn what_is_no_worker_cannot_be_stopped_with_options_either() {
    let ctx = node();
    let _other = ctx.new_detached("other", AllowAll, AllowAll).await.unwrap();
    let options = || StopOptions::new().then_kill().discard_queue();
    let error = ctx.stop_worker_with("other", options()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
    let error = ctx.stop_worker_with("othe", options()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.to_string().contains("did you mean 0#other?"), "{error}");
}

/// Blocks its thread in its `shutdown` until the test lets it go.
struct BlocksAtTheEnd {
    trace: Trace,
    goes_on: mpsc::Receiver<()>,
}

impl Drop for BlocksAtTheEnd {
    fn drop(&mut self) {
        self.trace.add("drop");
    }
}

impl Worker for BlocksAtTheEnd {
    type Context = Context;
    type Message = String;

    async fn handle_message(&mut self, _: &mut Context, _: Routed<String>) -> Result<()> {
        Ok(())
    }

    async fn shutdown(&mut self, _: &mut Context) -> Result<()> {
        self.trace.add("shutdown");
        self.goes_on.recv_timeout(PATIENCE).unwrap();
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shutdown_that_blocks_its_thread_does_not_put_the_kill_off() {
    let (ctx, trace) = (node(), Trace::new());
    let (go_on, goes_on) = mpsc::channel();
    let blocks = BlocksAtTheEnd { trace: trace.clone(), goes_on };
    ctx.start_worker("blocks", blocks).await.unwrap();
    let options = StopOptions::new().with_deadline(Duration::from_millis(50)).then_kill();
    let killed = ctx.stop_worker_with("blocks", options).await.unwrap().expect("it was killed");
    assert!(!killed.is_dropped());
    assert_eq!(trace.events(), ["shutdown"]);
    assert_eq!(ctx.list_workers(), [Address::from("app")]);
    go_on.send(()).unwrap();
    eventually("it is dropped", || trace.count("drop") == 1).await;
}
