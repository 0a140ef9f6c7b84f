//! Refreshes of a malicious peer.

use super::log::Log;
use super::raw::RawPeer;
use super::stage::{Stage, identity, record, soon, until};
use ockam_core::{TransportMessage, route};
use ockam_identity::channel::{ChannelMessage, MAX_REFRESH_LEN};
use ockam_identity::{
    Attributes, CredentialAndPurposeKey, IdentityOptions, MAX_CREDENTIALS, MAX_REFRESHES, NodeRng,
    SecureChannelListenerOptions,
};
use tokio::sync::mpsc::UnboundedReceiver;

/// A node with a hand-made peer.
struct Office {
    stage: Stage,
    peer: RawPeer,
    recorded: UnboundedReceiver<ockam_core::LocalMessage>,
}

impl Office {
    async fn new(options: SecureChannelListenerOptions) -> Self {
        let stage = Stage::with(options).await;
        let recorded = record(&stage.ctx, "recorder").await;
        stage.let_in("recorder");
        let peer = RawPeer::connect(&stage.ctx).await;
        Office { stage, peer, recorded }
    }

    /// Waits until the node has processed all messages of the peer: the channel still works.
    async fn taken(&mut self) {
        let message = TransportMessage::new(route!["recorder"], route![], vec![7]);
        self.peer.say(&ChannelMessage::Data(message)).await;
        soon(self.recorded.recv()).await.unwrap();
    }

    fn refresh(&self, credentials: Vec<CredentialAndPurposeKey>) -> ChannelMessage {
        let change_history = self.peer.identities.find(&self.peer.own).unwrap().history().clone();
        ChannelMessage::Refresh { change_history, credentials }
    }
}

#[tokio::test]
async fn a_refresh_with_the_history_of_another_identity_is_dropped() {
    let log = Log::of_this_thread();
    let mut office = Office::new(SecureChannelListenerOptions::new()).await;
    let carol = identity(&office.peer.identities, &office.stage.ctx).await;
    let change_history = office.peer.identities.find(&carol).unwrap().history().clone();
    let refresh = ChannelMessage::Refresh { change_history, credentials: vec![] };
    office.peer.say(&refresh).await;
    office.taken().await;
    assert!(office.stage.identities.find(&carol).is_none());
    log.assert_says(&["a refresh was dropped", "its history is that of another identity"]);
}

#[tokio::test]
async fn a_refresh_is_bounded_in_bytes() {
    let log = Log::of_this_thread();
    let mut office = Office::new(SecureChannelListenerOptions::new()).await;
    // Padding counts, and a newer history is what it would be about.
    let Office { stage, peer, .. } = &mut office;
    let options = IdentityOptions::new(peer.identities.now());
    peer.identities.rotate(&peer.own, options, &mut NodeRng::new(&stage.ctx)).await.unwrap();
    let mut content = office.refresh(vec![]).to_buffer();
    content.pop();
    content.extend([0x5a, 0, 1, 0, 0]);
    content.resize(content.len() + 65_536, 0);
    assert!(content.len() > MAX_REFRESH_LEN);
    let message = office.peer.seal(content);
    office.peer.send_over(route![], message).await;
    office.taken().await;
    log.assert_says(&["a refresh was dropped", "is longer than the limit of 65535"]);
    let own = office.peer.own;
    let changes =
        |office: &Office| office.stage.identities.find(&own).unwrap().history().changes().len();
    assert_eq!(changes(&office), 1);
    let refresh = office.refresh(vec![]);
    office.peer.say(&refresh).await;
    office.taken().await;
    assert_eq!(changes(&office), 2);
}

/// A peer cannot fill the log: the first failure is logged, and at the end their number.
#[tokio::test]
async fn refreshes_are_so_many_and_the_log_names_the_first_and_counts_the_others() {
    let log = Log::of_this_thread();
    let mut office = Office::new(SecureChannelListenerOptions::new()).await;
    let refresh = office.refresh(vec![]);
    for _ in 0..MAX_REFRESHES {
        office.peer.say(&refresh).await;
    }
    office.taken().await;
    assert!(!log.says("a refresh was dropped"));
    let more = 1000;
    for _ in 0..more {
        office.peer.say(&refresh).await;
    }
    office.taken().await;
    assert_eq!(log.count("a refresh was dropped"), 1);
    log.assert_says(&["there were 8 within 60 s"]);
    office.peer.say(&ChannelMessage::Close).await;
    until(|| log.says("refreshes dropped in all, until the channel ended")).await;
    log.assert_says(&[&format!("count: {more}")]);
}

#[tokio::test]
async fn messages_and_credentials_that_are_refused_are_named_once_for_each_channel() {
    let log = Log::of_this_thread();
    let mut office = Office::new(SecureChannelListenerOptions::new()).await;
    let Office { stage, peer, .. } = &mut office;
    let rng = &mut NodeRng::new(&stage.ctx);
    let issuer = identity(&peer.identities, &stage.ctx).await;
    let said = Attributes::new(1);
    let credential = peer.identities.issue_credential(&issuer, &peer.own, said, 1000, rng).await;
    let credentials = vec![credential.unwrap(); MAX_CREDENTIALS + 5];
    let refresh = office.refresh(credentials);
    office.peer.say(&refresh).await;
    for _ in 0..100 {
        let message = TransportMessage::new(route!["nobody"], route![], vec![7]);
        office.peer.say(&ChannelMessage::Data(message)).await;
    }
    office.taken().await;
    for what in ["a credential was ignored", "not delivered"] {
        assert_eq!(log.count(what), 1, "{what}");
    }
    office.peer.say(&ChannelMessage::Close).await;
    until(|| log.says("messages not delivered in all")).await;
    // Each of those that were looked at, and that there were more.
    log.assert_says(&["credentials ignored in all", "count: 17", "count: 100"]);
}
