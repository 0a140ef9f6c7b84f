//! An async lock per identity of this node: one task at a time changes an identity.
//!
//! A change is several steps with calls to the vault in between: read, sign, write, replace. The
//! change lock covers all of them; no mutex is held while waiting for the vault.

use super::Identities;
use crate::identifier::Identifier;
use crate::program::wake;
use crate::sorted::Map;
use alloc::vec::Vec;
use core::future::poll_fn;
use core::task::{Poll, Waker};

/// The locked identities, each with the tasks that wait for its lock.
#[derive(Default)]
pub(super) struct ChangeLocks(Map<Identifier, Vec<Waker>>);

impl ChangeLocks {
    /// Acquires the lock, or registers the waker to be woken when it is released.
    fn begin(&mut self, identifier: &Identifier, waker: &mut Option<Waker>) -> bool {
        let Some(waiting) = self.0.get_mut(identifier) else {
            self.0.insert(*identifier, Vec::new());
            return true;
        };
        let is_new = |waker: &Waker| !waiting.iter().any(|own| own.will_wake(waker));
        if waker.as_ref().is_some_and(is_new) {
            waiting.extend(waker.take());
        }
        false
    }
}

/// A guard for the exclusive right to change an identity of this node.
pub(super) struct ChangeLock<'a> {
    identities: &'a Identities,
    identifier: Identifier,
}

impl<'a> ChangeLock<'a> {
    /// Waits until no other task changes the identity.
    ///
    /// # Cancel safety
    /// Cancel safe: dropping the future has no effect.
    pub(super) async fn take(identities: &'a Identities, identifier: &Identifier) -> Self {
        let identifier = *identifier;
        poll_fn(|cx| {
            // Clone and drop wakers outside of the mutex: they run code of the executor.
            let mut waker = Some(cx.waker().clone());
            let is_taken =
                identities.memory(|memory| memory.change_locks.begin(&identifier, &mut waker));
            if is_taken { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
        ChangeLock { identities, identifier }
    }
}

impl Drop for ChangeLock<'_> {
    fn drop(&mut self) {
        // Wake all of them, since any may have been dropped: the first one polled is next.
        let waiting =
            self.identities.memory(|memory| memory.change_locks.0.remove(&self.identifier));
        wake(waiting.into_iter().flatten());
    }
}
