//! To whom a node tells what about itself.
//!
//! It owns the three questions, and their answers. It refuses to know how a peer is told (`notice`).

/// The peers that a node tells something about itself when a message of theirs fails.
///
/// See [`NodeBuilder::with_failures_told_to`](crate::NodeBuilder::with_failures_told_to).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Audience {
    /// No peer.
    Nobody,
    /// Peers that the node has been told to trust: those at the other end of a secure channel whose
    /// trust policy is [selective], or of a connection that the program
    /// [marks as such](crate::FlowControls::add_known_peer).
    ///
    /// [selective]: https://docs.rs/ockam/latest/ockam/trait.TrustPolicy.html#method.is_selective
    #[default]
    Known,
    /// Every peer that can send a message to the node.
    Everybody,
}

/// What a node tells to whom.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Audiences {
    /// That a message which reached a worker has failed, and how.
    pub(crate) failures: Audience,
    /// The texts of those failures.
    pub(crate) texts: Audience,
    /// That there is no worker at an address, or that it may not be reached.
    pub(crate) existence: Audience,
}

impl Default for Audiences {
    fn default() -> Self {
        Audiences {
            failures: Audience::Everybody,
            texts: Audience::Known,
            existence: Audience::Known,
        }
    }
}
