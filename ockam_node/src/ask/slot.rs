//! Reply slots: where the answer to a `send_and_receive` arrives.
//!
//! An ask gets an address of its own, drawn at random, for as long as it waits. No worker stands
//! behind it, only this slot. It is answered once; what comes later finds nobody.

use crate::cell::kind::CellId;
use crate::program::wake;
use crate::sync::Lock;
use crate::table::Keyed;
use crate::text::text;
use alloc::format;
use alloc::string::String;
use core::mem;
use core::sync::atomic::{AtomicBool, Ordering};
use core::task::{Poll, Waker};
use ockam_core::{Address, Error, LocalMessage};

/// How long the name of a reply slot is: 128 random bits as hex digits.
const NAME_LEN: usize = 32;

/// Returns the address at which somebody may wait for the answer to a message: the last hop of
/// its return route, if that looks like a reply slot. Whether it is one, the table knows.
#[inline]
pub(crate) fn asker(message: &LocalMessage) -> Option<&Address> {
    message.return_route().last().filter(|address| address.len() == NAME_LEN)
}

/// Says why an ask that comes back to its asker cannot be answered.
pub(crate) fn asks_itself(address: &Address) -> String {
    text(|| {
        format!(
            "{address} asks itself and would wait forever: handle the message directly, or `send` \
             it and go on"
        )
    })
}

pub(crate) struct Ask {
    address: Address,
    /// Who is asked, for saying who did not answer.
    asked: Address,
    /// The cell that does nothing else until the ask is over.
    waits: Option<CellId>,
    /// The answer is let in from outside.
    expected: AtomicBool,
    state: Lock<AskState>,
}

enum AskState {
    Waiting(Option<Waker>),
    Answered(LocalMessage),
    Failed(Error),
    /// The asker has its result, or has gone away.
    Over,
}

impl Ask {
    pub(crate) fn new(address: Address, asked: Address, waits: Option<CellId>) -> Self {
        let state = Lock::new(AskState::Waiting(None));
        Ask { address, asked, waits, expected: AtomicBool::new(false), state }
    }

    /// Begins anew, for another question.
    pub(crate) fn begin(&mut self, address: Address, asked: Address, waits: Option<CellId>) {
        (self.address, self.asked, self.waits) = (address, asked, waits);
        *self.expected.get_mut() = false;
        *self.state.get_mut() = AskState::Waiting(None);
    }

    /// Tells whether a cell waits for this ask.
    pub(crate) fn is_waited_for_by(&self, cell: CellId) -> bool {
        self.waits == Some(cell)
    }

    /// Tells whether the answer is let in from outside, so that this has to end with the ask.
    pub(crate) fn is_expected(&self) -> bool {
        self.expected.load(Ordering::SeqCst)
    }

    pub(crate) fn set_expected(&self) {
        self.expected.store(true, Ordering::SeqCst);
    }

    pub(crate) fn address(&self) -> &Address {
        &self.address
    }

    /// Returns the last hop of the question's route.
    pub(crate) fn asked(&self) -> &Address {
        &self.asked
    }

    /// Delivers the answer; gives it back if there was one already, or nobody waits any more.
    pub(crate) fn answer(&self, message: LocalMessage) -> Result<(), LocalMessage> {
        self.settle(AskState::Answered(message)).map_err(|state| match state {
            AskState::Answered(message) => message,
            _ => unreachable!("`settle` gives back what it was given"),
        })
    }

    /// Ends the ask with an error, unless it has ended already.
    pub(crate) fn fail(&self, error: Error) {
        drop(self.settle(AskState::Failed(error)));
    }

    fn settle(&self, outcome: AskState) -> Result<(), AskState> {
        let waker = self.state.with(|state| match state {
            AskState::Waiting(waker) => {
                let waker = waker.take();
                *state = outcome;
                Ok(waker)
            }
            _ => Err(outcome),
        })?;
        wake(waker);
        Ok(())
    }

    /// Waits for the result; it is handed out once.
    pub(crate) fn poll_result(&self, waker: &Waker) -> Poll<Result<LocalMessage, Error>> {
        self.state.with(|state| match mem::replace(state, AskState::Over) {
            AskState::Answered(message) => Poll::Ready(Ok(message)),
            AskState::Failed(error) => Poll::Ready(Err(error)),
            AskState::Waiting(mut known) => {
                match &mut known {
                    Some(known) => known.clone_from(waker),
                    none => *none = Some(waker.clone()),
                }
                *state = AskState::Waiting(known);
                Poll::Pending
            }
            AskState::Over => Poll::Pending,
        })
    }
}

impl Keyed for Ask {
    fn has_key(&self, address: &Address) -> bool {
        self.address == *address
    }
}
