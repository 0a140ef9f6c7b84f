// src/relay.rs
use ockam::{Address, Any, Context, Result, Route, Routed, Worker};

/// Forwards every message along a route of its own.
pub struct Relay {
    route: Route,
}

impl Relay {
    pub fn new(route: impl Into<Route>) -> Self {
        Relay {
            route: route.into(),
        }
    }
}

#[ockam::worker]
impl Worker for Relay {
    type Context = Context;

    // A relay takes every message, whatever its type, and never looks inside.
    type Message = Any;

    async fn handle_message(&mut self, ctx: &mut Context, msg: Routed<Any>) -> Result<()> {
        println!("Address: {}, Received: {}", ctx.address(), msg);

        let mut message = msg.into_local_message();
        let transport_message = message.transport_mut();

        // Take this worker off the onward route, and put the fixed route in its place. The return
        // route stays as it is: the answer does not pass here.
        transport_message
            .onward_route
            .modify()
            .pop_front()
            .prepend_route(self.route.clone());

        let previous_hop = transport_message.return_route.next()?.clone();
        let next_hop = self.route.next()?.clone();
        reach_each_other(ctx, &previous_hop, &next_hop);

        ctx.forward(message).await
    }
}

/// The answer comes in over the connection to the next node, and goes out over the one to the
/// previous node: each connection has to be a consumer of what the other brings in.
fn reach_each_other(ctx: &Context, previous_hop: &Address, next_hop: &Address) {
    let flows = ctx.flow_controls();
    if let Some(flow) = flows.find_flow_control_with_producer_address(next_hop) {
        flows.add_consumer(previous_hop.clone(), flow.flow_control_id());
    }
    if let Some(flow) = flows.find_flow_control_with_producer_address(previous_hop) {
        flows.add_consumer(next_hop.clone(), flow.flow_control_id());
    }
}
