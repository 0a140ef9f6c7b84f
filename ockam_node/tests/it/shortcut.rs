//! The way past a worker's mailbox.

use crate::support::{Gate, Trace, eventually, node, settle, soon};
use ockam_core::{
    AllowAll, Any, DenyAll, ErrorKind, LocalInfo, LocalMessage, Mailbox, Message, Result, Routed,
    Worker,
};
use ockam_node::{Context, Handle, Shortcut, WorkerBuilder};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

fn read<M: Message>(message: LocalMessage) -> M {
    Routed::<M>::decode(message).ok().unwrap().body()
}

/// Notes its messages, those that come through the mailbox and those that do not.
#[derive(Clone)]
struct Noter {
    trace: Trace,
    gate: Option<Gate>,
    asked: Arc<AtomicUsize>,
    /// One in so many is given back.
    gives_back: usize,
}

impl Noter {
    fn new(trace: &Trace) -> Self {
        Noter { trace: trace.clone(), gate: None, asked: Arc::default(), gives_back: usize::MAX }
    }

    fn at(self, address: &str) -> WorkerBuilder<Noter> {
        let shortcut = self.clone();
        WorkerBuilder::new(self).with_address(address).with_shortcut(shortcut)
    }
}

impl Worker for Noter {
    type Context = Context;
    type Message = Any;

    async fn initialize(&mut self, _: &mut Context) -> Result<()> {
        if let Some(gate) = &self.gate {
            gate.enter().await;
        }
        Ok(())
    }

    async fn handle_message(&mut self, _: &mut Context, msg: Routed<Any>) -> Result<()> {
        tokio::task::yield_now().await;
        let marked = if msg.find_local_info::<&str>().is_some() { "marked " } else { "" };
        self.trace.add(format!("{marked}{}", read::<u32>(msg.into_local_message())));
        Ok(())
    }
}

impl Shortcut for Noter {
    fn take(&self, worker: &Handle, mut message: LocalMessage) -> Result<(), LocalMessage> {
        let asked = self.asked.fetch_add(1, Ordering::Relaxed) + 1;
        if asked.is_multiple_of(self.gives_back) {
            message.local_info_mut().push(LocalInfo::new("given back"));
            return Err(message);
        }
        self.trace.add(format!("{} past {}", read::<u32>(message), worker.primary_address()));
        Ok(())
    }
}

#[tokio::test]
async fn a_worker_at_rest_has_messages_handled_where_they_are_sent() {
    let (ctx, trace) = (node(), Trace::new());
    Noter::new(&trace).at("it").start(&ctx).await.unwrap();
    ctx.send("it", 1u32).await.unwrap();
    ctx.try_send("it", 2u32).unwrap();
    assert_eq!(trace.events(), ["1 past 0#it", "2 past 0#it"], "before anything else could run");
}

/// After a message it keeps its task for a while, and is at rest all the same.
#[tokio::test]
async fn a_worker_that_has_just_handled_a_message_is_at_rest() {
    let (ctx, trace) = (node(), Trace::new());
    let noter = Noter { gives_back: 2, ..Noter::new(&trace) };
    noter.clone().at("it").start(&ctx).await.unwrap();
    for number in 1..=3u32 {
        ctx.send("it", number).await.unwrap();
        settle().await;
    }
    assert_eq!(trace.events(), ["1 past 0#it", "marked 2", "3 past 0#it"]);
}

