//! A secure channel over two TCP connections with a relay in the middle, and the end of each of
//! the three nodes.

use crate::support::{PATIENCE, eventually};
use ockam::identity::{
    Identifier, Identities, NodeRng, SecureChannel, SecureChannelListenerOptions,
    SecureChannelOptions, TrustIdentifierPolicy,
};
use ockam::tcp::{TCP, TcpConnection, TcpListener, TcpReconnect};
use ockam::workers::worker_fn;
use ockam::workers::{Echoer, Relay};
use ockam::{
    ErrorKind, Handle, MessageSendReceiveOptions, Node, NodeBuilder, Result, Route, Routed,
    TcpConnectionOptions, TcpListenerOptions, TcpTransportExtension, node, route,
};
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::io::copy_bidirectional;
use tokio::net;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// Where the relay in the middle is.
const RELAY: &str = "forward_to_responder";

/// Awaits what must not hang.
async fn soon<F: Future>(future: F) -> F::Output {
    tokio::time::timeout(PATIENCE, future).await.expect("it hangs")
}

fn new_node() -> Node {
    node(NodeBuilder::new().build().unwrap())
}

async fn listen(node: &Node) -> TcpListener {
    listen_at(node, "127.0.0.1:0".parse().unwrap()).await
}

async fn listen_at(node: &Node, address: SocketAddr) -> TcpListener {
    let tcp = node.create_tcp_transport().await.unwrap();
    tcp.listen(address, TcpListenerOptions::new()).await.unwrap()
}

async fn connect(node: &Node, listener: &TcpListener) -> TcpConnection {
    let tcp = node.create_tcp_transport().await.unwrap();
    tcp.connect(listener.socket_address(), TcpConnectionOptions::new()).await.unwrap()
}

/// Tells the main function of the node, and not the asker, that a question came.
async fn tell_app(ctx: Handle, question: Routed<String>) -> Result<()> {
    ctx.send("app", question.body()).await
}

/// A node with an echoer, and one that does not answer, for those who have a channel with Bob.
struct Responder {
    node: Node,
    listener: TcpListener,
}

impl Responder {
    async fn start(identities: &Identities, bob: &Identifier) -> Self {
        let node = new_node().with_identities(identities.clone());
        let listener = listen(&node).await;
        let options = SecureChannelListenerOptions::new().as_consumer(listener.flow_control_id());
        let channels = node.create_secure_channel_listener(bob, "bob_listener", options);
        let channels = channels.await.unwrap();
        node.start_worker("echoer", Echoer).await.unwrap();
        node.start_worker("silent", worker_fn(tell_app)).await.unwrap();
        for worker in ["echoer", "silent"] {
            node.flow_controls().add_consumer(worker, channels.flow_control_id());
        }
        Responder { node, listener }
    }
}

/// A node with a relay to the responder.
struct Middle {
    node: Node,
    listener: TcpListener,
}

impl Middle {
    async fn start(responder: &Responder) -> Self {
        Self::start_at(responder, "127.0.0.1:0".parse().unwrap()).await
    }

    async fn start_at(responder: &Responder, address: SocketAddr) -> Self {
        let node = new_node();
        let listener = listen_at(&node, address).await;
        let middle = Middle { node, listener };
        middle.forward_to(responder).await;
        middle
    }

    async fn forward_to(&self, responder: &Responder) {
        let connection = connect(&self.node, &responder.listener).await;
        self.node.start_worker(RELAY, Relay::new(connection)).await.unwrap();
        self.node.flow_controls().add_consumer(RELAY, self.listener.flow_control_id());
    }
}

/// A node that makes channels with Bob, and nobody else.
struct Initiator {
    node: Node,
    alice: Identifier,
    bob: Identifier,
}

impl Initiator {
    fn start(identities: &Identities, alice: Identifier, bob: Identifier) -> Self {
        Initiator { node: new_node().with_identities(identities.clone()), alice, bob }
    }

    /// Makes a channel, and returns the connection as well.
    async fn channel(&self, middle: &Middle) -> (SecureChannel, TcpConnection) {
        let connection = connect(&self.node, &middle.listener).await;
        (self.channel_over(&connection).await, connection)
    }

