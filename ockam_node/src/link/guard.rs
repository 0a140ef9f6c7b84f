//! What the owner of a link holds.

use super::list::{LinkEntry, Links};
use super::state::{LinkKind, LinkState, LinkStatus};
use super::watch::LinkWatch;
use alloc::string::String;
use alloc::sync::Arc;
use core::fmt;
use ockam_core::Address;

/// What the owner of a link holds: it says where the link is, and takes it off the list when it is
/// dropped.
#[doc(hidden)]
pub struct LinkGuard(Arc<LinkEntry>);

impl LinkGuard {
    pub(super) fn new(
        links: &Links,
        kind: LinkKind,
        address: Address,
        name: String,
        state: LinkState,
    ) -> Self {
        LinkGuard(links.enter(kind, address, name, state))
    }

    /// A peer has made the link, and can do so again and again: its changes are DEBUG.
    #[must_use]
    pub fn made_by_peer(self) -> Self {
        self.0.course.with(|course| course.by_peer = true);
        self
    }

    /// The link carries messages.
    pub fn up(&self) {
        self.0.set(LinkState::Up);
    }

    /// An attempt to make the link comes next, with its number and why it is needed.
    pub fn connecting(&self, attempt: u32, why: impl FnOnce() -> String) {
        self.0.set(LinkState::connecting(attempt, why()));
    }

    /// The link is not made any more. The guard may be kept for those who ask for the reason.
    pub fn down(&self, why: impl FnOnce() -> String) {
        self.0.set(LinkState::down(why()));
    }

    /// The link is over, as if the guard were dropped: it leaves the list, and its last state stays
    /// for those who ask. Unless it is down already, nothing has failed, and the log is not told.
    pub fn end(&self) {
        self.0.end();
    }

    /// Returns the name of the other end.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Returns where the link is, and since when.
    #[must_use]
    pub fn status(&self) -> LinkStatus {
        self.0.course.with(|course| course.status.clone())
    }

    /// Begins to follow the link.
    #[must_use]
    pub fn watch(&self) -> LinkWatch {
        LinkWatch::new(Arc::clone(&self.0))
    }
}

impl Drop for LinkGuard {
    fn drop(&mut self) {
        self.0.end();
    }
}

impl fmt::Debug for LinkGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.info().fmt(f)
    }
}
