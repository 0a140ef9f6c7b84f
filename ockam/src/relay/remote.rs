//! A relay, as its owner sees it.

use super::DEFAULT_RELAY_PREFIX;
use super::keeper::Keeper;
use super::registration::{Plan, Registered, check_wanted};
use super::remote_options::RemoteRelayOptions;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use core::fmt;
use ockam_core::{Address, FlowControlId, Result, Route};
#[cfg(feature = "std")]
use ockam_node::LinkWatch;
use ockam_node::{ConnectionLost, Handle, LinkKind, LinkState, Lock, ProcessorBuilder};

/// Registers relays: addresses on a node that everybody reaches, which lead to this one.
#[derive(Clone, Copy, Debug)]
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
    /// use ockam::remote::RemoteRelayOptions;
    /// use ockam::tcp::TCP;
    /// use ockam::{Context, Result, TcpTransportExtension, node};
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
    /// the errors of [`send`](Handle::send). They name the relay and its service. With
    /// [`with_retries`](RemoteRelayOptions::with_retries) none of these: the relay is
    /// [`Connecting`](LinkState::Connecting) for that reason.
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
    /// [`RELAY_FIRST_WAIT`](crate::relay::RELAY_FIRST_WAIT), doubling up to a second, and after half a
    /// minute up to [`RELAY_LONGEST_WAIT`](crate::relay::RELAY_LONGEST_WAIT), for as long as there is a way.
    /// There is one if `route` names the node by a transport address, which connects anew, or if it
    /// begins with a connection that reconnects; while that is not up there are no attempts, and the
    /// first is made as soon as it is.
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
    let registered = if plan.options.retries {
        None
    } else {
        let registered = plan.register(handle, plan.options.timeout).await;
        Some(registered.map_err(|error| error.add_context(format!("registering {plan}")))?)
    };
    let keeper = handle.random_local();
    let inlet = registered.as_ref().map(|registered| registered.inlet.clone());
    let (name, state) = match (&plan.wanted, &registered) {
        (_, Some(registered)) => (registered.relay.address().to_string(), LinkState::Up),
        (Some(wanted), None) => (wanted.clone(), LinkState::connecting(1, "")),
        (None, None) => (plan.to_string(), LinkState::connecting(1, "")),
    };
    let link = handle.add_link(LinkKind::Relay, &keeper, name, state);
    let address = match (&registered, &plan.wanted) {
        (Some(registered), _) => registered.relay.clone(),
        (None, Some(wanted)) if wanted.starts_with(DEFAULT_RELAY_PREFIX) => wanted.as_str().into(),
        (None, Some(wanted)) => format!("{DEFAULT_RELAY_PREFIX}{wanted}").into(),
        (None, None) => Address::default(),
    };
    let info = RemoteRelayInfo {
        address,
        learned: Learned::default(),
        #[cfg(feature = "std")]
        link: link.watch(),
        keeper: keeper.clone(),
    };
    let keeps = Keeper::new(plan, info.learned.clone(), link, registered);
    if let Err(error) = ProcessorBuilder::new(keeps).with_address(keeper).start(handle).await {
        if let Some(inlet) = inlet {
            // The node stops, and the inlet with it, if this does not stop it.
            let _ = handle.stop_worker(inlet).await;
        }
        return Err(error);
    }
    Ok(info)
}

/// What the last registration of a relay told, if there was one.
#[derive(Clone)]
pub(super) struct Learned(Arc<Lock<Option<Known>>>);

struct Known {
    address: Address,
    way: Route,
    flow_control_id: Option<FlowControlId>,
}

impl Learned {
    /// Takes note of a registration, and returns what ends when its connection is lost.
    pub(super) fn set(&self, registered: Registered) -> Option<ConnectionLost> {
        let Registered { way, relay: address, flow: flow_control_id, lost, .. } = registered;
        let known = Known { address, way, flow_control_id };
        drop(self.0.with(|place| place.replace(known)));
        lost
    }

    fn get<T>(&self, read: impl FnOnce(&Known) -> T) -> Option<T> {
        self.0.with(|place| place.as_ref().map(read))
    }
}

impl Default for Learned {
    fn default() -> Self {
        Learned(Arc::new(Lock::new(None)))
    }
}

/// Says where a relay is, as its last registration told; the same in all clones. Dropping it changes
/// nothing.
#[derive(Clone)]
pub struct RemoteRelayInfo {
    address: Address,
    learned: Learned,
    #[cfg(feature = "std")]
    link: LinkWatch,
    keeper: Address,
}

impl RemoteRelayInfo {
    /// Returns the relay's address on the reachable node, to be told to others: they send to
    /// `route![connection to that node, remote_address, worker at this node]`.
    ///
    /// It is what the service has said when the relay was registered first. A relay
    /// [with retries](RemoteRelayOptions::with_retries) may not be registered yet: then it is the name that
    /// a service gives by default, `forward_to_` and the wanted name, and empty if no name was wanted.
    /// [`registered_address`](Self::registered_address) is certain.
    #[must_use]
    pub fn remote_address(&self) -> &Address {
        &self.address
    }

    /// Returns the relay's address on the reachable node as its last registration has told it; `None`
    /// until there was one.
    #[must_use]
    pub fn registered_address(&self) -> Option<Address> {
        self.learned.get(|known| known.address.clone())
    }

    /// Returns the whole way from this node to the relay, over the connection of the last
    /// registration; `None` until there was one.
    #[must_use]
    pub fn route(&self) -> Option<Route> {
        self.learned.get(|known| known.way.clone())
    }

    /// Returns the flow of the connection over which messages through the relay arrive: workers
    /// that are its consumers are reached. `None` if the way does not begin with a connection, or
    /// the relay was not registered so far.
    #[must_use]
    pub fn flow_control_id(&self) -> Option<FlowControlId> {
        self.learned.get(|known| known.flow_control_id.clone()).flatten()
    }

    /// Returns where the relay is: up, being registered, or lost. Boards without `std` do not know.
    ///
    /// It is up from when the service has answered until its connection is lost. What happens to the
    /// relay at the other node while the connection stays, such as a service that is stopped and
    /// started again in the same process, or another owner who takes the name, is not seen: the
    /// protocol has no word for it.
    #[cfg(feature = "std")]
    #[must_use]
    pub fn state(&self) -> LinkState {
        self.link.state()
    }

    /// Begins to follow the relay. Boards without `std` cannot.
    ///
    /// ```no_run
    /// # use ockam::remote::RemoteRelayOptions;
    /// # use ockam::tcp::TCP;
    /// # use ockam::{Context, Result, node};
    /// # async fn main_of(ctx: Context) -> Result<()> {
    /// # let node = node(ctx);
    /// let options = RemoteRelayOptions::new().with_retries();
    /// let relay = node.create_static_relay((TCP, "relay.example.org:4000"), "cellar", options).await?;
    /// let mut watch = relay.watch();
    /// while !watch.is_over() {
    ///     // up / connecting (attempt 3): cannot connect to relay.example.org:4000: ..
    ///     println!("The relay is {}.", watch.changed().await);
    /// }
    /// # Ok(()) }
    /// ```
    #[cfg(feature = "std")]
    #[must_use]
    pub fn watch(&self) -> LinkWatch {
        self.link.clone()
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
        f.debug_struct("RemoteRelayInfo").field("route", &self.route()).finish_non_exhaustive()
    }
}
