//! What a program says about a channel before it is made.

use super::credential_source::CredentialSource;
#[cfg(feature = "std")]
use super::heartbeat::DEFAULT_HEARTBEAT_INTERVAL;
use super::heartbeat::OFFERED;
use super::initiator::DEFAULT_CHANNEL_HANDSHAKE_TIMEOUT;
use super::place::DEFAULT_CHANNEL_LIMIT;
#[cfg(feature = "std")]
use super::reconnect::ChannelReconnect;
use super::refresher::Renewal;
use super::trust_policy::{TrustEveryonePolicy, TrustPolicy};
use crate::channel::Features;
use crate::credential::CredentialAndPurposeKey;
use crate::identifier::Identifier;
use crate::identities::Identities;
use alloc::format;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicUsize, Ordering};
use core::time::Duration;
use ockam_core::{FlowControlId, Result};

/// What both sides of a channel are told alike.
#[derive(Clone, Debug)]
pub(super) struct Terms {
    pub(super) trust_policy: Arc<dyn TrustPolicy>,
    pub(super) authorities: Vec<Identifier>,
    credential: Option<CredentialAndPurposeKey>,
    pub(super) renewal: Option<Renewal>,
}

impl Terms {
    fn new() -> Self {
        Terms {
            trust_policy: Arc::new(TrustEveryonePolicy),
            authorities: Vec::new(),
            credential: None,
            renewal: None,
        }
    }

    /// Never forgets the identities whose word counts on these terms.
    pub(super) fn pin(&self, identities: &Identities) -> Result<()> {
        identities.pin(&self.authorities)?;
        self.renewal.as_ref().map_or(Ok(()), |renewal| identities.pin(&[*renewal.issuer()]))
    }

    /// Returns the credential of an identity that is shown now: that of the source, if it was
    /// obtained and has not expired, or the one that was given.
    pub(super) fn credential(
        &self,
        identities: &Identities,
        own: &Identifier,
    ) -> Result<Option<CredentialAndPurposeKey>> {
        match &self.renewal {
            Some(renewal) => identities.try_credential(own, renewal.issuer()),
            None => Ok(self.credential.clone()),
        }
    }
}

/// Makes an id that no other call in this process makes. Ids never leave the process, so they need
/// not be secret.
fn next_id(of: &str) -> FlowControlId {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    FlowControlId::from(format!("secure_{of}_{number}").as_str())
}

/// Implements what both kinds of options have.
macro_rules! terms {
    ($options:ident) => {
        impl $options {
            /// Says with whom a channel is made; unless told otherwise with everyone.
            #[must_use]
            pub fn with_trust_policy(mut self, policy: impl TrustPolicy) -> Self {
                self.terms.trust_policy = Arc::new(policy);
                self
            }

            /// Believes the credentials of an issuer, whose history has to be imported. May be
            /// said several times. Without an authority credentials of the peer are ignored.
            #[must_use]
            pub fn with_authority(mut self, authority: Identifier) -> Self {
                self.terms.authorities.push(authority);
                self
            }

            /// Shows a credential to the peer.
            #[must_use]
            pub fn with_credential(mut self, credential: CredentialAndPurposeKey) -> Self {
                self.terms.credential = Some(credential);
                self
            }

            /// Has a credential of an issuer, shows it to the peer, and replaces it before it
            /// expires as long as the channel lives: [`CREDENTIAL_REFRESH_GAP`] seconds before,
            /// and not sooner than [`CREDENTIAL_REFRESH_INTERVAL`] after the last attempt. It goes
            /// before a credential that was [given](Self::with_credential).
            ///
            /// Without one there is no channel; if none comes later, the channel goes on.
            ///
            /// [`CREDENTIAL_REFRESH_GAP`]: crate::CREDENTIAL_REFRESH_GAP
            /// [`CREDENTIAL_REFRESH_INTERVAL`]: crate::CREDENTIAL_REFRESH_INTERVAL
            #[must_use]
            pub fn with_credential_source(mut self, source: CredentialSource) -> Self {
                self.terms.renewal = Some(Renewal::of(source));
                self
            }
        }
    };
}

