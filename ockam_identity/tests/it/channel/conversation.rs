//! The conversations of the golden vectors, reproduced from their secrets, bit for bit.

use crate::support::{array, bytes, items, text, unhex, vectors};
use ockam_core::{Address, Decoded, FrameDecoder, Route, TransportMessage, encode_frame};
use ockam_identity::channel::{
    ChannelKeys, ChannelMessage, Features, Greeted, IdentityAndCredentials, Initiator, Opener,
    Protocol, Sealer,
};
use ockam_identity::vault::{AgreementSecret, Secret};
use ockam_identity::{Attestation, ChangeHistory, CredentialAndPurposeKey, Structure};
use serde_json::Value;

const FILES: [&str; 2] = ["secure-channel.json", "secure-channel-credentials.json"];

fn secret(side: &Value, key: &str) -> AgreementSecret {
    AgreementSecret::from(&Secret::from(array(side, key)))
}

fn credentials(side: &Value) -> Vec<CredentialAndPurposeKey> {
    let credentials = items(side, "credentials").iter();
    let decode = |hex: &Value| CredentialAndPurposeKey::decode(&unhex(hex.as_str().unwrap()));
    credentials.map(|hex| decode(hex).unwrap()).collect()
}

/// Returns the payload of a side; the initiator of the second conversation keeps a credential for
/// later.
fn shown(side: &Value) -> Vec<u8> {
    let mut credentials = credentials(side);
    credentials.truncate(1);
    IdentityAndCredentials {
        change_history: ChangeHistory::decode(&bytes(side, "change_history")).unwrap(),
        purpose_key_attestation: Attestation::decode(&bytes(side, "purpose_key_attestation"))
            .unwrap(),
        credentials,
        features: Features::NONE,
    }
    .encode()
}

/// Makes the handshake of a file; the keys of the initiator and of the responder.
fn shake_hands(file: &Value) -> (ChannelKeys, ChannelKeys) {
    let noise: Vec<Vec<u8>> =
        items(file, "handshake").iter().map(|message| bytes(message, "noise")).collect();
    let (i, r) = (&file["initiator"], &file["responder"]);
    let (initiator, first) = Initiator::new(Protocol::OCKAM, secret(i, "ephemeral_secret"));
    assert_eq!(first, noise[0]);
    let greeted = Greeted::read(Protocol::OCKAM, &first).unwrap();
    let own = secret(r, "static_secret");
    let agreed = own.agree(greeted.peer_ephemeral()).unwrap();
    let ephemeral = secret(r, "ephemeral_secret");
    let (waiting, second) = greeted.answer(ephemeral, own.public(), &agreed, &shown(r)).unwrap();
    assert_eq!(second, noise[1]);
    let (answered, from_responder) = initiator.read(&second).unwrap();
    assert_eq!(from_responder, bytes(&items(file, "handshake")[1], "payload"));
    assert_eq!(answered.peer_static().as_bytes(), &array(r, "static_public"));
    let own = secret(i, "static_secret");
    let agreed = own.agree(answered.peer_ephemeral()).unwrap();
    let (third, initiators) = answered.finish(own.public(), &agreed, &shown(i)).unwrap();
    assert_eq!(third, noise[2]);
    let (responders, peer, from_initiator) = waiting.read(&third).unwrap();
    assert_eq!(from_initiator, bytes(&items(file, "handshake")[2], "payload"));
    assert_eq!(peer.as_bytes(), &array(i, "static_public"));
    (initiators, responders)
}

#[test]
fn the_same_secrets_make_the_same_handshake_and_the_same_keys() {
    for name in FILES {
        let file = vectors(name);
        let (initiators, responders) = shake_hands(&file);
        let split = &file["split"];
        let to_responder = Secret::from(array(split, "initiator_to_responder"));
        let to_initiator = Secret::from(array(split, "responder_to_initiator"));
        assert_eq!((&initiators.sending, &initiators.receiving), (&to_responder, &to_initiator));
        assert_eq!((&responders.sending, &responders.receiving), (&to_initiator, &to_responder));
    }
}

#[test]
fn the_payloads_are_written_the_same_and_the_peers_are_who_they_say() {
    for name in FILES {
        let file = vectors(name);
        for (index, side) in [(1, "responder"), (2, "initiator")] {
            let payload = bytes(&items(&file, "handshake")[index], "payload");
            let shown = IdentityAndCredentials::decode(&payload).unwrap();
            assert_eq!(shown.encode(), payload);
            let key = array(&file[side], "static_public").into();
            let peer = shown.verify(&key, |_| None, 1_795_404_220).unwrap();
            assert_eq!(peer.identifier().to_string(), text(&file[side], "identifier"));
        }
    }
}

/// Reads the content that a vector describes.
fn content(value: &Value, side: &Value) -> ChannelMessage {
    let route = |key| items(value, key).iter().map(address).collect::<Route>();
    match text(value, "kind") {
        "payload" => ChannelMessage::Data(TransportMessage::new(
            route("onward_route"),
            route("return_route"),
            bytes(value, "body"),
        )),
        "close" => ChannelMessage::Close,
        "refresh credentials" => ChannelMessage::Refresh {
            change_history: ChangeHistory::decode(&bytes(side, "change_history")).unwrap(),
            credentials: credentials(side).split_off(1),
        },
        other => panic!("{other}"),
    }
}

fn address(value: &Value) -> Address {
    let transport = u8::try_from(value["type"].as_u64().unwrap()).unwrap();
    Address::new(transport.into(), bytes(value, "hex"))
}

#[test]
fn the_same_keys_make_the_same_messages_and_read_them() {
    for name in FILES {
        let file = vectors(name);
        let (initiators, responders) = shake_hands(&file);
        let mut sealers = [&initiators, &responders].map(|keys| Sealer::new(&keys.sending));
        let mut openers = [&responders, &initiators].map(|keys| Opener::new(&keys.receiving));
        for message in items(&file, "transport") {
            let from = text(message, "from");
            let side = usize::from(from == "responder");
            let content = content(&message["message"], &file[from]);
            let mut buffer = content.to_buffer();
            assert_eq!(buffer[8..], bytes(message, "plaintext"));
            if let ChannelMessage::Data(_) = content {
                assert_eq!(buffer.capacity(), buffer.len() + 16, "allocated once");
            }
            sealers[side].seal(&mut buffer).unwrap();
            assert_eq!(buffer, bytes(message, "payload"), "message {}", message["nonce"]);
            assert_eq!(message["nonce"], openers[side].open(&mut buffer).unwrap());
            assert_eq!(ChannelMessage::from_buffer(buffer), Ok(content));
        }
    }
}

#[test]
fn the_frames_around_them_are_those_of_the_wire() {
    for name in FILES {
        let file = vectors(name);
        for part in ["handshake", "transport"] {
            for message in items(&file, part) {
                // For a few messages the file has only the content.
                let Some(frame) = message["frame"].as_str().map(unhex) else {
                    continue;
                };
                let mut decoder = FrameDecoder::without_preface();
                decoder.handle_input(&frame);
                let Ok(Some(Decoded::Message(decoded))) = decoder.poll_message() else {
                    panic!("{frame:?}");
                };
                let body = if part == "handshake" { "noise" } else { "payload" };
                assert_eq!(decoded.payload, bytes(message, body));
                let route = |key| items(message, key).iter().map(address).collect::<Route>();
                assert_eq!(decoded.onward_route, route("onward_route"));
                assert_eq!(decoded.return_route, route("return_route"));
                assert!(encode_frame(&decoded, &mut Vec::new()).is_ok());
            }
        }
    }
}
