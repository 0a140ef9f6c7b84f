//! Registrations that are wrong or hostile. None stops another worker, opens a way into the node,
//! or is answered.

use crate::support::{ask, eventually, link, ms, plain, scene};
use ockam::message::encode;
use ockam::relay::{MAX_RELAY_NAME_LEN, RelayRefusal};
use ockam::remote::{RemoteRelay, RemoteRelayOptions};
use ockam::routing::MAX_ROUTE_LEN;
use ockam::workers::{Echoer, Hop};
use ockam::{
    Address, ErrorKind, RelayService, RelayServiceOptions, Route, TransportMessage, route,
};
use ockam_core::encode_frame;
use ockam_transport_memory::{LinkEnd, LinkOptions, MemoryNode, Network, RawEnd, simulate};

/// A node with a relay service, and a peer that sends what it likes.
pub(crate) struct Hostile {
    pub(crate) network: Network,
    pub(crate) middle: MemoryNode,
    pub(crate) service: RelayService,
    pub(crate) end: LinkEnd,
    pub(crate) raw: RawEnd,
}

pub(crate) async fn hostile(options: RelayServiceOptions) -> Hostile {
    let network = Network::new(1);
    let middle = network.node("middle").unwrap();
    let (end, raw) = network.raw_link(&middle, LinkOptions::new()).await.unwrap();
    let options =
        options.service_as_consumer(end.flow_control_id()).relay_as_consumer(end.flow_control_id());
    let service = RelayService::create(&middle, "service", options).await.unwrap();
    Hostile { network, middle, service, end, raw }
}

impl Hostile {
    async fn send(&self, onward: impl Into<Route>, way_back: impl Into<Route>, body: Vec<u8>) {
        let mut frame = Vec::new();
        encode_frame(&TransportMessage::new(onward, way_back, body), &mut frame).unwrap();
        self.raw.send(frame).await.unwrap();
    }

    pub(crate) async fn register(&self, name: &str) {
        self.send("service", "remote", encode(&name.to_string()).unwrap()).await;
    }

    /// Checks that a registration was refused for a reason, and that nobody was told.
    async fn refused(&self, why: RelayRefusal, times: u64) {
        assert!(self.raw.receive(ms(1000)).await.is_err(), "{why}");
        assert_eq!(self.service.refused(why), times, "{why}");
        // It goes on.
        self.register("fine").await;
        self.raw.receive(ms(1000)).await.unwrap();
    }
}

#[test]
fn a_body_that_is_no_text_is_refused() {
    simulate(async {
        let hostile = hostile(plain()).await;
        // A length without a text, no body at all, and bytes that are not UTF-8.
        for body in [vec![9, b'a'], vec![], vec![2, 0xff, 0xfe]] {
            hostile.send("service", "remote", body).await;
        }
        hostile.refused(RelayRefusal::NotAText, 3).await;
        assert_eq!(hostile.service.relays(), ["fine".into()]);
    });
}

#[test]
fn an_empty_wanted_name_is_refused_also_behind_a_prefix() {
    simulate(async {
        for prefix in ["", "forward_to_"] {
            let hostile = hostile(RelayServiceOptions::new().with_prefix(prefix)).await;
            hostile.register("").await;
            hostile.refused(RelayRefusal::NoName, 1).await;
        }
        let hostile = hostile(plain()).await;
        hostile.register("0#").await;
        hostile.refused(RelayRefusal::NoName, 1).await;
    });
}

#[test]
fn a_name_is_as_long_as_an_address_may_be_and_no_longer() {
    simulate(async {
        let hostile = hostile(RelayServiceOptions::new().with_prefix("p_")).await;
        let longest = "x".repeat(MAX_RELAY_NAME_LEN - 2);
        hostile.register(&longest).await;
        hostile.raw.receive(ms(1000)).await.unwrap();
        hostile.register(&format!("{longest}x")).await;
        hostile.register(&"x".repeat(8 * 1024 * 1024)).await;
        hostile.refused(RelayRefusal::NameTooLong, 2).await;
    });
}

#[test]
fn a_name_that_belongs_to_a_transport_is_refused() {
    simulate(async {
        let hostile = hostile(plain()).await;
        hostile.register("1#example.org:4000").await;
        hostile.refused(RelayRefusal::NotLocal, 1).await;
    });
}

#[test]
fn a_name_that_something_else_has_is_refused_and_that_is_not_touched() {
    simulate(async {
        let hostile = hostile(plain()).await;
        hostile.middle.start_worker("echoer", Echoer).await.unwrap();
        let others = plain();
        RelayService::create(&hostile.middle, "other_service", others).await.unwrap();
        let before = hostile.middle.list_workers();
        let names =
            ["echoer", "app", "service", "other_service", hostile.end.receiver_address().address()];
        for name in names {
            hostile.register(name).await;
        }
        hostile.refused(RelayRefusal::NameTaken, names.len() as u64).await;
        let mut expected = before;
        expected.push("fine".into());
        expected.sort_unstable();
        assert_eq!(hostile.middle.list_workers(), expected);
        // Nor has it become reachable from outside by the attempt.
        hostile.send("echoer", "remote", vec![0]).await;
        assert!(hostile.raw.receive(ms(1000)).await.is_err());
        assert!(ask(&hostile.middle, "echoer", "still here").await.is_ok());
    });
}

