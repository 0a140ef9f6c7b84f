//! Answers over another flow than that of the question: they are not let in, whatever carries them.

use crate::border::{Connection, SENDER, denied, spawn_ask};
use crate::support::{node, settle, soon};
use ockam_core::{ErrorKind, TransportMessage, encode, route};

#[tokio::test]
async fn an_answer_is_let_in_over_the_flow_its_ask_went_out_on_and_over_no_other() {
    let ctx = node();
    let spawner = ctx.flow_controls().generate_flow_control_id();
    // Two connections of one listener, and one that this node has made.
    let mut asked = Connection::open(&ctx, Some(&spawner)).await;
    let sibling = Connection::open_at(&ctx, "sender 2", "receiver 2", Some(&spawner)).await;
    let stranger = Connection::open_at(&ctx, "sender 3", "receiver 3", None).await;
    let ask = spawn_ask(&ctx, route![SENDER, "echoer"]);
    let slot = asked.asked().await;
    for (number, other) in [&sibling, &stranger, &sibling].into_iter().enumerate() {
        // Also if the answer claims to come over the flow of the question.
        let error = other.arrive(slot.clone(), 1).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Denied);
        assert_eq!(denied(&ctx), number as u64 + 1);
    }
    settle().await;
    assert!(!ask.is_finished(), "it was answered over another flow");
    asked.arrive(slot, 42).await.unwrap();
    assert_eq!(soon(ask).await.unwrap().unwrap(), 42);
}

#[tokio::test]
async fn asks_over_two_flows_are_each_answered_over_their_own() {
    let ctx = node();
    let mut first = Connection::open(&ctx, None).await;
    let mut second = Connection::open_at(&ctx, "sender 2", "receiver 2", None).await;
    let asks = [spawn_ask(&ctx, route![SENDER, "a"]), spawn_ask(&ctx, route!["sender 2", "b"])];
    let slots = [first.asked().await, second.asked().await];
    for (connection, slot) in [(&first, &slots[1]), (&second, &slots[0])] {
        let wrong = TransportMessage::new(slot, route!["anything"], encode(&0u32).unwrap());
        assert!(connection.receiver.forward(wrong.into()).await.is_err());
    }
    first.arrive(slots[0].clone(), 1).await.unwrap();
    second.arrive(slots[1].clone(), 2).await.unwrap();
    let mut answers = Vec::new();
    for ask in asks {
        answers.push(soon(ask).await.unwrap().unwrap());
    }
    assert_eq!(answers, [1, 2]);
}
