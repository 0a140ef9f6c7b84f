//! Operations that create, use and end channels, dropped at each await: nothing leaks on either node.

use super::link::{End, connect};
use super::stage::{Echoer, LISTENER, echo, node, soon, until};
use crate::drops::{Drops, all_of, at_each_await};
use crate::support::Clock;
use crate::waiting::Waiting;
use ockam_core::{Authorization, Route, route};
use ockam_identity::vault::SoftwareVault;
use ockam_identity::{
    Attributes, CREDENTIAL_ISSUER, CredentialIssuer, CredentialSource, HALF_OPEN_LIFETIME,
    Identifier, Identities, NodeRng, SecureChannel, SecureChannelListenerOptions,
    SecureChannelOptions, TrustIdentifierPolicy, TrustPolicy,
};
use ockam_node::Context;
use std::time::Duration;

const ISSUER_LISTENER: &str = "issuer_listener";

/// A node with an identity and a vault that does not complete immediately.
struct Place {
    ctx: Context,
    identities: Identities,
    own: Identifier,
}

impl Place {
    async fn new() -> Self {
        let ctx = node();
        let clock = Clock::new(1_800_000_000);
        let identities = Identities::new(Waiting(SoftwareVault::new()), clock.reader());
        let own = identities.create_identity(&mut NodeRng::new(&ctx)).await.unwrap();
        Place { ctx, identities, own }
    }

    /// Starts a listener that is reached over a connection.
    async fn listen(&self, address: &str, over: &End) -> ockam_identity::SecureChannelListener {
        let options = SecureChannelListenerOptions::new().as_consumer(&over.flow);
        let (ctx, own) = (&self.ctx, &self.own);
        self.identities.create_secure_channel_listener(ctx, own, address, options).await.unwrap()
    }

    async fn channel(
        &self,
        route: Route,
        options: SecureChannelOptions,
    ) -> ockam_core::Result<SecureChannel> {
        self.identities.create_secure_channel(&self.ctx, &self.own, route, options).await
    }
}

/// Alice and Bob, who has a listener, an echoer and an issuer, over a connection.
struct Scene {
    alice: Place,
    bob: Place,
    up: End,
    before: [(Vec<ockam_core::Address>, String); 2],
}

impl Scene {
    async fn new() -> Self {
        let (alice, bob) = (Place::new().await, Place::new().await);
        let (up, down, _) = connect(&alice.ctx, &bob.ctx).await;
        let listener = bob.listen(LISTENER, &down).await;
        bob.ctx.start_worker("echoer", Echoer).await.unwrap();
        let flows = bob.ctx.flow_controls();
        flows.add_consumer("echoer", listener.flow_control_id());
        let issuing = bob.listen(ISSUER_LISTENER, &down).await;
        let member = |_: &Identifier| Some(Attributes::new(1).with("role", "member"));
        let issuer = CredentialIssuer::new(&bob.identities, bob.own, member);
        bob.ctx.start_worker(CREDENTIAL_ISSUER, issuer).await.unwrap();
        flows.add_consumer(CREDENTIAL_ISSUER, issuing.flow_control_id());
        let history = bob.identities.export(&bob.own).unwrap();
        alice.identities.import(&history, None).unwrap();
        // The keys of each side are there, so that both find them each time.
        for place in [&alice, &bob] {
            let rng = &mut NodeRng::new(&place.ctx);
            place.identities.present(&place.own, vec![], rng).await.unwrap();
        }
        let before = [all_of(&alice.ctx), all_of(&bob.ctx)];
        Scene { alice, bob, up, before }
    }

    fn to(&self, address: &str) -> Route {
        route![self.up.sender.clone(), address]
    }

    fn source(&self) -> CredentialSource {
        CredentialSource::new(self.bob.own, self.to(ISSUER_LISTENER))
    }

    async fn plain_channel(&self) -> SecureChannel {
        soon(self.alice.channel(self.to(LISTENER), SecureChannelOptions::new())).await.unwrap()
    }

    /// Waits until Alice's node is as it was before, and then Bob's, where a handshake that does
    /// not go on ends in its time.
    async fn as_before(&self, what: &str, drops: Drops) {
        let [alice, bob] = &self.before;
        until_so(&format!("{what} {drops:?}: nothing is left"), || {
            all_of(&self.alice.ctx) == *alice
        })
        .await;
        tokio::time::sleep(2 * HALF_OPEN_LIFETIME + Duration::from_secs(1)).await;
        assert_eq!(all_of(&self.bob.ctx), *bob, "{what} {drops:?}");
        assert_eq!(all_of(&self.alice.ctx), *alice, "{what} {drops:?}");
    }
}

async fn until_so(what: &str, mut is_so: impl FnMut() -> bool) {
    for _ in 0..1000 {
        if is_so() {
            return;
        }
        tokio::task::yield_now().await;
    }
    panic!("{what}");
}

/// Trusts every identity after a while.
#[derive(Debug)]
struct Slowly;

impl TrustPolicy for Slowly {
    fn is_trusted<'a>(&'a self, _: &'a Identifier) -> Authorization<'a> {
        Authorization::Later(Box::pin(async {
            tokio::task::yield_now().await;
            Ok(true)
        }))
    }
}

