//! Log warnings about identity keys of this node that expire soon.
//!
//! An identity whose key has expired cannot attest anything, and its peers have to learn its new
//! key: the program has to know months in advance.

use super::Identities;
use super::own_identity::OwnIdentity;

/// Time before the expiry of an identity's key at which the log warns, in seconds: 90 days, or a
/// quarter of the key's lifetime if that is less.
pub const KEY_EXPIRY_NOTICE: u64 = 90 * 24 * 60 * 60;

/// Minimum interval between two warnings about the key of one identity, in seconds: one day.
pub const KEY_EXPIRY_NOTICE_INTERVAL: u64 = 24 * 60 * 60;

impl Identities {
    /// Logs a warning when a key is used that expires soon.
    pub(super) fn tell_of_expiry(&self, own: &OwnIdentity, now: u64) {
        let latest = own.identity.latest_change();
        let (from, until) = (latest.attestations_valid_from, latest.attestations_valid_until);
        let notice = KEY_EXPIRY_NOTICE.min(until.saturating_sub(from) / 4);
        if until.saturating_sub(now) <= notice {
            self.warn_of_expiry(own, until, now);
        }
    }

    #[cold]
    fn warn_of_expiry(&self, own: &OwnIdentity, until: u64, now: u64) {
        let identifier = own.identity.identifier();
        let is_due = self.memory(|memory| {
            let told = memory.expiry_told.get(identifier);
            let is_due = told.is_none_or(|told| now.abs_diff(*told) >= KEY_EXPIRY_NOTICE_INTERVAL);
            if is_due {
                memory.expiry_told.insert(*identifier, now);
            }
            is_due
        });
        if is_due {
            let days = until.saturating_sub(now) / (24 * 60 * 60);
            tracing::warn!(%identifier, days, until, "the key of an identity of this node runs out soon: `rotate` it");
        }
    }
}
