//! What a peer can make a node write into its log: of a thousand of a kind, the first, the tenth, the
//! hundredth and the thousandth, each with its number.

use crate::lines::Lines;
use crate::support::eventually;
use ockam::access_control::{AllowAll, Authorization, IncomingAccessControl, RelayMessage};
use ockam::dead_letter::DeadLetterReason;
use ockam::identity::{
    Attributes, CREDENTIAL_ISSUER, CredentialIssuer, Identifier, Identities, NodeRng,
    SecureChannelListenerOptions, SecureChannelOptions, TrustMultiIdentifiersPolicy,
};
use ockam::message::encode;
use ockam::relay::RelayRefusal;
use ockam::tcp::{TcpConnection, TcpListener};
use ockam::workers::Echoer;
use ockam::{
    Address, Any, Context, Error, ErrorKind, Message, NodeBuilder, RelayService,
    RelayServiceOptions, Result, Route, Routed, TcpConnectionOptions, TcpListenerOptions,
    TcpTransport, TcpTransportExtension, TransportMessage, Worker, route,
};
use ockam_core::encode_frame;
use serde::{Deserialize, Serialize, Serializer};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::OwnedWriteHalf;
use tracing::Level;

/// How many messages, or connections, there are of each kind.
const MANY: u64 = 1000;

/// A node that listens, and what a peer has written to it.
struct Scene {
    ctx: Context,
    tcp: TcpTransport,
    listener: TcpListener,
    lines: Lines,
}

/// A peer that is no node: it says what the test wants, and forgets what it hears.
struct Peer(OwnedWriteHalf);

impl Peer {
    async fn say(&mut self, to: &str, payload: &[u8]) {
        // Nothing in it but what the node itself adds tells that it came from outside.
        self.say_message(TransportMessage::new(to, route![], payload.to_vec())).await;
    }

    async fn say_message(&mut self, message: TransportMessage) {
        let mut frame = Vec::new();
        encode_frame(&message, &mut frame).unwrap();
        self.0.write_all(&frame).await.unwrap();
    }
}

impl Scene {
    async fn new() -> Self {
        let lines = Lines::of_this_thread(Level::INFO);
        let ctx = NodeBuilder::new().build().unwrap();
        let tcp = ctx.create_tcp_transport().await.unwrap();
        let listener = tcp.listen("127.0.0.1:0", TcpListenerOptions::new()).await.unwrap();
        Scene { ctx, tcp, listener, lines }
    }

    async fn peer(&self) -> Peer {
        let stream = TcpStream::connect(self.listener.socket_address()).await.unwrap();
        let (mut reading, mut writing) = stream.into_split();
        tokio::spawn(async move {
            let mut heard = [0; 4096];
            while reading.read(&mut heard).await.is_ok_and(|len| len > 0) {}
        });
        writing.write_all(&[1]).await.unwrap();
        Peer(writing)
    }

    fn let_in(&self, address: &str) {
        self.ctx.flow_controls().add_consumer(address, self.listener.flow_control_id());
    }

    async fn start<W: Worker<Context = Context>>(&self, address: &str, worker: W) {
        self.ctx.start_worker(address, worker).await.unwrap();
        self.let_in(address);
    }

    /// Checks that nothing was logged but the powers of ten up to `count`, with a text.
    #[track_caller]
    fn assert_counted(&self, text: &str, count: u64) {
        let mut lines = self.lines.take();
        // The channels that the caller has made, whose node is in this process too.
        lines.retain(|line| !line.contains("a link is down; link=channel"));
        let counts: Vec<u64> =
            (0..).map(|power| 10_u64.pow(power)).take_while(|c| *c <= count).collect();
        assert_eq!(lines.len(), counts.len(), "{lines:#?}");
        for (line, count) in lines.iter().zip(counts) {
            assert!(line.contains(text) && line.contains(&format!("count={count};")), "{lines:#?}");
        }
    }

    fn dead_letters(&self, reason: DeadLetterReason) -> u64 {
        self.ctx.dead_letters().count(reason)
    }
}

#[tokio::test]
async fn messages_for_whom_nobody_may_reach_write_a_handful_of_lines() {
    let scene = Scene::new().await;
    scene.ctx.start_worker("private", Echoer).await.unwrap();
    for to in ["nobody", "private"] {
        let mut peer = scene.peer().await;
        let before = scene.dead_letters(DeadLetterReason::Denied);
        for _ in 0..MANY {
            peer.say(to, &[7]).await;
        }
        let denied = || scene.dead_letters(DeadLetterReason::Denied) - before;
        eventually("all are dropped", || denied() == MANY).await;
        scene.assert_counted("a message from outside was dropped", MANY);
    }
}

