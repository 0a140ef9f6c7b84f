//! Credentials presented through channels, and access rules for them.

use super::log::Log;
use super::stage::{Echoer, LISTENER, Stage, identity, record, soon};
use crate::support::Clock;
use ockam_core::{ErrorKind, Route, route};
use ockam_identity::vault::SoftwareVault;
use ockam_identity::{
    Attributes, CREDENTIAL_ISSUER, CREDENTIAL_LIFETIME, CredentialAndPurposeKey, CredentialIssuer,
    Identifier, Identities, IdentityOptions, NodeRng, SecureChannel, SecureChannelListenerOptions,
    SecureChannelOptions, TrustIdentifierPolicy,
};

/// A fixture with an issuer that Bob trusts, and an echoer for those with the role `member`.
struct Office {
    stage: Stage,
    issuer: Identifier,
    clock: Clock,
}

impl Office {
    async fn new() -> Self {
        let clock = Clock::new(1_800_000_000);
        let identities = Identities::new(SoftwareVault::new(), clock.reader());
        let nobody = super::stage::node();
        let issuer = identity(&identities, &nobody).await;
        let options = SecureChannelListenerOptions::new().with_authority(issuer);
        let stage = Stage::with_identities(identities, options).await;
        stage.answer_members(issuer).await;
        Office { stage, issuer, clock }
    }

    async fn issue(&self, issuer: &Identifier, role: &str) -> CredentialAndPurposeKey {
        let Stage { identities, ctx, alice, .. } = &self.stage;
        let attributes = Attributes::new(1).with("role", role);
        let rng = &mut NodeRng::new(ctx);
        identities.issue_credential(issuer, alice, attributes, 1000, rng).await.unwrap()
    }

    async fn channel(&self, credential: Option<CredentialAndPurposeKey>) -> SecureChannel {
        let mut options = SecureChannelOptions::new();
        if let Some(credential) = credential {
            options = options.with_credential(credential);
        }
        soon(self.stage.try_channel(options)).await.unwrap()
    }

    /// Returns whether the echoer answers.
    async fn is_let_in(&self, channel: &SecureChannel) -> bool {
        self.stage.is_let_in(channel).await
    }
}

#[tokio::test]
async fn who_has_the_attribute_is_let_in_until_it_expires() {
    let office = Office::new().await;
    let channel = office.channel(Some(office.issue(&office.issuer, "member").await)).await;
    assert!(office.is_let_in(&channel).await);
    office.clock.advance(1000);
    assert!(office.is_let_in(&channel).await);
    office.clock.advance(1);
    assert!(!office.is_let_in(&channel).await);
}

#[tokio::test]
async fn the_channel_comes_up_without_and_with_a_bad_credential_but_nobody_is_let_in() {
    let log = Log::of_this_thread();
    let office = Office::new().await;
    let without = office.channel(None).await;
    assert!(!office.is_let_in(&without).await);
    let guest = office.channel(Some(office.issue(&office.issuer, "guest").await)).await;
    assert!(!office.is_let_in(&guest).await);
    // Issued by an identity that Bob does not trust.
    let stranger = identity(&office.stage.identities, &office.stage.ctx).await;
    let other = office.channel(Some(office.issue(&stranger, "member").await)).await;
    assert!(!office.is_let_in(&other).await);
    log.assert_says(&["a credential was ignored", &stranger.to_string()]);
    // Issued to another identity.
    let carol = identity(&office.stage.identities, &office.stage.ctx).await;
    let credential = office.issue(&office.issuer, "member").await;
    let options = SecureChannelOptions::new().with_credential(credential);
    let Stage { identities, ctx, .. } = &office.stage;
    let stolen = soon(identities.create_secure_channel(ctx, &carol, LISTENER, options)).await;
    assert!(!office.is_let_in(&stolen.unwrap()).await);
    log.assert_says(&["a credential was ignored", "the credential is about"]);
}

#[tokio::test]
async fn a_credential_counts_only_from_who_is_named_as_an_authority() {
    let office = Office::new().await;
    let Stage { identities, ctx, alice, .. } = &office.stage;
    // An identity whose history is known, but which is not an authority.
    let stranger = identity(identities, ctx).await;
    let credential = office.issue(&stranger, "member").await;
    for authorities in [&[office.issuer][..], &[]] {
        let error = identities.accept_credential(alice, &credential, authorities).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Denied);
        assert!(error.to_string().contains(&stranger.to_string()), "{error}");
    }
    assert!(identities.attributes(alice, &stranger).is_none());
    identities.accept_credential(alice, &credential, &[office.issuer, stranger]).unwrap();
    assert!(identities.attributes(alice, &stranger).is_some());
}

#[tokio::test]
async fn a_refresh_replaces_what_is_known() {
    let office = Office::new().await;
    let channel = office.channel(Some(office.issue(&office.issuer, "guest").await)).await;
    assert!(!office.is_let_in(&channel).await);
    let Stage { identities, ctx, .. } = &office.stage;
    for (role, is_let_in) in [("member", true), ("guest", false)] {
        let credential = office.issue(&office.issuer, role).await;
        channel.refresh_credential(ctx, identities, credential).await.unwrap();
        // It goes before what is sent after it.
        assert_eq!(office.is_let_in(&channel).await, is_let_in, "{role}");
    }
}

