//! Trust policies.

use super::log::Log;
use super::stage::{Stage, identity, soon, until};
use ockam_core::{Authorization, ErrorKind};
use ockam_identity::{
    AllTrustPolicies, AnyTrustPolicy, Identifier, SecureChannelListenerOptions,
    SecureChannelOptions, TrustEveryonePolicy, TrustIdentifierPolicy, TrustMultiIdentifiersPolicy,
    TrustPolicy,
};
use std::time::Duration;

#[tokio::test]
async fn an_initiator_that_does_not_trust_the_responder_says_so_at_once() {
    let stage = Stage::new().await;
    let before = stage.ctx.list_workers().len();
    let options =
        SecureChannelOptions::new().with_trust_policy(TrustIdentifierPolicy::new(stage.alice));
    let error = soon(stage.try_channel(options)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Denied);
    assert!(error.to_string().contains(&stage.bob.to_string()), "{error}");
    // What is left is Bob's responder, which waits for message 3.
    assert_eq!(stage.ctx.list_workers().len(), before + 1);
    let options =
        SecureChannelOptions::new().with_trust_policy(TrustIdentifierPolicy::new(stage.bob));
    soon(stage.try_channel(options)).await.unwrap();
}

#[tokio::test]
async fn a_responder_without_refusals_that_does_not_trust_the_initiator_ends_without_a_word() {
    let log = Log::of_this_thread();
    let nobody = TrustMultiIdentifiersPolicy::new(vec![]);
    let options = SecureChannelListenerOptions::new().with_trust_policy(nobody).without_refusals();
    let stage = Stage::with(options).await;
    let before = stage.ctx.list_workers();
    // The initiator's side is up once it has sent message 3; it gets no refusal.
    let channel = soon(stage.try_channel(SecureChannelOptions::new())).await.unwrap();
    // The decryptor, the encryptor and what makes the channel again are Alice's.
    until(|| stage.ctx.list_workers().len() == before.len() + 3).await;
    log.assert_says(&["not trusted", &stage.alice.to_string()]);
    assert!(!channel.is_confirmed());
    channel.stop(&stage.ctx).await.unwrap();
    until(|| stage.ctx.list_workers() == before).await;
}

/// A policy that takes a while.
#[derive(Debug)]
struct Slowly(bool);

impl TrustPolicy for Slowly {
    fn is_trusted<'a>(&'a self, _: &'a Identifier) -> Authorization<'a> {
        Authorization::Later(Box::pin(async {
            tokio::time::sleep(Duration::from_millis(1)).await;
            Ok(self.0)
        }))
    }
}

#[tokio::test]
async fn policies_combine() {
    let stage = Stage::new().await;
    let carol = identity(&stage.identities, &stage.ctx).await;
    let (bob, carol) = (TrustIdentifierPolicy::new(stage.bob), TrustIdentifierPolicy::new(carol));
    let everyone = TrustEveryonePolicy;
    let policies: Vec<(Box<dyn TrustPolicy>, bool)> = vec![
        (Box::new(AnyTrustPolicy::new(carol.clone(), bob.clone())), true),
        (Box::new(AllTrustPolicies::new(carol.clone(), bob.clone())), false),
        (Box::new(AllTrustPolicies::new(everyone, bob.clone())), true),
        (Box::new(TrustMultiIdentifiersPolicy::new(vec![stage.alice, stage.bob])), true),
        (Box::new(TrustMultiIdentifiersPolicy::new(vec![stage.alice])), false),
        (Box::new(AnyTrustPolicy::new(Slowly(false), bob.clone())), true),
        (Box::new(AnyTrustPolicy::new(Slowly(false), Slowly(true))), true),
        (Box::new(AnyTrustPolicy::new(Slowly(false), carol.clone())), false),
        (Box::new(AllTrustPolicies::new(Slowly(true), Slowly(true))), true),
        (Box::new(AllTrustPolicies::new(Slowly(true), carol)), false),
        (Box::new(AllTrustPolicies::new(bob, Slowly(false))), false),
    ];
    for (index, (policy, trusted)) in policies.into_iter().enumerate() {
        let options = SecureChannelOptions::new().with_trust_policy(Boxed(policy));
        let channel = soon(stage.try_channel(options)).await;
        assert_eq!(channel.is_ok(), trusted, "policy {index}: {channel:?}");
    }
}

#[derive(Debug)]
struct Boxed(Box<dyn TrustPolicy>);

impl TrustPolicy for Boxed {
    fn is_trusted<'a>(&'a self, identifier: &'a Identifier) -> Authorization<'a> {
        self.0.is_trusted(identifier)
    }
}

/// Panics when it is asked, or while it answers.
#[derive(Debug)]
struct Panics {
    later: bool,
}

impl TrustPolicy for Panics {
    fn is_trusted<'a>(&'a self, _: &'a Identifier) -> Authorization<'a> {
        assert!(self.later, "the policy is broken");
        Authorization::Later(Box::pin(async { panic!("the policy is broken") }))
    }
}

#[tokio::test]
async fn a_policy_that_panics_ends_its_handshake_and_nothing_else() {
    let log = Log::of_this_thread();
    for later in [false, true] {
        let stage =
            Stage::with(SecureChannelListenerOptions::new().with_trust_policy(Panics { later }))
                .await;
        let before = stage.ctx.list_workers();
        let error = soon(stage.try_channel(SecureChannelOptions::new())).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Denied, "{error}");
        assert!(!error.to_string().contains("broken"), "{error}");
        until(|| stage.ctx.list_workers() == before).await;
        log.assert_says(&["asking the trust policy", "the policy is broken"]);

        let stage = Stage::new().await;
        let options = SecureChannelOptions::new().with_trust_policy(Panics { later });
        let error = soon(stage.try_channel(options)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Panicked, "{error}");
        let text = format!("{error:#}");
        assert!(text.contains("asking the trust policy") && text.contains("is broken"), "{text}");
        stage.channel().await;
    }
}
