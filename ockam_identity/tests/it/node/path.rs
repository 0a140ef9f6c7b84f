//! A peer whose connection is replaced.

use super::link::connect;
use super::stage::{Echoer, LISTENER, identity, node, soon};
use ockam_core::{NeutralMessage, route};
use ockam_identity::{Identities, SecureChannelListenerOptions, SecureChannelOptions};

#[tokio::test]
async fn the_responder_follows_a_peer_whose_path_changes() {
    let (initiator, responder) = (node(), node());
    let (first, first_end, _) = connect(&initiator, &responder).await;
    let (second, second_end, second_seen) = connect(&initiator, &responder).await;

    let identities = Identities::in_memory();
    let bob = identity(&identities, &responder).await;
    let options = SecureChannelListenerOptions::new()
        .as_consumer(&first_end.flow)
        .as_consumer(&second_end.flow);
    let listener = identities
        .create_secure_channel_listener(&responder, &bob, LISTENER, options)
        .await
        .unwrap();
    responder.start_worker("echoer", Echoer).await.unwrap();
    responder.flow_controls().add_consumer("echoer", listener.flow_control_id());

    let identities = Identities::in_memory();
    let alice = identity(&identities, &initiator).await;
    let route = route![first.sender.clone(), LISTENER];
    let options = SecureChannelOptions::new();
    let channel =
        soon(identities.create_secure_channel(&initiator, &alice, route, options)).await.unwrap();
    let echo = async |byte: u8| {
        let body = NeutralMessage::from(vec![byte]);
        let answer = initiator.send_and_receive::<NeutralMessage>(route![&channel, "echoer"], body);
        assert_eq!(soon(answer).await.unwrap().as_slice(), [byte]);
    };
    echo(1).await;
    echo(2).await;

    // The old connection is gone, on both sides.
    initiator.stop_worker(first.sender).await.unwrap();
    responder.stop_worker(first_end.sender).await.unwrap();
    channel.update_route(&initiator, second.sender).unwrap();
    echo(3).await;
    echo(4).await;
    let passed = second_seen.all();
    assert_eq!(passed.iter().filter(|passed| passed.from_first).count(), 2);
    assert_eq!(passed.iter().filter(|passed| !passed.from_first).count(), 2);
}