    async fn channel_over(&self, connection: impl Into<Route>) -> SecureChannel {
        let way = route![connection.into(), RELAY, "bob_listener"];
        let options =
            SecureChannelOptions::new().with_trust_policy(TrustIdentifierPolicy::new(self.bob));
        let channel = self.node.create_secure_channel(&self.alice, way, options);
        soon(channel).await.unwrap()
    }

    /// Asks a worker of the responder's through a channel.
    fn ask(
        &self,
        channel: &SecureChannel,
        worker: &str,
        timeout: Duration,
    ) -> JoinHandle<Result<String>> {
        let (handle, route) = (self.node.handle(), route![channel, worker]);
        let options = MessageSendReceiveOptions::new().with_timeout(timeout);
        tokio::spawn(async move {
            let text = "Hello".to_string();
            Ok(handle.send_and_receive_extended::<String>(route, text, options).await?.body())
        })
    }

    async fn assert_answered(&self, channel: &SecureChannel) {
        let answer = soon(self.ask(channel, "echoer", PATIENCE)).await.unwrap();
        assert_eq!(answer.unwrap(), "Hello");
    }
}

/// Three nodes, and the identities that survive them, as those in a file do.
struct Scene {
    responder: Responder,
    middle: Middle,
    initiator: Initiator,
    of_responder: Identities,
    of_initiator: Identities,
}

