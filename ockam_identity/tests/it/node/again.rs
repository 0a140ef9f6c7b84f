//! A peer that creates its channel repeatedly, as seen by a listener.

use super::raw::RawHandshake;
use super::stage::{Echoer, Stage, echo, identity, until};
use ockam_core::{TransportMessage, route};
use ockam_identity::channel::ChannelMessage;
use ockam_identity::{Identities, Structure};

/// Makes a channel, whose peer has an identity and an address, and says something through it.
async fn again(stage: &Stage, identities: &Identities, address: &str) {
    let handshake = RawHandshake::begin_as(&stage.ctx, identities, address).await;
    let shown = handshake.shown().await.encode();
    let mut peer = handshake.finish(&shown).await;
    let question = TransportMessage::new(route!["echoer"], route!["app"], vec![0]);
    peer.say(&ChannelMessage::Data(question)).await;
    assert!(matches!(peer.hear().await, (_, ChannelMessage::Data(_))));
}

#[tokio::test]
async fn a_channel_that_is_made_again_takes_the_place_of_the_one_before() {
    let stage = Stage::new().await;
    stage.ctx.start_worker("echoer", Echoer).await.unwrap();
    stage.let_in("echoer");
    let honest = stage.channel().await;
    echo(&stage.ctx, &honest, vec![1]).await;
    let (mallory, other) = (Identities::in_memory(), Identities::in_memory());
    for identities in [&mallory, &other] {
        identity(identities, &stage.ctx).await;
    }
    let known = stage.ctx.list_workers();
    let before = known.len();
    again(&stage, &mallory, "i").await;
    until(|| stage.ctx.list_workers().len() == before + 2).await;
    let first = stage.ctx.list_workers().into_iter().filter(|address| !known.contains(address));
    let first: Vec<_> = first.collect();
    for _ in 0..1000 {
        again(&stage, &mallory, "i").await;
        until(|| stage.ctx.list_workers().len() <= before + 4).await;
    }
    until(|| stage.ctx.list_workers().len() == before + 2).await;
    assert!(!first.iter().any(|address| stage.ctx.is_worker_registered_at(address.clone())));

    // Another address is another channel, and so is the same address of another identity.
    again(&stage, &mallory, "j").await;
    again(&stage, &other, "i").await;
    until(|| stage.ctx.list_workers().len() == before + 6).await;
    echo(&stage.ctx, &honest, vec![2]).await;
}
