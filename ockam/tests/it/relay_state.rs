//! Where relays are, as their owners see it, and relays that are tried until they are up.

use crate::support::{PATIENCE, Scene, ask, eventually, link, ms, plain, scene};
use ockam::link::{LINK_EAGER_WAIT, LinkInfo, LinkKind, LinkState, LinkWatch};
use ockam::relay::{
    DEFAULT_RELAY_PREFIX, RELAY_ATTEMPT_LIMIT, RELAY_LONGEST_WAIT, STATIC_FORWARDING_SERVICE,
};
use ockam::remote::{RemoteRelay, RemoteRelayOptions};
use ockam::tcp::TcpReconnect;
use ockam::workers::Echoer;
use ockam::{
    ErrorKind, Handle, NodeBuilder, RelayService, RelayServiceOptions, TcpConnectionOptions,
    TcpListenerOptions, TcpTransportExtension, route,
};
use ockam_transport_memory::{MEMORY, MemoryNode, Network, simulate};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// The relays of a node.
fn relays(node: &Handle) -> Vec<LinkInfo> {
    node.links().into_iter().filter(|link| link.kind == LinkKind::Relay).collect()
}

/// Waits until a link is up. Returns what it went through.
async fn until_up(watch: &mut LinkWatch) -> Vec<String> {
    let mut seen = vec![watch.state().to_string()];
    while !watch.state().is_up() {
        assert!(!watch.is_over(), "{seen:?}");
        seen.push(watch.changed().await.to_string());
    }
    seen
}

fn retries() -> RemoteRelayOptions {
    RemoteRelayOptions::new().with_consumer("echoer").with_retries()
}

/// A node that runs a relay service for all who connect, as a process that was just started.
async fn start_middle(network: &Network) -> MemoryNode {
    let middle = network.node("middle").unwrap();
    let options = plain()
        .with_alias(STATIC_FORWARDING_SERVICE)
        .service_as_consumer(middle.flow_control_id())
        .relay_as_consumer(middle.flow_control_id());
    RelayService::create(&middle, "forwarding_service", options).await.unwrap();
    middle
}

/// The end of a process: its name leads to nobody, and its connections are lost.
async fn end_middle(network: &Network, mut middle: MemoryNode) {
    network.leave("middle");
    middle.stop().await.unwrap();
}

async fn owner(network: &Network) -> MemoryNode {
    let owner = network.node("owner").unwrap();
    owner.start_worker("echoer", Echoer).await.unwrap();
    owner
}

#[test]
fn a_relay_is_up_until_its_connection_is_lost_and_listed_as_long_as_it_is_kept() {
    simulate(async {
        let scene = scene(plain()).await;
        let relay = scene.register("cellar").await;
        let mut watch = relay.watch();
        assert_eq!(relay.state(), LinkState::Up);
        let listed = relays(&scene.owner);
        assert_eq!((listed.len(), listed[0].name.as_str()), (1, "cellar"));
        assert_eq!(listed[0].state, LinkState::Up);
        scene.network.disconnect(&scene.owner_up);
        // A connection that has ended for good.
        while !watch.is_over() {
            watch.changed().await;
        }
        let state = relay.state().to_string();
        assert!(state.starts_with("down: the relay `cellar` of "), "{state}");
        assert!(state.ends_with("is lost: create it again"), "{state}");
        assert!(relays(&scene.owner).is_empty());

        let let_go = RemoteRelay::create_static(
            &scene.user,
            (MEMORY, "nowhere"),
            "attic",
            RemoteRelayOptions::new().with_retries(),
        );
        let let_go = let_go.await.unwrap();
        let_go.stop(&scene.user).await.unwrap();
        assert_eq!(let_go.state().to_string(), "down: it was closed on this side");
        assert!(let_go.watch().is_over() && relays(&scene.user).is_empty());
    });
}

#[test]
fn a_relay_with_retries_is_there_at_once_and_up_as_soon_as_its_service_is() {
    simulate(async {
        let network = Network::new(1);
        let owner = owner(&network).await;
        let begun = Instant::now();
        let named = RemoteRelay::create_static(&owner, (MEMORY, "middle"), "cellar", retries());
        let named = named.await.unwrap();
        let random = RemoteRelay::create(&owner, (MEMORY, "middle"), retries()).await.unwrap();
        assert_eq!(begun.elapsed(), Duration::ZERO);
        assert_eq!(named.state(), LinkState::connecting(1, ""));
        assert!(named.registered_address().is_none() && named.route().is_none());
        // What a service calls it by default.
        assert_eq!(*named.remote_address(), "forward_to_cellar".into());
        assert!(named.flow_control_id().is_none() && relays(&owner).len() == 2);
        sleep(ms(3000)).await;
        let LinkState::Connecting { attempt, why, .. } = named.state() else {
            panic!("{}", named.state());
        };
        assert!((4..12).contains(&attempt) && why.contains("middle"), "{attempt}: {why}");

        let middle = start_middle(&network).await;
        for relay in [&named, &random] {
            until_up(&mut relay.watch()).await;
        }
        assert!(begun.elapsed() < ms(3000) + LINK_EAGER_WAIT + ms(100), "{:?}", begun.elapsed());
        let (name, flow) = (named.registered_address().unwrap(), named.flow_control_id());
        assert_eq!(name, "cellar".into());
        assert!(flow.is_some() && named.route().unwrap().recipient().unwrap() == name);
        let random = random.registered_address().unwrap();
        for name in [name, random] {
            let answer = ask(&middle, route![name, "echoer"], "Hello").await;
            assert_eq!(answer.unwrap(), "Hello");
        }
    });
}

