//! Handshakes that must not succeed.

use crate::support::{Seeded, now};
use ockam_identity::channel::{
    Answered, ChannelKeys, Features, Greeted, HandshakeError, IdentityAndCredentials, Initiator,
    MAX_HANDSHAKE_MESSAGE_LEN, Protocol, Waiting,
};
use ockam_identity::vault::{AgreementKey, AgreementSecret, Secret, SoftwareVault};
use ockam_identity::{
    Attestation, AttestationError, Identity, IdentityError, IdentityOptions, PurposeKey, Structure,
    Validity,
};

const NOW: u64 = 1_800_000_000;

/// An identity with its static key.
struct Side {
    identity: Identity,
    key: AgreementSecret,
    shown: IdentityAndCredentials,
}

impl Side {
    fn new(seed: u64) -> Self {
        Self::with_validity(seed, Validity::lasting(NOW, 1000))
    }

    fn with_validity(seed: u64, validity: Validity) -> Self {
        let (vault, mut rng) = (SoftwareVault::new(), Seeded::new(seed));
        let options = IdentityOptions::new(NOW - 5000);
        let (identity, own) =
            now(Identity::create(&vault, options, Secret::random(&mut rng))).unwrap();
        let key = AgreementSecret::random(&mut rng);
        let purpose_key = PurposeKey::SecureChannel(*key.public());
        let purpose_key_attestation =
            now(Attestation::create(&vault, &identity, &own, purpose_key, validity)).unwrap();
        let change_history = identity.history().clone();
        let credentials = vec![];
        let features = Features::NONE;
        let shown = IdentityAndCredentials {
            change_history,
            purpose_key_attestation,
            credentials,
            features,
        };
        Side { identity, key, shown }
    }

    fn verify(&self, key: &AgreementKey) -> Result<Identity, HandshakeError> {
        self.shown.verify(key, |_| None, NOW)
    }
}

fn ephemeral(seed: u64) -> AgreementSecret {
    AgreementSecret::random(&mut Seeded::new(1000 + seed))
}

fn answer(side: &Side, first: &[u8]) -> (Waiting, Vec<u8>) {
    let greeted = Greeted::read(Protocol::OCKAM, first).unwrap();
    let agreed = side.key.agree(greeted.peer_ephemeral()).unwrap();
    let payload = side.shown.encode();
    greeted.answer(ephemeral(2), side.key.public(), &agreed, &payload).unwrap()
}

fn finish(side: &Side, answered: Answered) -> (Vec<u8>, ChannelKeys) {
    let agreed = side.key.agree(answered.peer_ephemeral()).unwrap();
    answered.finish(side.key.public(), &agreed, &side.shown.encode()).unwrap()
}

#[test]
fn both_sides_learn_who_the_other_is() {
    let (alice, bob) = (Side::new(1), Side::new(2));
    let (initiator, first) = Initiator::new(Protocol::OCKAM, ephemeral(1));
    assert_eq!(first.len(), 32);
    let (waiting, second) = answer(&bob, &first);
    let (answered, shown) = initiator.read(&second).unwrap();
    let shown = IdentityAndCredentials::decode(&shown).unwrap();
    let peer = shown.verify(answered.peer_static(), |_| None, NOW).unwrap();
    assert_eq!(peer.identifier(), bob.identity.identifier());
    let (third, _) = finish(&alice, answered);
    let (_, key, shown) = waiting.read(&third).unwrap();
    let shown = IdentityAndCredentials::decode(&shown).unwrap();
    let peer = shown.verify(&key, |_| None, NOW).unwrap();
    assert_eq!(peer.identifier(), alice.identity.identifier());
}

