//! A peer whose connection is lost, or replaced.

use super::link::{End, connect};
use super::stage::{LISTENER, answering, calling, echo, node, record, soon};
use ockam_core::{Error, ErrorKind, LocalMessage, Result, Route, route};
use ockam_node::{Context, Handle};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::JoinHandle;

#[tokio::test]
async fn the_responder_follows_a_peer_whose_path_changes() {
    let (initiator, responder) = (node(), node());
    let (first, first_end, _) = connect(&initiator, &responder).await;
    let (second, second_end, second_seen) = connect(&initiator, &responder).await;

    answering(&responder, &[&first_end.flow, &second_end.flow]).await;
    let channel = calling(&initiator, route![first.sender.clone(), LISTENER]).await;
    echo(&initiator, &channel, vec![1]).await;
    echo(&initiator, &channel, vec![2]).await;

    // The old connection is gone, on both sides.
    initiator.stop_worker(first.sender).await.unwrap();
    responder.stop_worker(first_end.sender).await.unwrap();
    channel.update_route(&initiator, second.sender).unwrap();
    echo(&initiator, &channel, vec![3]).await;
    echo(&initiator, &channel, vec![4]).await;
    let passed = second_seen.all();
    assert_eq!(passed.iter().filter(|passed| passed.from_first).count(), 2);
    assert_eq!(passed.iter().filter(|passed| !passed.from_first).count(), 2);
}

/// Asks a worker that does not answer, and waits until it has the question.
async fn pending(
    handle: &Handle,
    route: Route,
    asked: &mut UnboundedReceiver<LocalMessage>,
) -> (JoinHandle<Result<u32>>, LocalMessage) {
    let handle = handle.handle();
    let ask = tokio::spawn(async move { handle.send_and_receive::<u32>(route, 1u32).await });
    (ask, soon(asked.recv()).await.unwrap())
}

/// Ends a connection at one end, and returns what an asker is told.
async fn lose(ctx: &Context, end: End, ask: JoinHandle<Result<u32>>) -> Error {
    soon(ctx.stop_worker(end.sender)).await.unwrap();
    soon(ask).await.unwrap().unwrap_err()
}

#[tokio::test]
async fn whoever_has_asked_through_a_channel_is_told_at_once_when_its_connection_is_lost() {
    let (initiator, responder) = (node(), node());
    let (first, first_end, _) = connect(&initiator, &responder).await;
    let (second, second_end, _) = connect(&initiator, &responder).await;
    let (third, third_end, _) = connect(&initiator, &responder).await;
    let flows = [&first_end.flow, &second_end.flow, &third_end.flow];
    answering(&responder, &flows).await;
    let channel = calling(&initiator, route![first.sender.clone(), LISTENER]).await;

    // A question of the initiator's, and one of the responder's: a reply route leads back.
    let mut asked = record(&responder, "quiet").await;
    let flows = responder.flow_controls();
    let spawner = flows.find_flow_control_with_spawner_address(&LISTENER.into()).unwrap();
    flows.add_consumer("quiet", spawner.flow_control_id());
    let mut asked_back = record(&initiator, "silent").await;
    initiator.flow_controls().add_consumer("silent", channel.flow_control_id());
    let (ask, question) = pending(&initiator, route![&channel, "quiet"], &mut asked).await;
    let back = question.return_route().first().unwrap().clone();
    let back = route![back, "silent"];
    let (ask_back, _) = pending(&responder, back.clone(), &mut asked_back).await;

    let lost = format!("no answer: the connection at {} has ended", first.sender);
    let error = lose(&initiator, first, ask).await;
    assert_eq!(error.kind(), ErrorKind::Stopped);
    assert_eq!(error.to_string(), lost);
    lose(&responder, first_end, ask_back).await;

    // The channel has not ended, and what is asked now goes over the new connection.
    channel.update_route(&initiator, second.sender.clone()).unwrap();
    let (ask, _) = pending(&initiator, route![&channel, "quiet"], &mut asked).await;
    let (ask_back, _) = pending(&responder, back, &mut asked_back).await;
    soon(initiator.stop_worker(third.sender)).await.unwrap();
    soon(responder.stop_worker(third_end.sender)).await.unwrap();
    assert!(!ask.is_finished() && !ask_back.is_finished());
    for error in [lose(&initiator, second, ask).await, lose(&responder, second_end, ask_back).await]
    {
        assert_eq!(error.kind(), ErrorKind::Stopped);
        assert!(error.to_string().starts_with("no answer: the connection at "), "{error}");
    }
}
