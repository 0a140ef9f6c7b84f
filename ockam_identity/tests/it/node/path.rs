//! A peer whose connection is lost, or replaced.

use super::link::{End, connect};
use super::raw::RawPeer;
use super::stage::{
    Echoer, LISTENER, Stage, answering, calling_with, echo, identity, node, record, soon, until,
};
use ockam_core::{Error, ErrorKind, LocalMessage, Result, Route, TransportMessage, route};
use ockam_identity::channel::ChannelMessage;
use ockam_identity::{Identities, SecureChannelOptions};
use ockam_node::{Context, Handle};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::JoinHandle;
use tokio::time::Instant;

#[tokio::test]
async fn the_responder_follows_a_peer_whose_path_changes() {
    let (initiator, responder) = (node(), node());
    let (first, first_end, _) = connect(&initiator, &responder).await;
    let (second, second_end, second_seen) = connect(&initiator, &responder).await;

    answering(&responder, &[&first_end.flow, &second_end.flow]).await;
    let options = SecureChannelOptions::new().without_reconnect();
    let channel = calling_with(&initiator, route![first.sender.clone(), LISTENER], options).await;
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

/// A handshake waits for a response over a connection, and is notified when that is lost.
#[tokio::test(start_paused = true)]
async fn a_handshake_ends_at_once_when_its_connection_is_lost_and_says_so() {
    let (initiator, responder) = (node(), node());
    let (first, first_end, seen) = connect(&initiator, &responder).await;
    // There is no listener.
    record(&responder, LISTENER).await;
    responder.flow_controls().add_consumer(LISTENER, &first_end.flow);
    let identities = Identities::in_memory();
    let alice = identity(&identities, &initiator).await;
    let before = initiator.list_workers().len();
    let (handle, route) = (initiator.handle(), route![first.sender.clone(), LISTENER]);
    let begun = Instant::now();
    let channel = tokio::spawn(async move {
        let options = SecureChannelOptions::new();
        identities.create_secure_channel(&handle, &alice, route, options).await
    });
    until(|| !seen.all().is_empty()).await;
    soon(initiator.stop_worker(first.sender.clone())).await.unwrap();
    let error = soon(channel).await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Stopped);
    let lost = format!("the connection at {} has ended", first.sender);
    assert!(error.to_string().contains(&lost), "{error}");
    assert!(error.to_string().starts_with("making a secure channel over "), "{error}");
    assert_eq!(begun.elapsed().as_secs(), 0);
    // The connection's sender is gone, and nothing else is there.
    until(|| initiator.list_workers().len() == before - 1).await;
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

/// Ends a connection at one end, and returns the error of a pending request.
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
    let options = SecureChannelOptions::new().without_reconnect();
    let channel = calling_with(&initiator, route![first.sender.clone(), LISTENER], options).await;

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

    // The channel is still up, and new requests go over the new connection.
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

/// Messages overtake each other where the path changes: the newest says where it leads.
#[tokio::test]
async fn the_responder_does_not_follow_the_path_of_an_older_message() {
    let stage = Stage::new().await;
    stage.ctx.start_worker("echoer", Echoer).await.unwrap();
    stage.let_in("echoer");
    let mut old = record(&stage.ctx, "old_hop").await;
    let mut new = record(&stage.ctx, "new_hop").await;
    let mut peer = RawPeer::connect(&stage.ctx).await;
    let question = || {
        let message = TransportMessage::new(route!["echoer"], route!["app"], vec![0]);
        ChannelMessage::Data(message)
    };
    let messages: Vec<_> = (0..4).map(|_| peer.seal(question().to_buffer())).collect();
    // The answer to each says which way counts then.
    for (number, way, is_new) in
        [(1, "old_hop", false), (3, "new_hop", true), (2, "old_hop", true), (0, "old_hop", true)]
    {
        peer.send_over(route![way], messages[number].clone()).await;
        let answer = soon(if is_new { new.recv() } else { old.recv() }).await;
        assert!(answer.is_some(), "message {number}");
    }
    assert!(old.try_recv().is_err() && new.try_recv().is_err());
}
