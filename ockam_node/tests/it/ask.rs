//! Asking: `send_and_receive` and its answer.

use crate::support::{Deferrer, Echoer, Gate, Trace, Tracer, collect, node, settle, soon};
use ockam_core::{Address, ErrorKind, Result, Routed, Worker};
use ockam_node::{Context, MessageSendReceiveOptions, WorkerBuilder};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

fn within(timeout: Duration) -> MessageSendReceiveOptions {
    MessageSendReceiveOptions::new().with_timeout(timeout)
}

#[tokio::test]
async fn an_ask_gets_its_answer() {
    let ctx = node();
    ctx.start_worker("echoer", Echoer).await.unwrap();
    let answer = ctx.send_and_receive::<String>("echoer", "Hello".to_string());
    assert_eq!(soon(answer).await.unwrap(), "Hello");
}

#[tokio::test]
async fn an_extended_ask_gets_the_routes_of_its_answer_too() {
    let ctx = node();
    ctx.start_worker("echoer", Echoer).await.unwrap();
    let options = within(Duration::from_secs(20));
    let answer = ctx.send_and_receive_extended::<String>("echoer", "Hello".to_string(), options);
    let answer = soon(answer).await.unwrap();
    assert_eq!(answer.return_route(), "echoer".into());
    assert_eq!(answer.sender().unwrap(), "echoer".into());
    assert_eq!(answer.body(), "Hello");
}

