//! What is on its way into a connection's socket, for both who write there: the sender, and whoever
//! sends past its mailbox.
//!
//! It owns the queue and writing from it. It refuses to know when that is right.

use crate::write_queue::WriteQueue;
use ockam_core::{Error, LocalMessage};
use ockam_node::ByteCharge;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use tokio::net::tcp::OwnedWriteHalf;

/// The one queue of a connection. It is locked for one call of the system at most.
pub(crate) struct SharedWriteBuffer(Mutex<WriteBuffer>);

/// A queue, and the socket that has a part of it.
pub(crate) struct WriteBuffer {
    queue: WriteQueue,
    /// What of a listener's bytes it holds, for a connection that a listener accepted.
    queued: Option<ByteCharge>,
    begun_on: Option<Arc<OwnedWriteHalf>>,
}

impl SharedWriteBuffer {
    /// Makes one for messages of so many bytes. Those that wait count as part of a budget, if there is
    /// one.
    pub(crate) fn new(max_frame_len: usize, queued: Option<ByteCharge>) -> Self {
        let queue = WriteQueue::new(max_frame_len);
        SharedWriteBuffer(Mutex::new(WriteBuffer { queue, queued, begun_on: None }))
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, WriteBuffer> {
        // Poison says that somebody panicked. Nothing here does in the middle of a change.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Locks it if nobody else has.
    pub(crate) fn try_lock(&self) -> Option<MutexGuard<'_, WriteBuffer>> {
        match self.0.try_lock() {
            Ok(buffer) => Some(buffer),
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }
}

impl WriteBuffer {
    /// Adds a message. Gives it back if it cannot be written.
    pub(crate) fn add(&mut self, message: LocalMessage) -> Result<(), (Error, LocalMessage)> {
        self.queue.add(message)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// Tells whether what is there should be written before there is more.
    pub(crate) fn is_full(&self) -> bool {
        self.queue.is_full()
    }

    /// Writes what a socket takes now; `true` if that was all there is. Without an error, what is
    /// left has to be written to the same socket.
    pub(crate) fn write(&mut self, stream: &Arc<OwnedWriteHalf>) -> io::Result<bool> {
        while !self.queue.is_written() {
            let written = self.queue.write(|slices| match slices {
                [slice] => stream.try_write(slice),
                _ => stream.try_write_vectored(slices),
            });
            match written {
                Ok(written) => self.queue.advance(written),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    if self.queue.is_begun() && self.begun_on.is_none() {
                        self.begun_on = Some(Arc::clone(stream));
                    }
                    self.count(self.queue.len());
                    return Ok(false);
                }
                Err(error) => return Err(error),
            }
        }
        Ok(true)
    }

    /// Counts what waits.
    fn count(&mut self, bytes: usize) {
        if let Some(queued) = &mut self.queued {
            queued.set(bytes);
        }
    }

    /// Tells whether a socket has a part of what is there, and takes the rest.
    pub(crate) fn has_to_go_on(&self) -> bool {
        self.begun_on.is_some()
    }

    /// Takes out what no socket can take any more, because the one that has a part of it is another.
    pub(crate) fn stale(&mut self, stream: &Arc<OwnedWriteHalf>) -> Vec<LocalMessage> {
        match &self.begun_on {
            Some(begun) if !Arc::ptr_eq(begun, stream) => self.finish(),
            _ => Vec::new(),
        }
    }

    /// Empties the queue, and returns its messages.
    pub(crate) fn finish(&mut self) -> Vec<LocalMessage> {
        self.begun_on = None;
        self.count(0);
        self.queue.finish().collect()
    }

    /// Ends the batch, which is written; returns the numbers of messages and of bytes that it had.
    pub(crate) fn sent(&mut self) -> (usize, usize) {
        self.begun_on = None;
        self.count(0);
        self.queue.sent()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ockam_core::{MAX_FRAME_LEN, TransportMessage, route};
    use ockam_node::ByteBudget;
    use tokio::net::{TcpListener, TcpStream};

    #[tokio::test]
    async fn what_one_socket_has_a_part_of_does_not_go_on_in_another() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let connect = async || Arc::new(TcpStream::connect(address).await.unwrap().into_split().1);
        let (lost, next) = (connect().await, connect().await);
        let budget = ByteBudget::new(0);
        let outgoing = SharedWriteBuffer::new(MAX_FRAME_LEN, Some(budget.charge()));
        let mut buffer = outgoing.lock();
        let body = vec![7; 16_000_000];
        buffer.add(TransportMessage::new(route!["far"], route![], body).into()).unwrap();
        assert!(buffer.stale(&next).is_empty(), "nothing of it has gone anywhere");
        assert_eq!(budget.held(), 0, "nothing waits");
        assert!(!buffer.write(&lost).unwrap());
        assert!(budget.held() > 16_000_000, "all of it is there as long as a part waits");
        assert!(buffer.stale(&lost).is_empty());
        assert_eq!(buffer.stale(&next).len(), 1);
        assert_eq!(budget.held(), 0);
        assert!(buffer.write(&next).unwrap(), "nothing is left");
    }
}
