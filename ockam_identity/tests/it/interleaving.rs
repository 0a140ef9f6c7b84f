//! Several tasks that change one identity: every order of their steps, and many threads.

use crate::support::{Clock, MemoryStore, Seeded, now};
use crate::waiting::Waiting;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, Waker};
use ockam_core::{Error, ErrorKind, Result};
use ockam_identity::store::{Store, Table};
use ockam_identity::vault::{KeyKind, Secret, SoftwareVault};
use ockam_identity::{Identifier, Identities, Identity, IdentityOptions, Structure};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::Wake;

const NOW: u64 = 1_800_000_000;

/// Fixture of a test: identities of one node in a store, and one of them.
struct Scene {
    store: Arc<MemoryStore>,
    identities: Identities,
    alice: Identifier,
}

impl Scene {
    fn new() -> Self {
        let store = Arc::new(MemoryStore::default());
        let identities = open(&store);
        let mut creating = Box::pin(async {
            let rng = &mut Seeded::new(1);
            let alice = identities.create_identity(rng).await.unwrap();
            identities.present(&alice, vec![], rng).await.unwrap();
            alice
        });
        let waker = &mut Context::from_waker(Waker::noop());
        let alice = loop {
            if let Poll::Ready(alice) = creating.as_mut().poll(waker) {
                break alice;
            }
        };
        drop(creating);
        Scene { store, identities, alice }
    }

    async fn rotate(&self, seed: u64) -> Result<()> {
        let options = IdentityOptions::new(NOW);
        self.identities.rotate(&self.alice, options, &mut Seeded::new(seed)).await
    }

    async fn present(&self, seed: u64) -> Result<()> {
        let rng = &mut Seeded::new(seed);
        let presented = self.identities.present(&self.alice, vec![], rng).await?;
        // Another node accepts it: history and attestation are of one state.
        let verified = presented.shown.verify(&presented.public, |_| None, NOW);
        verified.map(drop).map_err(|why| Error::with_cause(ErrorKind::Failed, why))
    }

    /// Checks that memory and store have the same history of `changes` changes, and that the vault
    /// has the keys of it and no others.
    fn check(&self, changes: usize) {
        let here = self.identities.find(&self.alice).unwrap();
        assert_eq!(here.history().changes().len(), changes);
        let again = open(&self.store);
        assert_eq!(again.find(&self.alice), Some(here));
        let vault = SoftwareVault::stored(self.store.clone()).unwrap();
        let restarted = Identities::with_store(vault, Clock::new(NOW).reader(), self.store.clone());
        let shown = now(restarted.unwrap().present(&self.alice, vec![], &mut Seeded::new(99)));
        assert!(shown.is_ok(), "{shown:?}");
        // The identity key and the channel key.
        let secrets = self.store.all(Table::Secrets).unwrap().len();
        assert_eq!(secrets, 2);
    }
}

fn open(store: &Arc<MemoryStore>) -> Identities {
    let vault = Waiting(SoftwareVault::stored(store.clone()).unwrap());
    Identities::with_store(vault, Clock::new(NOW).reader(), store.clone()).unwrap()
}

type Task<'a> = Pin<Box<dyn Future<Output = Result<()>> + 'a>>;

/// Waker that records that a task was woken.
struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// Polls tasks in the order that `choose` gives, of those that have been woken, until all are done.
fn run(mut tasks: Vec<Task<'_>>, mut choose: impl FnMut(usize) -> usize) -> Vec<Result<()>> {
    let woken: Vec<_> = tasks.iter().map(|_| Arc::new(Woken(AtomicBool::new(true)))).collect();
    let mut results: Vec<Option<Result<()>>> = tasks.iter().map(|_| None).collect();
    while results.iter().any(Option::is_none) {
        let is_ready = |i: &usize| results[*i].is_none() && woken[*i].0.load(Ordering::SeqCst);
        let ready: Vec<usize> = (0..tasks.len()).filter(is_ready).collect();
        assert!(!ready.is_empty(), "a task waits and nothing will wake it");
        let next = ready[choose(ready.len())];
        woken[next].0.store(false, Ordering::SeqCst);
        let waker = Waker::from(woken[next].clone());
        if let Poll::Ready(result) = tasks[next].as_mut().poll(&mut Context::from_waker(&waker)) {
            results[next] = Some(result);
        }
    }
    results.into_iter().flatten().collect()
}

/// Calls `scenario` once for every order of steps; it requests choices among a number of options.
fn every_order(mut scenario: impl FnMut(&mut dyn FnMut(usize) -> usize)) -> usize {
    let (mut choices, mut orders): (Vec<(usize, usize)>, usize) = (vec![], 0);
    loop {
        let mut taken = 0;
        scenario(&mut |of| {
            if taken == choices.len() {
                choices.push((0, of));
            }
            taken += 1;
            choices[taken - 1].0
        });
        orders += 1;
        while choices.pop_if(|(choice, of)| *choice + 1 == *of).is_some() {}
        match choices.last_mut() {
            Some((choice, _)) => *choice += 1,
            None => return orders,
        }
    }
}

