//! The work that an untrusted peer can cause.

use super::log::Log;
use super::raw::{RawHandshake, RawPeer};
use super::stage::{LISTENER, Stage, identity, node, record, soon, until};
use ockam_core::{
    Any, Authorization, ErrorKind, NeutralMessage, Result, Routed, TransportMessage, Worker, route,
};
use ockam_identity::channel::{ChannelMessage, Greeted, Protocol};
use ockam_identity::vault::AgreementSecret;
use ockam_identity::{
    Identifier, Identities, MAX_ANSWERS, NodeRng, SecureChannelListenerOptions,
    SecureChannelOptions, Structure, TrustMultiIdentifiersPolicy, TrustPolicy,
};
use ockam_node::Context;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::Semaphore;

/// A message 3 of a third party does not end the handshake of the initiator.
#[tokio::test]
async fn a_forged_message_3_is_dropped_and_the_right_one_is_taken_after_it() {
    let log = Log::of_this_thread();
    let stage = Stage::new().await;
    let mut recorded = record(&stage.ctx, "recorder").await;
    stage.let_in("recorder");
    let handshake = RawHandshake::begin(&stage.ctx).await;
    for forged in [vec![], vec![7; 47], vec![7; 300], vec![7; 70_000]] {
        handshake.send(forged).await;
    }
    until(|| log.says("the handshake message of 70000 bytes")).await;
    let shown = handshake.shown().await.encode();
    let mut peer = handshake.finish(&shown).await;
    let message = TransportMessage::new(route!["recorder"], route![], vec![7]);
    peer.say(&ChannelMessage::Data(message)).await;
    assert_eq!(soon(recorded.recv()).await.unwrap().payload(), &[7][..]);
}

/// No valid message can follow it, and verifying it costs time.
#[tokio::test]
async fn a_genuine_message_3_that_proves_nothing_ends_the_handshake() {
    let log = Log::of_this_thread();
    let stage = Stage::new().await;
    let before = stage.ctx.list_workers();
    let mut of_another = RawHandshake::begin(&stage.ctx).await.shown().await;
    until(|| stage.ctx.list_workers().len() == before.len() + 1).await;
    of_another.credentials = vec![];
    for (shown, why) in [
        (vec![0xff; 100], "the peer's payload is malformed"),
        (of_another.encode(), "the peer is not accepted"),
    ] {
        let handshake = RawHandshake::begin(&stage.ctx).await;
        let responder = handshake.remote.last().unwrap().clone();
        let _peer = handshake.finish(&shown).await;
        until(|| !stage.ctx.is_worker_registered_at(&responder)).await;
        log.assert_says(&["a handshake has failed", why]);
    }
}

/// Decides when the test allows it, and counts the decisions.
#[derive(Clone, Debug)]
struct Gated {
    gate: Arc<Semaphore>,
    asked: Arc<AtomicUsize>,
    is_trusted: bool,
}

impl TrustPolicy for Gated {
    fn is_trusted<'a>(&'a self, _: &'a Identifier) -> Authorization<'a> {
        Authorization::Later(Box::pin(async {
            self.asked.fetch_add(1, Ordering::SeqCst);
            self.gate.acquire().await.unwrap().forget();
            Ok(self.is_trusted)
        }))
    }
}

#[tokio::test]
async fn nothing_is_remembered_of_a_peer_before_the_policy_has_spoken() {
    for is_trusted in [false, true] {
        let log = Log::of_this_thread();
        let gate = Arc::new(Semaphore::new(0));
        let asked = Arc::new(AtomicUsize::new(0));
        let policy = Gated { gate: Arc::clone(&gate), asked: Arc::clone(&asked), is_trusted };
        let options = SecureChannelListenerOptions::new().with_trust_policy(policy.clone());
        let stage = Stage::with(options).await;
        let peer = RawPeer::connect(&stage.ctx).await;
        until(|| asked.load(Ordering::SeqCst) == 1).await;
        assert!(stage.identities.find(&peer.own).is_none());
        gate.add_permits(1);
        match is_trusted {
            true => until(|| stage.identities.find(&peer.own).is_some()).await,
            false => until(|| log.says("not trusted")).await,
        }
        assert_eq!(stage.identities.find(&peer.own).is_some(), is_trusted);

        // The side that begins.
        let strangers = Identities::in_memory();
        let carol = identity(&strangers, &stage.ctx).await;
        let options = SecureChannelOptions::new().with_trust_policy(policy);
        let listener = stage.listener.address().clone();
        gate.add_permits(2);
        let made = soon(strangers.create_secure_channel(&stage.ctx, &carol, listener, options));
        assert_eq!(made.await.is_ok(), is_trusted);
        assert_eq!(strangers.find(&stage.bob).is_some(), is_trusted);
    }
}

/// An untrusted identity is refused by its identifier: none of its signatures is verified.
#[tokio::test]
async fn the_policy_is_asked_before_anything_is_verified() {
    let log = Log::of_this_thread();
    let nobody = TrustMultiIdentifiersPolicy::new(vec![]);
    let stage = Stage::with(SecureChannelListenerOptions::new().with_trust_policy(nobody)).await;
    let handshake = RawHandshake::begin(&stage.ctx).await;
    let claimed = handshake.own;
    // One bit of the last signature is wrong.
    let mut shown = handshake.shown().await.encode();
    let end = shown.len() - 5;
    shown[end] ^= 1;
    let _peer = handshake.finish(&shown).await;
    until(|| log.says("not trusted")).await;
    log.assert_says(&[&claimed.to_string()]);
    assert!(!log.says("a handshake has failed"));
}

/// Answers every message 1 with authentic messages 2 with invalid payloads.
struct Liar(usize);

impl Worker for Liar {
    type Context = Context;
    type Message = Any;

    async fn handle_message(&mut self, ctx: &mut Context, msg: Routed<Any>) -> Result<()> {
        let message = msg.into_transport_message();
        let rng = &mut NodeRng::new(ctx);
        for _ in 0..self.0 {
            let greeted = Greeted::read(Protocol::OCKAM, &message.payload).unwrap();
            let own = AgreementSecret::random(rng);
            let agreed = own.agree(greeted.peer_ephemeral()).unwrap();
            let ephemeral = AgreementSecret::random(rng);
            let (_, second) = greeted.answer(ephemeral, own.public(), &agreed, b"lies").unwrap();
            ctx.send(message.return_route.clone(), NeutralMessage::from(second)).await?;
        }
        Ok(())
    }
}

#[tokio::test(start_paused = true)]
async fn answers_that_are_genuine_and_prove_nothing_are_looked_at_so_many_times() {
    let ctx = node();
    let identities = Identities::in_memory();
    let alice = identity(&identities, &ctx).await;
    for (lies, kind) in [(MAX_ANSWERS - 1, ErrorKind::TimedOut), (MAX_ANSWERS, ErrorKind::Failed)] {
        ctx.start_worker(LISTENER, Liar(lies)).await.unwrap();
        let options = SecureChannelOptions::new();
        let made = identities.create_secure_channel(&ctx, &alice, LISTENER, options).await;
        let error = made.unwrap_err();
        assert_eq!(error.kind(), kind, "{error:#}");
        ctx.stop_worker(LISTENER).await.unwrap();
    }
}
