//! A heap that is full.

use crate::worker::{Echo, Idler};
use crate::{Surroundings, ensure, same, settle, wrong};
use alloc::format;
use alloc::string::ToString;
use ockam::{ErrorKind, Result};

pub(crate) async fn a_start_without_memory_is_an_error_and_later_ones_work(
    on: &Surroundings,
) -> Result<()> {
    let Some(fill_heap) = on.fill_heap else {
        return Ok(());
    };
    let mut ctx = on.node()?;
    let outcomes = {
        let full = fill_heap();
        let outcomes =
            (ctx.start_worker("echo", Echo).await, ctx.start_processor("idler", Idler).await);
        drop(full);
        outcomes
    };
    for outcome in [outcomes.0, outcomes.1] {
        let Err(error) = outcome else {
            return Err(wrong("something was started without memory"));
        };
        same(error.kind(), ErrorKind::Full)?;
        ensure(error.to_string().contains("memory"), || format!("the error says: {error}"))?;
    }
    ctx.start_worker("echo", Echo).await?;
    ctx.start_processor("idler", Idler).await?;
    same(ctx.send_and_receive::<u32>("echo", 4u32).await?, 4)?;
    ctx.stop().await
}

/// Enough rounds that a leak of some bytes in each would not fit into a board's heap.
const ROUNDS: u32 = 200;

pub(crate) async fn a_node_leaves_no_memory_behind(on: &Surroundings) -> Result<()> {
    for round in 0..ROUNDS {
        let mut ctx = on.node()?;
        ctx.start_worker("echo", Echo).await?;
        ctx.start_processor("idler", Idler).await?;
        same(ctx.send_and_receive::<u32>("echo", round).await?, round)?;
        ctx.stop().await?;
        drop(ctx);
        settle().await;
    }
    Ok(())
}
