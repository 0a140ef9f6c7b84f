//! Nodes whose clocks do not agree.

use super::log::Log;
use super::stage::{LISTENER, identity, node, soon, until};
use crate::support::Clock;
use ockam_core::{Error, ErrorKind, NeutralMessage, Result};
use ockam_identity::vault::{KeyKind, Secret, SoftwareVault};
use ockam_identity::{
    Attributes, CLOCK_DRIFT, EARLIEST_TIME, IDENTITY_KEY_LIFETIME, Identifier, Identities,
    Identity, IdentityOptions, KEY_EXPIRY_NOTICE, KEY_EXPIRY_NOTICE_INTERVAL, NodeRng,
    SecureChannelListenerOptions, SecureChannelOptions, Structure,
};
use ockam_node::Context;
use std::time::Duration;

const NOW: u64 = 1_800_000_000;

/// Longer than any key lives.
const AGES: u64 = 100 * 365 * 24 * 60 * 60;

/// Creates a channel between two identities with separate clocks.
async fn meet(initiator: u64, responder: u64) -> Result<()> {
    let ctx = node();
    let here = Identities::new(SoftwareVault::new(), move || initiator);
    let there = Identities::new(SoftwareVault::new(), move || responder);
    let (alice, bob) = (identity(&here, &ctx).await, identity(&there, &ctx).await);
    let options = SecureChannelListenerOptions::new();
    there.create_secure_channel_listener(&ctx, &bob, LISTENER, options).await?;
    let options = SecureChannelOptions::new().with_timeout(Duration::from_secs(1));
    let channel = soon(here.create_secure_channel(&ctx, &alice, LISTENER, options)).await?;
    assert_eq!(*channel.peer(), bob);
    Ok(())
}

#[tokio::test]
async fn clocks_that_differ_by_less_than_the_drift_do_no_harm() {
    for (initiator, responder) in [(NOW, NOW), (NOW + CLOCK_DRIFT, NOW), (NOW, NOW + CLOCK_DRIFT)] {
        meet(initiator, responder).await.unwrap();
    }
}

/// A rejected response is ignored, so the initiator waits until its timeout; the reason is logged.
#[tokio::test(start_paused = true)]
async fn a_node_whose_clock_is_wrong_gets_no_channel_and_its_log_says_why() {
    let log = Log::of_this_thread();
    for (initiator, responder, why) in
        [(NOW, NOW + AGES, "was made in the future"), (NOW + AGES, NOW, "expired")]
    {
        let error = meet(initiator, responder).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimedOut, "{error:#}");
        log.assert_says(&[why]);
    }
}

/// A clock that is set back would create attestations that peers reject: none is created, nor a key.
#[tokio::test(start_paused = true)]
async fn a_node_whose_clock_is_before_its_key_presents_nothing_and_says_so_once() {
    let log = Log::of_this_thread();
    let (clock, ctx) = (Clock::new(NOW), node());
    let identities = Identities::new(SoftwareVault::new(), clock.reader());
    let bob = identity(&identities, &ctx).await;
    let options = SecureChannelListenerOptions::new();
    identities.create_secure_channel_listener(&ctx, &bob, LISTENER, options).await.unwrap();
    let keys = format!("{:?}", identities.vault());
    clock.set(NOW - 3600);
    let before = ctx.list_workers();
    for number in 1..20 {
        let first = NeutralMessage::from(vec![number; 32]);
        ctx.send(LISTENER, first).await.unwrap();
    }
    until(|| log.says("a listener cannot present its identity")).await;
    until(|| ctx.list_workers() == before).await;
    assert_eq!(log.count("a listener cannot present its identity"), 1);
    log.assert_says(&["begins in 3600 s: set the clock of this node"]);
    assert_eq!(format!("{:?}", identities.vault()), keys);
    let made = identities.create_secure_channel(&ctx, &bob, LISTENER, SecureChannelOptions::new());
    let error = made.await.unwrap_err();
    assert!(error.to_string().contains("set the clock of this node"), "{error}");

    clock.set(NOW + AGES);
    let made = identities.create_secure_channel(&ctx, &bob, LISTENER, SecureChannelOptions::new());
    let error = made.await.unwrap_err();
    assert!(error.to_string().contains("`rotate` it"), "{error}");
    assert_eq!(format!("{:?}", identities.vault()), keys);

    clock.set(NOW);
    let options = SecureChannelOptions::new();
    identities.create_secure_channel(&ctx, &bob, LISTENER, options).await.unwrap();
}

/// Tries all operations that present an identity to peers, and returns the errors.
async fn try_to_show(ctx: &Context, identities: &Identities, own: &Identifier) -> [Error; 3] {
    let options = SecureChannelListenerOptions::new();
    let listener = identities.create_secure_channel_listener(ctx, own, "its_listener", options);
    let options = SecureChannelOptions::new();
    let channel = identities.create_secure_channel(ctx, own, LISTENER, options);
    let (rng, attributes) = (&mut NodeRng::new(ctx), Attributes::new(0));
    let credential = identities.issue_credential(own, own, attributes, 100, rng);
    [listener.await.unwrap_err(), channel.await.unwrap_err(), credential.await.unwrap_err()]
}

