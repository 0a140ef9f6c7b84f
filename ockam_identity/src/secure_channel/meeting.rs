//! Who is at the other side of a handshake, and whether it is trusted.
//!
//! The policy is asked first, about the identity that the other side claims to be: to verify a claim
//! costs a signature for each key that the identity has had, and nothing has to be verified of an
//! identity that is not trusted anyway. Only what was verified is trusted.

#[cfg(feature = "std")]
use super::ends::Ends;
use super::rng::NodeRng;
use super::trust_policy::{TrustPolicy, is_allowed};
use crate::channel::{Features, HandshakeError, IdentityAndCredentials};
use crate::codec::Structure;
use crate::credential::CredentialAndPurposeKey;
use crate::identifier::Identifier;
use crate::identities::{Identities, Presented};
use crate::identity::{Identity, IdentityError};
use crate::vault::AgreementKey;
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::future::Future;
use core::pin::Pin;
use ockam_core::{Authorization, Error, Result};
use ockam_node::{Handle, catch_panic, catch_panics};

/// What comes of a message that is genuine: by the other side of this handshake.
pub(super) enum Meeting {
    /// It has proved who it is, is trusted, and has shown credentials, which were not looked at.
    /// Behind them is what it does beyond Ockam 0.150.
    Trusted(Identity, Vec<CredentialAndPurposeKey>, Features),
    /// It says to be somebody who is not trusted.
    Refused(Identifier),
    /// It has not proved who it is.
    Unproved(HandshakeError),
}

/// Gets what a side brings along to a handshake, as [`Identities::present`]. In a box, so that the steps
/// of the handshake do not have its code and its state each: a board has 6 KB less of that.
pub(super) fn present<'a>(
    identities: &'a Identities,
    own: &'a Identifier,
    credentials: Vec<CredentialAndPurposeKey>,
    handle: &Handle,
) -> Pin<Box<dyn Future<Output = Result<Presented>> + Send + 'a>> {
    let mut rng = NodeRng::new(handle);
    Box::pin(async move { identities.present(own, credentials, &mut rng).await })
}

/// Looks at what the other side shows, whose static key the handshake has proved.
///
/// # Errors
/// That of the policy, and [`Panicked`](ockam_core::ErrorKind::Panicked) if it or the clock panics.
pub(super) async fn meet(
    identities: &Identities,
    policy: &dyn TrustPolicy,
    shown: &[u8],
    key: &AgreementKey,
) -> Result<Meeting> {
    let shown = match IdentityAndCredentials::decode(shown) {
        Ok(shown) => shown,
        Err(why) => return Ok(Meeting::Unproved(HandshakeError::Payload(why))),
    };
    let Some(claimed) = shown.change_history.identifier() else {
        return Ok(Meeting::Unproved(HandshakeError::Identity(IdentityError::Empty)));
    };
    let answer = catch_panic(|| policy.is_trusted(&claimed)).map_err(by_policy)?;
    if matches!(answer, Authorization::Denied) {
        return Ok(Meeting::Refused(claimed));
    }
    let now = identities.try_now()?;
    let peer = match identities.verify_peer_at(&shown, key, now) {
        Ok(peer) => peer,
        Err(why) => return Ok(Meeting::Unproved(why)),
    };
    if !catch_panics(is_allowed(answer)).await.map_err(by_policy)?? {
        return Ok(Meeting::Refused(claimed));
    }
    Ok(Meeting::Trusted(peer, shown.credentials, shown.features))
}

fn by_policy(panic: Error) -> Error {
    panic.add_context("asking the trust policy")
}

/// Makes the peer of a channel known to the node, if the policy that has accepted it chooses.
#[cfg(feature = "std")]
pub(super) fn introduce(handle: &Handle, policy: &dyn TrustPolicy, ends: &Ends) {
    // It is code of the program. One that panics has not said that it chooses.
    if catch_panic(|| policy.is_selective()).unwrap_or(false) {
        handle.flow_controls().add_known_peer(&ends.decryptor);
    }
}
