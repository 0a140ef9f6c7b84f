//! Messages that were not delivered: how many, why, and the last of them.

pub use ockam_node::{
    DEAD_LETTERS_KEPT, DeadLetter, DeadLetterReason, DeadLetterSubscription, DeadLetters,
};
