//! Who waits for the answer to a message that is gone.

use crate::ask;
use crate::notice::{self, WayBack};
use ockam_core::{Address, LocalMessage};

/// The asker of a message: its reply slot and, if that is on another node, the way there.
#[derive(Debug)]
pub(crate) struct ReplyTo {
    pub(crate) asker: Address,
    pub(crate) way_back: WayBack,
}

impl ReplyTo {
    /// Returns the asker of a message, if it may have one.
    pub(crate) fn of(message: &LocalMessage) -> Option<Self> {
        let asker = ask::asker(message)?;
        let mut way_back = None;
        notice::keep(&mut way_back, message, asker);
        Some(ReplyTo { asker: asker.clone(), way_back })
    }
}
