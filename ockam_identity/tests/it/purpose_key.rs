//! Attestations of purpose keys.

use crate::support::{Clock, MemoryStore, Seeded, array, bytes, items, now, text, vectors};
use ockam_identity::store::{Store, Table};
use ockam_identity::vault::{KeyKind, Secret, SoftwareVault};
use ockam_identity::{
    Attestation, AttestationData, AttestationError, Attributes, CLOCK_DRIFT, Identities, Identity,
    IdentityOptions, PURPOSE_KEY_LIFETIME, PurposeKey, Structure, Validity,
};
use serde_json::Value;
use std::sync::Arc;

const NOW: u64 = 1_800_000_000;

/// Finds an identity of the vectors by its name.
fn identity(identities: &Value, name: &str) -> Identity {
    let mut all = items(identities, "identities").iter();
    let value = all.find(|value| text(value, "name") == name).unwrap();
    Identity::import(&bytes(value, "change_history"), None).unwrap()
}

#[test]
fn the_verdicts_of_the_vectors() {
    let (file, identities) = (vectors("purpose-keys.json"), vectors("identities.json"));
    for time in [file["now"].as_u64().unwrap(), 1_767_225_600, 3_755_289_599] {
        for value in items(&file, "attestations") {
            let name = text(value, "name");
            let subject = identity(&identities, text(value, "identity"));
            assert_eq!(subject.identifier().to_string(), text(value, "expected_subject"));
            let attestation = Attestation::decode(&bytes(value, "attestation")).unwrap();
            let verified = attestation.verify(&subject, time);
            assert_eq!(verified.is_ok(), value["accepted"] == true, "{name}: {verified:?}");
        }
    }
}

#[test]
fn the_attestations_of_the_vectors_say_what_they_should_and_are_written_the_same() {
    for value in items(&vectors("purpose-keys.json"), "attestations") {
        let attestation = Attestation::decode(&bytes(value, "attestation")).unwrap();
        assert_eq!(attestation.encode(), bytes(value, "attestation"));
        let data = attestation.data().unwrap();
        let expected = &value["decoded"];
        assert_eq!(data.subject.to_string(), text(expected, "subject"));
        let hash: [u8; 32] = array(expected, "subject_latest_change_hash");
        assert_eq!(data.subject_latest_change_hash.as_bytes(), &hash);
        assert_eq!(data.created_at, expected["created_at"]);
        assert_eq!(data.expires_at, expected["expires_at"]);
        let key = bytes(&expected["public_key"], "hex");
        match (data.public_key, text(&expected["public_key"], "purpose")) {
            (PurposeKey::SecureChannel(found), "secure channel") => {
                assert_eq!(found.as_bytes(), &key[..]);
            }
            (PurposeKey::Credentials(found), "credentials") => assert_eq!(found.as_bytes(), key),
            other => panic!("{other:?}"),
        }
        assert_eq!(AttestationData::decode(&data.encode()), Ok(data));
    }
}

/// The secrets of the vectors give the attestations of the vectors, bit for bit.
#[test]
fn the_same_keys_make_the_same_attestation() {
    let (file, identities) = (vectors("purpose-keys.json"), vectors("identities.json"));
    let value = &items(&file, "attestations")[0];
    let vault = SoftwareVault::new();
    let secret = &items(&identities, "identities")[0]["keys"][0];
    let secret = Secret::from(array(secret, "secret"));
    let (key, _) = vault.import_signing_key(KeyKind::Ed25519, &secret).unwrap();
    let (_, public) = vault.import_agreement_key(&Secret::from(array(value, "secret"))).unwrap();
    let validity = Validity {
        created_at: value["decoded"]["created_at"].as_u64().unwrap(),
        expires_at: value["decoded"]["expires_at"].as_u64().unwrap(),
    };
    let subject = identity(&identities, "plain");
    let purpose_key = PurposeKey::SecureChannel(public);
    let made = now(Attestation::create(&vault, &subject, &key, purpose_key, validity)).unwrap();
    assert_eq!(made.encode(), bytes(value, "attestation"));
}

/// An identity, and an attestation of a channel key by it.
fn attested(validity: Validity) -> (Identity, Attestation) {
    let vault = SoftwareVault::new();
    let options = IdentityOptions::new(NOW).with_validity(NOW - 1000, NOW + 1000);
    let (alice, key) = now(Identity::create(&vault, options, Secret::from([1; 32]))).unwrap();
    let purpose_key = PurposeKey::SecureChannel([7; 32].into());
    let made = now(Attestation::create(&vault, &alice, &key, purpose_key, validity)).unwrap();
    (alice, made)
}

