//! Hand-made responders, and the reaction of an initiator to their messages.

use super::confirm::{CONFIRMED, REFUSED};
use super::link::connect;
use super::stage::{LISTENER, identity, node, soon, until};
use ockam_core::{Any, ErrorKind, NeutralMessage, Result, Routed, TransportMessage, Worker, route};
use ockam_identity::channel::{Features, Greeted, Protocol, Sealer, Waiting};
use ockam_identity::vault::AgreementSecret;
use ockam_identity::{
    Identifier, Identities, NodeRng, SecureChannel, SecureChannelOptions, Structure,
};
use ockam_node::Context;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::time::Instant;

/// A hand-made responder, with the messages that it sends after message 3.
struct Fake {
    identities: Identities,
    own: Identifier,
    features: Features,
    waiting: Option<Waiting>,
    says: Says,
}

/// Creates the messages that follow message 3.
type Says = fn(&mut Sealer) -> Vec<Vec<u8>>;

impl Worker for Fake {
    type Context = Context;
    type Message = Any;

    async fn handle_message(&mut self, ctx: &mut Context, msg: Routed<Any>) -> Result<()> {
        let TransportMessage { payload, return_route, .. } = msg.into_transport_message();
        if payload.len() < 100 {
            let rng = &mut NodeRng::new(ctx);
            let mut presented = self.identities.present(&self.own, vec![], rng).await?;
            presented.shown.features = self.features;
            let greeted = Greeted::read(Protocol::OCKAM, &payload).unwrap();
            let vault = self.identities.vault();
            let agreed = vault.agree(&presented.key, greeted.peer_ephemeral()).await.unwrap();
            let (ephemeral, shown) = (AgreementSecret::random(rng), presented.shown.encode());
            let answered = greeted.answer(ephemeral, &presented.public, &agreed, &shown);
            let (waiting, second) = answered.unwrap();
            self.waiting = Some(waiting);
            return ctx.send(return_route, NeutralMessage::from(second)).await;
        }
        let Some(waiting) = self.waiting.take() else { return Ok(()) };
        let (keys, ..) = waiting.read(&payload).unwrap();
        for message in (self.says)(&mut Sealer::new(&keys.sending)) {
            ctx.send(return_route.clone(), NeutralMessage::from(message)).await?;
        }
        Ok(())
    }
}

/// A node with an initiator, and a hand-made responder.
struct Faked {
    ctx: Context,
    identities: Identities,
    alice: Identifier,
    bob: Identifier,
}

impl Faked {
    async fn new(features: Features, says: Says) -> Self {
        let (ctx, identities) = (node(), Identities::in_memory());
        let alice = identity(&identities, &ctx).await;
        let bob = identity(&identities, &ctx).await;
        let fake = Fake { identities: identities.clone(), own: bob, features, waiting: None, says };
        ctx.start_worker(LISTENER, fake).await.unwrap();
        Faked { ctx, identities, alice, bob }
    }

    async fn channel(&self) -> Result<SecureChannel> {
        let options = SecureChannelOptions::new().with_timeout(Duration::from_secs(5));
        let (ctx, alice) = (&self.ctx, &self.alice);
        soon(self.identities.create_secure_channel(ctx, alice, LISTENER, options)).await
    }
}

/// The last message of a responder whose node stops.
const GOING_AWAY: &[u8] = b"\x82\x82\x02\x81\x08\x40";

fn seal(sealer: &mut Sealer, content: &[u8]) -> Vec<u8> {
    let mut buffer = [&[0; 8], content].concat();
    sealer.seal(&mut buffer).unwrap();
    buffer
}

/// A responder of Ockam 0.150 ignores the mark and sends no confirmation.
#[tokio::test(start_paused = true)]
async fn with_a_responder_that_promises_nothing_there_is_a_channel_at_once() {
    for features in [Features::NONE, Features::from_bits(0xfe)] {
        let faked = Faked::new(features, |_| vec![]).await;
        let begun = Instant::now();
        let channel = faked.channel().await.unwrap();
        assert_eq!(begun.elapsed(), Duration::ZERO);
        assert!(!channel.is_confirmed());
        channel.stop(&faked.ctx).await.unwrap();
    }
}

/// No message, a forged one, an authentic one without content, another message 0, and a refusal in
/// a message that is not authentic.
#[tokio::test(start_paused = true)]
async fn a_responder_that_promises_a_word_and_gives_none_is_waited_for_so_long() {
    let silences: [Says; 5] = [
        |_| vec![],
        |_| vec![vec![], vec![7; 23], vec![0xff; 1000]],
        |sealer| vec![seal(sealer, b"nothing"), seal(sealer, b"")],
        |sealer| {
            let sealed = seal(sealer, b"nothing");
            vec![sealed.clone(), sealed]
        },
        |_| vec![[&[0; 8], REFUSED, &[0; 16]].concat()],
    ];
    for (index, says) in silences.into_iter().enumerate() {
        let faked = Faked::new(Features::KNOWN, says).await;
        let (before, begun) = (faked.ctx.list_workers(), Instant::now());
        let error = faked.channel().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimedOut, "{index}: {error}");
        let text = format!("{} has answered, and has not said that it takes", faked.bob);
        assert!(error.to_string().contains(&text), "{index}: {error}");
        assert_eq!(begun.elapsed().as_secs(), 5, "{index}");
        until(|| faked.ctx.list_workers() == before).await;
    }
}

