//! Nodes whose clocks do not agree.

use super::log::Log;
use super::stage::{LISTENER, identity, node, soon, until};
use crate::support::Clock;
use ockam_core::{ErrorKind, NeutralMessage, Result};
use ockam_identity::vault::SoftwareVault;
use ockam_identity::{CLOCK_DRIFT, Identities, SecureChannelListenerOptions, SecureChannelOptions};
use std::time::Duration;

const NOW: u64 = 1_800_000_000;

/// Longer than any key lives.
const AGES: u64 = 100 * 365 * 24 * 60 * 60;

/// Makes a channel between two identities, each with a clock of its own.
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

/// An answer that is not believed is passed over, so whoever begins waits until its time is over;
/// the log says why.
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

/// A clock that is set back makes attestations that nobody believes: none is made, and no key.
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
