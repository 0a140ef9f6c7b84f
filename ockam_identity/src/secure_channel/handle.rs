//! A channel as a program holds it.

use super::ends::Ends;
use crate::channel::Features;
use crate::credential::CredentialAndPurposeKey;
use crate::identifier::Identifier;
use crate::identities::Identities;
use alloc::format;
use alloc::sync::Arc;
use core::fmt;
use ockam_core::{Address, Error, ErrorKind, FlowControlId, Result, Route, hop_conversions};
use ockam_node::Handle;
#[cfg(feature = "std")]
use ockam_node::{LinkState, LinkWatch};

/// A secure channel: put it into a route, and what is sent comes out at the other end.
///
/// ```
/// # use ockam_core::{Route, route};
/// # fn to_the_echoer(channel: ockam_identity::SecureChannel) -> Route {
/// route![channel, "echoer"]
/// # }
/// ```
#[derive(Clone)]
pub struct SecureChannel(Arc<Ends>);

impl SecureChannel {
    pub(super) fn new(ends: Arc<Ends>) -> Self {
        SecureChannel(ends)
    }

    /// Returns the address that stands for the channel in routes.
    #[must_use]
    pub fn address(&self) -> &Address {
        &self.0.encryptor
    }

    /// Returns where the channel is: an initiator's is being made again while its path is lost, and is
    /// down if that is not tried, or when it has ended.
    #[cfg(feature = "std")]
    #[must_use]
    pub fn state(&self) -> LinkState {
        self.0.link.status().state
    }

    /// Begins to follow where the channel is.
    #[cfg(feature = "std")]
    #[must_use]
    pub fn watch(&self) -> LinkWatch {
        self.0.link.watch()
    }

    /// Returns the identity at the other end.
    #[must_use]
    pub fn peer(&self) -> &Identifier {
        &self.0.peer
    }

    /// Tells whether the peer has said that it takes this side. Ockam 0.150 never does, and a listener
    /// [without refusals](crate::SecureChannelListenerOptions::without_refusals) neither: then the
    /// channel may lead nowhere.
    #[must_use]
    pub fn is_confirmed(&self) -> bool {
        self.0.features.contains(Features::CONFIRMS)
    }

    /// Returns the id of the channel's flow: its consumers are reached by the peer.
    #[must_use]
    pub fn flow_control_id(&self) -> &FlowControlId {
        &self.0.flow
    }

    /// Shows the peer a newer credential, and the current history of the own identity.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound) if the channel has ended.
    ///
    /// # Cancel safety
    /// Dropped before it is done, nothing is shown.
    pub async fn refresh_credential(
        &self,
        handle: &Handle,
        identities: &Identities,
        credential: CredentialAndPurposeKey,
    ) -> Result<()> {
        self.0.show(handle, identities, credential).await
    }

    /// Ends the channel on both sides. What was sent before is delivered before.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound) if it has ended,
    /// [`TimedOut`](ErrorKind::TimedOut) if it is busy for longer than the node's stop timeout.
    ///
    /// # Cancel safety
    /// The end begins with the first poll, and goes on if the future is dropped.
    pub async fn stop(&self, handle: &Handle) -> Result<()> {
        handle.stop_worker(self.0.encryptor.clone()).await
    }

    /// Sets the way to the peer, which is the way to the peer's node: for a channel whose
    /// connection was replaced. Only the side that began the channel has to be told. A channel that is
    /// down is made again over it, and what is sent meanwhile waits; one that is up goes over it from
    /// now on, and is made again over it when that is lost.
    ///
    /// A connection further away that was replaced needs no such call if the route names a relay that
    /// leads over the new one: see [`WAY_TRUSTED_FOR`](crate::WAY_TRUSTED_FOR).
    ///
    /// If the first hop is a connection, or another channel, then asks through this channel fail
    /// when that one is lost, as those that go over it directly do; the channel stays.
    ///
    /// # Errors
    /// [`InvalidInput`](ErrorKind::InvalidInput) if the route is too long, or begins with a hop of a
    /// transport, which may have to be connected: see [`go_over`](Self::go_over).
    pub fn update_route(&self, handle: &Handle, route_to_node: impl Into<Route>) -> Result<()> {
        let route_to_node = route_to_node.into();
        if let Some(hop) = route_to_node.first().filter(|hop| !hop.is_local()) {
            return Err(not_resolved(hop));
        }
        self.change_way(handle, route_to_node.clone(), route_to_node)
    }

    /// As [`update_route`](Self::update_route), for a route in which a hop may belong to a transport,
    /// such as `(TCP, "host:4000")`, which connects first. A channel that is down is made again over
    /// the route, and this does not wait for it.
    ///
    /// # Errors
    /// [`InvalidInput`](ErrorKind::InvalidInput) if the route is too long, and as [`Handle::resolve`]
    /// if the channel is up: then it goes over the way that it has.
    ///
    /// # Cancel safety
    /// Dropped before it is done, the channel goes over the way that it has.
    pub async fn go_over(&self, handle: &Handle, route_to_node: impl Into<Route>) -> Result<()> {
        let asked = route_to_node.into();
        #[cfg(feature = "std")]
        if self.0.healing.as_ref().is_some_and(|healing| healing.outage().is_some()) {
            return self.change_way(handle, asked, Route::new());
        }
        let resolved = handle.resolve(asked.clone()).await?;
        self.change_way(handle, asked, resolved)
    }

    /// Goes over a way that leads to the peer's node. While the channel is down, there is nothing to go
    /// over, and the program's route counts.
    #[cfg_attr(not(feature = "std"), allow(unused_variables))]
    fn change_way(&self, handle: &Handle, asked: Route, mut way: Route) -> Result<()> {
        let last = self.0.remote.with(|remote| remote.last().cloned());
        if let Some(last) = last {
            way.push_back(last);
        }
        way.validate()?;
        #[cfg(feature = "std")]
        if let Some(healing) = &self.0.healing {
            let mut whole = asked.clone();
            whole.push_back(self.0.decryptor.clone());
            whole.validate()?;
            healing.reroute(asked);
            if healing.outage().is_some() {
                return Ok(());
            }
        }
        self.0.take_route(handle, way);
        Ok(())
    }
}

#[cold]
fn not_resolved(hop: &Address) -> Error {
    Error::with_text(ErrorKind::InvalidInput, || {
        format!("{hop} belongs to a transport, which may have to connect: use `go_over`")
    })
}

hop_conversions!(SecureChannel, |channel| &channel.0.encryptor);

impl fmt::Debug for SecureChannel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecureChannel({} with {})", self.0.encryptor, self.0.peer)
    }
}
