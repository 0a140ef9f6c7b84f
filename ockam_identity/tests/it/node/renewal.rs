//! Credentials that are replaced before they expire, while a channel is up.

use super::stage::{LISTENER, Stage, identity, node, soon, until};
use ockam_core::{ErrorKind, route};
use ockam_identity::vault::SoftwareVault;
use ockam_identity::{
    Attributes, CREDENTIAL_ISSUER, CREDENTIAL_REFRESH_GAP, CREDENTIAL_REFRESH_INTERVAL,
    CredentialIssuer, CredentialSource, Identifier, Identities, MAX_CREDENTIAL_REFRESH_INTERVAL,
    SecureChannelListenerOptions, SecureChannelOptions,
};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::{Instant, sleep};

const ISSUER_LISTENER: &str = "issuer_listener";

/// How long a credential lives, in seconds.
const LIFETIME: u64 = 1000;

/// Alice, Bob who trusts members according to the issuer, and the issuer, with one clock: that of
/// the runtime, which the test advances.
struct Office {
    stage: Stage,
    issuer: Identifier,
    begun: Instant,
    /// Number of seconds by which the wall clock is ahead of the timers.
    slept: Arc<AtomicU64>,
    /// The times of requests to the issuer, in seconds since the start.
    asked: Arc<Mutex<Vec<u64>>>,
    is_open: Arc<AtomicBool>,
}

impl Office {
    async fn new(lifetime: u64) -> Self {
        let begun = Instant::now();
        let slept = Arc::new(AtomicU64::new(0));
        let ahead = Arc::clone(&slept);
        let clock =
            move || 1_800_000_000 + begun.elapsed().as_secs() + ahead.load(Ordering::SeqCst);
        let identities = Identities::new(SoftwareVault::new(), clock);
        let issuer = identity(&identities, &node()).await;
        let options = SecureChannelListenerOptions::new().with_authority(issuer);
        let stage = Stage::with_identities(identities, options).await;
        stage.answer_members(issuer).await;
        let (asked, is_open) = (Arc::default(), Arc::new(AtomicBool::new(true)));
        let office = Office { stage, issuer, begun, slept, asked, is_open };
        office.start_issuer(lifetime).await;
        office
    }

    /// Starts an issuer that notes when it is asked, and gives nothing while it is closed.
    async fn start_issuer(&self, lifetime: u64) {
        let Stage { ctx, identities, .. } = &self.stage;
        let (asked, is_open, begun) = (self.asked.clone(), self.is_open.clone(), self.begun);
        let register = move |_: &Identifier| {
            asked.lock().unwrap().push(begun.elapsed().as_secs());
            let member = Attributes::new(1).with("role", "member");
            is_open.load(Ordering::SeqCst).then_some(member)
        };
        let worker =
            CredentialIssuer::new(identities, self.issuer, register).with_lifetime(lifetime);
        ctx.start_worker(CREDENTIAL_ISSUER, worker).await.unwrap();
        let options = SecureChannelListenerOptions::new();
        let listener = identities
            .create_secure_channel_listener(ctx, &self.issuer, ISSUER_LISTENER, options)
            .await
            .unwrap();
        ctx.flow_controls().add_consumer(CREDENTIAL_ISSUER, listener.flow_control_id());
    }

    fn source(&self) -> CredentialSource {
        CredentialSource::new(self.issuer, route![ISSUER_LISTENER])
    }

    fn options(&self) -> SecureChannelOptions {
        SecureChannelOptions::new().with_credential_source(self.source())
    }

    fn asked(&self) -> Vec<u64> {
        self.asked.lock().unwrap().clone()
    }

