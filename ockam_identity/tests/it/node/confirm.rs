//! The responder's decision, as received by an initiator.

use super::log::Log;
use super::raw::RawHandshake;
use super::stage::{Echoer, LISTENER, Stage, echo, soon, until};
use super::wire::{WIRE, channel_over_the_wire, wire};
use ockam_core::{
    Authorization, ErrorKind, LocalMessage, NeutralMessage, Route, TransportMessage, route,
};
use ockam_identity::channel::{ChannelMessage, Features, IdentityAndCredentials};
use ockam_identity::{
    Identifier, SecureChannelListenerOptions, SecureChannelOptions, Structure,
    TrustMultiIdentifiersPolicy, TrustPolicy,
};
use std::time::Duration;
use tokio::time::Instant;

/// The mark of this version: its message 1 is one byte longer than that of Ockam 0.150.
const MARK: &[u8] = &[1];

/// The plaintexts of a confirmation and of a refusal.
pub(crate) const CONFIRMED: &[u8] = b"\x82\x82\x00\x81\x83\x80\x80\x40\x40";
pub(crate) const REFUSED: &[u8] = b"\x82\x82\x02\x80\x40";

fn nobody() -> SecureChannelListenerOptions {
    SecureChannelListenerOptions::new().with_trust_policy(TrustMultiIdentifiersPolicy::new(vec![]))
}

fn content(bytes: &[u8]) -> ChannelMessage {
    ChannelMessage::from_buffer([&[0; 8], bytes].concat()).unwrap()
}

#[tokio::test]
async fn a_channel_is_made_when_the_responder_has_said_that_it_takes_the_initiator() {
    let stage = Stage::new().await;
    stage.ctx.start_worker("echoer", Echoer).await.unwrap();
    stage.let_in("echoer");
    let channel = stage.channel().await;
    assert!(channel.is_confirmed());
    echo(&stage.ctx, &channel, vec![1]).await;
}

#[tokio::test(start_paused = true)]
async fn a_refused_initiator_is_told_at_once_and_only_the_log_says_why() {
    let log = Log::of_this_thread();
    let stage = Stage::with(nobody()).await;
    let (before, begun) = (stage.ctx.list_workers(), Instant::now());
    let error = soon(stage.try_channel(SecureChannelOptions::new())).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Denied);
    let text = format!("{} has refused {}: only the log", stage.bob, stage.alice);
    assert!(error.to_string().starts_with(&text), "{error}");
    assert_eq!(begun.elapsed(), Duration::ZERO);
    until(|| stage.ctx.list_workers() == before).await;
    log.assert_says(&[
        "it is not trusted by the policy",
        &format!("peer: {}", stage.alice),
        "policy: TrustMultiIdentifiersPolicy([])",
    ]);
}

/// The refusal may be there before the start of the initiator's end is over.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn each_of_many_refusals_on_several_threads_is_a_refusal() {
    let stage = Stage::with(nobody()).await;
    let before = stage.ctx.list_workers();
    for _ in 0..500 {
        let error = soon(stage.try_channel(SecureChannelOptions::new())).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Denied, "{error}");
    }
    until(|| stage.ctx.list_workers() == before).await;
}

/// A policy whose description is long, or panics.
struct Wordy(usize);

impl std::fmt::Debug for Wordy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        assert!(self.0 > 0, "it cannot be described");
        (0..self.0).try_for_each(|_| f.write_str("\u{e4}bc "))
    }
}

impl TrustPolicy for Wordy {
    fn is_trusted<'a>(&'a self, _: &'a Identifier) -> Authorization<'a> {
        Authorization::Denied
    }
}

#[tokio::test]
async fn the_log_has_so_much_of_what_a_policy_says_of_itself() {
    for (words, line) in [
        (3, "policy: \u{e4}bc \u{e4}bc \u{e4}bc \n"),
        (1_000_000, "\u{e4}bc ..\n"),
        (0, "it cannot be described"),
    ] {
        let log = Log::of_this_thread();
        let stage =
            Stage::with(SecureChannelListenerOptions::new().with_trust_policy(Wordy(words))).await;
        let error = soon(stage.try_channel(SecureChannelOptions::new())).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Denied);
        log.assert_says(&[line]);
    }
}

/// An initiator of Ockam 0.150: its bytes get only responses that Ockam 0.150 would send.
#[tokio::test]
async fn an_initiator_without_the_mark_sees_nothing_of_all_this() {
    for is_trusted in [true, false] {
        let options = if is_trusted { SecureChannelListenerOptions::new() } else { nobody() };
        let stage = Stage::with(options).await;
        stage.ctx.start_worker("echoer", Echoer).await.unwrap();
        stage.let_in("echoer");
        let handshake = RawHandshake::begin(&stage.ctx).await;
        // Three elements, in bytes that are written again as they were.
        let shown = IdentityAndCredentials::decode(&handshake.payload).unwrap();
        assert_eq!((handshake.payload[0], shown.features), (0x83, Features::NONE));
        assert_eq!(shown.encode(), handshake.payload);
        let responder = handshake.remote.last().unwrap().clone();
        let shown = handshake.shown().await.encode();
        let mut peer = handshake.finish(&shown).await;
        if is_trusted {
            let ask = TransportMessage::new(route!["echoer"], route!["asker"], vec![7]);
            peer.say(&ChannelMessage::Data(ask)).await;
            let (number, answer) = peer.hear().await;
            assert_eq!(number, 0);
            let ChannelMessage::Data(answer) = answer else { panic!("{answer:?}") };
            assert_eq!(answer.onward_route, route!["asker"]);
        } else {
            until(|| !stage.ctx.is_worker_registered_at(&responder)).await;
        }
        assert!(!peer.has_more());
    }
}

