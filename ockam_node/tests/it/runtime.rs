//! The runtime around a node: what is missing or in the way is an error, and idle workers leave
//! nothing behind.

use crate::support::{Echoer, Gate, Trace, Tracer, eventually, node, settle, soon};
use ockam_core::{ErrorKind, Result};
use ockam_node::{Executor, NodeBuilder, run_test};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;
use tokio::runtime::{Builder, Handle};

#[test]
fn a_node_outside_of_a_runtime_is_an_error_that_says_what_to_do() {
    for error in [Executor::current().err(), NodeBuilder::new().build().err()] {
        let error = error.unwrap();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert!(error.to_string().contains("runtime"), "{error}");
    }
}

#[test]
fn a_runtime_without_timers_is_an_error_and_not_a_panic() {
    let runtime = Builder::new_current_thread().build().unwrap();
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        runtime.block_on(async {
            let mut ctx = NodeBuilder::new().build()?;
            ctx.start_worker("echoer", Echoer).await?;
            let answer: String = ctx.send_and_receive("echoer", "Hello".to_string()).await?;
            assert_eq!(answer, "Hello");
            ctx.stop().await
        })
    }));
    match outcome {
        Ok(Ok(())) => {}
        Ok(Err(error)) => assert!(error.to_string().contains("time"), "{error}"),
        Err(_) => panic!("it panics"),
    }
}

/// Takes the text of a panic.
fn panic_of(run: impl FnOnce()) -> String {
    let panic = catch_unwind(AssertUnwindSafe(run)).unwrap_err();
    *panic.downcast::<String>().unwrap()
}

#[test]
fn a_node_inside_of_a_runtime_is_an_error_that_says_what_to_do() {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let text = panic_of(|| {
        runtime.block_on(async { run_test("nested", 1000, |_| async {}) });
    });
    for part in ["nested", "runtime", "NodeBuilder"] {
        assert!(text.contains(part), "{text}");
    }
}

#[test]
fn run_test_fails_on_an_error_a_panic_and_a_timeout() {
    run_test("well", 30_000, |ctx| async move {
        ctx.start_worker("echoer", Echoer).await?;
        let answer: String = ctx.send_and_receive("echoer", "Hello".to_string()).await?;
        assert_eq!(answer, "Hello");
        Ok::<(), ockam_core::Error>(())
    });
    let text = panic_of(|| {
        run_test("erring", 30_000, |ctx| async move { ctx.send("nobody", 1u8).await });
    });
    assert!(text.contains("erring") && text.contains("0#nobody"), "{text}");
    let text = panic_of(|| {
        run_test("panicking", 30_000, |_| async { assert_eq!(1, 2, "these differ") });
    });
    assert!(text.contains("panicking") && text.contains("these differ"), "{text}");
    let text = panic_of(|| {
        run_test("slow", 20, |_| async { std::future::pending::<Result<()>>().await });
    });
    assert!(text.contains("slow") && text.contains("20 ms"), "{text}");
}

#[tokio::test]
async fn nodes_of_one_runtime_do_not_know_each_other() {
    let (mut one, two) = (node(), node());
    one.start_worker("echoer", Echoer).await.unwrap();
    assert!(!two.is_worker_registered_at("echoer"));
    two.start_worker("echoer", Echoer).await.unwrap();
    one.stop().await.unwrap();
    let answer: String = two.send_and_receive("echoer", "Hello".to_string()).await.unwrap();
    assert_eq!(answer, "Hello");
}

#[tokio::test]
async fn a_worker_that_never_got_a_message_has_no_task() {
    let ctx = node();
    let tasks = Handle::current().metrics().num_alive_tasks();
    for number in 0..1000 {
        ctx.start_worker(format!("{number}"), Echoer).await.unwrap();
    }
    assert_eq!(Handle::current().metrics().num_alive_tasks(), tasks);
}

