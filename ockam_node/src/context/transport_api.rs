//! The calls of what connects the node with others: transports and channels.

use super::Handle;
use crate::dead_letter::DeadLetterReason;
use alloc::string::String;
use ockam_core::{Address, Error, LocalMessage};

impl Handle {
    /// Ends the flow of a producer, because its connection ended: nothing that it brings in is let
    /// through any more, and every ask that waits for an answer over it fails at once with
    /// [`Stopped`](ockam_core::ErrorKind::Stopped) and `why`.
    ///
    /// Whoever sends to one of the producer's addresses after they are gone gets an error that
    /// says `why`, too; the last [`ENDED_FLOWS_KEPT`](crate::ENDED_FLOWS_KEPT) are remembered.
    /// A producer that stops without this call ends its flow as well, in fewer words.
    ///
    /// ```
    /// # use ockam_node::NodeBuilder;
    /// # #[tokio::main] async fn main() -> ockam_core::Result<()> {
    /// let ctx = NodeBuilder::new().build()?;
    /// let id = ctx.flow_controls().generate_flow_control_id();
    /// ctx.flow_controls().add_producer("receiver", &id, None, vec!["sender".into()]);
    /// ctx.end_flow(&"receiver".into(), "the connection to the moon has ended: it is cloudy");
    /// let error = ctx.send("sender", 7u8).await.unwrap_err();
    /// assert_eq!(error.to_string(), "the connection to the moon has ended: it is cloudy");
    /// # Ok(()) }
    /// ```
    pub fn end_flow(&self, producer: &Address, why: impl Into<String>) {
        let why = why.into();
        let asks = self.node().flow_controls.end(producer, Some(&why));
        self.node().fail_asks(&asks, &why);
    }

    /// Ends the asks that wait for an answer over the flow of a producer, as
    /// [`end_flow`](Self::end_flow) does, and keeps the flow: its connection was lost and is being
    /// made again.
    pub fn fail_asks_over(&self, producer: &Address, why: &str) {
        let asks = self.node().flow_controls.expected_over(producer);
        self.node().fail_asks(&asks, why);
    }

    /// Counts a step of a message that this worker takes long to pass on. Answers to messages from
    /// outside wait for room in its mailbox as long as it takes messages or makes steps.
    #[cfg(feature = "std")]
    pub fn made_progress(&self) {
        self.cell().made_progress();
    }

    /// Tells whether answers to messages from outside were refused for want of room in this
    /// worker's mailbox, because it made no progress for
    /// [`ANSWER_PATIENCE`](crate::ANSWER_PATIENCE), and would be now.
    #[cfg(feature = "std")]
    #[must_use]
    pub fn is_stalled(&self) -> bool {
        crate::delivery::answering::is_stalled(self.cell())
    }

    /// Returns a number that changes whenever the worker at an address begins to handle a message,
    /// or [makes a step](Self::made_progress) with one: for telling a worker that is slow from one
    /// that stands still. `None` says that there is no worker.
    #[cfg(feature = "std")]
    #[must_use]
    pub fn progress_at(&self, address: &Address) -> Option<u32> {
        self.node().find(address).map(|cell| crate::delivery::answering::progress(&cell))
    }

    /// Accounts for a message that this worker took out of its mailbox and cannot pass on: it is
    /// a dead letter, and its asker gets `error`. One on another node that understands
    /// [notices](ockam_core::FailureNotice) gets its kind, and its texts if the node tells them to that
    /// peer.
    ///
    /// A handler that fails does the same for the one message that it handles.
    pub fn reject(&self, message: &LocalMessage, reason: DeadLetterReason, error: Error) {
        self.node().dead_letters.record(message, reason);
        self.node().rejected(message, reason, self.cell(), error);
    }
}
