//! The border as an access control: what one producer may send, and to whom.

use super::FlowControls;
use super::state::Reach;
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

impl FlowControls {
    /// Makes the rule for what the producer at an address may send: only to consumers of its own
    /// id or of its spawner's.
    ///
    /// It belongs on the address of whatever brings messages in, as its outgoing access control.
    /// A message that it refuses is a dead letter, and nothing is sent back.
    ///
    /// ```
    /// # use ockam_node::{NodeBuilder, DeadLetterReason};
    /// # use ockam_core::{AllowAll, DenyAll, ErrorKind};
    /// # #[tokio::main] async fn main() -> ockam_core::Result<()> {
    /// let mut ctx = NodeBuilder::new().build()?;
    /// let flows = ctx.flow_controls();
    /// let id = flows.generate_flow_control_id();
    /// flows.add_producer("receiver", &id, None, vec![]);
    /// let receiver = ctx.new_detached("receiver", DenyAll, flows.gate("receiver")).await?;
    /// assert_eq!(receiver.send("app", 7u8).await.unwrap_err().kind(), ErrorKind::Denied);
    /// assert_eq!(ctx.dead_letters().count(DeadLetterReason::Denied), 1);
    /// flows.add_consumer("app", &id);
    /// receiver.send("app", 8u8).await?;
    /// assert_eq!(ctx.receive::<u8>().await?.body(), 8);
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn gate(&self, producer: impl Into<Address>) -> FlowGate {
        FlowGate::new(self.clone(), producer.into())
    }
}

impl FlowGate {
    fn new(flows: FlowControls, producer: Address) -> Self {
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
