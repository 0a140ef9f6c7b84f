//! Task slots: shared by many, all taken, waited for in a circle.

use crate::worker::{Chain, Echo, Idler};
use crate::{Surroundings, same, settle};
use alloc::format;
use core::time::Duration;
use ockam::limits::MAX_TASK_SLOTS;
use ockam::{DelayedEvent, ErrorKind, Result};

pub(crate) async fn a_hundred_workers_share_two_slots(on: &Surroundings) -> Result<()> {
    let mut ctx = on.builder().with_task_slots(2).build()?;
    for number in 0..100 {
        ctx.start_worker(format!("echo {number}"), Echo).await?;
    }
    for wave in 0..10u32 {
        // All of a wave are woken before any of them can run.
        for number in wave * 10..wave * 10 + 10 {
            ctx.send(format!("echo {number}"), number).await?;
        }
        for _ in 0..10 {
            same(ctx.receive::<u32>().await?.body() / 10, wave)?;
        }
    }
    ctx.stop().await
}

pub(crate) async fn workers_that_wait_for_each_other_do_not_run_out_of_slots(
    on: &Surroundings,
) -> Result<()> {
    const LENGTH: u32 = 20;
    let mut ctx = on.builder().with_task_slots(2).build()?;
    for number in 0..LENGTH {
        let next = (number + 1 < LENGTH).then(|| format!("chain {}", number + 1));
        ctx.start_worker(format!("chain {number}"), Chain(next)).await?;
    }
    same(ctx.send_and_receive::<u32>("chain 0", 0u32).await?, LENGTH)?;
    ctx.stop().await
}

pub(crate) async fn a_processor_too_many_is_an_error_and_the_node_goes_on(
    on: &Surroundings,
) -> Result<()> {
    let mut ctx = on.builder().with_task_slots(3).build()?;
    ctx.start_worker("echo", Echo).await?;
    ctx.start_processor("one", Idler).await?;
    ctx.start_processor("two", Idler).await?;
    let outcome = ctx.start_processor("three", Idler).await;
    same(outcome.map_err(|error| error.kind()), Err(ErrorKind::Full))?;
    // The slot that is left serves the worker, and the address of the third is free.
    same(ctx.send_and_receive::<u32>("echo", 3u32).await?, 3)?;
    ctx.stop_processor("one").await?;
    ctx.start_processor("three", Idler).await?;
    ctx.stop().await
}

pub(crate) async fn an_event_too_many_is_an_error_and_its_place_comes_back(
    on: &Surroundings,
) -> Result<()> {
    let mut ctx = on.builder().with_task_slots(2).build()?;
    let mut event = DelayedEvent::create(&ctx, "app", 1u32).await?;
    let mut other = DelayedEvent::create(&ctx, "app", 2u32).await?;
    event.schedule(Duration::from_secs(60)).await?;
    let outcome = other.schedule(Duration::ZERO).await;
    same(outcome.map_err(|error| error.kind()), Err(ErrorKind::Full))?;
    // The same one may be scheduled anew, and cancelled it leaves its place at once.
    event.schedule(Duration::from_secs(60)).await?;
    event.cancel();
    other.schedule(Duration::ZERO).await?;
    same(ctx.receive::<u32>().await?.body(), 2)?;
    ctx.stop().await
}

pub(crate) async fn a_node_too_many_is_an_error_and_slots_come_back(
    on: &Surroundings,
) -> Result<()> {
    let mut ctx = on.builder().with_task_slots(MAX_TASK_SLOTS).build()?;
    let outcome = on.builder().with_task_slots(1).build();
    same(outcome.map(drop).map_err(|error| error.kind()), Err(ErrorKind::Full))?;
    for slots in [0, MAX_TASK_SLOTS + 1] {
        let outcome = on.builder().with_task_slots(slots).build();
        same(outcome.map(drop).map_err(|error| error.kind()), Err(ErrorKind::InvalidInput))?;
    }
    ctx.stop().await?;
    drop(ctx);
    settle().await;
    on.builder().with_task_slots(MAX_TASK_SLOTS).build()?.stop().await
}
