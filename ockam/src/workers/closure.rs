//! Workers for which a struct would be too much.

use core::fmt;
use core::future::Future;
use core::marker::PhantomData;
use ockam_core::{Message, Result, Routed, Worker};
use ockam_node::{Context, Handle};

/// A worker that calls a closure for every message; made by [`worker_fn`].
pub struct FnWorker<F, M> {
    closure: F,
    message: PhantomData<fn(M)>,
}

impl<F, M> fmt::Debug for FnWorker<F, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FnWorker").finish_non_exhaustive()
    }
}

/// Makes a worker of an async closure, which gets a [`Handle`] and the message.
///
/// The closure keeps its state in what it captures; state that the answer needs is changed before
/// the `async` block, which would otherwise work on a copy:
///
/// ```
/// use ockam::workers::worker_fn;
/// use ockam::{Handle, Routed};
///
/// let mut count = 0u32;
/// let counter = worker_fn(move |ctx: Handle, msg: Routed<()>| {
///     count += 1;
///     async move { ctx.send(msg.return_route(), count).await }
/// });
/// # drop(counter);
/// ```
///
/// ```
/// use ockam::workers::worker_fn;
/// use ockam::{Context, Handle, Result, Routed};
///
/// #[ockam::node]
/// async fn main(mut ctx: Context) -> Result<()> {
///     let double = worker_fn(|ctx: Handle, msg: Routed<u32>| async move {
///         ctx.send(msg.return_route(), msg.body() * 2).await
///     });
///     ctx.start_worker("double", double).await?;
///     assert_eq!(ctx.send_and_receive::<u32>("double", 21u32).await?, 42);
///     ctx.stop().await
/// }
/// ```
pub fn worker_fn<M, F, Fut>(closure: F) -> FnWorker<F, M>
where
    M: Message,
    F: FnMut(Handle, Routed<M>) -> Fut + Send + 'static,
    Fut: Future<Output = Result<()>> + Send + 'static,
{
    FnWorker { closure, message: PhantomData }
}

impl<M, F, Fut> Worker for FnWorker<F, M>
where
    M: Message,
    F: FnMut(Handle, Routed<M>) -> Fut + Send + 'static,
    Fut: Future<Output = Result<()>> + Send + 'static,
{
    type Context = Context;
    type Message = M;

    async fn handle_message(&mut self, ctx: &mut Context, msg: Routed<M>) -> Result<()> {
        (self.closure)(ctx.handle(), msg).await
    }
}
