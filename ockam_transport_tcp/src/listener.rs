//! Accepting connections.

use crate::accepted::Accepted;
use crate::budget::Budget;
use crate::direction::TcpDirection;
use crate::limits::Limits;
use crate::listener_info::TcpListenerInfo;
use crate::opening::Opening;
use crate::options::TcpListenerOptions;
use crate::permits::Permits;
use crate::registry::Registry;
use core::future::{Future, poll_fn};
use core::mem;
use core::panic::AssertUnwindSafe;
use core::pin::pin;
use core::task::Poll;
use core::time::Duration;
use ockam_core::{
    Address, AllowAll, DenyAll, Error, ErrorKind, FlowControlId, MAX_FRAME_LEN, Mailbox, Processor,
    Result, hop_conversions,
};
use ockam_node::{ByteBudget, Context, Handle, ProcessorBuilder, is_told};
use std::io;
use std::net::SocketAddr;
use std::panic::catch_unwind;
use std::sync::Arc;
use tokio::net::TcpStream;

/// How long a listener waits before it accepts again, when the system gave it no socket: usually the
/// process has no file descriptors left.
const PAUSE: Duration = Duration::from_millis(100);

/// A listener for connections, made by [`TcpTransport::listen`](crate::TcpTransport::listen).
///
/// It listens on when it is dropped, until it is stopped.
#[derive(Clone, Debug)]
pub struct TcpListener(TcpListenerInfo);

impl TcpListener {
    /// Returns the address of the processor that accepts connections: what
    /// [`stop_listener`](crate::TcpTransport::stop_listener) takes.
    #[must_use]
    pub fn address(&self) -> &Address {
        self.0.address()
    }

    /// Returns where it listens; a port that was given as 0 is the one that the system chose.
    #[must_use]
    pub fn socket_address(&self) -> SocketAddr {
        self.0.socket_address()
    }

    /// Returns the id whose consumers are reached by all connections that the listener accepts.
    #[must_use]
    pub fn flow_control_id(&self) -> &FlowControlId {
        self.0.flow_control_id()
    }

    /// Tells what is known about the listener at this moment.
    #[must_use]
    pub fn info(&self) -> TcpListenerInfo {
        self.0.clone()
    }

    /// Starts to accept connections.
    pub(crate) async fn start(
        ctx: &Handle,
        registry: &Arc<Registry>,
        socket: tokio::net::TcpListener,
        options: TcpListenerOptions,
    ) -> Result<Self> {
        let socket_address = socket.local_addr().map_err(|error| {
            Error::with_kind(ErrorKind::Io, error).add_context("asking a socket for its address")
        })?;
        let TcpListenerOptions { flow, limits, connection_limit, frame_budget, .. } = options;
        let queued = ByteBudget::new(options.max_queued_bytes);
        let permits = Permits::new(socket_address, connection_limit);
        let budget = Budget::new(frame_budget, limits.max_frame_len.min(MAX_FRAME_LEN));
        let info =
            TcpListenerInfo { address: ctx.random_local(), socket_address, flow, permits, queued };
        let accepting = Accepting {
            socket,
            info: info.clone(),
            limits,
            registry: Arc::clone(registry),
            budget,
            failed: 0,
            failures: 0,
            panics: 0,
        };
        ctx.flow_controls().add_spawner(info.address.clone(), &info.flow);
        let mailbox = Mailbox::new(info.address.clone(), DenyAll, AllowAll);
        ProcessorBuilder::new(accepting).with_mailboxes(mailbox).start(ctx).await?;
        registry.add_listener(info.clone());
        tracing::debug!(address = %socket_address, "listening");
        Ok(TcpListener(info))
    }
}

hop_conversions!(TcpListener, |listener| &listener.0.address);

/// Accepts connections, one after the other.
struct Accepting {
    socket: tokio::net::TcpListener,
    info: TcpListenerInfo,
    limits: Limits,
    registry: Arc<Registry>,
    budget: Arc<Budget>,
    /// How often in a row the system had no socket to give.
    failed: u64,
    /// How often that began.
    failures: u64,
    /// How many connections were closed because opening them panicked.
    panics: u64,
}

impl Accepting {
    async fn accepted(&mut self, ctx: &Context, stream: TcpStream, peer: SocketAddr) {
        let opening = Opening {
            stream,
            direction: TcpDirection::Incoming,
            peer: peer.to_string(),
            flow: ctx.flow_controls().generate_flow_control_id(),
            limits: self.limits.clone(),
            accepted: Some(Accepted {
                spawner: self.info.flow.clone(),
                permit: self.info.permits.take(peer.ip()),
                budget: Arc::clone(&self.budget),
                queued: self.info.queued.clone(),
            }),
            redial: None,
        };
        if let Err(error) = opening.open(ctx, &self.registry).await {
            tracing::debug!(%peer, %error, "a connection could not be opened");
        }
    }
}

impl Accepting {
    /// The system gave no socket. The log is told once until it gives one again, and only of the
    /// first, the tenth, the hundredth time: peers that connect and go can make it so each time.
    #[cold]
    fn failed(&mut self, error: &io::Error) {
        let address = self.info.socket_address;
        if self.failed == 0 {
            self.failures += 1;
        }
        let count = self.failures;
        if self.failed == 0 && is_told(count) {
            tracing::warn!(
                %address, %error, count,
                "cannot accept connections: trying again every {PAUSE:?}. If there are too many \
                 open files, raise the limit of the process or lower with_connection_limit"
            );
        } else {
            tracing::debug!(%address, %error, "cannot accept connections");
        }
        self.failed += 1;
    }

    fn recovered(&mut self) {
        if self.failed > 0 {
            let (address, failures) = (self.info.socket_address, mem::take(&mut self.failed));
            if is_told(self.failures) {
                tracing::info!(%address, failures, "accepting connections again");
            }
        }
    }
}

impl Processor for Accepting {
    type Context = Context;

    async fn process(&mut self, ctx: &mut Context) -> Result<bool> {
        match self.socket.accept().await {
            Ok((stream, peer)) => {
                self.recovered();
                let address = self.info.socket_address;
                if unless_it_panics(self.accepted(ctx, stream, peer)).await.is_none() {
                    self.panics += 1;
                    let count = self.panics;
                    if is_told(count) {
                        let text = "opening a connection panicked: it is closed";
                        tracing::error!(%address, %peer, count, "{text}");
                    }
                }
            }
            // The peer has gone already.
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
            Err(error) => {
                self.failed(&error);
                ctx.sleep(PAUSE).await;
            }
        }
        Ok(true)
    }
}

/// However it ends: one that was killed is not listed either.
impl Drop for Accepting {
    fn drop(&mut self) {
        self.registry.remove_listener(&self.info.address);
    }
}

/// Runs a future; `None` says that it panicked. What the program brings, such as its random source,
/// runs while a connection is opened, and a panic there ends that connection and not the listener.
async fn unless_it_panics<F: Future>(future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    poll_fn(|cx| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx))) {
        Ok(polled) => polled.map(Some),
        Err(payload) => {
            // Dropping the payload runs code of the program once more.
            mem::forget(payload);
            Poll::Ready(None)
        }
    })
    .await
}
