//! The addresses of a worker that ends, against whoever comes to them next.

use super::explore;
use super::stage::WORKER;
use crate::ask::audience::Audiences;
use crate::cell::Cell;
use crate::cell::inbox::Bounds;
use crate::dead_letter::DeadLetterReason;
use crate::delivery::shortcut::Shortcut;
use crate::executor::Executor;
use crate::lifecycle::stop_order::StopOrder;
use crate::node::{DEFAULT_STOP_TIMEOUT, Node};
use crate::random::Random;
use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec;
use loom::thread;
use ockam_core::{Address, FlowControlId, LocalMessage, Mailbox};

const ADDRESS: &str = "worker";

/// Makes a node, which runs nothing: its runtime is never entered.
fn node() -> Arc<Node> {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    let runtime = builder.enable_time().build().expect("it has no thread of its own");
    let _inside = runtime.enter();
    let executor = Executor::current().expect("it is inside of a runtime");
    let random = Random::new(None).expect("the system has a random source");
    Node::new(executor, random, Bounds::NONE, DEFAULT_STOP_TIMEOUT, Audiences::default())
}

/// Starts a worker at the address, if that is free.
fn start(node: &Node) -> Option<Arc<Cell>> {
    let mailboxes = Mailbox::allow_all(ADDRESS).into();
    let cell = Cell::starting(mailboxes, &WORKER, StopOrder::Worker, Bounds::NONE);
    node.reserve(&cell).ok().map(|()| cell)
}

struct Refuses;

impl Shortcut for Refuses {
    fn take(&self, _: &crate::context::Handle, message: LocalMessage) -> Result<(), LocalMessage> {
        Err(message)
    }
}

/// Ends a worker, which another one may do at the same time, and starts the next one with a flow and a
/// shortcut of its own. `None` says that the other one was faster with that.
fn restart(node: &Arc<Node>, old: &Cell, reason: DeadLetterReason) -> Option<Arc<Cell>> {
    node.end(old, reason);
    let new = start(node)?;
    node.add_shortcut(&new, Box::new(Refuses));
    node.flow_controls.add_producer(ADDRESS, &FlowControlId::from("new"), None, vec![]);
    Some(new)
}

/// As a kill beside a stop does it, each of which is told that the address is free.
#[test]
fn loom_two_who_end_a_worker_leave_what_comes_to_its_address_alone() {
    explore(2, || {
        let node = node();
        let old = start(&node).unwrap();
        node.add_shortcut(&old, Box::new(Refuses));
        node.flow_controls.add_producer(ADDRESS, &FlowControlId::from("old"), None, vec![]);
        let other = {
            let (node, old) = (Arc::clone(&node), Arc::clone(&old));
            thread::spawn(move || restart(&node, &old, DeadLetterReason::CutOff))
        };
        let mine = restart(&node, &old, DeadLetterReason::Stopped);
        let new = match (mine, other.join().unwrap()) {
            (Some(new), None) | (None, Some(new)) => new,
            (mine, _) => panic!("the address is free, and one has it: {}", mine.is_some()),
        };
        let address = Address::from(ADDRESS);
        let found = node.flow_controls.find_flow_control_with_producer_address(&address);
        let flow = found.map(|info| info.flow_control_id().clone());
        assert_eq!(flow, Some(FlowControlId::from("new")));
        assert!(Arc::ptr_eq(&node.find(&address).unwrap(), &new));
        assert!(new.has_shortcut());
    });
}

#[test]
fn loom_a_worker_that_ends_as_it_starts_leaves_no_shortcut() {
    explore(3, || {
        let node = node();
        let cell = start(&node).unwrap();
        let killer = {
            let (node, cell) = (Arc::clone(&node), Arc::clone(&cell));
            thread::spawn(move || drop(node.end(&cell, DeadLetterReason::CutOff)))
        };
        node.add_shortcut(&cell, Box::new(Refuses));
        killer.join().unwrap();
        assert!(node.shortcuts.collect(|way| Some(Arc::clone(way))).is_empty());
    });
}
