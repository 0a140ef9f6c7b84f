//! The workers, rules and messages of the program, each call of which is a place that can panic.

use crate::fuse::{OnDrop, Point};
use ockam::access_control::{
    Authorization, IncomingAccessControl, OutgoingAccessControl, RelayMessage,
};
use ockam::routing::TransportType;
use ockam::transport::Transport;
use ockam::{
    Address, Any, Context, Error, ErrorKind, Handle, LocalMessage, Message, Processor, Result,
    Routed, Worker,
};
use ockam_core::Resolving;
use ockam_node::Shortcut;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::future::pending;

/// The body of most messages.
#[derive(Debug)]
pub(crate) struct Body {
    pub(crate) number: u64,
    _held: OnDrop,
}

impl Message for Body {}

impl Body {
    pub(crate) fn new(number: u64) -> Self {
        Body { number, _held: OnDrop(Point::DropBody) }
    }

    /// One that is never handled.
    pub(crate) fn queued() -> Self {
        Body { number: 0, _held: OnDrop(Point::DropQueuedBody) }
    }
}

impl Serialize for Body {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Point::Serialize.reach();
        self.number.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Body {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Point::Deserialize.reach();
        u64::deserialize(deserializer).map(Body::new)
    }
}

/// Lets everything pass, after a while.
#[derive(Debug)]
pub(crate) struct Rule {
    now: Point,
    later: Point,
    _drop: OnDrop,
}

impl Rule {
    pub(crate) fn incoming() -> Self {
        let _drop = OnDrop(Point::DropRule);
        Rule { now: Point::IncomingRule, later: Point::IncomingRuleLater, _drop }
    }

    pub(crate) fn outgoing() -> Self {
        let _drop = OnDrop(Point::DropRule);
        Rule { now: Point::OutgoingRule, later: Point::OutgoingRuleLater, _drop }
    }

    /// That of a worker that goes on until the stop.
    pub(crate) fn resident() -> Self {
        let _drop = OnDrop(Point::DropResidentRule);
        Rule { now: Point::IncomingRule, later: Point::IncomingRuleLater, _drop }
    }

    fn ask<'a>(&self) -> Authorization<'a> {
        let later = self.later;
        self.now.reach();
        Authorization::Later(Box::pin(async move {
            later.reach_later().await;
            Ok(true)
        }))
    }
}

impl IncomingAccessControl for Rule {
    fn is_authorized<'a>(&'a self, _: RelayMessage<'a>) -> Authorization<'a> {
        self.ask()
    }
}

impl OutgoingAccessControl for Rule {
    fn is_authorized<'a>(&'a self, _: RelayMessage<'a>) -> Authorization<'a> {
        self.ask()
    }
}

/// Decides who may register a relay.
#[derive(Debug)]
pub(crate) struct RelayRule;

impl IncomingAccessControl for RelayRule {
    fn is_authorized<'a>(&'a self, _: RelayMessage<'a>) -> Authorization<'a> {
        Point::RelayRule.reach();
        Authorization::Allowed
    }
}

/// Answers with a number that is one more.
pub(crate) struct Victim {
    _held: OnDrop,
}

impl Victim {
    pub(crate) fn new() -> Self {
        Victim { _held: OnDrop(Point::DropWorker) }
    }
}

impl Worker for Victim {
    type Context = Context;
    type Message = Body;

    async fn initialize(&mut self, _: &mut Context) -> Result<()> {
        Point::Initialize.reach();
        Point::InitializeLater.reach_later().await;
        Ok(())
    }

    async fn handle_message(&mut self, ctx: &mut Context, msg: Routed<Body>) -> Result<()> {
        let _held = OnDrop(Point::DropHandler);
        Point::Handler.reach();
        Point::HandlerLater.reach_later().await;
        ctx.send(msg.return_route(), Body::new(msg.as_body().number + 1)).await
    }

    async fn shutdown(&mut self, _: &mut Context) -> Result<()> {
        Point::Shutdown.reach();
        Point::ShutdownLater.reach_later().await;
        Ok(())
    }
}

