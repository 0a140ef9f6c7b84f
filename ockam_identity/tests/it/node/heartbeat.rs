//! The bytes of heartbeats: requests to a responder, and its replies.

use super::raw::{RawHandshake, RawPeer};
use super::stage::{Stage, soon};
use ockam_core::{Any, Result, Route, Routed, TransportMessage, Worker, route};
use ockam_identity::Structure;
use ockam_identity::channel::{ChannelMessage, IdentityAndCredentials};
use ockam_node::Context;

/// Returns a message with an empty route and a body of a given length.
fn to_nobody(len: usize) -> ChannelMessage {
    ChannelMessage::Data(TransportMessage::new(Route::new(), Route::new(), vec![1; len]))
}

/// Answers every message with its body.
struct Mirror;

impl Worker for Mirror {
    type Context = Context;
    type Message = Any;

    async fn handle_message(&mut self, ctx: &mut Context, msg: Routed<Any>) -> Result<()> {
        let (back, body) = (msg.return_route(), msg.into_local_message().into_transport_message());
        ctx.forward(TransportMessage::new(back, ctx.address(), body.payload).into()).await
    }
}

/// A peer that has named some features, behind the responder's confirmation.
async fn peer_with(stage: &Stage, features: u8) -> RawPeer {
    stage.ctx.start_worker("mirror", Mirror).await.unwrap();
    stage.let_in("mirror");
    let handshake = RawHandshake::begin_with(&stage.ctx, &[features]).await;
    let agreed = IdentityAndCredentials::decode(&handshake.payload).unwrap().features;
    assert_eq!(agreed.bits(), features);
    let shown = handshake.shown().await.encode();
    let mut peer = handshake.finish(&shown).await;
    if features & 1 == 1 {
        assert_eq!(peer.hear().await, (0, to_nobody(0)));
    }
    peer
}

/// Counts what comes before the answer to a question that is asked now.
async fn heard_by_now(peer: &mut RawPeer) -> Vec<ChannelMessage> {
    let ask = TransportMessage::new(route!["mirror"], route!["asker"], vec![7]);
    peer.say(&ChannelMessage::Data(ask)).await;
    let mut heard = Vec::new();
    loop {
        let (_, content) = soon(peer.hear()).await;
        match &content {
            ChannelMessage::Data(data) if !data.onward_route.is_empty() => return heard,
            _ => heard.push(content),
        }
    }
}

#[tokio::test]
async fn a_question_is_answered_by_a_message_to_nobody_and_a_flood_of_them_once() {
    let stage = Stage::new().await;
    let mut peer = peer_with(&stage, 3).await;
    let before = stage.ctx.list_workers();
    // Possible requests of later versions, which are none in this version.
    for len in [0, 2, 100] {
        peer.say(&to_nobody(len)).await;
    }
    assert_eq!(heard_by_now(&mut peer).await, []);
    for _ in 0..1000 {
        peer.say(&to_nobody(1)).await;
    }
    let heard = heard_by_now(&mut peer).await;
    assert!(heard.iter().all(|content| *content == to_nobody(0)), "{heard:?}");
    // A thousand take less time than four answers may.
    assert!((1..=8).contains(&heard.len()), "{} answers", heard.len());
    assert_eq!(stage.ctx.list_workers(), before);
}

#[tokio::test]
async fn a_peer_that_has_not_agreed_on_heartbeats_hears_none() {
    for features in [1, 0] {
        let stage = Stage::new().await;
        stage.ctx.start_worker("mirror", Mirror).await.unwrap();
        stage.let_in("mirror");
        let handshake = RawHandshake::begin_with(&stage.ctx, &[features]).await;
        let shown = handshake.shown().await.encode();
        let mut peer = handshake.finish(&shown).await;
        if features == 1 {
            assert_eq!(peer.hear().await, (0, to_nobody(0)));
        }
        for _ in 0..10 {
            peer.say(&to_nobody(1)).await;
        }
        assert_eq!(heard_by_now(&mut peer).await, [], "features {features}");
    }
}
