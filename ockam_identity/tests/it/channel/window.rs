//! Messages that are lost, repeated, reordered, changed, or far ahead.

use crate::support::{Seeded, array, bytes, items, vectors};
use ockam_core::{TransportMessage, route};
use ockam_identity::channel::{
    CHANNEL_OVERHEAD, ChannelError, ChannelMessage, Opener, REKEY_INTERVAL, Sealer, WINDOW,
};
use ockam_identity::vault::Secret;
use rand_core::Rng;

/// Both ends of one direction of a channel.
pub(super) fn ends() -> (Sealer, Opener) {
    let key = Secret::from([7; 32]);
    (Sealer::new(&key), Opener::new(&key))
}

fn message(body: &[u8]) -> ChannelMessage {
    ChannelMessage::Data(TransportMessage::new(route!["echoer"], route!["app"], body.to_vec()))
}

/// Seals a number of messages.
pub(super) fn sealed(sealer: &mut Sealer, messages: u64) -> Vec<Vec<u8>> {
    let seal = |number: u64| {
        let mut buffer = message(&number.to_be_bytes()).to_buffer();
        sealer.seal(&mut buffer).unwrap();
        buffer
    };
    (0..messages).map(seal).collect()
}

#[test]
fn the_sequence_of_the_vectors_is_accepted_and_refused_as_it_should_be() {
    let file = vectors("secure-channel-window.json");
    let mut opener = Opener::new(&Secret::from(array(&file, "key")));
    let mut accepted = 0;
    for (index, step) in items(&file, "sequence").iter().enumerate() {
        let mut buffer = bytes(step, "payload");
        let outcome = opener.open(&mut buffer).and_then(|_| ChannelMessage::from_buffer(buffer));
        match outcome {
            Ok(ChannelMessage::Data(message)) => {
                accepted += 1;
                assert_eq!(message.payload, bytes(step, "body"), "step {index}");
            }
            other => assert_eq!(step["accepted"], false, "step {index}: {other:?}"),
        }
    }
    assert_eq!(file["accepted_count"], accepted);
}

#[test]
fn a_repeated_message_is_refused_and_the_channel_goes_on() {
    let (mut sealer, mut opener) = ends();
    for (number, message) in (0..).zip(sealed(&mut sealer, 100)) {
        opener.open(&mut message.clone()).unwrap();
        let again = opener.open(&mut message.clone());
        assert_eq!(again, Err(ChannelError::Repeated(number)));
    }
}

#[test]
fn messages_may_overtake_each_other_within_the_window() {
    let (mut sealer, mut opener) = ends();
    let mut rng = Seeded::new(3);
    let messages = sealed(&mut sealer, 2000);
    for block in messages.chunks(WINDOW as usize) {
        let mut block = block.to_vec();
        for place in (1..block.len()).rev() {
            block.swap(place, rng.next_u32() as usize % (place + 1));
        }
        for mut message in block {
            opener.open(&mut message).unwrap();
        }
    }
}

#[test]
fn more_lost_messages_than_the_window_are_refused() {
    let (mut sealer, mut opener) = ends();
    let messages = sealed(&mut sealer, 80);
    let open =
        |opener: &mut Opener, number: u64| opener.open(&mut messages[number as usize].clone());
    assert_eq!(open(&mut opener, 0), Ok(0));
    let far = Err(ChannelError::OutsideWindow { number: WINDOW + 1, top: 0 });
    assert_eq!(open(&mut opener, WINDOW + 1), far);
    assert_eq!(open(&mut opener, WINDOW), Ok(WINDOW));
    assert_eq!(open(&mut opener, WINDOW + 20), Ok(WINDOW + 20));
    assert_eq!(open(&mut opener, 20), Ok(20));
    let old = Err(ChannelError::OutsideWindow { number: 19, top: WINDOW + 20 });
    assert_eq!(open(&mut opener, 19), old);
}

