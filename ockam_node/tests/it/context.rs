//! Contexts: detached ones, several addresses, receiving, and what a node knows about its workers.

use crate::support::{
    Collector, Echoer, Gate, Outcome, Trace, Tracer, collect, collected, node, poll, settle, soon,
};
use ockam_core::{Address, AllowAll, ErrorKind, Mailbox, Mailboxes, Result, Routed, Worker, route};
use ockam_node::{Context, DeadLetterReason, MessageReceiveOptions, NodeBuilder, WorkerBuilder};
use std::pin::pin;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::Instant;

#[tokio::test]
async fn a_detached_context_frees_its_addresses_when_it_is_dropped() {
    let ctx = node();
    for _ in 0..3 {
        let more = vec![Mailbox::allow_all("alias")];
        let mailboxes = Mailboxes::new(Mailbox::allow_all("other"), more);
        let other = ctx.new_detached_with_mailboxes(mailboxes).await.unwrap();
        assert_eq!(other.addresses(), ["other", "alias"].map(Address::from));
        assert!(ctx.is_worker_registered_at("alias"));
        ctx.send("alias", 1u32).await.unwrap();
        drop(other);
        for address in ["other", "alias"] {
            assert!(!ctx.is_worker_registered_at(address));
            let error = ctx.send(address, 1u32).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::NotFound);
        }
    }
    assert_eq!(ctx.list_workers(), [Address::from("app")]);
    assert_eq!(ctx.dead_letters().count(DeadLetterReason::Stopped), 3);
}

#[tokio::test]
async fn a_handle_of_a_dropped_context_goes_on_sending() {
    let ctx = node();
    let handle = ctx.new_detached("other", AllowAll, AllowAll).await.unwrap().handle();
    let mut arrived = collect::<u32>(&ctx, "collector").await;
    handle.send("collector", 1u32).await.unwrap();
    assert_eq!(soon(arrived.recv()).await, Some(1));
}

#[tokio::test]
async fn a_handle_is_send_sync_and_cheap_to_give_away() {
    fn is<T: Send + Sync + Clone + 'static>(_: &T) {}
    let mut ctx = node();
    is(&ctx.handle());
    let handle = ctx.handle();
    let thread = std::thread::spawn(move || handle.try_send("app", 7u8).is_ok());
    assert!(thread.join().unwrap());
    assert_eq!(soon(ctx.receive::<u8>()).await.unwrap(), 7);
}

/// Answers with the address at which it was reached.
struct Where;

impl Worker for Where {
    type Context = Context;
    type Message = String;

    async fn handle_message(&mut self, ctx: &mut Context, msg: Routed<String>) -> Result<()> {
        let here = msg.msg_addr();
        ctx.send_from_address(msg.return_route(), here.to_string(), here).await
    }
}

#[tokio::test]
async fn a_worker_is_reached_at_each_of_its_addresses_through_one_queue() {
    let ctx = node();
    let more = ["b", "c"].map(Mailbox::allow_all).into();
    let mailboxes = Mailboxes::new(Mailbox::allow_all("a"), more);
    WorkerBuilder::new(Where).with_mailboxes(mailboxes).start(&ctx).await.unwrap();
    for address in ["a", "b", "c"] {
        let ask = ctx.send_and_receive_extended::<String>(
            address,
            "where?".to_string(),
            Default::default(),
        );
        let answer = soon(ask).await.unwrap();
        assert_eq!(answer.sender().unwrap(), address.into());
        assert_eq!(answer.body(), format!("0#{address}"));
    }
    assert_eq!(ctx.list_workers(), ["a", "app"].map(Address::from));
    ctx.stop_worker("b").await.unwrap();
    for address in ["a", "b", "c"] {
        assert!(!ctx.is_worker_registered_at(address), "{address}");
    }
}

#[tokio::test]
async fn messages_to_several_addresses_of_a_worker_stay_in_order() {
    let ctx = node();
    let (sender, mut arrived) = mpsc::unbounded_channel();
    let more = vec![Mailbox::allow_all("b")];
    let mailboxes = Mailboxes::new(Mailbox::allow_all("a"), more);
    let worker = WorkerBuilder::new(Collector::<u32>(sender)).with_mailboxes(mailboxes);
    worker.with_mailbox_capacity(3).start(&ctx).await.unwrap();
    for number in 0..200u32 {
        ctx.send(if number % 2 == 0 { "a" } else { "b" }, number).await.unwrap();
    }
    ctx.stop_worker("a").await.unwrap();
    assert!(collected(&mut arrived).into_iter().eq(0..200));
}

#[tokio::test]
async fn a_message_can_be_sent_from_own_addresses_only() {
    let mut ctx = node();
    let mailboxes = Mailboxes::new(Mailbox::allow_all("one"), vec![Mailbox::allow_all("two")]);
    let other = ctx.new_detached_with_mailboxes(mailboxes).await.unwrap();
    for from in ["one", "two"] {
        other.send_from_address("app", 1u32, from).await.unwrap();
        let msg = ctx.receive::<u32>().await.unwrap();
        assert_eq!(msg.return_route(), route![from]);
    }
    let error = other.send_from_address("app", 1u32, "app").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert!(error.to_string().contains("0#app"), "{error}");
    assert!(ctx.try_receive::<u32>().unwrap().is_none());
}

