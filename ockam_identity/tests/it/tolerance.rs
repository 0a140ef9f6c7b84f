//! Encodings of other implementations that are accepted, and their canonical form.

use crate::support::{bytes, items, text, vectors};
use ockam_identity::channel::ChannelMessage;
use ockam_identity::{
    Attributes, Change, ChangeData, ChangeHistory, CredentialData, Identifier, Structure,
    VersionedData,
};

/// Reads a structure by its name and writes it again.
fn again(structure: &str, bytes: &[u8]) -> Result<Vec<u8>, String> {
    fn through<T: Structure>(bytes: &[u8]) -> Result<Vec<u8>, String> {
        T::decode(bytes).map(|value| value.encode()).map_err(|error| error.to_string())
    }
    let read = match structure {
        "channel message" => through_a_channel,
        "attributes" => through::<Attributes>,
        "change" => through::<Change>,
        "change data" => through::<ChangeData>,
        "change history" => through::<ChangeHistory>,
        "credential data" => through::<CredentialData>,
        "identifier" => through::<Identifier>,
        "versioned data" => through::<VersionedData>,
        other => panic!("{other}"),
    };
    read(bytes)
}

/// The content of a channel's message stands behind eight bytes of number.
fn through_a_channel(content: &[u8]) -> Result<Vec<u8>, String> {
    let buffer = [&[0; 8], content].concat();
    let message = ChannelMessage::from_buffer(buffer).map_err(|error| error.to_string())?;
    Ok(message.to_buffer().split_off(8))
}

#[test]
fn every_case_is_accepted_or_refused_as_it_should_be() {
    for case in items(&vectors("cbor-tolerance.json"), "cases") {
        let (structure, name) = (text(case, "structure"), text(case, "name"));
        let outcome = again(structure, &bytes(case, "hex"));
        assert_eq!(outcome.is_ok(), case["accepted"] == true, "{structure}, {name}: {outcome:?}");
        if let Ok(written) = outcome {
            let mut again = bytes(case, "encoded_again");
            if name == "payload with padding" {
                // Padding is accepted at any length, and written empty.
                again.splice(again.len() - 4.., [0x40]);
            }
            assert_eq!(written, again, "{structure}, {name}");
        }
    }
}