#[test]
fn a_flipped_bit_in_any_byte_of_any_message_is_refused_and_the_good_one_is_taken_after_it() {
    let (alice, bob) = (Side::new(1), Side::new(2));
    let (initiator, first) = Initiator::new(Protocol::OCKAM, ephemeral(1));
    for byte in 0..first.len() {
        // A responder cannot tell. The initiator does. The top bit of a key does not count when
        // keys agree, but it does in the transcript.
        let mut bad = first.clone();
        bad[byte] ^= 0x80 >> (byte % 8);
        let (_, second) = answer(&bob, &bad);
        assert!(initiator.read(&second).is_err(), "byte {byte} of message 1");
    }
    let (waiting, second) = answer(&bob, &first);
    for byte in 0..second.len() {
        let mut bad = second.clone();
        bad[byte] ^= 1 << (byte % 8);
        assert!(initiator.read(&bad).is_err(), "byte {byte} of message 2");
    }
    let (answered, _) = initiator.read(&second).unwrap();
    let (third, _) = finish(&alice, answered);
    for byte in 0..third.len() {
        let mut bad = third.clone();
        bad[byte] ^= 1 << (byte % 8);
        assert!(waiting.read(&bad).is_err(), "byte {byte} of message 3");
    }
    waiting.read(&third).unwrap();
}

#[test]
fn messages_that_are_too_short_or_too_long_are_refused() {
    let bob = Side::new(2);
    let (initiator, first) = Initiator::new(Protocol::OCKAM, ephemeral(1));
    let (waiting, second) = answer(&bob, &first);
    for len in 0..second.len() {
        assert!(initiator.read(&second[..len]).is_err());
        if len < 32 {
            let greeted = Greeted::read(Protocol::OCKAM, &first[..len]);
            assert!(matches!(greeted, Err(HandshakeError::TooShort(_))));
        }
        if len < 64 {
            assert!(waiting.read(&second[..len]).is_err());
        }
    }
    let long = vec![0; MAX_HANDSHAKE_MESSAGE_LEN + 1];
    assert!(matches!(Greeted::read(Protocol::OCKAM, &long), Err(HandshakeError::TooLong(_))));
    assert!(matches!(initiator.read(&long), Err(HandshakeError::TooLong(_))));
    assert!(matches!(waiting.read(&long), Err(HandshakeError::TooLong(_))));
    let greeted = Greeted::read(Protocol::OCKAM, &first).unwrap();
    let answered = greeted.answer(ephemeral(2), bob.key.public(), &Secret::from([1; 32]), &long);
    assert!(matches!(answered, Err(HandshakeError::TooLong(_))));
}

#[test]
fn bytes_behind_the_key_of_message_1_count_and_are_ignored() {
    let (bob, (_, mut first)) = (Side::new(2), Initiator::new(Protocol::OCKAM, ephemeral(1)));
    let (initiator, _) = Initiator::new(Protocol::OCKAM, ephemeral(1));
    first.extend(b"greetings");
    // The initiator did not send them, so the transcripts differ; the responder still answers.
    let (_, second) = answer(&bob, &first);
    assert!(initiator.read(&second).is_err());
}

/// A party in the middle changes or removes the features that the initiator offers.
#[test]
fn a_mark_that_is_changed_on_its_way_makes_message_2_void() {
    let (alice, bob) = (Side::new(1), Side::new(2));
    let marked = || Initiator::with_payload(Protocol::OCKAM, ephemeral(1), &[1]);
    let (initiator, first) = marked();
    assert_eq!(
        (first.len(), Greeted::read(Protocol::OCKAM, &first).unwrap().offered().bits()),
        (33, 1)
    );
    for changed in [&first[..32], &[&first[..32], &[3]].concat(), &[&first[..], &[0]].concat()] {
        let (_, second) = answer(&bob, changed);
        assert!(initiator.read(&second).is_err(), "{changed:?}");
    }
    // Unchanged, it is part of a valid handshake.
    let (waiting, second) = answer(&bob, &first);
    let (answered, _) = initiator.read(&second).unwrap();
    let (third, _) = finish(&alice, answered);
    waiting.read(&third).unwrap();
}

