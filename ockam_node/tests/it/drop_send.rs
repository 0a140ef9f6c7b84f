//! Sends and receives that are dropped at any await.

use crate::support::{
    Collector, Gate, Trace, Tracer, collect, collected, node, poll, settle, soon,
};
use ockam_core::{
    AllowAll, Authorization, IncomingAccessControl, Mailbox, OutgoingAccessControl, RelayMessage,
};
use ockam_node::{Context, NodeBuilder, WorkerBuilder};
use std::future::Future;
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;
use tokio::sync::mpsc;

/// How often a future is polled at most before it is dropped.
const POLLS: usize = 8;

/// Polls a future some times, with everybody else running in between. `true` says that it was done.
async fn poll_times<F: Future>(mut future: Pin<&mut F>, times: usize) -> bool {
    for _ in 0..times {
        if poll(future.as_mut()).is_ready() {
            return true;
        }
        settle().await;
    }
    false
}

/// A rule that says yes after some turns.
#[derive(Debug)]
struct Slow(usize);

impl Slow {
    fn answer(&self) -> Authorization<'_> {
        let turns = self.0;
        Authorization::Later(Box::pin(async move {
            for _ in 0..turns {
                tokio::task::yield_now().await;
            }
            Ok(true)
        }))
    }
}

impl IncomingAccessControl for Slow {
    fn is_authorized<'a>(&'a self, _: RelayMessage<'a>) -> Authorization<'a> {
        self.answer()
    }
}

impl OutgoingAccessControl for Slow {
    fn is_authorized<'a>(&'a self, _: RelayMessage<'a>) -> Authorization<'a> {
        self.answer()
    }
}

#[tokio::test]
async fn dropping_a_send_in_line_at_any_await_loses_no_message_of_anybody_else() {
    // The gate is opened when the future was polled `open_at` times.
    for polls in 0..POLLS {
        for open_at in 0..=polls {
            let (ctx, trace, gate) = (node(), Trace::new(), Gate::new());
            let tracer = WorkerBuilder::new(Tracer::new(&trace).with_gate(&gate));
            tracer.with_address("small").with_mailbox_capacity(1).start(&ctx).await.unwrap();
            ctx.send("small", "gate".to_string()).await.unwrap();
            gate.reached().await;
            ctx.send("small", "first".to_string()).await.unwrap();
            let others: Vec<_> = ["before", "after"]
                .map(|name| {
                    let handle = ctx.handle();
                    async move { handle.send("small", name.to_string()).await }
                })
                .into();
            let mut others = others.into_iter().map(tokio::spawn);
            let before = others.next().unwrap();
            settle().await;
            let done = {
                let mut send = pin!(ctx.send("small", "mine".to_string()));
                let mut done = poll_times(send.as_mut(), open_at).await;
                if open_at > 0 && !done {
                    gate.open(1);
                    done = poll_times(send.as_mut(), polls - open_at).await;
                }
                done
            };
            let after = others.next().unwrap();
            gate.open(1);
            soon(before).await.unwrap().unwrap();
            soon(after).await.unwrap().unwrap();
            ctx.stop_worker("small").await.unwrap();
            for other in ["first", "before", "after"] {
                assert_eq!(trace.count(&format!("begin {other}")), 1, "{polls} polls, {other}");
            }
            let mine = trace.count("begin mine");
            assert_eq!(mine, usize::from(done), "{polls} polls, the gate opened at {open_at}");
        }
    }
}

#[tokio::test]
async fn dropping_a_send_that_an_access_control_delays_loses_no_message_of_anybody_else() {
    for polls in 0..POLLS {
        let ctx = node();
        let (sender, mut arrived) = mpsc::unbounded_channel();
        let mailbox = Mailbox::new("slow", Slow(2), AllowAll);
        let worker = WorkerBuilder::new(Collector::<u32>(sender)).with_mailboxes(mailbox);
        worker.start(&ctx).await.unwrap();
        let from = ctx.new_detached("from", AllowAll, Slow(2)).await.unwrap();
        from.send("slow", 1u32).await.unwrap();
        let done = poll_times(pin!(from.send("slow", 2u32)), polls).await;
        from.send("slow", 3u32).await.unwrap();
        ctx.stop_worker("slow").await.unwrap();
        let expected: &[u32] = if done { &[1, 2, 3] } else { &[1, 3] };
        assert_eq!(collected(&mut arrived), expected, "{polls} polls");
    }
}

async fn receive_all(ctx: &mut Context, upto: u32) {
    for number in 0..upto {
        assert_eq!(soon(ctx.receive::<u32>()).await.unwrap(), number);
    }
    assert!(ctx.try_receive::<u32>().unwrap().is_none());
}

#[tokio::test]
async fn dropping_a_receive_at_any_await_loses_no_message() {
    for polls in 0..POLLS {
        let mut ctx = node();
        let handle = ctx.handle();
        let received = {
            let mut receive = pin!(ctx.receive::<u32>());
            let mut received = false;
            for _ in 0..polls {
                received |= poll(receive.as_mut()).is_ready();
                assert!(!received, "nothing was sent");
            }
            received
        };
        assert!(!received);
        for number in 0..3u32 {
            handle.send("app", number).await.unwrap();
        }
        receive_all(&mut ctx, 3).await;
    }
}