#[tokio::test]
async fn an_initiator_with_the_mark_hears_the_decision_in_message_0() {
    for (is_trusted, heard) in [(true, CONFIRMED), (false, REFUSED)] {
        let options = if is_trusted { SecureChannelListenerOptions::new() } else { nobody() };
        let stage = Stage::with(options).await;
        let handshake = RawHandshake::begin_with(&stage.ctx, MARK).await;
        // A fourth element, and nothing else is new.
        assert_eq!((handshake.payload.first(), handshake.payload.last()), (Some(&0x84), Some(&1)));
        let shown = IdentityAndCredentials::decode(&handshake.payload).unwrap();
        assert_eq!(shown.features, Features::CONFIRMS);
        let plain = IdentityAndCredentials { features: Features::NONE, ..shown }.encode();
        assert_eq!(plain[1..], handshake.payload[1..handshake.payload.len() - 1]);
        let shown = handshake.shown().await.encode();
        let mut peer = handshake.finish(&shown).await;
        let (number, decision) = peer.hear().await;
        assert_eq!((number, decision), (0, content(heard)));
        assert!(!peer.has_more());
    }
}

/// An initiator that finishes the handshake without proving an identity gets no more than others.
#[tokio::test]
async fn an_initiator_that_has_proved_nothing_is_refused_as_others_are() {
    let stage = Stage::new().await;
    let of_another = RawHandshake::begin(&stage.ctx).await.shown().await.encode();
    for shown in [vec![0xff; 100], vec![], of_another] {
        let handshake = RawHandshake::begin_with(&stage.ctx, MARK).await;
        let responder = handshake.remote.last().unwrap().clone();
        let mut peer = handshake.finish(&shown).await;
        assert_eq!(peer.hear().await, (0, ChannelMessage::Close));
        until(|| !stage.ctx.is_worker_registered_at(&responder)).await;
        assert!(!peer.has_more());
    }
}

#[tokio::test]
async fn only_the_known_bits_of_the_first_byte_of_a_mark_count() {
    let long = [1; 65_535 - 32];
    for (mark, expected) in [
        (&[0][..], Features::NONE),
        (&[0xf0], Features::NONE),
        (&[0xff], Features::CONFIRMS | Features::HEARTBEATS | Features::GOING_AWAY),
        (&[1; 40], Features::CONFIRMS),
        (&[2; 40], Features::HEARTBEATS),
        (&long, Features::CONFIRMS),
    ] {
        let stage = Stage::new().await;
        let handshake = RawHandshake::begin_with(&stage.ctx, mark).await;
        let shown = IdentityAndCredentials::decode(&handshake.payload).unwrap();
        assert_eq!(shown.features, expected, "{:?}", mark.first());
        let shown = handshake.shown().await.encode();
        let mut peer = handshake.finish(&shown).await;
        if expected.contains(Features::CONFIRMS) {
            assert_eq!(peer.hear().await, (0, content(CONFIRMED)));
        }
        // The responder behaves as with every other initiator.
        stage.channel().await;
    }
    // One byte more is no message of a handshake.
    let log = Log::of_this_thread();
    let stage = Stage::new().await;
    stage.ctx.send(LISTENER, NeutralMessage::from(vec![1; 65_536])).await.unwrap();
    until(|| log.says("the handshake message of 65536 bytes is longer than the limit")).await;
}

#[tokio::test]
async fn a_confirmation_that_is_sent_again_is_dropped_and_the_channel_goes_on() {
    let log = Log::of_this_thread();
    let stage = Stage::new().await;
    stage.ctx.start_worker("echoer", Echoer).await.unwrap();
    stage.let_in("echoer");
    let handle = stage.ctx.handle();
    let mut passed = wire(&stage, |_| true).await;
    let channel = channel_over_the_wire(&stage).await;
    let mut confirmation = None;
    for _ in 0..4 {
        confirmation = soon(passed.recv()).await;
    }
    let TransportMessage { onward_route, payload, .. } = confirmation.unwrap();
    assert_eq!(payload.len(), 8 + CONFIRMED.len() + 16);
    for _ in 0..3 {
        let copy = TransportMessage::new(onward_route.clone(), Route::new(), payload.to_vec());
        handle.forward(LocalMessage::from(copy)).await.unwrap();
        echo(&stage.ctx, &channel, vec![1]).await;
    }
    assert_eq!(log.count("channel message 0 was received before"), 3);
}

/// The refusal of one handshake does not affect another one.
#[tokio::test(start_paused = true)]
async fn a_refusal_that_is_lost_and_one_of_another_handshake_end_nothing() {
    let stage = Stage::with(nobody()).await;
    let mut refusal: Option<Vec<u8>> = None;
    let _passed = wire(&stage, move |message| {
        let is_refusal = message.payload.len() == 8 + REFUSED.len() + 16;
        match (is_refusal, &refusal) {
            (false, _) => true,
            (true, None) => {
                refusal = Some(message.payload.to_vec());
                false
            }
            (true, Some(refusal)) => {
                message.payload = refusal.clone().into();
                true
            }
        }
    })
    .await;
    let before = stage.ctx.list_workers();
    for _ in 0..2 {
        let options = SecureChannelOptions::new().with_timeout(Duration::from_secs(5));
        let error = soon(stage.channel_over(route![WIRE, LISTENER], options)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimedOut);
        until(|| stage.ctx.list_workers() == before).await;
    }
}
