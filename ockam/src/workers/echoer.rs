//! The worker that sends everything back.

use ockam_core::{Any, Result, Route, Routed, Worker};
use ockam_node::Context;

/// Sends every message back to where it came from, whatever its type.
///
/// ```
/// use ockam::{Context, Result, workers::Echoer};
///
/// #[ockam::node]
/// async fn main(mut ctx: Context) -> Result<()> {
///     ctx.start_worker("echoer", Echoer).await?;
///     assert_eq!(ctx.send_and_receive::<u16>("echoer", 7u16).await?, 7);
///     ctx.stop().await
/// }
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Echoer;

impl Worker for Echoer {
    type Context = Context;
    type Message = Any;

    async fn handle_message(&mut self, ctx: &mut Context, msg: Routed<Any>) -> Result<()> {
        let answer_from = Route::from(msg.msg_addr());
        let mut message = msg.into_local_message();
        let transport = message.transport_mut();
        transport.onward_route = core::mem::replace(&mut transport.return_route, answer_from);
        ctx.forward(message).await
    }
}
