//! Alice, who makes channels with Bob, on nodes whose links the test cuts.

use crate::support::ms;
use ockam::identity::{
    Identifier, Identities, NodeRng, SecureChannel, SecureChannelListenerOptions,
    SecureChannelOptions, TrustIdentifierPolicy,
};
use ockam::link::LinkState;
use ockam::workers::Echoer;
use ockam::{
    Any, Context, Handle, MessageSendReceiveOptions, NodeBuilder, Result, Routed, Worker, route,
};
use ockam_transport_memory::{LinkEnd, LinkOptions, MEMORY, MemoryNode, Network};
use std::time::Duration;
use tokio::sync::mpsc;

pub(crate) const LISTENER: &str = "bob_listener";

/// What the recorder at Bob's node has got.
pub(crate) type Recorded = mpsc::UnboundedReceiver<u64>;

pub(crate) struct Stage {
    pub(crate) network: Network,
    pub(crate) alice_node: MemoryNode,
    pub(crate) of_alice: Identities,
    pub(crate) of_bob: Identities,
    pub(crate) alice: Identifier,
    pub(crate) bob: Identifier,
    /// How long a frame takes over the links to Bob's node.
    delay: Duration,
    /// Counts Bob's nodes.
    lives: u64,
}

/// Bob's node, as long as it lives.
pub(crate) struct Life {
    pub(crate) node: MemoryNode,
    pub(crate) recorded: Recorded,
    /// Alice's end of the link.
    pub(crate) link: LinkEnd,
}

/// Shows the numbers that it gets.
struct Recorder(mpsc::UnboundedSender<u64>);

impl Worker for Recorder {
    type Context = Context;
    type Message = u64;

    async fn handle_message(&mut self, _: &mut Context, msg: Routed<u64>) -> Result<()> {
        let _ = self.0.send(msg.body());
        Ok(())
    }
}

/// Takes questions and does not answer.
struct Silent;

impl Worker for Silent {
    type Context = Context;
    type Message = Any;

    async fn handle_message(&mut self, _: &mut Context, _: Routed<Any>) -> Result<()> {
        Ok(())
    }
}

impl Stage {
    pub(crate) async fn new() -> Self {
        let network = Network::new(7);
        let alice_node = network.node("alice").unwrap();
        let (of_alice, of_bob) = (Identities::in_memory(), Identities::in_memory());
        let alice = identity(&of_alice, &alice_node).await;
        let bob = identity(&of_bob, &alice_node).await;
        Stage { network, alice_node, of_alice, of_bob, alice, bob, delay: Duration::ZERO, lives: 0 }
    }

    /// Sets how long a frame takes over the links that are made from now on.
    pub(crate) fn set_delay(&mut self, delay: Duration) {
        self.delay = delay;
    }

    /// Starts a node called `bob`, which is Bob's.
    pub(crate) async fn bob(&mut self) -> Life {
        let (identities, bob) = (self.of_bob.clone(), self.bob);
        self.bob_as(&identities, &bob, SecureChannelListenerOptions::new()).await
    }

    /// Starts a node called `bob`, where an identity answers.
    pub(crate) async fn bob_as(
        &mut self,
        identities: &Identities,
        own: &Identifier,
        options: SecureChannelListenerOptions,
    ) -> Life {
        self.lives += 1;
        let mut dice = self.network.dice(&format!("bob {}", self.lives));
        let builder = NodeBuilder::new().with_random(move |bytes| dice.fill(bytes));
        let context = builder.with_blocking_limit(Duration::MAX).build().unwrap();
        let node = self.network.join("bob", context).unwrap();
        let options = options.as_consumer(node.flow_control_id());
        let listener =
            identities.create_secure_channel_listener(&node, own, LISTENER, options).await.unwrap();
        let recorded = self.record(&node).await;
        node.start_worker("echoer", Echoer).await.unwrap();
        node.start_worker("silent", Silent).await.unwrap();
        for worker in ["echoer", "recorder", "silent"] {
            node.flow_controls().add_consumer(worker, listener.flow_control_id());
        }
        let link = self.link(&node, self.links()).await;
        Life { node, recorded, link }
    }

