//! Starts and stops: what was begun is undone, or goes on.

use super::{Drops, all_of, at_each_await, turns};
use crate::support::{Echoer, Trace, eventually, node, settle, soon};
use ockam_core::{AllowAll, LocalMessage, Mailbox, Mailboxes, Processor, Result, Routed, Worker};
use ockam_node::{Context, Handle, ProcessorBuilder, Shortcut, WorkerBuilder};
use std::future::{Future, pending};

/// Takes some turns for each step of its life, and registers itself with the flow controls.
struct Slow(Trace);

impl Slow {
    async fn begin(&self, ctx: &Handle) {
        self.0.add("initialize");
        let id = ctx.flow_controls().generate_flow_control_id();
        ctx.flow_controls().add_producer(ctx.address(), &id, None, vec![]);
        ctx.flow_controls().add_consumer(ctx.address(), &id);
        turns(3).await;
    }

    async fn end(&self) {
        self.0.add("shutdown");
        turns(3).await;
        self.0.add("end");
    }
}

impl Drop for Slow {
    fn drop(&mut self) {
        self.0.add("drop");
    }
}

impl Worker for Slow {
    type Context = Context;
    type Message = String;

    async fn initialize(&mut self, ctx: &mut Context) -> Result<()> {
        self.begin(ctx).await;
        Ok(())
    }

    async fn handle_message(&mut self, _: &mut Context, msg: Routed<String>) -> Result<()> {
        turns(2).await;
        self.0.add(msg.body());
        Ok(())
    }

    async fn shutdown(&mut self, _: &mut Context) -> Result<()> {
        self.end().await;
        Ok(())
    }
}

impl Processor for Slow {
    type Context = Context;

    async fn initialize(&mut self, ctx: &mut Context) -> Result<()> {
        self.begin(ctx).await;
        Ok(())
    }

    async fn process(&mut self, _: &mut Context) -> Result<bool> {
        pending().await
    }

    async fn shutdown(&mut self, _: &mut Context) -> Result<()> {
        self.end().await;
        Ok(())
    }
}

/// Takes everything that is sent to its worker.
struct Swallow;

impl Shortcut for Swallow {
    fn take(&self, _: &Handle, _: LocalMessage) -> Result<(), LocalMessage> {
        Ok(())
    }
}

/// The ways to start something at the address `slow`.
#[derive(Clone, Copy, Debug)]
enum Start {
    Worker,
    WorkerWithAccessControl,
    WorkerWithMore,
    Processor,
    ProcessorWithAccessControl,
    ProcessorWithMore,
}

const STARTS: [Start; 6] = [
    Start::Worker,
    Start::WorkerWithAccessControl,
    Start::WorkerWithMore,
    Start::Processor,
    Start::ProcessorWithAccessControl,
    Start::ProcessorWithMore,
];

impl Start {
    async fn start(self, ctx: &Handle, slow: Slow) -> Result<()> {
        let alias = vec![Mailbox::allow_all("alias")];
        let mailboxes = Mailboxes::new(Mailbox::allow_all("slow"), alias);
        match self {
            Start::Worker => ctx.start_worker("slow", slow).await,
            Start::WorkerWithAccessControl => {
                ctx.start_worker_with_access_control("slow", slow, AllowAll, AllowAll).await
            }
            Start::WorkerWithMore => {
                let builder = WorkerBuilder::new(slow).with_mailboxes(mailboxes);
                builder.with_shortcut(Swallow).start(ctx).await
            }
            Start::Processor => ctx.start_processor("slow", slow).await,
            Start::ProcessorWithAccessControl => {
                ctx.start_processor_with_access_control("slow", slow, AllowAll, AllowAll).await
            }
            Start::ProcessorWithMore => {
                ProcessorBuilder::new(slow).with_mailboxes(mailboxes).start(ctx).await
            }
        }
    }
}

/// Checks that other workers can have the addresses, and get their own messages.
async fn assert_free(ctx: &Context) {
    for address in ["slow", "alias"] {
        ctx.start_worker(address, Echoer).await.unwrap();
        let ask = ctx.send_and_receive::<String>(address, "Hello".to_string());
        assert_eq!(soon(ask).await.unwrap(), "Hello");
    }
}

