//! One day of one seed.
//!
//! ```text
//!   alice ── radio ── bob ── radio ── carol        asks over one link and over two
//!     └────── mobile ── middle ── dsl ── owner     asks through owner's relay in the middle
//! ```

use crate::allocator;
use ockam::error::RemoteFailure;
use ockam::relay::STATIC_FORWARDING_SERVICE;
use ockam::remote::{RemoteRelay, RemoteRelayOptions};
use ockam::workers::{Echoer, Hop};
use ockam::{
    ErrorKind, Handle, MessageSendReceiveOptions, RelayService, RelayServiceOptions, Route, route,
};
use ockam_transport_memory::{
    Counters, Dice, LinkEnd, LinkOptions, MEMORY, MemoryNode, Network, simulate,
};
use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::Rc;
use std::time::Duration;
use tokio::runtime::Handle as Runtime;
use tokio::time::{Instant, sleep};

const MS: Duration = Duration::from_millis(1);

const DAY: Duration = Duration::from_secs(24 * 3600);

/// How long askers wait between two asks, at most.
const PAUSE: Duration = Duration::from_secs(60);

/// After the last ask everything that waits has run into its limit: asks, registrations, backoff.
const CALM: Duration = Duration::from_secs(300);

/// How much more memory may be held at the end of a day than after its first hour. What is kept
/// on purpose (spare messages, the network's journal, lists that have grown) is full by then.
const GROWTH: i64 = 64 * 1024;

/// What happened on one day, or on several.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Report {
    pub(crate) answered: u64,
    /// Ended at their timeout.
    pub(crate) unanswered: u64,
    /// Ended at once, because a connection was lost.
    pub(crate) failed: u64,
    pub(crate) registered_again: u64,
    counters: Counters,
    fingerprint: u64,
    /// The most memory that a thread held at the end of its day, in bytes.
    held: i64,
}

impl Report {
    pub(crate) fn plus(mut self, other: &Report) -> Report {
        self.answered += other.answered;
        self.unanswered += other.unanswered;
        self.failed += other.failed;
        self.registered_again += other.registered_again;
        self.counters += other.counters;
        self.fingerprint ^= other.fingerprint;
        self.held = self.held.max(other.held);
        self
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Report { answered, unanswered, failed, registered_again, counters, .. } = self;
        write!(
            f,
            "{answered} asks answered, {unanswered} not, {failed} failed with their connection; \
             {registered_again} registrations again; {} frames sent, {} lost; at most {} KiB held",
            counters.sent,
            counters.lost,
            self.held / 1024
        )
    }
}

/// Lives through the day of a seed, and checks what is left of it.
pub(crate) fn run(seed: u64) -> Report {
    let before = allocator::held();
    let report = simulate(day(seed));
    // The runtime is gone, and with it everything that the nodes held. What other parts of the
    // process keep for the thread is small.
    let left = allocator::held() - before;
    assert!(left < GROWTH, "{left} bytes are left when all nodes are gone");
    report
}

async fn day(seed: u64) -> Report {
    let world = World::new(seed).await;
    let tally = Rc::new(RefCell::new(Report::default()));
    let end = Instant::now() + DAY;
    // The first message through the relay opens the way between its connections.
    world.check_that_all_is_well().await;
    sleep(CALM).await;
    let baseline = world.traces();
    let early = Cell::new(0);
    let life = async {
        let askers = world.routes().into_iter().enumerate().map(|(number, (node, route))| {
            let dice = world.network.dice(&format!("asker {number}"));
            ask_all_day(node, route, dice, Rc::clone(&tally), end)
        });
        join_all(askers.collect()).await;
    };
    let memory = async {
        sleep(Duration::from_secs(3600)).await;
        early.set(allocator::held());
    };
    tokio::join!(life, world.weather(end), world.replace_links(end), memory);
    world.network.heal_all();
    sleep(CALM).await;

    world.check_that_all_is_well().await;
    sleep(CALM).await;
    assert_eq!(world.traces(), baseline, "workers, flows or tasks are left");
    let grown = allocator::held() - early.get();
    assert!(grown < GROWTH, "{grown} bytes more are held than in the first hour");

    let mut report = tally.borrow().clone();
    report.registered_again = world.service.replaced();
    report.counters = world.network.counters();
    report.fingerprint = world.network.fingerprint();
    report.held = allocator::held();
    assert_eq!(report.counters.in_flight, 0);
    world.stop().await;
    report
}

