//! The calls that start workers and processors.

use super::{ProcessorBuilder, WorkerBuilder};
use crate::context::Context;
use crate::handle::Handle;
use core::future::Future;
use ockam_core::{
    Address, IncomingAccessControl, Mailbox, OutgoingAccessControl, Processor, Result, Worker,
};

impl Handle {
    /// Starts a worker that everybody on this node may send to.
    ///
    /// It returns when the worker is reachable and its `initialize` is done.
    ///
    /// # Errors
    /// [`AlreadyExists`](ockam_core::ErrorKind::AlreadyExists) if the address is taken,
    /// [`InvalidInput`](ockam_core::ErrorKind::InvalidInput) if it cannot be a worker's, with the line of this call,
    /// [`Stopped`](ockam_core::ErrorKind::Stopped) if the node is stopping, or the error of `initialize`.
    ///
    /// # Cancel safety
    /// Dropped before it is done, the worker does not exist and its address is free; its
    /// `shutdown` does not run.
    #[track_caller]
    pub fn start_worker<W: Worker<Context = Context>>(
        &self,
        address: impl Into<Address>,
        worker: W,
    ) -> impl Future<Output = Result<()>> + Send {
        WorkerBuilder::new(worker).with_address(address).start(self)
    }

    /// Starts a worker with access controls.
    ///
    /// # Errors
    /// As [`start_worker`](Self::start_worker).
    ///
    /// # Cancel safety
    /// As [`start_worker`](Self::start_worker).
    #[track_caller]
    pub fn start_worker_with_access_control<W: Worker<Context = Context>>(
        &self,
        address: impl Into<Address>,
        worker: W,
        incoming: impl IncomingAccessControl,
        outgoing: impl OutgoingAccessControl,
    ) -> impl Future<Output = Result<()>> + Send {
        let mailbox = Mailbox::new(address, incoming, outgoing);
        WorkerBuilder::new(worker).with_mailboxes(mailbox).start(self)
    }

    /// Starts a processor. Unless the program says otherwise nobody may send to it, and it may
    /// send to everybody.
    ///
    /// # Errors
    /// As [`start_worker`](Self::start_worker).
    ///
    /// # Cancel safety
    /// As [`start_worker`](Self::start_worker).
    #[track_caller]
    pub fn start_processor<P: Processor<Context = Context>>(
        &self,
        address: impl Into<Address>,
        processor: P,
    ) -> impl Future<Output = Result<()>> + Send {
        ProcessorBuilder::new(processor).with_address(address).start(self)
    }

    /// Starts a processor with access controls.
    ///
    /// # Errors
    /// As [`start_worker`](Self::start_worker).
    ///
    /// # Cancel safety
    /// As [`start_worker`](Self::start_worker).
    #[track_caller]
    pub fn start_processor_with_access_control<P: Processor<Context = Context>>(
        &self,
        address: impl Into<Address>,
        processor: P,
        incoming: impl IncomingAccessControl,
        outgoing: impl OutgoingAccessControl,
    ) -> impl Future<Output = Result<()>> + Send {
        let mailbox = Mailbox::new(address, incoming, outgoing);
        ProcessorBuilder::new(processor).with_mailboxes(mailbox).start(self)
    }
}