#[tokio::test]
async fn a_start_that_is_dropped_leaves_no_worker_and_runs_no_shutdown() {
    for start in STARTS {
        at_each_await(4, async |drops: Drops| {
            let (ctx, trace) = (node(), Trace::new());
            // What flow controls are like that have known something.
            let id = ctx.flow_controls().generate_flow_control_id();
            ctx.flow_controls().add_consumer("app", &id);
            let everything = all_of(&ctx);
            let started = drops.run(start.start(&ctx, Slow(trace.clone()))).await;
            if let Some(started) = started {
                started.unwrap();
                soon(ctx.stop_worker("slow")).await.unwrap();
                assert_eq!(trace.events(), ["initialize", "shutdown", "end", "drop"]);
                return true;
            }
            assert_eq!(all_of(&ctx), everything, "{start:?} {drops:?}");
            assert_eq!((trace.count("shutdown"), trace.count("drop")), (0, 1));
            assert_free(&ctx).await;
            soon(ctx.handle().stop()).await.unwrap();
            false
        })
        .await;
    }
}

/// Drops a call that ends the worker `slow`, which has a message in its mailbox if it is one. The
/// call has effect from its first poll.
async fn drop_stop<F: Future<Output = Result<()>>>(
    drops: Drops,
    start: Start,
    is_awake: bool,
    stop: impl FnOnce(Handle) -> F,
) -> bool {
    let (ctx, trace) = (node(), Trace::new());
    let everything = all_of(&ctx).0;
    start.start(&ctx, Slow(trace.clone())).await.unwrap();
    if is_awake {
        ctx.send("slow", "handled".to_string()).await.unwrap();
    }
    let stopped = soon(drops.run(stop(ctx.handle()))).await;
    let is_done = stopped.transpose().unwrap().is_some();
    if drops.polls == 0 {
        settle().await;
        assert!(ctx.is_worker_registered_at("slow"), "nobody has asked");
        assert_eq!(trace.count("shutdown"), 0);
        return is_done;
    }
    eventually("the stop goes on", || all_of(&ctx).0 == everything).await;
    eventually("it has ended", || trace.count("drop") == 1).await;
    let mut expected = vec!["initialize", "handled", "shutdown", "end", "drop"];
    expected.retain(|event| is_awake || *event != "handled");
    assert_eq!(trace.events(), expected, "{drops:?}");
    is_done
}

#[tokio::test]
async fn the_stop_of_a_worker_goes_on_when_the_call_is_dropped() {
    for is_awake in [false, true] {
        at_each_await(2, async |drops: Drops| {
            let stop = async |ctx: Handle| ctx.stop_worker("slow").await;
            drop_stop(drops, Start::Worker, is_awake, stop).await
        })
        .await;
    }
}

#[tokio::test]
async fn the_stop_of_a_processor_goes_on_when_the_call_is_dropped() {
    at_each_await(2, async |drops: Drops| {
        let stop = async |ctx: Handle| ctx.stop_processor("slow").await;
        drop_stop(drops, Start::Processor, false, stop).await
    })
    .await;
}

#[tokio::test]
async fn the_stop_of_a_node_goes_on_when_the_call_is_dropped() {
    for is_awake in [false, true] {
        at_each_await(2, async |drops: Drops| {
            let stop = async |ctx: Handle| ctx.stop().await;
            drop_stop(drops, Start::Worker, is_awake, stop).await
        })
        .await;
    }
}

/// The calls of a context that stop its node.
#[derive(Clone, Copy, Debug)]
enum Call {
    Stop,
    Shutdown,
    Timeout,
    Now,
}

#[tokio::test]
async fn the_stop_of_a_node_that_was_dropped_is_over_for_whoever_waits() {
    for call in [Call::Stop, Call::Shutdown, Call::Timeout, Call::Now] {
        at_each_await(2, async |drops: Drops| {
            let (mut ctx, trace) = (node(), Trace::new());
            ctx.start_worker("slow", Slow(trace.clone())).await.unwrap();
            let handle = ctx.handle();
            let stopped = soon(drops.run(async {
                match call {
                    Call::Stop => ctx.stop().await,
                    Call::Shutdown => ctx.shutdown().await,
                    Call::Timeout => ctx.stop_timeout(10).await,
                    Call::Now => ctx.stop_now().await,
                }
            }))
            .await;
            if drops.polls > 0 {
                soon(handle.stopped()).await;
                assert_eq!(trace.count("end"), 1, "{call:?} {drops:?}");
                assert!(!handle.is_worker_registered_at("slow"));
            }
            soon(handle.stop()).await.unwrap();
            stopped.transpose().unwrap().is_some()
        })
        .await;
    }
}
