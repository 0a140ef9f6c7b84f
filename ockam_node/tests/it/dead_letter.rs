//! The record of what could not be delivered.

use crate::support::{Echoer, node, poll, soon};
use ockam_core::route;
use ockam_node::{DEAD_LETTERS_KEPT, DeadLetterReason};
use std::pin::pin;

#[tokio::test]
async fn dead_letters_are_counted_by_reason() {
    let ctx = node();
    ctx.start_worker("echoer", Echoer).await.unwrap();
    ctx.send("echoer", 0xffff_ffff_u32).await.unwrap();
    ctx.stop_worker("echoer").await.unwrap();
    for _ in 0..3 {
        assert!(ctx.send("nobody", 1u32).await.is_err());
    }
    for (reason, count) in ctx.dead_letters().counts() {
        let expected = match reason {
            DeadLetterReason::NotFound => 3,
            DeadLetterReason::Undecodable => 1,
            _ => 0,
        };
        assert_eq!(count, expected, "{reason}");
        assert_eq!(ctx.dead_letters().count(reason), expected);
    }
}

#[tokio::test]
async fn the_ring_of_dead_letters_is_bounded_and_keeps_the_last_ones() {
    let ctx = node();
    let all = DEAD_LETTERS_KEPT + 36;
    for number in 0..all {
        assert!(ctx.send(route![format!("nobody {number}"), "x"], 1u32).await.is_err());
        assert!(ctx.dead_letters().recent().len() <= DEAD_LETTERS_KEPT);
    }
    let recent = ctx.dead_letters().recent();
    assert_eq!(recent.len(), DEAD_LETTERS_KEPT);
    for (letter, number) in recent.iter().zip(36..) {
        assert_eq!(letter.onward_route, route![format!("nobody {number}"), "x"]);
        assert_eq!(letter.return_route, route!["app"]);
        assert_eq!(letter.reason, DeadLetterReason::NotFound);
    }
    assert_eq!(ctx.dead_letters().count(DeadLetterReason::NotFound), all as u64);
}

#[tokio::test]
async fn a_subscriber_gets_every_dead_letter_from_then_on() {
    let ctx = node();
    assert!(ctx.send("before", 1u32).await.is_err());
    let mut subscription = ctx.dead_letters().subscribe();
    for round in 0..3 {
        for number in 0..10 {
            assert!(ctx.send(format!("{round} {number}"), 1u32).await.is_err());
        }
        for number in 0..10 {
            let letter = soon(subscription.next()).await.unwrap();
            assert_eq!(letter.onward_route, format!("{round} {number}").into());
        }
    }
    assert!(poll(pin!(subscription.next())).is_pending());
    assert_eq!(subscription.missed(), 0);
}

#[tokio::test]
async fn a_subscriber_that_waits_is_woken() {
    let ctx = node();
    let mut waiting = Vec::new();
    for _ in 0..3 {
        let mut subscription = ctx.dead_letters().subscribe();
        waiting.push(tokio::spawn(async move { subscription.next().await }));
    }
    crate::support::settle().await;
    assert!(ctx.send("nobody", 1u32).await.is_err());
    for waiting in waiting {
        assert_eq!(soon(waiting).await.unwrap().unwrap().onward_route, "nobody".into());
    }
}

#[tokio::test]
async fn a_slow_subscriber_is_told_how_many_it_missed() {
    let ctx = node();
    let mut subscription = ctx.dead_letters().subscribe();
    for number in 0..DEAD_LETTERS_KEPT + 5 {
        assert!(ctx.send(format!("{number}"), 1u32).await.is_err());
    }
    assert_eq!(soon(subscription.next()).await.unwrap().onward_route, "5".into());
    assert_eq!(subscription.missed(), 5);
}

#[tokio::test]
async fn a_message_that_arrives_is_no_dead_letter() {
    let ctx = node();
    ctx.start_worker("echoer", Echoer).await.unwrap();
    for _ in 0..10 {
        let ask = ctx.send_and_receive::<String>("echoer", "Hello".to_string());
        soon(ask).await.unwrap();
    }
    ctx.stop_worker("echoer").await.unwrap();
    assert!(ctx.dead_letters().recent().is_empty());
}
