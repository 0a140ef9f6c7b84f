//! Whether the responder has taken the initiator, which its message 0 says.
//!
//! The decryptor of an initiator hears it, and whoever makes the channel waits for it. This room owns
//! what the first message that verifies means: a close with number 0 is a refusal, for now if its
//! sender is going away; everything else shows that the channel is up. That includes a message with a later number, which may have passed
//! message 0 on the way, or come after it was lost. It refuses to know how long is waited.

use crate::channel::ChannelMessage;
use crate::program::wake;
use crate::sync::Lock;
use alloc::sync::Arc;
use core::future::poll_fn;
use core::mem;
use core::task::{Poll, Waker};
use ockam_core::{Route, TransportMessage};

/// What is known of the responder's decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The channel is up at both ends.
    Confirmed,
    /// The responder does not take this side.
    Refused,
    /// The responder cannot take any side now.
    Away,
    /// This end has ended before it heard anything.
    Ended,
}

enum State {
    Awaited(Option<Waker>),
    Known(Verdict),
}

/// The side that waits.
pub(super) struct Confirmation(Arc<Lock<State>>);

/// The side that hears. Dropped before it has, it says that this end has ended.
pub(super) struct Confirming(Arc<Lock<State>>);

/// Makes both sides.
pub(super) fn confirmation() -> (Confirming, Confirmation) {
    let state = Arc::new(Lock::new(State::Awaited(None)));
    (Confirming(Arc::clone(&state)), Confirmation(state))
}

/// Makes the content of the message 0 with which a responder confirms: a message to nobody, which
/// a decryptor drops.
pub(super) fn confirmed() -> ChannelMessage {
    let nobody = TransportMessage::new(Route::new(), Route::new(), &[][..]);
    ChannelMessage::Data(nobody)
}

impl Confirmation {
    /// Tells whether the responder has said by now that there is no channel.
    pub(super) fn is_refusal(&self) -> bool {
        self.0.with(|state| matches!(state, State::Known(Verdict::Refused | Verdict::Away)))
    }

    /// Waits until the responder's decision is known.
    ///
    /// # Cancel safety
    /// Nothing is left when the future is dropped.
    pub(super) async fn wait(self) -> Verdict {
        poll_fn(|cx| {
            // Cloned and dropped outside of the lock: a waker is the executor's code.
            let mut waker = Some(cx.waker().clone());
            self.0.with(|state| match state {
                State::Known(verdict) => Poll::Ready(*verdict),
                State::Awaited(waiting) => {
                    mem::swap(waiting, &mut waker);
                    Poll::Pending
                }
            })
        })
        .await
    }
}

impl Confirming {
    /// Takes the first message that verifies. Tells whether the responder takes this side.
    pub(super) fn hear(self, number: u64, content: &ChannelMessage) -> bool {
        let verdict = match content {
            ChannelMessage::Close if number == 0 => Verdict::Refused,
            ChannelMessage::GoingAway if number == 0 => Verdict::Away,
            _ => Verdict::Confirmed,
        };
        self.know(verdict);
        verdict == Verdict::Confirmed
    }

    fn know(&self, verdict: Verdict) {
        let waiting = self.0.with(|state| match state {
            State::Known(_) => None,
            State::Awaited(waiting) => {
                let waiting = waiting.take();
                *state = State::Known(verdict);
                waiting
            }
        });
        wake(waiting);
    }
}

impl Drop for Confirming {
    fn drop(&mut self) {
        self.know(Verdict::Ended);
    }
}