#[test]
fn a_relay_that_was_away_is_registered_soon_after_it_is_back() {
    simulate(async {
        let network = Network::new(1);
        let (owner, mut middle) = (owner(&network).await, start_middle(&network).await);
        let options = RemoteRelayOptions::new().with_consumer("echoer");
        let relay = RemoteRelay::create_static(&owner, (MEMORY, "middle"), "cellar", options);
        let relay = relay.await.unwrap();
        let mut watch = relay.watch();
        for (away, longest) in [
            (ms(100), LINK_EAGER_WAIT),
            (ms(3000), LINK_EAGER_WAIT),
            (ms(25_000), LINK_EAGER_WAIT),
            (ms(3_600_000), RELAY_LONGEST_WAIT),
        ] {
            for _ in 0..20 {
                // Longer than what an attempt has to live to be a good one.
                sleep(ms(10_000)).await;
                assert!(relay.state().is_up());
                end_middle(&network, middle).await;
                sleep(away).await;
                assert!(!relay.state().is_up(), "{away:?}");
                middle = start_middle(&network).await;
                let back = Instant::now();
                until_up(&mut watch).await;
                assert!(back.elapsed() <= longest, "{:?} after {away:?}", back.elapsed());
                let answer = ask(&middle, route!["cellar", "echoer"], "Hello").await;
                assert_eq!(answer.unwrap(), "Hello");
            }
        }
    });
}

#[test]
fn a_registration_that_is_lost_is_repeated_soon() {
    simulate(async {
        let network = Network::new(1);
        let (owner, middle) = (owner(&network).await, start_middle(&network).await);
        let (up, down) = link(&network, &owner, &middle).await;
        middle.flow_controls().add_consumer(STATIC_FORWARDING_SERVICE, down.flow_control_id());
        network.partition(&up);
        let relay = RemoteRelay::create_static(&owner, &up, "cellar", retries()).await.unwrap();
        sleep(ms(100)).await;
        network.heal(&up);
        let healed = Instant::now();
        let seen = until_up(&mut relay.watch()).await;
        let longest = RELAY_ATTEMPT_LIMIT + LINK_EAGER_WAIT;
        assert!(healed.elapsed() < longest, "{:?}: {seen:?}", healed.elapsed());
        assert!(seen.iter().any(|state| state.contains("no answer from")), "{seen:?}");
    });
}

#[test]
fn errors_of_an_owner_name_the_relay_and_its_service() {
    simulate(async {
        let Scene { owner, owner_up, network, .. } = scene(plain()).await;
        let far = RemoteRelay::create_static(
            &owner,
            (MEMORY, "nowhere"),
            "cellar",
            RemoteRelayOptions::new(),
        );
        network.partition(&owner_up);
        let silent =
            RemoteRelay::create_static(&owner, &owner_up, "cellar", RemoteRelayOptions::new());
        for (error, kind) in [
            (far.await.unwrap_err(), ErrorKind::NotFound),
            (silent.await.unwrap_err(), ErrorKind::TimedOut),
        ] {
            let text = format!("{error:#}");
            assert_eq!(error.kind(), kind, "{text}");
            assert!(text.contains("the relay `cellar` of 0#static_forwarding_service"), "{text}");
        }
    });
}

/// A relay that is away for an hour: what its owner would say meanwhile does not pile up.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn over_a_connection_that_reconnects_a_relay_is_registered_once_as_soon_as_that_is_up() {
    let start = async |at: &str| {
        let middle = NodeBuilder::new().build().unwrap();
        let tcp = middle.create_tcp_transport().await.unwrap();
        let listener = tcp.listen(at, TcpListenerOptions::new()).await.unwrap();
        let options = RelayServiceOptions::new()
            .with_alias(STATIC_FORWARDING_SERVICE)
            .service_as_consumer(listener.flow_control_id());
        let service = RelayService::create(&middle, "forwarding_service", options).await.unwrap();
        (middle, service, listener.socket_address())
    };
    let (mut middle, _, address) = start("127.0.0.1:0").await;
    let owner = NodeBuilder::new().build().unwrap();
    let tcp = owner.create_tcp_transport().await.unwrap();
    let quick = TcpReconnect::new().with_waits(ms(1), ms(50));
    let options = TcpConnectionOptions::new().with_reconnect(quick);
    let connection = tcp.connect(address, options).await.unwrap();
    let relay = RemoteRelay::create_static(&owner, &connection, "cellar", retries());
    let relay = relay.await.unwrap();
    let mut watch = relay.watch();
    tokio::time::timeout(PATIENCE, until_up(&mut watch)).await.unwrap();

    middle.stop().await.unwrap();
    // Longer than an attempt may take.
    let connecting = |state: &LinkState| matches!(state, LinkState::Connecting { .. });
    let mut its_way = connection.watch();
    while !matches!(its_way.state(), LinkState::Connecting { attempt: 10.., .. }) {
        its_way.changed().await;
    }
    eventually("it waits for its way", || {
        let state = relay.state();
        connecting(&state) && state.why().is_some_and(|why| why.starts_with("its way is not up: "))
    })
    .await;
    let before = connection.info().messages_out;
    let (middle, service, _) = start(&address.to_string()).await;
    tokio::time::timeout(PATIENCE, until_up(&mut watch)).await.unwrap();
    // It answers before it lists the relay.
    let name = format!("{DEFAULT_RELAY_PREFIX}cellar").into();
    eventually("it is listed", || service.relays() == std::slice::from_ref(&name)).await;
    let question = route![relay.registered_address().unwrap(), "nobody"];
    middle.send(question, 1u8).await.unwrap();
    assert_eq!(service.replaced(), 0, "it was registered once");
    assert_eq!(connection.info().messages_out, before + 1);
}
