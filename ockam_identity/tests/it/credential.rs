//! Issuing and verifying credentials.

use crate::support::{array, bytes, items, now, text, unhex, vectors};
use ockam_identity::vault::{KeyHandle, KeyKind, Secret, SoftwareVault, Vault};
use ockam_identity::{
    Attestation, Attributes, Credential, CredentialAndPurposeKey, CredentialError, Identity,
    IdentityOptions, PurposeKey, Structure, Validity,
};

const NOW: u64 = 1_800_000_000;

fn identities() -> Vec<Identity> {
    let file = vectors("identities.json");
    let values = items(&file, "identities").iter();
    values.map(|value| Identity::import(&bytes(value, "change_history"), None).unwrap()).collect()
}

/// Looks the issuer up among the authorities and verifies, as a verifier does.
fn verify(
    credential: &CredentialAndPurposeKey,
    authorities: &[&Identity],
    subject: &Identity,
    now: u64,
) -> Result<Attributes, CredentialError> {
    let issuer = credential.issuer()?;
    let authority = authorities.iter().find(|authority| *authority.identifier() == issuer);
    let authority = authority.ok_or(CredentialError::UntrustedIssuer(issuer))?;
    Ok(credential.verify(subject.identifier(), authority, now)?.attributes)
}

#[test]
fn the_verdicts_of_the_vectors() {
    let file = vectors("credentials.json");
    let identities = identities();
    let find = |key| {
        let identifier = text(&file, key).parse().unwrap();
        identities.iter().find(|identity| *identity.identifier() == identifier).unwrap()
    };
    let (authority, subject) = (find("authority"), find("expected_subject"));
    for time in [file["now"].as_u64().unwrap(), 1_767_225_600, 3_755_289_599] {
        for value in items(&file, "credentials") {
            let both = bytes(value, "credential_and_purpose_key");
            let credential = CredentialAndPurposeKey::decode(&both).unwrap();
            let verified = verify(&credential, &[authority], subject, time);
            let name = text(value, "name");
            assert_eq!(verified.is_ok(), value["accepted"] == true, "{name}: {verified:?}");
        }
    }
}

#[test]
fn the_credentials_of_the_vectors_say_what_they_should_and_are_written_the_same() {
    for value in items(&vectors("credentials.json"), "credentials") {
        let both = bytes(value, "credential_and_purpose_key");
        assert_eq!(CredentialAndPurposeKey::decode(&both).unwrap().encode(), both);
        let credential = Credential::decode(&bytes(value, "credential")).unwrap();
        assert_eq!(credential.encode(), bytes(value, "credential"));
        let expected = &value["decoded"];
        if expected.is_null() {
            continue;
        }
        let Ok(data) = credential.data() else {
            assert_eq!(text(value, "name"), "data type 2");
            continue;
        };
        let subject = data.subject.map(|subject| subject.to_string());
        assert_eq!(subject.as_deref(), expected["subject"].as_str());
        assert_eq!(data.attributes.schema(), expected["schema"]);
        assert_eq!((data.created_at, data.expires_at), {
            let time = |key| expected[key].as_u64().unwrap();
            (time("created_at"), time("expires_at"))
        });
        let pairs = items(expected, "attributes").iter();
        let pairs: Vec<_> =
            pairs.map(|pair| [0, 1].map(|side| unhex(pair[side].as_str().unwrap()))).collect();
        let found: Vec<_> =
            data.attributes.iter().map(|(name, value)| [name.to_vec(), value.to_vec()]).collect();
        assert_eq!(found, pairs, "{}", text(value, "name"));
    }
}

/// An issuer with its credential key in a vault.
struct Issuer {
    vault: SoftwareVault,
    identity: Identity,
    attestation: Attestation,
    key: KeyHandle,
}

impl Issuer {
    fn new(seed: u8) -> Self {
        let vault = SoftwareVault::new();
        let options = IdentityOptions::new(NOW - 1000);
        let entropy = Secret::from([seed; 32]);
        let (identity, own) = now(Identity::create(&vault, options, entropy)).unwrap();
        let entropy = Secret::from([seed + 1; 32]);
        let (key, public) = now(vault.create_signing_key(KeyKind::Ed25519, entropy)).unwrap();
        let purpose_key = PurposeKey::Credentials(public);
        let validity = Validity::lasting(NOW - 500, 1500);
        let attestation =
            now(Attestation::create(&vault, &identity, &own, purpose_key, validity)).unwrap();
        Issuer { vault, identity, attestation, key }
    }

    fn issue(&self, subject: &Identity, validity: Validity) -> CredentialAndPurposeKey {
        let attributes = Attributes::new(7).with("role", "member");
        let attestation = self.attestation.clone();
        let issued =
            Credential::issue(&self.vault, attestation, &self.key, subject, attributes, validity);
        now(issued).unwrap()
    }
}

#[test]
fn what_an_authority_issues_is_believed_and_what_others_issue_is_not() {
    let (issuer, stranger, alice) = (Issuer::new(1), Issuer::new(10), Issuer::new(20).identity);
    let credential = issuer.issue(&alice, Validity::lasting(NOW, 100));
    let attributes = verify(&credential, &[&issuer.identity], &alice, NOW).unwrap();
    assert_eq!(attributes.get("role"), Some(&b"member"[..]));
    assert_eq!(attributes.schema(), 7);
    let refused = verify(&credential, &[&stranger.identity], &alice, NOW);
    assert!(matches!(refused, Err(CredentialError::UntrustedIssuer(_))));
    let refused = verify(&credential, &[&issuer.identity], &stranger.identity, NOW);
    assert!(matches!(refused, Err(CredentialError::OtherSubject { .. })));
}

#[test]
fn it_ends_with_its_purpose_key_and_expires() {
    let (issuer, alice) = (Issuer::new(1), Issuer::new(20).identity);
    let credential = issuer.issue(&alice, Validity::lasting(NOW, 1_000_000));
    assert_eq!(credential.credential.data().unwrap().expires_at, NOW + 1000);
    let short = issuer.issue(&alice, Validity::lasting(NOW, 10));
    let authorities = [&issuer.identity];
    verify(&short, &authorities, &alice, NOW + 10).unwrap();
    let late = verify(&short, &authorities, &alice, NOW + 11);
    assert!(matches!(late, Err(CredentialError::Expired)));
    let early = verify(&short, &authorities, &alice, NOW - 61);
    assert!(matches!(early, Err(CredentialError::Early)));
}

#[test]
fn a_flipped_bit_in_any_byte_is_refused() {
    let (issuer, alice) = (Issuer::new(1), Issuer::new(20).identity);
    let good = issuer.issue(&alice, Validity::lasting(NOW, 100)).encode();
    for byte in 0..good.len() {
        let bit = byte % 8;
        let mut bad = good.clone();
        bad[byte] ^= 1 << bit;
        let refused = CredentialAndPurposeKey::decode(&bad).map_or(true, |credential| {
            verify(&credential, &[&issuer.identity], &alice, NOW).is_err()
        });
        assert!(refused, "bit {bit} of byte {byte}");
    }
}

#[test]
fn the_purpose_key_of_the_vectors_follows_from_its_secret() {
    let file = vectors("credentials.json");
    let secret = Secret::from(array(&file["purpose_key_secrets"], "ed25519"));
    let vault = SoftwareVault::new();
    let (_, public) = vault.import_signing_key(KeyKind::Ed25519, &secret).unwrap();
    let value = &items(&file, "credentials")[0];
    assert_eq!(public.as_bytes(), bytes(&value["purpose_key"]["public_key"], "hex"));
}
