//! Known identities: pinning, the limit of strangers, and the choice between two histories.

use crate::support::{Clock, MemoryStore, Seeded, now};
use ockam_core::ErrorKind;
use ockam_identity::store::{Store, Table};
use ockam_identity::vault::{Secret, SoftwareVault};
use ockam_identity::{
    ChangeHistory, Identifier, Identities, Identity, IdentityError, IdentityOptions,
    MAX_HISTORY_CHANGES, MAX_HISTORY_LEN, MAX_REMEMBERED_IDENTITIES, Structure,
};
use std::sync::{Arc, OnceLock};

const NOW: u64 = 1_800_000_000;

fn open(store: &Arc<MemoryStore>) -> Identities {
    let vault = SoftwareVault::stored(store.clone()).unwrap();
    Identities::with_store(vault, Clock::new(NOW).reader(), store.clone()).unwrap()
}

/// As many identities as make a node forget every stranger that it has met before.
pub(crate) fn flood() -> &'static [Identity] {
    static FLOOD: OnceLock<Vec<Identity>> = OnceLock::new();
    FLOOD.get_or_init(|| {
        let mut rng = Seeded::new(77);
        let create = |_| {
            let (vault, options) = (SoftwareVault::new(), IdentityOptions::new(NOW));
            now(Identity::create(&vault, options, Secret::random(&mut rng))).unwrap().0
        };
        (0..MAX_REMEMBERED_IDENTITIES + 16).map(create).collect()
    })
}

/// An identity that changes its key `rotations` times: all its histories.
fn histories(seed: u64, rotations: usize) -> Vec<ChangeHistory> {
    let (vault, mut rng) = (SoftwareVault::new(), Seeded::new(seed));
    let options = IdentityOptions::new(NOW);
    let created = Identity::create(&vault, options.clone(), Secret::random(&mut rng));
    let (mut identity, mut key) = now(created).unwrap();
    let mut histories = vec![identity.history().clone()];
    for _ in 0..rotations {
        let rotated = identity.rotate(&vault, &key, options.clone(), Secret::random(&mut rng));
        (identity, key) = now(rotated).unwrap();
        histories.push(identity.history().clone());
    }
    histories
}

fn changes(identities: &Identities, of: &Identifier) -> usize {
    identities.find(of).map_or(0, |identity| identity.history().changes().len())
}

#[test]
fn what_was_imported_is_remembered_however_many_strangers_come() {
    let store = Arc::new(MemoryStore::default());
    let identities = open(&store);
    let authority = histories(1, 1);
    let name = identities.import(&authority[1].encode(), None).unwrap();
    // It was met on a channel before it was imported.
    let member = histories(2, 1);
    identities.learn(&member[1]).unwrap();
    let member_name = identities.import(&member[1].encode(), None).unwrap();
    let stranger = identities.learn(&histories(3, 1)[1]).unwrap();
    for other in flood() {
        identities.remember(other).unwrap();
    }
    let known = [name, member_name, *stranger.identifier()];
    let again = open(&store);
    for identities in [&identities, &again] {
        assert_eq!(known.map(|name| changes(identities, &name)), [2, 2, 0]);
        // The replaced key is not accepted again.
        let error = identities.import(&authority[0].encode(), None).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
    }
    assert_eq!(store.all(Table::Known).unwrap().len(), 2);
    assert_eq!(store.all(Table::Met).unwrap().len(), MAX_REMEMBERED_IDENTITIES);
}

/// Simulates a handshake with a slow trust policy.
#[test]
fn a_key_that_was_replaced_meanwhile_is_not_believed_again() {
    let store = Arc::new(MemoryStore::default());
    let identities = open(&store);
    let [first, second] = histories(1, 1).try_into().unwrap();
    let verified = Identity::learn(&first, None).unwrap();
    identities.learn(&second).unwrap();
    let error = identities.remember(&verified).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    let older = error.downcast_ref::<IdentityError>();
    assert!(matches!(older, Some(IdentityError::Older(_))), "{error}");
    assert_eq!(changes(&identities, verified.identifier()), 2);
    assert_eq!(changes(&open(&store), verified.identifier()), 2);
}

#[test]
fn a_node_does_not_unlearn_what_it_is_either() {
    let identities = open(&Arc::default());
    let rng = &mut Seeded::new(1);
    let alice = now(identities.create_identity(rng)).unwrap();
    let before = identities.find(&alice).unwrap();
    now(identities.rotate(&alice, IdentityOptions::new(NOW), rng)).unwrap();
    assert_eq!(identities.remember(&before).unwrap_err().kind(), ErrorKind::InvalidInput);
}

/// The bytes of a history whose first signature is not valid.
fn with_a_wrong_signature(history: &ChangeHistory) -> Vec<u8> {
    let first_len = history.changes()[0].encode().len();
    let mut bytes = history.encode();
    // One byte for the head of the array; the signature is the last field of the change.
    bytes[first_len] ^= 1;
    bytes
}

