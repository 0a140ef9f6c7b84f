//! A peer whose connection is replaced.

use super::link::connect;
use super::stage::{LISTENER, answering, calling, echo, node};
use ockam_core::route;

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