/// Message 0 may be late or lost: any message that verifies shows that the peer has the keys.
#[tokio::test(start_paused = true)]
async fn a_message_that_has_passed_message_0_confirms_too_and_copies_change_nothing() {
    let faked = Faked::new(Features::KNOWN, |sealer| {
        let (first, second) = (seal(sealer, CONFIRMED), seal(sealer, CONFIRMED));
        vec![second.clone(), first.clone(), first, second]
    });
    let faked = faked.await;
    let channel = faked.channel().await.unwrap();
    assert!(channel.is_confirmed());
    assert!(faked.ctx.is_worker_registered_at(channel.address().clone()));
}

/// A close that is not message 0 is no refusal: the responder was up, and has ended.
#[tokio::test(start_paused = true)]
async fn a_close_behind_the_confirmation_ends_a_channel_that_was_there() {
    let both: Says = |sealer| vec![seal(sealer, CONFIRMED), seal(sealer, REFUSED)];
    let first_is_lost: Says = |sealer| {
        seal(sealer, CONFIRMED);
        vec![seal(sealer, REFUSED)]
    };
    for says in [both, first_is_lost] {
        let faked = Faked::new(Features::KNOWN, says).await;
        let channel = faked.channel().await.unwrap();
        until(|| !faked.ctx.is_worker_registered_at(channel.address().clone())).await;
        let error = faked.ctx.send(route![&channel, "app"], 1u8).await.unwrap_err();
        assert!(error.to_string().contains("was closed by the peer"), "{error}");
    }
}

/// As message 0 it is no channel for now, and behind that the end of one that is not made again.
#[tokio::test(start_paused = true)]
async fn a_responder_that_goes_away_is_no_refusal_and_ends_what_is_not_made_again() {
    let faked = Faked::new(Features::KNOWN, |sealer| vec![seal(sealer, GOING_AWAY)]).await;
    let (before, begun) = (faked.ctx.list_workers(), Instant::now());
    let error = faked.channel().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Stopped);
    let text = format!("{} takes no channel now", faked.bob);
    assert!(error.to_string().contains(&text), "{error}");
    assert_eq!(begun.elapsed(), Duration::ZERO);
    until(|| faked.ctx.list_workers() == before).await;

    let both: Says = |sealer| vec![seal(sealer, CONFIRMED), seal(sealer, GOING_AWAY)];
    let faked = Faked::new(Features::KNOWN, both).await;
    let options = SecureChannelOptions::new().without_reconnect();
    let (identities, ctx) = (&faked.identities, &faked.ctx);
    let channel = identities.create_secure_channel(ctx, &faked.alice, LISTENER, options);
    let channel = soon(channel).await.unwrap();
    until(|| !ctx.is_worker_registered_at(channel.address().clone())).await;
    let error = ctx.send(route![&channel, "app"], 1u8).await.unwrap_err();
    assert!(error.to_string().contains("was closed by the peer"), "{error}");
}

/// A peer that confirms and goes away again and again is asked with a pause between.
#[tokio::test(start_paused = true)]
async fn a_responder_that_goes_away_each_time_is_asked_a_few_times_a_second() {
    static MADE: AtomicUsize = AtomicUsize::new(0);
    let both: Says = |sealer| {
        MADE.fetch_add(1, Ordering::SeqCst);
        vec![seal(sealer, CONFIRMED), seal(sealer, GOING_AWAY)]
    };
    let faked = Faked::new(Features::KNOWN, both).await;
    let _channel = faked.channel().await.unwrap();
    tokio::time::sleep(Duration::from_secs(10)).await;
    let made = MADE.load(Ordering::SeqCst);
    assert!((40..=81).contains(&made), "{made} times");
}

#[tokio::test(start_paused = true)]
async fn the_wait_for_the_decision_ends_with_the_connection() {
    let (near, far) = (node(), Faked::new(Features::KNOWN, |_| vec![]).await);
    let (to_far, from_near, seen) = connect(&near, &far.ctx).await;
    far.ctx.flow_controls().add_consumer(LISTENER, &from_near.flow);
    let identities = Identities::in_memory();
    let alice = identity(&identities, &near).await;
    let before = near.list_workers().len();
    let (handle, route) = (near.handle(), route![to_far.sender.clone(), LISTENER]);
    let begun = Instant::now();
    let channel = tokio::spawn(async move {
        let options = SecureChannelOptions::new();
        identities.create_secure_channel(&handle, &alice, route, options).await
    });
    until(|| seen.all().len() == 3).await;
    soon(near.stop_worker(to_far.sender.clone())).await.unwrap();
    let error = soon(channel).await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Stopped);
    assert!(error.to_string().starts_with("making a secure channel over "), "{error}");
    assert_eq!(begun.elapsed().as_secs(), 0);
    until(|| near.list_workers().len() == before - 1).await;
}

/// An attempt that is given up while it waits for the decision ends at both sides.
#[tokio::test]
async fn an_attempt_that_is_given_up_while_it_waits_leaves_nothing() {
    let faked = Faked::new(Features::KNOWN, |_| vec![]).await;
    let before = faked.ctx.list_workers();
    {
        let mut channel = std::pin::pin!(faked.channel());
        let waits = until(|| faked.ctx.list_workers().len() == before.len() + 2);
        tokio::select! {
            channel = &mut channel => panic!("{channel:?}"),
            () = waits => {}
        }
    }
    until(|| faked.ctx.list_workers() == before).await;
}
