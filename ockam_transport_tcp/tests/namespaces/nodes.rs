//! The parts that processes play.

use crate::network::PATIENCE;
use ockam_core::{Result, Routed, TCP, Worker, route};
use ockam_node::{Context, NodeBuilder};
use ockam_transport_tcp::{
    TcpConnectionOptions, TcpListenerOptions, TcpTransport, TcpTransportExtension,
};
use socket2::{Domain, Socket, Type};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};
use tokio::time::sleep;

/// Limits that are short enough for a test.
const KEEPALIVE: Duration = Duration::from_secs(1);
const USER_TIMEOUT: Duration = Duration::from_secs(3);

const SERVER: &str = "10.77.2.1:4000";

struct Echoer;

impl Worker for Echoer {
    type Context = Context;
    type Message = String;

    async fn handle_message(&mut self, ctx: &mut Context, msg: Routed<String>) -> Result<()> {
        ctx.send(msg.return_route(), msg.body()).await
    }
}

async fn node() -> (Context, TcpTransport) {
    let ctx = NodeBuilder::new().build().unwrap();
    let tcp = ctx.create_tcp_transport().await.unwrap();
    (ctx, tcp)
}

/// Listens, with an echoer that is reachable from outside.
async fn listen(
    ctx: &Context,
    tcp: &TcpTransport,
    address: &str,
    options: TcpListenerOptions,
) -> SocketAddr {
    let listener = tcp.listen(address, options).await.unwrap();
    ctx.flow_controls().add_consumer("echoer", listener.flow_control_id());
    listener.socket_address()
}

async fn eventually(what: &str, condition: impl Fn() -> bool) {
    let begun = Instant::now();
    while !condition() {
        assert!(begun.elapsed() < PATIENCE, "it never came about: {what}");
        sleep(Duration::from_millis(10)).await;
    }
}

/// Accepts two connections, and tells when both have ended.
pub(crate) async fn server() {
    let (ctx, tcp) = node().await;
    ctx.start_worker("echoer", Echoer).await.unwrap();
    let options =
        TcpListenerOptions::new().with_keepalive(KEEPALIVE).with_user_timeout(USER_TIMEOUT);
    listen(&ctx, &tcp, SERVER, options).await;
    println!("listening");
    eventually("two connections", || tcp.connections().len() == 2).await;
    println!("accepted");
    eventually("both end", || tcp.connections().is_empty()).await;
    println!("ended");
}

/// Makes two connections, one with asks and one without, and tells why each has ended.
pub(crate) async fn client() {
    let (ctx, tcp) = node().await;
    let options =
        || TcpConnectionOptions::new().with_keepalive(KEEPALIVE).with_user_timeout(USER_TIMEOUT);
    let busy = tcp.connect(SERVER, options()).await.unwrap();
    let idle = tcp.connect(SERVER, options()).await.unwrap();
    for connection in [&busy, &idle] {
        let route = route![connection, "echoer"];
        ctx.send_and_receive::<String>(route, "Hello".to_string()).await.unwrap();
    }
    println!("connected");
    let error = loop {
        let route = route![&busy, "echoer"];
        match ctx.send_and_receive::<String>(route, "Hello".to_string()).await {
            Ok(_) => sleep(Duration::from_millis(10)).await,
            Err(error) => break error,
        }
    };
    println!("busy: {error}");
    eventually("the idle one ends", || tcp.connections().is_empty()).await;
    let error = ctx.send(route![&idle, "echoer"], String::new()).await.unwrap_err();
    println!("idle: {error}");
}

/// Connects to ports that the system gives to outgoing connections; then listens on them.
pub(crate) async fn itself() {
    let (_ctx, tcp) = node().await;
    for _ in 0..300 {
        for port in [40000, 40001] {
            let address = SocketAddr::from(([127, 0, 0, 1], port));
            tcp.connect(address, TcpConnectionOptions::new()).await.unwrap_err();
        }
    }
    for port in [40000, 40001] {
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        tcp.listen(address, TcpListenerOptions::new()).await.unwrap();
        tcp.connect(address, TcpConnectionOptions::new()).await.unwrap();
    }
}

/// Listens and connects on a link.
pub(crate) async fn scope() {
    let (ctx, tcp) = node().await;
    ctx.start_worker("echoer", Echoer).await.unwrap();
    let (other, other_tcp) = node().await;
    let number = std::fs::read_to_string("/sys/class/net/eth0/ifindex").unwrap();
    for interface in ["eth0", number.trim()] {
        let host = format!("[fe80::7%{interface}]");
        let at = listen(&ctx, &tcp, &format!("{host}:0"), TcpListenerOptions::new()).await;
        let peer = format!("{host}:{}", at.port());
        let options = TcpConnectionOptions::new();
        let connection = other_tcp.connect(&peer, options).await.unwrap();
        for route in [route![connection, "echoer"], route![(TCP, peer), "echoer"]] {
            let echo = other.send_and_receive::<String>(route, "Hello".to_string()).await.unwrap();
            assert_eq!(echo, "Hello");
        }
        // What a listener says of itself can be written as an address again.
        other_tcp.connect(at, TcpConnectionOptions::new()).await.unwrap();
    }
}

/// Connects to a name whose first address swallows what comes to it: a full queue.
pub(crate) async fn two() {
    let (_ctx, tcp) = node().await;
    let silent = SocketAddr::from(([127, 0, 0, 2], 4000));
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.bind(&silent.into()).unwrap();
    socket.listen(0).unwrap();
    let queue = || TcpStream::connect_timeout(&silent, Duration::from_millis(200)).ok();
    let _queued: Vec<_> = std::iter::from_fn(queue).take(20).collect();
    tcp.listen("127.0.0.3:4000", TcpListenerOptions::new()).await.unwrap();
    let options = TcpConnectionOptions::new().with_connect_timeout(PATIENCE / 2);
    let connection = tcp.connect("twohost:4000", options).await.unwrap();
    assert!(connection.info().is_up);
}
