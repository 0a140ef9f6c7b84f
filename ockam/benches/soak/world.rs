//! Three nodes in a row: an initiator, a middle with a relay, and a responder.
//!
//! ```text
//! initiator ══ proxy ══ middle: forward_to_responder ══ proxy ══ responder: echoer, fragile, silent
//!     └──────────────────── secure channel ─────────────────────────┘
//! ```

use crate::Result;
use crate::proxy::Proxy;
use ockam::flow_control::FlowControlId;
use ockam::identity::{
    Identifier, Identities, NodeRng, SecureChannel, SecureChannelListenerOptions,
    SecureChannelOptions, TrustIdentifierPolicy,
};
use ockam::tcp::{TcpConnection, TcpListener, TcpReconnect};
use ockam::workers::{Echoer, Relay};
use ockam::{
    Address, Context, Handle, MessageSendReceiveOptions, Node, NodeBuilder, Routed,
    TcpConnectionOptions, TcpListenerOptions, TcpTransportExtension, Worker, node, route,
};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// Where the relay in the middle is.
const RELAY: &str = "forward_to_responder";

/// How many channels the responder has at a time. One whose end was lost with its connection stays
/// until others take its place.
const CHANNELS: usize = 4;

/// How many addresses are looked at for flows that outlived their workers.
const REMEMBERED: usize = 4096;

/// How long the nodes may take until they talk to each other again.
const PATIENCE: Duration = Duration::from_secs(30);

/// Answers what it gets, fails at "fail" and panics at "panic".
pub(crate) struct Fragile;

impl Worker for Fragile {
    type Context = Context;
    type Message = String;

    async fn handle_message(
        &mut self,
        ctx: &mut Context,
        msg: Routed<String>,
    ) -> ockam::Result<()> {
        match msg.as_body().as_str() {
            "panic" => panic!("as wanted"),
            "fail" => Err(std::io::Error::other("as wanted").into()),
            _ => ctx.send(msg.return_route(), msg.body()).await,
        }
    }
}

/// Takes messages and answers none.
struct Silent;

impl Worker for Silent {
    type Context = Context;
    type Message = String;

    async fn handle_message(&mut self, _: &mut Context, _: Routed<String>) -> ockam::Result<()> {
        Ok(())
    }
}

pub(crate) struct World {
    pub(crate) initiator: Node,
    middle: Node,
    pub(crate) responder: Node,
    /// Between initiator and middle, and between middle and responder.
    pub(crate) proxies: [Proxy; 2],
    connection: TcpConnection,
    alice: Identifier,
    bob: Identifier,
    consumers_of: FlowControlId,
    channel: Option<SecureChannel>,
    seen: BTreeSet<Address>,
    _listeners: [TcpListener; 2],
}

impl World {
    pub(crate) async fn new() -> Result<Self> {
        let (of_responder, of_initiator) = (Identities::in_memory(), Identities::in_memory());
        let responder = new_node()?.with_identities(of_responder.clone());
        let middle = new_node()?;
        let initiator = new_node()?.with_identities(of_initiator.clone());
        let bob = of_responder.create_identity(&mut NodeRng::new(&responder)).await?;
        let alice = of_initiator.create_identity(&mut NodeRng::new(&initiator)).await?;

        let at_responder = listen(&responder).await?;
        let options = SecureChannelListenerOptions::new()
            .as_consumer(at_responder.flow_control_id())
            .with_channel_limit(CHANNELS);
        let channels = responder.create_secure_channel_listener(&bob, "bob", options).await?;
        let consumers_of = channels.flow_control_id().clone();

        let second = Proxy::to(at_responder.socket_address()).await?;
        let at_middle = listen(&middle).await?;
        let onward = connect(&middle, &second).await?;
        middle.start_worker(RELAY, Relay::new(onward)).await?;
        middle.flow_controls().add_consumer(RELAY, at_middle.flow_control_id());

        let first = Proxy::to(at_middle.socket_address()).await?;
        let connection = connect(&initiator, &first).await?;
        let world = World {
            initiator,
            middle,
            responder,
            proxies: [first, second],
            connection,
            alice,
            bob,
            consumers_of,
            channel: None,
            seen: BTreeSet::new(),
            _listeners: [at_middle, at_responder],
        };
        world.start_at_responder("echoer", Echoer).await?;
        world.start_at_responder("fragile", Fragile).await?;
        world.start_at_responder("silent", Silent).await?;
        Ok(world)
    }

    async fn start_at_responder<W>(&self, address: &str, worker: W) -> Result<()>
    where
        W: Worker<Context = Context>,
    {
        self.responder.start_worker(address, worker).await?;
        self.responder.flow_controls().add_consumer(address, &self.consumers_of);
        Ok(())
    }

    /// Stops the echoer and starts another one.
    pub(crate) async fn restart_echoer(&self) -> Result<()> {
        self.responder.stop_worker("echoer").await?;
        self.start_at_responder("echoer", Echoer).await
    }

    /// Starts the fragile worker again if it has panicked.
    pub(crate) async fn mend_fragile(&self) -> Result<()> {
        if self.responder.is_worker_registered_at("fragile") {
            return Ok(());
        }
        self.start_at_responder("fragile", Fragile).await
    }