#[tokio::test]
async fn an_answer_does_not_pass_through_the_mailbox_of_the_asker() {
    let mut ctx = node();
    ctx.start_worker("echoer", Echoer).await.unwrap();
    ctx.send("app", "unasked".to_string()).await.unwrap();
    let answer = ctx.send_and_receive::<String>("echoer", "Hello".to_string());
    assert_eq!(soon(answer).await.unwrap(), "Hello");
    assert_eq!(ctx.receive::<String>().await.unwrap(), "unasked".to_string());
    assert!(ctx.try_receive::<String>().unwrap().is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_asks_at_once_each_get_their_own_answer() {
    let ctx = node();
    ctx.start_worker("echoer", Echoer).await.unwrap();
    let asks: Vec<_> = (0..500)
        .map(|number| {
            let handle = ctx.handle();
            tokio::spawn(async move {
                let question = format!("question {number}");
                let answer: String =
                    handle.send_and_receive("echoer", question.clone()).await.unwrap();
                assert_eq!(answer, question);
            })
        })
        .collect();
    for ask in asks {
        soon(ask).await.unwrap();
    }
    assert_eq!(ctx.list_workers(), ["app", "echoer"].map(Address::from));
}

#[tokio::test(start_paused = true)]
async fn an_ask_that_nobody_answers_ends_at_its_timeout() {
    let ctx = node();
    let _messages = collect::<String>(&ctx, "silent").await;
    let start = Instant::now();
    let options = within(Duration::from_millis(1500));
    let answer = ctx.send_and_receive_extended::<String>("silent", "Hello".to_string(), options);
    let error = answer.await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    for part in ["0#silent", "1.5s"] {
        assert!(error.to_string().contains(part), "{error}");
    }
    assert!(start.elapsed() >= Duration::from_millis(1500));
    assert!(start.elapsed() < Duration::from_secs(2));
}

#[tokio::test(start_paused = true)]
async fn an_ask_waits_thirty_seconds_unless_told_otherwise() {
    let ctx = node();
    let _messages = collect::<String>(&ctx, "silent").await;
    let start = Instant::now();
    let error = ctx.send_and_receive::<String>("silent", "Hello".to_string()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    assert_eq!(start.elapsed().as_secs(), 30);
}

#[tokio::test(start_paused = true)]
async fn an_ask_without_a_timeout_waits_for_as_long_as_it_takes() {
    let ctx = node();
    let deferrer = Deferrer::default();
    let asked = Arc::clone(&deferrer.asked);
    ctx.start_worker("deferrer", deferrer).await.unwrap();
    let handle = ctx.handle();
    let ask = tokio::spawn(async move {
        let options = MessageSendReceiveOptions::new().without_timeout();
        handle.send_and_receive_extended::<String>("deferrer", "?".to_string(), options).await
    });
    asked.notified().await;
    tokio::time::sleep(Duration::from_secs(100_000)).await;
    assert!(!ask.is_finished());
    ctx.send("deferrer", "answer".to_string()).await.unwrap();
    assert_eq!(ask.await.unwrap().unwrap().body(), "later");
}

#[tokio::test(start_paused = true)]
async fn the_timeout_of_an_ask_counts_from_the_sending() {
    let (ctx, trace, gate) = (node(), Trace::new(), Gate::new());
    let builder = WorkerBuilder::new(Tracer::new(&trace).with_gate(&gate)).with_address("small");
    builder.with_mailbox_capacity(1).start(&ctx).await.unwrap();
    for text in ["gate", "1"] {
        ctx.send("small", text.to_string()).await.unwrap();
        settle().await;
    }
    let options = within(Duration::from_secs(2));
    let ask = ctx.send_and_receive_extended::<String>("small", "echo".to_string(), options);
    assert_eq!(ask.await.unwrap_err().kind(), ErrorKind::TimedOut);
    gate.open(1);
    ctx.stop_worker("small").await.unwrap();
    assert_eq!(trace.count("begin echo"), 0, "the question went away with its asker");
}

#[tokio::test]
async fn a_worker_may_store_the_return_route_and_answer_later() {
    let ctx = node();
    let deferrer = Deferrer::default();
    let asked = Arc::clone(&deferrer.asked);
    ctx.start_worker("deferrer", deferrer).await.unwrap();
    let asks: Vec<_> = (0..3)
        .map(|_| {
            let handle = ctx.handle();
            tokio::spawn(async move {
                handle.send_and_receive::<String>("deferrer", "?".to_string()).await
            })
        })
        .collect();
    settle().await;
    soon(asked.notified()).await;
    ctx.send("deferrer", "answer".to_string()).await.unwrap();
    for ask in asks {
        assert_eq!(soon(ask).await.unwrap().unwrap(), "later");
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_comes_too_late_is_a_dead_letter_and_disturbs_nobody() {
    let mut ctx = node();
    ctx.start_worker("deferrer", Deferrer::default()).await.unwrap();
    let options = within(Duration::from_secs(1));
    let ask = ctx.send_and_receive_extended::<String>("deferrer", "?".to_string(), options);
    assert_eq!(ask.await.unwrap_err().kind(), ErrorKind::TimedOut);
    let mut dead_letters = ctx.dead_letters().subscribe();
    ctx.send("deferrer", "answer".to_string()).await.unwrap();
    assert_eq!(dead_letters.next().await.unwrap().return_route, "deferrer".into());
    // A later ask of the same context does not get it, nor does its mailbox.
    ctx.start_worker("echoer", Echoer).await.unwrap();
    let answer = ctx.send_and_receive::<String>("echoer", "mine".to_string());
    assert_eq!(answer.await.unwrap(), "mine");
    assert!(ctx.try_receive::<String>().unwrap().is_none());
}

/// Answers every question twice.
struct Twice;

impl Worker for Twice {
    type Context = Context;
    type Message = u32;

    async fn handle_message(&mut self, ctx: &mut Context, msg: Routed<u32>) -> Result<()> {
        ctx.send(msg.return_route(), *msg).await?;
        // Nobody waits for it: that is the worker's own mistake.
        let _ = ctx.send(msg.return_route(), *msg + 1000).await;
        Ok(())
    }
}

#[tokio::test]
async fn only_the_first_answer_counts() {
    let mut ctx = node();
    ctx.start_worker("twice", Twice).await.unwrap();
    for number in 0..50u32 {
        let answer = ctx.send_and_receive::<u32>("twice", number);
        assert_eq!(soon(answer).await.unwrap(), number);
    }
    ctx.stop_worker("twice").await.unwrap();
    assert!(ctx.try_receive::<u32>().unwrap().is_none());
    let dead: u64 = ctx.dead_letters().counts().iter().map(|(_, count)| count).sum();
    assert_eq!(dead, 50);
}

#[tokio::test]
async fn an_answer_of_the_wrong_type_is_an_error_that_names_type_and_sender() {
    let ctx = node();
    ctx.start_worker("echoer", Echoer).await.unwrap();
    let answer = ctx.send_and_receive::<Vec<String>>("echoer", "Hello".to_string());
    let error = soon(answer).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Encoding);
    for part in ["`Vec<String>`", "`String`", "0#echoer"] {
        assert!(error.to_string().contains(part), "{error}");
    }
}

#[tokio::test]
async fn an_app_may_ask_the_context_of_another_task_which_answers() {
    let ctx = node();
    let mut other =
        ctx.new_detached("other", ockam_core::AllowAll, ockam_core::AllowAll).await.unwrap();
    let answering = tokio::spawn(async move {
        let question = other.receive::<String>().await.unwrap();
        other.send(question.return_route(), question.len() as u64).await.unwrap();
    });
    let answer = ctx.send_and_receive::<u64>("other", "four".to_string());
    assert_eq!(soon(answer).await.unwrap(), 4);
    soon(answering).await.unwrap();
}
