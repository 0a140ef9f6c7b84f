//! Chooses what happens next, from a seed, and counts how asks end.

use crate::Result;
use crate::world::{Fragile, World, ask};
use ockam::{ErrorKind, Route};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// How many asks are open at a time.
const AT_ONCE: usize = 8;

/// How long asks wait that should be answered, and how long the one to a silent worker waits.
const USUAL: Duration = Duration::from_millis(500);
const SHORT: Duration = Duration::from_millis(20);

/// How much later than its timeout an ask may end on a busy machine.
const LATE: Duration = Duration::from_secs(5);

/// How many asks in a row may fail before the channel is made again.
const FAILURES: u32 = 2 * AT_ONCE as u32;

pub(crate) struct Chaos {
    state: u64,
    outcomes: BTreeMap<String, u64>,
    failures: u32,
    complaints: Vec<String>,
}

impl Chaos {
    pub(crate) fn new(seed: u64) -> Self {
        Chaos {
            state: seed | 1 << 63,
            outcomes: BTreeMap::new(),
            failures: 0,
            complaints: Vec::new(),
        }
    }

    /// Draws a number below `limit` (xorshift).
    fn draw(&mut self, limit: u64) -> u64 {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        (self.state >> 11) % limit
    }

    pub(crate) async fn run(&mut self, world: &mut World, until: Instant) -> Result<()> {
        while Instant::now() < until {
            world.remember_addresses();
            match self.draw(100) {
                0..60 => self.ask_at_once(world, "echoer", "hello", USUAL).await,
                60..70 => self.ask_at_once(world, "silent", "hello", SHORT).await,
                70..78 => self.ask_at_once(world, "fragile", "fail", SHORT).await,
                78..84 => {
                    self.ask_at_once(world, "fragile", "panic", SHORT).await;
                    world.mend_fragile().await?;
                }
                84..90 => self.use_a_local_worker(world).await?,
                90..94 => world.restart_echoer().await?,
                94..97 => {
                    let which = self.draw(2) as usize;
                    world.proxies[which].cut();
                    self.count("cut");
                }
                _ => self.replace_channel(world).await,
            }
            if self.failures >= FAILURES {
                self.replace_channel(world).await;
            }
        }
        Ok(())
    }

    async fn replace_channel(&mut self, world: &mut World) {
        self.failures = 0;
        let made = world.replace_channel(Duration::from_secs(1)).await;
        self.count(if made.is_ok() { "channel made" } else { "channel not made" });
    }

    /// Asks a worker of the responder several times at once.
    async fn ask_at_once(&mut self, world: &World, worker: &str, text: &str, timeout: Duration) {
        let Some(route) = world.route_to(worker) else {
            self.failures = FAILURES;
            return;
        };
        let mut asks = JoinSet::new();
        for _ in 0..AT_ONCE {
            let (from, route, text) = (world.initiator.handle(), route.clone(), text.to_string());
            asks.spawn(async move {
                let begun = Instant::now();
                let outcome = ask(&from, route, &text, timeout).await;
                (outcome.map_err(|error| error.kind()), begun.elapsed())
            });
        }
        while let Some(ended) = asks.join_next().await {
            match ended {
                Ok((outcome, took)) => self.ended(worker, &outcome, took, timeout),
                Err(error) => self.complaints.push(format!("an ask panicked: {error}")),
            }
        }
    }

    fn ended(
        &mut self,
        worker: &str,
        outcome: &std::result::Result<String, ErrorKind>,
        took: Duration,
        timeout: Duration,
    ) {
        if took > timeout + LATE {
            self.complaints.push(format!("an ask to {worker} took {took:?} of {timeout:?}"));
        }
        match outcome {
            Ok(_) => {
                self.failures = 0;
                self.count(&format!("{worker} answered"));
            }
            Err(kind) => {
                if worker == "echoer" {
                    self.failures += 1;
                }
                self.count(&format!("{worker} {kind:?}"));
            }
        }
    }

    /// Starts a worker at the initiator, which answers and then panics, and waits for its end.
    async fn use_a_local_worker(&mut self, world: &World) -> Result<()> {
        let node = &world.initiator;
        let address = node.random_local();
        node.start_worker(address.clone(), Fragile).await?;
        let answer = ask(node, Route::from(address.clone()), "hello", USUAL).await;
        let panicked = ask(node, Route::from(address.clone()), "panic", USUAL).await;
        if answer.is_err() || panicked.is_ok() {
            self.complaints.push(format!("a local worker: {answer:?}, then {panicked:?}"));
        }
        // Its end is a matter of its own task.
        let deadline = Instant::now() + LATE;
        while node.is_worker_registered_at(address.clone()) {
            if Instant::now() > deadline {
                self.complaints.push(format!("{address} panicked and is still there"));
                break;
            }
            tokio::task::yield_now().await;
        }
        self.count("local worker");
        Ok(())
    }

    fn count(&mut self, what: &str) {
        *self.outcomes.entry(what.to_string()).or_default() += 1;
    }

    pub(crate) fn outcomes(&self) -> String {
        let outcomes = self.outcomes.iter().map(|(what, count)| format!("{what} {count}"));
        outcomes.collect::<Vec<_>>().join(", ")
    }

    /// Lists what must not happen and did.
    pub(crate) fn complaints(&self) -> Vec<String> {
        let mut complaints = self.complaints.clone();
        let made = self.outcomes.get("channel made").copied().unwrap_or(0);
        let answered = self.outcomes.get("echoer answered").copied().unwrap_or(0);
        if made == 0 || answered == 0 {
            complaints.push("nothing was answered through a channel".to_string());
        }
        complaints
    }
}
