//! The border as an access control: what one producer may send, and to whom.

use super::{FlowControls, Reach};
use crate::sync::Lock;
use core::fmt;
use core::sync::atomic::Ordering;
use ockam_core::{Address, Authorization, OutgoingAccessControl, RelayMessage};

/// Lets a producer send only to the consumers of its flow, and of its spawner's. Made by
/// [`FlowControls::gate`].
///
/// It answers at once. A stream of messages to one worker costs it no lookup: it remembers whom
/// it allowed last, until something is taken out of the flow controls.
pub struct FlowGate {
    flows: FlowControls,
    producer: Address,
    last: Lock<Option<Allowed>>,
}

/// A consumer, and the state of the flow controls in which it was one.
struct Allowed {
    generation: usize,
    destination: Address,
}

impl FlowGate {
    pub(super) fn new(flows: FlowControls, producer: Address) -> Self {
        FlowGate { flows, producer, last: Lock::new(None) }
    }

    fn allows(&self, destination: &Address) -> bool {
        // Read before the table is, so that a change in between makes the memory worthless.
        let generation = self.flows.0.generation.load(Ordering::Acquire);
        let known = self.last.with(|last| {
            last.as_ref().is_some_and(|last| {
                last.generation == generation && last.destination == *destination
            })
        });
        if known {
            return true;
        }
        let reach = self.flows.reach(&self.producer, destination);
        if reach == Reach::Consumer {
            let destination = destination.clone();
            self.last.with(|last| *last = Some(Allowed { generation, destination }));
        }
        reach != Reach::No
    }
}

impl OutgoingAccessControl for FlowGate {
    fn is_authorized<'a>(&'a self, message: RelayMessage<'a>) -> Authorization<'a> {
        self.allows(message.destination()).into()
    }
}

impl fmt::Debug for FlowGate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FlowGate").field("producer", &self.producer).finish_non_exhaustive()
    }
}
