//! A vault, a store, a clock or a register of the program that panics: the operation that called it
//! fails, and nothing else.

mod fuse;

use self::fuse::{At, Broken};
use super::log::Log;
use super::stage::{Echoer, LISTENER, echo, identity, node, soon, until};
use ockam_core::{Error, ErrorKind, Result, route};
use ockam_identity::store::Table;
use ockam_identity::{
    Attributes, CREDENTIAL_ISSUER, CREDENTIAL_REFRESH_GAP, CREDENTIAL_REFRESH_INTERVAL,
    CredentialIssuer, CredentialSource, Identifier, IdentityOptions,
    MAX_CREDENTIAL_REFRESH_INTERVAL, NodeRng, SecureChannel, SecureChannelListenerOptions,
    SecureChannelOptions,
};
use ockam_node::Context;
use std::collections::BTreeSet;
use std::sync::atomic::Ordering;
use std::time::Duration;

#[track_caller]
fn assert_panicked(error: &Error, at: At) {
    assert_eq!(error.kind(), ErrorKind::Panicked, "{at:?}: {error:#}");
    assert!(format!("{error:#}").contains(&format!("{at:?} is broken")), "{at:?}: {error:#}");
}

/// Both moments of a call of the vault.
fn moments(call: &'static str) -> [At; 2] {
    [At::Call(call), At::Later(call)]
}

/// Alice, and Bob with a listener and an echoer, each with a fuse.
struct Scene {
    ctx: Context,
    alice: (Broken, Identifier),
    bob: (Broken, Identifier),
}

impl Scene {
    async fn new() -> Self {
        Self::with(SecureChannelListenerOptions::new()).await
    }

    async fn with(options: SecureChannelListenerOptions) -> Self {
        let (ctx, alice, bob) = (node(), Broken::new(), Broken::new());
        let (alice_is, bob_is) =
            (identity(&alice.identities, &ctx).await, identity(&bob.identities, &ctx).await);
        let listener =
            bob.identities.create_secure_channel_listener(&ctx, &bob_is, LISTENER, options);
        let flow = listener.await.unwrap().flow_control_id().clone();
        ctx.start_worker("echoer", Echoer).await.unwrap();
        ctx.flow_controls().add_consumer("echoer", &flow);
        Scene { ctx, alice: (alice, alice_is), bob: (bob, bob_is) }
    }

    async fn channel(&self, options: SecureChannelOptions) -> Result<SecureChannel> {
        let (alice, own) = &self.alice;
        soon(alice.identities.create_secure_channel(&self.ctx, own, LISTENER, options)).await
    }

    /// Everything is as it was, and the node stops in time.
    async fn assert_unharmed(mut self, workers: usize) {
        until(|| self.ctx.list_workers().len() == workers).await;
        let channel = self.channel(SecureChannelOptions::new()).await.unwrap();
        echo(&self.ctx, &channel, vec![7]).await;
        soon(self.ctx.stop()).await.unwrap();
    }
}

#[tokio::test]
async fn a_vault_or_a_clock_that_panics_fails_the_call_that_needs_it_and_the_next_call_succeeds() {
    let ctx = node();
    for at in [At::Call("now"), At::Call("update")]
        .into_iter()
        .chain(moments("create_signing_key"))
        .chain(moments("sign"))
    {
        let broken = Broken::new();
        broken.fuse.arm(at);
        let rng = &mut NodeRng::new(&ctx);
        assert_panicked(&broken.identities.create_identity(rng).await.unwrap_err(), at);
        assert_eq!((broken.identities.own(), broken.stored(Table::Own)), (vec![], 0));
        soon(broken.identities.create_identity(rng)).await.unwrap();
        assert_eq!((broken.identities.own().len(), broken.stored(Table::Own)), (1, 1));
    }
}

#[tokio::test]
async fn an_identity_whose_vault_panics_as_it_is_changed_can_be_changed_again() {
    let ctx = node();
    let calls = ["create_signing_key", "sign", "create_agreement_key", "delete_key"];
    let now_and_update = [At::Call("now"), At::Call("update")];
    for at in calls.into_iter().flat_map(moments).chain(now_and_update) {
        let broken = Broken::new();
        let alice = identity(&broken.identities, &ctx).await;
        let begun = broken.identities.now();
        let rotate = async || {
            let (options, rng) = (IdentityOptions::new(begun), &mut NodeRng::new(&ctx));
            soon(broken.identities.rotate(&alice, options, rng)).await
        };
        let present = async || {
            let rng = &mut NodeRng::new(&ctx);
            soon(broken.identities.present(&alice, vec![], rng)).await.map(drop)
        };
        broken.fuse.arm(at);
        let ended = [rotate().await, present().await];
        let errors: Vec<Error> = ended.into_iter().filter_map(Result::err).collect();
        assert!(!broken.fuse.is_armed(), "{at:?} was not reached");
        assert_eq!(errors.len(), 1, "{at:?}: {errors:?}");
        assert_panicked(&errors[0], at);
        // The change lock is free, so no task waits for it.
        rotate().await.unwrap();
        present().await.unwrap();
        let known = broken.identities.find(&alice);
        assert_eq!(broken.again().unwrap().find(&alice), known, "{at:?}");
    }
}

