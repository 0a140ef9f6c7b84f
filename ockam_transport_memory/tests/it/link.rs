//! Messages over a link: they arrive, in order, late, or not at all, as the options say.

use crate::support::{Echoer, Hop, ask, ms, pair};
use ockam_core::{MAX_ROUTE_LEN, NeutralMessage, Route, route};
use ockam_node::MessageReceiveOptions;
use ockam_transport_memory::{Counters, LinkOptions, Network, simulate};
use tokio::time::Instant;

#[test]
fn an_ask_over_a_perfect_link_is_answered_without_time_passing() {
    simulate(async {
        let pair = pair(1, LinkOptions::new()).await;
        let begun = Instant::now();
        assert_eq!(pair.ask("Hello").await.unwrap(), "Hello");
        assert_eq!(begun.elapsed(), ms(0));
        let counters = pair.network.counters();
        assert_eq!((counters.sent, counters.delivered, counters.lost), (2, 2, 0));
        assert_eq!(pair.to_bob.counters().sent, 1);
    });
}

#[test]
fn a_delay_is_waited_out_in_each_direction() {
    simulate(async {
        let pair = pair(1, LinkOptions::new().with_delay(ms(20)..=ms(20))).await;
        let begun = Instant::now();
        assert_eq!(pair.ask("Hello").await.unwrap(), "Hello");
        assert!((ms(40)..=ms(42)).contains(&begun.elapsed()), "{:?}", begun.elapsed());
    });
}

/// Sends numbers from alice to bob's main function and returns what arrives, in its order.
async fn arrivals(options: LinkOptions, count: u32) -> (Vec<u32>, Counters) {
    let mut pair = pair(3, options).await;
    pair.bob.flow_controls().add_consumer("app", pair.to_alice.flow_control_id());
    let (sender, route) = (pair.alice.handle(), route![&pair.to_bob, "app"]);
    let send = async {
        for number in 0..count {
            sender.send(&route, number).await.unwrap();
        }
    };
    let bob = &mut pair.bob;
    let receive = async {
        let mut arrived = Vec::new();
        let options = MessageReceiveOptions::new().with_timeout(ms(1000));
        while let Ok(number) = bob.receive_extended::<u32>(options.clone()).await {
            arrived.push(number.body());
        }
        arrived
    };
    let ((), arrived) = tokio::join!(send, receive);
    (arrived, pair.network.counters())
}

#[test]
fn messages_arrive_in_order_and_more_than_a_link_holds_wait_for_room() {
    simulate(async {
        let options = LinkOptions::new().with_delay(ms(1)..ms(9));
        let (arrived, counters) = arrivals(options, 5000).await;
        assert!(arrived.iter().copied().eq(0..5000));
        assert_eq!((counters.sent, counters.lost), (5000, 0));
    });
}

#[test]
fn a_lossy_link_loses_its_share_and_keeps_the_order() {
    simulate(async {
        let (arrived, counters) = arrivals(LinkOptions::new().with_loss(0.1), 5000).await;
        assert!(arrived.is_sorted());
        assert!((400..600).contains(&counters.lost), "{counters:?}");
        assert_eq!(arrived.len() as u64, counters.delivered);
        assert_eq!(counters.sent, counters.delivered + counters.lost);
    });
}

#[test]
fn reordering_loses_nothing_and_duplication_adds() {
    simulate(async {
        let options = LinkOptions::new().with_delay(ms(1)..ms(90)).with_reordering();
        let (mut arrived, _) = arrivals(options.clone(), 500).await;
        assert!(!arrived.is_sorted());
        arrived.sort_unstable();
        assert!(arrived.iter().copied().eq(0..500));

        let (mut arrived, counters) = arrivals(options.with_duplication(0.2), 500).await;
        assert_eq!(arrived.len() as u64, 500 + counters.duplicated);
        assert!((50..150).contains(&counters.duplicated), "{counters:?}");
        arrived.sort_unstable();
        arrived.dedup();
        assert!(arrived.iter().copied().eq(0..500));
    });
}

#[test]
fn a_message_crosses_many_links_and_its_answer_comes_back() {
    simulate(async {
        let network = Network::new(1);
        let names: Vec<String> = (0..6).map(|number| format!("n{number}")).collect();
        let nodes: Vec<_> = names.iter().map(|name| network.node(name).unwrap()).collect();
        let mut route = Route::new();
        for [a, b] in nodes.array_windows() {
            let (to_b, to_a) = network.link(a, b, LinkOptions::new()).await.unwrap();
            // Questions and answers pass the same hops.
            a.flow_controls().add_consumer("hop", to_b.flow_control_id());
            b.flow_controls().add_consumer("hop", to_a.flow_control_id());
            b.start_worker("hop", Hop).await.unwrap();
            route = route![route, &to_b, "hop"];
        }
        nodes[5].start_worker("echoer", Echoer).await.unwrap();
        assert_eq!(ask(&nodes[0], route![route, "echoer"], "far").await.unwrap(), "far");
    });
}

#[test]
fn a_route_that_grows_over_the_limit_is_dropped_and_the_link_kept() {
    simulate(async {
        let pair = pair(1, LinkOptions::new()).await;
        let long: Route = (1..MAX_ROUTE_LEN).map(|_| "h".into()).collect();
        pair.alice.send(route![&pair.to_bob, long], 1u8).await.unwrap();
        assert_eq!(pair.ask("still here").await.unwrap(), "still here");
    });
}

#[test]
fn a_message_that_is_too_large_is_the_senders_error_and_the_link_is_kept() {
    simulate(async {
        let pair = pair(1, LinkOptions::new()).await;
        let large = NeutralMessage::from(vec![0; ockam_core::MAX_FRAME_LEN]);
        let route = route![&pair.to_bob, "echoer"];
        let error = pair.alice.send_and_receive::<String>(route, large).await.unwrap_err();
        assert!(error.to_string().contains("16777"), "{error}");
        assert_eq!(pair.network.counters().sent, 0);
        assert_eq!(pair.ask("still here").await.unwrap(), "still here");
    });
}