    /// Returns the route to a worker of the responder, or `None` without a channel.
    pub(crate) fn route_to(&self, worker: &str) -> Option<ockam::Route> {
        self.channel.as_ref().map(|channel| route![channel, worker])
    }

    /// Ends the channel, if there is one, and makes another.
    pub(crate) async fn replace_channel(&mut self, timeout: Duration) -> Result<()> {
        self.end_channel().await;
        self.channel = Some(self.make_channel(timeout).await?);
        Ok(())
    }

    async fn end_channel(&mut self) {
        if let Some(channel) = self.channel.take() {
            self.end(&channel).await;
        }
    }

    async fn end(&self, channel: &SecureChannel) {
        // The other end may be out of reach; this one ends all the same.
        let _ = channel.stop(&self.initiator).await;
    }

    async fn make_channel(&self, timeout: Duration) -> Result<SecureChannel> {
        let options = SecureChannelOptions::new()
            .with_trust_policy(TrustIdentifierPolicy::new(self.bob))
            .with_timeout(timeout);
        let way = route![&self.connection, RELAY, "bob"];
        Ok(self.initiator.create_secure_channel(&self.alice, way, options).await?)
    }

    /// Brings the nodes into the same state each time: all connections are up, there is one channel,
    /// and the responder has no channel whose initiator has gone.
    pub(crate) async fn settle(&mut self) -> Result<()> {
        self.mend_fragile().await?;
        self.end_channel().await;
        let deadline = Instant::now() + PATIENCE;
        let mut channels = loop {
            match self.fill_listener().await {
                Ok(channels) => break channels,
                Err(error) if Instant::now() > deadline => {
                    return Err(format!("no channel for {PATIENCE:?}: {error}").into());
                }
                Err(_) => {}
            }
        };
        self.channel = channels.pop();
        for channel in &channels {
            self.end(channel).await;
        }
        Ok(())
    }

    /// Makes as many channels as the responder has places, so that each one there whose initiator
    /// has gone gives way to one of these. If one cannot be made, none is left.
    async fn fill_listener(&self) -> Result<Vec<SecureChannel>> {
        let mut channels = Vec::new();
        for _ in 0..CHANNELS {
            match self.make_proven_channel().await {
                Ok(channel) => channels.push(channel),
                Err(error) => {
                    for channel in &channels {
                        self.end(channel).await;
                    }
                    return Err(error);
                }
            }
        }
        Ok(channels)
    }

    /// Makes a channel that has carried an answer. Before that the last message of its handshake may
    /// have been lost with a connection, and the responder has no channel.
    async fn make_proven_channel(&self) -> Result<SecureChannel> {
        let channel = self.make_channel(Duration::from_secs(2)).await?;
        let answer =
            ask(&self.initiator, route![&channel, "echoer"], "settled", Duration::from_secs(2));
        match answer.await {
            Ok(answer) if answer == "settled" => Ok(channel),
            Ok(answer) => Err(format!("the answer was {answer}").into()),
            Err(error) => {
                self.end(&channel).await;
                Err(error.into())
            }
        }
    }

    pub(crate) fn workers(&self) -> [usize; 3] {
        [&self.initiator, &self.middle, &self.responder].map(|node| node.list_workers().len())
    }

    /// Remembers the addresses of now, to look for their flows later.
    pub(crate) fn remember_addresses(&mut self) {
        if self.seen.len() < REMEMBERED {
            for node in [&self.initiator, &self.middle, &self.responder] {
                self.seen.extend(node.list_workers());
            }
        }
    }

    /// Lists the flows whose producer has gone.
    pub(crate) fn flows_without_worker(&self) -> Vec<String> {
        let mut found = Vec::new();
        for node in [&self.initiator, &self.middle, &self.responder] {
            for address in &self.seen {
                let flow = node.flow_controls().find_flow_control_with_producer_address(address);
                if flow.is_some() && !node.is_worker_registered_at(address.clone()) {
                    found.push(format!("{address} has ended, and its flow has not"));
                }
            }
        }
        found
    }

    /// Stops the nodes, each of which has to end within its time.
    pub(crate) async fn stop(mut self) -> Result<()> {
        self.initiator.stop().await?;
        self.middle.stop().await?;
        self.responder.stop().await?;
        Ok(())
    }
}

fn new_node() -> Result<Node> {
    Ok(node(NodeBuilder::new().build()?))
}

async fn listen(node: &Node) -> Result<TcpListener> {
    let tcp = node.create_tcp_transport().await?;
    Ok(tcp.listen("127.0.0.1:0", TcpListenerOptions::new()).await?)
}

async fn connect(node: &Node, proxy: &Proxy) -> Result<TcpConnection> {
    let tcp = node.create_tcp_transport().await?;
    let waits =
        TcpReconnect::new().with_waits(Duration::from_millis(10), Duration::from_millis(200));
    let options = TcpConnectionOptions::new().with_reconnect(waits);
    Ok(tcp.connect(proxy.address(), options).await?)
}

/// Asks a worker that answers with text.
pub(crate) async fn ask(
    from: &Handle,
    route: ockam::Route,
    text: &str,
    timeout: Duration,
) -> ockam::Result<String> {
    let options = MessageSendReceiveOptions::new().with_timeout(timeout);
    let answer = from.send_and_receive_extended::<String>(route, text.to_string(), options).await?;
    Ok(answer.body())
}
