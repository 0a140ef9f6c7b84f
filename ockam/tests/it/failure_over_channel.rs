//! What an asker hears of failures behind a secure channel, by what the trust policy of the other
//! side says of it; directly and over a node in between.

use crate::support::PATIENCE;
use ockam::error::{FailureReason, RemoteFailure};
use ockam::identity::{
    Identifier, Identities, NodeRng, SecureChannel, SecureChannelListenerOptions,
    SecureChannelOptions, TrustEveryonePolicy, TrustIdentifierPolicy, TrustPolicy,
};
use ockam::tcp::TcpListener;
use ockam::workers::Relay;
use ockam::workers::worker_fn;
use ockam::{
    Error, ErrorKind, Handle, MessageSendReceiveOptions, Node, NodeBuilder, Result, Route, Routed,
    TcpConnectionOptions, TcpListenerOptions, TcpTransportExtension, node, route,
};
use std::time::Duration;

async fn soon<F: Future>(future: F) -> F::Output {
    tokio::time::timeout(PATIENCE, future).await.expect("it hangs")
}

async fn listening() -> (Node, TcpListener) {
    let node = node(NodeBuilder::new().build().unwrap());
    let tcp = node.create_tcp_transport().await.unwrap();
    let listener = tcp.listen("127.0.0.1:0", TcpListenerOptions::new()).await.unwrap();
    (node, listener)
}

async fn refuse(_: Handle, question: Routed<String>) -> Result<()> {
    Err(Error::msg(format!("there is no {} in stock", question.body())))
}

/// A shop that serves whom its policy trusts, a node in between, and a customer.
struct Scene {
    _nodes: (Node, Node),
    customer: Node,
    me: Identifier,
    /// To the listener of the shop.
    ways: [Route; 2],
}

impl Scene {
    async fn new<P: TrustPolicy>(policy: impl FnOnce(Identifier) -> P) -> Self {
        let nobody = NodeBuilder::new().build().unwrap();
        let rng = &mut NodeRng::new(&nobody);
        let (of_shop, of_customer) = (Identities::in_memory(), Identities::in_memory());
        let owner = of_shop.create_identity(rng).await.unwrap();
        let me = of_customer.create_identity(rng).await.unwrap();

        let (shop, door) = listening().await;
        let shop = shop.with_identities(of_shop);
        let options = SecureChannelListenerOptions::new()
            .as_consumer(door.flow_control_id())
            .with_trust_policy(policy(me));
        let channels = shop.create_secure_channel_listener(&owner, "channels", options);
        let channels = channels.await.unwrap();
        shop.start_worker("counter", worker_fn(refuse)).await.unwrap();
        shop.start_worker("safe", worker_fn(refuse)).await.unwrap();
        shop.flow_controls().add_consumer("counter", channels.flow_control_id());

        let (middle, gate) = listening().await;
        let tcp = middle.create_tcp_transport().await.unwrap();
        let options = TcpConnectionOptions::new();
        let onward = tcp.connect(door.socket_address(), options).await.unwrap();
        middle.start_worker("relay", Relay::new(onward)).await.unwrap();
        middle.flow_controls().add_consumer("relay", gate.flow_control_id());

        let (customer, _) = listening().await;
        let customer = customer.with_identities(of_customer);
        let tcp = customer.create_tcp_transport().await.unwrap();
        let options = TcpConnectionOptions::new();
        let direct = tcp.connect(door.socket_address(), options).await.unwrap();
        let options = TcpConnectionOptions::new();
        let around = tcp.connect(gate.socket_address(), options).await.unwrap();
        let ways = [route![direct, "channels"], route![around, "relay", "channels"]];
        Scene { _nodes: (shop, middle), customer, me, ways }
    }

    async fn channels(&self) -> [SecureChannel; 2] {
        let channel = |way: &Route| {
            let options = SecureChannelOptions::new();
            self.customer.create_secure_channel(&self.me, way.clone(), options)
        };
        let [direct, around] = &self.ways;
        [soon(channel(direct)).await.unwrap(), soon(channel(around)).await.unwrap()]
    }

    async fn ask(&self, channel: &SecureChannel, worker: &str, limit: Duration) -> Error {
        let options = MessageSendReceiveOptions::new().with_timeout(limit);
        let ask = self.customer.send_and_receive_extended::<String>(
            route![channel, worker],
            "tea".to_string(),
            options,
        );
        soon(ask).await.unwrap_err()
    }
}

fn reason(error: &Error) -> Option<FailureReason> {
    error.downcast_ref::<RemoteFailure>().map(RemoteFailure::reason)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_whom_a_selective_policy_trusts_hears_texts_and_who_exists() {
    let scene = Scene::new(TrustIdentifierPolicy::new).await;
    for channel in scene.channels().await {
        let error = scene.ask(&channel, "counter", PATIENCE).await;
        assert_eq!(error.kind(), ErrorKind::Failed);
        let shown = error.to_string();
        let over = format!("the channel to {}", channel.peer());
        let where_ = format!("0#counter at the other end of {over} failed");
        assert!(shown.starts_with(&where_), "{shown}");
        assert!(shown.ends_with(": there is no tea in stock"), "{shown}");

        let error = scene.ask(&channel, "conuter", PATIENCE).await;
        let expected = (ErrorKind::NotFound, Some(FailureReason::NotFound));
        assert_eq!((error.kind(), reason(&error)), expected, "{error}");
        let error = scene.ask(&channel, "safe", PATIENCE).await;
        let expected = (ErrorKind::Denied, Some(FailureReason::Denied));
        assert_eq!((error.kind(), reason(&error)), expected, "{error}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_whom_the_policy_trusts_as_everyone_is_a_stranger() {
    let scene = Scene::new(|_| TrustEveryonePolicy).await;
    for channel in scene.channels().await {
        let error = scene.ask(&channel, "counter", PATIENCE).await;
        assert_eq!(
            (error.kind(), reason(&error)),
            (ErrorKind::Failed, Some(FailureReason::Failed))
        );
        assert!(!error.to_string().contains("tea"), "{error}");
        for worker in ["conuter", "safe"] {
            let error = scene.ask(&channel, worker, Duration::from_millis(200)).await;
            assert_eq!(error.kind(), ErrorKind::TimedOut, "{error}");
            let over = format!("the channel to {}", channel.peer());
            let where_ = format!("0#{worker} at the other end of {over} for");
            assert!(error.to_string().contains(&where_), "{error}");
        }
    }
}
