//! The worker loop: one message at a time, until there is nothing to do or it is over.

use crate::ask::unanswered::Unanswered;
use crate::cell::{Cell, CellMeta, Kind, NextStep, SleepingWorker, Stopping};
use crate::context::Context;
use crate::dead_letter::DeadLetterReason;
use crate::executor::{Panic, catch, catch_call, frame, yield_now};
use crate::node::Node;
use crate::program::{describe, discard, flatten, wake};
use crate::run::task;
#[cfg(feature = "std")]
use crate::telling::{Telling, What};
use alloc::boxed::Box;
use alloc::format;
use alloc::string::ToString;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::future::poll_fn;
use core::marker::PhantomData;
use core::pin::pin;
use core::task::Poll;
use ockam_core::{
    DecodeError, Error, ErrorKind, FailureReason, LocalMessage, Routed, TypeName, Worker,
};

/// Writes an error of a worker into the log, or counts it if others can repeat it. On boards there
/// is no log to fill.
macro_rules! tell {
    ($ctx:expr, $what:ident, $($line:tt)*) => {{
        #[cfg(feature = "std")]
        match $ctx.telling(What::$what) {
            Telling::Each => tracing::error!($($line)*),
            Telling::Counted(count) => tracing::error!(count, $($line)*),
            Telling::Not => tracing::debug!($($line)*),
        }
        #[cfg(not(feature = "std"))]
        tracing::error!($($line)*);
    }};
}

/// How many messages a worker that never waits handles before it lets other tasks run.
pub(crate) const MESSAGES_PER_TURN: u32 = 128;

/// What the node knows about workers of type `W`.
pub(crate) struct WorkerType<W>(PhantomData<W>);

impl<W: Worker<Context = Context>> WorkerType<W> {
    pub(crate) const META: &'static CellMeta =
        &CellMeta { kind: Kind::Worker, type_name: TypeName::of::<W> };
}

/// A sleeping worker is the worker itself, in a box; without fields it costs nothing.
impl<W: Worker<Context = Context>> SleepingWorker for W {
    fn awaken(self: Box<Self>, node: &Arc<Node>, cell: Arc<Cell>) {
        spawn(self, node, cell);
    }

    fn shut_down(self: Box<Self>, node: &Arc<Node>, cell: Arc<Cell>) {
        let ctx = Context::of_worker(Arc::clone(node), Arc::clone(&cell));
        let future = Box::pin(finish(self, ctx, None));
        if let Some(future) = task::poll_once(&cell, future) {
            task::spawn(node, cell, || future);
        }
    }

    #[cfg(feature = "std")]
    fn shut_down_apart(self: Box<Self>, node: &Arc<Node>, cell: Arc<Cell>) {
        let ctx = Context::of_worker(Arc::clone(node), Arc::clone(&cell));
        task::spawn(node, cell, || finish(self, ctx, None));
    }
}

/// Gives a worker a task.
pub(crate) fn spawn<W: Worker<Context = Context>>(
    worker: Box<W>,
    node: &Arc<Node>,
    cell: Arc<Cell>,
) {
    let ctx = Context::of_worker(Arc::clone(node), Arc::clone(&cell));
    task::spawn(node, cell, || run(worker, ctx));
}

/// The loop of a worker.
pub(crate) async fn run<W: Worker<Context = Context>>(mut worker: Box<W>, mut ctx: Context) {
    let mut keeps_task = false;
    let mut handled = 0;
    let panicked = loop {
        let turn = match ctx.next_in_hand() {
            Some(message) => NextStep::Message(message),
            None if keeps_task => {
                poll_fn(|cx| {
                    let turn = ctx.poll_inbox(Some(cx.waker()), true);
                    if turn.is_pending() {
                        handled = 0;
                    }
                    turn
                })
                .await
            }
            None => match first_wait(&mut ctx, &mut keeps_task) {
                Some(turn) => turn,
                None => continue,
            },
        };
        let message = match turn {
            NextStep::Message(message) => message,
            NextStep::Stop => break None,
            NextStep::Rest => match ctx.cell().sleep(worker, &ctx.node().drain, asleep) {
                Ok(()) => return,
                Err(back) => {
                    (worker, keeps_task) = (back, false);
                    continue;
                }
            },
        };
        let asked = ctx.begin_answer(&message);
        let outcome = {
            let handler = pin!(frame(handle(&mut *worker, &mut ctx, message)));
            catch(handler).await
        };
        if let Err(panicked) = account::<W>(&mut ctx, asked, outcome) {
            break Some(panicked);
        }
        handled += 1;
        if handled == MESSAGES_PER_TURN {
            handled = 0;
            yield_now().await;
        }
    };
    finish(worker, ctx, panicked).await;
}

fn asleep<W: Worker<Context = Context>>(worker: Box<W>) -> Box<dyn SleepingWorker> {
    worker
}

/// Finds the next thing to do of a worker that is about to wait for the first time since it has
/// its task: it asks for leave to keep its task, and without it rests at once.
fn first_wait(ctx: &mut Context, keeps_task: &mut bool) -> Option<NextStep> {
    if let Poll::Ready(turn) = ctx.poll_inbox(None, true) {
        return Some(turn);
    }
    *keeps_task = ctx.node().keep_awake(ctx.cell());
    if *keeps_task { None } else { Some(NextStep::Rest) }
}

/// The worker panicked, with this text.
pub(crate) struct Panicked(Panic);

