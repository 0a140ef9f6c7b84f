//! Asks: the reply slot is free, and an answer that comes later is a dead letter.

use super::{Drops, SlowWire, all_of, at_each_await};
use crate::drops::Moment;
use crate::support::{Echoer, lock, node, settle, soon};
use ockam_core::{Any, DenyAll, ErrorKind, Result, Route, Routed, TCP, Worker, route};
use ockam_node::{Context, DeadLetterReason, MessageSendReceiveOptions, WorkerBuilder};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// The ways to ask.
#[derive(Clone, Copy, Debug)]
enum Way {
    Context,
    Handle,
    WithTimeout,
    WithoutTimeout,
    /// On a route for which a transport connects first.
    Resolved,
}

const WAYS: [Way; 5] =
    [Way::Context, Way::Handle, Way::WithTimeout, Way::WithoutTimeout, Way::Resolved];

impl Way {
    async fn ask(self, ctx: &Context, to: &str) -> Result<()> {
        let body = "?".to_string();
        let options = MessageSendReceiveOptions::new();
        let route = route![to, "behind"];
        let answer = match self {
            Way::Context => ctx.send_and_receive::<String>(route, body).await?,
            Way::Handle => ctx.handle().send_and_receive::<String>(route, body).await?,
            Way::WithTimeout => {
                let options = options.with_timeout(Duration::from_secs(20));
                ctx.send_and_receive_extended::<String>(route, body, options).await?.body()
            }
            Way::WithoutTimeout => {
                let options = options.without_timeout();
                let handle = ctx.handle();
                handle.send_and_receive_extended::<String>(route, body, options).await?.body()
            }
            Way::Resolved => {
                let route = route![(TCP, to), "behind"];
                ctx.send_and_receive::<String>(route, body).await?
            }
        };
        assert_eq!(answer, "!");
        Ok(())
    }

    /// How many places there are at least at which it can be dropped.
    fn awaits(self) -> usize {
        match self {
            Way::Resolved => 4,
            _ => 2,
        }
    }
}

/// Keeps the ways back of the questions.
#[derive(Clone, Default)]
struct Questions(Arc<Mutex<Vec<Route>>>);

impl Questions {
    fn take(&self) -> Vec<Route> {
        std::mem::take(&mut *lock(&self.0))
    }

    fn last(&self) -> Option<Route> {
        lock(&self.0).last().cloned()
    }
}

impl Worker for Questions {
    type Context = Context;
    type Message = Any;

    async fn handle_message(&mut self, _: &mut Context, msg: Routed<Any>) -> Result<()> {
        lock(&self.0).push(msg.return_route());
        Ok(())
    }
}

/// Answers from `from` as soon as there is a question. Returns how that went.
fn answer(from: &Context, questions: &Questions) -> tokio::task::JoinHandle<Option<Result<()>>> {
    let (handle, questions) = (from.handle(), questions.clone());
    tokio::spawn(async move {
        settle().await;
        let back = questions.last()?;
        Some(handle.send(back, "!".to_string()).await)
    })
}

/// Checks that nobody is at the reply slots of some questions any more, that a late answer counts,
/// and that the next ask is answered.
async fn assert_over(ctx: &Context, from: &Context, kind: ErrorKind, questions: &Questions) {
    let reason = match kind {
        ErrorKind::Denied => DeadLetterReason::Denied,
        _ => DeadLetterReason::NotFound,
    };
    for back in questions.take() {
        let before = ctx.dead_letters().count(reason);
        let late = from.try_send(back, "late".to_string()).unwrap_err();
        assert_eq!(late.kind(), kind);
        assert_eq!(ctx.dead_letters().count(reason), before + 1);
    }
    let next = ctx.send_and_receive::<String>("echoer", "next".to_string());
    assert_eq!(soon(next).await.unwrap(), "next");
}

/// Drops an ask of a worker on this node.
async fn drop_ask(way: Way, drops: Drops) -> bool {
    let mut ctx = node();
    ctx.register_transport(Arc::new(SlowWire)).unwrap();
    let questions = Questions::default();
    ctx.start_worker("asked", questions.clone()).await.unwrap();
    ctx.start_worker("echoer", Echoer).await.unwrap();
    let everything = all_of(&ctx);
    let answering = answer(&ctx, &questions);
    let answered = soon(drops.run(way.ask(&ctx, "asked"))).await.transpose().unwrap();
    let answer = soon(answering).await.unwrap();
    let not_found = ctx.dead_letters().count(DeadLetterReason::NotFound);
    match &answer {
        Some(Err(error)) => {
            assert_eq!((error.kind(), not_found), (ErrorKind::NotFound, 1), "{way:?} {drops:?}");
        }
        Some(Ok(())) => {
            // It came before the drop.
            assert!(
                answered.is_some() || matches!(drops.moment, Moment::Woken),
                "{way:?} {drops:?}"
            );
            assert_eq!(not_found, 0, "{way:?} {drops:?}");
        }
        None => assert_eq!(not_found, 0, "{way:?} {drops:?}"),
    }
    assert_eq!(all_of(&ctx), everything);
    assert_over(&ctx, &ctx, ErrorKind::NotFound, &questions).await;
    assert!(ctx.try_receive::<String>().unwrap().is_none(), "no answer goes astray");
    answered.is_some()
}

