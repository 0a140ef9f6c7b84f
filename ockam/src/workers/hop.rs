//! The worker that passes everything on.

use ockam_core::{Any, Result, Routed, Worker};
use ockam_node::Context;

/// Passes every message on along its route, and puts itself into the way back. The body is
/// neither decoded nor copied.
///
/// ```
/// use ockam::{Context, Result, route, workers::{Echoer, Hop}};
///
/// #[ockam::node]
/// async fn main(mut ctx: Context) -> Result<()> {
///     ctx.start_worker("h1", Hop).await?;
///     ctx.start_worker("echoer", Echoer).await?;
///     let reply = ctx.send_and_receive::<u8>(route!["h1", "echoer"], 7u8).await?;
///     assert_eq!(reply, 7);
///     ctx.stop().await
/// }
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Hop;

impl Worker for Hop {
    type Context = Context;
    type Message = Any;

    async fn handle_message(&mut self, ctx: &mut Context, msg: Routed<Any>) -> Result<()> {
        let me = msg.msg_addr();
        ctx.forward(msg.into_local_message().step_forward(me)?).await
    }
}
