//! Waiting for the loss of a connection.

use crate::ask::slot::Ask;
use crate::handle::Handle;
use crate::node::Node;
use alloc::sync::Arc;
use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};
use ockam_core::{Address, Error, ErrorKind, Result};

/// Waits until a connection is lost, from when it was made; see
/// [`connection_lost`](Handle::connection_lost). It is done once, with the reason.
///
/// It is a reply slot to which no question belongs: it ends as all asks over the connection do.
#[must_use = "a future does nothing unless it is awaited"]
pub struct ConnectionLost {
    node: Arc<Node>,
    ask: Arc<Ask>,
}

impl Handle {
    /// Watches the connection to which an address belongs, that of its sender or of its receiver.
    /// Returns `None` if there is no connection at the address.
    ///
    /// The future ends as soon as an ask over the connection would fail for its loss: the
    /// connection has ended, or it was lost and is being made again. Whoever has told the other
    /// side something that it forgets with the connection, such as the registration of a relay,
    /// tells it again then.
    ///
    /// ```
    /// # use ockam_node::NodeBuilder;
    /// # #[tokio::main] async fn main() -> ockam_core::Result<()> {
    /// let ctx = NodeBuilder::new().build()?;
    /// let id = ctx.flow_controls().generate_flow_control_id();
    /// ctx.flow_controls().add_producer("receiver", &id, None, vec!["sender".into()]);
    /// let lost = ctx.connection_lost(&"sender".into())?.expect("there is a connection");
    /// ctx.end_flow(&"receiver".into(), "the connection to the moon has ended");
    /// assert!(lost.await.to_string().contains("the connection to the moon has ended"));
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`AlreadyExists`](ockam_core::ErrorKind::AlreadyExists) or
    /// [`Full`](ockam_core::ErrorKind::Full), as an ask that cannot begin.
    ///
    /// # Cancel safety
    /// Nothing is left when the future is dropped.
    pub fn connection_lost(&self, address: &Address) -> Result<Option<ConnectionLost>> {
        let node = Arc::clone(self.node());
        let slot = node.random_local();
        let ask = Arc::new(Ask::new(slot, address.clone(), None));
        node.register(&ask)?;
        let lost = ConnectionLost { node, ask };
        let is_connection = lost.node.flow_controls.expect(lost.ask.address(), address);
        Ok(is_connection.then_some(lost))
    }
}

impl Future for ConnectionLost {
    type Output = Error;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Error> {
        self.ask.poll_result(cx.waker()).map(|outcome| match outcome {
            Err(error) => error,
            // Nobody knows the slot's address, so nobody answers; if somebody does, it is over.
            Ok(_) => {
                Error::with_text(ErrorKind::Stopped, || "an answer came to what was no question")
            }
        })
    }
}

impl Drop for ConnectionLost {
    fn drop(&mut self) {
        self.node.flow_controls.unexpect(self.ask.address());
        self.node.asks.remove(
            self.node.asks.hash(self.ask.address()),
            self.ask.address(),
            &self.ask,
        );
    }
}

impl fmt::Debug for ConnectionLost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ConnectionLost").field(self.ask.asked()).finish()
    }
}