#[tokio::test]
async fn a_worker_that_is_no_consumer_is_counted_for_itself_and_not_for_each_connection() {
    let scene = Scene::new().await;
    scene.ctx.start_worker("private", Echoer).await.unwrap();
    for _ in 0..10 {
        scene.peer().await.say("private", &[7]).await;
    }
    eventually("all are dropped", || scene.dead_letters(DeadLetterReason::Denied) == 10).await;
    let lines = scene.lines.take();
    assert_eq!(lines.len(), 2, "{lines:#?}");
    for line in &lines {
        assert!(line.contains("0#private") && line.contains("add_consumer"), "{lines:#?}");
    }
    // What does not exist is none of a program's mistakes that `add_consumer` would mend.
    scene.peer().await.say("nobody", &[7]).await;
    eventually("it is dropped", || scene.dead_letters(DeadLetterReason::Denied) == 11).await;
    let lines = scene.lines.take();
    assert_eq!(lines.len(), 1, "{lines:#?}");
    assert!(lines[0].contains("0#nobody") && !lines[0].contains("add_consumer"), "{lines:#?}");
}

#[tokio::test]
async fn a_consumer_with_a_name_that_is_nearly_right_is_a_hint() {
    let scene = Scene::new().await;
    scene.ctx.start_worker("echoer", Echoer).await.unwrap();
    scene.let_in("echoer");
    scene.let_in("printer");
    assert_eq!(scene.lines.take(), [""; 0]);
    scene.let_in("ecoher");
    let lines = scene.lines.take();
    assert_eq!(lines.len(), 1, "{lines:#?}");
    assert!(lines[0].contains("0#ecoher") && lines[0].contains("0#echoer"), "{lines:#?}");
}

/// Takes numbers.
struct Picky;

impl Worker for Picky {
    type Context = Context;
    type Message = u32;

    async fn handle_message(&mut self, _: &mut Context, _: Routed<u32>) -> Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn bodies_that_do_not_decode_write_a_handful_of_lines() {
    let scene = Scene::new().await;
    scene.start("echoer", Echoer).await;
    scene.start("picky", Picky).await;
    let mut peer = scene.peer().await;
    for _ in 0..MANY {
        peer.say("picky", &[0xff; 20]).await;
    }
    eventually("all are dropped", || scene.dead_letters(DeadLetterReason::Undecodable) == MANY)
        .await;
    scene.assert_counted("a message was dropped", MANY);
    // Those of this program are logged each time.
    for _ in 0..3 {
        scene.ctx.send("picky", "a text".to_string()).await.unwrap();
    }
    let all = MANY + 3;
    eventually("these too", || scene.dead_letters(DeadLetterReason::Undecodable) == all).await;
    let lines = scene.lines.take();
    assert_eq!(lines.len(), 3, "{lines:#?}");
}

/// Fails, or panics, over each message.
struct Failing(Arc<AtomicU64>, bool);

impl Worker for Failing {
    type Context = Context;
    type Message = Any;

