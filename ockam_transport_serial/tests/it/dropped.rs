//! Futures dropped at each await: nothing leaks, and stops complete.

use crate::drops::{Drops, all_of, at_each_await};
use crate::support::{Echoer, Peer, node, pair, soon};
use ockam_core::route;
use ockam_transport_serial::{SerialLink, SerialLinkOptions};
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Wake};
use tokio::io::duplex;

#[tokio::test]
async fn a_start_that_is_dropped_leaves_no_link() {
    at_each_await(1, async |drops: Drops| {
        let ctx = node().await;
        let id = ctx.flow_controls().generate_flow_control_id();
        ctx.flow_controls().add_consumer("app", &id);
        let before = all_of(&ctx);
        let (port, _peer) = duplex(4096);
        let starting = SerialLink::over(&ctx, port, SerialLinkOptions::new());
        let link = drops.run(starting).await.transpose().unwrap();
        if let Some(link) = &link {
            soon(link.stop()).await.unwrap();
        }
        assert_eq!(all_of(&ctx), before);
        link.is_some()
    })
    .await;
}

#[tokio::test]
async fn the_end_of_a_link_goes_on_when_the_call_is_dropped_and_loses_nothing() {
    at_each_await(2, async |drops: Drops| {
        let (ctx, link, mut peer) = Peer::of_a_node().await;
        for number in 0..10 {
            soon(ctx.send(route![&link, "far"], format!("{number}"))).await.unwrap();
        }
        let stopped = soon(drops.run(link.stop())).await.transpose().unwrap();
        for number in 0..10 {
            assert_eq!(peer.read_body().await, format!("{number}"));
        }
        if drops.polls > 0 {
            soon(link.ended()).await;
            let others = ["app", "echoer"].map(ockam_core::Address::from);
            soon(async {
                while ctx.list_workers() != others {
                    tokio::task::yield_now().await;
                }
            })
            .await;
        }
        stopped.is_some()
    })
    .await;
}

struct Counted;

impl Wake for Counted {
    fn wake(self: Arc<Self>) {}
}

#[tokio::test]
async fn a_wait_for_the_end_that_is_dropped_leaves_nothing_and_the_others_woken() {
    let [(here, link), (_there, _back)] = pair().await;
    let counted = Arc::new(Counted);
    for _ in 0..100 {
        // Each with a separate waker, like a task.
        let own = Arc::new(Counted);
        let waker = Arc::clone(&own).into();
        let mut ended = pin!(link.ended());
        assert!(ended.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
        ended.set(link.ended());
        drop(waker);
        assert_eq!(Arc::strong_count(&own), 1, "its waker is kept");
    }
    let waker = counted.into();
    let mut first = pin!(link.ended());
    assert!(first.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    let second = tokio::spawn({
        let link = link.clone();
        async move { link.ended().await }
    });
    tokio::task::yield_now().await;
    soon(link.stop()).await.unwrap();
    let why = soon(second).await.unwrap();
    assert!(why.contains("was stopped"), "{why}");
    assert_eq!(soon(first).await, why);
    here.start_worker("next", Echoer).await.unwrap();
}
