//! Killing workers in each of their calls, also those that block their thread.

use crate::kill::{CUT_OFF, ask, assert_killed, kill, tell};
use crate::support::{
    Echoer, Gate, Outcome, PATIENCE, Trace, Tracer, eventually, node, poll, settle, soon,
};
use ockam_core::{Address, Result, Routed, Worker};
use ockam_node::{Context, KILL_PATIENCE};
use std::pin::pin;
use std::sync::mpsc;
use tokio::time::Instant;

/// Blocks its thread until the test lets it go.
struct Blocks {
    trace: Trace,
    began: mpsc::Sender<()>,
    goes_on: mpsc::Receiver<()>,
}

impl Blocks {
    fn new(trace: &Trace) -> (Self, mpsc::Receiver<()>, mpsc::Sender<()>) {
        let (began, has_begun) = mpsc::channel();
        let (go_on, goes_on) = mpsc::channel();
        (Blocks { trace: trace.clone(), began, goes_on }, has_begun, go_on)
    }

    fn block(&self) {
        self.began.send(()).unwrap();
        self.goes_on.recv_timeout(PATIENCE).unwrap();
        self.trace.add("goes on");
    }
}

impl Drop for Blocks {
    fn drop(&mut self) {
        self.trace.add("drop");
    }
}

// A channel's end is not `Sync`, which a worker need not be: nobody shares it.
impl Worker for Blocks {
    type Context = Context;
    type Message = String;

    async fn handle_message(&mut self, ctx: &mut Context, msg: Routed<String>) -> Result<()> {
        self.trace.add(format!("begin {msg}"));
        match msg.as_str() {
            "block" => self.block(),
            "block and wait" => {
                self.block();
                ctx.sleep(PATIENCE).await;
            }
            _ => {}
        }
        self.trace.add(format!("end {msg}"));
        Ok(())
    }

