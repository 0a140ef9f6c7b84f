//! Who asks an issuer at the moment: one for each identity of this node and each issuer.
//!
//! Channels of one identity have the same credential, which is due for all of them at once. One of
//! them asks, and the others find what it has kept.

use super::Identities;
use crate::identifier::Identifier;

/// Asks an issuer about an identity of this node, until it is dropped.
pub(crate) struct InFlight {
    identities: Identities,
    pair: (Identifier, Identifier),
}

impl InFlight {
    /// Begins to ask; `None` if somebody does.
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
