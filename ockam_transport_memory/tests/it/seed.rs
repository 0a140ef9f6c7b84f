//! A seed gives the same run each time.

use crate::support::{Echoer, Hop, ms};
use ockam_core::route;
use ockam_node::MessageSendReceiveOptions;
use ockam_transport_memory::{LinkOptions, Network, simulate};
use std::time::Duration;

/// Runs some minutes of requests from several workers over two links of varying quality, and returns
/// a trace of everything that could differ: replies, times, addresses and the fingerprint.
fn run(seed: u64) -> (Vec<String>, u64) {
    simulate(async {
        let network = Network::new(seed);
        let nodes = ["a", "b", "c"].map(|name| network.node(name).unwrap());
        let bad = LinkOptions::new().with_loss(0.2).with_delay(ms(1)..ms(300)).with_reordering();
        let (a_b, b_a) = network.link(&nodes[0], &nodes[1], bad.clone()).await.unwrap();
        let (b_c, c_b) = network.link(&nodes[1], &nodes[2], bad).await.unwrap();
        nodes[1].start_worker("hop", Hop).await.unwrap();
        nodes[2].start_worker("echoer", Echoer).await.unwrap();
        nodes[1].flow_controls().add_consumer("hop", b_a.flow_control_id());
        nodes[1].flow_controls().add_consumer("hop", b_c.flow_control_id());
        nodes[2].flow_controls().add_consumer("echoer", c_b.flow_control_id());

        let asker = |number: u32| {
            let (node, network) = (nodes[0].handle(), network.clone());
            let route = route![&a_b, "hop", &b_c, "echoer"];
            async move {
                let mut dice = network.dice(&format!("asker {number}"));
                let begun = tokio::time::Instant::now();
                let mut trace = Vec::new();
                for round in 0..30 {
                    node.sleep(dice.between(ms(0), ms(5000))).await;
                    let options = MessageSendReceiveOptions::new().with_timeout(ms(900));
                    let text = format!("{number} {round}");
                    let answer =
                        node.send_and_receive_extended::<String>(&route, text, options).await;
                    let answer = match answer {
                        Ok(answer) => {
                            format!("{} from {}", answer.as_body(), answer.return_route())
                        }
                        Err(error) => error.to_string(),
                    };
                    trace.push(format!("{:?} {answer}", begun.elapsed()));
                }
                trace
            }
        };
        let weather = async {
            let mut dice = network.dice("weather");
            for _ in 0..10 {
                nodes[0].sleep(dice.between(ms(0), ms(20_000))).await;
                network.partition(&b_c);
                nodes[0].sleep(dice.between(ms(0), ms(4000))).await;
                network.heal(&b_c);
            }
        };
        let (one, two, three, ()) = tokio::join!(asker(1), asker(2), asker(3), weather);
        (([one, two, three]).concat(), network.fingerprint())
    })
}

#[test]
fn the_same_seed_gives_the_same_trace_and_another_seed_another_one() {
    let first = run(7);
    let answered =
        |trace: &[String]| trace.iter().filter(|line| !line.contains("no answer")).count();
    assert!((10..80).contains(&answered(&first.0)), "some of both: {}", answered(&first.0));
    for _ in 0..5 {
        assert_eq!(run(7), first);
    }
    let other = run(8);
    assert_ne!(other.0, first.0);
    assert_ne!(other.1, first.1);
}

#[test]
fn a_busy_machine_does_not_change_a_trace() {
    // Other threads that compute all the time, as on a machine with other work.
    let stop = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let busy: Vec<_> = (0..4)
        .map(|_| {
            let stop = std::sync::Arc::clone(&stop);
            std::thread::spawn(move || {
                while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                    std::hint::spin_loop();
                }
            })
        })
        .collect();
    let fingerprints: Vec<u64> = (0..3).map(|_| run(9).1).collect();
    stop.store(true, std::sync::atomic::Ordering::Relaxed);
    busy.into_iter().for_each(|thread| thread.join().unwrap());
    assert!(fingerprints.iter().all(|fingerprint| *fingerprint == fingerprints[0]));
}

#[test]
fn a_day_passes_in_little_time() {
    let begun = std::time::Instant::now();
    simulate(async {
        let pair = crate::support::pair(1, LinkOptions::new().with_delay(ms(1)..ms(20))).await;
        for _ in 0..24 * 60 {
            pair.alice.sleep(Duration::from_secs(60)).await;
            pair.ask("Hello").await.unwrap();
        }
    });
    assert!(begun.elapsed() < Duration::from_secs(60), "{:?}", begun.elapsed());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_simulation_a_network_runs_in_real_time() {
    let pair = crate::support::pair(1, LinkOptions::new().with_delay(ms(1)..ms(3))).await;
    for _ in 0..20 {
        assert_eq!(pair.ask("Hello").await.unwrap(), "Hello");
    }
}
