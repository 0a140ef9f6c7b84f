//! Questions of this node that fail: no asker on another node is told.

use crate::peer::Peer;
use crate::support::TcpNode;
use ockam_core::{Address, Error, Result, Routed, TransportMessage, Worker};
use ockam_node::Context;
use ockam_transport_tcp::TcpListenerOptions;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use tokio::sync::Semaphore;

/// Answers, and fails with everything else once its gate is open.
struct Gated(Arc<Semaphore>);

impl Worker for Gated {
    type Context = Context;
    type Message = String;

    async fn handle_message(&mut self, ctx: &mut Context, msg: Routed<String>) -> Result<()> {
        if msg.as_body() == "Hi" {
            return ctx.send(msg.return_route(), msg.body()).await;
        }
        let _open = self.0.acquire().await;
        Err(Error::msg("it failed"))
    }
}

/// A question of a peer, with a return route of its own.
fn question(asker: &Address) -> TransportMessage {
    let body = ockam_core::encode(&"Hi".to_string()).unwrap();
    TransportMessage::new("gated", asker.clone(), body)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_last_asker_from_outside_is_not_told_of_a_question_of_this_node() {
    let node = TcpNode::new().await;
    let listener = node.listen(TcpListenerOptions::new()).await;
    let gate = Arc::new(Semaphore::new(0));
    node.ctx.start_worker("gated", Gated(Arc::clone(&gate))).await.unwrap();
    node.ctx.flow_controls().add_consumer("gated", listener.flow_control_id());

    let asker = Address::from_random_asker([0xfa; 16]);
    let mut peer = Peer::greeting(listener.socket_address());
    peer.say_message(&question(&asker));
    assert_eq!(peer.hear().onward_route.first(), Some(&asker));
    {
        // Given up before the worker has failed, so that nobody of this node is told either.
        let mut ask = pin!(node.ctx.send_and_receive::<String>("gated", "fail".to_string()));
        let is_pending = poll_fn(|cx| Poll::Ready(ask.as_mut().poll(cx).is_pending())).await;
        assert!(is_pending);
    }
    gate.add_permits(1);
    peer.say_message(&question(&"probe".into()));
    assert_eq!(peer.hear().onward_route.first(), Some(&"probe".into()));
}