    /// Starts a recorder.
    pub(crate) async fn record(&self, node: &MemoryNode) -> Recorded {
        let (sender, recorded) = mpsc::unbounded_channel();
        node.start_worker("recorder", Recorder(sender)).await.unwrap();
        recorded
    }

    fn links(&self) -> LinkOptions {
        LinkOptions::new().with_delay(self.delay..=self.delay)
    }

    /// Makes the link that Alice's routes to Bob take.
    pub(crate) async fn link(&self, bob: &MemoryNode, options: LinkOptions) -> LinkEnd {
        self.network.link(&self.alice_node, bob, options).await.unwrap().0
    }

    pub(crate) fn options(&self) -> SecureChannelOptions {
        SecureChannelOptions::new().with_trust_policy(TrustIdentifierPolicy::new(self.bob))
    }

    pub(crate) async fn channel(&self) -> SecureChannel {
        self.channel_with(self.options()).await
    }

    pub(crate) async fn channel_with(&self, options: SecureChannelOptions) -> SecureChannel {
        let way = route![(MEMORY, "bob"), LISTENER];
        self.of_alice
            .create_secure_channel(&self.alice_node, &self.alice, way, options)
            .await
            .unwrap()
    }

    /// Ends Bob's node without a word, as a kill does.
    pub(crate) fn kill(&self, life: Life) -> Recorded {
        self.network.leave("bob");
        self.network.disconnect(&life.link);
        life.recorded
    }

    /// Takes Bob's node off the network, and lets Alice's link to it end.
    pub(crate) fn lose(&self, life: Life) -> Away {
        self.network.leave("bob");
        self.network.disconnect(&life.link);
        Away { context: life.node.into_context(), recorded: life.recorded }
    }

    /// Brings a node back onto the network, that has lived on.
    pub(crate) async fn back(&self, away: Away) -> Life {
        let node = self.network.join("bob", away.context).unwrap();
        node.flow_controls().add_consumer(LISTENER, node.flow_control_id());
        let link = self.link(&node, self.links()).await;
        Life { node, recorded: away.recorded, link }
    }

    /// Asks a worker of Bob's through a channel.
    pub(crate) async fn ask(&self, channel: &SecureChannel, limit: Duration) -> Result<u64> {
        ask(&self.alice_node, channel, "echoer", limit).await
    }

    pub(crate) async fn assert_answered(&self, channel: &SecureChannel) {
        assert_eq!(self.ask(channel, ms(5000)).await.unwrap(), 7);
    }

    /// Sends a number to the recorder.
    pub(crate) async fn send(&self, channel: &SecureChannel, number: u64) {
        self.alice_node.send(route![channel, "recorder"], number).await.unwrap();
    }
}

/// A node that is on no network for a while.
pub(crate) struct Away {
    context: Context,
    recorded: Recorded,
}

pub(crate) async fn identity(identities: &Identities, handle: &Handle) -> Identifier {
    identities.create_identity(&mut NodeRng::new(handle)).await.unwrap()
}

pub(crate) async fn ask(
    handle: &Handle,
    channel: &SecureChannel,
    worker: &str,
    limit: Duration,
) -> Result<u64> {
    let options = MessageSendReceiveOptions::new().with_timeout(limit);
    let answer = handle.send_and_receive_extended::<u64>(route![channel, worker], 7u64, options);
    Ok(answer.await?.body())
}

/// The longest wait for a state of a channel. The heartbeats of a channel that is up keep the clock
/// going, so that a wait for what never comes has to have an end.
const STATE_LIMIT: Duration = Duration::from_secs(4 * 3600);

/// Waits until a channel is in a state.
pub(crate) async fn until_state(
    channel: &SecureChannel,
    is_so: impl Fn(&LinkState) -> bool,
) -> LinkState {
    let mut watch = channel.watch();
    let wait = async {
        let mut state = watch.state();
        while !is_so(&state) {
            state = watch.changed().await;
        }
        state
    };
    let state = tokio::time::timeout(STATE_LIMIT, wait).await;
    state.unwrap_or_else(|_| panic!("still {} after {STATE_LIMIT:?}", channel.state()))
}

pub(crate) fn is_down(state: &LinkState) -> bool {
    !state.is_up()
}