#[test]
fn it_holds_from_its_first_second_to_its_last_with_clocks_that_differ() {
    let (alice, attestation) = attested(Validity { created_at: NOW, expires_at: NOW + 100 });
    for time in [NOW - CLOCK_DRIFT, NOW, NOW + 100] {
        attestation.verify(&alice, time).unwrap();
    }
    let early = attestation.verify(&alice, NOW - CLOCK_DRIFT - 1);
    assert!(matches!(early, Err(AttestationError::Early)));
    let late = attestation.verify(&alice, NOW + 101);
    assert!(matches!(late, Err(AttestationError::Expired)));
}

#[test]
fn it_ends_with_the_key_that_signs_it() {
    let (alice, attestation) = attested(Validity::lasting(NOW, 1_000_000));
    assert_eq!(attestation.data().unwrap().expires_at, NOW + 1000);
    attestation.verify(&alice, NOW).unwrap();
}

#[test]
fn a_flipped_bit_in_any_byte_is_refused() {
    let (alice, attestation) = attested(Validity::lasting(NOW, 100));
    let good = attestation.encode();
    for byte in 0..good.len() {
        let bit = byte % 8;
        let mut bad = good.clone();
        bad[byte] ^= 1 << bit;
        let refused = Attestation::decode(&bad)
            .map_or(true, |attestation| attestation.verify(&alice, NOW).is_err());
        assert!(refused, "bit {bit} of byte {byte}");
    }
}

/// The signature is by the key that the identity has, so that only the name of the change is wrong.
#[test]
fn it_is_refused_if_it_names_another_change_than_the_latest() {
    let (vault, options) = (SoftwareVault::new(), IdentityOptions::new(NOW));
    let create = Identity::create(&vault, options.clone(), Secret::from([1; 32]));
    let (before, old_key) = now(create).unwrap();
    let rotate = before.rotate(&vault, &old_key, options, Secret::from([2; 32]));
    let (alice, key) = now(rotate).unwrap();
    let attest = |names: &Identity, signer| {
        let purpose_key = PurposeKey::SecureChannel([7; 32].into());
        let validity = Validity::lasting(NOW, 100);
        now(Attestation::create(&vault, names, signer, purpose_key, validity)).unwrap()
    };
    attest(&alice, &key).verify(&alice, NOW).unwrap();
    attest(&before, &old_key).verify(&before, NOW).unwrap();
    let earlier = attest(&before, &key).verify(&alice, NOW);
    assert!(matches!(earlier, Err(AttestationError::OtherChange)), "{earlier:?}");
    let later = attest(&alice, &old_key).verify(&before, NOW);
    assert!(matches!(later, Err(AttestationError::OtherChange)), "{later:?}");
}

#[test]
fn an_own_key_that_has_expired_is_replaced_and_deleted() {
    let (clock, store) = (Clock::new(NOW), Arc::new(MemoryStore::default()));
    let vault = SoftwareVault::stored(store.clone()).unwrap();
    let identities = Identities::with_store(vault, clock.reader(), store.clone()).unwrap();
    let rng = &mut Seeded::new(1);
    let alice = now(identities.create_identity(rng)).unwrap();
    let history = identities.find(&alice).unwrap();
    let mut attestations = |time| {
        clock.set(time);
        let issue = identities.issue_credential(&alice, &alice, Attributes::new(1), 10, rng);
        let issuing = now(issue).unwrap().purpose_key_attestation;
        let presented = now(identities.present(&alice, vec![], rng)).unwrap();
        // Another node accepts both keys.
        presented.shown.verify(&presented.public, |_| None, time).unwrap();
        issuing.verify(&history, time).unwrap();
        (issuing, presented.shown.encode())
    };
    let first = attestations(NOW);
    assert!(first == attestations(NOW + PURPOSE_KEY_LIFETIME), "replaced in its last second");
    let second = attestations(NOW + PURPOSE_KEY_LIFETIME + 1);
    assert!(first.0 != second.0 && first.1 != second.1);
    // The key of the identity, and one for each purpose.
    assert_eq!(store.all(Table::Secrets).unwrap().len(), 3);
}
