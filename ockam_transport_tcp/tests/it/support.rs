//! What several modules need: nodes that listen, and workers that hand over what they get.

use ockam_core::{Any, LocalMessage, MAX_FRAME_LEN, Result, Routed, Worker};
use ockam_node::{Context, NodeBuilder};
use ockam_transport_tcp::{
    TcpConnection, TcpConnectionOptions, TcpListener, TcpListenerOptions, TcpTransport,
    TcpTransportExtension,
};
use std::future::Future;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;

/// How long a test waits for what has to happen: long enough for a machine that is very busy.
pub(crate) const PATIENCE: Duration = Duration::from_secs(25);

/// Awaits a future that must not hang.
pub(crate) async fn soon<F: Future>(future: F) -> F::Output {
    match tokio::time::timeout(PATIENCE, future).await {
        Ok(output) => output,
        Err(_) => panic!("it hangs"),
    }
}

/// Waits for a condition, which nothing announces.
pub(crate) async fn eventually(what: &str, mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < PATIENCE, "it never came about: {what}");
        tokio::task::yield_now().await;
    }
}

/// A node with a TCP transport.
pub(crate) struct TcpNode {
    pub(crate) ctx: Context,
    pub(crate) tcp: TcpTransport,
}

impl TcpNode {
    pub(crate) async fn new() -> Self {
        let ctx = NodeBuilder::new().build().unwrap();
        let tcp = ctx.create_tcp_transport().await.unwrap();
        TcpNode { ctx, tcp }
    }

    /// A node with an echoer that its listener makes reachable.
    pub(crate) async fn echoing() -> (Self, TcpListener) {
        let node = Self::new().await;
        node.ctx.start_worker("echoer", Echoer).await.unwrap();
        let listener = node.listen(TcpListenerOptions::new()).await;
        node.ctx.flow_controls().add_consumer("echoer", listener.flow_control_id());
        (node, listener)
    }

    /// A node whose worker `"echoer"` hands over everything that it gets.
    pub(crate) async fn collecting(
        options: TcpListenerOptions,
    ) -> (Self, TcpListener, mpsc::UnboundedReceiver<LocalMessage>) {
        let node = Self::new().await;
        let listener = node.listen(options).await;
        let arrived = node.collect("echoer").await;
        node.ctx.flow_controls().add_consumer("echoer", listener.flow_control_id());
        (node, listener, arrived)
    }

    pub(crate) async fn collect(&self, address: &str) -> mpsc::UnboundedReceiver<LocalMessage> {
        let (sender, arrived) = mpsc::unbounded_channel();
        self.ctx.start_worker(address, Collector(sender)).await.unwrap();
        arrived
    }

    pub(crate) async fn listen(&self, options: TcpListenerOptions) -> TcpListener {
        self.tcp.listen("127.0.0.1:0", options).await.unwrap()
    }

    pub(crate) async fn connect(&self, listener: &TcpListener) -> TcpConnection {
        self.connect_to(listener.socket_address()).await
    }

    /// Connects in a way that sends messages as large as the protocol allows.
    pub(crate) async fn connect_for_large(&self, peer: impl std::fmt::Display) -> TcpConnection {
        self.tcp.connect(peer, for_large()).await.unwrap()
    }

    pub(crate) async fn connect_to(&self, peer: impl std::fmt::Display) -> TcpConnection {
        self.tcp.connect(peer, TcpConnectionOptions::new()).await.unwrap()
    }
}

/// Options of connections that send messages as large as the protocol allows.
pub(crate) fn for_large() -> TcpConnectionOptions {
    TcpConnectionOptions::new().with_max_sent_frame_len(MAX_FRAME_LEN)
}

/// Sends every message back.
pub(crate) struct Echoer;

impl Worker for Echoer {
    type Context = Context;
    type Message = String;

    async fn handle_message(&mut self, ctx: &mut Context, msg: Routed<String>) -> Result<()> {
        ctx.send(msg.return_route(), msg.body()).await
    }
}

/// Hands every message to the test, with nothing else.
pub(crate) struct Collector(pub(crate) mpsc::UnboundedSender<LocalMessage>);

impl Worker for Collector {
    type Context = Context;
    type Message = Any;

    async fn handle_message(&mut self, _: &mut Context, msg: Routed<Any>) -> Result<()> {
        // The test may have seen enough.
        let _ = self.0.send(msg.into_local_message());
        Ok(())
    }
}
