//! The limit of the channels of a listener.

use super::link::connect;
use super::stage::{Echoer, LISTENER, Stage, calling, echo, identity, node, record, soon, until};
use ockam_core::{ErrorKind, route};
use ockam_identity::{
    DEFAULT_CHANNEL_LIMIT, Identities, SecureChannelListenerOptions, SecureChannelOptions,
};
use ockam_node::Handle;

async fn stage(limit: usize) -> Stage {
    let stage = Stage::with(SecureChannelListenerOptions::new().with_channel_limit(limit)).await;
    stage.ctx.start_worker("echoer", Echoer).await.unwrap();
    stage.let_in("echoer");
    stage
}

fn workers(handle: &Handle) -> usize {
    handle.list_workers().len()
}

#[tokio::test]
async fn peers_that_went_away_without_a_word_take_nobodys_place() {
    const LIMIT: usize = 3;
    const GONE: usize = 8;
    let (initiator, responder) = (node(), node());
    let mut links = Vec::new();
    let mut options = SecureChannelListenerOptions::new().with_channel_limit(LIMIT);
    for _ in 0..=GONE {
        let (near, far, _) = connect(&initiator, &responder).await;
        options = options.as_consumer(&far.flow);
        links.push((near.sender, far.sender));
    }
    let identities = Identities::in_memory();
    let bob = identity(&identities, &responder).await;
    let listener = identities.create_secure_channel_listener(&responder, &bob, LISTENER, options);
    let listener = listener.await.unwrap();
    responder.start_worker("echoer", Echoer).await.unwrap();
    responder.flow_controls().add_consumer("echoer", listener.flow_control_id());

    let before = workers(&responder);
    let (near, _) = links.pop().unwrap();
    let stays = calling(&initiator, route![near, LISTENER]).await;
    for (near, far) in links {
        let channel = calling(&initiator, route![near.clone(), LISTENER]).await;
        echo(&initiator, &channel, vec![1]).await;
        // The connection is lost, so the responder is not notified.
        soon(initiator.stop_worker(near)).await.unwrap();
        soon(responder.stop_worker(far)).await.unwrap();
        soon(channel.stop(&initiator)).await.unwrap();
        echo(&initiator, &stays, vec![2]).await;
    }
    // Of each connection two workers have ended, and each channel that is left has two.
    until(|| workers(&responder) == before - 2 * GONE + 2 * LIMIT).await;
    echo(&initiator, &stays, vec![3]).await;
}

#[tokio::test]
async fn for_one_more_the_channel_that_was_silent_for_longest_ends_and_everybody_is_told() {
    let stage = stage(2).await;
    let mut recorded = record(&stage.ctx, "recorder").await;
    stage.let_in("recorder");
    let (first, second) = (stage.channel().await, stage.channel().await);
    stage.ctx.send(route![&second, "recorder"], 1u8).await.unwrap();
    let of_second = soon(recorded.recv()).await.unwrap();
    let end = of_second.return_route().first().unwrap().clone();
    echo(&stage.ctx, &first, vec![1]).await;

    let third = stage.channel().await;
    until(|| !stage.ctx.is_worker_registered_at(second.address().clone())).await;
    let error = stage.ctx.send(route![&second, "app"], 1u8).await.unwrap_err();
    assert!(error.to_string().contains("was closed by the peer"), "{error}");
    let error = stage.ctx.send(route![end, "app"], 1u8).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Stopped);
    assert!(error.to_string().contains("was silent for longest"), "{error}");
    for channel in [first, third] {
        echo(&stage.ctx, &channel, vec![2]).await;
    }
}

#[tokio::test]
async fn an_identity_with_more_than_half_of_the_channels_gives_up_its_own() {
    let stage = stage(4).await;
    let quiet = stage.channel().await;
    echo(&stage.ctx, &quiet, vec![1]).await;
    let before = workers(&stage.ctx);
    let mallory = identity(&stage.identities, &stage.ctx).await;
    for _ in 0..10 {
        let options = SecureChannelOptions::new();
        let channel =
            stage.identities.create_secure_channel(&stage.ctx, &mallory, LISTENER, options);
        echo(&stage.ctx, &soon(channel).await.unwrap(), vec![1]).await;
    }
    // Three channels, with two workers at each end, and one that makes it again.
    until(|| workers(&stage.ctx) == before + 3 * 5).await;
    echo(&stage.ctx, &quiet, vec![2]).await;
}

#[tokio::test]
async fn a_channel_that_was_closed_leaves_its_place_to_others() {
    let stage = stage(2).await;
    let quiet = stage.channel().await;
    echo(&stage.ctx, &quiet, vec![1]).await;
    let before = workers(&stage.ctx);
    for _ in 0..5 {
        let channel = stage.channel().await;
        soon(channel.stop(&stage.ctx)).await.unwrap();
        until(|| workers(&stage.ctx) == before).await;
    }
    echo(&stage.ctx, &quiet, vec![1]).await;
}

#[tokio::test]
async fn a_listener_without_room_for_a_channel_is_an_error() {
    let stage = stage(DEFAULT_CHANNEL_LIMIT).await;
    let options = SecureChannelListenerOptions::new().with_channel_limit(0);
    let made =
        stage.identities.create_secure_channel_listener(&stage.ctx, &stage.bob, "no_room", options);
    let error = made.await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert!(error.to_string().contains("0#no_room is 0"), "{error}");
}
