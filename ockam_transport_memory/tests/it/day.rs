//! Days of bad weather: every ask ends, and nothing is left behind.
//!
//! `OCKAM_SEEDS=1000` runs that many days; a seed that fails is named, and `OCKAM_SEED=N` runs it
//! alone.

use crate::support::{Echoer, Hop, ms};
use ockam_core::{Route, route};
use ockam_node::{Handle, MessageSendReceiveOptions};
use ockam_transport_memory::{Dice, LinkEnd, LinkOptions, MemoryNode, Network, simulate};
use std::time::Duration;
use tokio::time::Instant;

const DAY: Duration = Duration::from_secs(24 * 3600);
const PATIENCE: Duration = Duration::from_secs(5);

/// What a day came to.
#[derive(Default)]
struct Day {
    answered: u32,
    unanswered: u32,
}

/// Asks along a route all day, and checks that every ask ends in time.
async fn ask_all_day(node: Handle, route: Route, mut dice: Dice, end: Instant) -> Day {
    let mut day = Day::default();
    while Instant::now() < end {
        node.sleep(dice.between(ms(0), Duration::from_secs(300))).await;
        let begun = Instant::now();
        let options = MessageSendReceiveOptions::new().with_timeout(PATIENCE);
        let asked = node.send_and_receive_extended::<String>(&route, "Hello".to_string(), options);
        match asked.await {
            Ok(answer) => {
                assert_eq!(answer.body(), "Hello");
                day.answered += 1;
            }
            Err(_) => day.unanswered += 1,
        }
        assert!(begun.elapsed() <= PATIENCE + ms(1), "an ask took {:?}", begun.elapsed());
    }
    day
}

/// Cuts links and heals them, all day.
async fn weather(network: &Network, node: &MemoryNode, ends: [&LinkEnd; 2], end: Instant) {
    let mut dice = network.dice("weather");
    while Instant::now() < end {
        node.sleep(dice.between(ms(0), Duration::from_secs(1200))).await;
        let cut = ends[dice.below(2) as usize];
        if dice.happens(0.5) {
            network.partition(cut);
        } else {
            network.partition_one_way(cut);
        }
        node.sleep(dice.between(ms(0), Duration::from_secs(120))).await;
        network.heal_all();
    }
}

fn day(seed: u64) -> Day {
    simulate(async {
        let network = Network::new(seed);
        let [a, b, c] = ["a", "b", "c"].map(|name| network.node(name).unwrap());
        let bad = LinkOptions::new().with_loss(0.05).with_delay(ms(1)..ms(400)).with_reordering();
        let (a_b, b_a) = network.link(&a, &b, bad.clone()).await.unwrap();
        let (b_c, c_b) = network.link(&b, &c, bad).await.unwrap();
        b.start_worker("hop", Hop).await.unwrap();
        b.start_worker("echoer", Echoer).await.unwrap();
        c.start_worker("echoer", Echoer).await.unwrap();
        for id in [b_a.flow_control_id(), b_c.flow_control_id()] {
            b.flow_controls().add_consumer("hop", id);
        }
        b.flow_controls().add_consumer("echoer", b_a.flow_control_id());
        c.flow_controls().add_consumer("echoer", c_b.flow_control_id());
        let workers = [&a, &b, &c].map(|node| node.list_workers());

        let end = Instant::now() + DAY;
        let ask = |route, number: u32| {
            ask_all_day(a.handle(), route, network.dice(&format!("asker {number}")), end)
        };
        let (near, far, again, ()) = tokio::join!(
            ask(route![&a_b, "echoer"], 1),
            ask(route![&a_b, "hop", &b_c, "echoer"], 2),
            ask(route![&a_b, "hop", &b_c, "echoer"], 3),
            weather(&network, &a, [&a_b, &b_c], end),
        );
        assert_eq!([&a, &b, &c].map(|node| node.list_workers()), workers, "somebody is left");

        // Nobody is stuck, and with the nodes go their links.
        for node in [a, b, c] {
            node.into_context().stop().await.unwrap();
        }
        let days = [near, far, again];
        Day {
            answered: days.iter().map(|day| day.answered).sum(),
            unanswered: days.iter().map(|day| day.unanswered).sum(),
        }
    })
}

#[test]
fn in_days_of_bad_weather_every_ask_ends_and_nothing_is_left() {
    let number = |name| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let seeds = match number("OCKAM_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("OCKAM_SEEDS").unwrap_or(2),
    };
    let (begun, mut all) = (std::time::Instant::now(), Day::default());
    for seed in seeds.clone() {
        let day = std::panic::catch_unwind(|| day(seed)).unwrap_or_else(|panic| {
            eprintln!("repeat it with OCKAM_SEED={seed}");
            std::panic::resume_unwind(panic)
        });
        assert!(day.answered > 100 && day.unanswered > 10, "seed {seed} is no such day");
        all.answered += day.answered;
        all.unanswered += day.unanswered;
    }
    let (Day { answered, unanswered }, took) = (all, begun.elapsed());
    println!("{seeds:?}: {answered} asks were answered, {unanswered} ended without, in {took:?}");
}
