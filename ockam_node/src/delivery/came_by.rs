//! By which hop a message came to this node, in two bytes.

use ockam_core::{Address, LocalMessage};

/// Marks the hop a message came by, in two bytes: 0 is none. Two hops may have the same mark; then
/// a message that is no answer waits no longer than one.
#[inline]
pub(crate) fn mark(hop: &Address) -> u16 {
    match hop.as_bytes() {
        [.., first, second] => u16::from_le_bytes([*first, *second]) | 1,
        _ => 1,
    }
}

/// Returns the mark of the hop that brought a message to this node, 0 for a local one.
#[inline]
pub(crate) fn came_by(message: &LocalMessage) -> u16 {
    // The return route of a local message is its sender alone.
    let mut hops = message.return_route().iter();
    hops.next_back();
    hops.next().map_or(0, mark)
}
