//! Genuine messages that somebody changes on their way.
//!
//! It owns how edits are spelled, so that a fuzzer finds its way from one message to many. It
//! refuses to know what the messages are.

/// Returns what some edits leave of a message. An edit is a place (u16) and a change: the byte at
/// the place is xored with it, at the end it is appended, and 0 cuts the message off there.
pub(crate) fn edited(genuine: &[u8], edits: &[u8]) -> Vec<u8> {
    let mut message = genuine.to_vec();
    for edit in edits.chunks_exact(3) {
        let place = usize::from(u16::from_be_bytes([edit[0], edit[1]])) % (message.len() + 1);
        match (edit[2], message.get_mut(place)) {
            (0, _) => message.truncate(place),
            (change, Some(byte)) => *byte ^= change,
            (change, None) => message.push(change),
        }
    }
    message
}
