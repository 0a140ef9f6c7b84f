//! The record of what could not be delivered.

use crate::support::{Echoer, PATIENCE, node, poll, soon};
use ockam_core::{AllowAll, route};
use ockam_node::{Context, DEAD_LETTERS_KEPT, DeadLetterReason, Handle, MessageReceiveOptions};
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, mpsc};
use std::task::Wake;
use std::thread;

#[tokio::test]
async fn dead_letters_are_counted_by_reason() {
    let ctx = node();
    ctx.start_worker("echoer", Echoer).await.unwrap();
    ctx.send("echoer", 0xffff_ffff_u32).await.unwrap();
    ctx.stop_worker("echoer").await.unwrap();
    for _ in 0..3 {
        assert!(ctx.send("nobody", 1u32).await.is_err());
    }
    for (reason, count) in ctx.dead_letters().counts() {
        let expected = match reason {
            DeadLetterReason::NotFound => 3,
            DeadLetterReason::Undecodable => 1,
            _ => 0,
        };
        assert_eq!(count, expected, "{reason}");
        assert_eq!(ctx.dead_letters().count(reason), expected);
    }
}

#[tokio::test]
async fn the_ring_of_dead_letters_is_bounded_and_keeps_the_last_ones() {
    let ctx = node();
    let all = DEAD_LETTERS_KEPT + 36;
    for number in 0..all {
        assert!(ctx.send(route![format!("nobody {number}"), "x"], 1u32).await.is_err());
        assert!(ctx.dead_letters().recent().len() <= DEAD_LETTERS_KEPT);
    }
    let recent = ctx.dead_letters().recent();
    assert_eq!(recent.len(), DEAD_LETTERS_KEPT);
    for (letter, number) in recent.iter().zip(36..) {
        assert_eq!(letter.onward_route, route![format!("nobody {number}"), "x"]);
        assert_eq!(letter.return_route, route!["app"]);
        assert_eq!(letter.reason, DeadLetterReason::NotFound);
    }
    assert_eq!(ctx.dead_letters().count(DeadLetterReason::NotFound), all as u64);
}

#[tokio::test]
async fn a_subscriber_gets_every_dead_letter_from_then_on() {
    let ctx = node();
    assert!(ctx.send("before", 1u32).await.is_err());
    let mut subscription = ctx.dead_letters().subscribe();
    for round in 0..3 {
        for number in 0..10 {
            assert!(ctx.send(format!("{round} {number}"), 1u32).await.is_err());
        }
        for number in 0..10 {
            let letter = soon(subscription.next()).await.unwrap();
            assert_eq!(letter.onward_route, format!("{round} {number}").into());
        }
    }
    assert!(poll(pin!(subscription.next())).is_pending());
    assert_eq!(subscription.missed(), 0);
}

#[tokio::test]
async fn a_subscriber_that_waits_is_woken() {
    let ctx = node();
    let mut waiting = Vec::new();
    for _ in 0..3 {
        let mut subscription = ctx.dead_letters().subscribe();
        waiting.push(tokio::spawn(async move { subscription.next().await }));
    }
    crate::support::settle().await;
    assert!(ctx.send("nobody", 1u32).await.is_err());
    for waiting in waiting {
        assert_eq!(soon(waiting).await.unwrap().unwrap().onward_route, "nobody".into());
    }
}

#[tokio::test]
async fn a_slow_subscriber_is_told_how_many_it_missed() {
    let ctx = node();
    let mut subscription = ctx.dead_letters().subscribe();
    for number in 0..DEAD_LETTERS_KEPT + 5 {
        assert!(ctx.send(format!("{number}"), 1u32).await.is_err());
    }
    assert_eq!(soon(subscription.next()).await.unwrap().onward_route, "5".into());
    assert_eq!(subscription.missed(), 5);
}

#[tokio::test]
async fn a_message_that_arrives_is_no_dead_letter() {
    let ctx = node();
    ctx.start_worker("echoer", Echoer).await.unwrap();
    for _ in 0..10 {
        let ask = ctx.send_and_receive::<String>("echoer", "Hello".to_string());
        soon(ask).await.unwrap();
    }
    ctx.stop_worker("echoer").await.unwrap();
    assert!(ctx.dead_letters().recent().is_empty());
}

/// A waker that is the last to hold something of the program's.
struct Holds<T>(#[allow(dead_code)] Mutex<T>);

impl<T: Send + 'static> Wake for Holds<T> {
    fn wake(self: Arc<Self>) {}
}

/// Polls a future that has to wait, with a waker that holds `held`, and which nobody else has then.
fn begin<T: Send + 'static>(future: Pin<&mut (impl Future + ?Sized)>, held: T) {
    let waker = Arc::new(Holds(Mutex::new(held))).into();
    assert!(future.poll(&mut std::task::Context::from_waker(&waker)).is_pending());
}

/// Runs a test on a thread of its own, since it would hang for good if it failed.
fn on_a_thread_of_its_own(test: impl AsyncFnOnce(Context) + Send + 'static) {
    let (done, is_done) = mpsc::channel();
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async { test(node()).await });
        done.send(()).unwrap();
    });
    is_done.recv_timeout(PATIENCE).expect("it hangs");
}

#[test]
fn a_waker_of_a_subscription_may_be_the_last_to_hold_another_one() {
    on_a_thread_of_its_own(async |ctx| {
        let subscribe = || ctx.dead_letters().subscribe();
        let mut letters = subscribe();
        let mut next = Box::pin(letters.next());
        begin(next.as_mut(), subscribe());
        // Another waker takes its place, and a third is left when the subscription goes away.
        begin(next.as_mut(), subscribe());
        drop(next);
        drop(letters);
        // As it may be woken.
        let mut letters = subscribe();
        let mut next = pin!(letters.next());
        begin(next.as_mut(), subscribe());
        ctx.send("nobody", 1u8).await.unwrap_err();
        assert!(poll(next.as_mut()).is_ready());
    });
}

#[test]
fn the_waker_of_a_receive_that_is_given_up_may_be_the_last_to_hold_a_send_to_it() {
    on_a_thread_of_its_own(async |ctx| {
        let mut small = ctx.new_detached("small", AllowAll, AllowAll).await.unwrap();
        let handle = ctx.handle();
        {
            // A deadline would keep the waker, too.
            let options = MessageReceiveOptions::new().without_timeout();
            let mut receive = pin!(small.receive_extended::<u8>(options));
            begin(receive.as_mut(), SendsAtItsEnd(handle));
        }
        assert_eq!(soon(small.receive::<u8>()).await.unwrap().body(), 7);
    });
}

/// Sends as it is dropped.
struct SendsAtItsEnd(Handle);

impl Drop for SendsAtItsEnd {
    fn drop(&mut self) {
        self.0.try_send("small", 7u8).unwrap();
    }
}
