//! What the nodes do in each run: it comes by every place that can panic.

use crate::custody::{BEGUN, identities};
use crate::fuse::Point;
use crate::program::{Body, Cut, Doomed, Failing, Rounds, Rule, Victim, WAY, closure};
use crate::world::{ASK, RELAYS, Side, WITNESS, World, ask};
use ockam::identity::{CREDENTIAL_ISSUER, IdentityOptions, NodeRng, SecureChannel};
use ockam::workers::worker_fn;
use ockam::{Error, ErrorKind, Handle, Result, Route, Routed, WorkerBuilder, route};
use std::future::Future;
use std::mem;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::task::{JoinError, JoinHandle};
use tokio::time::{sleep, timeout};

/// How long a step may take: it is an ask at most, or a handshake with a credential before it.
const STEP: Duration = Duration::from_secs(40);

/// What has failed.
#[derive(Clone, Default)]
pub(crate) struct Failures(Arc<Mutex<Vec<String>>>);

impl Failures {
    fn add(&self, failure: String) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(failure);
    }

    pub(crate) fn take(&self) -> Vec<String> {
        mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes a step, which may fail and must end.
    async fn step<T>(&self, what: &str, step: impl Future<Output = Result<T>>) -> Option<T> {
        match timeout(STEP, step).await.unwrap_or_else(|_| panic!("{what}: it hangs")) {
            Ok(done) => Some(done),
            Err(error) => {
                self.add(format!("{what}: {:?}: {error:#}", error.kind()));
                None
            }
        }
    }
}

/// Goes round in both directions.
pub(crate) async fn tour(world: &World) -> Vec<String> {
    let failures = Failures::default();
    let [alice, bob] = &world.sides;
    for (from, to, channel) in [(alice, bob, &world.channels[0]), (bob, alice, &world.channels[1])]
    {
        let stage = Stage { from, to, channel, failures: failures.clone() };
        stage.workers().await;
        stage.ends().await;
        stage.ways().await;
        stage.identities(&bob.own).await;
    }
    failures.take()
}

/// Traffic of others, in both directions, until it is aborted. None of it may fail.
pub(crate) fn witnesses(world: &World, failures: &Failures) -> Vec<JoinHandle<()>> {
    let ways = world.sides.iter().zip(&world.channels);
    let asks = ways.flat_map(|(side, channel)| {
        [route![channel, WITNESS], route![&side.link, WITNESS], route![WITNESS]]
            .map(|route| (side.node.handle(), route))
    });
    let asks = asks.map(|(handle, route): (Handle, Route)| {
        let failures = failures.clone();
        tokio::spawn(async move {
            loop {
                if let Err(error) = ask(&handle, route.clone(), "hello".to_string()).await {
                    failures.add(format!("a witness at {route}: {error:#}"));
                }
                sleep(Duration::from_millis(50)).await;
            }
        })
    });
    asks.collect()
}

/// One direction.
struct Stage<'a> {
    from: &'a Side,
    to: &'a Side,
    channel: &'a SecureChannel,
    failures: Failures,
}

