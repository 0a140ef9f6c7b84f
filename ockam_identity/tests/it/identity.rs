//! Histories of keys: the golden vectors, and identities created here.

use crate::support::{Seeded, array, bytes, items, now, text, vectors};
use ockam_identity::vault::{KeyKind, Secret, SoftwareVault, Vault};
use ockam_identity::{
    ChangeError, Comparison, IDENTITY_KEY_LIFETIME, Identity, IdentityError, IdentityOptions,
    Structure,
};
use serde_json::Value;

const NOW: u64 = 1_800_000_000;

fn import(value: &Value) -> Identity {
    Identity::import(&bytes(value, "change_history"), None).unwrap()
}

/// Makes an identity whose key changes `rotations` times: all its states, and its last key.
fn states(rotations: u64) -> Vec<Identity> {
    let vault = SoftwareVault::new();
    let mut rng = Seeded::new(rotations);
    let mut entropy = || Secret::random(&mut rng);
    let options = IdentityOptions::new(NOW);
    let (first, mut key) = now(Identity::create(&vault, options.clone(), entropy())).unwrap();
    let mut states = vec![first];
    for _ in 0..rotations {
        let last = states.last().unwrap();
        let (next, next_key) = now(last.rotate(&vault, &key, options.clone(), entropy())).unwrap();
        key = next_key;
        states.push(next);
    }
    states
}

#[test]
fn the_identities_of_the_vectors_import_and_are_written_the_same() {
    for value in items(&vectors("identities.json"), "identities") {
        let identity = import(value);
        let name = text(value, "name");
        assert_eq!(identity.identifier().to_string(), text(value, "identifier"), "{name}");
        assert_eq!(identity.identifier().as_bytes(), &array(value, "identifier_bytes"));
        assert_eq!(identity.history().encode(), bytes(value, "change_history"), "{name}");
        let changes = items(value, "changes");
        let last = changes.last().unwrap();
        assert_eq!(identity.latest_change_hash().as_bytes(), &array(last, "hash"), "{name}");
        let data = identity.latest_change();
        assert_eq!(data.encode(), bytes(last, "data"));
        assert_eq!(data.attestations_valid_from, last["attestations_valid_from"]);
        assert_eq!(data.attestations_valid_until, last["attestations_valid_until"]);
        assert_eq!(data.revoke_all_purpose_keys, last["revoke_all_purpose_keys"]);
        for (change, expected) in identity.history().changes().iter().zip(changes) {
            assert_eq!(change.data(), bytes(expected, "versioned_data"), "{name}");
        }
    }
}

#[test]
fn the_histories_that_must_be_refused_are() {
    for value in items(&vectors("identities.json"), "refused") {
        let refused = Identity::import(&bytes(value, "change_history"), None);
        assert!(refused.is_err(), "{}", text(value, "name"));
    }
}

/// The identities of the vectors, made again from their secret keys.
#[test]
fn the_same_keys_make_the_same_ed25519_identities() {
    for value in items(&vectors("identities.json"), "identities") {
        let (keys, changes) = (items(value, "keys"), items(value, "changes"));
        if keys.iter().any(|key| text(key, "kind") != "ed25519") {
            // ECDSA may draw another number for every signature.
            continue;
        }
        let vault = SoftwareVault::new();
        let mut made = None;
        for (key, change) in keys.iter().zip(changes) {
            let times = ["attestations_valid_from", "attestations_valid_until"];
            let [from, until] = times.map(|time| change[time].as_u64().unwrap());
            let mut options = IdentityOptions::new(0).with_validity(from, until);
            if change["revoke_all_purpose_keys"] == true {
                options = options.with_revocation_of_purpose_keys();
            }
            let entropy = Secret::from(array(key, "secret"));
            made = Some(match made {
                None => now(Identity::create(&vault, options, entropy)).unwrap(),
                Some((identity, old)) => {
                    let identity: Identity = identity;
                    now(identity.rotate(&vault, &old, options, entropy)).unwrap()
                }
            });
        }
        assert_eq!(made.unwrap().0, import(value), "{}", text(value, "name"));
    }
}

#[test]
fn an_identity_lives_ten_years_unless_told_otherwise() {
    let identity = &states(0)[0];
    let latest = identity.latest_change();
    assert_eq!(latest.attestations_valid_from, NOW);
    assert_eq!(latest.attestations_valid_until, NOW + 10 * 365 * 86_400);
    assert_eq!(IDENTITY_KEY_LIFETIME, 10 * 365 * 86_400);
    assert_eq!(latest.primary_public_key.kind(), KeyKind::Ed25519);
}