#[tokio::test]
async fn what_is_given_back_goes_to_the_mailbox_as_it_was_given_back() {
    let (ctx, trace) = (node(), Trace::new());
    Noter { gives_back: 1, ..Noter::new(&trace) }.at("it").start(&ctx).await.unwrap();
    ctx.send("it", 1u32).await.unwrap();
    assert!(trace.events().is_empty());
    ctx.send("it", 2u32).await.unwrap();
    ctx.stop_worker("it").await.unwrap();
    assert_eq!(trace.events(), ["marked 1", "2"], "with one in the mailbox nobody is asked");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_of_one_sender_stay_in_order() {
    let (ctx, trace) = (node(), Trace::new());
    let noter = Noter { gives_back: 3, ..Noter::new(&trace) };
    noter.clone().at("it").start(&ctx).await.unwrap();
    let mut sent = 0u32;
    for _ in 0..100 {
        // The first goes past the mailbox or is given back, and then others are behind it.
        for _ in 0..5 {
            ctx.send("it", sent).await.unwrap();
            sent += 1;
        }
        eventually("all are handled", || trace.events().len() == sent as usize).await;
    }
    ctx.stop_worker("it").await.unwrap();
    let events = trace.events();
    let numbers = events.iter().map(|event| {
        let number = event.trim_start_matches("marked ").split(' ').next().unwrap();
        number.parse::<u32>().unwrap()
    });
    assert!(numbers.eq(0..sent), "{events:?}");
    let past = events.iter().filter(|event| event.contains("past")).count();
    assert!(past > 0 && past < events.len(), "both ways were used: {past}");
}

#[tokio::test]
async fn nobody_is_asked_about_what_an_access_control_refuses() {
    let (ctx, trace) = (node(), Trace::new());
    let noter = Noter::new(&trace);
    let builder = noter.clone().at("it").with_mailboxes(Mailbox::new("it", DenyAll, AllowAll));
    builder.start(&ctx).await.unwrap();
    let error = ctx.send("it", 1u32).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Denied);
    assert_eq!(noter.asked.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn nobody_is_asked_before_the_start_is_over_or_after_the_end() {
    let (ctx, trace) = (node(), Trace::new());
    let gate = Gate::new();
    let noter = Noter { gate: Some(gate.clone()), ..Noter::new(&trace) };
    let (handle, builder) = (ctx.handle(), noter.clone().at("it"));
    let starting = tokio::spawn(async move { builder.start(&handle).await });
    soon(gate.reached()).await;
    ctx.send("it", 1u32).await.unwrap();
    gate.open(1);
    soon(starting).await.unwrap().unwrap();
    ctx.stop_worker("it").await.unwrap();
    assert_eq!(ctx.send("it", 2u32).await.unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(trace.events(), ["1"]);
    assert_eq!(noter.asked.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn a_shortcut_lives_as_long_as_its_worker_and_is_nobody_elses() {
    let (ctx, trace) = (node(), Trace::new());
    let first = Noter::new(&trace);
    first.clone().at("it").start(&ctx).await.unwrap();
    let error = Noter::new(&trace).at("it").start(&ctx).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AlreadyExists);
    ctx.send("it", 1u32).await.unwrap();
    assert_eq!(first.asked.load(Ordering::Relaxed), 1);
    ctx.stop_worker("it").await.unwrap();
    assert_eq!(Arc::strong_count(&first.asked), 1, "worker and shortcut are gone");

    let second = Noter::new(&trace);
    second.clone().at("it").start(&ctx).await.unwrap();
    ctx.send("it", 2u32).await.unwrap();
    assert_eq!(second.asked.load(Ordering::Relaxed), 1);
}

/// Panics with each message.
struct Panics;

impl Shortcut for Panics {
    fn take(&self, _: &Handle, _: LocalMessage) -> Result<(), LocalMessage> {
        panic!("it was a dead end");
    }
}

#[tokio::test]
async fn a_shortcut_that_panics_tells_its_asker_and_is_not_asked_again() {
    let (ctx, trace) = (node(), Trace::new());
    let builder = WorkerBuilder::new(Noter::new(&trace)).with_address("it").with_shortcut(Panics);
    builder.start(&ctx).await.unwrap();
    let error = soon(ctx.send_and_receive::<u32>("it", 1u32)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Panicked);
    assert_eq!(error.to_string(), "the shortcut of 0#it panicked: it was a dead end");
    ctx.send("it", 2u32).await.unwrap();
    ctx.stop_worker("it").await.unwrap();
    assert_eq!(trace.events(), ["2"]);
}