impl Stage<'_> {
    /// Asks a worker at the other side, which answers with a number that is one more.
    async fn ask(&self, name: &str) {
        let ways = [(self.from, route![self.channel, name]), (self.to, route![name])];
        for (side, route) in ways {
            let handle = side.node.handle();
            // What decodes an answer is the asker's own.
            let asker = tokio::spawn(async move {
                let answer = ask(&handle, route, Body::new(7)).await?;
                let number = answer.number;
                // Where the asker drops it is not the node's concern.
                mem::forget(answer);
                if number == 8 { Ok(()) } else { Err(Error::msg(format!("7 and 1 are {number}"))) }
            });
            let ask = async { asker.await.unwrap_or_else(|why| Err(asker_panicked(why))) };
            self.failures.step(&format!("asking {name}"), ask).await;
        }
    }

    async fn stop(&self, name: &str) {
        self.failures
            .step(&format!("stopping {name}"), async {
                // It may have ended by itself.
                match self.to.node.stop_worker(name).await {
                    Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
                    _ => self.gone(name).await,
                }
            })
            .await;
    }

    async fn gone(&self, name: &str) -> Result<()> {
        for _ in 0..1000 {
            if !self.to.node.is_worker_registered_at(name) {
                return Ok(());
            }
            sleep(Duration::from_millis(1)).await;
        }
        Err(Error::msg(format!("{name} is still there")))
    }

    /// Workers with rules, a closure, and a shortcut.
    async fn workers(&self) {
        let node = &self.to.node;
        let victim = Victim::new;
        let (incoming, outgoing) = (Rule::incoming(), Rule::outgoing());
        let start = node.start_worker_with_access_control("victim", victim(), incoming, outgoing);
        self.failures.step("starting the victim", start).await;
        self.to.let_in("victim");
        self.ask("victim").await;
        self.stop("victim").await;

        let worker = worker_fn(|ctx: Handle, msg: Routed<Body>| {
            Point::Closure.reach();
            closure(ctx, msg)
        });
        self.failures.step("starting the closure", node.start_worker("closure", worker)).await;
        self.to.let_in("closure");
        self.ask("closure").await;
        self.stop("closure").await;

        let worker = WorkerBuilder::new(victim()).with_address("cut");
        let worker = worker.with_shortcut(Cut::new());
        self.failures.step("starting the shortcut", worker.start(node)).await;
        self.to.let_in("cut");
        self.ask("cut").await;
        self.stop("cut").await;
    }

    /// Workers and processors that end by themselves, and errors.
    async fn ends(&self) {
        let node = &self.to.node;
        self.failures.step("starting the failing one", node.start_worker("failing", Failing)).await;
        let failed = async {
            match self.to.ask(route!["failing"], Body::new(1)).await {
                Err(error) if error.kind() == ErrorKind::Failed => Ok(()),
                other => Err(Error::msg(format!("it did not fail: {other:?}"))),
            }
        };
        self.failures.step("asking the failing one", failed).await;
        self.stop("failing").await;

        self.failures.step("starting the doomed one", node.start_worker("doomed", Doomed)).await;
        for _ in 0..3 {
            self.failures
                .step("a message for the doomed one", node.send("doomed", Body::queued()))
                .await;
        }
        self.failures.step("the end of the doomed one", self.gone("doomed")).await;

        self.failures
            .step("starting the rounds", node.start_processor("rounds", Rounds::new()))
            .await;
        self.failures.step("the end of the rounds", self.gone("rounds")).await;
    }

    /// A transport of the program, and a registration of a relay.
    async fn ways(&self) {
        let way = route![(WAY, WITNESS)];
        self.failures.step("a way", self.from.ask(way, "hello".to_string())).await;
        let relay = async {
            let receiver = self.from.node.new_detached(
                "registers",
                ockam::access_control::AllowAll,
                ockam::access_control::AllowAll,
            );
            let mut receiver = receiver.await?;
            self.from.let_in("registers");
            receiver.send(route![&self.from.link, RELAYS], "relay".to_string()).await?;
            let options = ockam::MessageReceiveOptions::new().with_timeout(ASK);
            receiver.receive_extended::<String>(options).await
        };
        self.failures.step("a relay", relay).await;
    }

    /// An identity that comes and changes, a channel with a credential, and a credential.
    async fn identities(&self, issuer: &ockam::identity::Identifier) {
        let Side { node, identities: known, store, own, .. } = self.from;
        let again = async { identities(store).map(drop) };
        self.failures.step("reading the store", again).await;
        let change = async {
            let rng = &mut NodeRng::new(node);
            let carol = known.create_identity(rng).await?;
            known.present(&carol, vec![], rng).await?;
            known.rotate(&carol, IdentityOptions::new(BEGUN), rng).await
        };
        self.failures.step("an identity", change).await;
        let channel = async {
            let channel = self.from.channel(self.to, issuer).await?;
            let answer = self.from.ask(route![&channel, WITNESS], "hello".to_string()).await;
            channel.stop(node).await?;
            answer
        };
        self.failures.step("a channel", channel).await;
        if self.to.own == *issuer {
            let route = route![self.channel, CREDENTIAL_ISSUER];
            let credential = known.request_credential(node, route, own, issuer);
            self.failures.step("a credential", credential).await;
        }
    }
}

fn asker_panicked(why: JoinError) -> Error {
    let panic = why.into_panic();
    Error::msg(panic.downcast_ref::<String>().cloned().unwrap_or_default())
}
