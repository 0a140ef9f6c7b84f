//! The worker that sends everything on along a route of its own.

use ockam_core::{Address, Any, LocalMessage, Result, Route, Routed, Worker};
use ockam_node::{Context, FlowControls};

/// Forwards every message along a fixed route, whatever its type: it takes itself off the onward
/// route and puts its own route in front. The way back is left alone, so an answer does not pass
/// here again.
///
/// Between two connections it also opens the way: each may be reached through the other, for
/// messages that come after the first, which name the connections and not the relay. Workers of its
/// own node get the answers to what they ask through it, and nothing else is opened to them.
///
/// ```
/// use ockam::{Context, Result, route, workers::{Echoer, Hop, Relay}};
///
/// #[ockam::node]
/// async fn main(mut ctx: Context) -> Result<()> {
///     ctx.start_worker("h1", Hop).await?;
///     ctx.start_worker("echoer", Echoer).await?;
///     ctx.start_worker("relay", Relay::new("h1")).await?;
///     let reply = ctx.send_and_receive::<u8>(route!["relay", "echoer"], 7u8).await?;
///     assert_eq!(reply, 7);
///     ctx.stop().await
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Relay {
    route: Route,
    /// The connection from which the last message came: the way is open already.
    opened: Option<Address>,
}

impl Relay {
    /// Makes a relay with the route along which it forwards. A message through an empty route
    /// goes to the next address of its own.
    #[must_use]
    pub fn new(route: impl Into<Route>) -> Self {
        Relay { route: route.into(), opened: None }
    }

    /// Puts the fixed route into the place of the relay, and opens the way back.
    pub(crate) fn redirect(
        &mut self,
        flows: &FlowControls,
        mut message: LocalMessage,
    ) -> LocalMessage {
        self.open(flows, message.return_route().iter().next());
        let onward_route = &mut message.transport_mut().onward_route;
        onward_route.modify().pop_front().prepend_route(self.route.clone());
        message
    }

    /// Makes the connection that a message came from and the one that it leaves through reachable
    /// for each other, if they are connections.
    fn open(&mut self, flows: &FlowControls, from: Option<&Address>) {
        let (Some(from), Some(to)) = (from, self.route.iter().next()) else {
            return;
        };
        if self.opened.as_ref() == Some(from) {
            return;
        }
        let flow_of = |address| flows.find_flow_control_with_producer_address(address);
        // Where one of them is a worker of this node, nothing is opened to it.
        if let (Some(near), Some(far)) = (flow_of(from), flow_of(to)) {
            flows.add_consumer(from.clone(), far.flow_control_id());
            flows.add_consumer(to.clone(), near.flow_control_id());
        }
        self.opened = Some(from.clone());
    }
}

impl Worker for Relay {
    type Context = Context;
    type Message = Any;

    async fn handle_message(&mut self, ctx: &mut Context, msg: Routed<Any>) -> Result<()> {
        let message = self.redirect(ctx.flow_controls(), msg.into_local_message());
        ctx.forward(message).await
    }
}
