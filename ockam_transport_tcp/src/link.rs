//! One connection as its two workers share it: addresses, whether it is up, and its end.
//!
//! ```text
//!        socket failed                    dialled again
//!   Up ────────────────> Broken(why) ───────────────────> Up
//!    └── end ──> Ended(why) <── end ──┘
//! ```
//!
//! Whoever finds the socket failed breaks the link. Only the receiver ends it or recovers it, because
//! only the receiver knows that everything that arrived was delivered. A sender that is stopped
//! ends it as well, since nobody can send through it any more.

use crate::direction::TcpDirection;
use crate::socket;
use crate::traffic::Traffic;
use core::fmt;
use core::sync::atomic::{AtomicBool, Ordering};
use ockam_core::{Address, FlowControlId};
use ockam_node::{Handle, LinkGuard, LinkKind, LinkState, Turn};
use std::io;
use std::sync::{Arc, OnceLock};
use tokio::net::TcpStream;
use tokio::net::tcp::OwnedWriteHalf;
use tokio::sync::watch;

/// Why a connection ended that nobody else ended.
pub(crate) const CLOSED_HERE: &str = "it was closed on this side";

/// Where a connection is.
#[derive(Clone, Debug)]
pub(crate) enum Phase {
    Up(Arc<OwnedWriteHalf>),
    /// The socket failed. Nothing is sent; what has arrived is still delivered.
    Broken(Arc<str>),
    Ended(Arc<str>),
}

/// Takes a connection that ends off the lists in which it is.
pub(crate) type OnEnd = Box<dyn Fn(&Link) + Send + Sync>;

pub(crate) struct Link {
    sender: Address,
    receiver: Address,
    flow: FlowControlId,
    direction: TcpDirection,
    /// In the list of the node's links, by the name of the other side: as the program named it, or
    /// its socket's address.
    entry: LinkGuard,
    phase: watch::Sender<Phase>,
    /// A broken link will be made again. It is `false` before those who follow the phase are woken.
    reconnects: AtomicBool,
    /// Why something that was sent before the connection was closed has not arrived.
    tail_loss: OnceLock<String>,
    traffic: Traffic,
    turn: Turn,
    /// Is called once, when the connection ends.
    on_end: OnEnd,
}

impl Link {
    /// Makes the link of a connection whose workers are yet to be started.
    pub(crate) fn new(
        ctx: &Handle,
        on_end: OnEnd,
        flow: FlowControlId,
        (direction, peer): (TcpDirection, String),
        stream: OwnedWriteHalf,
        reconnects: bool,
    ) -> Arc<Self> {
        let traffic = Traffic::default();
        traffic.look(stream.as_ref());
        let sender = ctx.random_local();
        let entry = ctx.add_link(LinkKind::Connection, &sender, peer, LinkState::Up);
        let entry = match direction {
            TcpDirection::Outgoing => entry,
            TcpDirection::Incoming => entry.made_by_peer(),
        };
        Arc::new(Link {
            sender,
            receiver: ctx.random_local(),
            flow,
            direction,
            entry,
            phase: watch::Sender::new(Phase::Up(Arc::new(stream))),
            reconnects: AtomicBool::new(reconnects),
            tail_loss: OnceLock::new(),
            traffic,
            turn: Turn::new(),
            on_end,
        })
    }

    pub(crate) fn sender(&self) -> &Address {
        &self.sender
    }

    pub(crate) fn receiver(&self) -> &Address {
        &self.receiver
    }

    pub(crate) fn flow(&self) -> &FlowControlId {
        &self.flow
    }

    pub(crate) fn direction(&self) -> TcpDirection {
        self.direction
    }

    pub(crate) fn peer(&self) -> &str {
        self.entry.name()
    }

    /// Where the link is, for the program.
    pub(crate) fn entry(&self) -> &LinkGuard {
        &self.entry
    }

    pub(crate) fn traffic(&self) -> &Traffic {
        &self.traffic
    }

    pub(crate) fn phase(&self) -> Phase {
        self.phase.borrow().clone()
    }

    /// Calls `f` with where the link is, which stays so in the meantime.
    pub(crate) fn with_phase<R>(&self, f: impl FnOnce(&Phase) -> R) -> R {
        f(&self.phase.borrow())
    }

    /// When a message is written where it is sent.
    pub(crate) fn turn(&self) -> &Turn {
        &self.turn
    }

    pub(crate) fn has_ended(&self) -> bool {
        matches!(*self.phase.borrow(), Phase::Ended(_))
    }

    /// Follows where the link is.
    pub(crate) fn follow(&self) -> watch::Receiver<Phase> {
        self.phase.subscribe()
    }

    /// Tells whether the connection is made again when its socket fails.
    pub(crate) fn reconnects(&self) -> bool {
        self.reconnects.load(Ordering::SeqCst)
    }

    /// Says that the connection is being closed: it is not made again any more, and an attempt to do
    /// so ends.
    pub(crate) fn close(&self) {
        self.reconnects.store(false, Ordering::SeqCst);
        // Who waits for another phase finds out that there will be none.
        self.phase.send_modify(|_| ());
    }

    /// Ends the socket for good, because a half of the connection is gone that did not end it: the
    /// program has killed it.
    pub(crate) fn abandon(&self, why: &str) {
        if !self.has_ended() {
            self.close();
            self.break_off(why);
        }
    }

    /// Notes that something that was sent before the connection was closed has not arrived.
    pub(crate) fn lost_the_tail(&self, why: &str) {
        // What was found first is the cause of what was found later.
        let _ = self.tail_loss.set(why.into());
    }