/// Handles one message. Decoding runs the program's code too, so it is under the same roof.
async fn handle<W: Worker<Context = Context>>(
    worker: &mut W,
    ctx: &mut Context,
    message: LocalMessage,
) -> Result<(), Box<Unhandled>> {
    match Routed::<W::Message>::decode(message) {
        Ok(routed) => worker.handle_message(ctx, routed).await.map_err(Unhandled::failed),
        Err((error, message)) => Err(Unhandled::undecodable(error, message)),
    }
}

/// Tells the log, and a local asker, if a message was not handled.
#[inline]
fn account<W: 'static>(
    ctx: &mut Context,
    asked: bool,
    outcome: Result<Result<(), Box<Unhandled>>, Panic>,
) -> Result<(), Panicked> {
    let handled = outcome.map_err(|panic| panicked::<W>(ctx, panic))?;
    ctx.handled();
    match handled {
        Ok(()) if asked => ctx.end_answer(),
        Ok(()) => {}
        Err(why) => unhandled::<W>(ctx, *why),
    }
    Ok(())
}

/// Why a message was not handled. Boxed, so that the usual outcome is a null pointer.
enum Unhandled {
    Failed(Error),
    Undecodable(DecodeError, LocalMessage),
}

impl Unhandled {
    #[cold]
    fn failed(error: Error) -> Box<Self> {
        Box::new(Unhandled::Failed(error))
    }

    #[cold]
    fn undecodable(error: DecodeError, message: LocalMessage) -> Box<Self> {
        Box::new(Unhandled::Undecodable(error, message))
    }
}

/// Tells the log, and whoever waits for an answer, why a message was not handled.
#[cold]
fn unhandled<W: 'static>(ctx: &mut Context, why: Unhandled) {
    let address = ctx.address();
    let worker = TypeName::of::<W>();
    match why {
        Unhandled::Failed(error) => {
            let texts = ctx.texts_for_asker(&error);
            let error = describe(error);
            tell!(ctx, Failed, %address, %worker, %error, "a worker failed to handle a message");
            let text = || format!("{address} failed: {error}");
            ctx.fail_asker(FailureReason::Failed, texts, || {
                Error::with_text(ErrorKind::Failed, text)
            });
        }
        Unhandled::Undecodable(error, message) => {
            let sender = message.return_route();
            tell!(ctx, Undecodable, %address, %worker, %sender, %error, "a message was dropped");
            ctx.node().dead_letters.record(&message, DeadLetterReason::Undecodable);
            let error = || Error::with_kind(ErrorKind::Encoding, error);
            let error = || error().context_with(|| format!("{address}"));
            ctx.fail_asker(FailureReason::Undecodable, Vec::new(), error);
            discard(message);
        }
    }
}

/// Tells the log that a worker panicked. Its askers are told when it has ended.
#[cold]
fn panicked<W: 'static>(ctx: &mut Context, panic: Panic) -> Panicked {
    let address = ctx.address();
    let worker = TypeName::of::<W>();
    tell!(ctx, Panicked, %address, %worker, %panic, "a worker panicked and ends");
    #[cfg(feature = "std")]
    ctx.not_handled(DeadLetterReason::Panicked);
    Panicked(panic)
}

/// Ends a worker: no more messages, `shutdown`, and the address is free. Whoever waits for an
/// answer is told last, so that what an asker starts in place of the worker finds its address free.
pub(crate) async fn finish<W: Worker<Context = Context>>(
    mut worker: Box<W>,
    mut ctx: Context,
    panicked: Option<Panicked>,
) {
    #[cfg(feature = "std")]
    if ctx.cell().is_cut() {
        // It was cut off while it did not wait. What it leaves is accounted for with the context.
        return discard(worker);
    }
    let reason = match panicked {
        Some(_) => DeadLetterReason::Panicked,
        None => DeadLetterReason::Stopped,
    };
    let unanswered = abandon(&mut ctx, reason);
    let outcome = catch(pin!(frame(async { worker.shutdown(&mut ctx).await }))).await;
    let dropped = catch_call(move || drop(worker));
    if let Err(error) = flatten(outcome).and(flatten(dropped.map(Ok))) {
        let (address, error) = (ctx.primary_address(), describe(error));
        tracing::error!(%address, worker = %TypeName::of::<W>(), %error, "shutdown failed");
    }
    ctx.node().end(ctx.cell(), reason);
    unanswered.tell();
    if let Some(Panicked(panic)) = panicked {
        let address = ctx.address();
        // That it panicked is the reason, and not said again in the text.
        let told = Error::with_text(ErrorKind::Panicked, || panic.to_string());
        let texts = ctx.texts_for_asker(&told);
        let text = || format!("{address} panicked: {panic}");
        let error = || Error::with_text(ErrorKind::Panicked, text);
        ctx.fail_asker(FailureReason::Panicked, texts, error);
    }
}

/// Closes the worker's inbox and accounts at once for what is still in it. Returned is who waits
/// for answers to that.
fn abandon(ctx: &mut Context, reason: DeadLetterReason) -> Unanswered {
    if let Stopping::Requested(wakers) = ctx.cell().request_stop() {
        wake(wakers);
    }
    let mut unanswered = Unanswered::new(ctx, reason);
    loop {
        while let Some(message) = ctx.take_in_hand() {
            unanswered.add(ctx, message);
        }
        let Poll::Ready(NextStep::Message(message)) = ctx.poll_inbox(None, false) else { break };
        unanswered.add(ctx, message);
    }
    unanswered
}