/// The element for the features in a responder's payload may have any type.
#[test]
fn features_that_are_no_byte_are_none_and_what_is_behind_them_is_skipped() {
    let shown = Side::new(1).shown;
    let plain = shown.encode();
    let with = |elements: u8, rest: &[u8]| [&[0x80 + elements], &plain[1..], rest].concat();
    for (bytes, features) in [
        (with(4, &[1]), 1),
        (with(4, &[0]), 0),
        (with(4, &[0x18, 0xff]), 0xff),
        // 256, -1, null, a text, a byte string, an array, a map, a tag.
        (with(4, &[0x19, 1, 0]), 0),
        (with(4, &[0x20]), 0),
        (with(4, &[0xf6]), 0),
        (with(4, b"\x61a"), 0),
        (with(4, b"\x41a"), 0),
        (with(4, &[0x82, 1, 1]), 0),
        (with(4, &[0xa1, 1, 1]), 0),
        (with(4, &[0xc1, 1]), 0),
        (with(6, &[1, 2, 3]), 1),
    ] {
        let read = IdentityAndCredentials::decode(&bytes).unwrap();
        assert_eq!(read.features.bits(), features, "{bytes:x?}");
        assert_eq!(IdentityAndCredentials { features: Features::NONE, ..read }, shown);
    }
    for malformed in [with(4, &[]), with(4, &[0x1c]), with(4, &[0x42, 1])] {
        assert!(IdentityAndCredentials::decode(&malformed).is_err());
    }
}

#[test]
fn keys_that_agree_on_zero_are_refused() {
    let bob = Side::new(2);
    let greeted = Greeted::read(Protocol::OCKAM, &[0; 32]).unwrap();
    assert!(bob.key.agree(greeted.peer_ephemeral()).is_err());
    let answered = greeted.answer(ephemeral(2), bob.key.public(), &Secret::from([1; 32]), b"");
    assert!(matches!(answered, Err(HandshakeError::Keys(_))));
    let (initiator, _) = Initiator::new(Protocol::OCKAM, ephemeral(1));
    assert!(matches!(initiator.read(&[0; 200]), Err(HandshakeError::Keys(_))));
}

#[test]
fn a_static_key_that_is_not_attested_is_refused() {
    let (alice, mallory) = (Side::new(1), Side::new(3));
    alice.verify(alice.key.public()).unwrap();
    let refused = alice.verify(mallory.key.public());
    assert!(matches!(refused, Err(HandshakeError::Attestation(AttestationError::OtherKey))));
    let shown = IdentityAndCredentials {
        change_history: alice.shown.change_history.clone(),
        ..mallory.shown.clone()
    };
    let refused = shown.verify(mallory.key.public(), |_| None, NOW);
    let Err(HandshakeError::Attestation(AttestationError::OtherSubject { .. })) = refused else {
        panic!("{refused:?}")
    };
}

#[test]
fn an_attestation_that_has_expired_is_refused() {
    let alice = Side::with_validity(1, Validity { created_at: NOW - 10, expires_at: NOW - 1 });
    let refused = alice.verify(alice.key.public());
    assert!(matches!(refused, Err(HandshakeError::Attestation(AttestationError::Expired))));
}

#[test]
fn a_history_that_is_older_than_the_one_remembered_is_refused() {
    let vault = SoftwareVault::new();
    let options = IdentityOptions::new(NOW);
    let (old, own) = now(Identity::create(&vault, options.clone(), Secret::from([1; 32]))).unwrap();
    let (new, _) = now(old.rotate(&vault, &own, options, Secret::from([2; 32]))).unwrap();
    let key = AgreementSecret::random(&mut Seeded::new(4));
    let purpose_key = PurposeKey::SecureChannel(*key.public());
    let validity = Validity::lasting(NOW, 1000);
    let purpose_key_attestation =
        now(Attestation::create(&vault, &old, &own, purpose_key, validity)).unwrap();
    let shown = IdentityAndCredentials {
        change_history: old.history().clone(),
        purpose_key_attestation,
        credentials: vec![],
        features: Features::NONE,
    };
    shown.verify(key.public(), |_| None, NOW).unwrap();
    let refused = shown.verify(key.public(), |_| Some(new.clone()), NOW);
    assert!(matches!(refused, Err(HandshakeError::Identity(IdentityError::Older(_)))));
}
