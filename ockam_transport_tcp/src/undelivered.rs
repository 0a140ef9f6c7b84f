//! Messages from outside that reached no worker, and what the log is told of them.
//!
//! It owns when the log says that nothing is at an address: when a program may have misspelt it, or not
//! started a worker. It refuses to know who may be reached: the border does, and the node tells the log of a
//! worker that is there and may not be reached.

use crate::link::Link;
use ockam_core::{Address, Error, ErrorKind};
use ockam_node::{Handle, SendError, is_told};

/// Accounts for a message that reached no worker. The log is told of the first of a connection for
/// which nothing is at the address, and then at powers of ten.
#[cold]
pub(crate) fn dropped(handle: &Handle, link: &Link, error: &Error) {
    link.traffic().dropped.add(1);
    if let Some(address) = nobody(handle, error) {
        let to_nobody = &link.traffic().to_nobody;
        to_nobody.add(1);
        let count = to_nobody.value();
        if is_told(count) {
            tracing::warn!(
                connection = %link, count, %address,
                "a message from outside was dropped: nothing is at its address"
            );
            return;
        }
    }
    tracing::debug!(connection = %link, %error, "a message was dropped");
}

/// Returns the address of a message from outside at which nothing is. What comes too late for an ask, for
/// a channel that has ended or for a handshake that was refused is no mistake of this program, nor is a
/// notice in the place of an answer: those names are random.
fn nobody<'a>(handle: &Handle, error: &'a Error) -> Option<&'a Address> {
    let unsent = error.downcast_ref::<SendError>()?;
    let first = unsent.onward_route().first().filter(|_| error.kind() == ErrorKind::Denied)?;
    (!first.is_random_name() && !handle.is_worker_registered_at(first.clone())).then_some(first)
}
