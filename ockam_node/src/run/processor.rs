//! The processor loop: round after round, until it ends itself or is stopped.

use crate::cell::{Cell, CellMeta, Kind};
use crate::context::Context;
use crate::dead_letter::DeadLetterReason;
use crate::executor::{Call, Frame, Panic, TaskPlace, catch, catch_call, frame, yield_now};
use crate::node::Node;
#[cfg(feature = "std")]
use crate::program::discard;
use crate::program::{describe, flatten};
use crate::run::task;
use alloc::sync::Arc;
use core::future::{Future, poll_fn};
use core::marker::PhantomData;
use core::pin::{Pin, pin};
use core::task::Poll;
use ockam_core::{Processor, TypeName};

/// How many rounds a processor that never waits makes before it lets other tasks run.
pub(crate) const ROUNDS_PER_TURN: u32 = 64;

/// What the node knows about processors of type `P`.
pub(crate) struct ProcessorType<P>(PhantomData<P>);

impl<P: Processor<Context = Context>> ProcessorType<P> {
    pub(crate) const META: &'static CellMeta =
        &CellMeta { kind: Kind::Processor, type_name: TypeName::of::<P> };
}

/// Gives a processor its task, which holds a place of the executor as long as it lives.
pub(crate) fn spawn<P: Processor<Context = Context>>(
    processor: P,
    node: &Arc<Node>,
    cell: Arc<Cell>,
    place: TaskPlace,
) {
    let ctx = Context::of_worker(Arc::clone(node), Arc::clone(&cell));
    task::spawn(node, cell, || run(processor, ctx, place));
}

/// The loop of a processor.
pub(crate) async fn run<P: Processor<Context = Context>>(
    mut processor: P,
    mut ctx: Context,
    place: TaskPlace,
) {
    let cell = Arc::clone(ctx.cell());
    let mut rounds = 0;
    let reason = loop {
        let outcome = {
            let round = pin!(frame(async { processor.process(&mut ctx).await }));
            unless_stopped(&cell, round, &mut rounds).await
        };
        let address = cell.address();
        match outcome {
            Ok(Some(Ok(true))) => {}
            Ok(None | Some(Ok(false))) => break DeadLetterReason::Stopped,
            Ok(Some(Err(error))) => {
                let error = describe(error);
                tracing::error!(%address, processor = %TypeName::of::<P>(), %error, "a processor failed and ends");
                break DeadLetterReason::Stopped;
            }
            Err(panic) => {
                tracing::error!(%address, processor = %TypeName::of::<P>(), %panic, "a processor panicked and ends");
                break DeadLetterReason::Panicked;
            }
        }
        rounds += 1;
        if rounds == ROUNDS_PER_TURN {
            rounds = 0;
            yield_now().await;
        }
    };
    finish(processor, ctx, reason).await;
    drop(place);
}

/// Runs one round, and drops it where it waits when a stop is asked for. When it waits, other tasks
/// run, and `rounds` are counted anew. An error is a panic in the round or its drop.
async fn unless_stopped<F: Future>(
    cell: &Cell,
    round: Pin<&mut Frame<F>>,
    rounds: &mut u32,
) -> Result<Option<F::Output>, Panic> {
    let mut round = Call::new(round);
    let outcome = poll_fn(|cx| {
        if cell.is_stopping() {
            return Poll::Ready(None);
        }
        let polled = round.poll(cx);
        if polled.is_pending() {
            *rounds = 0;
        }
        polled.map(Some)
    })
    .await;
    match outcome {
        Some(outcome) => {
            round.over();
            outcome.map(Some)
        }
        None => round.abandon().map(|()| None),
    }
}

/// Ends a processor: `shutdown`, and the address is free.
pub(crate) async fn finish<P: Processor<Context = Context>>(
    mut processor: P,
    mut ctx: Context,
    reason: DeadLetterReason,
) {
    #[cfg(feature = "std")]
    if ctx.cell().is_cut() {
        // It was cut off while it did not wait.
        return discard(processor);
    }
    let outcome = catch(pin!(frame(async { processor.shutdown(&mut ctx).await }))).await;
    let dropped = catch_call(move || drop(processor));
    if let Err(error) = flatten(outcome).and(flatten(dropped.map(Ok))) {
        let (address, error) = (ctx.primary_address(), describe(error));
        tracing::error!(%address, processor = %TypeName::of::<P>(), %error, "shutdown failed");
    }
    ctx.node().end(ctx.cell(), reason);
}
