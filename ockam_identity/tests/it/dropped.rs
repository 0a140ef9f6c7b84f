//! Operations that change an identity, dropped at each await: the change is made or not, in memory
//! and in the store alike, and the next change succeeds.

use crate::drops::{Drops, at_each_await};
use crate::support::{Clock, MemoryStore, Seeded};
use crate::waiting::Waiting;
use ockam_identity::store::{Store, Table};
use ockam_identity::vault::{Secret, SoftwareVault};
use ockam_identity::{Attributes, Identifier, Identities, Identity, IdentityOptions, Structure};
use std::sync::Arc;

const NOW: u64 = 1_800_000_000;

fn open(store: &Arc<MemoryStore>) -> Identities {
    let vault = Waiting(SoftwareVault::stored(store.clone()).unwrap());
    Identities::with_store(vault, Clock::new(NOW).reader(), store.clone()).unwrap()
}

/// Returns the number of keys in the vault.
fn keys(store: &Arc<MemoryStore>) -> usize {
    store.all(Table::Secrets).unwrap().len()
}

/// Checks that an identity is the same in memory and in the store, and that both can use it.
async fn assert_whole(identities: &Identities, store: &Arc<MemoryStore>, alice: &Identifier) {
    let here = identities.find(alice).unwrap();
    assert_eq!(open(store).find(alice), Some(here));
    for identities in [identities, &open(store)] {
        identities.present(alice, vec![], &mut Seeded::new(90)).await.unwrap();
    }
    identities.rotate(alice, IdentityOptions::new(NOW), &mut Seeded::new(91)).await.unwrap();
}

#[tokio::test]
async fn an_identity_whose_making_is_dropped_does_not_exist() {
    at_each_await(3, async |drops: Drops| {
        let store = Arc::new(MemoryStore::default());
        let identities = open(&store);
        let created = drops.run(identities.create_identity(&mut Seeded::new(1))).await;
        assert_eq!(identities.own().len(), usize::from(created.is_some()), "{drops:?}");
        assert!(keys(&store) <= 1, "{drops:?}");
        let other = identities.create_identity(&mut Seeded::new(2)).await.unwrap();
        assert_whole(&identities, &store, &other).await;
        match created.transpose().unwrap() {
            Some(alice) => assert_whole(&identities, &store, &alice).await,
            None => return false,
        }
        true
    })
    .await;
}

#[tokio::test]
async fn a_rotation_that_is_dropped_was_made_or_not() {
    at_each_await(5, async |drops: Drops| {
        let store = Arc::new(MemoryStore::default());
        let identities = open(&store);
        let rng = &mut Seeded::new(1);
        let alice = identities.create_identity(rng).await.unwrap();
        identities.present(&alice, vec![], rng).await.unwrap();
        let options = IdentityOptions::new(NOW);
        let rotated = drops.run(identities.rotate(&alice, options, rng)).await;
        let changes = identities.find(&alice).unwrap().history().changes().len();
        assert!([1, 2].contains(&changes) && (rotated.is_none() || changes == 2), "{drops:?}");
        // The identity key, the channel key, and the one being created or deleted.
        assert!(keys(&store) <= 3, "{drops:?}");
        assert_whole(&identities, &store, &alice).await;
        rotated.transpose().unwrap().is_some()
    })
    .await;
}

#[tokio::test]
async fn an_import_that_is_dropped_was_made_or_not() {
    at_each_await(2, async |drops: Drops| {
        let store = Arc::new(MemoryStore::default());
        let identities = open(&store);
        let options = IdentityOptions::new(NOW);
        let made = Identity::create(identities.vault(), options, Secret::from([5; 32])).await;
        let (identity, key) = made.unwrap();
        let history = identity.history().encode();
        let imported = drops.run(identities.import_private(&history, key.clone())).await;
        let is_done = imported.transpose().unwrap().is_some();
        assert_eq!(identities.own().len(), usize::from(is_done), "{drops:?}");
        let alice = identities.import_private(&history, key).await.unwrap();
        assert_whole(&identities, &store, &alice).await;
        is_done
    })
    .await;
}

#[tokio::test]
async fn a_key_whose_making_is_dropped_is_made_again_on_need() {
    for is_channel in [true, false] {
        at_each_await(3, async |drops: Drops| {
            let store = Arc::new(MemoryStore::default());
            let identities = open(&store);
            let rng = &mut Seeded::new(1);
            let alice = identities.create_identity(rng).await.unwrap();
            let made = match is_channel {
                true => {
                    drops
                        .run(async {
                            identities.present(&alice, vec![], &mut Seeded::new(2)).await.map(drop)
                        })
                        .await
                }
                false => {
                    drops
                        .run(async {
                            let attributes = Attributes::new(1).with("role", "member");
                            let rng = &mut Seeded::new(2);
                            identities
                                .issue_credential(&alice, &alice, attributes, 9, rng)
                                .await
                                .map(drop)
                        })
                        .await
                }
            };
            // The identity key, and the created one.
            assert!(keys(&store) <= 2, "{drops:?}");
            assert_whole(&identities, &store, &alice).await;
            let attributes = Attributes::new(1).with("role", "member");
            identities.issue_credential(&alice, &alice, attributes, 9, rng).await.unwrap();
            made.transpose().unwrap().is_some()
        })
        .await;
    }
}
