//! What a peer makes one end of a channel write into its log: each kind once, then it is counted.
//!
//! A peer can repeat whatever a channel refuses as often as it likes. The log names the first of
//! each kind, and how many there were when the channel ends.

use crate::identifier::Identifier;
use ockam_core::Address;

/// What is noted of a channel.
#[derive(Clone, Copy)]
pub(super) enum Note {
    /// A message that was decrypted could not be handed to its worker.
    NotDelivered,
    /// A refresh was not believed, too large, or one too many.
    RefreshDropped,
    /// A credential was not believed.
    CredentialIgnored,
    /// Messages were lost below the channel, more in a row than the window has.
    Lost,
}

/// The names of the kinds, as the log has them.
const NAMES: [&str; 4] =
    ["messages not delivered", "refreshes dropped", "credentials ignored", "losses survived"];

/// How often each kind was noted.
#[derive(Default)]
pub(super) struct Notes([u32; NAMES.len()]);

impl Notes {
    /// Counts one more; `true` if it is the first of its kind, which the log names.
    pub(super) fn is_first(&mut self, note: Note) -> bool {
        let count = &mut self.0[note as usize];
        *count = count.saturating_add(1);
        *count == 1
    }

    /// Tells the log how many there were of each kind of which it has named the first only.
    pub(super) fn tell(&mut self, address: &Address, peer: &Identifier) {
        for (count, what) in core::mem::take(&mut self.0).into_iter().zip(NAMES) {
            if count > 1 {
                tracing::warn!(%address, %peer, count, "{what} in all, until the channel ended");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_first_of_a_kind_is_named() {
        let mut notes = Notes::default();
        assert!(notes.is_first(Note::Lost));
        assert!(!notes.is_first(Note::Lost));
        assert!(notes.is_first(Note::NotDelivered));
        assert_eq!(notes.0, [1, 0, 0, 2]);
    }
}
