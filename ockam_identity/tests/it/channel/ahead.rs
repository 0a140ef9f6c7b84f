//! Messages beyond the window, after a loss of more messages than it covers.

use super::window::{ends, sealed};
use crate::support::{array, bytes, items, vectors};
use ockam_identity::channel::{ChannelError, MAX_KEYS_AHEAD, Opener, REKEY_INTERVAL, WINDOW};
use ockam_identity::vault::Secret;

/// Opens a message that is beyond the window.
fn open_ahead(opener: &mut Opener, message: &[u8]) -> Result<u64, ChannelError> {
    let mut buffer = message.to_vec();
    let refused = opener.open(&mut buffer);
    assert!(matches!(refused, Err(ChannelError::OutsideWindow { .. })), "{refused:?}");
    assert_eq!(buffer, message, "it is as it was");
    opener.open_ahead(&mut buffer)
}

#[test]
fn after_a_loss_a_channel_goes_on_and_takes_each_message_once() {
    for lost in [33, 34, 63, 64, 65, 1000, REKEY_INTERVAL * (MAX_KEYS_AHEAD - 1)] {
        let (mut sealer, mut opener) = ends();
        let before = sealed(&mut sealer, 1);
        opener.open(&mut before[0].clone()).unwrap();
        sealed(&mut sealer, lost);
        let after = sealed(&mut sealer, 100);
        // In another order than they were sent.
        for (place, number) in [(1, lost + 2), (0, lost + 1), (33, lost + 34)] {
            assert_eq!(open_ahead(&mut opener, &after[place]), Ok(number), "{lost} lost");
            let again = open_ahead(&mut opener, &after[place]);
            assert_eq!(again, Err(ChannelError::Repeated(number)));
        }
        opener.resume();
        for (place, number) in (0..).zip(lost + 1..lost + 101) {
            let taken = opener.open(&mut after[place].clone());
            match place {
                0 => assert!(matches!(taken, Err(ChannelError::OutsideWindow { .. }))),
                1 | 33 => assert_eq!(taken, Err(ChannelError::Repeated(number))),
                _ => assert_eq!(taken, Ok(number), "{lost} lost"),
            }
        }
    }
}

/// Without `resume` the window does not move, and a message accepted there discards those beyond it.
#[test]
fn what_arrives_from_around_the_window_is_taken_until_the_loss_is_certain() {
    let (mut sealer, mut opener) = ends();
    let messages = sealed(&mut sealer, 200);
    assert_eq!(open_ahead(&mut opener, &messages[150]), Ok(150));
    assert_eq!(opener.open(&mut messages[WINDOW as usize].clone()), Ok(WINDOW));
    opener.resume();
    assert_eq!(opener.open(&mut messages[3].clone()), Ok(3));
    // It is found again.
    assert_eq!(open_ahead(&mut opener, &messages[150]), Ok(150));
    opener.resume();
    assert_eq!(opener.open(&mut messages[151].clone()), Ok(151));
}

#[test]
fn a_message_that_is_too_far_for_one_search_is_found_by_the_next_ones() {
    let (mut sealer, mut opener) = ends();
    let reach = REKEY_INTERVAL * MAX_KEYS_AHEAD;
    sealed(&mut sealer, 2 * reach + 64);
    let messages = sealed(&mut sealer, 3);
    for (search, message) in messages.iter().enumerate() {
        let found = open_ahead(&mut opener, message);
        assert_eq!(found.is_ok(), search == 2, "{found:?} in search {search}");
    }
    opener.resume();
    let next = sealed(&mut sealer, 1);
    assert_eq!(opener.open(&mut next[0].clone()), Ok(2 * reach + 67));
}

/// Genuine messages are accepted after any forged ones.
#[test]
fn forged_messages_from_beyond_the_window_move_nothing() {
    let (mut sealer, mut opener) = ends();
    let messages = sealed(&mut sealer, 300);
    let forge = |number: u64| [&number.to_be_bytes()[..], &messages[9][8..]].concat();
    for number in [33, 250, 100_000, 1 << 40, u64::MAX - 1, u64::MAX] {
        assert!(open_ahead(&mut opener, &forge(number)).is_err(), "{number}");
        opener.resume();
        assert_eq!(opener.open(&mut forge(0)), Err(ChannelError::NotAuthentic(0)));
    }
    assert_eq!(open_ahead(&mut opener, &messages[250]), Ok(250));
    assert!(open_ahead(&mut opener, &forge(260)).is_err());
    assert!(open_ahead(&mut opener, &forge(1 << 40)).is_err());
    opener.resume();
    assert_eq!(opener.open(&mut messages[251].clone()), Ok(251));
}

/// A receiver that holds two messages beyond the window, as a channel on a node does, accepts
/// exactly the messages that Ockam 0.150 accepts.
#[test]
fn the_sequence_of_the_vectors_makes_no_loss_certain() {
    let file = vectors("secure-channel-window.json");
    let mut opener = Opener::new(&Secret::from(array(&file, "key")));
    let (mut ahead, mut most) = (0, 0);
    for (index, step) in items(&file, "sequence").iter().enumerate() {
        let message = bytes(step, "payload");
        let opened = opener.open(&mut message.clone());
        assert_eq!(step["accepted"], opened.is_ok(), "step {index}");
        match opened {
            Ok(_) => ahead = 0,
            Err(_) => ahead += usize::from(opener.open_ahead(&mut message.clone()).is_ok()),
        }
        most = most.max(ahead);
    }
    assert_eq!(most, 2);
}
