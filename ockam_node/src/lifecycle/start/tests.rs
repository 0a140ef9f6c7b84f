//! A kill at the moment at which a start hands the worker's code over.

use super::{Arc, Mailbox, StartOptions, WorkerType};
use crate::builder::NodeBuilder;
use crate::context::Context;
use crate::run::worker;
use alloc::boxed::Box;
use alloc::string::String;
use core::future::{Future, poll_fn};
use core::pin::pin;
use core::task::Poll;
use ockam_core::{Result, Routed, Worker};

struct Idle;

impl Worker for Idle {
    type Context = Context;
    type Message = String;

    async fn handle_message(&mut self, _: &mut Context, _: Routed<String>) -> Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn whoever_kills_a_worker_is_told_by_its_task_that_it_was_dropped_and_not_by_its_start() {
    let ctx = NodeBuilder::new().build().unwrap();
    let node = ctx.node();
    let place = StartOptions::default();
    let starting = place.reserve(node, WorkerType::<Idle>::META, Mailbox::allow_all).unwrap();
    let cell = Arc::clone(&starting.cell);
    assert!(cell.settle_awake());
    worker::spawn(Box::new(Idle), node, Arc::clone(&cell));
    // Its task has not run yet.
    node.kill(&cell);
    starting.reachable();
    let mut dropped = pin!(cell.dropped());
    let polled = poll_fn(|cx| Poll::Ready(dropped.as_mut().poll(cx))).await;
    assert!(polled.is_pending(), "its task has the code");
    dropped.await;
}
