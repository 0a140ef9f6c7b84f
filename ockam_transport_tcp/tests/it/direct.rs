//! Messages that are written where they are sent.

use crate::peer::Peer;
use crate::support::{TcpNode, for_large, soon};
use ockam_core::{NeutralMessage, Result, Routed, Worker, route};
use ockam_node::{Context, DeadLetterReason};
use ockam_transport_tcp::{TcpListenerOptions, TcpReconnect};
use std::net::TcpListener as StdListener;
use std::time::Duration;
use tokio::sync::mpsc;

/// More than the system takes for a peer that does not read.
const LARGE: usize = 16_000_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_that_the_socket_takes_in_part_is_written_to_its_end() {
    let node = TcpNode::new().await;
    let listener = StdListener::bind("127.0.0.1:0").unwrap();
    let connection = node.connect_for_large(listener.local_addr().unwrap()).await;
    let mut peer = Peer::accept(&listener);
    peer.say(&[1]);
    // The first message of a connection needs no turn of its sender.
    let route = route![&connection, "far"];
    node.ctx.try_send(route.clone(), NeutralMessage::from(vec![1; LARGE])).unwrap();
    assert_eq!(connection.info().messages_out, 0, "a part of it is left");
    assert!(peer.hear().payload == vec![1; LARGE], "nothing else has to be sent for that");
    node.ctx.send(route, NeutralMessage::from(vec![2])).await.unwrap();
    assert_eq!(peer.hear().payload, [2]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_begun_on_a_lost_connection_is_given_up_and_the_next_one_begins_with_a_frame() {
    let node = TcpNode::new().await;
    let listener = StdListener::bind("127.0.0.1:0").unwrap();
    let waits = (Duration::from_millis(1), Duration::from_millis(10));
    let reconnect = TcpReconnect::new().with_waits(waits.0, waits.1);
    let options = for_large().with_reconnect(reconnect);
    let connection = node.tcp.connect(listener.local_addr().unwrap(), options).await.unwrap();
    let mut peer = Peer::accept(&listener);
    peer.say(&[1]);
    let route = route![&connection, "far"];
    node.ctx.try_send(route.clone(), NeutralMessage::from(vec![1; LARGE])).unwrap();
    peer.reset();
    let mut peer = Peer::accept(&listener);
    peer.say(&[1]);
    node.ctx.send(route, NeutralMessage::from(vec![2])).await.unwrap();
    assert_eq!(peer.hear().payload, [2]);
    assert_eq!(node.ctx.dead_letters().count(DeadLetterReason::Stopped), 1);
}

/// Says something for every number that it hears.
struct Talker(mpsc::UnboundedSender<u32>);

impl Worker for Talker {
    type Context = Context;
    type Message = u32;

    async fn handle_message(&mut self, ctx: &mut Context, msg: Routed<u32>) -> Result<()> {
        let back = route![msg.src_addr(), "heard"];
        // The test may have heard enough.
        let _ = self.0.send(msg.body());
        ctx.send(back, 0u8).await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_stays_in_order_while_the_peer_talks_in_between() {
    let far = TcpNode::new().await;
    let listener = far.listen(TcpListenerOptions::new()).await;
    let (sender, mut arrived) = mpsc::unbounded_channel();
    far.ctx.start_worker("talker", Talker(sender)).await.unwrap();
    far.ctx.flow_controls().add_consumer("talker", listener.flow_control_id());
    let node = TcpNode::new().await;
    let connection = node.connect(&listener).await;
    let mut heard = node.collect("heard").await;
    node.ctx.flow_controls().add_consumer("heard", connection.flow_control_id());
    let send = async {
        for number in 0..5000u32 {
            node.ctx.send(route![&connection, "talker"], number).await.unwrap();
        }
    };
    let receive = async {
        for number in 0..5000u32 {
            assert_eq!(soon(arrived.recv()).await, Some(number));
            soon(heard.recv()).await.unwrap();
        }
    };
    tokio::join!(send, receive);
}