#[test]
fn in_every_order_two_rotations_are_one_line_of_history() {
    let orders = every_order(|choose| {
        let scene = Scene::new();
        let tasks: Vec<Task<'_>> = vec![Box::pin(scene.rotate(2)), Box::pin(scene.rotate(3))];
        let results = run(tasks, choose);
        let done = results.iter().filter(|result| result.is_ok()).count();
        assert!(done > 0, "{results:?}");
        scene.check(1 + done);
    });
    assert!(orders > 10, "{orders}");
}

#[test]
fn in_every_order_a_rotation_beside_a_new_channel_key_is_kept() {
    let orders = every_order(|choose| {
        let scene = Scene::new();
        // The channel key has to be created again.
        run(vec![Box::pin(scene.rotate(2))], |_| 0).remove(0).unwrap();
        let tasks: Vec<Task<'_>> =
            vec![Box::pin(scene.rotate(3)), Box::pin(scene.present(4)), Box::pin(scene.present(5))];
        let results = run(tasks, choose);
        assert!(results.iter().all(Result::is_ok), "{results:?}");
        scene.check(3);
    });
    assert!(orders > 10, "{orders}");
}

#[test]
fn a_rotation_that_is_dropped_leaves_the_turn_to_the_next() {
    for polls in 0..6 {
        let scene = Scene::new();
        let (mut dropped, mut waits) = (Box::pin(scene.rotate(2)), Box::pin(scene.rotate(3)));
        for _ in 0..polls {
            let waker = &mut Context::from_waker(Waker::noop());
            assert!(dropped.as_mut().poll(waker).is_pending());
            assert!(waits.as_mut().poll(waker).is_pending());
        }
        drop(dropped);
        run(vec![waits], |_| 0).remove(0).unwrap();
        let changes = scene.identities.find(&scene.alice).unwrap().history().changes().len();
        assert!([2, 3].contains(&changes), "{changes}");
    }
}

#[test]
fn of_200_rotations_in_threads_each_that_is_ok_is_in_the_history() {
    let scene = Scene::new();
    let ok = AtomicUsize::new(0);
    std::thread::scope(|threads| {
        for thread in 0..4 {
            let (scene, ok) = (&scene, &ok);
            threads.spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
                for round in 0..50 {
                    let result = runtime.block_on(scene.rotate(100 + thread * 50 + round));
                    ok.fetch_add(usize::from(result.is_ok()), Ordering::SeqCst);
                }
            });
        }
    });
    let ok = ok.into_inner();
    assert!(ok >= 50, "{ok}");
    scene.check(1 + ok);
}

/// Two independent handles to one store: the later writer has stale data.
#[test]
fn a_change_on_top_of_an_older_history_is_refused_by_the_store() {
    let scene = Scene::new();
    let other = open(&scene.store);
    run(vec![Box::pin(scene.rotate(2))], |_| 0).remove(0).unwrap();
    let late =
        async { other.rotate(&scene.alice, IdentityOptions::new(NOW), &mut Seeded::new(3)).await };
    let error = run(vec![Box::pin(late)], |_| 0).remove(0).unwrap_err();
    assert!(error.to_string().contains("another writer of the store has changed"), "{error}");
    let late = async { other.present(&scene.alice, vec![], &mut Seeded::new(4)).await.map(drop) };
    // It presents the key that was deleted, or fails: it changes nothing.
    let _ = run(vec![Box::pin(late)], |_| 0);
    scene.check(2);
}

/// An older copy of an identity does not replace the current one.
#[test]
fn importing_an_own_identity_again_does_not_take_its_history_back() {
    let vault = SoftwareVault::new();
    let key = vault.import_signing_key(KeyKind::Ed25519, &Secret::from([5; 32])).unwrap().0;
    let entropy = Secret::from([5; 32]);
    let first = now(Identity::create(&vault, IdentityOptions::new(NOW), entropy)).unwrap().0;
    let second =
        Identity::rotate(&first, &vault, &key, IdentityOptions::new(NOW), Secret::from([6; 32]));
    let (second, new_key) = now(second).unwrap();
    let identities = Identities::new(vault, || NOW);
    now(identities.import_private(&second.history().encode(), new_key.clone())).unwrap();
    let rng = &mut Seeded::new(1);
    let shown = now(identities.present(first.identifier(), vec![], rng)).unwrap().shown;
    let error = now(identities.import_private(&first.history().encode(), key)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
    assert_eq!(identities.find(first.identifier()), Some(second.clone()));
    // The same once more changes nothing.
    now(identities.import_private(&second.history().encode(), new_key)).unwrap();
    let again = now(identities.present(first.identifier(), vec![], rng)).unwrap().shown;
    assert_eq!(again, shown);
}
