//! Processors, stop, what is missing at the start.

use crate::worker::{Echo, Slow, Ticker};
use crate::{Surroundings, ensure, same, wrong};
use alloc::format;
use alloc::string::ToString;
use alloc::sync::Arc;
use core::sync::atomic::{AtomicUsize, Ordering};
use core::time::Duration;
use ockam::stop::StopError;
use ockam::{ErrorKind, NodeBuilder, Result};

pub(crate) async fn a_processor_runs_until_it_is_stopped(on: &Surroundings) -> Result<()> {
    let mut ctx = on.node()?;
    ctx.start_processor("ticker", Ticker(0)).await?;
    for number in 1..=5u32 {
        same(ctx.receive::<u32>().await?.body(), number)?;
    }
    ctx.stop_processor("ticker").await?;
    ensure(!ctx.is_worker_registered_at("ticker"), || "it is still there".to_string())?;
    ctx.stop().await
}

pub(crate) async fn a_stop_handles_what_is_queued_and_runs_shutdown(
    on: &Surroundings,
) -> Result<()> {
    let mut ctx = on.node()?;
    let handled = Arc::new(AtomicUsize::new(0));
    let takes = Duration::from_millis(1);
    ctx.start_worker("slow", Slow { takes, handled: Arc::clone(&handled) }).await?;
    ctx.start_worker("idle", Slow { takes, handled: Arc::clone(&handled) }).await?;
    for _ in 0..10 {
        ctx.send("slow", 0u32).await?;
    }
    ctx.stop().await?;
    same(handled.load(Ordering::Relaxed), 2010)
}

pub(crate) async fn the_deadline_of_a_stop_cuts_off_and_names_who_is_busy(
    on: &Surroundings,
) -> Result<()> {
    let mut ctx = on.builder().with_stop_timeout(Duration::from_millis(30)).build()?;
    ctx.start_worker("busy", Slow { takes: Duration::MAX, handled: Arc::default() }).await?;
    ctx.send("busy", 0u32).await?;
    ctx.send("busy", 1u32).await?;
    let Err(error) = ctx.stop().await else {
        return Err(wrong("the stop was told nothing of who was busy"));
    };
    same(error.kind(), ErrorKind::TimedOut)?;
    let Some(error) = error.downcast_ref::<StopError>() else {
        return Err(wrong("the error has no list"));
    };
    let names = error.cut_off().map(|(address, _)| address.to_string());
    same(names.collect::<alloc::vec::Vec<_>>(), alloc::vec!["0#busy".to_string()])?;
    same(error.undelivered(), 1)
}

pub(crate) async fn a_worker_that_was_stopped_leaves_its_address(on: &Surroundings) -> Result<()> {
    let mut ctx = on.node()?;
    for round in 0..20u32 {
        ctx.start_worker("echo", Echo).await?;
        // Every other one is stopped without ever having had a task.
        if round % 2 == 0 {
            same(ctx.send_and_receive::<u32>("echo", round).await?, round)?;
        }
        ctx.stop_worker("echo").await?;
    }
    let outcome = ctx.send("echo", 0u32).await;
    same(outcome.map_err(|error| error.kind()), Err(ErrorKind::NotFound))?;
    ctx.stop().await
}

pub(crate) async fn a_node_without_random_source_or_executor_says_what_is_missing(
    on: &Surroundings,
) -> Result<()> {
    let no_random = NodeBuilder::new().with_spawner(on.spawner).build();
    let no_executor = NodeBuilder::new().with_random(on.random).build();
    for (outcome, advice) in [(no_random, "with_random"), (no_executor, "with_spawner")] {
        let Err(error) = outcome else {
            return Err(wrong(format!("a node was built without `{advice}`")));
        };
        same(error.kind(), ErrorKind::InvalidInput)?;
        ensure(error.to_string().contains(advice), || format!("the error says: {error}"))?;
    }
    Ok(())
}
