//! Contexts and handles on a thread that belongs to no runtime: the node brings its own along.

use crate::support::{Echoer, Outcome, PATIENCE, Trace, Tracer, node, soon};
use ockam_core::{ErrorKind, Result};
use ockam_node::{DelayedEvent, MessageReceiveOptions, MessageSendReceiveOptions};
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// The smallest of executors.
fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let waker = Arc::new(Unpark(thread::current())).into();
    let start = Instant::now();
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return output;
        }
        assert!(start.elapsed() < PATIENCE, "it hangs");
        thread::park_timeout(PATIENCE);
    }
}

async fn on_a_thread<T: Send + 'static>(run: impl FnOnce() -> T + Send + 'static) -> T {
    let (sender, receiver) = tokio::sync::oneshot::channel();
    let thread = thread::spawn(move || drop(sender.send(run())));
    match soon(receiver).await {
        Ok(output) => output,
        Err(_) => std::panic::resume_unwind(thread.join().unwrap_err()),
    }
}

#[tokio::test]
async fn a_handle_starts_asks_and_stops_on_a_plain_thread() {
    let ctx = node();
    let handle = ctx.handle();
    on_a_thread(move || {
        block_on(async {
            handle.start_worker("echoer", Echoer).await?;
            let answer: String = handle.send_and_receive("echoer", "Hello".to_string()).await?;
            assert_eq!(answer, "Hello");
            handle.wait_for("echoer").await?;
            handle.sleep(Duration::from_millis(1)).await;
            handle.stop_worker("echoer").await?;
            let mut event = DelayedEvent::create(&handle, "app", 7u32).await?;
            event.schedule(Duration::from_secs(3600)).await
        })
    })
    .await
    .unwrap();
    assert_eq!(ctx.list_workers().len(), 1);
}

#[tokio::test]
async fn a_context_receives_on_a_plain_thread() {
    let ctx = node();
    let mut other =
        ctx.new_detached("other", ockam_core::AllowAll, ockam_core::AllowAll).await.unwrap();
    let receiving = on_a_thread(move || {
        block_on(async {
            let short = MessageReceiveOptions::new().with_timeout(Duration::from_millis(1));
            let error = other.receive_extended::<u32>(short).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::TimedOut);
            other.send("app", 1u32).await?;
            other.receive::<u32>().await
        })
    });
    let answering = async {
        ctx.wait_for("other").await.unwrap();
        let mut ctx = ctx;
        ctx.receive::<u32>().await.unwrap();
        ctx.send("other", 2u32).await.unwrap();
        ctx
    };
    let (received, _ctx) = tokio::join!(receiving, soon(answering));
    assert_eq!(received.unwrap(), 2);
}

#[tokio::test]
async fn a_node_is_stopped_from_a_plain_thread() {
    let ctx = node();
    let trace = Trace::new();
    ctx.start_worker("idle", Tracer::new(&trace)).await.unwrap();
    let tracer = Tracer::new(&trace).with_shutdown(Outcome::Fail);
    ctx.start_worker("awake", tracer).await.unwrap();
    ctx.send("awake", "1".to_string()).await.unwrap();
    let handle = ctx.handle();
    on_a_thread(move || block_on(handle.stop())).await.unwrap();
    assert_eq!((trace.count("shutdown"), trace.count("end 1")), (2, 1));
}

#[tokio::test]
async fn the_longest_of_timeouts_is_a_timeout_and_not_a_panic() {
    let mut ctx = node();
    ctx.start_worker("echoer", Echoer).await.unwrap();
    let options = MessageSendReceiveOptions::new().with_timeout(Duration::MAX);
    let ask = ctx.send_and_receive_extended::<String>("echoer", "Hello".to_string(), options);
    assert_eq!(soon(ask).await.unwrap().body(), "Hello");
    let handle = ctx.handle();
    tokio::spawn(async move {
        crate::support::settle().await;
        handle.send("app", 7u32).await
    });
    let options = MessageReceiveOptions::new().with_timeout(Duration::MAX);
    assert_eq!(soon(ctx.receive_extended::<u32>(options)).await.unwrap(), 7);
    let mut event = DelayedEvent::create(&ctx, "app", 7u32).await.unwrap();
    event.schedule(Duration::MAX).await.unwrap();
    crate::support::settle().await;
    assert!(ctx.try_receive::<u32>().unwrap().is_none());
}

#[tokio::test(start_paused = true)]
async fn receives_with_changing_timeouts_each_wait_for_their_own() -> Result<()> {
    let mut ctx = node();
    let waits = [30u64, 1, 1, 100, 5, 5, 1000, 2];
    for (number, seconds) in waits.into_iter().enumerate() {
        // Some end with a message, so that their timer is left over.
        if number % 2 == 0 {
            ctx.send("app", 1u32).await?;
            let limit = Duration::from_secs(seconds);
            let options = MessageReceiveOptions::new().with_timeout(limit);
            ctx.receive_extended::<u32>(options).await?;
            let handle = ctx.handle();
            tokio::spawn(async move {
                handle.sleep(limit / 2).await;
                handle.send("app", 2u32).await
            });
            let options = MessageReceiveOptions::new().with_timeout(limit);
            assert_eq!(ctx.receive_extended::<u32>(options).await?, 2);
        } else {
            let start = tokio::time::Instant::now();
            let options = MessageReceiveOptions::new().with_timeout(Duration::from_secs(seconds));
            let error = ctx.receive_extended::<u32>(options).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::TimedOut);
            assert_eq!(start.elapsed().as_secs(), seconds);
        }
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_receive_that_moves_to_another_task_is_woken_there() {
    let ctx = node();
    let mut other =
        ctx.new_detached("other", ockam_core::AllowAll, ockam_core::AllowAll).await.unwrap();
    for _ in 0..5 {
        let moved = tokio::spawn(async move {
            let options = MessageReceiveOptions::new().with_timeout(Duration::from_secs(10));
            let start = tokio::time::Instant::now();
            let error = other.receive_extended::<u32>(options).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::TimedOut);
            assert_eq!(start.elapsed().as_secs(), 10);
            {
                // Begun, polled and given up in this task.
                let mut begun = pin!(other.receive::<u32>());
                assert!(crate::support::poll(begun.as_mut()).is_pending());
            }
            other
        });
        other = moved.await.unwrap();
    }
}
