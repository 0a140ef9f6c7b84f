//! The way of an end to its peer: which one counts, and what else has to know it.

#[cfg(feature = "std")]
use super::asked::asked_way;
use super::ends::Ends;
use ockam_core::{Address, Route};
use ockam_node::Handle;

impl Ends {
    /// Keeps the route to the listener that the program asked for.
    #[cfg(feature = "std")]
    pub(super) fn keep_asked(&self, route: Route) {
        self.asked.set(asked_way(route, &self.remote()));
    }

    /// Goes to the peer along the way that it has answered by to a handshake over a route.
    #[cfg(feature = "std")]
    pub(super) fn take_remote(&self, handle: &Handle, route: Route, remote: Route) {
        consume_answers(handle, &remote, &self.decryptor);
        self.go_over(handle, &remote);
        self.remote.with(|known| *known = remote);
        self.keep_asked(route);
    }

    /// Goes to the peer along another way, whose last hop is the listener.
    #[cfg(feature = "std")]
    pub(super) fn take_way(&self, handle: &Handle, mut route: Route) {
        route.pop_back();
        self.remote
            .with(|remote| remote.last().cloned())
            .into_iter()
            .for_each(|last| route.push_back(last));
        self.take_route(handle, route);
    }

    /// Goes to the peer along another way.
    pub(super) fn take_route(&self, handle: &Handle, route: Route) {
        consume_answers(handle, &route, &self.decryptor);
        self.go_over(handle, &route);
        // Behind its first hop there may be a relay, which the peer's messages will pass by.
        #[cfg(feature = "std")]
        self.asked.set((route.len() > 2).then(|| route.clone()));
        self.remote.with(|remote| *remote = route);
    }

    /// Says over which connection the way to the peer goes: whoever has asked through the channel
    /// is told when it is lost.
    pub(super) fn go_over(&self, handle: &Handle, remote: &Route) {
        if let Some(hop) = remote.first() {
            handle.flow_controls().set_carrier(self.encryptor.clone(), hop);
        }
    }
}

/// Lets the flow over which messages go to `route` reach `address`, so that answers arrive.
pub(super) fn consume_answers(handle: &Handle, route: &Route, address: &Address) {
    let flows = handle.flow_controls();
    let first = route.first();
    if let Some(info) = first.and_then(|hop| flows.find_flow_control_with_producer_address(hop)) {
        flows.add_consumer(address.clone(), info.flow_control_id());
    }
}