/// A device without a battery creates its identity before it has the time from the network.
#[tokio::test(start_paused = true)]
async fn by_a_clock_that_was_not_set_yet_nothing_is_made_or_shown() {
    let (clock, ctx) = (Clock::new(40), node());
    let identities = Identities::new(SoftwareVault::new(), clock.reader());
    let refused = identities.create_identity(&mut NodeRng::new(&ctx)).await.unwrap_err();
    assert!(refused.to_string().contains("before this program was built"), "{refused}");
    assert_eq!(format!("{:?}", identities.vault()), "SoftwareVault(0 keys)");

    clock.set(EARLIEST_TIME);
    let device = identity(&identities, &ctx).await;
    // After a reset.
    clock.set(40);
    let options = || IdentityOptions::new(EARLIEST_TIME);
    let rotated = identities.rotate(&device, options(), &mut NodeRng::new(&ctx)).await;
    let mut refused = Vec::from(try_to_show(&ctx, &identities, &device).await);
    refused.push(rotated.unwrap_err());
    for error in refused {
        assert!(error.to_string().contains("set the clock first"), "{error}");
    }
    assert_eq!(format!("{:?}", identities.vault()), "SoftwareVault(1 keys)");
}

/// Identities as created by earlier versions.
#[tokio::test(start_paused = true)]
async fn an_identity_from_before_the_clock_was_set_is_refused_until_it_is_rotated() {
    let (ctx, vault) = (node(), SoftwareVault::new());
    let seed = [5; 32];
    let key = vault.import_signing_key(KeyKind::Ed25519, &Secret::from(seed)).unwrap().0;
    let made = Identity::create(&SoftwareVault::new(), IdentityOptions::new(40), seed.into()).await;
    let identities = Identities::new(vault, || NOW);
    let history = made.unwrap().0.history().encode();
    let device = identities.import_private(&history, key).await.unwrap();
    for error in try_to_show(&ctx, &identities, &device).await {
        assert!(error.to_string().contains("has run out"), "{error}");
        assert!(error.to_string().contains("`rotate` it"), "{error}");
    }
    let rng = &mut NodeRng::new(&ctx);
    let refused = identities.rotate(&device, IdentityOptions::new(40), rng).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::InvalidInput, "{refused}");
    let refused = identities.create_identity_with(IdentityOptions::new(40), rng).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::InvalidInput, "{refused}");

    identities.rotate(&device, IdentityOptions::new(NOW), rng).await.unwrap();
    let options = SecureChannelListenerOptions::new();
    identities.create_secure_channel_listener(&ctx, &device, LISTENER, options).await.unwrap();
    let peers = Identities::new(SoftwareVault::new(), || NOW);
    let peer = identity(&peers, &ctx).await;
    let options = SecureChannelOptions::new();
    soon(peers.create_secure_channel(&ctx, &peer, LISTENER, options)).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_log_warns_of_a_key_that_runs_out_for_months_and_once_a_day() {
    const WARNING: &str = "runs out soon: `rotate` it";
    let log = Log::of_this_thread();
    let (clock, ctx) = (Clock::new(NOW), node());
    let identities = Identities::new(SoftwareVault::new(), clock.reader());
    let [alice, bob] = [identity(&identities, &ctx).await, identity(&identities, &ctx).await];
    let options = SecureChannelListenerOptions::new();
    identities.create_secure_channel_listener(&ctx, &bob, LISTENER, options).await.unwrap();
    let until = NOW + IDENTITY_KEY_LIFETIME;
    let warned = async |now, times| {
        clock.set(now);
        for _ in 0..3 {
            let options = SecureChannelOptions::new();
            let channel = identities.create_secure_channel(&ctx, &alice, LISTENER, options);
            soon(channel).await.unwrap().stop(&ctx).await.unwrap();
        }
        assert_eq!(log.count(WARNING), times, "{now}");
    };
    warned(until - KEY_EXPIRY_NOTICE - 1, 0).await;
    // Alice's and Bob's.
    warned(until - KEY_EXPIRY_NOTICE, 2).await;
    warned(until - KEY_EXPIRY_NOTICE + KEY_EXPIRY_NOTICE_INTERVAL - 1, 2).await;
    warned(until - KEY_EXPIRY_NOTICE + KEY_EXPIRY_NOTICE_INTERVAL, 4).await;
    log.assert_says(&["days: 90", "days: 89", &alice.to_string(), &bob.to_string()]);

    for own in [&alice, &bob] {
        let options = IdentityOptions::new(identities.now());
        identities.rotate(own, options, &mut NodeRng::new(&ctx)).await.unwrap();
    }
    warned(until, 0).await;
}
