//! What stands for a link on boards: nothing. There is no list, and nobody follows a link.

use alloc::string::String;

/// What the owner of a link holds.
#[doc(hidden)]
#[derive(Debug)]
pub struct LinkGuard;

impl LinkGuard {
    /// A peer has made the link.
    #[must_use]
    pub fn made_by_peer(self) -> Self {
        self
    }

    /// The link carries messages.
    #[inline]
    pub fn up(&self) {}

    /// An attempt to make the link comes next.
    #[inline]
    pub fn connecting(&self, _: u32, _: impl FnOnce() -> String) {}

    /// The link is not made any more.
    #[inline]
    pub fn down(&self, _: impl FnOnce() -> String) {}

    /// The link is over.
    #[inline]
    pub fn end(&self) {}
}
