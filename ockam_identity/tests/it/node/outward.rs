//! Peers whose return routes name hosts: neither a channel nor an issuer connects to them.

use super::link::{connect, connect_adding};
use super::stage::{LISTENER, answering, calling, echo, identity, node, record, soon, until};
use ockam_core::{
    Address, Resolving, Route, TCP, Transport, TransportMessage, TransportType, route,
};
use ockam_identity::vault::SoftwareVault;
use ockam_identity::{
    Attributes, CREDENTIAL_ISSUER, CREDENTIAL_REFRESH_GAP, CredentialIssuer, CredentialSource,
    Identities, SecureChannelListenerOptions, SecureChannelOptions, TrustIdentifierPolicy,
};
use ockam_node::Context;
use std::future::pending;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// Records the addresses that it should connect to, in attempts that never complete.
#[derive(Clone, Debug, Default)]
struct Dialler(Arc<Mutex<Vec<Address>>>);

impl Transport for Dialler {
    fn transport_type(&self) -> TransportType {
        TCP
    }

    fn resolve<'a>(&'a self, address: &'a Address) -> Resolving<'a> {
        self.0.lock().unwrap().push(address.clone());
        Box::pin(pending())
    }
}

impl Dialler {
    fn register(ctx: &Context) -> Self {
        let dialler = Dialler::default();
        ctx.register_transport(Arc::new(dialler.clone())).unwrap();
        dialler
    }

    fn assert_idle(&self) {
        assert!(self.0.lock().unwrap().is_empty(), "it dials {:?}", self.0);
    }
}

fn host() -> Address {
    Address::new(TCP, "10.0.0.1:22")
}

/// Return routes with a host at each place.
fn routes() -> impl Iterator<Item = Route> {
    (0..5).map(|place| {
        let hop = |at| if at == place { host() } else { Address::from(format!("hop {at}")) };
        (0..5).map(hop).collect()
    })
}

#[tokio::test]
async fn an_answer_through_a_channel_leaves_a_host_in_its_route_to_the_peer() {
    let (initiator, responder) = (node(), node());
    let dialler = Dialler::register(&responder);
    let (near, far, seen) = connect(&initiator, &responder).await;
    answering(&responder, &[&far.flow]).await;
    let channel = calling(&initiator, route![near.sender, LISTENER]).await;
    for back in routes() {
        let answered = seen.all().len() + 2;
        let message = TransportMessage::new(route![&channel, "echoer"], back, vec![1]);
        initiator.forward(message.into()).await.unwrap();
        until(|| seen.all().len() >= answered).await;
    }
    echo(&initiator, &channel, vec![2]).await;
    dialler.assert_idle();
}

#[tokio::test]
async fn an_issuer_answers_along_a_route_that_names_a_host_without_connecting_to_it() {
    let (initiator, responder) = (node(), node());
    let dialler = Dialler::register(&responder);
    let (near, far, seen) = connect(&initiator, &responder).await;
    let identities = Identities::in_memory();
    let issuer = identity(&identities, &responder).await;
    let options = SecureChannelListenerOptions::new().as_consumer(&far.flow);
    let listener =
        identities.create_secure_channel_listener(&responder, &issuer, LISTENER, options);
    let listener = listener.await.unwrap();
    let worker = CredentialIssuer::new(&identities, issuer, |_| Some(Attributes::new(1)));
    responder.start_worker(CREDENTIAL_ISSUER, worker).await.unwrap();
    responder.flow_controls().add_consumer(CREDENTIAL_ISSUER, listener.flow_control_id());

    let channel = calling(&initiator, route![near.sender, LISTENER]).await;
    // A genuine request, captured by a worker in place of the issuer.
    let mut requests = record(&initiator, "request").await;
    let own = Identities::in_memory();
    let subject = identity(&own, &initiator).await;
    let handle = initiator.handle();
    let asking = tokio::spawn(async move {
        let _ = own.request_credential(&handle, "request", &subject, &issuer).await;
    });
    let request = soon(requests.recv()).await.unwrap();
    let request = request.payload().to_bytes().unwrap().to_vec();
    asking.abort();
    for back in routes() {
        let answered = seen.all().len() + 2;
        let onward = route![&channel, CREDENTIAL_ISSUER];
        let message = TransportMessage::new(onward, back, request.clone());
        initiator.forward(message.into()).await.unwrap();
        until(|| seen.all().len() >= answered).await;
    }
    dialler.assert_idle();
}

#[tokio::test(start_paused = true)]
async fn what_a_channel_says_of_its_own_goes_to_a_peer_whose_path_names_a_host() {
    const LIFETIME: u64 = 1000;
    let (initiator, responder) = (node(), node());
    let dialler = Dialler::register(&responder);
    let (near, far) = connect_adding(host(), &initiator, &responder).await;
    let begun = Instant::now();
    let clock = move || 1_800_000_000 + begun.elapsed().as_secs();
    let identities = Identities::new(SoftwareVault::new(), clock);
    let issuer = identity(&identities, &responder).await;
    let bob = identity(&identities, &responder).await;
    // Bob presents a credential, and a new one before it expires.
    let listener = identities
        .create_secure_channel_listener(
            &responder,
            &issuer,
            "issuer_listener",
            SecureChannelListenerOptions::new(),
        )
        .await
        .unwrap();
    let worker = CredentialIssuer::new(&identities, issuer, |_| Some(Attributes::new(1)))
        .with_lifetime(LIFETIME);
    responder.start_worker(CREDENTIAL_ISSUER, worker).await.unwrap();
    responder.flow_controls().add_consumer(CREDENTIAL_ISSUER, listener.flow_control_id());
    let source = CredentialSource::new(issuer, route!["issuer_listener"]);
    let options =
        SecureChannelListenerOptions::new().with_credential_source(source).as_consumer(&far.flow);
    identities.create_secure_channel_listener(&responder, &bob, LISTENER, options).await.unwrap();

    let alice = identity(&identities, &initiator).await;
    let trust = TrustIdentifierPolicy::new(bob);
    let options = SecureChannelOptions::new().with_trust_policy(trust).with_authority(issuer);
    let route = route![near.sender, LISTENER];
    let channel = identities.create_secure_channel(&initiator, &alice, route, options);
    let _channel = soon(channel).await.unwrap();
    let shown = || identities.attributes(&bob, &issuer).is_some();
    assert!(shown());
    sleep(Duration::from_secs(LIFETIME + CREDENTIAL_REFRESH_GAP)).await;
    assert!(shown(), "the new credential has not arrived");
    dialler.assert_idle();
}
