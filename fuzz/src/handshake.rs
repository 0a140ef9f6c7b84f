//! The three messages of a handshake, each for the state that waits for it.
//!
//! It owns the promises that such a state takes the genuine message and no other, and that a peer
//! is who a genuine attestation says, whatever the peer shows. Secrets and the time are those of
//! the golden vectors, so nothing is random. It refuses to know histories and credentials.
//!
//! ```text
//! input = kind bytes      kind: what the bytes are, and with `OTHER` in the other conversation
//! 0, 1, 2   message 1, 2, 3
//! 3, 4, 5   edits of the genuine message 1, 2, 3
//! 6, 7      what the responder, the initiator shows of itself
//! ```

use std::sync::LazyLock;

use ockam_identity::channel::{
    ChannelKeys, Greeted, HandshakeError, IdentityAndCredentials, Initiator, Protocol, Waiting,
};
use ockam_identity::vault::{AgreementKey, AgreementSecret, Secret};
use ockam_identity::{Identifier, Structure};
use serde_json::Value;

use crate::edit::edited;
use crate::{structure, vector};

/// The conversation with credentials.
const OTHER: u8 = 8;

/// When the vectors were made, in seconds since 1970 UTC.
const NOW: u64 = 1_795_404_220;

/// Low bytes of edits that a seed has: one in each part of a message.
const PLACES: [u8; 5] = [0, 31, 40, 79, 90];

struct Side {
    identifier: Identifier,
    static_secret: [u8; 32],
    ephemeral_secret: [u8; 32],
    shown: Vec<u8>,
}

struct Conversation {
    initiator: Side,
    responder: Side,
    messages: [Vec<u8>; 3],
}

static CONVERSATIONS: LazyLock<[Conversation; 2]> = LazyLock::new(|| {
    ["secure-channel.json", "secure-channel-credentials.json"].map(|file| {
        let value = vector::read(file);
        let side =
            |name: &str, message: usize| Side::of(&value[name], &value["handshake"][message]);
        let message = |number: usize| vector::bytes(&value["handshake"][number], "noise");
        let messages = [0, 1, 2].map(message);
        Conversation { initiator: side("initiator", 2), responder: side("responder", 1), messages }
    })
});

/// Checks one message, or what one side shows.
pub fn check(data: &[u8]) {
    let Some((&kind, bytes)) = data.split_first() else { return };
    let conversation = &CONVERSATIONS[usize::from(kind & OTHER != 0)];
    let edited = |number: usize| edited(&conversation.messages[number], bytes);
    match kind % OTHER {
        0 => conversation.check_first(bytes),
        1 => conversation.check_second(bytes),
        2 => conversation.check_third(bytes),
        3 => conversation.check_first(&edited(0)),
        4 => conversation.check_second(&edited(1)),
        5 => conversation.check_third(&edited(2)),
        6 => conversation.check_responder(bytes),
        _ => conversation.check_initiator(bytes),
    }
}

/// Returns the genuine messages and what is shown in them, as they are and with an edit.
pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for (conversation, bit) in CONVERSATIONS.iter().zip([0, OTHER]) {
        for (number, message) in (0_u8..).zip(&conversation.messages) {
            seeds.push([&[bit | number], &message[..]].concat());
            seeds.extend(PLACES.map(|place| vec![bit | (3 + number), 0, place, 0x80]));
        }
        seeds.push([&[bit | 6], &conversation.responder.shown[..]].concat());
        seeds.push([&[bit | 7], &conversation.initiator.shown[..]].concat());
    }
    seeds
}

impl Side {
    fn of(value: &Value, message: &Value) -> Self {
        let identifier = value["identifier"].as_str().expect("a side has a name");
        Side {
            identifier: identifier.parse().expect("the name is right"),
            static_secret: vector::array(value, "static_secret"),
            ephemeral_secret: vector::array(value, "ephemeral_secret"),
            shown: vector::bytes(message, "payload"),
        }
    }

    fn key(&self) -> AgreementSecret {
        AgreementSecret::from(&Secret::from(self.static_secret))
    }