    async fn shutdown(&mut self, _: &mut Context) -> Result<()> {
        self.trace.add("shutdown");
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_handler_that_blocks_its_thread_loses_its_address_at_once_and_is_dropped_later() {
    for (text, expected) in [
        ("block", &["begin block", "goes on", "end block", "drop"][..]),
        ("block and wait", &["begin block and wait", "goes on", "drop"]),
    ] {
        let (ctx, trace) = (node(), Trace::new());
        let (blocks, has_begun, go_on) = Blocks::new(&trace);
        ctx.start_worker("blocks", blocks).await.unwrap();
        for text in [text, "next", "last"] {
            ctx.send("blocks", text.to_string()).await.unwrap();
        }
        tokio::task::spawn_blocking(move || has_begun.recv_timeout(PATIENCE))
            .await
            .unwrap()
            .unwrap();
        let killed = kill(&ctx, "blocks").await;
        assert!(!killed.is_dropped());
        assert_eq!(killed.undelivered(), 2);
        assert_eq!(trace.count("drop"), 0);

        // A new worker at the address, which brings messages in: the old one takes nothing from it.
        ctx.start_worker("blocks", Echoer).await.unwrap();
        let id = ctx.flow_controls().generate_flow_control_id();
        ctx.flow_controls().add_producer("blocks", &id, None, vec![]);
        go_on.send(()).unwrap();
        eventually("it is dropped", || trace.count("drop") == 1).await;
        eventually("all is reported", || {
            ctx.dead_letters().count(CUT_OFF) == if text == "block" { 2 } else { 3 }
        })
        .await;
        assert_eq!(trace.events(), expected, "nothing more is handled, no shutdown");
        let flows = ctx.flow_controls();
        let info = flows.find_flow_control_with_producer_address(&"blocks".into());
        assert_eq!(info.map(|info| info.flow_control_id().clone()), Some(id));
        let echo = ctx.send_and_receive::<String>("blocks", "new".to_string());
        assert_eq!(soon(echo).await.unwrap(), "new");
    }
}

/// Blocks its thread as it starts.
struct BlocksAtStart(Blocks);

impl Worker for BlocksAtStart {
    type Context = Context;
    type Message = String;

    async fn initialize(&mut self, ctx: &mut Context) -> Result<()> {
        self.0.block();
        ctx.sleep(PATIENCE).await;
        Ok(())
    }

    async fn handle_message(&mut self, _: &mut Context, _: Routed<String>) -> Result<()> {
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_initialize_that_blocks_its_thread_is_dropped_when_it_gives_it_back() {
    let (ctx, trace) = (node(), Trace::new());
    let (blocks, has_begun, go_on) = Blocks::new(&trace);
    let handle = ctx.handle();
    let start =
        tokio::spawn(async move { handle.start_worker("tracer", BlocksAtStart(blocks)).await });
    let begun = tokio::task::spawn_blocking(move || has_begun.recv_timeout(PATIENCE));
    begun.await.unwrap().unwrap();
    let mut kill = Box::pin(ctx.kill("tracer"));
    assert!(poll(kill.as_mut()).is_pending(), "it is not dropped yet");
    ctx.start_worker("tracer", Echoer).await.unwrap();
    assert_eq!(trace.count("drop"), 0);
    go_on.send(()).unwrap();
    soon(kill).await.unwrap();
    assert_killed(&soon(start).await.unwrap().unwrap_err());
    assert_eq!(trace.events(), ["goes on", "drop"]);
}

#[tokio::test]
async fn a_worker_that_starts_is_killed_and_its_start_says_so() {
    for end in [Outcome::Wait, Outcome::WaitAndFail] {
        let (ctx, trace, gate) = (node(), Trace::new(), Gate::new());
        let tracer = Tracer::new(&trace).with_gate(&gate).with_initialize(end);
        let handle = ctx.handle();
        let start = tokio::spawn(async move { handle.start_worker("tracer", tracer).await });
        gate.reached().await;
        let ask = ask(&ctx, "early").await;
        let killed = kill(&ctx, "tracer").await;
        assert_eq!((killed.undelivered(), killed.is_dropped()), (1, true));
        assert_killed(&soon(start).await.unwrap().unwrap_err());
        assert_killed(&soon(ask).await.unwrap().unwrap_err());
        assert_eq!(trace.events(), ["initialize", "drop"], "no shutdown");
        assert_eq!(ctx.list_workers(), [Address::from("app")]);
    }
}

/// Says when it has come through the gate.
struct GoesOn(Trace, Gate);

impl Worker for GoesOn {
    type Context = Context;
    type Message = String;

    async fn initialize(&mut self, _: &mut Context) -> Result<()> {
        self.1.enter().await;
        self.0.add("goes on");
        Ok(())
    }

    async fn handle_message(&mut self, _: &mut Context, _: Routed<String>) -> Result<()> {
        self.1.enter().await;
        self.0.add("goes on");
        Ok(())
    }
}

#[tokio::test]
async fn nothing_goes_on_after_a_kill_though_what_it_waited_for_is_there() {
    let (ctx, trace, gate) = (node(), Trace::new(), Gate::new());
    let mut start = pin!(ctx.start_worker("tracer", GoesOn(trace.clone(), gate.clone())));
    assert!(poll(start.as_mut()).is_pending());
    assert!(poll(pin!(ctx.kill("tracer"))).is_pending());
    gate.open(1);
    assert_killed(&soon(start).await.unwrap_err());

    let (trace, gate) = (trace, Gate::new());
    let start = ctx.start_worker("tracer", GoesOn(trace.clone(), gate.clone()));
    gate.open(1);
    start.await.unwrap();
    tell(&ctx, &["wait"]).await;
    settle().await;
    gate.open(1);
    assert!(kill(&ctx, "tracer").await.is_dropped());
    assert_eq!(trace.events(), ["goes on"], "in the start that nobody has killed");
}

#[tokio::test]
async fn a_worker_whose_start_was_in_vain_is_killed_in_its_shutdown() {
    for stops in [false, true] {
        let (ctx, trace, gate) = (node(), Trace::new(), Gate::new());
        let initialize = if stops { Outcome::Wait } else { Outcome::Fail };
        let tracer = Tracer::new(&trace).with_gate(&gate).with_initialize(initialize);
        let tracer = tracer.with_shutdown(Outcome::Wait);
        let handle = ctx.handle();
        let start = tokio::spawn(async move { handle.start_worker("tracer", tracer).await });
        gate.reached().await;
        if stops {
            assert!(poll(pin!(ctx.stop_worker("tracer"))).is_pending());
            gate.open(1);
            gate.reached().await;
        }
        assert!(kill(&ctx, "tracer").await.is_dropped());
        assert_eq!(trace.events(), ["initialize", "shutdown", "drop"]);
        let error = soon(start).await.unwrap().unwrap_err();
        let expected = if stops { "0#tracer was killed while it started" } else { "fails" };
        assert!(error.to_string().contains(expected), "{error:#}");
        assert_eq!(ctx.list_workers(), [Address::from("app")]);
    }
}

#[tokio::test]
async fn a_worker_whose_initialize_waited_sleeps_like_any_other() {
    let (ctx, trace, gate) = (node(), Trace::new(), Gate::new());
    let tracer = Tracer::new(&trace).with_gate(&gate).with_initialize(Outcome::Wait);
    let metrics = tokio::runtime::Handle::current().metrics();
    let before = metrics.num_alive_tasks();
    let handle = ctx.handle();
    let start = tokio::spawn(async move { handle.start_worker("tracer", tracer).await });
    gate.reached().await;
    gate.open(1);
    soon(start).await.unwrap().unwrap();
    settle().await;
    assert_eq!(metrics.num_alive_tasks(), before, "it has no task before its first message");
}

#[tokio::test]
async fn a_shutdown_that_hangs_is_dropped_and_who_waits_for_the_stop_hears_of_the_end() {
    for used in [false, true] {
        let (ctx, trace, gate) = (node(), Trace::new(), Gate::new());
        let tracer = Tracer::new(&trace).with_gate(&gate).with_shutdown(Outcome::Wait);
        ctx.start_worker("tracer", tracer).await.unwrap();
        if used {
            tell(&ctx, &["1"]).await;
            eventually("it has handled it", || trace.count("end 1") == 1).await;
        }
        let handle = ctx.handle();
        let stop = tokio::spawn(async move { handle.stop_worker("tracer").await });
        gate.reached().await;
        assert!(kill(&ctx, "tracer").await.is_dropped());
        soon(stop).await.unwrap().unwrap();
        assert_eq!(trace.count("drop"), 1);
        assert_eq!(ctx.list_workers(), [Address::from("app")]);
    }
}

/// Kills itself in one of its calls, through its own context or another handle.
struct KillsItself {
    trace: Trace,
    own: bool,
    /// The call in which it does that.
    call: &'static str,
}

impl KillsItself {
    async fn act(&self, call: &str, ctx: &Context) -> Result<()> {
        self.trace.add(call);
        if call == self.call {
            let killed = match self.own {
                true => ctx.kill(ctx.address()).await?,
                false => ctx.handle().kill(ctx.address()).await?,
            };
            assert!(!killed.is_dropped());
            self.trace.add(format!("free {}", ctx.list_workers().len() == 1));
            ctx.sleep(PATIENCE).await;
            self.trace.add("goes on");
        }
        Ok(())
    }
}

impl Drop for KillsItself {
    fn drop(&mut self) {
        self.trace.add("drop");
    }
}

impl Worker for KillsItself {
    type Context = Context;
    type Message = String;

    async fn initialize(&mut self, ctx: &mut Context) -> Result<()> {
        self.act("initialize", ctx).await
    }

    async fn handle_message(&mut self, ctx: &mut Context, _: Routed<String>) -> Result<()> {
        self.act("handle", ctx).await
    }

    async fn shutdown(&mut self, ctx: &mut Context) -> Result<()> {
        self.act("shutdown", ctx).await
    }
}

/// What it did before it killed itself.
const BEFORE: [(&str, &[&str]); 3] = [
    ("initialize", &["initialize"]),
    ("handle", &["initialize", "handle"]),
    ("shutdown", &["initialize", "handle", "handle", "shutdown"]),
];

#[tokio::test(start_paused = true)]
async fn a_worker_that_kills_itself_ends_at_its_next_await_that_waits() {
    for (own, (call, before)) in
        [true, false].into_iter().flat_map(|own| BEFORE.map(|it| (own, it)))
    {
        let (ctx, trace, begun) = (node(), Trace::new(), Instant::now());
        let itself = KillsItself { trace: trace.clone(), own, call };
        let started = soon(ctx.start_worker("tracer", itself)).await;
        match call {
            "initialize" => assert_killed(&started.unwrap_err()),
            "handle" => {
                // Two at once, of which it handles the first.
                let asks = ["1", "2"]
                    .map(|text| ctx.send_and_receive::<String>("tracer", text.to_string()));
                let [first, second] = asks;
                let (first, second) = soon(async { tokio::join!(first, second) }).await;
                assert_killed(&first.unwrap_err());
                assert_killed(&second.unwrap_err());
            }
            _ => {
                tell(&ctx, &["1", "2"]).await;
                soon(ctx.stop_worker("tracer")).await.unwrap();
            }
        }
        eventually("it is dropped", || trace.count("drop") == 1).await;
        // Its own call returns and says that the address is free. Another one is where it is dropped.
        let last = if own { &["free true", "drop"][..] } else { &["drop"] };
        assert_eq!(trace.events(), [before, last].concat());
        assert!(begun.elapsed() < KILL_PATIENCE, "nobody has waited for its drop");
        let lost = if call == "handle" { 2 } else { 0 };
        assert_eq!(ctx.dead_letters().count(CUT_OFF), lost, "{call}");
        assert_eq!(ctx.list_workers(), [Address::from("app")]);
        ctx.start_worker("tracer", Echoer).await.unwrap();
        let echo = ctx.send_and_receive::<String>("tracer", "new".to_string());
        assert_eq!(soon(echo).await.unwrap(), "new");
    }
}

#[tokio::test(start_paused = true)]
async fn a_kill_goes_on_when_its_caller_goes_away_and_waits_for_a_short_time_at_most() {
    let (ctx, trace, gate) = (node(), Trace::new(), Gate::new());
    // Its start is polled by the test alone, so its code is not dropped as long as the kill waits.
    let tracer = Tracer::new(&trace).with_gate(&gate).with_initialize(Outcome::Wait);
    let mut start = pin!(ctx.start_worker("tracer", tracer));
    assert!(poll(start.as_mut()).is_pending());
    {
        let mut kill = pin!(ctx.kill("tracer"));
        assert!(poll(kill.as_mut()).is_pending());
        assert_eq!(ctx.list_workers(), [Address::from("app")], "it is free at once");
    }
    assert_killed(&soon(start).await.unwrap_err());

    let tracer = Tracer::new(&trace).with_gate(&gate).with_initialize(Outcome::Wait);
    let mut start = pin!(ctx.start_worker("tracer", tracer));
    assert!(poll(start.as_mut()).is_pending());
    let begun = Instant::now();
    assert!(!kill(&ctx, "tracer").await.is_dropped());
    assert!(begun.elapsed() >= KILL_PATIENCE && begun.elapsed() < 2 * KILL_PATIENCE);
    assert_killed(&soon(start).await.unwrap_err());
}
