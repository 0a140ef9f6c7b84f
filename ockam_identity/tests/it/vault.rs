//! Keys in the software vault.

use crate::support::{Seeded, array, items, now, text, vectors};
#[cfg(target_os = "linux")]
use ockam_identity::channel::Sealer;
use ockam_identity::vault::{
    KeyHandle, KeyKind, Secret, Signature, SoftwareVault, Vault, VaultError, VerifyingKey,
};
#[cfg(target_os = "linux")]
use serde_json::json;
#[cfg(target_os = "linux")]
use std::hint::black_box;

const KINDS: [KeyKind; 2] = [KeyKind::Ed25519, KeyKind::P256];

#[test]
fn a_key_signs_and_only_for_its_message() {
    let vault = SoftwareVault::new();
    for kind in KINDS {
        let entropy = Secret::random(&mut Seeded::new(1));
        let (handle, key) = now(vault.create_signing_key(kind, entropy)).unwrap();
        let signature = now(vault.sign(&handle, &[1; 32])).unwrap();
        key.verify(&[1; 32], &signature).unwrap();
        assert!(matches!(key.verify(&[2; 32], &signature), Err(VaultError::InvalidSignature)));
    }
}

#[test]
fn a_signature_of_one_kind_is_none_of_the_other() {
    let vault = SoftwareVault::new();
    let [(one, one_key), (_, other_key)] =
        KINDS.map(|kind| vault.import_signing_key(kind, &Secret::from([3; 32])).unwrap());
    let signature = now(vault.sign(&one, &[1; 32])).unwrap();
    assert!(matches!(other_key.verify(&[1; 32], &signature), Err(VaultError::OtherKind)));
    let relabelled = Signature::P256(*signature.as_bytes());
    assert!(matches!(one_key.verify(&[1; 32], &relabelled), Err(VaultError::OtherKind)));
    assert!(other_key.verify(&[1; 32], &relabelled).is_err());
}

#[test]
fn both_forms_of_an_ecdsa_signature_are_accepted() {
    // n, the order of the curve: of r, s the other form is r, n - s.
    let order = [
        0xffff_ffff_0000_0000_u64,
        0xffff_ffff_ffff_ffff,
        0xbce6_faad_a717_9e84,
        0xf3b9_cac2_fc63_2551,
    ];
    let vault = SoftwareVault::new();
    let (handle, key) = vault.import_signing_key(KeyKind::P256, &Secret::from([3; 32])).unwrap();
    let signature = now(vault.sign(&handle, &[1; 32])).unwrap();
    let mut other = *signature.as_bytes();
    let mut borrow = false;
    for (place, limb) in order.iter().enumerate().rev() {
        let at = 32 + place * 8;
        let s = u64::from_be_bytes(other[at..at + 8].try_into().unwrap());
        let (difference, first) = limb.overflowing_sub(s);
        let (difference, second) = difference.overflowing_sub(borrow.into());
        borrow = first || second;
        other[at..at + 8].copy_from_slice(&difference.to_be_bytes());
    }
    assert_ne!(&other, signature.as_bytes());
    key.verify(&[1; 32], &signature).unwrap();
    key.verify(&[1; 32], &Signature::P256(other)).unwrap();
}

#[test]
fn two_keys_agree_on_one_secret() {
    let vault = SoftwareVault::new();
    let mut rng = Seeded::new(2);
    let one = now(vault.create_agreement_key(Secret::random(&mut rng))).unwrap();
    let two = now(vault.create_agreement_key(Secret::random(&mut rng))).unwrap();
    let agreed = now(vault.agree(&one.0, &two.1)).unwrap();
    assert_eq!(agreed, now(vault.agree(&two.0, &one.1)).unwrap());
    let weak = now(vault.agree(&one.0, &[0; 32].into()));
    assert!(matches!(weak, Err(VaultError::WeakKey)));
}