#[test]
fn the_name_stays_when_the_key_changes() {
    let states = states(3);
    for state in &states {
        assert_eq!(state.identifier(), states[0].identifier());
        let name = Some(states[0].identifier());
        assert_eq!(&Identity::import(&state.history().encode(), name).unwrap(), state);
    }
    assert_ne!(states[2].verifying_key(), states[3].verifying_key());
}

#[test]
fn a_change_by_a_stranger_is_refused() {
    let (alice, vault) = (&states(1)[1], SoftwareVault::new());
    let mallory = vault.import_signing_key(KeyKind::Ed25519, &Secret::from([9; 32])).unwrap().0;
    let options = IdentityOptions::new(NOW);
    let stolen = now(alice.rotate(&vault, &mallory, options, Secret::from([8; 32])));
    let Err(IdentityError::Change { index: 2, why: ChangeError::PreviousSignature(_) }) = stolen
    else {
        panic!("{stolen:?}")
    };
}

#[test]
fn a_new_key_never_begins_before_the_old_one() {
    let vault = SoftwareVault::new();
    let options = IdentityOptions::new(NOW);
    let (alice, key) = now(Identity::create(&vault, options, Secret::from([1; 32]))).unwrap();
    let early = IdentityOptions::new(NOW - 100);
    let (alice, _) = now(alice.rotate(&vault, &key, early, Secret::from([2; 32]))).unwrap();
    assert_eq!(alice.latest_change().attestations_valid_from, NOW);
}

#[test]
fn what_arrives_is_compared_with_what_is_remembered() {
    let alice = states(2);
    let mallory = states(1);
    let cases = [
        (&alice[1], &alice[1], Comparison::Equal),
        (&alice[0], &alice[2], Comparison::Newer),
        (&alice[2], &alice[1], Comparison::Older),
        (&alice[1], &mallory[0], Comparison::Conflict),
    ];
    for (known, arrived, comparison) in cases {
        assert_eq!(known.compare(arrived), comparison);
        let accepted = Identity::learn(arrived.history(), Some(known));
        match comparison {
            Comparison::Older => assert!(matches!(accepted, Err(IdentityError::Older(_)))),
            Comparison::Conflict => assert!(accepted.is_err()),
            _ => assert_eq!(&accepted.unwrap(), arrived),
        }
    }
}

#[test]
fn a_key_that_was_used_twice_is_a_conflict() {
    let vault = SoftwareVault::new();
    let options = IdentityOptions::new(NOW);
    let (alice, key) =
        now(Identity::create(&vault, options.clone(), Secret::from([1; 32]))).unwrap();
    let [one, two] = [2, 3].map(|seed| {
        now(alice.rotate(&vault, &key, options.clone(), Secret::from([seed; 32]))).unwrap().0
    });
    assert_eq!(one.identifier(), two.identifier());
    assert_eq!(one.compare(&two), Comparison::Conflict);
    let learnt = Identity::learn(two.history(), Some(&one));
    assert!(matches!(learnt, Err(IdentityError::Conflict(_))));
}

#[test]
fn another_identity_than_expected_is_refused_by_name() {
    let (alice, mallory) = (&states(0)[0], &states(1)[0]);
    let error = Identity::import(&mallory.history().encode(), Some(alice.identifier()));
    let words = error.unwrap_err().to_string();
    assert!(words.contains(&alice.identifier().to_string()), "{words}");
    assert!(words.contains(&mallory.identifier().to_string()), "{words}");
}

#[test]
fn a_flipped_bit_in_any_byte_is_refused() {
    let alice = &states(1)[1];
    let history = alice.history().encode();
    for byte in 0..history.len() {
        let bit = byte % 8;
        let mut bad = history.clone();
        bad[byte] ^= 1 << bit;
        // Only the identifier tells the first change from that of another identity.
        let imported = Identity::import(&bad, Some(alice.identifier()));
        assert!(imported.is_err(), "bit {bit} of byte {byte}");
    }
}

#[test]
fn a_history_that_is_cut_short_is_refused() {
    let alice = &states(1)[1];
    let history = alice.history().encode();
    for len in 0..history.len() {
        let imported = Identity::import(&history[..len], None);
        assert!(matches!(imported, Err(IdentityError::Malformed(_))), "{len}");
    }
    assert!(matches!(Identity::import(&[0x80], None), Err(IdentityError::Empty)));
}

#[test]
fn a_deleted_key_changes_nothing_any_more() {
    let vault = SoftwareVault::new();
    let options = IdentityOptions::new(NOW);
    let (alice, key) =
        now(Identity::create(&vault, options.clone(), Secret::from([1; 32]))).unwrap();
    assert!(now(vault.delete_key(&key)).unwrap());
    let changed = now(alice.rotate(&vault, &key, options, Secret::from([2; 32])));
    assert!(matches!(changed, Err(IdentityError::Vault(_))));
}
