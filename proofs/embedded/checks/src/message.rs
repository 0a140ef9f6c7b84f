//! Messages, routes, order, full mailboxes.

use crate::worker::{Echo, Slow};
use crate::{Surroundings, ensure, same, wrong};
use alloc::format;
use alloc::string::ToString;
use alloc::sync::Arc;
use core::sync::atomic::{AtomicUsize, Ordering};
use core::time::Duration;
use ockam::workers::Hop;
use ockam::{ErrorKind, Result, WorkerBuilder, route};

pub(crate) async fn a_worker_answers_and_messages_stay_in_order(on: &Surroundings) -> Result<()> {
    let mut ctx = on.node()?;
    ctx.start_worker("echo", Echo).await?;
    same(ctx.send_and_receive::<u32>("echo", 7u32).await?, 7)?;
    for number in 0..20u32 {
        ctx.send("echo", number).await?;
    }
    for number in 0..20u32 {
        same(ctx.receive::<u32>().await?.body(), number)?;
    }
    ctx.stop().await
}

pub(crate) async fn a_message_takes_its_route_and_the_answer_comes_back_over_it(
    on: &Surroundings,
) -> Result<()> {
    let mut ctx = on.node()?;
    for hop in ["h1", "h2", "h3"] {
        ctx.start_worker(hop, Hop).await?;
    }
    ctx.start_worker("echo", Echo).await?;
    ctx.send(route!["h1", "h2", "h3", "echo"], 9u32).await?;
    let answer = ctx.receive::<u32>().await?;
    same(answer.return_route(), route!["h1", "h2", "h3", "echo"])?;
    same(answer.body(), 9)?;
    ctx.stop().await
}

pub(crate) async fn a_full_mailbox_makes_senders_wait_and_loses_nothing(
    on: &Surroundings,
) -> Result<()> {
    const MESSAGES: usize = 10;
    let mut ctx = on.node()?;
    let handled = Arc::new(AtomicUsize::new(0));
    let slow = Slow { takes: Duration::from_millis(2), handled: Arc::clone(&handled) };
    let builder = WorkerBuilder::new(slow).with_address("slow").with_mailbox_capacity(2);
    builder.start(&ctx).await?;
    for _ in 0..MESSAGES {
        ctx.send("slow", 0u32).await?;
    }
    // Two in the mailbox and one in the handler are not handled yet; the others had to be.
    ensure(handled.load(Ordering::Relaxed) >= MESSAGES - 3, || "nobody waited".to_string())?;
    ctx.stop().await?;
    same(handled.load(Ordering::Relaxed), 1000 + MESSAGES)
}

pub(crate) async fn try_send_to_a_full_mailbox_gives_the_message_back(
    on: &Surroundings,
) -> Result<()> {
    let mut ctx = on.node()?;
    let handled = Arc::new(AtomicUsize::new(0));
    let slow = Slow { takes: Duration::from_millis(1), handled: Arc::clone(&handled) };
    let builder = WorkerBuilder::new(slow).with_address("slow").with_mailbox_capacity(1);
    builder.start(&ctx).await?;
    ctx.try_send("slow", 1u32)?;
    let Err(error) = ctx.try_send("slow", 2u32) else {
        return Err(wrong("a mailbox of one took two messages"));
    };
    same(error.kind(), ErrorKind::Full)?;
    // The message is in the error, and goes where it was to go.
    ctx.forward(error.into_message()).await?;
    ctx.stop().await?;
    same(handled.load(Ordering::Relaxed), 1002)
}

pub(crate) async fn an_unknown_address_is_an_error_with_the_nearest_name(
    on: &Surroundings,
) -> Result<()> {
    let mut ctx = on.node()?;
    ctx.start_worker("echo", Echo).await?;
    let Err(error) = ctx.send("ecoh", 1u32).await else {
        return Err(wrong("somebody is at a name that nobody has"));
    };
    ensure(error.to_string().contains("0#echo"), || format!("the error says: {error}"))?;
    ctx.stop().await
}
