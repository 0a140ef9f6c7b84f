//! The Ockam node: it runs workers and delivers messages between them.
//!
//! Most programs use the facade crate `ockam`, which re-exports this one. What is here:
//!
//! | item | what it is |
//! |---|---|
//! | [`Context`], [`Handle`] | how a worker, the main function or another task acts on the node |
//! | [`NodeBuilder`] | a node in a program that owns its runtime |
//! | [`WorkerBuilder`], [`ProcessorBuilder`] | starting with more than an address |
//! | [`DelayedEvent`] | a message to be sent later |
//! | [`FlowControls`], [`FlowGate`], [`DeadLetters`] | what may come in, what could not be delivered |
//! | [`SendError`], [`StopError`] | the errors that a caller can act on |
//! | [`StopOptions`], [`Killed`] | ending a worker that hangs |
//! | [`LinkInfo`], [`LinkWatch`] | whether connections, channels and relays are up |
//!
//! Layout of the crate, from the calls of a program down to what everything else is made of. What is
//! further down does not import what is above.
//!
//! ```text
//! entry, builder                     where `main` runs
//! context                            the calls of a program
//! lifecycle    run                   beginning and end; the loops of workers
//! delivery     ask                   a message's way to a mailbox; questions and answers
//! handle, node                       what all workers of one node share
//! cell ── inbox, drain, byte_budget  one worker: its addresses, its life, its mailbox
//! link, flow_controls, dead_letter   what is known about connections, the border, lost messages
//! table, wait_list, program, sync    plain parts
//! executor                           tokio or embassy
//! ```
#![cfg_attr(not(feature = "std"), no_std)]

#[cfg(not(any(feature = "std", feature = "embassy", target_os = "none")))]
compile_error!("a node needs an executor: enable the feature `std` (tokio) or `embassy`");

extern crate alloc;

mod ask;
mod builder;
mod cell;
mod context;
mod dead_letter;
mod delayed_event;
mod delivery;
#[cfg(feature = "std")]
mod entry;
mod executor;
#[cfg(all(test, not(ockam_loom)))]
mod fairness;
mod flow_controls;
mod handle;
mod lifecycle;
mod link;
#[cfg(all(test, ockam_loom))]
mod loom_models;
mod node;
mod panic_log;
mod program;
mod random;
mod run;
mod sync;
mod table;
#[cfg(feature = "std")]
mod telling;
mod text;
mod wait_list;

#[cfg(feature = "std")]
pub use ask::Audience;
pub use ask::ConnectionLost;
#[cfg(feature = "std")]
pub use ask::RemoteFailure;
pub use builder::NodeBuilder;
#[cfg(feature = "std")]
pub use cell::byte_budget::{ByteBudget, ByteCharge};
pub use context::{
    Context, DEFAULT_TIMEOUT, Handle, MessageReceiveOptions, MessageSendReceiveOptions,
};
#[cfg(feature = "std")]
pub use context::{KILL_PATIENCE, Killed, StallGuard};
pub use dead_letter::{
    DEAD_LETTERS_KEPT, DeadLetter, DeadLetterReason, DeadLetterSubscription, DeadLetters,
};
pub use delayed_event::DelayedEvent;
#[cfg(feature = "std")]
pub use delivery::ANSWER_PATIENCE;
#[cfg(feature = "std")]
pub use delivery::LONG_WAIT;
pub use delivery::{SendError, SendErrorReason};
#[cfg(feature = "std")]
pub use delivery::{Shortcut, Turn};
#[cfg(feature = "std")]
pub use entry::STOP_TIMEOUT_VARIABLE;
#[cfg(feature = "std")]
#[doc(hidden)]
pub use entry::{Outcome, run_node, run_node_with, run_node_with_stop_timeout, run_test};
pub use executor::Executor;
#[doc(hidden)]
pub use executor::first;
#[cfg(not(feature = "std"))]
pub use executor::{DEFAULT_TASK_SLOTS, MAX_TASK_SLOTS};
#[cfg(feature = "std")]
#[doc(hidden)]
pub use executor::{Instant, after, deadline};
pub use flow_controls::{ENDED_FLOWS_KEPT, FlowControls, FlowGate};
pub use lifecycle::StopError;
#[cfg(feature = "std")]
pub use lifecycle::StopOptions;
pub use lifecycle::StopOrder;
pub use lifecycle::{ProcessorBuilder, WorkerBuilder};
#[doc(hidden)]
pub use link::Backoff;
pub use link::LinkGuard;
#[cfg(feature = "std")]
pub use link::{LINK_DOWN_WARNING, LinkInfo, LinkStatus, LinkWatch};
pub use link::{LINK_EAGER_FOR, LINK_EAGER_WAIT, LinkKind, LinkState};
#[cfg(feature = "std")]
pub use node::DEFAULT_MAILBOX_BYTES;
pub use node::{APP, DEFAULT_MAILBOX_CAPACITY, DEFAULT_STOP_TIMEOUT};
#[doc(hidden)]
pub use program::wake;
pub use program::{catch_panic, catch_panics};
#[cfg(feature = "std")]
pub use run::DEFAULT_BLOCKING_LIMIT;
#[doc(hidden)]
pub use sync::Lock;
#[cfg(feature = "std")]
pub use telling::{MAX_TOLD_KINDS, Repeats, is_told};
