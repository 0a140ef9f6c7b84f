//! Requests to issuers that are in flight: at most one per identity of this node and issuer.
//!
//! Channels of one identity share a credential, which is due for all of them at the same time. One
//! of them requests it, and the others use the result.

use super::Identities;
use crate::identifier::Identifier;

/// A guard for a request to an issuer about an identity of this node.
pub(crate) struct InFlight {
    identities: Identities,
    pair: (Identifier, Identifier),
}

impl InFlight {
    /// Registers a request; `None` if one is already in flight.
    pub(super) fn begin(identities: &Identities, pair: (Identifier, Identifier)) -> Option<Self> {
        let is_alone = identities.memory(|memory| {
            let is_alone = !memory.in_flight.contains(&pair);
            if is_alone {
                memory.in_flight.push(pair);
            }
            is_alone
        });
        is_alone.then(|| InFlight { identities: identities.clone(), pair })
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.identities.memory(|memory| memory.in_flight.retain(|pair| *pair != self.pair));
    }
}
