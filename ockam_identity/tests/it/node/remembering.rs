//! The data remembered of peers while channels are created.

use super::log::Log;
use super::stage::{LISTENER, Stage, identity, node, soon, until};
use crate::known::flood;
use crate::support::MemoryStore;
use ockam_core::{Authorization, ErrorKind, Result};
use ockam_identity::vault::{KeyKind, Secret, SoftwareVault};
use ockam_identity::{
    Identifier, Identities, Identity, IdentityOptions, NodeRng, SecureChannelListenerOptions,
    SecureChannelOptions, Structure, SystemClock, TrustPolicy,
};
use std::sync::Arc;
use tokio::sync::{Semaphore, mpsc};

/// Trusts every identity once the test allows it.
#[derive(Debug)]
struct WhenTold {
    asked: mpsc::UnboundedSender<Identifier>,
    answers: Arc<Semaphore>,
}

impl TrustPolicy for WhenTold {
    fn is_trusted<'a>(&'a self, identifier: &'a Identifier) -> Authorization<'a> {
        Authorization::Later(Box::pin(async move {
            self.asked.send(*identifier).unwrap();
            self.answers.acquire().await.unwrap().forget();
            Ok(true)
        }))
    }
}

fn when_told() -> (WhenTold, mpsc::UnboundedReceiver<Identifier>, Arc<Semaphore>) {
    let (asked, questions) = mpsc::unbounded_channel();
    let answers = Arc::new(Semaphore::new(0));
    (WhenTold { asked, answers: answers.clone() }, questions, answers)
}

/// Alice before and after she changed her key: the attacker has the one from before.
async fn before_and_after() -> Result<(Identities, Identities, Identifier)> {
    let ctx = node();
    let [before, after] = [(); 2].map(|()| {
        let vault = SoftwareVault::new();
        let key = vault.import_signing_key(KeyKind::Ed25519, &Secret::from([5; 32])).unwrap().0;
        (Identities::new(vault, SystemClock), key)
    });
    let (vault, options) = (SoftwareVault::new(), IdentityOptions::new(before.0.now()));
    let created = Identity::create(&vault, options, Secret::from([5; 32])).await;
    let history = created.unwrap().0.history().encode();
    let alice = before.0.import_private(&history, before.1).await?;
    after.0.import_private(&history, after.1).await?;
    let options = IdentityOptions::new(after.0.now());
    after.0.rotate(&alice, options, &mut NodeRng::new(&ctx)).await?;
    Ok((before.0, after.0, alice))
}

#[tokio::test]
async fn a_responder_whose_policy_takes_its_time_does_not_believe_a_replaced_key_again() {
    let (policy, mut asked, answers) = when_told();
    let options = SecureChannelListenerOptions::new().with_trust_policy(policy);
    let stage = Stage::with(options).await;
    let workers = stage.ctx.list_workers();
    let (before, after, alice) = before_and_after().await.unwrap();
    let attempt =
        before.create_secure_channel(&stage.ctx, &alice, LISTENER, SecureChannelOptions::new());
    let learning = async {
        assert_eq!(soon(asked.recv()).await, Some(alice));
        // The node learns of the new key while the policy decides.
        stage.identities.learn(after.find(&alice).unwrap().history()).unwrap();
        answers.add_permits(1);
    };
    let (channel, ()) = soon(async { tokio::join!(attempt, learning) }).await;
    assert_eq!(channel.unwrap_err().kind(), ErrorKind::Denied);
    until(|| stage.ctx.list_workers() == workers).await;
    assert_eq!(stage.identities.find(&alice), after.find(&alice));
}

#[tokio::test]
async fn an_initiator_whose_policy_takes_its_time_does_not_believe_a_replaced_key_again() {
    let ctx = node();
    let (before, after, bob) = before_and_after().await.unwrap();
    let options = SecureChannelListenerOptions::new();
    before.create_secure_channel_listener(&ctx, &bob, LISTENER, options).await.unwrap();
    let identities = Identities::in_memory();
    let alice = identity(&identities, &ctx).await;
    let (policy, mut asked, answers) = when_told();
    let options = SecureChannelOptions::new().with_trust_policy(policy);
    let attempt = identities.create_secure_channel(&ctx, &alice, LISTENER, options);
    let learning = async {
        assert_eq!(soon(asked.recv()).await, Some(bob));
        identities.learn(after.find(&bob).unwrap().history()).unwrap();
        answers.add_permits(1);
    };
    let (channel, ()) = soon(async { tokio::join!(attempt, learning) }).await;
    let error = channel.unwrap_err();
    assert!(error.to_string().contains("is older than the one known"), "{error}");
    assert_eq!(identities.find(&bob), after.find(&bob));
}

/// An authority that was met on a channel, and not imported.
#[tokio::test]
async fn strangers_do_not_make_a_node_forget_the_authorities_of_its_channels() {
    let ctx = node();
    let there = Identities::in_memory();
    let [authority, issuer, stranger] =
        [identity(&there, &ctx).await, identity(&there, &ctx).await, identity(&there, &ctx).await];
    let identities = Identities::in_memory();
    for other in [authority, issuer, stranger] {
        identities.remember(&there.find(&other).unwrap()).unwrap();
    }
    let bob = identity(&identities, &ctx).await;
    let options = SecureChannelListenerOptions::new().with_authority(authority);
    identities.create_secure_channel_listener(&ctx, &bob, LISTENER, options).await.unwrap();
    let options = SecureChannelOptions::new().with_authority(issuer);
    soon(identities.create_secure_channel(&ctx, &bob, LISTENER, options)).await.unwrap();
    flood().iter().for_each(|other| identities.remember(other).unwrap());
    assert!(identities.find(&authority).is_some() && identities.find(&issuer).is_some());
    assert!(identities.find(&stranger).is_none());
}

#[tokio::test(start_paused = true)]
async fn a_peer_is_let_in_though_it_cannot_be_stored_and_is_stored_when_there_is_room() {
    let (log, store) = (Log::of_this_thread(), Arc::new(MemoryStore::default()));
    let open = || Identities::with_store(SoftwareVault::new(), SystemClock, store.clone()).unwrap();
    let stage = Stage::with_identities(open(), SecureChannelListenerOptions::new()).await;
    let there = Identities::in_memory();
    store.set_full(true);
    let mut strangers = vec![];
    for _ in 0..3 {
        let stranger = identity(&there, &stage.ctx).await;
        let options = SecureChannelOptions::new();
        soon(there.create_secure_channel(&stage.ctx, &stranger, LISTENER, options)).await.unwrap();
        until(|| stage.identities.find(&stranger).is_some()).await;
        assert!(open().find(&stranger).is_none());
        strangers.push(stranger);
    }
    assert_eq!(log.count("it is kept in memory until the store works again"), 1);
    store.set_full(false);
    let last = identity(&stage.identities, &stage.ctx).await;
    let again = open();
    assert!(again.own().contains(&last));
    assert!(strangers.iter().all(|stranger| again.find(stranger).is_some()));
    log.assert_says(&["the store works again"]);
}
