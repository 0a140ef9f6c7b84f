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
//! Layout of the crate, from the hot path outwards:
//!
//! ```text
//! context ──> deliver ──> table ──> cell ──> inbox          a message's way to a mailbox
//!                                     │
//! start ──> actor / processor ──> task ──> executor         who runs, and on what
//!             stop, drain, linger, arrivals                 beginning and end
//! ```
#![cfg_attr(not(feature = "std"), no_std)]

#[cfg(not(any(feature = "std", feature = "embassy", target_os = "none")))]
compile_error!("a node needs an executor: enable the feature `std` (tokio) or `embassy`");

extern crate alloc;

mod access;
mod actor;
#[cfg(feature = "std")]
mod answering;
mod arrivals;
mod ask;
mod askers;
#[cfg(feature = "std")]
mod audience;
mod builder;
#[cfg(feature = "std")]
mod byte_budget;
#[cfg(feature = "std")]
mod came_by;
mod cell;
mod context;
mod dead_letter;
mod delayed_event;
mod deliver;
mod delivery;
mod drain;
#[cfg(feature = "std")]
mod entry;
mod executor;
#[cfg(all(test, not(ockam_loom)))]
mod fairness;
mod flow_controls;
mod gates;
mod handle;
mod in_line;
mod inbox;
mod kind;
mod linger;
mod link;
#[cfg(feature = "std")]
mod long_wait;
#[cfg(all(test, ockam_loom))]
mod loom_models;
mod node;
#[cfg(feature = "std")]
mod notice;
mod panic_log;
mod processor;
mod program;
mod random;
#[cfg(feature = "std")]
mod remote_failure;
#[cfg(feature = "std")]
mod reply_to;
mod resolve;
mod send_error;
#[cfg(feature = "std")]
mod shortcut;
mod start;
mod stop;
mod stop_error;
#[cfg(feature = "std")]
mod stop_options;
mod stop_order;
mod stop_state;
mod suggest;
mod sync;
mod table;
mod task;
#[cfg(feature = "std")]
mod telling;
mod text;
mod transports;
mod typed;
mod unanswered;
mod unresolved;
mod wait_list;
// The models watch no threads.
#[cfg(feature = "std")]
#[cfg_attr(ockam_loom, allow(dead_code))]
mod watch;

#[cfg(feature = "std")]
pub use answering::ANSWER_PATIENCE;
#[cfg(feature = "std")]
pub use audience::Audience;
pub use builder::NodeBuilder;
#[cfg(feature = "std")]
pub use byte_budget::{ByteBudget, ByteCharge};
pub use context::{
    ConnectionLost, Context, DEFAULT_TIMEOUT, Handle, MessageReceiveOptions,
    MessageSendReceiveOptions,
};
#[cfg(feature = "std")]
pub use context::{KILL_PATIENCE, Killed, StallGuard};
pub use dead_letter::{
    DEAD_LETTERS_KEPT, DeadLetter, DeadLetterReason, DeadLetterSubscription, DeadLetters,
};
pub use delayed_event::DelayedEvent;
#[cfg(feature = "std")]
pub use entry::STOP_TIMEOUT_VARIABLE;
#[cfg(feature = "std")]
#[doc(hidden)]
pub use entry::{Outcome, run_node, run_node_with_stop_timeout, run_test};
pub use executor::Executor;
#[doc(hidden)]
pub use executor::first;
#[cfg(not(feature = "std"))]
pub use executor::{DEFAULT_TASK_SLOTS, MAX_TASK_SLOTS};
#[cfg(feature = "std")]
#[doc(hidden)]
pub use executor::{Instant, after, deadline};
pub use flow_controls::{ENDED_FLOWS_KEPT, FlowControls, FlowGate};
#[doc(hidden)]
pub use link::{Backoff, LinkGuard};
#[cfg(feature = "std")]
pub use link::{LINK_DOWN_WARNING, LinkInfo, LinkStatus, LinkWatch};
pub use link::{LINK_EAGER_FOR, LINK_EAGER_WAIT, LinkKind, LinkState};
#[cfg(feature = "std")]
pub use long_wait::LONG_WAIT;
#[cfg(feature = "std")]
pub use node::DEFAULT_MAILBOX_BYTES;
pub use node::{APP, DEFAULT_MAILBOX_CAPACITY, DEFAULT_STOP_TIMEOUT};
#[doc(hidden)]
pub use program::wake;
pub use program::{catch_panic, catch_panics};
#[cfg(feature = "std")]
pub use remote_failure::RemoteFailure;
pub use send_error::{SendError, SendErrorReason};
#[cfg(feature = "std")]
pub use shortcut::{Shortcut, Turn};
pub use start::{ProcessorBuilder, WorkerBuilder};
pub use stop_error::StopError;
#[cfg(feature = "std")]
pub use stop_options::StopOptions;
pub use stop_order::StopOrder;
#[doc(hidden)]
pub use sync::Lock;
#[cfg(feature = "std")]
pub use telling::{MAX_TOLD_KINDS, Repeats, is_told};
#[cfg(feature = "std")]
pub use watch::DEFAULT_BLOCKING_LIMIT;
