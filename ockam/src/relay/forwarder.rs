//! A relay: what stands at a registered name and passes messages on to the owner.

use super::names::{Event, Life, Names};
use crate::workers::Relay;
use core::future::poll_fn;
use core::pin::pin;
use core::task::Poll;
use ockam_core::{Address, Any, FlowControlId, Result, Route, Routed, Worker};
use ockam_node::{Context, Handle};
use std::sync::Arc;

pub(super) struct Forwarder {
    /// The way to whoever registered, until the answer is sent.
    way_back: Route,
    relay: Relay,
    connection: Address,
    names: Arc<Names>,
    life: Arc<Life>,
    consumer_of: Vec<FlowControlId>,
}

impl Forwarder {
    /// Makes a relay of the return route of a registration, which has two hops or more.
    pub(super) fn new(
        way_back: Route,
        names: Arc<Names>,
        life: Arc<Life>,
        consumer_of: Vec<FlowControlId>,
    ) -> Self {
        let mut fixed = way_back.clone();
        fixed.pop_back();
        let connection = way_back.first().cloned().unwrap_or_default();
        Forwarder { way_back, relay: Relay::new(fixed), connection, names, life, consumer_of }
    }

    /// Ends a relay whose connection is gone: nothing can come of it any more.
    async fn end_if_lost(&self, ctx: &Handle) -> Result<()> {
        if ctx.is_worker_registered_at(self.connection.clone()) {
            return Ok(());
        }
        let name = ctx.primary_address();
        match self.names.told(ctx, self.connection.clone(), Event::Ended) {
            Some(count) => tracing::info!(%name, count, "a relay ends with its connection"),
            None => tracing::debug!(%name, "a relay ends with its connection"),
        }
        ctx.stop_worker(ctx.address()).await
    }
}

impl Worker for Forwarder {
    type Context = Context;
    type Message = Any;

    /// The name is this relay's own by now, and not yet reached by others.
    async fn initialize(&mut self, ctx: &mut Context) -> Result<()> {
        let name = ctx.primary_address().clone();
        for id in &self.consumer_of {
            ctx.flow_controls().add_consumer(name.clone(), id);
        }
        let way_back = core::mem::take(&mut self.way_back);
        // Without waiting: whoever takes nothing off its connection gets no relay.
        ctx.try_send(way_back, name.address().to_string())?;
        Ok(())
    }

    async fn handle_message(&mut self, ctx: &mut Context, msg: Routed<Any>) -> Result<()> {
        let message = self.relay.redirect(ctx.flow_controls(), msg.into_local_message());
        let forwarded = {
            let mut forwarding = pin!(ctx.forward(message));
            poll_fn(|cx| match forwarding.as_mut().poll(cx) {
                Poll::Ready(outcome) => Poll::Ready(Some(outcome)),
                // The owner takes nothing off its connection, and has another one by now.
                Poll::Pending => self.life.poll_retired(cx.waker()).map(|()| None),
            })
            .await
        };
        match forwarded {
            Some(Ok(())) => Ok(()),
            Some(Err(error)) => {
                self.end_if_lost(ctx).await?;
                Err(error)
            }
            None => {
                let name = ctx.primary_address();
                match self.names.told(ctx, self.connection.clone(), Event::Lost) {
                    Some(count) => tracing::info!(%name, count, "a replaced relay lost a message"),
                    None => tracing::debug!(%name, "a replaced relay lost a message"),
                }
                Ok(())
            }
        }
    }
}