/// Waits for several futures in turn; each of them runs as long as it wants.
async fn join_all(futures: Vec<impl Future<Output = ()> + 'static>) {
    let tasks = tokio::task::LocalSet::new();
    futures.into_iter().for_each(|future| drop(tasks.spawn_local(future)));
    tasks.await;
}

/// Asks again and again, and checks that each ask ends in its time, with its own answer.
async fn ask_all_day(
    node: Handle,
    route: Route,
    mut dice: Dice,
    tally: Rc<RefCell<Report>>,
    end: Instant,
) {
    let mut number = 0u64;
    while Instant::now() < end {
        sleep(dice.between(Duration::ZERO, PAUSE)).await;
        number += 1;
        let limit = dice.between(200 * MS, Duration::from_secs(30));
        let (begun, text) = (Instant::now(), format!("{route} {number}"));
        let options = MessageSendReceiveOptions::new().with_timeout(limit);
        let answer = node.send_and_receive_extended::<String>(&route, text.clone(), options).await;
        let took = begun.elapsed();
        assert!(took <= limit + 2 * MS, "an ask of {limit:?} took {took:?}");
        let mut tally = tally.borrow_mut();
        match answer {
            Ok(answer) => {
                assert_eq!(answer.body(), text);
                tally.answered += 1;
            }
            Err(error) if error.kind() == ErrorKind::TimedOut => tally.unanswered += 1,
            Err(error) => {
                // A node in between says that its connection to the next one is gone.
                let elsewhere = error.kind() == ErrorKind::Failed
                    && error.downcast_ref::<RemoteFailure>().is_some();
                assert!(elsewhere || error.kind() == ErrorKind::Stopped, "{error}");
                tally.failed += 1;
            }
        }
    }
}

/// The nodes and their links.
struct World {
    network: Network,
    alice: MemoryNode,
    bob: MemoryNode,
    carol: MemoryNode,
    middle: MemoryNode,
    owner: MemoryNode,
    radios: [(LinkEnd, LinkEnd); 2],
    mobile: (LinkEnd, LinkEnd),
    service: RelayService,
}

impl World {
    async fn new(seed: u64) -> World {
        let network = Network::new(seed);
        let names = ["alice", "bob", "carol", "middle", "owner"];
        let [alice, bob, carol, middle, owner] = names.map(|name| network.node(name).unwrap());
        let radio = || LinkOptions::new().with_loss(0.05).with_delay(MS..400 * MS);
        let near = network.link(&alice, &bob, radio().with_reordering()).await.unwrap();
        let far = network.link(&bob, &carol, radio()).await.unwrap();
        let mobile = LinkOptions::new().with_loss(0.02).with_delay(10 * MS..90 * MS);
        let mobile = network.link(&alice, &middle, mobile).await.unwrap();

        bob.start_worker("hop", Hop).await.unwrap();
        for node in [&bob, &carol, &middle] {
            node.start_worker("echoer", Echoer).await.unwrap();
            node.flow_controls().add_consumer("echoer", node.flow_control_id());
        }
        for end in [&near.1, &far.0] {
            bob.flow_controls().add_consumer("hop", end.flow_control_id());
        }
        owner.start_worker("echoer", Echoer).await.unwrap();
        let options = RelayServiceOptions::new()
            .with_prefix("")
            .with_alias(STATIC_FORWARDING_SERVICE)
            .service_as_consumer(middle.flow_control_id())
            .relay_as_consumer(middle.flow_control_id());
        let service = RelayService::create(&middle, "forwarding_service", options).await.unwrap();
        let radios = [near, far];
        let world = World { network, alice, bob, carol, middle, owner, radios, mobile, service };
        world.register().await;
        world
    }

