//! A handler that returns an error.

use crate::log::{logged, record_log};
use crate::support::{Trace, Tracer, node, soon};
use ockam_core::{Error, ErrorKind, Result, Routed, Worker, route};
use ockam_node::{Context, DeadLetterReason};
use std::num::ParseIntError;

#[tokio::test]
async fn a_handler_that_fails_is_logged_with_address_type_and_cause_and_the_worker_goes_on() {
    record_log();
    let (ctx, trace) = (node(), Trace::new());
    ctx.start_worker("failing tracer", Tracer::new(&trace)).await.unwrap();
    for text in ["fail", "1", "fail", "2"] {
        ctx.send("failing tracer", text.to_string()).await.unwrap();
    }
    let echo = ctx.send_and_receive::<String>("failing tracer", "echo".to_string());
    assert_eq!(soon(echo).await.unwrap(), "echo");
    let events = logged("0#failing tracer");
    assert_eq!(events.len(), 2, "{events:?}");
    for event in events {
        assert!(event.level <= tracing::Level::WARN, "{event:?}");
        for part in ["the tracer fails", "Tracer"] {
            assert!(event.text.contains(part), "{event:?}");
        }
    }
    assert_eq!((trace.count("end 1"), trace.count("end 2")), (1, 1));
    assert_eq!(trace.count("shutdown"), 0);
}

/// Fails with an error of the standard library.
struct Parser;

impl Worker for Parser {
    type Context = Context;
    type Message = String;

    async fn handle_message(&mut self, ctx: &mut Context, msg: Routed<String>) -> Result<()> {
        let number: u32 = msg.parse()?;
        ctx.send(msg.return_route(), number).await
    }
}

#[tokio::test]
async fn an_error_of_another_library_fails_the_ask_with_its_text() {
    let ctx = node();
    ctx.start_worker("parser", Parser).await.unwrap();
    let ask = ctx.send_and_receive::<u32>("parser", "seven".to_string());
    let error = soon(ask).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Failed);
    let cause: ParseIntError = "seven".parse::<u32>().unwrap_err();
    for part in [cause.to_string(), "0#parser".to_string()] {
        assert!(error.to_string().contains(&part), "{error}");
    }
    assert_eq!(ctx.send_and_receive::<u32>("parser", "7".to_string()).await.unwrap(), 7);
}

#[tokio::test]
async fn a_body_of_the_wrong_type_is_logged_and_the_worker_goes_on() {
    record_log();
    let (ctx, trace) = (node(), Trace::new());
    ctx.start_worker("wrong type tracer", Tracer::new(&trace)).await.unwrap();
    ctx.send("wrong type tracer", 0xffff_ffff_u32).await.unwrap();
    let echo = ctx.send_and_receive::<String>("wrong type tracer", "echo".to_string());
    assert_eq!(soon(echo).await.unwrap(), "echo");
    let events = logged("0#wrong type tracer");
    assert_eq!(events.len(), 1, "{events:?}");
    // Expected, found, and from whom.
    for part in ["`String`", "`u32`", "0#app", "Tracer"] {
        assert!(events[0].text.contains(part), "{events:?}");
    }
    assert_eq!(ctx.dead_letters().count(DeadLetterReason::Undecodable), 1);
    assert_eq!(trace.events(), ["initialize", "begin echo", "end echo"]);
}

/// Answers and fails then.
struct AnswersAndFails;

impl Worker for AnswersAndFails {
    type Context = Context;
    type Message = String;

    async fn handle_message(&mut self, ctx: &mut Context, msg: Routed<String>) -> Result<()> {
        ctx.send(msg.return_route(), "answer".to_string()).await?;
        Err(Error::with_kind(ErrorKind::Application, "after the answer"))
    }
}

#[tokio::test]
async fn a_failure_after_the_answer_does_not_take_the_answer_back() {
    let ctx = node();
    ctx.start_worker("both", AnswersAndFails).await.unwrap();
    for _ in 0..20 {
        let ask = ctx.send_and_receive::<String>("both", "ask".to_string());
        assert_eq!(soon(ask).await.unwrap(), "answer");
    }
}

#[tokio::test]
async fn a_shutdown_that_fails_is_logged() {
    use crate::support::Outcome;
    record_log();
    let (ctx, trace) = (node(), Trace::new());
    let tracer = Tracer::new(&trace).with_shutdown(Outcome::Fail);
    ctx.start_worker("bad end tracer", tracer).await.unwrap();
    ctx.stop_worker("bad end tracer").await.unwrap();
    let events = logged("0#bad end tracer");
    assert_eq!(events.len(), 1, "{events:?}");
    assert!(events[0].text.contains("the tracer fails"), "{events:?}");
}

#[tokio::test]
async fn a_worker_whose_own_send_fails_fails_with_that() {
    use crate::support::Hop;
    let ctx = node();
    ctx.start_worker("hop", Hop).await.unwrap();
    let ask = ctx.send_and_receive::<String>(route!["hop", "nobody"], "Hello".to_string());
    let error = soon(ask).await.unwrap_err();
    assert!(error.to_string().contains("0#nobody"), "{error}");
}