#[test]
fn a_worker_that_took_the_name_of_a_relay_that_ended_is_not_touched() {
    simulate(async {
        let hostile = hostile(plain()).await;
        hostile.register("fine").await;
        hostile.raw.receive(ms(1000)).await.unwrap();
        hostile.middle.stop_worker("fine").await.unwrap();
        hostile.middle.start_worker("fine", Echoer).await.unwrap();
        hostile.register("fine").await;
        assert!(hostile.raw.receive(ms(1000)).await.is_err());
        assert_eq!(hostile.service.refused(RelayRefusal::NameTaken), 1);
        assert!(ask(&hostile.middle, "fine", "still here").await.is_ok());
    });
}

#[test]
fn a_return_route_that_leads_to_this_node_itself_is_refused() {
    simulate(async {
        let hostile = hostile(plain()).await;
        hostile.middle.start_worker("private", Echoer).await.unwrap();
        // All that is left of it is the connection, and that would be dropped.
        hostile.send("service", route![], encode(&"way_in".to_string()).unwrap()).await;
        hostile.refused(RelayRefusal::NoWayBack, 1).await;
        hostile.send(route!["way_in", "private"], "me", vec![0]).await;
        assert!(hostile.raw.receive(ms(1000)).await.is_err());

        // The same from a worker of this node.
        hostile.middle.send("service", "way_in".to_string()).await.unwrap();
        hostile.refused(RelayRefusal::NoWayBack, 2).await;
    });
}

#[test]
fn a_service_runs_as_many_relays_as_it_may_and_forgets_those_that_lead_nowhere() {
    simulate(async {
        let hostile = hostile(plain().with_max_relays(10)).await;
        for number in 0..10 {
            hostile.register(&number.to_string()).await;
            hostile.raw.receive(ms(1000)).await.unwrap();
        }
        for _ in 0..5 {
            hostile.register("register").await;
        }
        assert!(hostile.raw.receive(ms(1000)).await.is_err());
        assert_eq!(hostile.service.refused(RelayRefusal::TooMany), 5);
        // A name that is there may be taken over all the same.
        hostile.register("7").await;
        hostile.raw.receive(ms(1000)).await.unwrap();

        // The connection goes, and with it the use of all ten.
        let Hostile { network, middle, service, end, raw } = hostile;
        drop(raw);
        eventually("it is gone", || !middle.is_worker_registered_at(end.address().clone())).await;
        let owner = network.node("owner").unwrap();
        let (up, down) = link(&network, &owner, &middle).await;
        middle.flow_controls().add_consumer("service", down.flow_control_id());
        let options = RemoteRelayOptions::new().with_service("service");
        let relay = RemoteRelay::create(&owner, &up, options).await.unwrap();
        assert_eq!(service.relays(), [relay.registered_address().unwrap()]);
        assert_eq!(middle.list_workers().len(), 5, "{:?}", middle.list_workers());
    });
}

#[test]
fn relays_that_lead_to_each_other_across_nodes_end_at_the_limit_of_the_return_route() {
    simulate(async {
        let network = Network::new(1);
        let nodes = ["a", "b"].map(|name| network.node(name).unwrap());
        let (a_b, b_a) = link(&network, &nodes[0], &nodes[1]).await;
        for (node, end) in nodes.iter().zip([&a_b, &b_a]) {
            let options = plain()
                .service_as_consumer(end.flow_control_id())
                .relay_as_consumer(end.flow_control_id());
            RelayService::create(node, "service", options).await.unwrap();
        }
        // Each is registered with a way back that leads to the other.
        for (node, up, other) in [(&nodes[0], &a_b, "b"), (&nodes[1], &b_a, "a")] {
            let name = node.name().to_string();
            let way_back = route![format!("relay_{name}"), "inner"];
            let onward = route![up, "service"];
            let body = encode(&format!("relay_{other}")).unwrap();
            node.forward(TransportMessage::new(onward, way_back, body).into()).await.unwrap();
        }
        eventually("both are there", || {
            nodes[0].is_worker_registered_at("relay_a")
                && nodes[1].is_worker_registered_at("relay_b")
        })
        .await;
        let sent = network.counters().sent;
        nodes[0].send(route!["relay_a", "anything"], 1u8).await.unwrap();
        tokio::time::sleep(ms(60_000)).await;
        let rounds = network.counters().sent - sent;
        assert!((2..=MAX_ROUTE_LEN as u64 + 1).contains(&rounds), "{rounds} crossings");
    });
}