/// Attributes revoked by a newer credential are not restored by the older one.
#[tokio::test]
async fn an_older_credential_that_is_shown_again_gives_nothing_back() {
    let log = Log::of_this_thread();
    let office = Office::new().await;
    let Stage { identities, ctx, .. } = &office.stage;
    let member = office.issue(&office.issuer, "member").await;
    let channel = office.channel(Some(member.clone())).await;
    assert!(office.is_let_in(&channel).await);
    office.clock.advance(1);
    let guest = office.issue(&office.issuer, "guest").await;
    channel.refresh_credential(ctx, identities, guest).await.unwrap();
    assert!(!office.is_let_in(&channel).await);
    channel.refresh_credential(ctx, identities, member.clone()).await.unwrap();
    assert!(!office.is_let_in(&channel).await);
    log.assert_says(&["a credential was ignored", "is older than the one that is known"]);
    assert!(!office.is_let_in(&office.channel(Some(member)).await).await);
}

#[tokio::test]
async fn a_new_key_of_the_authority_ends_what_it_has_said_before() {
    let office = Office::new().await;
    let Stage { identities, ctx, alice, .. } = &office.stage;
    let member = office.issue(&office.issuer, "member").await;
    let channel = office.channel(Some(member.clone())).await;
    assert!(office.is_let_in(&channel).await);
    let options = IdentityOptions::new(identities.now());
    identities.rotate(&office.issuer, options, &mut NodeRng::new(ctx)).await.unwrap();
    assert!(!office.is_let_in(&channel).await);
    assert!(identities.attributes(alice, &office.issuer).is_none());
    channel.refresh_credential(ctx, identities, member).await.unwrap();
    assert!(!office.is_let_in(&channel).await);
    // A credential by the new key counts.
    let member = office.issue(&office.issuer, "member").await;
    channel.refresh_credential(ctx, identities, member).await.unwrap();
    assert!(office.is_let_in(&channel).await);
}

#[tokio::test]
async fn an_issuer_gives_members_a_credential_and_others_none() {
    let office = Office::new().await;
    let Stage { identities, ctx, alice, .. } = &office.stage;
    let member = *alice;
    let register = move |subject: &Identifier| {
        (*subject == member).then(|| Attributes::new(1).with("role", "member"))
    };
    let worker = CredentialIssuer::new(identities, office.issuer, register);
    ctx.start_worker(CREDENTIAL_ISSUER, worker).await.unwrap();
    let options = SecureChannelListenerOptions::new();
    let listener = identities
        .create_secure_channel_listener(ctx, &office.issuer, "issuer_listener", options)
        .await
        .unwrap();
    ctx.flow_controls().add_consumer(CREDENTIAL_ISSUER, listener.flow_control_id());
    let ask = async |own: &Identifier| {
        let trust = TrustIdentifierPolicy::new(office.issuer);
        let options = SecureChannelOptions::new().with_trust_policy(trust);
        let channel = identities.create_secure_channel(ctx, own, "issuer_listener", options);
        let route: Route = route![soon(channel).await.unwrap(), CREDENTIAL_ISSUER];
        soon(identities.request_credential(ctx, route, own, &office.issuer)).await
    };
    let credential = ask(alice).await.unwrap();
    let data = credential.credential.data().unwrap();
    assert_eq!(data.expires_at - data.created_at, CREDENTIAL_LIFETIME);
    let channel = office.channel(Some(credential)).await;
    assert!(office.is_let_in(&channel).await);
    let carol = identity(identities, ctx).await;
    let error = ask(&carol).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Denied);
    assert!(error.to_string().ends_with("status 403"), "{error}");
}

#[tokio::test]
async fn an_issuer_answers_nobody_who_has_not_proved_who_it_is() {
    let office = Office::new().await;
    let Stage { identities, ctx, alice, .. } = &office.stage;
    let worker = CredentialIssuer::new(identities, office.issuer, |_| Some(Attributes::new(1)));
    ctx.start_worker(CREDENTIAL_ISSUER, worker).await.unwrap();
    let asked = identities.request_credential(ctx, CREDENTIAL_ISSUER, alice, &office.issuer);
    let error = soon(asked).await.unwrap_err();
    assert!(error.to_string().ends_with("status 401"), "{error}");
}

#[tokio::test]
async fn what_an_issuer_says_is_verified_before_it_is_used() {
    let office = Office::new().await;
    let Stage { identities, ctx, alice, .. } = &office.stage;
    // A worker that sends an invalid response.
    let _silent = record(ctx, "silent").await;
    ctx.start_worker("nonsense", Echoer).await.unwrap();
    let asked = identities.request_credential(ctx, "nonsense", alice, &office.issuer);
    assert!(soon(asked).await.is_err());
}