    async fn handle_message(&mut self, _: &mut Context, _: Routed<Any>) -> Result<()> {
        self.0.fetch_add(1, Ordering::SeqCst);
        assert!(!self.1, "it panics");
        Err(Error::with_kind(ErrorKind::Application, "it fails"))
    }
}

#[tokio::test]
async fn handlers_that_fail_write_a_handful_of_lines() {
    let scene = Scene::new().await;
    let count = Arc::new(AtomicU64::new(0));
    scene.start("failing", Failing(count.clone(), false)).await;
    let mut peer = scene.peer().await;
    for _ in 0..MANY {
        peer.say("failing", &[7]).await;
    }
    // What waits when its connection has ended came from outside all the same.
    drop(peer);
    eventually("all have failed", || count.load(Ordering::SeqCst) == MANY).await;
    scene.assert_counted("a worker failed to handle a message", MANY);
    for _ in 0..3 {
        scene.ctx.send("failing", 7u8).await.unwrap();
    }
    eventually("these too", || count.load(Ordering::SeqCst) == MANY + 3).await;
    scene.ctx.stop_worker("failing").await.unwrap();
    let lines = scene.lines.take();
    assert_eq!(lines.len(), 3, "{lines:#?}");
}

#[tokio::test]
async fn workers_that_panic_and_are_started_again_write_a_handful_of_lines() {
    let scene = Scene::new().await;
    let mut peer = scene.peer().await;
    let count = Arc::new(AtomicU64::new(0));
    let panics = 100;
    for _ in 0..panics {
        scene.start("fragile", Failing(count.clone(), true)).await;
        peer.say("fragile", &[7]).await;
        eventually("it has ended", || !scene.ctx.is_worker_registered_at("fragile")).await;
    }
    scene.assert_counted("a worker panicked and ends", panics);
}

/// A rule that cannot say.
#[derive(Debug)]
struct Unsure;

impl IncomingAccessControl for Unsure {
    fn is_authorized<'a>(&'a self, _: RelayMessage<'a>) -> Authorization<'a> {
        Authorization::Later(Box::pin(async {
            Err(Error::with_kind(ErrorKind::Application, "it is not known"))
        }))
    }
}

#[tokio::test]
async fn rules_that_fail_write_a_handful_of_lines() {
    let scene = Scene::new().await;
    scene.ctx.start_worker_with_access_control("ruled", Echoer, Unsure, AllowAll).await.unwrap();
    scene.let_in("ruled");
    let mut peer = scene.peer().await;
    for _ in 0..MANY {
        peer.say("ruled", &[7]).await;
    }
    eventually("all are denied", || scene.dead_letters(DeadLetterReason::Denied) == MANY).await;
    let (rule, dropped): (Vec<_>, Vec<_>) =
        scene.lines.take().into_iter().partition(|line| line.contains("an access control failed"));
    assert_eq!((rule.len(), dropped.len()), (4, 4), "{rule:#?} {dropped:#?}");
}

/// Its encoding panics.
#[derive(Deserialize)]
struct Unwritten;

impl Message for Unwritten {}

impl Serialize for Unwritten {
    fn serialize<S: Serializer>(&self, _: S) -> std::result::Result<S::Ok, S::Error> {
        panic!("the encoding of a body panics");
    }
}

/// Answers with what cannot leave.
struct Unable;

impl Worker for Unable {
    type Context = Context;
    type Message = Any;

