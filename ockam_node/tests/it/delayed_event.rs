//! Messages that are sent later.

use crate::log::{logged, record_log};
use crate::support::{collect, node, settle};
use ockam_node::{Context, DelayedEvent};
use std::time::Duration;
use tokio::time::{Instant, sleep};

const DELAY: Duration = Duration::from_secs(60);

async fn event(ctx: &Context, route: &str) -> DelayedEvent<u32> {
    DelayedEvent::create(ctx, route, 7u32).await.unwrap()
}

/// Tells how many events have come in after so much more time.
async fn arrived(ctx: &mut Context, after: Duration) -> usize {
    sleep(after).await;
    settle().await;
    std::iter::from_fn(|| ctx.try_receive::<u32>().unwrap()).count()
}

#[tokio::test(start_paused = true)]
async fn an_event_is_sent_after_its_delay_and_not_before() {
    let mut ctx = node();
    let mut event = event(&ctx, "app").await;
    let start = Instant::now();
    event.schedule(DELAY).await.unwrap();
    settle().await;
    assert_eq!(arrived(&mut ctx, DELAY - Duration::from_millis(10)).await, 0);
    let msg = ctx.receive::<u32>().await.unwrap();
    assert_eq!(msg, 7);
    assert_eq!(msg.return_route(), "app".into());
    let late = start.elapsed() - DELAY;
    assert!(late < Duration::from_millis(10), "{late:?}");
    assert_eq!(arrived(&mut ctx, DELAY * 10).await, 0, "it is sent once");
}

#[tokio::test(start_paused = true)]
async fn an_event_that_was_not_scheduled_is_not_sent() {
    let mut ctx = node();
    let _event = event(&ctx, "app").await;
    assert_eq!(arrived(&mut ctx, DELAY * 2).await, 0);
}

#[tokio::test(start_paused = true)]
async fn an_event_can_be_scheduled_again_and_again() {
    let mut ctx = node();
    let mut event = event(&ctx, "app").await;
    for _ in 0..5 {
        event.schedule(DELAY).await.unwrap();
        assert_eq!(arrived(&mut ctx, DELAY + Duration::from_millis(10)).await, 1);
    }
}

#[tokio::test(start_paused = true)]
async fn scheduling_anew_replaces_what_was_scheduled() {
    let mut ctx = node();
    let mut event = event(&ctx, "app").await;
    event.schedule(DELAY).await.unwrap();
    for _ in 0..5 {
        assert_eq!(arrived(&mut ctx, DELAY / 2).await, 0);
        event.schedule(DELAY).await.unwrap();
    }
    assert_eq!(arrived(&mut ctx, DELAY * 2).await, 1);
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_event_is_not_sent_and_can_be_scheduled_anew() {
    let mut ctx = node();
    let mut event = event(&ctx, "app").await;
    event.schedule(DELAY).await.unwrap();
    assert_eq!(arrived(&mut ctx, DELAY / 2).await, 0);
    event.cancel();
    event.cancel();
    assert_eq!(arrived(&mut ctx, DELAY * 2).await, 0);
    event.schedule(DELAY).await.unwrap();
    assert_eq!(arrived(&mut ctx, DELAY * 2).await, 1);
    event.cancel();
}

#[tokio::test(start_paused = true)]
async fn a_dropped_event_is_not_sent_and_leaves_no_task() {
    let mut ctx = node();
    let metrics = tokio::runtime::Handle::current().metrics();
    let tasks = metrics.num_alive_tasks();
    for _ in 0..100 {
        let mut event = event(&ctx, "app").await;
        event.schedule(DELAY).await.unwrap();
    }
    settle().await;
    assert_eq!(metrics.num_alive_tasks(), tasks);
    assert_eq!(arrived(&mut ctx, DELAY * 2).await, 0);
}

#[tokio::test(start_paused = true)]
async fn an_event_is_sent_in_the_name_of_its_context_to_any_route() {
    let ctx = node();
    let mut messages = collect::<u32>(&ctx, "collector").await;
    let mut event = event(&ctx, "collector").await;
    event.schedule(DELAY).await.unwrap();
    assert_eq!(messages.recv().await, Some(7));
}

#[tokio::test(start_paused = true)]
async fn an_event_to_nobody_is_logged_and_a_dead_letter() {
    record_log();
    let ctx = node();
    let mut dead_letters = ctx.dead_letters().subscribe();
    let mut event = event(&ctx, "no one at all").await;
    event.schedule(DELAY).await.unwrap();
    assert_eq!(dead_letters.next().await.unwrap().onward_route, "no one at all".into());
    settle().await;
    assert_eq!(logged("0#no one at all").len(), 1);
}
