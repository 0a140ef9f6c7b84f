//! ChangeLocks: of all tasks that want to change one identity of this node, one does so at a time.
//!
//! Changing an identity is several steps with a vault between them: read, sign, write, replace. A
//! turn covers all of them, and holds no lock while the vault is waited for.

use super::Identities;
use crate::identifier::Identifier;
use crate::program::wake;
use crate::sorted::Map;
use alloc::vec::Vec;
use core::future::poll_fn;
use core::task::{Poll, Waker};

/// The identities whose turn is taken, each with the tasks that wait for it.
#[derive(Default)]
pub(super) struct ChangeLocks(Map<Identifier, Vec<Waker>>);

impl ChangeLocks {
    /// Takes the turn, or leaves the waker to be woken when it is free.
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

/// The right to change an identity of this node, until it is dropped.
pub(super) struct ChangeLock<'a> {
    identities: &'a Identities,
    identifier: Identifier,
}

impl<'a> ChangeLock<'a> {
    /// Waits until no other task changes the identity.
    ///
    /// # Cancel safety
    /// Dropped before it is done, it has no effect.
    pub(super) async fn take(identities: &'a Identities, identifier: &Identifier) -> Self {
        let identifier = *identifier;
        poll_fn(|cx| {
            // Cloned and dropped outside of the lock: a waker is the executor's code.
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
        // All are woken, since any of them may have been dropped: the first one polled is next.
        let waiting =
            self.identities.memory(|memory| memory.change_locks.0.remove(&self.identifier));
        wake(waiting.into_iter().flatten());
    }
}