#[tokio::test]
async fn dropping_a_receive_that_was_woken_loses_no_message() {
    let mut ctx = node();
    let handle = ctx.handle();
    {
        let mut receive = pin!(ctx.receive::<u32>());
        assert!(poll(receive.as_mut()).is_pending());
        // It is woken by this, and dropped before it looks.
        handle.send("app", 0u32).await.unwrap();
    }
    handle.send("app", 1u32).await.unwrap();
    receive_all(&mut ctx, 2).await;
}

#[tokio::test(start_paused = true)]
async fn a_receive_that_timed_out_leaves_the_next_message_where_it_is() {
    use ockam_node::MessageReceiveOptions;
    let mut ctx = node();
    for number in 0..5u32 {
        let options = MessageReceiveOptions::new().with_timeout(Duration::from_millis(10));
        assert!(ctx.receive_extended::<u32>(options).await.is_err());
        ctx.send("app", number).await.unwrap();
        assert_eq!(ctx.receive::<u32>().await.unwrap(), number);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn aborting_senders_anywhere_loses_no_message_of_the_others() {
    let ctx = node();
    let (sender, mut arrived) = mpsc::unbounded_channel();
    let worker = WorkerBuilder::new(Collector::<u32>(sender)).with_address("small");
    worker.with_mailbox_capacity(1).start(&ctx).await.unwrap();
    let steady = {
        let handle = ctx.handle();
        tokio::spawn(async move {
            for number in 0..3000u32 {
                handle.send("small", number).await.unwrap();
            }
        })
    };
    for _ in 0..300 {
        let handle = ctx.handle();
        let flighty = tokio::spawn(async move {
            loop {
                handle.send("small", u32::MAX).await.unwrap();
            }
        });
        tokio::task::yield_now().await;
        flighty.abort();
        // Whether it was aborted in time does not matter.
        let _ = flighty.await;
    }
    soon(steady).await.unwrap();
    ctx.stop_worker("small").await.unwrap();
    let steady = collected(&mut arrived).into_iter().filter(|number| *number != u32::MAX);
    assert!(steady.eq(0..3000));
}

/// How many numbers each sender sends.
const NUMBERS: u32 = 200;

/// How many sends of one number are given up at most. On a busy machine every one would be.
const GIVEN_UP: u32 = 20;

/// Sends numbers, each again and again until a send of it returned `Ok`: those before the last one are
/// given up when a tick comes.
async fn send_again_until_sent(ctx: ockam_node::Handle, from: u32) {
    let mut tick = tokio::time::interval(Duration::from_micros(300));
    for number in from..from + NUMBERS {
        for sends in 0.. {
            tokio::select! {
                biased;
                _ = tick.tick(), if sends < GIVEN_UP => {}
                sent = ctx.send("small", number) => {
                    sent.unwrap();
                    break;
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_is_sent_again_because_its_send_was_dropped_arrives_once() {
    let ctx = node();
    let (sender, mut arrived) = mpsc::unbounded_channel();
    let worker = WorkerBuilder::new(Collector::<u32>(sender)).with_address("small");
    worker.with_mailbox_capacity(4).start(&ctx).await.unwrap();
    let senders: Vec<_> = (0..8)
        .map(|sender| tokio::spawn(send_again_until_sent(ctx.handle(), sender * NUMBERS)))
        .collect();
    for sender in senders {
        soon(sender).await.unwrap();
    }
    ctx.stop_worker("small").await.unwrap();
    let mut arrived = collected(&mut arrived);
    arrived.sort_unstable();
    assert!(arrived.iter().copied().eq(0..8 * NUMBERS), "each once: {}", arrived.len());
}

#[tokio::test]
async fn a_send_that_was_granted_a_place_and_is_dropped_is_not_sent() {
    let ctx = NodeBuilder::new().with_mailbox_capacity(1).build().unwrap();
    let mut inbox = ctx.new_detached("inbox", AllowAll, AllowAll).await.unwrap();
    ctx.send("inbox", 1u32).await.unwrap();
    let mut second = Box::pin(ctx.send("inbox", 2u32));
    assert!(poll(second.as_mut()).is_pending());
    assert_eq!(inbox.receive::<u32>().await.unwrap().body(), 1);
    drop(second);
    assert!(inbox.try_receive::<u32>().unwrap().is_none(), "the send was dropped");
    soon(ctx.send("inbox", 3u32)).await.unwrap();
    assert_eq!(inbox.receive::<u32>().await.unwrap().body(), 3);
}

#[tokio::test]
async fn a_send_that_is_never_polled_sends_nothing() {
    let ctx = node();
    let mut arrived = collect::<u32>(&ctx, "collector").await;
    drop(ctx.send("collector", 1u32));
    let mut send = Box::pin(ctx.send("collector", 2u32));
    assert!(matches!(poll(send.as_mut()), Poll::Ready(Ok(()))));
    ctx.stop_worker("collector").await.unwrap();
    assert_eq!(collected(&mut arrived), [2]);
}