async fn scene() -> Scene {
    let nobody = new_node();
    let (of_responder, of_initiator) = (Identities::in_memory(), Identities::in_memory());
    let bob = of_responder.create_identity(&mut NodeRng::new(&nobody)).await.unwrap();
    let alice = of_initiator.create_identity(&mut NodeRng::new(&nobody)).await.unwrap();
    let responder = Responder::start(&of_responder, &bob).await;
    let middle = Middle::start(&responder).await;
    let initiator = Initiator::start(&of_initiator, alice, bob);
    Scene { responder, middle, initiator, of_responder, of_initiator }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_channel_goes_over_two_connections_and_needs_the_relay_to_begin_only() {
    let Scene { middle, initiator, responder: _responder, .. } = scene().await;
    let (channel, _) = initiator.channel(&middle).await;
    assert_eq!(channel.peer(), &initiator.bob);
    initiator.assert_answered(&channel).await;
    middle.node.stop_worker(RELAY).await.unwrap();
    for _ in 0..10 {
        initiator.assert_answered(&channel).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn when_the_middle_starts_again_askers_are_told_and_channels_go_on_over_the_new_one() {
    let Scene { mut responder, mut middle, initiator, .. } = scene().await;
    let (channel, connection) = initiator.channel(&middle).await;
    initiator.assert_answered(&channel).await;

    let pending = initiator.ask(&channel, "silent", PATIENCE);
    soon(responder.node.receive::<String>()).await.unwrap();
    soon(middle.node.stop()).await.unwrap();
    let error = soon(pending).await.unwrap().unwrap_err();
    let address = middle.listener.socket_address();
    let words = format!("the TCP connection to {address} has ended: the other side closed it");
    assert_eq!(
        (error.kind(), error.to_string()),
        (ErrorKind::Stopped, format!("no answer: {words}"))
    );
    let sender = connection.address();
    eventually("it hears of it", || !initiator.node.is_worker_registered_at(sender.clone())).await;
    let error = soon(initiator.ask(&channel, "echoer", PATIENCE)).await.unwrap().unwrap_err();
    assert!(error.to_string().ends_with(&words), "{error}");

    let middle = Middle::start(&responder).await;
    let (second, connection) = initiator.channel(&middle).await;
    initiator.assert_answered(&second).await;
    // The first one has not ended: it only has to hear of the new way.
    channel.update_route(&initiator.node, route![connection, RELAY]).unwrap();
    initiator.assert_answered(&channel).await;
}

/// Stands between two nodes, and loses the connection when it is told to.
struct Wire {
    address: SocketAddr,
    cut: mpsc::UnboundedSender<()>,
}

impl Wire {
    async fn to(target: SocketAddr) -> Self {
        let socket = net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap();
        let (cut, mut cuts) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Ok((mut near, _)) = socket.accept().await {
                let mut far = net::TcpStream::connect(target).await.unwrap();
                tokio::select! {
                    _ = copy_bidirectional(&mut near, &mut far) => {}
                    _ = cuts.recv() => {}
                }
            }
        });
        Wire { address, cut }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_channel_goes_on_when_the_connection_below_it_was_lost_and_made_again() {
    let Scene { mut responder, middle, initiator, .. } = scene().await;
    let wire = Wire::to(middle.listener.socket_address()).await;
    let tcp = initiator.node.create_tcp_transport().await.unwrap();
    let waits = (Duration::from_millis(1), Duration::from_millis(10));
    let reconnect = TcpReconnect::new().with_waits(waits.0, waits.1);
    let options = TcpConnectionOptions::new().with_reconnect(reconnect);
    let connection = tcp.connect(wire.address, options).await.unwrap();
    let channel = initiator.channel_over(&connection).await;
    for _ in 0..3 {
        initiator.assert_answered(&channel).await;
        let pending = initiator.ask(&channel, "silent", PATIENCE);
        soon(responder.node.receive::<String>()).await.unwrap();
        wire.cut.send(()).unwrap();
        let error = soon(pending).await.unwrap().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Stopped, "{error}");
        eventually("it is up again", || connection.info().is_up).await;
        // The middle does not know the new one as the initiator's: the way begins at the relay again.
        channel.update_route(&initiator.node, route![&connection, RELAY]).unwrap();
    }
    initiator.assert_answered(&channel).await;
}

/// The first ask after the middle is back waits for the next attempt, a second at most, and for the
/// handshake.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn when_the_middle_starts_again_a_channel_over_its_name_is_made_again_by_itself() {
    let Scene { mut responder, mut middle, initiator, .. } = scene().await;
    let address = middle.listener.socket_address();
    initiator.node.create_tcp_transport().await.unwrap();
    let channel = initiator.channel_over((TCP, address.to_string())).await;
    let mut taken = Vec::new();
    for round in 0..20 {
        initiator.assert_answered(&channel).await;
        let pending = initiator.ask(&channel, "silent", PATIENCE);
        soon(responder.node.receive::<String>()).await.unwrap();
        soon(middle.node.stop()).await.unwrap();
        assert_eq!(soon(pending).await.unwrap().unwrap_err().kind(), ErrorKind::Stopped);
        // It waits for the channel.
        let waiting = initiator.ask(&channel, "echoer", PATIENCE);
        if round == 0 {
            // At once, after 0.25 and 0.75 s: the next attempts are a second apart.
            let mut watch = channel.watch();
            while !watch.changed().await.to_string().contains("attempt 4") {}
        }
        middle = Middle::start_at(&responder, address).await;
        let begun = Instant::now();
        assert_eq!(soon(waiting).await.unwrap().unwrap(), "Hello");
        taken.push(begun.elapsed());
    }
    taken.sort_unstable();
    assert!(taken[10] <= Duration::from_secs(2), "{taken:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn when_the_responder_starts_again_asks_end_and_the_channel_is_made_again() {
    let Scene { mut responder, middle, initiator, of_responder, .. } = scene().await;
    let (channel, _) = initiator.channel(&middle).await;
    initiator.assert_answered(&channel).await;

    let mut watch = channel.watch();
    let pending = initiator.ask(&channel, "silent", PATIENCE);
    soon(responder.node.receive::<String>()).await.unwrap();
    soon(responder.node.stop()).await.unwrap();
    // A node that stops says goodbye on its channels before it closes its connections.
    let error = soon(pending).await.unwrap().unwrap_err();
    let goodbye = format!("the node of {} is stopping", initiator.bob);
    assert!(error.to_string().ends_with(&goodbye), "{error}");
    assert!(!soon(watch.changed()).await.is_up());

    let responder = Responder::start(&of_responder, &initiator.bob).await;
    middle.node.stop_worker(RELAY).await.unwrap();
    middle.forward_to(&responder).await;
    assert_eq!(soon(initiator.ask(&channel, "echoer", PATIENCE)).await.unwrap().unwrap(), "Hello");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn when_the_initiator_starts_again_it_makes_a_new_channel_as_the_same_alice() {
    let Scene { middle, mut initiator, of_initiator, .. } = scene().await;
    for _ in 0..3 {
        let (channel, _) = initiator.channel(&middle).await;
        initiator.assert_answered(&channel).await;
        soon(initiator.node.stop()).await.unwrap();
        let Initiator { alice, bob, .. } = initiator;
        initiator = Initiator::start(&of_initiator, alice, bob);
    }
}
