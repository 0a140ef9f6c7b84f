//! What is accepted of other encoders, and how it is written again.

use crate::support::{bytes, items, text, vectors};
use ockam_core::cbor::CborError;
use ockam_identity::{
    Attributes, Change, ChangeData, ChangeHistory, CredentialData, Identifier, Structure,
    VersionedData,
};

/// Reads a structure by its name and writes it again; `None` for one that is not known.
fn again(structure: &str, bytes: &[u8]) -> Option<Result<Vec<u8>, CborError>> {
    fn through<T: Structure>(bytes: &[u8]) -> Result<Vec<u8>, CborError> {
        T::decode(bytes).map(|value| value.encode())
    }
    let read = match structure {
        "attributes" => through::<Attributes>,
        "change" => through::<Change>,
        "change data" => through::<ChangeData>,
        "change history" => through::<ChangeHistory>,
        "credential data" => through::<CredentialData>,
        "identifier" => through::<Identifier>,
        "versioned data" => through::<VersionedData>,
        _ => return None,
    };
    Some(read(bytes))
}

#[test]
fn every_case_is_accepted_or_refused_as_it_should_be() {
    let mut tried = 0;
    for case in items(&vectors("cbor-tolerance.json"), "cases") {
        let (structure, name) = (text(case, "structure"), text(case, "name"));
        let Some(outcome) = again(structure, &bytes(case, "hex")) else {
            continue;
        };
        tried += 1;
        assert_eq!(outcome.is_ok(), case["accepted"] == true, "{structure}, {name}: {outcome:?}");
        if let Ok(written) = outcome {
            assert_eq!(written, bytes(case, "encoded_again"), "{structure}, {name}");
        }
    }
    assert!(tried > 30, "{tried}");
}