#[test]
fn a_key_that_is_not_there_or_of_another_use_is_named() {
    let vault = SoftwareVault::new();
    let nobody = KeyHandle::from(&b"slot-7"[..]);
    let error = now(vault.sign(&nobody, &[1; 32])).unwrap_err();
    assert_eq!(error.to_string(), "the vault has no such key: slot-7");
    let (agrees, public) = vault.import_agreement_key(&Secret::from([1; 32])).unwrap();
    assert!(matches!(now(vault.sign(&agrees, &[1; 32])), Err(VaultError::UnknownKey(_))));
    let (signs, _) = vault.import_signing_key(KeyKind::Ed25519, &Secret::from([1; 32])).unwrap();
    assert!(matches!(now(vault.agree(&signs, &public)), Err(VaultError::UnknownKey(_))));
    assert!(now(vault.delete_key(&signs)).unwrap());
    assert!(!now(vault.delete_key(&signs)).unwrap());
    assert!(matches!(now(vault.sign(&signs, &[1; 32])), Err(VaultError::UnknownKey(_))));
}

#[test]
fn bytes_that_are_no_key_are_refused() {
    let signature = Signature::P256([1; 64]);
    for first in [0, 2, 6, 7] {
        let mut point = [1; 65];
        point[0] = first;
        let verified = VerifyingKey::P256(point).verify(&[1; 32], &signature);
        assert!(matches!(verified, Err(VaultError::InvalidKey(_))), "{first}");
    }
    let off_the_curve = VerifyingKey::P256([4; 65]);
    assert!(off_the_curve.verify(&[1; 32], &signature).is_err());
    let vault = SoftwareVault::new();
    let zero = vault.import_signing_key(KeyKind::P256, &Secret::from([0; 32]));
    assert!(matches!(zero, Err(VaultError::InvalidKey(_))));
}

#[test]
fn nothing_secret_is_shown() {
    let vault = SoftwareVault::new();
    vault.import_agreement_key(&Secret::from([0xab; 32])).unwrap();
    assert_eq!(format!("{vault:?}"), "SoftwareVault(1 keys)");
}

/// The public keys of the vectors follow from their secrets.
#[test]
fn the_keys_of_the_vectors_have_their_public_halves() {
    let vault = SoftwareVault::new();
    for identity in items(&vectors("identities.json"), "identities") {
        for (key, change) in items(identity, "keys").iter().zip(items(identity, "changes")) {
            let kind = if text(key, "kind") == "p256" { KeyKind::P256 } else { KeyKind::Ed25519 };
            let secret = Secret::from(array(key, "secret"));
            let (_, public) = vault.import_signing_key(kind, &secret).unwrap();
            let expected = crate::support::bytes(&change["primary_public_key"], "hex");
            assert_eq!(public.as_bytes(), expected, "{}", text(identity, "name"));
        }
    }
}

/// Reads memory of this process, including memory that no value owns any more.
#[cfg(target_os = "linux")]
fn memory(address: usize, len: usize) -> Vec<u8> {
    use std::os::unix::fs::FileExt;
    let mut bytes = vec![0; len];
    let memory = std::fs::File::open("/proc/self/mem").unwrap();
    memory.read_exact_at(&mut bytes, address.try_into().unwrap()).unwrap();
    bytes
}

/// The memory of a vector stays as the drops of its items have left it.
#[cfg(target_os = "linux")]
#[test]
fn a_secret_is_wiped_where_it_was_when_it_is_dropped() {
    let mut place = vec![Secret::from([0xA5; 32])];
    let address = place[0].expose().as_ptr().addr();
    assert_eq!(memory(address, 32), [0xA5; 32]);
    place.clear();
    assert_eq!(memory(address, 32), [0; 32]);
    assert_eq!(black_box(&place).capacity(), 1);
}

/// The library for AES keeps a key in a longer form, which begins with the key.
#[cfg(target_os = "linux")]
#[test]
fn the_key_of_a_channel_is_wiped_where_it_was_when_it_is_dropped() {
    let key = [0x5A, 0x3C, 0x96, 0xE1, 0x78, 0xB4, 0x2D, 0xCF];
    let secret = Secret::from(array::<32>(&json!({ "key": "5a3c96e178b42dcf".repeat(4) }), "key"));
    let mut place = vec![Sealer::new(&secret)];
    let (address, len) = (place.as_ptr().addr(), size_of::<Sealer>());
    let holds = || memory(address, len).windows(key.len()).any(|part| part == key);
    assert!(holds(), "the library keeps keys in another form");
    place.clear();
    assert!(!holds());
    assert_eq!(black_box(&place).capacity(), 1);
}
