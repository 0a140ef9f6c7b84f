//! Every step of `docs/vectors/relay.json`, as frames: a service and an owner of ours beside what
//! Ockam 0.150 wrote.
//!
//! The addresses in the vectors that were drawn at random are inputs: each stands for the one that
//! our node draws in its place, from the first frame in which it appears.

use crate::support::{ms, plain};
use ockam::message::encode;
use ockam::remote::{RemoteRelay, RemoteRelayInfo, RemoteRelayOptions};
use ockam::{Address, RelayService, RelayServiceOptions, Route, TransportMessage};
use ockam_core::{Decoded, FrameDecoder, encode_frame};
use ockam_transport_memory::{LinkOptions, MemoryNode, Network, RawEnd, simulate};
use serde_json::Value;
use std::collections::BTreeMap;

fn vectors() -> Value {
    let path = format!("{}/../docs/vectors/relay.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn hex(digits: &Value) -> Vec<u8> {
    let digits = digits.as_str().unwrap();
    let pair = |index| u8::from_str_radix(&digits[index..index + 2], 16).unwrap();
    (0..digits.len()).step_by(2).map(pair).collect()
}

fn read(frame: &[u8]) -> TransportMessage {
    let mut decoder = FrameDecoder::without_preface();
    decoder.handle_input(frame);
    match decoder.poll_message() {
        Ok(Some(Decoded::Message(message))) if !decoder.is_mid_frame() => message,
        other => panic!("not one message: {other:?}"),
    }
}

fn write(message: &TransportMessage) -> Vec<u8> {
    let mut frame = Vec::new();
    encode_frame(message, &mut frame).unwrap();
    frame
}

/// Which address of ours stands for which random one of the vectors.
#[derive(Default)]
struct Bindings(BTreeMap<Address, Address>);

impl Bindings {
    fn is_random(address: &Address) -> bool {
        let digits = address.as_bytes();
        digits.len() == 32 && digits.iter().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'))
    }

    /// Learns from a message of ours what the addresses of the vector's message stand for.
    fn learn(&mut self, theirs: &TransportMessage, ours: &TransportMessage) {
        let routes = [
            (&theirs.onward_route, &ours.onward_route),
            (&theirs.return_route, &ours.return_route),
        ];
        for (theirs, ours) in routes.into_iter().flat_map(|(theirs, ours)| theirs.iter().zip(ours))
        {
            if Self::is_random(theirs) && Self::is_random(ours) {
                self.0.entry(theirs.clone()).or_insert_with(|| ours.clone());
            }
        }
    }

    /// Writes a message of the vectors with our addresses, in routes and in a body that is one.
    fn apply(&self, message: &TransportMessage) -> TransportMessage {
        let ours = |address: &Address| self.0.get(address).unwrap_or(address).clone();
        let route = |route: &Route| route.iter().map(ours).collect::<Route>();
        let text = |address: &Address| encode(&address.address().to_string()).unwrap();
        let named = self.0.iter().find(|(theirs, _)| message.payload == text(theirs));
        let payload = match named {
            Some((_, ours)) => text(ours).into(),
            None => message.payload.clone(),
        };
        TransportMessage {
            onward_route: route(&message.onward_route),
            return_route: route(&message.return_route),
            payload,
        }
    }
}

/// A node with a relay service, and the peers that the vectors speak for.
struct Stage {
    _network: Network,
    _middle: MemoryNode,
    service: RelayService,
    peers: BTreeMap<&'static str, RawEnd>,
    bindings: Bindings,
}

async fn stage(service: &str, options: RelayServiceOptions) -> Stage {
    let network = Network::new(1);
    let middle = network.node("middle").unwrap();
    let (mut peers, mut options) = (BTreeMap::new(), options);
    for name in ["owner", "second owner", "user"] {
        let (end, raw) = network.raw_link(&middle, LinkOptions::new()).await.unwrap();
        options = match name {
            "user" => options.relay_as_consumer(end.flow_control_id()),
            _ => options.service_as_consumer(end.flow_control_id()),
        };
        peers.insert(name, raw);
    }
    let service = RelayService::create(&middle, service, options).await.unwrap();
    let bindings = Bindings::default();
    Stage { _network: network, _middle: middle, service, peers, bindings }
}

impl Stage {
    /// Plays a conversation, and returns how many frames it had.
    async fn play(&mut self, steps: &[Value]) -> usize {
        let mut frames = 0;
        for (number, step) in steps.iter().enumerate() {
            let (peer, act) = step["step"].as_str().unwrap().split_once(" receives").map_or_else(
                || (step["step"].as_str().unwrap().trim_end_matches(" sends"), "sends"),
                |(peer, rest)| (peer, if rest.is_empty() { "receives" } else { "nothing" }),
            );
            let peer = &self.peers[peer];
            if act == "nothing" {
                assert!(peer.receive(ms(60_000)).await.is_err(), "step {number}");
                continue;
            }
            frames += 1;
            let theirs = read(&hex(&step["frame"]));
            if act == "sends" {
                peer.send(write(&self.bindings.apply(&theirs))).await.unwrap();
                continue;
            }
            let frame = peer.receive(ms(1000)).await.unwrap();
            self.bindings.learn(&theirs, &read(&frame));
            assert_eq!(frame, write(&self.bindings.apply(&theirs)), "step {number}");
        }
        frames
    }
}

#[test]
fn an_owner_registers_for_any_name_and_is_reached_through_it() {
    simulate(async {
        let mut stage = stage("forwarding_service", plain()).await;
        assert_eq!(stage.play(vectors()["ephemeral"].as_array().unwrap()).await, 6);
        let relays = stage.service.relays();
        assert_eq!((relays.len(), relays[0].len()), (1, 32));
    });
}

#[test]
fn a_second_owner_takes_a_name_over_from_deeper_in_its_node() {
    simulate(async {
        let options = plain().with_alias("static_forwarding_service");
        let mut stage = stage("forwarding_service", options).await;
        assert_eq!(stage.play(vectors()["static_and_replaced"].as_array().unwrap()).await, 8);
        assert_eq!(stage.service.relays(), ["ziepxr".into()]);
        assert_eq!(stage.service.replaced(), 1);
    });
}

#[test]
fn a_prefix_stands_in_front_of_the_wanted_name() {
    simulate(async {
        let options = RelayServiceOptions::new().with_prefix("forward_to_");
        let mut stage = stage("prefixed_service", options).await;
        let vectors = vectors();
        let steps = vectors["service_with_prefix_forward_to_"].as_array().unwrap();
        assert_eq!(stage.play(steps).await, 2);
    });
}

/// Plays the service of the vectors, byte by byte, to an owner of ours.
async fn register(client: &Value) -> RemoteRelayInfo {
    let network = Network::new(1);
    let owner = network.node("owner").unwrap();
    let (end, service) = network.raw_link(&owner, LinkOptions::new()).await.unwrap();
    let options = RemoteRelayOptions::new();
    let owner = async {
        match client["alias"].as_str() {
            Some(alias) => RemoteRelay::create_static(&owner, &end, alias, options).await,
            None => RemoteRelay::create(&owner, &end, options).await,
        }
    };
    let service = async {
        let mut bindings = Bindings::default();
        let steps = client["steps"].as_array().unwrap();
        let [question, answer] = [&steps[0], &steps[1]].map(|step| read(&hex(&step["frame"])));
        let frame = service.receive(ms(1000)).await.unwrap();
        bindings.learn(&question, &read(&frame));
        assert_eq!(bindings.0.len(), 1, "the owner's own address");
        assert_eq!(frame, write(&bindings.apply(&question)));
        service.send(write(&bindings.apply(&answer))).await.unwrap();
        service
    };
    let (info, _service) = tokio::join!(owner, service);
    info.unwrap()
}

#[test]
fn an_owner_of_ours_says_and_learns_what_one_of_0_150_does() {
    simulate(async {
        let vectors = vectors();
        let clients = vectors["client"].as_array().unwrap();
        for client in clients {
            let info = register(client).await;
            let learned = client["client_learns_remote_address"].as_str().unwrap();
            assert_eq!(info.registered_address(), Some(Address::from(learned)));
        }
        assert_eq!(clients.len(), 2);
    });
}
