//! Stops of a node in which something panics that the stop has called.

use crate::support::{node, soon};
use ockam_node::Handle;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Poll, Wake, Waker};

/// Panics as it wakes.
struct Broken;

impl Wake for Broken {
    fn wake(self: Arc<Self>) {
        panic!("the waker is broken");
    }
}

/// Polls a future that has to wait, with a waker that is broken.
fn begin(future: Pin<&mut impl Future>) {
    let waker = Waker::from(Arc::new(Broken));
    assert!(matches!(future.poll(&mut std::task::Context::from_waker(&waker)), Poll::Pending));
}

/// The node stops, and whoever waits for that is told.
async fn assert_stops(handle: &Handle) {
    let waiting = handle.handle();
    let told = tokio::spawn(async move { waiting.stopped().await });
    tokio::task::yield_now().await;
    soon(handle.stop()).await.unwrap();
    soon(told).await.unwrap();
    soon(handle.stopped()).await;
}

#[tokio::test]
async fn a_waker_that_panics_as_the_stop_begins_or_ends_keeps_nobody_from_hearing_of_it() {
    let ctx = node();
    let mut stopping = pin!(ctx.stopping());
    begin(stopping.as_mut());
    assert_stops(&ctx.handle()).await;

    let ctx = node();
    let mut stopped = pin!(ctx.stopped());
    begin(stopped.as_mut());
    assert_stops(&ctx.handle()).await;
}

#[tokio::test]
async fn a_waker_that_panics_as_a_wait_ends_with_the_node_does_not_end_the_stop() {
    let mut ctx = node();
    let handle = ctx.handle();
    let mut receiving = pin!(ctx.receive::<u8>());
    begin(receiving.as_mut());
    assert_stops(&handle).await;

    let ctx = node();
    let mut waiting = pin!(ctx.wait_for("never"));
    begin(waiting.as_mut());
    assert_stops(&ctx.handle()).await;

    let ctx = node();
    let mut letters = ctx.dead_letters().subscribe();
    let mut next = pin!(letters.next());
    begin(next.as_mut());
    assert_stops(&ctx.handle()).await;
}