/// A history verified before is not verified again: neither at start-up, nor when a longer one
/// arrives. A wrong signature in the store demonstrates it.
#[test]
fn only_changes_that_are_new_are_verified() {
    let histories = histories(1, 2);
    let wrong: Vec<_> = histories.iter().map(with_a_wrong_signature).collect();
    assert!(Identity::import(&wrong[0], None).is_err());
    let store = Arc::new(MemoryStore::default());
    let name = histories[0].identifier().unwrap();
    store.put(Table::Met, name.as_bytes(), &wrong[1]).unwrap();
    let identities = open(&store);
    assert_eq!(changes(&identities, &name), 2);
    identities.learn(&ChangeHistory::decode(&wrong[2]).unwrap()).unwrap();
    assert_eq!(changes(&identities, &name), 3);
    // In full, if what arrives does not begin with the same bytes.
    identities.learn(&histories[2]).unwrap();
    let other = ChangeHistory::decode(&wrong[2]).unwrap();
    assert_eq!(identities.learn(&other).unwrap_err().kind(), ErrorKind::InvalidInput);
    // The new change is verified.
    let identities = open(&Arc::default());
    identities.learn(&histories[1]).unwrap();
    let mut forged = histories[2].encode();
    *forged.last_mut().unwrap() ^= 1;
    let error = identities.learn(&ChangeHistory::decode(&forged).unwrap()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
    assert_eq!(changes(&identities, &name), 2);
}

#[test]
fn what_is_older_or_contradicts_is_refused_before_a_signature_is_verified() {
    let (known, other) = (histories(1, 2), histories(1, 0));
    let known = Identity::learn(&known[2], None).unwrap();
    let wrong = ChangeHistory::decode(&with_a_wrong_signature(&other[0])).unwrap();
    let refused = Identity::learn(&wrong, Some(&known));
    assert!(matches!(refused, Err(IdentityError::Older(_))), "{refused:?}");
}

/// Returns a history of a number of copies of a change, none of which follows from the previous one.
fn copies(of: &ChangeHistory, number: usize) -> Vec<u8> {
    let change = of.changes()[0].encode();
    let mut bytes = Vec::new();
    ockam_core::cbor::write_array(&mut bytes, number);
    bytes.extend(change.repeat(number));
    bytes
}

#[test]
fn a_history_that_is_too_long_is_refused_before_anything_is_verified() {
    let one = &histories(1, 0)[0];
    assert!(ChangeHistory::decode(&copies(one, MAX_HISTORY_CHANGES)).is_ok());
    let error = ChangeHistory::decode(&copies(one, MAX_HISTORY_CHANGES + 1)).unwrap_err();
    assert!(error.to_string().starts_with("the number of changes of the history"), "{error}");
    // One change with much behind its fields, which decoders skip.
    let mut change = Vec::new();
    ockam_core::cbor::write_array(&mut change, 1);
    ockam_core::cbor::write_array(&mut change, 4);
    let encoded = one.changes()[0].encode();
    change.extend_from_slice(&encoded[1..]);
    ockam_core::cbor::write_null(&mut change);
    ockam_core::cbor::write_bytes(&mut change, &vec![0; MAX_HISTORY_LEN]);
    let error = ChangeHistory::decode(&change).unwrap_err();
    assert!(error.to_string().starts_with("the length of the history"), "{error}");
}

#[test]
fn an_identity_changes_its_key_as_often_as_others_accept() {
    let longest = histories(1, MAX_HISTORY_CHANGES - 1).pop().unwrap();
    assert!(Identity::import(&longest.encode(), None).is_ok());
    let identities = open(&Arc::default());
    let rng = &mut Seeded::new(1);
    let alice = now(identities.create_identity(rng)).unwrap();
    for _ in 1..MAX_HISTORY_CHANGES {
        now(identities.rotate(&alice, IdentityOptions::new(NOW), rng)).unwrap();
    }
    let error = now(identities.rotate(&alice, IdentityOptions::new(NOW), rng)).unwrap_err();
    let text = format!("{error:#}");
    assert!(text.contains("has had 100 keys") && text.contains("create another"), "{text}");
    assert_eq!(changes(&identities, &alice), MAX_HISTORY_CHANGES);
}

/// Data stored because of strangers cannot keep a node from starting.
#[test]
fn a_stored_stranger_that_cannot_be_read_is_removed() {
    let store = Arc::new(MemoryStore::default());
    let stranger = &histories(1, 0)[0];
    let name = stranger.identifier().unwrap();
    store.put(Table::Met, name.as_bytes(), &stranger.encode()).unwrap();
    store.put(Table::Met, &[7; 32], &[0xff, 1, 2]).unwrap();
    assert_eq!(changes(&open(&store), &name), 1);
    assert_eq!(store.all(Table::Met).unwrap().len(), 1);
}