/// Says how a channel is made by the side that begins.
///
/// ```
/// use ockam_identity::{SecureChannelOptions, TrustIdentifierPolicy};
/// use std::time::Duration;
///
/// # let bob = ockam_identity::Identifier::from([7; 32]);
/// let options = SecureChannelOptions::new()
///     .with_trust_policy(TrustIdentifierPolicy::new(bob))
///     .with_timeout(Duration::from_secs(5));
/// ```
#[derive(Clone, Debug)]
pub struct SecureChannelOptions {
    pub(super) terms: Terms,
    pub(super) timeout: Duration,
    pub(super) flow: FlowControlId,
    #[cfg(feature = "std")]
    pub(super) reconnect: Option<ChannelReconnect>,
    /// How often the peer is asked whether it is still there.
    #[cfg(feature = "std")]
    pub(super) heartbeat: Option<Duration>,
}

impl SecureChannelOptions {
    /// Trusts everyone, waits for [`DEFAULT_CHANNEL_HANDSHAKE_TIMEOUT`], and makes the channel again when its
    /// path is lost.
    #[must_use]
    pub fn new() -> Self {
        SecureChannelOptions {
            terms: Terms::new(),
            timeout: DEFAULT_CHANNEL_HANDSHAKE_TIMEOUT,
            flow: next_id("channel"),
            #[cfg(feature = "std")]
            reconnect: Some(ChannelReconnect::new()),
            #[cfg(feature = "std")]
            heartbeat: Some(DEFAULT_HEARTBEAT_INTERVAL),
        }
    }

    /// Returns the id of the channel's flow: its consumers are reached by the peer.
    #[must_use]
    pub fn flow_control_id(&self) -> FlowControlId {
        self.flow.clone()
    }

    /// Says how long the handshake may take, with the wait for the peer's decision about this side.
    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Says how the channel is made again when its path is lost, instead of as
    /// [`ChannelReconnect::new`] does.
    ///
    /// Its path is lost when the connection ends, or is made again, with which the route begins. Then
    /// the channel walks the route that the program gave once more: a hop such as
    /// `(TCP, "host:4000")` is connected anew, and the peer makes a new handshake, in which it has to
    /// be the same identity as before. The address of the channel, its flow, and its consumers stay.
    /// Those who wait for answers through it are told at once. What is sent meanwhile waits, for
    /// [`CHANNEL_GAP_LIMIT`](crate::CHANNEL_GAP_LIMIT) at most. If the route begins with a connection
    /// that the program has made, and that has ended, then the channel is down until
    /// [`update_route`](crate::SecureChannel::update_route).
    ///
    /// A peer that was restarted behind a relay which stayed up is found by
    /// [heartbeats](Self::with_heartbeat_interval), and not without them: nothing of the path was lost
    /// on this side. A peer of this library whose node stops says so, and is looked for as one whose path
    /// was lost. A peer that closes the channel ends it, and so does one of Ockam 0.150 whose node
    /// stops. Without `std` channels are not made again.
    #[cfg(feature = "std")]
    #[must_use]
    pub fn with_reconnect(mut self, reconnect: ChannelReconnect) -> Self {
        self.reconnect = Some(reconnect);
        self
    }

    /// Does not make the channel again when its path is lost: it goes on with the keys that it has, if
    /// there is a way, or if it is given one by
    /// [`update_route`](crate::SecureChannel::update_route). A peer that was restarted knows nothing of
    /// it.
    #[cfg(feature = "std")]
    #[must_use]
    pub fn without_reconnect(mut self) -> Self {
        self.reconnect = None;
        self
    }

    /// Sets how often an idle channel asks whether its peer is still there, instead of each
    /// [`DEFAULT_HEARTBEAT_INTERVAL`](crate::DEFAULT_HEARTBEAT_INTERVAL); at least
    /// [`MIN_HEARTBEAT_INTERVAL`](crate::MIN_HEARTBEAT_INTERVAL), and
    /// [`MIN_SLOW_HEARTBEAT_INTERVAL`](crate::MIN_SLOW_HEARTBEAT_INTERVAL) towards a board.
    ///
    /// A peer that does not answer is found within three intervals, and then the channel is made again
    /// as after the loss of its connection. So it finds what no connection tells: that the peer, or
    /// a node between, was restarted or stands still. Each heartbeat and each answer is a message of
    /// 42 bytes inside of the routes. Peers of Ockam 0.150 are not asked, and neither are those of a
    /// channel [without reconnect](Self::without_reconnect).
    #[cfg(feature = "std")]
    #[must_use]
    pub fn with_heartbeat_interval(mut self, interval: Duration) -> Self {
        self.heartbeat = Some(interval);
        self
    }

