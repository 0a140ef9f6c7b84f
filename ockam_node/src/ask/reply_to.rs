//! Who waits for the answer to a message that is gone.

use crate::ask::slot;
use alloc::boxed::Box;
use ockam_core::{Address, LocalMessage, Route};

/// The way back to the asker of the message that a context handles, kept from one to the next.
pub(crate) type WayBack = Option<Box<Route>>;

/// Keeps the way back to the asker of a message, if that is on another node and reads notices, in a
/// place that may be there already.
#[inline]
pub(crate) fn keep(place: &mut WayBack, message: &LocalMessage, asker: &Address) {
    match (way_back(message, asker), place) {
        (Some(way_back), Some(known)) => (**known).clone_from(way_back),
        (Some(way_back), none) => *none = Some(Box::new(way_back.clone())),
        (None, place) => *place = None,
    }
}

#[inline]
pub(crate) fn way_back<'a>(message: &'a LocalMessage, asker: &Address) -> Option<&'a Route> {
    let asks = asker.may_be_told() && !message.payload().is_typed();
    asks.then(|| message.return_route())
}

/// The asker of a message: its reply slot and, if that is on another node, the way there.
#[derive(Debug)]
pub(crate) struct ReplyTo {
    pub(crate) asker: Address,
    pub(crate) way_back: WayBack,
}

impl ReplyTo {
    /// Returns the asker of a message, if it may have one.
    pub(crate) fn of(message: &LocalMessage) -> Option<Self> {
        let asker = slot::asker(message)?;
        let mut way_back = None;
        keep(&mut way_back, message, asker);
        Some(ReplyTo { asker: asker.clone(), way_back })
    }
}
