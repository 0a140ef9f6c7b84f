//! What one end of a channel learns of its peer: in the handshake, and by refreshes while the channel
//! is up.
//!
//! It owns how much of that there may be, because each signature is verified, which takes time. It
//! refuses to know how histories and credentials are verified.

use super::notes::{Note, Notes};
use crate::credential::CredentialAndPurposeKey;
use crate::identifier::Identifier;
use crate::identities::Identities;
use crate::identity::ChangeHistory;
use alloc::vec::Vec;
use core::fmt::Display;

/// How many credentials of a peer are looked at in one handshake or refresh; those behind are
/// ignored.
pub const MAX_CREDENTIALS: usize = 16;

/// How many refreshes of a peer are looked at in [`REFRESH_PERIOD`]. Ockam 0.150 sends one every
/// 10 seconds at the most.
pub const MAX_REFRESHES: u32 = 8;

/// In how many seconds a peer may send [`MAX_REFRESHES`].
pub const REFRESH_PERIOD: u64 = 60;

/// Learns what a peer shows.
pub(super) struct Learning {
    identities: Identities,
    authorities: Vec<Identifier>,
    pub(super) notes: Notes,
    refreshes: Refreshes,
}

/// The refreshes of the period that began last.
#[derive(Default)]
struct Refreshes {
    begun: u64,
    count: u32,
}

impl Refreshes {
    /// Counts one; `false` if it is one too many. `now` is in seconds, and may be set back.
    fn take(&mut self, now: u64) -> bool {
        if now < self.begun || now - self.begun >= REFRESH_PERIOD {
            *self = Refreshes { begun: now, count: 0 };
        }
        self.count = self.count.saturating_add(1);
        self.count <= MAX_REFRESHES
    }
}

impl Learning {
    pub(super) fn new(identities: Identities, authorities: Vec<Identifier>) -> Self {
        let (notes, refreshes) = (Notes::default(), Refreshes::default());
        Learning { identities, authorities, notes, refreshes }
    }

    /// Looks at the credentials of a peer. Those that are not to be believed are ignored:
    /// attributes are a matter of access control.
    pub(super) fn accept(&mut self, peer: &Identifier, credentials: &[CredentialAndPurposeKey]) {
        for credential in credentials.iter().take(MAX_CREDENTIALS) {
            let accepted = self.identities.accept_credential(peer, credential, &self.authorities);
            if let Err(error) = accepted {
                self.ignore(peer, &error);
            }
        }
        if let Some(more) = credentials.len().checked_sub(MAX_CREDENTIALS).filter(|more| *more > 0)
        {
            self.ignore(peer, &format_args!("{more} more than {MAX_CREDENTIALS} were shown"));
        }
    }

    fn ignore(&mut self, peer: &Identifier, error: &dyn Display) {
        if self.notes.is_first(Note::CredentialIgnored) {
            tracing::warn!(%peer, %error, "a credential was ignored");
        }
    }

    /// Learns what the peer shows of itself anew.
    pub(super) fn refresh(
        &mut self,
        peer: &Identifier,
        history: &ChangeHistory,
        credentials: &[CredentialAndPurposeKey],
    ) {
        let now = match self.identities.try_now() {
            Ok(now) => now,
            Err(error) => return self.drop_refresh(peer, &error),
        };
        if !self.refreshes.take(now) {
            let limit = format_args!("there were {MAX_REFRESHES} within {REFRESH_PERIOD} s");
            return self.drop_refresh(peer, &limit);
        }
        if history.identifier().as_ref() != Some(peer) {
            return self.drop_refresh(peer, &"its history is that of another identity");
        }
        match self.identities.learn(history) {
            Ok(_) => self.accept(peer, credentials),
            Err(error) => self.drop_refresh(peer, &error),
        }
    }

    /// Notes a refresh that was not taken.
    pub(super) fn drop_refresh(&mut self, peer: &Identifier, error: &dyn Display) {
        if self.notes.is_first(Note::RefreshDropped) {
            tracing::warn!(%peer, %error, "a refresh was dropped");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refreshes_are_so_many_in_a_period_also_after_the_clock_was_set() {
        let mut refreshes = Refreshes::default();
        for now in [1_000, 1_000 + REFRESH_PERIOD, 500] {
            for _ in 0..MAX_REFRESHES {
                assert!(refreshes.take(now));
            }
            assert!(!refreshes.take(now + REFRESH_PERIOD - 1));
        }
    }
}
