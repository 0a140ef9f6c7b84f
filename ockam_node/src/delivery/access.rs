//! Asking access controls, which are code of the program.
//!
//! It owns what becomes of a rule that fails or panics, which denies. It refuses to know who asks.

use crate::executor::{Panic, catch_call, catch_future};
use crate::node::Node;
use crate::program::describe;
#[cfg(feature = "std")]
use crate::telling::{Telling, What};
use alloc::string::String;
use ockam_core::{Address, Authorization, Mailbox, RelayMessage};

/// Writes an error of an access control into the log, or counts it: everybody who sends there can
/// repeat it.
macro_rules! tell {
    ($node:expr, $of:expr, $($line:tt)*) => {{
        #[cfg(feature = "std")]
        match $node.telling($of, What::Rule) {
            Telling::Counted(count) => tracing::error!(count, $($line)*),
            Telling::Each | Telling::Not => tracing::debug!($($line)*),
        }
        #[cfg(not(feature = "std"))]
        {
            let _ = $node;
            tracing::error!($($line)*);
        }
    }};
}

/// Asks the outgoing rule of a mailbox.
#[inline]
pub(crate) fn outgoing<'a>(
    node: &Node,
    mailbox: &'a Mailbox,
    passage: RelayMessage<'a>,
) -> Authorization<'a> {
    // The usual rules are no code of the program.
    if mailbox.asks_outgoing() {
        ask_rule(node, mailbox, || mailbox.outgoing(passage))
    } else {
        mailbox.outgoing(passage)
    }
}

/// Asks the incoming rule of a mailbox.
#[inline]
pub(crate) fn incoming<'a>(
    node: &Node,
    mailbox: &'a Mailbox,
    passage: RelayMessage<'a>,
) -> Authorization<'a> {
    if mailbox.asks_incoming() {
        ask_rule(node, mailbox, || mailbox.incoming(passage))
    } else {
        mailbox.incoming(passage)
    }
}

/// Asks a rule. One that panics denies: it has not allowed anything.
#[inline]
fn ask_rule<'a>(
    node: &Node,
    mailbox: &Mailbox,
    rule: impl FnOnce() -> Authorization<'a>,
) -> Authorization<'a> {
    match catch_call(rule) {
        Ok(authorization) => authorization,
        Err(panic) => {
            rule_broke(node, mailbox.address(), &Broken::Panicked(panic));
            Authorization::Denied
        }
    }
}

/// Why a rule has said neither yes nor no.
pub(crate) enum Broken {
    Failed(String),
    Panicked(Panic),
}

/// Waits for the answer of a rule.
pub(crate) async fn answer(authorization: Authorization<'_>) -> core::result::Result<bool, Broken> {
    let answer = match authorization {
        Authorization::Allowed => return Ok(true),
        Authorization::Denied => return Ok(false),
        Authorization::Later(answer) => answer,
    };
    match catch_future(answer).await {
        Ok(Ok(allowed)) => Ok(allowed),
        Ok(Err(error)) => Err(Broken::Failed(describe(error))),
        Err(panic) => Err(Broken::Panicked(panic)),
    }
}

/// Tells the log of a rule that has not answered, which denies.
#[cold]
pub(crate) fn rule_broke(node: &Node, address: &Address, why: &Broken) {
    match why {
        Broken::Failed(error) => {
            tell!(node, address, %address, %error, "an access control failed, which denies");
        }
        Broken::Panicked(panic) => {
            tell!(node, address, %address, %panic, "an access control panicked, which denies");
        }
    }
}
