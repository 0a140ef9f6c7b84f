//! What a node does, seen through its public API: one module for each noun, one test for each
//! promise.
#![allow(clippy::unwrap_used)]

mod access;
mod ask;
mod ask_end;
mod ask_route;
mod bad_input;
mod body;
mod body_form;
mod border;
mod context;
mod dead_letter;
mod delayed_event;
mod drain;
mod drop_ask;
mod drop_send;
mod drop_start;
mod failure;
mod flow_control;
mod line;
mod log;
mod mailbox;
mod node_stop;
mod panic;
mod processor;
mod random;
mod runtime;
mod scale;
mod shortcut;
mod signal;
mod start;
mod support;
mod thread;
mod transport;
mod waker;
mod worker_stop;
