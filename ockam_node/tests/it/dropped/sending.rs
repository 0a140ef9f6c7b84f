//! Sends: not sent, and nobody loses his place.

use super::{Drops, SlowWire, all_of, at_each_await, turns};
use crate::support::{Gate, Trace, Tracer, node, settle, soon};
use ockam_core::{
    AllowAll, Authorization, IncomingAccessControl, LocalMessage, Mailbox, Mailboxes,
    OutgoingAccessControl, RelayMessage, Result, Route, TCP, TransportMessage, encode,
};
use ockam_node::{Context, WorkerBuilder};
use std::sync::Arc;
use tokio::time::Instant;

/// A rule that says yes after some turns.
#[derive(Debug)]
struct Slow;

impl Slow {
    fn answer(&self) -> Authorization<'_> {
        Authorization::Later(Box::pin(async {
            turns(2).await;
            Ok(true)
        }))
    }
}

impl IncomingAccessControl for Slow {
    fn is_authorized<'a>(&'a self, _: RelayMessage<'a>) -> Authorization<'a> {
        self.answer()
    }
}

impl OutgoingAccessControl for Slow {
    fn is_authorized<'a>(&'a self, _: RelayMessage<'a>) -> Authorization<'a> {
        self.answer()
    }
}

/// The ways to send a message.
#[derive(Clone, Copy, Debug)]
enum Way {
    Send,
    SendFromAddress,
    Forward,
    ForwardFromAddress,
    /// On a route for which a transport connects first.
    Resolved,
}

impl Way {
    async fn send(self, from: &Context, to: &str) -> Result<()> {
        let body = "mine".to_string();
        match self {
            Way::Send => from.send(to, body).await,
            Way::SendFromAddress => from.send_from_address(to, body, "other").await,
            Way::Forward => from.forward(message(to)).await,
            Way::ForwardFromAddress => from.forward_from_address(message(to), "other").await,
            Way::Resolved => from.send(Route::from((TCP, to)), body).await,
        }
    }
}

fn message(to: &str) -> LocalMessage {
    let payload = encode(&"mine".to_string()).unwrap();
    TransportMessage::new(to, "from", payload).into()
}

/// Drops a send to a full mailbox, with one in line before it and one behind it. `true` says that
/// it was done.
async fn drop_in_line(way: Way, rule: bool, drops: Drops) -> bool {
    let (ctx, trace, gate) = (node(), Trace::new(), Gate::new());
    ctx.register_transport(Arc::new(SlowWire)).unwrap();
    let mailbox =
        if rule { Mailbox::new("small", Slow, AllowAll) } else { Mailbox::allow_all("small") };
    let worker = WorkerBuilder::new(Tracer::new(&trace).with_gate(&gate));
    worker.with_mailboxes(mailbox).with_mailbox_capacity(1).start(&ctx).await.unwrap();
    let own = |name: &str| {
        if rule { Mailbox::new(name, AllowAll, Slow) } else { Mailbox::allow_all(name) }
    };
    let mailboxes = Mailboxes::new(own("from"), vec![own("other")]);
    let from = ctx.new_detached_with_mailboxes(mailboxes).await.unwrap();
    ctx.send("small", "gate".to_string()).await.unwrap();
    gate.reached().await;
    ctx.send("small", "first".to_string()).await.unwrap();
    let (everything, begun) = (all_of(&ctx), Instant::now());
    let send = |name: &'static str| {
        let handle = ctx.handle();
        tokio::spawn(async move { handle.send("small", name.to_string()).await })
    };
    let before = send("before");
    settle().await;
    let opening = tokio::spawn({
        let gate = gate.clone();
        async move {
            settle().await;
            gate.open(1);
        }
    });
    let sent = soon(drops.run(way.send(&from, "small"))).await;
    let behind = send("behind");
    for other in [before, behind] {
        soon(other).await.unwrap().unwrap();
    }
    soon(opening).await.unwrap();
    assert_eq!(all_of(&ctx), everything);
    // Time passes on this clock only while everybody waits.
    assert!(begun.elapsed().is_zero(), "{way:?} {drops:?}: a place was held that nobody wants");
    ctx.stop_worker("small").await.unwrap();
    for other in ["first", "before", "behind"] {
        assert_eq!(trace.count(&format!("begin {other}")), 1, "{way:?} {drops:?}: {other}");
    }
    let is_sent = sent.transpose().unwrap().is_some();
    assert_eq!(trace.count("begin mine"), usize::from(is_sent), "{way:?} {drops:?}");
    is_sent
}

#[tokio::test(start_paused = true)]
async fn a_send_that_is_dropped_was_not_sent_and_nobody_loses_a_place() {
    for way in [Way::Send, Way::SendFromAddress, Way::Forward, Way::ForwardFromAddress] {
        at_each_await(2, async |drops: Drops| drop_in_line(way, false, drops).await).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_send_that_is_dropped_while_rules_are_asked_was_not_sent() {
    for way in [Way::Send, Way::SendFromAddress, Way::Forward, Way::ForwardFromAddress] {
        at_each_await(6, async |drops: Drops| drop_in_line(way, true, drops).await).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_send_that_is_dropped_while_a_transport_connects_was_not_sent() {
    for rule in [false, true] {
        at_each_await(4, async |drops: Drops| drop_in_line(Way::Resolved, rule, drops).await).await;
    }
}

#[tokio::test]
async fn a_resolve_that_is_dropped_leaves_nothing() {
    at_each_await(2, async |drops: Drops| {
        let ctx = node();
        ctx.register_transport(Arc::new(SlowWire)).unwrap();
        let everything = all_of(&ctx);
        let resolved = drops.run(ctx.resolve(Route::from((TCP, "app")))).await;
        assert_eq!(all_of(&ctx), everything);
        resolved.transpose().unwrap().is_some()
    })
    .await;
}