#[tokio::test]
async fn the_first_context_is_at_app_or_where_the_builder_says() {
    let ctx = node();
    assert_eq!(ctx.address(), "app".into());
    assert_eq!(ctx.addresses(), [Address::from("app")]);
    let ctx = NodeBuilder::new().with_address("main").build().unwrap();
    assert_eq!(ctx.list_workers(), [Address::from("main")]);
}

#[tokio::test]
async fn wait_for_returns_when_the_worker_is_reachable() {
    let (ctx, trace, gate) = (node(), Trace::new(), Gate::new());
    let handle = ctx.handle();
    let waiting = tokio::spawn(async move {
        handle.wait_for("alias").await.unwrap();
        assert!(handle.is_worker_registered_at("alias"));
    });
    settle().await;
    let tracer = Tracer::new(&trace).with_gate(&gate).with_initialize(Outcome::Wait);
    let more = vec![Mailbox::allow_all("alias")];
    let mailboxes = Mailboxes::new(Mailbox::allow_all("tracer"), more);
    let mut start = pin!(WorkerBuilder::new(tracer).with_mailboxes(mailboxes).start(&ctx));
    assert!(poll(start.as_mut()).is_pending());
    settle().await;
    assert!(!waiting.is_finished(), "it initializes still");
    gate.open(1);
    soon(start).await.unwrap();
    soon(waiting).await.unwrap();
    soon(ctx.wait_for("tracer")).await.unwrap();
    soon(ctx.wait_for("app")).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn wait_for_nobody_ends_at_its_timeout() {
    let ctx = node();
    let start = Instant::now();
    let error = ctx.wait_for("nobody").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    assert!(error.to_string().contains("0#nobody"), "{error}");
    assert_eq!(start.elapsed().as_secs(), 30);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_that_wait_are_all_woken() {
    for _ in 0..50 {
        let ctx = node();
        let waiting: Vec<_> = (0..8)
            .map(|number| {
                let handle = ctx.handle();
                tokio::spawn(async move { handle.wait_for(format!("{}", number % 2)).await })
            })
            .collect();
        for address in ["0", "1"] {
            ctx.start_worker(address, Echoer).await.unwrap();
        }
        for waiting in waiting {
            soon(waiting).await.unwrap().unwrap();
        }
    }
}

#[tokio::test]
async fn list_workers_lists_who_is_there_in_order_and_no_asks() {
    let ctx = node();
    for address in ["b", "a", "c"] {
        ctx.start_worker(address, Collector::<String>(mpsc::unbounded_channel().0)).await.unwrap();
    }
    let mut ask = pin!(ctx.send_and_receive::<String>("a", "Hello".to_string()));
    assert!(poll(ask.as_mut()).is_pending());
    assert_eq!(ctx.list_workers(), ["a", "app", "b", "c"].map(Address::from));
    ctx.stop_worker("b").await.unwrap();
    assert_eq!(ctx.list_workers(), ["a", "app", "c"].map(Address::from));
    assert!(ctx.is_worker_registered_at("a"));
    assert!(!ctx.is_worker_registered_at("b"));
}

#[tokio::test(start_paused = true)]
async fn a_receive_that_gets_nothing_says_who_waited_and_how_long() {
    let mut ctx = node();
    let start = Instant::now();
    let options = MessageReceiveOptions::new().with_timeout(Duration::from_millis(2500));
    let error = ctx.receive_extended::<String>(options).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    for part in ["0#app", "2.5s"] {
        assert!(error.to_string().contains(part), "{error}");
    }
    assert_eq!(start.elapsed().as_millis(), 2500);
    let error = ctx.receive::<String>().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    assert_eq!(start.elapsed().as_millis(), 32_500);
}

#[tokio::test(start_paused = true)]
async fn a_receive_without_a_timeout_waits_for_as_long_as_it_takes() {
    let mut ctx = node();
    let handle = ctx.handle();
    tokio::spawn(async move {
        handle.sleep(Duration::from_secs(100_000)).await;
        handle.send("app", 7u32).await.unwrap();
    });
    let options = MessageReceiveOptions::new().without_timeout();
    assert_eq!(ctx.receive_extended::<u32>(options).await.unwrap(), 7);
}

#[tokio::test]
async fn a_received_body_of_the_wrong_type_is_an_error_that_names_both_types_and_the_sender() {
    let mut ctx = node();
    let other = ctx.new_detached("other", AllowAll, AllowAll).await.unwrap();
    for _ in 0..2 {
        other.send("app", 0xffff_ffff_u32).await.unwrap();
    }
    other.send("app", "right".to_string()).await.unwrap();
    let received = soon(ctx.receive::<String>()).await.unwrap_err();
    let tried = ctx.try_receive::<String>().unwrap_err();
    for error in [received, tried] {
        assert_eq!(error.kind(), ErrorKind::Encoding);
        for part in ["`String`", "`u32`", "0#other", "0#app"] {
            assert!(error.to_string().contains(part), "{error}");
        }
    }
    assert_eq!(ctx.dead_letters().count(DeadLetterReason::Undecodable), 2);
    assert_eq!(soon(ctx.receive::<String>()).await.unwrap(), "right".to_string());
}

#[tokio::test]
async fn random_addresses_are_local_printable_and_different() {
    let ctx = node();
    let mut addresses: Vec<_> = (0..1000).map(|_| ctx.random_local()).collect();
    assert!(addresses.iter().all(|a| a.is_local() && a.address().len() == 32));
    addresses.sort_unstable();
    addresses.dedup();
    assert_eq!(addresses.len(), 1000);
    assert_eq!(ctx.random(ockam_core::TCP).transport_type(), ockam_core::TCP);
}