    /// Returns why something that was sent before the connection was closed has not arrived.
    pub(crate) fn tail_loss(&self) -> Option<&str> {
        self.tail_loss.get().map(String::as_str)
    }

    /// Waits until the connection is not made again any more.
    pub(crate) async fn closed(&self) {
        let mut phase = self.follow();
        while self.reconnects() && !self.has_ended() {
            // The sender is this link's, so it is never an error.
            let _ = phase.changed().await;
        }
    }

    /// Says that the socket failed, unless that is known. Whoever waits for it is woken.
    pub(crate) fn break_off(&self, why: &str) {
        self.break_off_if(why, |_| true);
    }

    /// Tells the program of a socket that has failed and for which there will be no other. Nothing is
    /// locked by the caller: code of the program may be woken.
    pub(crate) fn report_failure(&self) {
        if let Phase::Broken(why) = self.phase()
            && !self.reconnects()
            && self.entry.status().state.is_up()
        {
            self.entry.down(|| why.to_string());
        }
    }

    /// As [`break_off`](Self::break_off), unless there is another socket by now.
    pub(crate) fn break_off_from(&self, failed: &Arc<OwnedWriteHalf>, why: &str) {
        self.break_off_if(why, |stream| Arc::ptr_eq(stream, failed));
    }

    /// Takes note of an error of writing, while the queue is still locked.
    ///
    /// The system tells an error of a socket once, to the half that asks first. The other half sees a
    /// clean end or a closed pipe, and looks here for the reason. So a closed pipe is none.
    pub(crate) fn write_failed(&self, stream: &Arc<OwnedWriteHalf>, error: &io::Error) {
        if error.kind() != io::ErrorKind::BrokenPipe {
            self.break_off_from(stream, &socket::reason(error));
        }
    }

    /// Returns why the socket failed, if it has.
    pub(crate) fn failure(&self) -> Option<Arc<str>> {
        match &*self.phase.borrow() {
            Phase::Broken(why) => Some(self.ended(why).into()),
            Phase::Ended(why) => Some(Arc::clone(why)),
            Phase::Up(_) => None,
        }
    }

    fn break_off_if(&self, why: &str, is_meant: impl FnOnce(&Arc<OwnedWriteHalf>) -> bool) {
        self.phase.send_if_modified(|phase| match phase {
            Phase::Up(stream) if is_meant(stream) => {
                self.count_lost(stream.as_ref().as_ref(), why);
                socket::cut(stream.as_ref().as_ref());
                *phase = Phase::Broken(why.into());
                true
            }
            _ => false,
        });
    }

    /// Counts what was written to a socket that has failed and may not have arrived.
    fn count_lost(&self, stream: &TcpStream, why: &str) {
        let bytes = self.traffic.count_lost(stream);
        if bytes == 0 {
            return;
        }
        let text = "bytes that were written may not have arrived";
        match self.direction {
            TcpDirection::Outgoing => {
                tracing::warn!(connection = %self, at_most = bytes, why, "{text}")
            }
            // A peer cannot fill the log.
            TcpDirection::Incoming => {
                tracing::debug!(connection = %self, at_most = bytes, why, "{text}")
            }
        }
    }

    /// Goes on with a new socket, unless the link has ended in the meantime.
    pub(crate) fn recover(&self, stream: OwnedWriteHalf) -> bool {
        let stream = Arc::new(stream);
        self.traffic.look(stream.as_ref().as_ref());
        let recovered = self.phase.send_if_modified(|phase| {
            let broken = matches!(phase, Phase::Broken(_));
            if broken {
                *phase = Phase::Up(Arc::clone(&stream));
            }
            broken
        });
        if recovered {
            self.entry.up();
        }
        recovered
    }

    /// Ends the connection, once: its flow ends, and everybody who waits for it is told. Returns
    /// the socket if it has not failed; nobody but the caller uses it any more.
    pub(crate) fn end(&self, ctx: &Handle, why: &str) -> Option<Arc<OwnedWriteHalf>> {
        self.report_failure();
        let mut socket = None;
        let ended = self.phase.send_if_modified(|phase| {
            // What was found first is the cause of what was found later.
            let why = match phase {
                Phase::Up(stream) => {
                    socket = Some(Arc::clone(stream));
                    why
                }
                Phase::Broken(first) => &**first,
                Phase::Ended(_) => return false,
            };
            *phase = Phase::Ended(self.ended(why).into());
            true
        });
        if let (true, Phase::Ended(why)) = (ended, self.phase()) {
            tracing::debug!("{why}");
            self.entry.end();
            (self.on_end)(self);
            ctx.end_flow(&self.receiver, &*why);
        }
        socket
    }

    /// Ends the flow of what comes in, and nothing else.
    pub(crate) fn end_flow(&self, ctx: &Handle, why: &str) {
        ctx.end_flow(&self.receiver, self.ended(why));
    }

    /// Says why the connection is no more.
    pub(crate) fn ended(&self, why: &str) -> String {
        format!("{self} has ended: {why}")
    }
}

/// Reads as the subject of a sentence.
impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let direction = match self.direction {
            TcpDirection::Outgoing => "to",
            TcpDirection::Incoming => "from",
        };
        write!(f, "the TCP connection {direction} {}", self.peer())
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link")
            .field("peer", &self.peer())
            .field("sender", &self.sender)
            .finish_non_exhaustive()
    }
}
