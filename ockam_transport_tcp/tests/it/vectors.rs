//! The golden vectors of Ockam 0.150 about connections, each over a real socket.

use crate::peer::Peer;
use crate::support::{Collector, TcpNode, soon};
use ockam_core::{Address, LocalMessage, Mailbox, Mailboxes, Route, TransportMessage, route};
use ockam_node::WorkerBuilder;
use serde_json::Value;
use std::path::Path;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

pub(crate) fn file(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/vectors").join(name);
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

pub(crate) fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap()
}

pub(crate) fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

pub(crate) fn bytes(value: &Value) -> Vec<u8> {
    if value.is_null() {
        return Vec::new();
    }
    let Some(hex) = value.as_str() else {
        let times = value["times"].as_u64().unwrap() as usize;
        let middle = bytes(&value["repeat"]).repeat(times);
        return [bytes(&value["head"]), middle, bytes(&value["tail"])].concat();
    };
    let byte = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
    (0..hex.len()).step_by(2).map(byte).collect()
}

pub(crate) fn route_of(value: &Value) -> Route {
    let address = |value: &Value| {
        let transport = value["type"].as_u64().unwrap() as u8;
        Address::new(transport.into(), bytes(&value["hex"]))
    };
    list(value).iter().map(address).collect()
}

/// A node whose worker collects what comes for the first hop of a case, and the marks behind it.
struct Case {
    node: TcpNode,
    arrived: UnboundedReceiver<LocalMessage>,
    peer: Peer,
}

const MARKS: &str = "marks";

impl Case {
    async fn new(first_hop: Option<&Address>) -> Self {
        let node = TcpNode::new().await;
        let listener = node.listen(Default::default()).await;
        let name = Address::from("echoer");
        let hop = first_hop.filter(|hop| hop.is_local() && !hop.is_empty()).unwrap_or(&name);
        let (sender, arrived) = unbounded_channel();
        let more = vec![Mailbox::allow_all(hop.clone())];
        WorkerBuilder::new(Collector(sender))
            .with_mailboxes(Mailboxes::new(Mailbox::allow_all(MARKS), more))
            .start(&node.ctx)
            .await
            .unwrap();
        for address in [hop.clone(), MARKS.into()] {
            node.ctx.flow_controls().add_consumer(address, listener.flow_control_id());
        }
        let peer = Peer::greeting(listener.socket_address());
        Case { node, arrived, peer }
    }

    /// Says a frame, then a mark; returns what arrived before the mark.
    async fn delivered(&mut self, frame: &[u8]) -> Option<LocalMessage> {
        self.peer.say(frame);
        self.peer.say_message(&TransportMessage::new(MARKS, route![], vec![]));
        let is_mark = |message: &LocalMessage| *message.onward_route() == route![MARKS];
        let first = soon(self.arrived.recv()).await.unwrap();
        if is_mark(&first) {
            return None;
        }
        assert!(is_mark(&soon(self.arrived.recv()).await.unwrap()));
        Some(first)
    }

    fn check(&self, message: &LocalMessage, onward: Route, without_sender: Route, payload: &[u8]) {
        let sender = self.node.tcp.connections().remove(0).sender_address;
        assert_eq!(message.onward_route(), &onward);
        assert_eq!(message.return_route(), &route![sender, without_sender]);
        assert!(*message.payload() == payload);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_frame_of_ockam_0_150_is_delivered_or_ignored() {
    let vectors = file("tcp-frames.json");
    let mut delivered = 0;
    for frame in list(&vectors["frames"]) {
        let (name, decoded) = (text(&frame["name"]), &frame["decoded"]);
        let onward = route_of(&decoded["onward_route"]);
        let mut case = Case::new(onward.iter().next()).await;
        let message = case.delivered(&bytes(&frame["frame"])).await;
        // No worker of this library has the empty address, so nothing can be delivered there.
        let reachable = onward.iter().next().is_some_and(|hop| !hop.is_empty());
        let expected = text(&frame["read_back"]) == "delivered" && reachable;
        assert_eq!(message.is_some(), expected, "{name}");
        if let Some(message) = message {
            delivered += 1;
            let back = route_of(&decoded["return_route"]);
            case.check(&message, onward, back, &bytes(&decoded["payload"]));
        }
    }
    assert!(delivered > 10, "{delivered}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_spelling_is_delivered_ignored_or_ends_the_connection() {
    let vectors = file("tcp-tolerance.json");
    let mut outcomes = [0; 3];
    for frame in list(&vectors["frames"]) {
        let (name, outcome) = (text(&frame["name"]), text(&frame["outcome"]));
        let mut case = Case::new(None).await;
        let bytes_of_frame = bytes(&frame["frame"]);
        match outcome {
            "connection closed" => {
                outcomes[0] += 1;
                case.peer.try_say(&bytes_of_frame);
                assert_eq!(case.peer.hear_end(), [1], "{name}: nothing is answered");
                assert!(case.arrived.try_recv().is_err(), "{name}");
            }
            _ => {
                let message = case.delivered(&bytes_of_frame).await;
                assert_eq!(message.is_some(), outcome == "delivered", "{name}");
                outcomes[1 + usize::from(message.is_some())] += 1;
                if let Some(message) = message {
                    let onward = route_of(&frame["onward_route"]);
                    let back = route_of(&frame["return_route_without_the_local_hop"]);
                    case.check(&message, onward, back, &bytes(&frame["payload"]));
                }
            }
        }
    }
    assert!(outcomes.iter().all(|count| *count > 0), "{outcomes:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_other_preface_ends_the_connection_even_with_a_frame_behind_it() {
    let good = crate::peer::frame(&TransportMessage::new("echoer", route![], vec![7]));
    for preface in list(&file("tcp-tolerance.json")["prefaces"]) {
        let (_node, listener, mut arrived) = TcpNode::collecting(Default::default()).await;
        let first = bytes(&preface["preface"]);
        let is_good = text(&preface["outcome"]) != "connection closed";
        assert_eq!(is_good, first == [1]);
        let mut peer = Peer::connect(listener.socket_address());
        peer.say(&[first, good.clone()].concat());
        if is_good {
            soon(arrived.recv()).await.unwrap();
        } else {
            assert_eq!(peer.hear_end(), [1]);
            assert!(arrived.try_recv().is_err());
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_node_writes_is_what_ockam_0_150_reads() {
    let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let node = TcpNode::new().await;
    let connection = node.connect_to(socket.local_addr().unwrap()).await;
    let mut peer = Peer::accept(&socket);
    for frame in list(&file("tcp-frames.json")["frames"]) {
        let decoded = &frame["decoded"];
        let onward = route_of(&decoded["onward_route"]);
        if onward.is_empty() {
            continue;
        }
        let back = route_of(&decoded["return_route"]);
        let sent = TransportMessage::new(onward, back, bytes(&decoded["payload"]));
        let mut message = LocalMessage::from(sent.clone());
        message.transport_mut().onward_route.push_front(&connection);
        node.ctx.forward(message).await.unwrap();
        assert!(peer.hear() == sent, "{}", frame["name"]);
    }
}
