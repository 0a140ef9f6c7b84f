//! Histories of identities: what is read, and what is believed.
//!
//! It owns the promises that a history which holds together is the beginning of one that the
//! vectors' keys have signed, and that what is remembered is only ever replaced by more of it. It
//! refuses to know what an identity attests; `credential` does.

use std::sync::LazyLock;

use ockam_identity::{
    Change, ChangeData, ChangeHistory, Comparison, Identifier, Identity, Structure, VersionedData,
};

use crate::structure::check_as;
use crate::vector::field;

/// Where there are histories. Those that have to be refused are signed by genuine keys as well.
const FILES: [&str; 3] =
    ["identities.json", "secure-channel.json", "secure-channel-credentials.json"];

/// The signed bytes of the changes in each genuine history.
static SIGNED: LazyLock<Vec<Vec<Vec<u8>>>> = LazyLock::new(|| {
    let histories = field("change_history", &FILES);
    let decode = |bytes: &Vec<u8>| ChangeHistory::decode(bytes).expect("it is genuine");
    histories.iter().map(|bytes| signed(&decode(bytes))).collect()
});

/// The identities of the vectors.
static KNOWN: LazyLock<Vec<Identity>> = LazyLock::new(|| {
    let histories = field("change_history", &FILES);
    histories.iter().filter_map(|bytes| Identity::import(bytes, None).ok()).collect()
});

/// Checks one history, and the same bytes as each part of one.
pub fn check(data: &[u8]) {
    check_as::<VersionedData>(data);
    check_as::<ChangeData>(data);
    check_as::<Change>(data);
    let Some(history) = check_as::<ChangeHistory>(data) else {
        assert!(Identity::import(data, None).is_err());
        return;
    };
    match Identity::verify(history.clone(), None) {
        Ok(identity) => check_believed(&history, &identity),
        Err(error) => {
            assert!(error.to_string().len() < 500);
            assert!(Identity::learn(&history, None).is_err());
        }
    }
}

/// Returns histories, right and wrong, and parts of some.
pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let parts = field("hex", &["cbor-tolerance.json"]);
    let data = field("versioned_data", &FILES[..1]);
    [field("change_history", &FILES), parts, data].concat()
}

fn signed(history: &ChangeHistory) -> Vec<Vec<u8>> {
    history.changes().iter().map(|change| change.data().to_vec()).collect()
}

fn check_believed(history: &ChangeHistory, identity: &Identity) {
    assert_eq!(Some(identity.identifier()), history.identifier().as_ref());
    let changes = signed(history);
    assert!(
        SIGNED.iter().any(|genuine| genuine.starts_with(&changes)),
        "nobody signed {history:?}"
    );
    let other = Identifier::from([7; 32]);
    assert!(Identity::verify(history.clone(), Some(&other)).is_err());
    for known in KNOWN.iter() {
        let learnt = Identity::learn(history, Some(known));
        let is_more = changes.starts_with(&signed(known.history()));
        assert_eq!(learnt.is_ok(), is_more, "{history:?} behind {known:?}");
        let comparison = known.compare(identity);
        assert_eq!(matches!(comparison, Comparison::Equal | Comparison::Newer), is_more);
    }
}
