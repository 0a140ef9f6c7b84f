//! A relay, as its owner sees it.

use super::keeper::Keeper;
use super::registration::{Plan, check_wanted};
use super::remote_options::RemoteRelayOptions;
use alloc::string::String;
use core::fmt;
use ockam_core::{Address, FlowControlId, Result, Route};
use ockam_node::{Handle, ProcessorBuilder};

/// Registers relays: addresses on a node that everybody reaches, which lead to this one.
pub struct RemoteRelay;

impl RemoteRelay {
    /// Registers a relay with a name that the service chooses.
    ///
    /// `route` leads to the reachable node, and begins with the connection to it. Messages that
    /// come through the relay arrive over that connection, so they reach the workers of this node
    /// that are consumers of its flow: see [`RemoteRelayOptions::with_consumer`].
    ///
    /// The relay ends with that connection, since nobody was told of another name.
    ///
    /// ```no_run
    /// use ockam::workers::Echoer;
    /// use ockam::{Context, RemoteRelayOptions, Result, TCP, TcpTransportExtension, node};
    ///
    /// #[ockam::node]
    /// async fn main(ctx: Context) -> Result<()> {
    ///     let node = node(ctx);
    ///     node.create_tcp_transport().await?;
    ///     node.start_worker("echoer", Echoer).await?;
    ///     let options = RemoteRelayOptions::new().with_consumer("echoer");
    ///     let relay = node.create_relay((TCP, "relay.example.org:4000"), options).await?;
    ///     println!("Ask for an echo at {}.", relay.remote_address());
    ///     Ok(())
    /// }
    /// ```
    ///
    /// # Errors
    /// [`TimedOut`](ockam_core::ErrorKind::TimedOut) if no answer came, which is also what a
    /// refusal looks like; [`Stopped`](ockam_core::ErrorKind::Stopped) if the connection was lost;
    /// the errors of [`send`](Handle::send).
    ///
    /// # Cancel safety
    /// Dropped before it is done, nothing is left on this node; the relay may exist at the other.
    pub async fn create(
        handle: &Handle,
        route: impl Into<Route>,
        options: RemoteRelayOptions,
    ) -> Result<RemoteRelayInfo> {
        keep(handle, Plan { route: route.into(), wanted: None, options }).await
    }

    /// Registers a relay with a name of one's own choice; the service may put its prefix in front.
    ///
    /// The newest registration of a name wins, and the former owner is not told. When the
    /// connection was lost, the relay is registered again: at once, and then after
    /// [`RELAY_FIRST_WAIT`](crate::RELAY_FIRST_WAIT), doubling up to
    /// [`RELAY_LONGEST_WAIT`](crate::RELAY_LONGEST_WAIT), for as long as there is a way. There is
    /// one if `route` names the node by a transport address, which connects anew, or if it begins
    /// with a connection that reconnects.
    ///
    /// # Errors
    /// As [`create`](Self::create); also [`InvalidInput`](ockam_core::ErrorKind::InvalidInput) if
    /// the name is empty, too long, `register`, or begins like an address with a transport type,
    /// and [`Failed`](ockam_core::ErrorKind::Failed) if the service gave another name.
    ///
    /// # Cancel safety
    /// As [`create`](Self::create).
    pub async fn create_static(
        handle: &Handle,
        route: impl Into<Route>,
        name: impl Into<String>,
        options: RemoteRelayOptions,
    ) -> Result<RemoteRelayInfo> {
        let name = name.into();
        check_wanted(&name)?;
        keep(handle, Plan { route: route.into(), wanted: Some(name), options }).await
    }
}

async fn keep(handle: &Handle, plan: Plan) -> Result<RemoteRelayInfo> {
    let registered = plan.register(handle).await?;
    let info = RemoteRelayInfo {
        address: registered.relay.clone(),
        way: registered.way.clone(),
        flow_control_id: registered.flow.clone(),
        keeper: handle.random_local(),
    };
    let inlet = registered.inlet.clone();
    let keeper = ProcessorBuilder::new(Keeper::new(plan, registered));
    if let Err(error) = keeper.with_address(info.keeper.clone()).start(handle).await {
        // The node stops, and the inlet with it, if this does not stop it.
        let _ = handle.stop_worker(inlet).await;
        return Err(error);
    }
    Ok(info)
}

/// Says where a relay is, as its first registration told. Dropping it changes nothing.
#[derive(Clone)]
pub struct RemoteRelayInfo {
    address: Address,
    way: Route,
    flow_control_id: Option<FlowControlId>,
    keeper: Address,
}

impl RemoteRelayInfo {
    /// Returns the relay's address on the reachable node, to be told to others: they send to
    /// `route![connection to that node, remote_address, worker at this node]`.
    #[must_use]
    pub fn remote_address(&self) -> &Address {
        &self.address
    }

    /// Returns the whole way from this node to the relay.
    #[must_use]
    pub fn route(&self) -> &Route {
        &self.way
    }

    /// Returns the flow of the connection over which messages through the relay arrive: workers
    /// that are its consumers are reached. `None` if the way does not begin with a connection.
    #[must_use]
    pub fn flow_control_id(&self) -> Option<&FlowControlId> {
        self.flow_control_id.as_ref()
    }

    /// Tells whether the relay is still kept: registered, or registered again and again until it
    /// is.
    #[must_use]
    pub fn is_kept(&self, handle: &Handle) -> bool {
        handle.is_worker_registered_at(self.keeper.clone())
    }

    /// Lets go of the relay: it is not registered again. At the other node it stays until its name
    /// is taken or the connection ends, since the protocol has no word for the end of a relay.
    ///
    /// # Errors
    /// As [`stop_processor`](Handle::stop_processor); [`NotFound`](ockam_core::ErrorKind::NotFound)
    /// if it was lost already.
    ///
    /// # Cancel safety
    /// As [`stop_processor`](Handle::stop_processor).
    pub async fn stop(&self, handle: &Handle) -> Result<()> {
        handle.stop_processor(self.keeper.clone()).await
    }
}

impl fmt::Debug for RemoteRelayInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RemoteRelayInfo").field("route", &self.way).finish_non_exhaustive()
    }
}
