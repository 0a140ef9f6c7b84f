//! Shared helpers: two nodes and a link, workers, and requests with a timeout.

use ockam_core::{Any, Result, Route, Routed, Worker, route};
use ockam_node::{Context, Handle, MessageSendReceiveOptions};
use ockam_transport_memory::{LinkEnd, LinkOptions, MemoryNode, Network};
use std::time::Duration;

pub(crate) fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// Alice and bob, connected by a link; bob has an echoer that alice can reach.
pub(crate) struct Pair {
    pub(crate) network: Network,
    pub(crate) alice: MemoryNode,
    pub(crate) bob: MemoryNode,
    pub(crate) to_bob: LinkEnd,
    pub(crate) to_alice: LinkEnd,
}

pub(crate) async fn pair(seed: u64, options: LinkOptions) -> Pair {
    let network = Network::new(seed);
    let (alice, bob) = (network.node("alice").unwrap(), network.node("bob").unwrap());
    let (to_bob, to_alice) = network.link(&alice, &bob, options).await.unwrap();
    bob.start_worker("echoer", Echoer).await.unwrap();
    bob.flow_controls().add_consumer("echoer", to_alice.flow_control_id());
    Pair { network, alice, bob, to_bob, to_alice }
}

impl Pair {
    /// Asks bob's echoer as alice, for at most a second.
    pub(crate) async fn ask(&self, text: &str) -> Result<String> {
        ask(&self.alice, route![&self.to_bob, "echoer"], text).await
    }
}

pub(crate) async fn ask(node: &Handle, route: impl Into<Route>, text: &str) -> Result<String> {
    let options = MessageSendReceiveOptions::new().with_timeout(ms(1000));
    let answer = node.send_and_receive_extended::<String>(route, text.to_string(), options);
    Ok(answer.await?.body())
}

/// Waits until a condition holds, which nothing announces; on a paused clock this costs no time.
pub(crate) async fn eventually(what: &str, mut condition: impl FnMut() -> bool) {
    for _ in 0..10_000 {
        if condition() {
            return;
        }
        tokio::time::sleep(ms(1)).await;
    }
    panic!("it never came about: {what}");
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

/// Passes every message on, and puts itself on the way back.
pub(crate) struct Hop;

impl Worker for Hop {
    type Context = Context;
    type Message = Any;

    async fn handle_message(&mut self, ctx: &mut Context, msg: Routed<Any>) -> Result<()> {
        let me = msg.msg_addr();
        ctx.forward(msg.into_local_message().step_forward(me)?).await
    }
}
