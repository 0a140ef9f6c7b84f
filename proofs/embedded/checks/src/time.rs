//! Timeouts, sleep, delayed events.

use crate::worker::{Alarm, Slow};
use crate::{Surroundings, ensure, same, time};
use alloc::format;
use alloc::sync::Arc;
use core::time::Duration;
use ockam::{DelayedEvent, ErrorKind, MessageReceiveOptions, MessageSendReceiveOptions, Result};

/// How much later than it should something may happen; a computer may be busy.
const LATE: Duration = Duration::from_millis(500);

fn took(begun: Duration, at_least: Duration) -> Result<()> {
    let took = time() - begun;
    ensure(took >= at_least && took < at_least + LATE, || {
        format!("it took {took:?}, not {at_least:?}")
    })
}

pub(crate) async fn a_receive_without_a_message_ends_at_its_timeout(
    on: &Surroundings,
) -> Result<()> {
    let mut ctx = on.node()?;
    let (begun, limit) = (time(), Duration::from_millis(20));
    let options = MessageReceiveOptions::new().with_timeout(limit);
    let outcome = ctx.receive_extended::<u32>(options).await;
    same(outcome.map(drop).map_err(|error| error.kind()), Err(ErrorKind::TimedOut))?;
    took(begun, limit)?;
    ctx.stop().await
}

pub(crate) async fn an_ask_without_an_answer_ends_at_its_timeout(on: &Surroundings) -> Result<()> {
    let mut ctx = on.node()?;
    ctx.start_worker("slow", Slow { takes: Duration::ZERO, handled: Arc::default() }).await?;
    let (begun, limit) = (time(), Duration::from_millis(20));
    let options = MessageSendReceiveOptions::new().with_timeout(limit);
    let outcome = ctx.send_and_receive_extended::<u32>("slow", 1u32, options).await;
    same(outcome.map(drop).map_err(|error| error.kind()), Err(ErrorKind::TimedOut))?;
    took(begun, limit)?;
    ctx.stop().await
}

pub(crate) async fn a_sleep_lasts_as_long_as_was_asked_for(on: &Surroundings) -> Result<()> {
    let mut ctx = on.node()?;
    for millis in [0, 1, 7, 30] {
        let (begun, length) = (time(), Duration::from_millis(millis));
        ctx.sleep(length).await;
        took(begun, length)?;
    }
    ctx.stop().await
}

pub(crate) async fn sleeps_in_many_workers_end_in_their_order(on: &Surroundings) -> Result<()> {
    // More than there are slots, so that some wait in one slot, with one timer between them.
    let mut ctx = on.builder().with_task_slots(2).build()?;
    let begun = time();
    for number in (1..=8u32).rev() {
        let name = format!("alarm {number}");
        ctx.start_worker(name.as_str(), Alarm).await?;
        ctx.send(name.as_str(), number * 40).await?;
    }
    for number in 1..=8u32 {
        same(ctx.receive::<u32>().await?.body(), number * 40)?;
        took(begun, Duration::from_millis((number * 40).into()))?;
    }
    ctx.stop().await
}

pub(crate) async fn a_delayed_event_comes_once_and_not_when_cancelled(
    on: &Surroundings,
) -> Result<()> {
    let mut ctx = on.node()?;
    let (begun, delay) = (time(), Duration::from_millis(10));
    let mut event = DelayedEvent::create(&ctx, "app", 5u32).await?;
    event.schedule(Duration::from_secs(60)).await?;
    event.schedule(delay).await?;
    same(ctx.receive::<u32>().await?.body(), 5)?;
    took(begun, delay)?;

    event.schedule(delay).await?;
    event.cancel();
    let options = MessageReceiveOptions::new().with_timeout(delay * 3);
    let outcome = ctx.receive_extended::<u32>(options).await;
    same(outcome.map(drop).map_err(|error| error.kind()), Err(ErrorKind::TimedOut))?;
    ctx.stop().await
}