    async fn handle_message(&mut self, ctx: &mut Context, msg: Routed<Any>) -> Result<()> {
        ctx.send(msg.return_route(), Unwritten).await
    }
}

#[tokio::test]
async fn answers_that_cannot_leave_write_a_handful_of_lines() {
    let scene = Scene::new().await;
    scene.start("unable", Unable).await;
    let mut peer = scene.peer().await;
    for _ in 0..MANY {
        peer.say_message(TransportMessage::new("unable", route!["me"], vec![7])).await;
    }
    eventually("none is sent", || scene.dead_letters(DeadLetterReason::Unsendable) == MANY).await;
    let (unsent, encoding): (Vec<_>, Vec<_>) =
        scene.lines.take().into_iter().partition(|line| line.contains("a message was not sent"));
    assert_eq!((encoding.len(), unsent.len()), (4, 4), "{encoding:#?} {unsent:#?}");
    assert!(encoding[3].contains("the `Serialize` of a body panicked"), "{encoding:#?}");
}

#[tokio::test]
async fn routes_over_the_limits_and_connections_that_say_no_right_word_write_no_line() {
    let scene = Scene::new().await;
    scene.start("echoer", Echoer).await;
    let mut peer = scene.peer().await;
    let long: Route = (0..200).map(|_| Address::from("echoer")).collect();
    for _ in 0..MANY {
        peer.say_message(TransportMessage::new(long.clone(), route![], vec![7])).await;
    }
    for _ in 0..MANY {
        let mut stranger = TcpStream::connect(scene.listener.socket_address()).await.unwrap();
        stranger.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
        let mut heard = Vec::new();
        // It is closed or reset.
        let _ = stranger.read_to_end(&mut heard).await;
    }
    let dropped = || scene.tcp.connections().iter().map(|known| known.dropped).sum::<u64>();
    eventually("all are dropped", || dropped() == MANY).await;
    let lines = scene.lines.take();
    assert!(lines.is_empty(), "{lines:#?}");
}

#[tokio::test]
async fn registrations_at_a_relay_service_write_a_handful_of_lines() {
    let scene = Scene::new().await;
    let flow = scene.listener.flow_control_id();
    let options = RelayServiceOptions::new().service_as_consumer(flow);
    let service = RelayService::create(&scene.ctx, "forwarding_service", options).await.unwrap();
    let mut peer = scene.peer().await;
    let long = encode(&"a".repeat(250)).unwrap();
    for (why, payload, back) in [
        (RelayRefusal::NotAText, vec![0xff; 20], route!["me"]),
        (RelayRefusal::NoName, encode(&String::new()).unwrap(), route!["me"]),
        (RelayRefusal::NameTooLong, long, route!["me"]),
        (RelayRefusal::NoWayBack, encode(&"mine".to_string()).unwrap(), route![]),
    ] {
        for _ in 0..MANY {
            let message =
                TransportMessage::new("forwarding_service", back.clone(), payload.clone());
            peer.say_message(message).await;
        }
        eventually(&format!("all are refused: {why}"), || service.refused(why) == MANY).await;
        scene.assert_counted("a relay was refused", MANY);
    }
    let payload = encode(&"mine".to_string()).unwrap();
    for _ in 0..MANY {
        let message = TransportMessage::new("forwarding_service", route!["me"], payload.clone());
        peer.say_message(message).await;
    }
    eventually("all are taken", || service.replaced() == MANY - 1).await;
    scene.assert_counted("a relay was registered", MANY);
    // Another owner is named.
    let message = TransportMessage::new("forwarding_service", route!["me"], payload);
    scene.peer().await.say_message(message).await;
    eventually("it is taken", || service.replaced() == MANY).await;
    scene.assert_counted("a relay was registered", 1);
}

/// An identity, and the node that has it, which is connected to that of a scene.
async fn caller(scene: &Scene) -> (Context, Identities, Identifier, TcpConnection) {
    let ctx = NodeBuilder::new().build().unwrap();
    let tcp = ctx.create_tcp_transport().await.unwrap();
    let address = scene.listener.socket_address();
    let connection = tcp.connect(address, TcpConnectionOptions::new()).await.unwrap();
    let identities = Identities::in_memory();
    let own = identities.create_identity(&mut NodeRng::new(&ctx)).await.unwrap();
    (ctx, identities, own, connection)
}

#[tokio::test]
async fn handshakes_of_strangers_and_requests_that_fail_write_a_handful_of_lines() {
    let scene = Scene::new().await;
    let identities = Identities::in_memory();
    let own = identities.create_identity(&mut NodeRng::new(&scene.ctx)).await.unwrap();
    let flow = scene.listener.flow_control_id();
    let trust = TrustMultiIdentifiersPolicy::new(vec![]);
    let options = SecureChannelListenerOptions::new().as_consumer(flow).with_trust_policy(trust);
    let making = identities.create_secure_channel_listener(&scene.ctx, &own, "closed", options);
    making.await.unwrap();
    let options = SecureChannelListenerOptions::new().as_consumer(flow).with_channel_limit(1);
    let making = identities.create_secure_channel_listener(&scene.ctx, &own, "open", options);
    let open = making.await.unwrap();
    // An issuer whose identity is not of this node.
    let (ctx, theirs, caller, connection) = caller(&scene).await;
    let issuer = CredentialIssuer::new(&identities, caller, |_| Some(Attributes::new(1)));
    scene.ctx.start_worker(CREDENTIAL_ISSUER, issuer).await.unwrap();
    scene.ctx.flow_controls().add_consumer(CREDENTIAL_ISSUER, open.flow_control_id());
    let channel = async |listener: &str| {
        let route = route![&connection, listener];
        let options = SecureChannelOptions::new();
        theirs.create_secure_channel(&ctx, &caller, route, options).await
    };
    eventually("it is accepted", || scene.tcp.connections().len() == 1).await;
    let handshakes = 30;
    let before = scene.ctx.list_workers();
    for _ in 0..handshakes {
        let refused = channel("closed").await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Denied);
    }
    eventually("all have ended", || scene.ctx.list_workers() == before).await;
    scene.assert_counted("not trusted", 10);
    for _ in 0..=handshakes {
        channel("open").await.unwrap();
    }
    let channels = before.len() + 2;
    eventually("one is left", || scene.ctx.list_workers().len() == channels).await;
    scene.assert_counted("ended for a newer channel", 10);
    let channel = channel("open").await.unwrap();
    scene.lines.take();
    for _ in 0..100 {
        let route = route![&channel, CREDENTIAL_ISSUER];
        theirs.request_credential(&ctx, route, &caller, &caller).await.unwrap_err();
    }
    scene.assert_counted("no credential was issued", 100);
    for _ in 0..MANY {
        ctx.send(route![&channel, CREDENTIAL_ISSUER], vec![0xff_u8; 20]).await.unwrap();
    }
    let last =
        theirs.request_credential(&ctx, route![&channel, CREDENTIAL_ISSUER], &caller, &caller);
    last.await.unwrap_err();
    scene.assert_counted("a worker failed to handle a message", MANY);
}