#[tokio::test]
async fn an_ask_that_is_dropped_leaves_no_slot_and_a_later_answer_is_a_dead_letter() {
    for way in WAYS {
        at_each_await(way.awaits(), async |drops: Drops| drop_ask(way, drops).await).await;
    }
}

/// Drops an ask that goes out over a connection.
async fn drop_ask_over_a_connection(way: Way, drops: Drops) -> bool {
    let ctx = node();
    ctx.register_transport(Arc::new(SlowWire)).unwrap();
    let (questions, flows) = (Questions::default(), ctx.flow_controls());
    let id = flows.generate_flow_control_id();
    flows.add_producer("receiver", &id, None, vec!["sender".into()]);
    let gate = flows.gate("receiver");
    let receiver = ctx.new_detached("receiver", DenyAll, gate).await.unwrap();
    ctx.start_worker("sender", questions.clone()).await.unwrap();
    ctx.start_worker("echoer", Echoer).await.unwrap();
    let everything = all_of(&ctx);
    let answering = answer(&receiver, &questions);
    let answered = soon(drops.run(way.ask(&ctx, "sender"))).await.transpose().unwrap();
    assert_eq!(all_of(&ctx), everything, "{way:?} {drops:?}: no answer is expected any more");
    let answer = soon(answering).await.unwrap();
    let denied = ctx.dead_letters().count(DeadLetterReason::Denied);
    match answer {
        Some(Err(error)) => {
            assert_eq!((error.kind(), denied), (ErrorKind::Denied, 1), "{way:?} {drops:?}");
        }
        Some(Ok(())) | None => assert_eq!(denied, 0, "{way:?} {drops:?}"),
    }
    assert_over(&ctx, &receiver, ErrorKind::Denied, &questions).await;
    answered.is_some()
}

#[tokio::test]
async fn an_ask_over_a_connection_that_is_dropped_lets_no_answer_in_any_more() {
    for way in WAYS {
        let case = async |drops: Drops| drop_ask_over_a_connection(way, drops).await;
        at_each_await(way.awaits(), case).await;
    }
}

/// Takes nothing as long as `0` says so.
struct Held(crate::support::Gate, Questions);

impl Worker for Held {
    type Context = Context;
    type Message = Any;

    async fn handle_message(&mut self, ctx: &mut Context, msg: Routed<Any>) -> Result<()> {
        self.0.enter().await;
        self.1.handle_message(ctx, msg).await
    }
}

#[tokio::test]
async fn an_ask_that_is_dropped_in_line_was_not_asked() {
    at_each_await(3, async |drops: Drops| {
        let (ctx, gate) = (node(), crate::support::Gate::new());
        let questions = Questions::default();
        let held = WorkerBuilder::new(Held(gate.clone(), questions.clone()));
        held.with_address("small").with_mailbox_capacity(1).start(&ctx).await.unwrap();
        ctx.start_worker("echoer", Echoer).await.unwrap();
        for text in ["handled", "queued"] {
            ctx.send("small", text.to_string()).await.unwrap();
            settle().await;
        }
        let everything = all_of(&ctx);
        let answering = tokio::spawn({
            let (handle, questions, gate) = (ctx.handle(), questions.clone(), gate.clone());
            async move {
                settle().await;
                gate.open(3);
                settle().await;
                let asked = questions
                    .take()
                    .into_iter()
                    .find(|back| *back.first().unwrap() != "app".into());
                match asked {
                    Some(back) => Some(handle.send(back, "!".to_string()).await),
                    None => None,
                }
            }
        });
        let answered = soon(drops.run(Way::Context.ask(&ctx, "small"))).await.transpose().unwrap();
        let was_asked = soon(answering).await.unwrap().is_some();
        assert!(was_asked || answered.is_none());
        assert!(!was_asked || drops.polls >= 2, "{drops:?}: it was in line");
        assert_eq!(all_of(&ctx), everything);
        assert_over(&ctx, &ctx, ErrorKind::NotFound, &Questions::default()).await;
        answered.is_some()
    })
    .await;
}

#[tokio::test]
async fn a_watch_of_a_connection_that_is_dropped_leaves_nothing() {
    at_each_await(2, async |drops: Drops| {
        let ctx = node();
        let id = ctx.flow_controls().generate_flow_control_id();
        ctx.flow_controls().add_producer("receiver", &id, None, vec!["sender".into()]);
        let everything = all_of(&ctx);
        let lost = ctx.connection_lost(&"sender".into()).unwrap().unwrap();
        assert_ne!(all_of(&ctx), everything, "it is seen when something waits");
        let ending = tokio::spawn({
            let handle = ctx.handle();
            async move {
                settle().await;
                handle.fail_asks_over(&"receiver".into(), "it was lost");
            }
        });
        let is_lost = soon(drops.run(lost)).await;
        assert_eq!(all_of(&ctx), everything);
        soon(ending).await.unwrap();
        is_lost.is_some()
    })
    .await;
}