#[test]
fn relays_that_lead_to_each_other_on_one_node_are_refused() {
    simulate(async {
        let hostile = hostile(plain()).await;
        let register = async |name: &str, way_back: Route| {
            let body = encode(&name.to_string()).unwrap();
            let message = TransportMessage::new("service", way_back, body);
            hostile.middle.forward(message.into()).await.unwrap();
        };
        hostile.middle.start_worker("hop", Hop).await.unwrap();
        register("self", route!["self", "x"]).await;
        register("one", route!["hop", "x"]).await;
        register("two", route!["one", "x"]).await;
        hostile.refused(RelayRefusal::Loop, 2).await;
        assert_eq!(hostile.service.relays(), ["fine".into(), "one".into()]);
    });
}

#[test]
fn an_owner_is_told_what_is_wrong_with_a_name_before_anybody_is_asked() {
    simulate(async {
        let scene = scene(plain()).await;
        for (name, part) in [
            ("", "empty"),
            ("register", "any name"),
            ("1#host", "transport type"),
            ("0#x", "transport type"),
            (&*"x".repeat(MAX_RELAY_NAME_LEN + 1), "255"),
        ] {
            let options = RemoteRelayOptions::new();
            let relay = RemoteRelay::create_static(&scene.owner, &scene.owner_up, name, options);
            let error = relay.await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput, "{name}");
            assert!(error.to_string().contains(part), "{error}");
        }
        assert_eq!(scene.network.counters().sent, 0);
    });
}

#[test]
fn an_owner_refuses_a_relay_of_another_name_and_ignores_what_is_no_answer() {
    simulate(async {
        let network = Network::new(1);
        let owner = network.node("owner").unwrap();
        let (end, service) = network.raw_link(&owner, LinkOptions::new()).await.unwrap();
        let answer = async |body: Vec<u8>, behind: Route| {
            let question = service.receive(ms(1000)).await.unwrap();
            let mut decoder = ockam_core::FrameDecoder::without_preface();
            decoder.handle_input(&question);
            let Ok(Some(ockam_core::Decoded::Message(question))) = decoder.poll_message() else {
                panic!("not a message")
            };
            let onward = route![question.return_route, behind];
            let mut frame = Vec::new();
            encode_frame(&TransportMessage::new(onward, "other", body), &mut frame).unwrap();
            service.send(frame).await.unwrap();
        };
        let text = |text: &str| encode(&text.to_string()).unwrap();
        for (body, behind, kind) in [
            (text("other"), route![], ErrorKind::Failed),
            (vec![200, 200], route![], ErrorKind::Encoding),
            (text("cellar"), route!["echoer"], ErrorKind::TimedOut),
        ] {
            let options = RemoteRelayOptions::new();
            let relay = RemoteRelay::create_static(&owner, &end, "cellar", options);
            let (relay, ()) = tokio::join!(relay, answer(body, behind));
            assert_eq!(relay.unwrap_err().kind(), kind);
            assert_eq!(owner.list_workers().len(), 3, "nothing is left");
        }
    });
}

#[test]
fn what_comes_to_the_owners_inlet_goes_on_to_consumers_only_and_never_back() {
    simulate(async {
        let network = Network::new(1);
        let owner = network.node("owner").unwrap();
        let (end, raw) = network.raw_link(&owner, LinkOptions::new()).await.unwrap();
        for name in ["echoer", "private"] {
            owner.start_worker(name, Echoer).await.unwrap();
        }
        let send = async |onward: Route, body: Vec<u8>| {
            let mut frame = Vec::new();
            encode_frame(&TransportMessage::new(onward, "me", body), &mut frame).unwrap();
            raw.send(frame).await.unwrap();
        };
        let read = |frame: &[u8]| {
            let mut decoder = ockam_core::FrameDecoder::without_preface();
            decoder.handle_input(frame);
            match decoder.poll_message() {
                Ok(Some(ockam_core::Decoded::Message(message))) => message,
                other => panic!("not a message: {other:?}"),
            }
        };
        let options = RemoteRelayOptions::new().with_consumer("echoer");
        let (relay, remote) = tokio::join!(RemoteRelay::create(&owner, &end, options), async {
            let question = read(&raw.receive(ms(1000)).await.unwrap());
            let remote: Address = question.return_route.recipient().unwrap();
            send(remote.clone().into(), encode(&"r".to_string()).unwrap()).await;
            remote
        });
        relay.unwrap();
        send(route![&remote, "echoer"], vec![7]).await;
        assert_eq!(read(&raw.receive(ms(1000)).await.unwrap()).payload, vec![7]);
        for onward in [
            route![&remote],
            route![&remote, &remote, "echoer"],
            route![&remote, "private"],
            route![&remote, "nobody"],
        ] {
            send(onward.clone(), vec![7]).await;
            assert!(raw.receive(ms(1000)).await.is_err(), "{onward}");
        }
    });
}