/// The same in a closure.
pub(crate) async fn closure(ctx: Handle, msg: Routed<Body>) -> Result<()> {
    Point::ClosureLater.reach_later().await;
    ctx.send(msg.return_route(), Body::new(msg.as_body().number + 1)).await
}

/// Panics always, with messages in its queue.
pub(crate) struct Doomed;

/// What it says, which is not injected.
pub(crate) const DOOM: &str = "as every time";

impl Worker for Doomed {
    type Context = Context;
    type Message = Any;

    async fn handle_message(&mut self, _: &mut Context, _: Routed<Any>) -> Result<()> {
        tokio::task::yield_now().await;
        panic!("{DOOM}");
    }
}

/// Fails with an error of the program's.
pub(crate) struct Failing;

#[derive(Debug)]
struct Failure {
    _held: OnDrop,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Point::ErrorText.reach();
        f.write_str("as it has to")
    }
}

impl std::error::Error for Failure {}

impl Worker for Failing {
    type Context = Context;
    type Message = Body;

    async fn handle_message(&mut self, _: &mut Context, _: Routed<Body>) -> Result<()> {
        Err(Error::with_kind(ErrorKind::Application, Failure { _held: OnDrop(Point::DropError) }))
    }
}

/// A way past the mailbox that takes nothing.
pub(crate) struct Cut {
    _held: OnDrop,
}

impl Cut {
    pub(crate) fn new() -> Self {
        Cut { _held: OnDrop(Point::DropShortcut) }
    }
}

impl Shortcut for Cut {
    fn take(&self, _: &Handle, message: LocalMessage) -> Result<(), LocalMessage> {
        Point::Shortcut.reach();
        Err(message)
    }
}

/// Works for three rounds.
pub(crate) struct Rounds {
    done: u32,
    _held: OnDrop,
}

impl Rounds {
    pub(crate) fn new() -> Self {
        Rounds { done: 0, _held: OnDrop(Point::DropProcessor) }
    }
}

impl Processor for Rounds {
    type Context = Context;

    async fn initialize(&mut self, _: &mut Context) -> Result<()> {
        Point::ProcessorInitialize.reach();
        Ok(())
    }

    async fn process(&mut self, _: &mut Context) -> Result<bool> {
        Point::Round.reach();
        Point::RoundLater.reach_later().await;
        self.done += 1;
        Ok(self.done < 3)
    }

    async fn shutdown(&mut self, _: &mut Context) -> Result<()> {
        Point::ProcessorShutdown.reach();
        Ok(())
    }
}

/// Is there until the node stops.
pub(crate) struct Resident {
    _held: OnDrop,
}

impl Resident {
    pub(crate) fn new() -> Self {
        Resident { _held: OnDrop(Point::DropResident) }
    }
}

impl Worker for Resident {
    type Context = Context;
    type Message = Any;

    async fn handle_message(&mut self, _: &mut Context, _: Routed<Any>) -> Result<()> {
        Ok(())
    }

    async fn shutdown(&mut self, _: &mut Context) -> Result<()> {
        Point::ResidentShutdown.reach();
        Point::ResidentShutdownLater.reach_later().await;
        Ok(())
    }
}

/// Waits in its round until the node stops.
pub(crate) struct Waiting;

impl Processor for Waiting {
    type Context = Context;

    async fn process(&mut self, _: &mut Context) -> Result<bool> {
        let _held = OnDrop(Point::ResidentRoundDropped);
        pending().await
    }
}

/// The type of the addresses that [`Ways`] knows.
pub(crate) const WAY: TransportType = TransportType::new(b'w');

/// A transport whose addresses are workers of the same node.
#[derive(Debug)]
pub(crate) struct Ways;

impl Transport for Ways {
    fn transport_type(&self) -> TransportType {
        WAY
    }

    fn resolve<'a>(&'a self, address: &'a Address) -> Resolving<'a> {
        Point::Resolve.reach();
        Box::pin(async move {
            Point::ResolveLater.reach_later().await;
            Ok(Address::from(address.address()))
        })
    }
}
