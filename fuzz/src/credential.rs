//! Attestations and credentials: what is read, and what is believed.
//!
//! It owns the promises that what is believed was signed by a key of the vectors, about the one
//! whom it is shown by, and holds at that time. It refuses to know histories.
//!
//! ```text
//! input = kind time (u64) bytes      kind: 0 an attestation, 1 a credential with its attestation
//! ```

use std::sync::LazyLock;

use ockam_identity::{
    Attestation, AttestationData, Attributes, CLOCK_DRIFT, Credential, CredentialAndPurposeKey,
    CredentialData, Identifier, Identity, PurposeKey, Structure, Validity,
};

use crate::structure::check_as;
use crate::vector::{self, field};

/// When the vectors were made, in seconds since 1970 UTC.
const NOW: u64 = 1_795_404_220;

const ATTESTATIONS: &str = "purpose-keys.json";
const CREDENTIALS: &str = "credentials.json";

/// What the keys of the vectors have signed.
struct Genuine {
    identities: Vec<Identity>,
    subject: Identifier,
    attestations: Vec<AttestationData>,
    credentials: Vec<CredentialData>,
}

static GENUINE: LazyLock<Genuine> = LazyLock::new(|| {
    let histories = field("change_history", &["identities.json"]);
    let subject = &vector::read(CREDENTIALS)["expected_subject"];
    let attestations = field("attestation", &[ATTESTATIONS]).into_iter();
    let attestations = attestations.filter_map(|bytes| Attestation::decode(&bytes).ok());
    let shown = field("credential_and_purpose_key", &[CREDENTIALS]).into_iter();
    let shown = shown.filter_map(|bytes| CredentialAndPurposeKey::decode(&bytes).ok());
    let (credentials, keys): (Vec<_>, Vec<_>) =
        shown.map(|shown| (shown.credential, shown.purpose_key_attestation)).unzip();
    Genuine {
        identities: histories.iter().filter_map(|it| Identity::import(it, None).ok()).collect(),
        subject: subject.as_str().and_then(|text| text.parse().ok()).expect("it is a name"),
        attestations: attestations.chain(keys).filter_map(|it| it.data().ok()).collect(),
        credentials: credentials.iter().filter_map(|it| it.data().ok()).collect(),
    }
});

/// Checks one attestation or credential at one time, and the same bytes as each part of them.
pub fn check(data: &[u8]) {
    let Some((&[kind, time @ ..], bytes)) = data.split_first_chunk::<9>() else { return };
    let now = u64::from_be_bytes(time);
    if kind % 2 == 0 {
        check_as::<AttestationData>(bytes);
        check_as::<PurposeKey>(bytes);
        if let Some(attestation) = check_as::<Attestation>(bytes) {
            check_attestation(&attestation, now);
        }
    } else {
        check_as::<CredentialData>(bytes);
        check_as::<Attributes>(bytes);
        check_as::<Credential>(bytes);
        if let Some(credential) = check_as::<CredentialAndPurposeKey>(bytes) {
            check_attestation(&credential.purpose_key_attestation, now);
            check_credential(&credential, now);
        }
    }
}

/// Returns attestations and credentials, right and wrong, and parts of some.
pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let with =
        |kind: u8, time: u64, bytes: Vec<u8>| [&[kind], &time.to_be_bytes()[..], &bytes].concat();
    let attestations = field("attestation", &[ATTESTATIONS]).into_iter();
    let credentials = field("credential_and_purpose_key", &[CREDENTIALS]).into_iter();
    let parts = field("hex", &["cbor-tolerance.json"]).into_iter();
    let late = credentials.clone().take(2).map(|bytes| with(1, u64::MAX, bytes));
    let early = credentials.clone().take(2).map(|bytes| with(1, 0, bytes));
    let attestations = attestations.map(|bytes| with(0, NOW, bytes));
    let credentials = credentials.map(|bytes| with(1, NOW, bytes));
    let parts = parts.map(|bytes| with(1, NOW, bytes));
    attestations.chain(credentials).chain(late).chain(early).chain(parts).collect()
}

fn find(identifier: &Identifier) -> Option<&'static Identity> {
    GENUINE.identities.iter().find(|identity| identity.identifier() == identifier)
}

fn assert_holds(validity: Validity, now: u64) {
    assert!(validity.created_at <= now.saturating_add(CLOCK_DRIFT), "{validity:?} at {now}");
    assert!(validity.expires_at >= now, "{validity:?} at {now}");
}

fn check_attestation(attestation: &Attestation, now: u64) {
    for identity in &GENUINE.identities {
        match attestation.verify(identity, now) {
            Ok(data) => {
                assert_eq!(attestation.data().as_ref(), Ok(&data));
                assert!(GENUINE.attestations.contains(&data), "nobody signed {data:?}");
                assert_eq!(data.subject, *identity.identifier());
                assert_eq!(data.subject_latest_change_hash, *identity.latest_change_hash());
                assert_holds(data.validity(), now);
            }
            Err(error) => assert!(error.to_string().len() < 500),
        }
    }
}

fn check_credential(credential: &CredentialAndPurposeKey, now: u64) {
    let Some(issuer) = credential.issuer().ok().as_ref().and_then(find) else { return };
    match credential.verify(&GENUINE.subject, issuer, now) {
        Ok(data) => {
            assert_eq!(credential.credential.data().as_ref(), Ok(&data));
            assert!(GENUINE.credentials.contains(&data), "nobody signed {data:?}");
            assert_eq!(data.subject, Some(GENUINE.subject));
            assert_holds(data.validity(), now);
            let attested = credential.purpose_key_attestation.data().expect("it was verified");
            assert!(attested.created_at <= data.created_at);
            assert!(attested.expires_at >= data.expires_at);
        }
        Err(error) => assert!(error.to_string().len() < 500),
    }
}