#[tokio::test(start_paused = true)]
async fn a_channel_whose_making_is_dropped_leaves_nothing_on_either_node() {
    for (what, awaits) in [("plain", 3), ("policy", 4), ("source", 6)] {
        at_each_await(awaits, async |drops: Drops| {
            let scene = Scene::new().await;
            let options = SecureChannelOptions::new();
            let options = match what {
                "policy" => options.with_trust_policy(Slowly),
                "source" => options.with_credential_source(scene.source()),
                _ => options,
            };
            let making = scene.alice.channel(scene.to(LISTENER), options);
            let made = soon(drops.run(making)).await.transpose().unwrap();
            if let Some(channel) = &made {
                echo(&scene.alice.ctx, channel, vec![7]).await;
                soon(channel.stop(&scene.alice.ctx)).await.unwrap();
            }
            scene.as_before(what, drops).await;
            made.is_some()
        })
        .await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_listener_whose_making_is_dropped_leaves_nothing_and_its_address_is_free() {
    for has_source in [false, true] {
        at_each_await(2, async |drops: Drops| {
            let scene = Scene::new().await;
            let Place { ctx, identities, .. } = &scene.alice;
            // An identity whose keys are not created yet.
            let carol = identities.create_identity(&mut NodeRng::new(ctx)).await.unwrap();
            let mut options = SecureChannelListenerOptions::new().as_consumer(&scene.up.flow);
            if has_source {
                options = options.with_credential_source(scene.source());
            }
            let making = identities.create_secure_channel_listener(ctx, &carol, "carol", options);
            let made = soon(drops.run(making)).await.transpose().unwrap();
            if let Some(listener) = &made {
                soon(listener.stop(ctx)).await.unwrap();
            }
            scene.as_before("a listener", drops).await;
            ctx.start_worker("carol", Echoer).await.unwrap();
            made.is_some()
        })
        .await;
    }
}

#[tokio::test(start_paused = true)]
async fn the_end_of_a_channel_goes_on_when_the_call_is_dropped() {
    at_each_await(1, async |drops: Drops| {
        let scene = Scene::new().await;
        let channel = scene.plain_channel().await;
        let stopped = soon(drops.run(channel.stop(&scene.alice.ctx))).await.transpose().unwrap();
        if drops.polls == 0 {
            echo(&scene.alice.ctx, &channel, vec![7]).await;
            soon(channel.stop(&scene.alice.ctx)).await.unwrap();
        }
        scene.as_before("the end", drops).await;
        stopped.is_some()
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn the_end_of_a_listener_goes_on_when_the_call_is_dropped() {
    at_each_await(1, async |drops: Drops| {
        let scene = Scene::new().await;
        let options = SecureChannelListenerOptions::new();
        let Place { ctx, identities, own } = &scene.alice;
        let listener = identities.create_secure_channel_listener(ctx, own, "alice", options);
        let listener = listener.await.unwrap();
        let stopped = soon(drops.run(listener.stop(ctx))).await.transpose().unwrap();
        if drops.polls == 0 {
            assert!(ctx.is_worker_registered_at("alice"));
            soon(listener.stop(ctx)).await.unwrap();
        }
        scene.as_before("the end of a listener", drops).await;
        stopped.is_some()
    })
    .await;
}

/// The ways to have a credential.
async fn have_credential(
    scene: &Scene,
    channel: Option<&SecureChannel>,
) -> ockam_core::Result<ockam_identity::CredentialAndPurposeKey> {
    let Place { ctx, identities, own } = &scene.alice;
    match channel {
        Some(channel) => {
            let route = route![channel, CREDENTIAL_ISSUER];
            identities.request_credential(ctx, route, own, &scene.bob.own).await
        }
        None => identities.obtain_credential(ctx, own, &scene.source()).await,
    }
}

#[tokio::test(start_paused = true)]
async fn asking_for_a_credential_that_is_dropped_leaves_nothing() {
    for over_a_channel in [true, false] {
        at_each_await(2, async |drops: Drops| {
            let scene = Scene::new().await;
            let trust = TrustIdentifierPolicy::new(scene.bob.own);
            let options = SecureChannelOptions::new().with_trust_policy(trust);
            let channel = match over_a_channel {
                true => {
                    Some(scene.alice.channel(scene.to(ISSUER_LISTENER), options).await.unwrap())
                }
                false => None,
            };
            let with_channel = all_of(&scene.alice.ctx);
            let had = soon(drops.run(have_credential(&scene, channel.as_ref()))).await;
            until(|| all_of(&scene.alice.ctx) == with_channel).await;
            let had = had.transpose().unwrap();
            if let Some(channel) = &channel {
                // The channel still works.
                soon(have_credential(&scene, Some(channel))).await.unwrap();
                soon(channel.stop(&scene.alice.ctx)).await.unwrap();
            }
            scene.as_before("a credential", drops).await;
            had.is_some()
        })
        .await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_refresh_that_is_dropped_leaves_the_channel_as_it_was() {
    at_each_await(1, async |drops: Drops| {
        let scene = Scene::new().await;
        let channel = scene.plain_channel().await;
        let credential = soon(have_credential(&scene, None)).await.unwrap();
        let Place { ctx, identities, .. } = &scene.alice;
        let refreshing = channel.refresh_credential(ctx, identities, credential);
        let refreshed = soon(drops.run(refreshing)).await.transpose().unwrap();
        echo(ctx, &channel, vec![7]).await;
        soon(channel.stop(ctx)).await.unwrap();
        scene.as_before("a refresh", drops).await;
        refreshed.is_some()
    })
    .await;
}
