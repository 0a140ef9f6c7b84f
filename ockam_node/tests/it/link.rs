//! Links: what their owners say of them, the list, those who follow them, and the log.

use crate::log::{logged, record_log};
use crate::support::{node, poll, settle, soon};
use crate::waker_panic::begin;
use ockam_core::Address;
use ockam_node::{
    Handle, LINK_DOWN_WARNING, LinkGuard, LinkKind, LinkState, LinkWatch, NodeBuilder,
};
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Wake};
use std::time::Duration;
use tracing::Level;

fn link(ctx: &Handle, name: &str) -> LinkGuard {
    let state = LinkState::connecting(1, "");
    ctx.add_link(LinkKind::Relay, &Address::from("keeper"), name, state)
}

fn names(ctx: &Handle) -> Vec<String> {
    ctx.links().into_iter().map(|link| link.name).collect()
}

/// What `changed` returns, which is there already.
fn now(watch: &mut LinkWatch) -> String {
    match poll(pin!(watch.changed())) {
        std::task::Poll::Ready(state) => state.to_string(),
        std::task::Poll::Pending => "waits".into(),
    }
}

#[tokio::test]
async fn the_links_of_a_node_are_listed_oldest_first_for_as_long_as_they_are_there() {
    let ctx = node();
    assert!(ctx.links().is_empty());
    let [first, second, third] = ["first", "second", "third"].map(|name| link(&ctx, name));
    first.up();
    second.connecting(3, || "it is away".into());
    third.down(|| "it is over".into());
    let lines: Vec<String> = ctx.links().iter().map(ToString::to_string).collect();
    let expected = [
        "relay 0#keeper (first): up",
        "relay 0#keeper (second): connecting (attempt 3): it is away",
        "relay 0#keeper (third): down: it is over",
    ];
    assert_eq!(lines, expected);
    drop(second);
    assert_eq!(names(&ctx), ["first", "third"]);
    drop((first, third));
    assert!(ctx.links().is_empty());
}

#[tokio::test]
async fn whoever_follows_a_link_sees_the_latest_state_and_its_end() {
    let ctx = node();
    let link = link(&ctx, "followed");
    let mut watch = link.watch();
    assert_eq!((now(&mut watch), watch.state()), ("waits".into(), LinkState::connecting(1, "")));
    link.up();
    link.connecting(1, || "it broke".into());
    let mut late = watch.clone();
    assert_eq!(now(&mut watch), "connecting (attempt 1): it broke");
    assert_eq!(now(&mut watch), "waits");
    assert_eq!(now(&mut late), "connecting (attempt 1): it broke");
    // The same once more is no change.
    link.connecting(1, || "it broke".into());
    assert_eq!(now(&mut watch), "waits");
    let follows = tokio::spawn(async move { (watch.changed().await, watch) });
    settle().await;
    link.up();
    let (state, mut watch) = soon(follows).await.unwrap();
    assert!(state.is_up() && !watch.is_over());
    drop(link);
    for _ in 0..3 {
        assert_eq!(now(&mut watch), "down: it was closed on this side");
        assert!(watch.is_over());
    }
}

#[tokio::test]
async fn a_link_that_went_down_keeps_its_reason_when_its_owner_goes() {
    let ctx = node();
    let link = link(&ctx, "failed");
    let mut watch = link.watch();
    link.down(|| "the cable is cut".into());
    assert_eq!(now(&mut watch), "down: the cable is cut");
    assert_eq!((now(&mut watch), watch.is_over()), ("waits".into(), false));
    link.end();
    assert_eq!((now(&mut watch), watch.is_over()), ("down: the cable is cut".into(), true));
    assert!(ctx.links().is_empty());
    // It is over, whatever its owner says.
    link.up();
    assert_eq!((now(&mut watch), watch.is_over()), ("down: the cable is cut".into(), true));
}

#[tokio::test]
async fn a_change_during_a_dropped_wait_is_not_missed_and_the_wait_leaves_nothing() {
    struct Counted;
    impl Wake for Counted {
        fn wake(self: Arc<Self>) {}
    }
    let ctx = node();
    let link = link(&ctx, "dropped");
    let mut watch = link.watch();
    let waker = Arc::new(Counted);
    {
        let task = Arc::clone(&waker).into();
        let wait = pin!(watch.changed());
        assert!(wait.poll(&mut Context::from_waker(&task)).is_pending());
    }
    link.up();
    assert_eq!(now(&mut watch), "up");
    assert_eq!(now(&mut watch), "waits");
    drop(watch);
    assert_eq!(Arc::strong_count(&waker), 1);
}

#[tokio::test]
async fn a_panicking_waker_of_a_follower_harms_neither_owner_nor_the_others() {
    let ctx = node();
    let link = link(&ctx, "wakers");
    let (mut broken, mut other) = (link.watch(), link.watch());
    begin(pin!(broken.changed()));
    let follows = tokio::spawn(async move { other.changed().await });
    settle().await;
    link.up();
    assert!(soon(follows).await.unwrap().is_up());
    assert_eq!(now(&mut broken), "up");
}

#[tokio::test]
async fn a_watch_keeps_no_node_and_ends_with_it() {
    let ctx = NodeBuilder::new().build().unwrap();
    let link = link(&ctx, "outlives");
    let mut watch = link.watch();
    drop(ctx);
    link.up();
    assert_eq!(now(&mut watch), "up");
    drop(link);
    assert!(watch.is_over());
}

#[tokio::test(start_paused = true)]
async fn the_log_has_a_line_for_each_change_and_one_warning_for_a_long_time_away() {
    record_log();
    let ctx = node();
    let link = link(&ctx, "told-of");
    let since = || ctx.links()[0].since;
    let levels = || -> Vec<Level> { logged("told-of").iter().map(|line| line.level).collect() };
    link.up();
    link.connecting(1, || "it broke".into());
    let broke = since();
    assert_eq!(levels(), [Level::INFO; 2]);
    for attempt in 2..40 {
        tokio::time::advance(Duration::from_secs(2)).await;
        link.connecting(attempt, || "nobody answers".into());
        let warned = levels().contains(&Level::WARN);
        assert_eq!(warned, broke.elapsed() >= LINK_DOWN_WARNING, "{:?}", broke.elapsed());
    }
    assert_eq!(since(), broke, "attempts do not change since when");
    link.up();
    let lines = logged("told-of");
    assert_eq!(levels(), [Level::INFO, Level::INFO, Level::WARN, Level::INFO]);
    let parts = ["link=relay", "address=0#keeper", "told-of", "away=30s", "nobody answers"];
    assert!(parts.iter().all(|part| lines[2].text.contains(part)), "{:?}", lines[2]);
    assert!(lines[3].text.contains("away=76s"), "{:?}", lines[3]);
    link.connecting(1, || "it broke again".into());
    link.down(|| "the attempts are used up".into());
    assert_eq!(levels()[4..], [Level::INFO, Level::WARN]);
}

#[tokio::test]
async fn links_that_peers_make_do_not_fill_the_log() {
    record_log();
    let ctx = node();
    for _ in 0..100 {
        let link = link(&ctx, "of-a-peer").made_by_peer();
        link.up();
        link.down(|| "the other side closed it".into());
    }
    assert!(logged("of-a-peer").is_empty());
}