    /// Does not ask whether the peer is still there.
    #[cfg(feature = "std")]
    #[must_use]
    pub fn without_heartbeats(mut self) -> Self {
        self.heartbeat = None;
        self
    }

    /// Tells whether the channel is made again when its path is lost.
    #[cfg_attr(not(feature = "std"), allow(clippy::unused_self))]
    pub(super) fn made_again(&self) -> bool {
        #[cfg(feature = "std")]
        return self.reconnect.is_some();
        #[cfg(not(feature = "std"))]
        false
    }
}

impl Default for SecureChannelOptions {
    fn default() -> Self {
        Self::new()
    }
}

terms!(SecureChannelOptions);

/// Says how channels are made by the side that answers.
///
/// ```
/// use ockam_identity::{SecureChannelListenerOptions, TrustIdentifierPolicy};
///
/// # let alice = ockam_identity::Identifier::from([7; 32]);
/// # let tcp_listener_flow = ockam_core::FlowControlId::from("f");
/// let options = SecureChannelListenerOptions::new()
///     .as_consumer(&tcp_listener_flow)
///     .with_trust_policy(TrustIdentifierPolicy::new(alice));
/// ```
#[derive(Clone, Debug)]
pub struct SecureChannelListenerOptions {
    pub(super) terms: Terms,
    /// The flows over which handshakes may begin.
    pub(super) consumer_of: Vec<FlowControlId>,
    pub(super) flow: FlowControlId,
    pub(super) channel_limit: usize,
    /// What is offered to initiators that understand it.
    pub(super) features: Features,
}

impl SecureChannelListenerOptions {
    /// Trusts everyone, is reached from this node only, and holds [`DEFAULT_CHANNEL_LIMIT`]
    /// channels.
    #[must_use]
    pub fn new() -> Self {
        SecureChannelListenerOptions {
            terms: Terms::new(),
            consumer_of: Vec::new(),
            flow: next_id("channel_listener"),
            channel_limit: DEFAULT_CHANNEL_LIMIT,
            features: OFFERED,
        }
    }

    /// Makes the listener, and the channels that it makes, reachable for a flow: that of a
    /// transport's listener or connection, or of another channel. May be said several times.
    #[must_use]
    pub fn as_consumer(mut self, id: impl Into<FlowControlId>) -> Self {
        self.consumer_of.push(id.into());
        self
    }

    /// Says how many channels the listener holds at a time, at least one, instead of
    /// [`DEFAULT_CHANNEL_LIMIT`].
    ///
    /// One more ends the channel through which nothing has come in for longest, and its peer is
    /// told: so a peer that went away without a word takes nobody's place. If the newcomer's
    /// identity has more than half of the channels, the one that ends is one of its own.
    #[must_use]
    pub fn with_channel_limit(mut self, channels: usize) -> Self {
        self.channel_limit = channels;
        self
    }

    /// Tells nobody that it was refused, nor that it was not: what the trust policy does not let in
    /// hears nothing, as from Ockam 0.150.
    ///
    /// Nothing else is agreed on either, so that such channels have no heartbeats.
    ///
    /// By default an initiator of this library is told: its `create_secure_channel` fails at once
    /// instead of returning a channel that leads nowhere. It does not learn why. That something
    /// listens, and under which identity, it has learnt before, since the responder shows itself
    /// first.
    #[must_use]
    pub fn without_refusals(mut self) -> Self {
        self.features = Features::NONE;
        self
    }

    /// Returns the id of the listener: its consumers are reached by all channels that it makes.
    #[must_use]
    pub fn spawner_flow_control_id(&self) -> FlowControlId {
        self.flow.clone()
    }
}

impl Default for SecureChannelListenerOptions {
    fn default() -> Self {
        Self::new()
    }
}

terms!(SecureChannelListenerOptions);