    /// Registers owner's relay over a link that is made for it.
    async fn register(&self) {
        let options = RemoteRelayOptions::new().with_consumer("echoer");
        let middle = (MEMORY, "middle");
        RemoteRelay::create_static(&self.owner, middle, "cellar", options).await.unwrap();
        let dsl = LinkOptions::new().with_loss(0.02).with_delay(MS..20 * MS);
        self.network.set_on_demand(dsl).unwrap();
    }

    /// Lists who asks, and along which route.
    fn routes(&self) -> Vec<(Handle, Route)> {
        let [near, far] = &self.radios;
        let one = route![&near.0, "echoer"];
        let two = route![&near.0, "hop", &far.0, "echoer"];
        let through = route![&self.mobile.0, "cellar", "echoer"];
        let of_alice = [one.clone(), one, two.clone(), two, through.clone(), through];
        let mut routes: Vec<_> =
            of_alice.into_iter().map(|route| (self.alice.handle(), route)).collect();
        // Over the link that is replaced now and then, and made again by the next message.
        routes.push((self.owner.handle(), route![(MEMORY, "middle"), "echoer"]));
        routes
    }

    /// Cuts links for a while, one way or both ways, and isolates nodes.
    async fn weather(&self, end: Instant) {
        let mut dice = self.network.dice("weather");
        while Instant::now() < end {
            sleep(dice.between(Duration::ZERO, Duration::from_secs(1800))).await;
            let ends = [&self.radios[0].0, &self.radios[1].1, &self.mobile.0];
            let cut = ends[dice.below(3) as usize];
            match dice.below(4) {
                0 => self.network.partition_one_way(cut),
                1 => self.network.isolate(&self.middle),
                _ => self.network.partition(cut),
            }
            sleep(dice.between(Duration::ZERO, Duration::from_secs(600))).await;
            self.network.heal_all();
        }
    }

    /// Ends owner's link to the middle now and then; owner makes another one and registers again.
    async fn replace_links(&self, end: Instant) {
        let mut dice = self.network.dice("replace");
        while Instant::now() < end {
            sleep(dice.between(Duration::from_secs(600), Duration::from_secs(7200))).await;
            // The link's sender goes, and with it the link; through a cut the middle hears of it
            // only later.
            let link = self.owner.resolve((MEMORY, "middle")).await.unwrap();
            self.owner.stop_worker(link.recipient().unwrap()).await.unwrap();
        }
    }

    /// In good weather everybody is reached; loss may take some asks, but not twenty in a row.
    async fn check_that_all_is_well(&self) {
        for (node, route) in self.routes() {
            let mut answered = false;
            for _ in 0..20 {
                let options = MessageSendReceiveOptions::new().with_timeout(Duration::from_secs(5));
                let ask =
                    node.send_and_receive_extended::<String>(&route, "fine".to_string(), options);
                if let Ok(answer) = ask.await {
                    assert_eq!(answer.as_body(), "fine");
                    answered = true;
                    break;
                }
            }
            assert!(answered, "nobody answers at {route} when all is well again");
        }
    }

    fn nodes(&self) -> [&MemoryNode; 5] {
        [&self.alice, &self.bob, &self.carol, &self.middle, &self.owner]
    }

    /// Counts what could be left over: workers of each node, addresses in its flow controls, and
    /// the tasks of all. Whoever was awake has fallen asleep when this is asked.
    fn traces(&self) -> (Vec<(usize, usize)>, usize) {
        let nodes = self.nodes().map(|node| {
            let flows = format!("{:?}", node.flow_controls());
            (node.list_workers().len(), flows.matches("0#").count())
        });
        (nodes.to_vec(), Runtime::current().metrics().num_alive_tasks())
    }

    async fn stop(self) {
        let World { alice, bob, carol, middle, owner, .. } = self;
        for mut node in [alice, bob, carol, middle, owner] {
            node.stop().await.unwrap();
        }
        sleep(Duration::from_secs(1)).await;
        assert_eq!(Runtime::current().metrics().num_alive_tasks(), 0, "a task is left");
    }
}