    /// Lets the time pass until a number of seconds after the start.
    async fn pass_until(&self, seconds: u64) {
        sleep(Duration::from_secs(seconds).saturating_sub(self.begun.elapsed())).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_channel_has_a_new_credential_before_the_old_one_expires_and_the_peer_learns_it() {
    let office = Office::new(LIFETIME).await;
    let channel = soon(office.stage.try_channel(office.options())).await.unwrap();
    assert_eq!(office.asked(), [0]);
    for round in 1..=5 {
        let due = round * (LIFETIME - CREDENTIAL_REFRESH_GAP);
        office.pass_until(due - 1).await;
        assert_eq!(office.asked().len() as u64, round);
        office.pass_until(due + 1).await;
        assert_eq!(office.asked().last(), Some(&due));
        // Later than the last but one would have let it in.
        office.pass_until(due + CREDENTIAL_REFRESH_GAP + 1).await;
        assert!(office.stage.is_let_in(&channel).await, "round {round}");
    }
}

/// While a machine sleeps its timers stand still, and the clock goes on.
#[tokio::test(start_paused = true)]
async fn after_a_sleep_of_the_machine_an_expired_credential_is_replaced_within_seconds() {
    let office = Office::new(LIFETIME).await;
    let channel = soon(office.stage.try_channel(office.options())).await.unwrap();
    office.pass_until(100).await;
    office.slept.store(8 * 60 * 60, Ordering::SeqCst);
    assert!(!office.stage.is_let_in(&channel).await);
    office.pass_until(100 + CREDENTIAL_REFRESH_INTERVAL.as_secs() + 1).await;
    assert!(office.stage.is_let_in(&channel).await);
    assert_eq!(office.asked().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn the_side_that_answers_shows_a_new_credential_too() {
    let office = Office::new(LIFETIME).await;
    let Stage { ctx, identities, alice, bob, .. } = &office.stage;
    let options = SecureChannelListenerOptions::new().with_credential_source(office.source());
    identities.create_secure_channel_listener(ctx, bob, "listener", options).await.unwrap();
    let options = SecureChannelOptions::new().with_authority(office.issuer);
    soon(identities.create_secure_channel(ctx, alice, "listener", options)).await.unwrap();
    assert!(identities.attributes(bob, &office.issuer).is_some());
    office.pass_until(3 * LIFETIME).await;
    assert!(identities.attributes(bob, &office.issuer).is_some());
    assert_eq!(office.asked(), [0, 880, 1760, 2640]);
}

#[tokio::test(start_paused = true)]
async fn after_a_sleep_of_the_machine_the_side_that_answers_shows_a_new_credential_too() {
    let office = Office::new(LIFETIME).await;
    let Stage { ctx, identities, alice, bob, .. } = &office.stage;
    let options = SecureChannelListenerOptions::new().with_credential_source(office.source());
    identities.create_secure_channel_listener(ctx, bob, "listener", options).await.unwrap();
    let options = SecureChannelOptions::new().with_authority(office.issuer);
    soon(identities.create_secure_channel(ctx, alice, "listener", options)).await.unwrap();
    office.pass_until(100).await;
    office.slept.store(8 * 60 * 60, Ordering::SeqCst);
    assert!(identities.attributes(bob, &office.issuer).is_none());
    office.pass_until(100 + CREDENTIAL_REFRESH_INTERVAL.as_secs() + 1).await;
    assert!(identities.attributes(bob, &office.issuer).is_some());
    assert_eq!(office.asked().len(), 2);
}

/// The first attempt after the sleep fails, as while the network is not up yet.
#[tokio::test(start_paused = true)]
async fn after_a_sleep_of_the_machine_an_issuer_that_is_away_at_first_is_asked_again_soon() {
    let office = Office::new(LIFETIME).await;
    let channel = soon(office.stage.try_channel(office.options())).await.unwrap();
    // Between two looks at the clock.
    office.pass_until(105).await;
    office.slept.store(8 * 60 * 60, Ordering::SeqCst);
    office.is_open.store(false, Ordering::SeqCst);
    office.pass_until(111).await;
    assert!(!office.stage.is_let_in(&channel).await);
    assert_eq!(office.asked().len(), 2);
    office.is_open.store(true, Ordering::SeqCst);
    office.pass_until(111 + CREDENTIAL_REFRESH_INTERVAL.as_secs()).await;
    assert!(office.stage.is_let_in(&channel).await);
}

#[tokio::test(start_paused = true)]
async fn an_issuer_that_gives_nothing_is_asked_less_and_less_and_the_channel_goes_on() {
    let office = Office::new(LIFETIME).await;
    let channel = soon(office.stage.try_channel(office.options())).await.unwrap();
    office.is_open.store(false, Ordering::SeqCst);
    office.pass_until(1300).await;
    let asked = office.asked();
    let pauses: Vec<u64> = asked.windows(2).skip(1).map(|pair| pair[1] - pair[0]).collect();
    assert_eq!((asked[1], pauses), (880, vec![10, 20, 40, 80, 160]));
    assert_eq!(
        (CREDENTIAL_REFRESH_INTERVAL.as_secs(), 160),
        (10, MAX_CREDENTIAL_REFRESH_INTERVAL.as_secs())
    );
    // The credential has expired: access is denied, but the channel stays up.
    assert!(!office.stage.is_let_in(&channel).await);
    office.is_open.store(true, Ordering::SeqCst);
    office.pass_until(1351).await;
    assert!(office.stage.is_let_in(&channel).await);
    // The next one is due in its time.
    let before = office.asked().len();
    office.pass_until(office.asked()[before - 1] + LIFETIME - CREDENTIAL_REFRESH_GAP - 1).await;
    assert_eq!(office.asked().len(), before);
}

#[tokio::test(start_paused = true)]
async fn a_credential_that_lives_too_short_is_replaced_in_bounded_steps() {
    let office = Office::new(30).await;
    let channel = soon(office.stage.try_channel(office.options())).await.unwrap();
    office.pass_until(100).await;
    assert!(office.stage.is_let_in(&channel).await);
    let asked = office.asked();
    assert!(asked.len() <= 12, "{asked:?}");
    // The refresher begins at once, for what was shown is due already.
    assert!(asked[1..].windows(2).all(|pair| pair[1] - pair[0] >= 10), "{asked:?}");
}

#[tokio::test(start_paused = true)]
async fn channels_of_one_identity_ask_once_for_all() {
    let office = Office::new(LIFETIME).await;
    let mut channels = vec![];
    for _ in 0..20 {
        channels.push(soon(office.stage.try_channel(office.options())).await.unwrap());
    }
    assert_eq!(office.asked(), [0]);
    office.pass_until(LIFETIME).await;
    assert_eq!(office.asked(), [0, 880]);
}

#[tokio::test(start_paused = true)]
async fn a_channel_that_ends_asks_no_more_and_leaves_nothing() {
    let office = Office::new(LIFETIME).await;
    let Stage { ctx, .. } = &office.stage;
    let before = ctx.list_workers();
    let channel = soon(office.stage.try_channel(office.options())).await.unwrap();
    soon(channel.stop(ctx)).await.unwrap();
    until(|| ctx.list_workers() == before).await;
    office.pass_until(3 * LIFETIME).await;
    assert_eq!(office.asked(), [0]);
}

#[tokio::test(start_paused = true)]
async fn without_a_credential_to_begin_with_there_is_no_channel_and_the_error_says_why() {
    let office = Office::new(LIFETIME).await;
    office.is_open.store(false, Ordering::SeqCst);
    let before = office.stage.ctx.list_workers();
    let error = office.stage.try_channel(office.options()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Denied);
    let error = format!("{error:#}");
    assert!(error.contains("obtaining a credential") && error.contains("status 403"), "{error}");
    // Another identity is at the end of the route.
    let source = CredentialSource::new(office.issuer, route![LISTENER]);
    let options = SecureChannelOptions::new().with_credential_source(source);
    let error = office.stage.try_channel(options).await.unwrap_err();
    assert!(format!("{error:#}").contains(&office.stage.bob.to_string()), "{error:#}");
    until(|| office.stage.ctx.list_workers().len() <= before.len() + 1).await;
}
