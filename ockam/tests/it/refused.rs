//! A stranger that a listener does not trust, over TCP: what it hears, and what the log of the node says.

use crate::lines::Lines;
use crate::support::PATIENCE;
use ockam::identity::{
    Identifier, SecureChannelListenerOptions, SecureChannelOptions, TrustMultiIdentifiersPolicy,
};
use ockam::workers::Echoer;
use ockam::{
    ErrorKind, MessageSendReceiveOptions, Node, NodeBuilder, Route, TcpConnectionOptions,
    TcpListenerOptions, TcpTransportExtension, node, route,
};
use std::time::{Duration, Instant};
use tokio::time::timeout;
use tracing::Level;

/// A server with an echoer and a listener that trusts nobody, and a stranger with a way to it.
struct Scene {
    _server: Node,
    bob: Identifier,
    stranger: Node,
    mallory: Identifier,
    to_listener: Route,
}

fn nobody() -> SecureChannelListenerOptions {
    SecureChannelListenerOptions::new().with_trust_policy(TrustMultiIdentifiersPolicy::new(vec![]))
}

impl Scene {
    async fn new(options: SecureChannelListenerOptions) -> Self {
        let [server, stranger] = [(); 2].map(|()| node(NodeBuilder::new().build().unwrap()));
        let tcp = server.create_tcp_transport().await.unwrap();
        let listener = tcp.listen("127.0.0.1:0", TcpListenerOptions::new()).await.unwrap();
        let bob = server.create_identity().await.unwrap();
        let options = options.as_consumer(listener.flow_control_id());
        let channels = server.create_secure_channel_listener(&bob, "bob", options).await.unwrap();
        server.start_worker("echoer", Echoer).await.unwrap();
        server.flow_controls().add_consumer("echoer", channels.flow_control_id());

        let tcp = stranger.create_tcp_transport().await.unwrap();
        let options = TcpConnectionOptions::new();
        let connection = tcp.connect(listener.socket_address(), options).await.unwrap();
        let mallory = stranger.create_identity().await.unwrap();
        let to_listener = route![connection, "bob"];
        Scene { _server: server, bob, stranger, mallory, to_listener }
    }

    async fn channel(&self) -> ockam::Result<ockam::identity::SecureChannel> {
        let (own, way) = (&self.mallory, self.to_listener.clone());
        let channel = self.stranger.create_secure_channel(own, way, SecureChannelOptions::new());
        timeout(PATIENCE, channel).await.expect("it hangs")
    }
}

/// Of a thousand refusals the log has the first, the tenth, and so on, and nothing else.
#[tokio::test]
async fn a_refused_stranger_is_told_and_the_log_names_it_once() {
    let lines = Lines::of_this_thread(Level::INFO);
    let scene = Scene::new(nobody()).await;
    lines.take();
    let begun = Instant::now();
    let error = scene.channel().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Denied);
    // Two round trips over the loopback interface, on a machine that is busy.
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    let text = format!("{} has refused {}", scene.bob, scene.mallory);
    assert!(error.to_string().starts_with(&text), "{error}");

    for _ in 1..10 {
        scene.channel().await.unwrap_err();
    }
    let lines = lines.take();
    assert_eq!(lines.len(), 2, "{lines:#?}");
    for (line, count) in lines.iter().zip([1, 10]) {
        assert!(line.starts_with("WARN"), "{line}");
        let peer = format!("peer={};", scene.mallory);
        for part in [&peer, &format!("count={count};"), "policy=TrustMultiIdentifiersPolicy([]);"] {
            assert!(line.contains(part), "{part} is not in {line}");
        }
    }
}

/// A stranger that hears nothing goes on sending, as one of Ockam 0.150 does.
#[tokio::test]
async fn what_a_refused_stranger_sends_later_makes_the_log_advise_nothing() {
    let lines = Lines::of_this_thread(Level::INFO);
    let scene = Scene::new(nobody().without_refusals()).await;
    lines.take();
    let channel = scene.channel().await.unwrap();
    assert!(!channel.is_confirmed());
    for _ in 0..12 {
        let options = MessageSendReceiveOptions::new().with_timeout(Duration::from_millis(20));
        let (route, hello) = (route![&channel, "echoer"], "Hello".to_string());
        let asked = scene.stranger.send_and_receive_extended::<String>(route, hello, options).await;
        assert_eq!(asked.unwrap_err().kind(), ErrorKind::TimedOut);
    }
    let lines = lines.take();
    assert_eq!(lines.len(), 1, "{lines:#?}");
    assert!(lines[0].contains("it is not trusted by the policy"), "{lines:#?}");
}