/// Lets time pass until nothing but the test runs any more.
async fn asleep(tasks: usize) {
    let metrics = Handle::current().metrics();
    for _ in 0..600 {
        if metrics.num_alive_tasks() <= tasks {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("{} tasks are left", metrics.num_alive_tasks() - tasks);
}

#[tokio::test(start_paused = true)]
async fn a_burst_leaves_no_tasks() {
    let ctx = node();
    let tasks = Handle::current().metrics().num_alive_tasks();
    let names: Vec<_> = (0..10_000).map(|number| number.to_string()).collect();
    for name in &names {
        ctx.start_worker(name, Echoer).await.unwrap();
    }
    for _ in 0..2 {
        for name in &names {
            let ask = ctx.send_and_receive::<String>(name, "Hello".to_string());
            assert_eq!(ask.await.unwrap(), "Hello");
        }
        asleep(tasks).await;
    }
    // They sleep, and are not gone.
    let ask = ctx.send_and_receive::<String>(&names[77], "Hello".to_string());
    assert_eq!(ask.await.unwrap(), "Hello");
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_waits_in_its_handler_keeps_its_task_and_its_place() {
    let (ctx, trace, gate) = (node(), Trace::new(), Gate::new());
    ctx.start_worker("tracer", Tracer::new(&trace).with_gate(&gate)).await.unwrap();
    for text in ["gate", "next"] {
        ctx.send("tracer", text.to_string()).await.unwrap();
    }
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(trace.events(), ["initialize", "begin gate"]);
    gate.open(1);
    eventually("it goes on", || trace.count("end next") == 1).await;
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_is_used_again_before_a_tenth_of_a_second_keeps_its_task() {
    let ctx = node();
    ctx.start_worker("echoer", Echoer).await.unwrap();
    let metrics = Handle::current().metrics();
    let asleep = metrics.num_alive_tasks();
    let mut awake = None;
    for _ in 0..20 {
        let ask = ctx.send_and_receive::<String>("echoer", "Hello".to_string());
        assert_eq!(soon(ask).await.unwrap(), "Hello");
        tokio::time::sleep(Duration::from_millis(60)).await;
        settle().await;
        assert_eq!(metrics.num_alive_tasks(), *awake.get_or_insert(metrics.num_alive_tasks()));
    }
    assert!(awake > Some(asleep));
    tokio::time::sleep(Duration::from_millis(201)).await;
    settle().await;
    assert_eq!(metrics.num_alive_tasks(), asleep);
}

#[tokio::test(start_paused = true)]
async fn a_stopped_node_leaves_no_tasks() {
    let tasks = Handle::current().metrics().num_alive_tasks();
    let mut ctx = node();
    for number in 0..100 {
        ctx.start_worker(format!("{number}"), Echoer).await.unwrap();
        ctx.send(format!("{number}"), "Hello".to_string()).await.unwrap();
    }
    soon(ctx.stop()).await.unwrap();
    asleep(tasks).await;
}

#[tokio::test(start_paused = true)]
async fn a_worker_keeps_its_state_while_it_sleeps() {
    use ockam_core::{Routed, Worker};
    struct Counter(u32);
    impl Worker for Counter {
        type Context = ockam_node::Context;
        type Message = u32;
        async fn handle_message(
            &mut self,
            ctx: &mut ockam_node::Context,
            msg: Routed<u32>,
        ) -> Result<()> {
            self.0 += *msg;
            ctx.send(msg.return_route(), self.0).await
        }
    }
    let ctx = node();
    ctx.start_worker("counter", Counter(0)).await.unwrap();
    for total in 1..20u32 {
        let sum: u32 = ctx.send_and_receive("counter", 1u32).await.unwrap();
        assert_eq!(sum, total);
        // Sometimes longer than a worker keeps its task, sometimes just about, sometimes not.
        ctx.sleep(Duration::from_millis(u64::from(total) * 37 % 250)).await;
    }
}