#[tokio::test]
async fn a_store_that_panics_at_the_start_is_an_error() {
    let broken = Broken::new();
    let at = At::Call("all");
    broken.fuse.arm(at);
    assert_panicked(&broken.again().unwrap_err(), at);
    broken.again().unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_initiator_whose_vault_or_clock_panics_gets_the_error_and_leaves_nothing() {
    let calls = ["create_agreement_key", "sign", "agree"];
    for at in calls.into_iter().flat_map(moments).chain([At::Call("now"), At::Call("update")]) {
        let scene = Scene::new().await;
        let before = scene.ctx.list_workers().len();
        scene.alice.0.fuse.arm(at);
        let error = scene.channel(SecureChannelOptions::new()).await.unwrap_err();
        assert_panicked(&error, at);
        // If Bob was asked by then, he waits for message 3 at most for so long.
        tokio::time::sleep(2 * ockam_identity::HALF_OPEN_LIFETIME).await;
        scene.assert_unharmed(before).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_responder_whose_vault_or_clock_panics_ends_its_handshake_and_the_listener_goes_on() {
    let log = Log::of_this_thread();
    for at in moments("agree").into_iter().chain([At::Call("now")]) {
        let scene = Scene::new().await;
        let before = scene.ctx.list_workers().len();
        let channel = scene.channel(SecureChannelOptions::new()).await.unwrap();
        echo(&scene.ctx, &channel, vec![0]).await;
        scene.bob.0.fuse.arm(at);
        let options = SecureChannelOptions::new().with_timeout(Duration::from_secs(5));
        let error = scene.channel(options).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimedOut, "{at:?}: {error:#}");
        let said = format!("{at:?} is broken");
        assert!(log.says(&said), "{at:?}");
        // The other channel still works.
        echo(&scene.ctx, &channel, vec![1]).await;
        soon(channel.stop(&scene.ctx)).await.unwrap();
        scene.assert_unharmed(before).await;
    }
}

#[tokio::test]
async fn of_a_listener_whose_vault_panics_each_time_the_log_has_one_line_until_a_channel_is_up() {
    let log = Log::of_this_thread();
    let scene = Scene::new().await;
    for round in 1..=2 {
        for _ in 0..3 {
            scene.bob.0.fuse.arm(At::Later("agree"));
            let options = SecureChannelOptions::new().with_timeout(Duration::from_millis(50));
            scene.channel(options).await.unwrap_err();
        }
        assert_eq!(log.count("code of the program panicked, which ends a handshake"), round);
        scene.channel(SecureChannelOptions::new()).await.unwrap();
    }
}

#[tokio::test]
async fn a_channel_comes_up_though_the_store_panics_and_what_was_learnt_is_stored_later() {
    let log = Log::of_this_thread();
    let scene = Scene::new().await;
    scene.bob.0.fuse.arm(At::Call("update"));
    // Bob remembers Alice once she has sent message 3.
    let channel = scene.channel(SecureChannelOptions::new()).await.unwrap();
    echo(&scene.ctx, &channel, vec![1]).await;
    assert!(!scene.bob.0.fuse.is_armed());
    assert_eq!(scene.bob.0.stored(Table::Met), 0);
    log.assert_says(&["cannot be stored", "Call(\"update\") is broken"]);
    // With the next that is learnt.
    let carol = Broken::new();
    let other = identity(&carol.identities, &scene.ctx).await;
    let channel = carol.identities.create_secure_channel(
        &scene.ctx,
        &other,
        LISTENER,
        SecureChannelOptions::new(),
    );
    echo(&scene.ctx, &soon(channel).await.unwrap(), vec![2]).await;
    assert_eq!(scene.bob.0.stored(Table::Met), 2);
    log.assert_says(&["the store works again"]);
}

/// An issuer at Bob's listener, whose register panics where the fuse says.
async fn start_issuer(scene: &Scene) {
    let (bob, bob_is) = &scene.bob;
    let fuse = bob.fuse.clone();
    let register = move |_: &Identifier| {
        fuse.reach(At::Call("register"));
        Some(Attributes::new(1).with("role", "member"))
    };
    let issuer = CredentialIssuer::new(&bob.identities, *bob_is, register).with_lifetime(1000);
    scene.ctx.start_worker(CREDENTIAL_ISSUER, issuer).await.unwrap();
    let flows = scene.ctx.flow_controls();
    let spawner = flows.find_flow_control_with_spawner_address(&LISTENER.into()).unwrap();
    flows.add_consumer(CREDENTIAL_ISSUER, spawner.flow_control_id());
}

#[tokio::test]
async fn an_issuer_whose_register_vault_or_clock_panics_refuses_that_request_and_goes_on() {
    let log = Log::of_this_thread();
    let at_signing = moments("sign").into_iter().chain(moments("create_signing_key"));
    for at in
        [At::Call("register"), At::Call("now"), At::Call("update")].into_iter().chain(at_signing)
    {
        let scene = Scene::new().await;
        start_issuer(&scene).await;
        let channel = scene.channel(SecureChannelOptions::new()).await.unwrap();
        echo(&scene.ctx, &channel, vec![1]).await;
        let (alice, own) = &scene.alice;
        alice
            .identities
            .import(&scene.bob.0.identities.export(&scene.bob.1).unwrap(), None)
            .unwrap();
        let ask = || {
            let route = route![&channel, CREDENTIAL_ISSUER];
            soon(alice.identities.request_credential(&scene.ctx, route, own, &scene.bob.1))
        };
        scene.bob.0.fuse.arm(at);
        let error = ask().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Denied, "{at:?}: {error:#}");
        assert!(error.to_string().contains("status 500"), "{at:?}: {error:#}");
        assert_eq!(log.count(&format!("{at:?} is broken")), 1, "{at:?}");
        log.assert_says(&["no credential was issued"]);
        ask().await.unwrap();
    }
}

/// Counts the seconds after which a credential is replaced for certain.
fn patience() -> Duration {
    3 * MAX_CREDENTIAL_REFRESH_INTERVAL
}

#[tokio::test(start_paused = true)]
async fn a_refresh_in_which_the_clock_or_the_vault_panics_is_put_off_and_the_channel_goes_on() {
    let log = Log::of_this_thread();
    for at in moments("agree").into_iter().chain([At::Call("now")]) {
        let scene = Scene::new().await;
        start_issuer(&scene).await;
        let (alice, bob) = (&scene.alice.0, &scene.bob.0);
        alice.identities.import(&bob.identities.export(&scene.bob.1).unwrap(), None).unwrap();
        let source = CredentialSource::new(scene.bob.1, route![LISTENER]);
        let options = SecureChannelOptions::new().with_credential_source(source);
        let channel = scene.channel(options).await.unwrap();
        let credential = || alice.identities.credential(&scene.alice.1, &scene.bob.1);
        let first = credential().unwrap();
        tokio::time::sleep(CREDENTIAL_REFRESH_INTERVAL).await;
        let workers = scene.ctx.list_workers().into_iter().collect::<BTreeSet<_>>();
        // Due, and not expired.
        alice.ahead.store(1000 - CREDENTIAL_REFRESH_GAP + 10, Ordering::SeqCst);
        bob.ahead.store(1000 - CREDENTIAL_REFRESH_GAP + 10, Ordering::SeqCst);
        alice.fuse.arm(at);
        tokio::time::sleep(patience()).await;
        assert!(!alice.fuse.is_armed(), "{at:?} was not reached");
        assert_ne!(credential().unwrap(), first, "{at:?}");
        assert_eq!(log.count(&format!("{at:?} is broken")), 1, "{at:?}");
        log.assert_says(&["no new credential"]);
        echo(&scene.ctx, &channel, vec![1]).await;
        until(|| scene.ctx.list_workers().into_iter().collect::<BTreeSet<_>>() == workers).await;
        scene.ctx.stop_worker(channel.address().clone()).await.unwrap();
    }
}

/// The clock of the side that is shown a new credential panics.
#[tokio::test]
async fn a_refresh_that_is_looked_at_with_a_clock_that_panics_is_dropped_and_the_channel_goes_on() {
    let log = Log::of_this_thread();
    let scene = Scene::new().await;
    start_issuer(&scene).await;
    let channel = scene.channel(SecureChannelOptions::new()).await.unwrap();
    echo(&scene.ctx, &channel, vec![1]).await;
    let ((alice, own), (bob, issuer)) = (&scene.alice, &scene.bob);
    alice.identities.import(&bob.identities.export(issuer).unwrap(), None).unwrap();
    let route = route![&channel, CREDENTIAL_ISSUER];
    let credential = alice.identities.request_credential(&scene.ctx, route, own, issuer);
    let credential = soon(credential).await.unwrap();
    bob.fuse.arm(At::Call("now"));
    let refresh = channel.refresh_credential(&scene.ctx, &alice.identities, credential);
    soon(refresh).await.unwrap();
    echo(&scene.ctx, &channel, vec![2]).await;
    assert!(!bob.fuse.is_armed());
    log.assert_says(&["a refresh was dropped", "Call(\"now\") is broken"]);
}