    fn ephemeral(&self) -> AgreementSecret {
        AgreementSecret::from(&Secret::from(self.ephemeral_secret))
    }

    /// Checks that whoever holds this side's static key is this side and nobody else.
    fn check_shown(&self, key: &AgreementKey, payload: &[u8]) {
        assert_eq!(key, self.key().public());
        let Some(shown) = structure::check_as::<IdentityAndCredentials>(payload) else { return };
        match shown.verify(key, |_| None, NOW) {
            Ok(identity) => {
                assert_eq!(*identity.identifier(), self.identifier);
                let genuine = IdentityAndCredentials::decode(&self.shown).expect("it is genuine");
                assert_eq!(
                    shown.purpose_key_attestation.data(),
                    genuine.purpose_key_attestation.data()
                );
                assert_eq!(shown.verify(key, |_| Some(identity.clone()), NOW).ok(), Some(identity));
            }
            Err(error) => {
                assert_ne!(payload, self.shown);
                assert!(error.to_string().len() < 500);
            }
        }
    }
}

impl Conversation {
    fn begin(&self) -> Initiator {
        let (initiator, first) = Initiator::new(Protocol::OCKAM, self.initiator.ephemeral());
        assert_eq!(first, self.messages[0]);
        initiator
    }

    /// Answers message 1, if its key is one that an honest peer has.
    fn answer(&self, first: &[u8], payload: &[u8]) -> Result<(Waiting, Vec<u8>), HandshakeError> {
        let greeted = Greeted::read(Protocol::OCKAM, first)?;
        let key = self.responder.key();
        let agreed = key.agree(greeted.peer_ephemeral())?;
        greeted.answer(self.responder.ephemeral(), key.public(), &agreed, payload)
    }

    fn finish(&self, payload: &[u8]) -> (Vec<u8>, ChannelKeys) {
        let (answered, _) = self.begin().read(&self.messages[1]).expect("it is genuine");
        let key = self.initiator.key();
        let agreed = key.agree(answered.peer_ephemeral()).expect("it is genuine");
        answered.finish(key.public(), &agreed, payload).expect("it is short")
    }

    /// A responder cannot tell who sent message 1; whoever did not send it does not take the answer.
    fn check_first(&self, bytes: &[u8]) {
        match self.answer(bytes, &self.responder.shown) {
            Ok((_, second)) => {
                let is_genuine = bytes == self.messages[0];
                assert_eq!(second == self.messages[1], is_genuine);
                assert_eq!(self.begin().read(&second).is_ok(), is_genuine);
            }
            Err(HandshakeError::TooShort(len)) => assert!(len == bytes.len() && len < 32),
            Err(HandshakeError::Keys(_)) => assert_ne!(bytes, self.messages[0]),
            Err(other) => panic!("{other}"),
        }
    }

    fn check_second(&self, bytes: &[u8]) {
        assert_eq!(self.begin().read(bytes).is_ok(), bytes == self.messages[1]);
    }

    fn check_third(&self, bytes: &[u8]) {
        let (waiting, second) =
            self.answer(&self.messages[0], &self.responder.shown).expect("genuine");
        assert_eq!(second, self.messages[1]);
        assert_eq!(waiting.read(bytes).is_ok(), bytes == self.messages[2]);
    }

    /// The responder shows anything, in a message 2 that is otherwise genuine.
    fn check_responder(&self, payload: &[u8]) {
        let (_, second) = self.answer(&self.messages[0], payload).expect("it is short");
        let (answered, shown) = self.begin().read(&second).expect("it is genuine");
        assert_eq!(shown, payload);
        self.responder.check_shown(answered.peer_static(), &shown);
    }

    /// The initiator shows anything, in a message 3 that is otherwise genuine.
    fn check_initiator(&self, payload: &[u8]) {
        let (waiting, _) = self.answer(&self.messages[0], &self.responder.shown).expect("genuine");
        let (third, ours) = self.finish(payload);
        let (theirs, key, shown) = waiting.read(&third).expect("it is genuine");
        assert_eq!(shown, payload);
        assert!(ours.sending == theirs.receiving && ours.receiving == theirs.sending);
        self.initiator.check_shown(&key, &shown);
    }
}
