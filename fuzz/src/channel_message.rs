//! Messages of a channel that is up, as they arrive after a long way.
//!
//! It owns the promises that of all messages the genuine ones are taken, each once and within the
//! window, that no other leaves a trace, and that a content of any bytes is read or refused. It
//! refuses to know handshakes.
//!
//! ```text
//! input = 0 steps | 1 message | 2 content
//! step  = distance (i8) kind place (u16) change      the message that far from the greatest taken
//! kind  = 0 as it is | 1, 2 with edits | 3, 4 with another number | 5 the messages behind it, too
//! ```

use std::collections::BTreeSet;
use std::sync::LazyLock;

use ockam_core::{TransportMessage, route};
use ockam_identity::channel::{ChannelMessage, Opener, Sealer};
use ockam_identity::vault::Secret;

use crate::edit::edited;
use crate::memory::peak_of;
use crate::vector::field;

const KEY: [u8; 32] = [7; 32];

/// How many genuine messages there are: enough for some keys of the chain.
const MESSAGES: u64 = 512;

/// How far a number may be from the greatest one that was taken, and how many messages have a key.
const WINDOW: u64 = 32;

/// The most steps of an input, or it would only take long.
const MAX_STEPS: usize = 256;

/// What may be held for a content: its copy, and routes and credentials that are larger here.
const HELD_PER_BYTE: usize = 192;
const HELD_AT_LEAST: usize = 4096;

static GENUINE: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let mut sealer = Sealer::new(&Secret::from(KEY));
    let seal = |number: u64| {
        let mut buffer = content(number).to_buffer();
        sealer.seal(&mut buffer).expect("it has numbers left");
        buffer
    };
    (0..MESSAGES).map(seal).collect()
});

fn genuine(number: u64) -> &'static [u8] {
    &GENUINE[usize::try_from(number % MESSAGES).expect("it is small")]
}

fn content(number: u64) -> ChannelMessage {
    let body = vec![0x5a; usize::try_from(number % 9).expect("it is small")];
    ChannelMessage::Data(TransportMessage::new(route!["echoer"], route!["app"], body))
}

/// Checks a sequence of messages, one message, or one content.
pub fn check(data: &[u8]) {
    match data.split_first() {
        None => (),
        Some((0, steps)) => check_steps(steps),
        Some((1, message)) => Receiver::new().take(message.to_vec()),
        Some((_, content)) => check_content(content),
    }
}

/// Returns ways of the genuine messages, the messages of the vectors and what is in them.
pub(crate) fn seeds() -> Vec<Vec<u8>> {
    const IN_ORDER: [u8; 5] = [1, 5, 0, 40, 0];
    let step = |distance: u8, kind: u8, place: u8, change: u8| [distance, kind, 0, place, change];
    let ways: [&[[u8; 5]]; 6] = [
        &[IN_ORDER, step(0, 0, 0, 0), step(0xe0, 0, 0, 0), step(0xdf, 0, 0, 0)],
        &[step(32, 0, 0, 0), step(33, 0, 0, 0), step(0xf0, 0, 0, 0), step(32, 0, 0, 0)],
        &[IN_ORDER, step(1, 1, 0, 1), step(1, 1, 9, 128), step(1, 1, 30, 0), step(1, 0, 0, 0)],
        &[step(1, 3, 5, 0), step(1, 4, 0, 0), step(1, 3, 0, 0), step(0, 0, 0, 0)],
        &[IN_ORDER, IN_ORDER, IN_ORDER, step(0xe1, 1, 8, 255), step(0xe1, 0, 0, 0)],
        &[step(1, 2, 200, 1), IN_ORDER, step(31, 1, 200, 7), step(31, 0, 0, 0)],
    ];
    let ways = ways.iter().map(|steps| [&[0], &steps.concat()[..]].concat());
    let messages = GENUINE.iter().take(4).map(|message| [&[1], &message[..]].concat());
    let files = ["secure-channel-credentials.json", "secure-channel-window.json"];
    let others =
        field("payload", &files).into_iter().take(8).map(|bytes| [vec![1], bytes].concat());
    let contents = field("plaintext", &files[..1]);
    let contents = [contents, field("hex", &["cbor-tolerance.json"])].concat();
    let contents = contents.into_iter().map(|bytes| [vec![2], bytes].concat());
    ways.chain(messages).chain(others).chain(contents).collect()
}

fn check_steps(steps: &[u8]) {
    let mut receiver = Receiver::new();
    for step in steps.chunks_exact(5).take(MAX_STEPS) {
        let &[distance, kind, high, low, change] = step else { return };
        let number = receiver.top.saturating_add_signed(distance.cast_signed().into()) % MESSAGES;
        let place = u64::from(u16::from_be_bytes([high, low]));
        let edits = [high, low, change, low, high, change];
        let numbered = |number: u64| [&number.to_be_bytes(), &genuine(number)[8..]].concat();
        match kind % 6 {
            0 => receiver.take(genuine(number).to_vec()),
            1 => receiver.take(edited(genuine(number), &edits[..3])),
            2 => receiver.take(edited(genuine(number), &edits)),
            3 => receiver.take(numbered(receiver.top.saturating_add(place))),
            4 => receiver.take(numbered(u64::MAX - place)),
            _ => (number..MESSAGES.min(number + place % 64))
                .for_each(|number| receiver.take(genuine(number).to_vec())),
        }
    }
}

/// One end of a channel, and the rule as it is written down beside it.
struct Receiver {
    opener: Opener,
    top: u64,
    taken: BTreeSet<u64>,
}

impl Receiver {
    fn new() -> Self {
        Receiver { opener: Opener::new(&Secret::from(KEY)), top: 0, taken: BTreeSet::new() }
    }

    /// Tells whether a number is near and new.
    fn is_due(&self, number: u64) -> bool {
        let is_near = number <= self.top + WINDOW && number + WINDOW >= self.top;
        is_near && !self.taken.contains(&number)
    }

    /// Takes a message if and only if it is genuine, near and new.
    fn take(&mut self, mut message: Vec<u8>) {
        let number = message.first_chunk().map_or(u64::MAX, |number| u64::from_be_bytes(*number));
        let is_genuine = number < MESSAGES && genuine(number) == message;
        let is_due = is_genuine && self.is_due(number);
        match self.opener.open(&mut message) {
            Ok(opened) => {
                assert!(is_due && opened == number, "message {number} behind {}", self.top);
                assert_eq!(ChannelMessage::from_buffer(message), Ok(content(number)));
                self.taken.insert(number);
                self.top = self.top.max(number);
            }
            Err(error) => assert!(!is_due, "{error}, behind {}", self.top),
        }
    }
}

/// Checks a content that the peer itself has made.
fn check_content(content: &[u8]) {
    let key = Secret::from(KEY);
    let (mut sealer, mut opener) = (Sealer::new(&key), Opener::new(&key));
    let mut buffer = [&[0; 8], content].concat();
    sealer.seal(&mut buffer).expect("it has numbers left");
    assert_eq!(opener.open(&mut buffer), Ok(0));
    assert_eq!(&buffer[8..], content);
    let (read, peak) = peak_of(|| ChannelMessage::from_buffer(buffer));
    assert!(peak <= HELD_AT_LEAST + HELD_PER_BYTE * content.len(), "{peak} bytes are taken");
    match read {
        Ok(message) => assert_eq!(ChannelMessage::from_buffer(message.to_buffer()), Ok(message)),
        Err(error) => assert!(error.to_string().len() < 500),
    }
}
