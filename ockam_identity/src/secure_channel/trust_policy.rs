//! With whom a channel is made.

use crate::identifier::Identifier;
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt::Debug;
use ockam_core::{Authorization, Result};

/// Decides with whom a channel is made.
///
/// A policy is asked about the identity that the other side says to be. An answer at once comes
/// before that is verified, so that a refusal costs nothing; an
/// [answer that takes its time](Authorization::Later) is awaited after it was verified. Either way
/// there is a channel only with an identity that was verified and is trusted.
///
/// An initiator of this library that a listener refuses is told so, and not why: the listener's log has
/// that, with the [`Debug`] form of the policy, of which it takes the first 256 bytes. One of Ockam 0.150,
/// or at a listener [without refusals](crate::SecureChannelListenerOptions::without_refusals), hears
/// nothing, and neither does a responder that an initiator refuses.
pub trait TrustPolicy: Debug + Send + Sync + 'static {
    /// Answers for one identity, once for each handshake.
    fn is_trusted<'a>(&'a self, identifier: &'a Identifier) -> Authorization<'a>;

    /// Tells whether the policy chooses. A peer that a selective one has accepted is known to the
    /// node, which tells it more than a stranger when a message of its fails: see `Audience::Known` of
    /// `ockam_node`. `true` unless a policy says otherwise.
    fn is_selective(&self) -> bool {
        true
    }
}

/// Makes channels with everyone. What messages may do is for access controls to say.
#[derive(Clone, Copy, Debug, Default)]
pub struct TrustEveryonePolicy;

impl TrustPolicy for TrustEveryonePolicy {
    fn is_trusted<'a>(&'a self, _: &'a Identifier) -> Authorization<'a> {
        Authorization::Allowed
    }

    fn is_selective(&self) -> bool {
        false
    }
}

/// Makes channels with one identity only.
#[derive(Clone, Debug)]
pub struct TrustIdentifierPolicy(Identifier);

impl TrustIdentifierPolicy {
    /// Names the identity.
    #[must_use]
    pub fn new(identifier: Identifier) -> Self {
        TrustIdentifierPolicy(identifier)
    }
}

impl TrustPolicy for TrustIdentifierPolicy {
    fn is_trusted<'a>(&'a self, identifier: &'a Identifier) -> Authorization<'a> {
        (self.0 == *identifier).into()
    }
}

/// Makes channels with any of several identities.
#[derive(Clone, Debug)]
pub struct TrustMultiIdentifiersPolicy(Vec<Identifier>);

impl TrustMultiIdentifiersPolicy {
    /// Names the identities.
    #[must_use]
    pub fn new(identifiers: impl Into<Vec<Identifier>>) -> Self {
        TrustMultiIdentifiersPolicy(identifiers.into())
    }
}

impl TrustPolicy for TrustMultiIdentifiersPolicy {
    fn is_trusted<'a>(&'a self, identifier: &'a Identifier) -> Authorization<'a> {
        self.0.contains(identifier).into()
    }
}

/// Makes channels with whom one of two policies trusts.
#[derive(Clone, Debug)]
pub struct AnyTrustPolicy<A, B>(A, B);

impl<A: TrustPolicy, B: TrustPolicy> AnyTrustPolicy<A, B> {
    /// Joins two policies; either is enough.
    #[must_use]
    pub fn new(first: A, second: B) -> Self {
        AnyTrustPolicy(first, second)
    }
}

impl<A: TrustPolicy, B: TrustPolicy> TrustPolicy for AnyTrustPolicy<A, B> {
    fn is_trusted<'a>(&'a self, identifier: &'a Identifier) -> Authorization<'a> {
        match (self.0.is_trusted(identifier), self.1.is_trusted(identifier)) {
            (Authorization::Allowed, _) | (_, Authorization::Allowed) => Authorization::Allowed,
            (Authorization::Denied, other) | (other, Authorization::Denied) => other,
            (first, second) => Authorization::Later(Box::pin(async move {
                Ok(is_allowed(first).await? || is_allowed(second).await?)
            })),
        }
    }

    /// Both of them have to be.
    fn is_selective(&self) -> bool {
        self.0.is_selective() && self.1.is_selective()
    }
}

/// Makes channels with whom both of two policies trust.
#[derive(Clone, Debug)]
pub struct AllTrustPolicies<A, B>(A, B);

impl<A: TrustPolicy, B: TrustPolicy> AllTrustPolicies<A, B> {
    /// Joins two policies; both are needed.
    #[must_use]
    pub fn new(first: A, second: B) -> Self {
        AllTrustPolicies(first, second)
    }
}

impl<A: TrustPolicy, B: TrustPolicy> TrustPolicy for AllTrustPolicies<A, B> {
    fn is_trusted<'a>(&'a self, identifier: &'a Identifier) -> Authorization<'a> {
        match (self.0.is_trusted(identifier), self.1.is_trusted(identifier)) {
            (Authorization::Denied, _) | (_, Authorization::Denied) => Authorization::Denied,
            (Authorization::Allowed, other) | (other, Authorization::Allowed) => other,
            (first, second) => Authorization::Later(Box::pin(async move {
                Ok(is_allowed(first).await? && is_allowed(second).await?)
            })),
        }
    }

    /// One of them is enough.
    fn is_selective(&self) -> bool {
        self.0.is_selective() || self.1.is_selective()
    }
}

/// Waits for an answer.
pub(super) async fn is_allowed(authorization: Authorization<'_>) -> Result<bool> {
    match authorization {
        Authorization::Allowed => Ok(true),
        Authorization::Denied => Ok(false),
        Authorization::Later(answer) => answer.await,
    }
}
