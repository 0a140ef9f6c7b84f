//! What a node says to one of Ockam 0.150 of asks that fail: nothing, even if it tells everybody
//! everything. The bytes of that node are those of the vectors.

use crate::peer::{Peer, frame};
use crate::support::{TcpNode, soon};
use crate::vectors::{bytes, file, list, route_of, text};
use ockam_core::{
    Address, Any, Error, FailureNotice, Result, Routed, TransportMessage, Worker, decode, encode,
    route,
};
use ockam_node::{Audience, Context, NodeBuilder};
use ockam_transport_tcp::TcpTransportExtension;

const PROBE: &[u8] = b"\x05probe";

/// Answers a probe, and fails at everything else.
struct Valve;

impl Worker for Valve {
    type Context = Context;
    type Message = Any;

    async fn handle_message(&mut self, ctx: &mut Context, msg: Routed<Any>) -> Result<()> {
        if !msg.payload().starts_with(PROBE) {
            return Err(Error::msg("the valve is stuck"));
        }
        ctx.send(msg.return_route(), "probe".to_string()).await
    }
}

/// A node that tells everybody everything, with a valve at an address.
async fn talkative(valve: &Address) -> (TcpNode, Peer) {
    let builder = NodeBuilder::new()
        .with_failures_told_to(Audience::Everybody)
        .with_failure_texts_told_to(Audience::Everybody)
        .with_existence_told_to(Audience::Everybody);
    let ctx = builder.build().unwrap();
    let tcp = ctx.create_tcp_transport().await.unwrap();
    let node = TcpNode { ctx, tcp };
    let listener = node.listen(Default::default()).await;
    node.ctx.start_worker(valve.clone(), Valve).await.unwrap();
    node.ctx.flow_controls().add_consumer(valve.clone(), listener.flow_control_id());
    let peer = Peer::greeting(listener.socket_address());
    (node, peer)
}

/// Says a frame, and a probe that the same worker handles behind it; returns what is heard before
/// the answer to the probe.
fn heard(peer: &mut Peer, frame: &[u8], valve: &Address) -> Option<TransportMessage> {
    peer.say(frame);
    peer.say_message(&TransportMessage::new(valve.clone(), "probe", PROBE));
    let first = peer.hear();
    (first.onward_route != route!["probe"]).then_some(first)
}

/// The same ask, as a node of this library makes it.
fn marked(decoded: &serde_json::Value) -> TransportMessage {
    let asker = Address::from_random_asker([0xfa; 16]);
    TransportMessage::new(route_of(&decoded["onward_route"]), asker, bytes(&decoded["payload"]))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_ask_in_the_bytes_of_0_150_that_fails_is_not_answered() {
    let vectors = file("tcp-frames.json");
    let (mut silent, mut told) = (0, 0);
    for case in list(&vectors["frames"]) {
        let (name, decoded) = (text(&case["name"]), &case["decoded"]);
        let onward = route_of(&decoded["onward_route"]);
        let Some(valve) = onward.first().filter(|hop| hop.is_local() && !hop.is_empty()) else {
            continue;
        };
        let (_node, mut peer) = talkative(valve).await;
        assert_eq!(heard(&mut peer, &bytes(&case["frame"]), valve), None, "{name}");
        silent += 1;
        // Of the same ask with the mark the node does tell.
        let notice = heard(&mut peer, &frame(&marked(decoded)), valve);
        let notice = notice.unwrap_or_else(|| panic!("{name}: it is not told"));
        assert!(FailureNotice::decode(notice.payload.to_bytes().unwrap()).is_ok(), "{name}");
        told += 1;
        // And that there is no worker, in front of the answer by another one.
        let (_node, mut peer) = talkative(&"other".into()).await;
        let nobody = heard(&mut peer, &bytes(&case["frame"]), &"other".into());
        assert_eq!(nobody, None, "{name}");
    }
    assert!(silent > 15 && told == silent, "{silent} and {told}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_ask_to_0_150_has_the_bytes_of_its_own_but_for_the_name_and_takes_its_answer() {
    let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let node = TcpNode::new().await;
    let connection = node.connect_to(socket.local_addr().unwrap()).await;
    let mut peer = Peer::accept(&socket);
    peer.say(&[1]);
    let ask = node.ctx.send_and_receive::<String>(route![&connection, "echoer"], "Hi".to_string());
    let answer = async {
        let mut said = Vec::new();
        let expected = |asker: &str| {
            let hi = encode(&"Hi".to_string()).unwrap();
            [vec![1], frame(&TransportMessage::new("echoer", asker, hi))].concat()
        };
        let len = expected(&"f".repeat(32)).len();
        while said.len() < len {
            said.extend(peer.hear_some());
        }
        let name = said.windows(33).find(|part| part[0] == 32).expect("a name of 32 bytes");
        let name = str::from_utf8(&name[1..]).unwrap().to_string();
        assert_eq!(said, expected(&name), "nothing else is said");
        assert!(Address::from(&*name).notice_address().is_some(), "{name}");
        // 0.150 writes the name as it came, and a tracing context.
        let vectors = file("tcp-frames.json");
        let mut frames = list(&vectors["frames"]).iter();
        let reply = frames.find(|case| text(&case["name"]) == "reply to a random address").unwrap();
        let mut reply = bytes(&reply["frame"]);
        let place = reply.windows(2).position(|part| part == [0x58, 32]).unwrap() + 2;
        reply[place..place + 32].copy_from_slice(name.as_bytes());
        peer.say(&reply);
    };
    let (outcome, ()) = tokio::join!(soon(ask), answer);
    let hello = bytes(&"0c68656c6c6f20626f76686272".into());
    assert_eq!(outcome.unwrap(), decode::<String>(&hello).unwrap());
}
