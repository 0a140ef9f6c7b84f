//! Two nodes with a link between them, a channel each way, and everything of the program that they
//! call.

use crate::custody::{MemoryStore, Policy, identities};
use crate::fuse::Point;
use crate::program::{RelayRule, Resident, Rule, Waiting, Ways};
use ockam::access_control::AllowAll;
use ockam::identity::{
    Attributes, CREDENTIAL_ISSUER, CredentialIssuer, CredentialSource, Identifier, Identities,
    NodeRng, SecureChannel, SecureChannelListener, SecureChannelListenerOptions,
    SecureChannelOptions,
};
use ockam::workers::Echoer;
use ockam::{
    Address, Handle, Message, MessageSendReceiveOptions, NodeBuilder, RelayService,
    RelayServiceOptions, Result, Route, route,
};
use ockam_transport_memory::{LinkEnd, LinkOptions, MemoryNode, Network};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// How long an ask may take.
pub(crate) const ASK: Duration = Duration::from_secs(5);

/// How long the stop of a node may take.
pub(crate) const STOP: Duration = Duration::from_secs(5);

/// How long a credential lives, in seconds.
const LIFETIME: u64 = 600;

pub(crate) const LISTENER: &str = "listener";
pub(crate) const WITNESS: &str = "witness";
pub(crate) const RELAYS: &str = "relays";

/// One of the two nodes.
pub(crate) struct Side {
    pub(crate) node: MemoryNode,
    pub(crate) store: Arc<MemoryStore>,
    pub(crate) identities: Identities,
    pub(crate) own: Identifier,
    /// The way to the other node.
    pub(crate) link: LinkEnd,
    listener: SecureChannelListener,
    _relays: RelayService,
}

/// The nodes. The second is the issuer of both.
pub(crate) struct World {
    pub(crate) sides: [Side; 2],
    /// From the first to the second, and back.
    pub(crate) channels: [SecureChannel; 2],
    _network: Network,
}

impl World {
    pub(crate) async fn new() -> Result<Self> {
        let network = Network::new(1);
        let nodes = [node(&network, "alice")?, node(&network, "bob")?];
        let (to_bob, to_alice) = network.link(&nodes[0], &nodes[1], LinkOptions::new()).await?;
        let [alice, bob] = nodes;
        let (alice, bob) = (Side::new(alice, to_bob).await?, Side::new(bob, to_alice).await?);
        alice.identities.import(&bob.identities.export(&bob.own)?, None)?;
        bob.start_issuer().await?;
        let there = alice.channel(&bob, &bob.own).await?;
        let back = bob.channel(&alice, &bob.own).await?;
        Ok(World { sides: [alice, bob], channels: [there, back], _network: network })
    }

    /// A witness of each node, asked over each way.
    pub(crate) async fn assert_witnesses(&self) -> Result<()> {
        for (from, channel) in self.sides.iter().zip(&self.channels) {
            from.ask(route![WITNESS], "here".to_string()).await?;
            from.ask(route![&from.link, WITNESS], "there".to_string()).await?;
            from.ask(route![channel, WITNESS], "through the channel".to_string()).await?;
        }
        Ok(())
    }

    /// Lists the workers of both nodes.
    pub(crate) fn workers(&self) -> BTreeSet<(usize, Address)> {
        let of =
            |side: usize| self.sides[side].node.list_workers().into_iter().map(move |w| (side, w));
        of(0).chain(of(1)).collect()
    }
}

fn node(network: &Network, name: &str) -> Result<MemoryNode> {
    let mut dice = network.dice(name);
    let random = move |bytes: &mut [u8]| {
        Point::Random.reach();
        dice.fill(bytes);
    };
    let builder = NodeBuilder::new().with_random(random).with_blocking_limit(Duration::MAX);
    network.join(name, builder.with_stop_timeout(STOP).build()?)
}

impl Side {
    async fn new(node: MemoryNode, link: LinkEnd) -> Result<Self> {
        let store = Arc::new(MemoryStore::default());
        let identities = identities(&store)?;
        let own = identities.create_identity(&mut NodeRng::new(&node)).await?;
        let flows = [link.flow_control_id(), node.flow_control_id()];
        let options = SecureChannelListenerOptions::new().with_trust_policy(Policy::resident());
        let options = flows.iter().fold(options, |options, flow| options.as_consumer(*flow));
        let listener =
            identities.create_secure_channel_listener(&node, &own, LISTENER, options).await?;
        node.start_worker(WITNESS, Echoer).await?;
        let relays = RelayServiceOptions::new().with_access_control(RelayRule);
        let relays = flows.iter().fold(relays, |relays, flow| relays.service_as_consumer(flow));
        let _relays = RelayService::create(&node, RELAYS, relays).await?;
        let resident = Resident::new();
        node.start_worker_with_access_control("resident", resident, Rule::resident(), AllowAll)
            .await?;
        node.start_processor("waiting", Waiting).await?;
        node.register_transport(Arc::new(Ways)).unwrap();
        let side = Side { node, store, identities, own, link, listener, _relays };
        side.let_in(WITNESS);
        Ok(side)
    }

    /// Gives whoever asks a credential.
    async fn start_issuer(&self) -> Result<()> {
        let register = |_: &Identifier| {
            Point::Register.reach();
            Some(Attributes::new(1).with("role", "member"))
        };
        let issuer = CredentialIssuer::new(&self.identities, self.own, register);
        self.node.start_worker(CREDENTIAL_ISSUER, issuer.with_lifetime(LIFETIME)).await?;
        self.let_in(CREDENTIAL_ISSUER);
        Ok(())
    }

    /// Lets what comes from the other node reach a worker.
    pub(crate) fn let_in(&self, name: &str) {
        let flows = self.node.flow_controls();
        let listener = self.listener.flow_control_id();
        for flow in [listener, self.link.flow_control_id(), self.node.flow_control_id()] {
            flows.add_consumer(name, flow);
        }
    }

    /// The way to the listener of the issuer.
    fn way_to(&self, issuer: &Identifier) -> Route {
        if self.own == *issuer { route![LISTENER] } else { route![&self.link, LISTENER] }
    }

    /// Makes a channel to the other side, with a credential of the issuer.
    pub(crate) async fn channel(&self, to: &Side, issuer: &Identifier) -> Result<SecureChannel> {
        let source = CredentialSource::new(*issuer, self.way_to(issuer));
        let options = SecureChannelOptions::new()
            .with_trust_policy(Policy::new())
            .with_timeout(ASK)
            .with_credential_source(source);
        let route = route![&self.link, LISTENER];
        let channel = self.identities.create_secure_channel(&self.node, &self.own, route, options);
        let channel = channel.await?;
        assert_eq!(channel.peer(), &to.own);
        Ok(channel)
    }

    /// Asks, with a limit, and makes sure that it is kept.
    pub(crate) async fn ask<M: Message>(&self, route: Route, body: M) -> Result<M> {
        ask(&self.node, route, body).await
    }
}

pub(crate) async fn ask<M: Message>(handle: &Handle, route: Route, body: M) -> Result<M> {
    let (begun, options) = (Instant::now(), MessageSendReceiveOptions::new().with_timeout(ASK));
    let answer = handle.send_and_receive_extended::<M>(route.clone(), body, options).await;
    assert!(
        begun.elapsed() <= ASK + Duration::from_secs(1),
        "the ask of {route} did not end in time"
    );
    answer.map(|answer| answer.body())
}