/// Forged messages with any number leave no trace: neither the window nor the keys move.
#[test]
fn forged_numbers_move_nothing() {
    let (mut sealer, mut opener) = ends();
    let messages = sealed(&mut sealer, 200);
    for (number, message) in (0_u64..).zip(&messages) {
        for forged in (0..number + 40).chain([u64::MAX - 1, u64::MAX]) {
            let mut bytes = message.clone();
            bytes[..8].copy_from_slice(&forged.to_be_bytes());
            if forged != number {
                assert!(opener.open(&mut bytes).is_err(), "{forged} for {number}");
            }
        }
        assert_eq!(opener.open(&mut message.clone()), Ok(number));
    }
}

#[test]
fn a_flipped_bit_in_any_byte_is_refused() {
    let (mut sealer, mut opener) = ends();
    for message in sealed(&mut sealer, 2 * REKEY_INTERVAL) {
        for byte in 0..message.len() {
            let mut bad = message.clone();
            bad[byte] ^= 1 << (byte % 8);
            assert!(opener.open(&mut bad).is_err(), "byte {byte}");
        }
        opener.open(&mut message.clone()).unwrap();
    }
}

#[test]
fn a_message_that_is_cut_short_is_refused() {
    let (mut sealer, mut opener) = ends();
    let message = &sealed(&mut sealer, 1)[0];
    for len in 0..message.len() {
        let mut short = message[..len].to_vec();
        let refused = opener.open(&mut short).unwrap_err();
        let is_too_short = len < CHANNEL_OVERHEAD;
        assert_eq!(matches!(refused, ChannelError::TooShort(_)), is_too_short, "{len}");
    }
    opener.open(&mut message.clone()).unwrap();
}

#[test]
fn a_number_stays_used_even_if_the_content_cannot_be_read() {
    let (mut sealer, mut opener) = ends();
    let mut nonsense = [&[0; 8][..], b"\xff"].concat();
    sealer.seal(&mut nonsense).unwrap();
    let mut first = nonsense.clone();
    opener.open(&mut first).unwrap();
    let read = ChannelMessage::from_buffer(first);
    assert!(matches!(read, Err(ChannelError::Malformed(_))));
    assert_eq!(opener.open(&mut nonsense), Err(ChannelError::Repeated(0)));
}

#[test]
fn padding_of_any_length_is_ignored() {
    let (mut sealer, mut opener) = ends();
    let mut padded = message(b"body").to_buffer();
    padded.pop();
    padded.extend([&[0x59, 1, 0][..], &[9; 256]].concat());
    sealer.seal(&mut padded).unwrap();
    opener.open(&mut padded).unwrap();
    assert_eq!(ChannelMessage::from_buffer(padded), Ok(message(b"body")));
}

#[test]
fn padding_is_not_kept_with_the_body() {
    let (mut sealer, mut opener) = ends();
    let mut padded = message(b"body").to_buffer();
    padded.pop();
    padded.extend([&[0x5a, 0, 16, 0, 0][..], &[9; 1 << 20]].concat());
    sealer.seal(&mut padded).unwrap();
    opener.open(&mut padded).unwrap();
    match ChannelMessage::from_buffer(padded) {
        Ok(ChannelMessage::Data(message)) => {
            let body = Vec::from(message.payload);
            assert!(body.capacity() < 8192, "{}", body.capacity());
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_route_over_the_limits_of_this_library_is_refused_and_named() {
    let (mut sealer, mut opener) = ends();
    let long = (0..300).map(|_| ockam_core::Address::from("h")).collect::<ockam_core::Route>();
    let message = TransportMessage::new(long, route![], vec![]);
    let mut buffer = ChannelMessage::Data(message).to_buffer();
    sealer.seal(&mut buffer).unwrap();
    opener.open(&mut buffer).unwrap();
    assert!(matches!(ChannelMessage::from_buffer(buffer), Err(ChannelError::Route(_))));
}
