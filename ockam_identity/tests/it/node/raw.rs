//! A hand-made peer, built on the protocol alone, which sends messages that no channel would send.

use super::stage::{LISTENER, identity, soon};
use ockam_core::{Address, Any, LocalMessage, Mailbox, NeutralMessage, Route, TransportMessage};
use ockam_identity::channel::{
    Answered, ChannelMessage, IdentityAndCredentials, Initiator, Opener, Protocol, Sealer,
};
use ockam_identity::vault::AgreementSecret;
use ockam_identity::{Identifier, Identities, NodeRng, Structure};
use ockam_node::{Context, Handle};

/// A peer that has message 2.
pub(crate) struct RawHandshake {
    ctx: Context,
    answered: Answered,
    /// The payload of the listener.
    pub(crate) payload: Vec<u8>,
    pub(crate) remote: Route,
    pub(crate) identities: Identities,
    pub(crate) own: Identifier,
}

/// A peer whose channel is up.
pub(crate) struct RawPeer {
    ctx: Context,
    sealer: Sealer,
    opener: Opener,
    remote: Route,
    pub(crate) identities: Identities,
    pub(crate) own: Identifier,
}

impl RawHandshake {
    /// Sends message 1 to the listener and takes message 2.
    pub(crate) async fn begin(handle: &Handle) -> Self {
        Self::begin_with(handle, &[]).await
    }

    /// As [`begin`](Self::begin), with bytes after the key in message 1.
    pub(crate) async fn begin_with(handle: &Handle, mark: &[u8]) -> Self {
        let identities = Identities::in_memory();
        identity(&identities, handle).await;
        Self::begin_at(handle, &identities, handle.random_local(), mark).await
    }

    /// As [`begin`](Self::begin), in the name of an identity that is there, at an address.
    pub(crate) async fn begin_as(
        handle: &Handle,
        identities: &Identities,
        address: impl Into<Address>,
    ) -> Self {
        Self::begin_at(handle, identities, address.into(), &[]).await
    }

    async fn begin_at(
        handle: &Handle,
        identities: &Identities,
        address: Address,
        mark: &[u8],
    ) -> Self {
        let (identities, own) = (identities.clone(), identities.own()[0]);
        let address = Mailbox::allow_all(address);
        let mut ctx = handle.new_detached_with_mailboxes(address).await.unwrap();
        let ephemeral = AgreementSecret::random(&mut NodeRng::new(handle));
        let (initiator, first) = Initiator::with_payload(Protocol::OCKAM, ephemeral, mark);
        ctx.send(LISTENER, NeutralMessage::from(first)).await.unwrap();
        let second = soon(ctx.receive::<Any>()).await.unwrap().into_transport_message();
        let (answered, payload) = initiator.read(&second.payload).unwrap();
        RawHandshake { ctx, answered, payload, remote: second.return_route, identities, own }
    }

    /// Returns the payload of the peer.
    pub(crate) async fn shown(&self) -> IdentityAndCredentials {
        let rng = &mut NodeRng::new(&self.ctx);
        self.identities.present(&self.own, vec![], rng).await.unwrap().shown
    }

    /// Sends an invalid message 3.
    pub(crate) async fn send(&self, nonsense: Vec<u8>) {
        self.ctx.send(self.remote.clone(), NeutralMessage::from(nonsense)).await.unwrap();
    }

    /// Sends message 3 with the given payload.
    pub(crate) async fn finish(self, shown: &[u8]) -> RawPeer {
        let RawHandshake { ctx, answered, remote, identities, own, .. } = self;
        let rng = &mut NodeRng::new(&ctx);
        let presented = identities.present(&own, vec![], rng).await.unwrap();
        let agreed = identities.vault().agree(&presented.key, answered.peer_ephemeral()).await;
        let (third, keys) = answered.finish(&presented.public, &agreed.unwrap(), shown).unwrap();
        ctx.send(remote.clone(), NeutralMessage::from(third)).await.unwrap();
        let (sealer, opener) = (Sealer::new(&keys.sending), Opener::new(&keys.receiving));
        RawPeer { ctx, sealer, opener, remote, identities, own }
    }
}

impl RawPeer {
    /// Makes a channel with the listener, as it should be.
    pub(crate) async fn connect(handle: &Handle) -> Self {
        let handshake = RawHandshake::begin(handle).await;
        let shown = handshake.shown().await.encode();
        handshake.finish(&shown).await
    }

    /// Encrypts a content, behind room for its number.
    pub(crate) fn seal(&mut self, mut content: Vec<u8>) -> Vec<u8> {
        self.sealer.seal(&mut content).unwrap();
        content
    }

    /// Sends an encrypted message, with a return route.
    pub(crate) async fn send_over(&self, back: Route, message: Vec<u8>) {
        let message = TransportMessage::new(self.remote.clone(), back, message);
        self.ctx.forward(LocalMessage::from(message)).await.unwrap();
    }

    /// Waits for a message of the other end; its number and its content.
    pub(crate) async fn hear(&mut self) -> (u64, ChannelMessage) {
        let message = soon(self.ctx.receive::<Any>()).await.unwrap().into_transport_message();
        let mut buffer: Vec<u8> = message.payload.into();
        let number = self.opener.open(&mut buffer).unwrap();
        (number, ChannelMessage::from_buffer(buffer).unwrap())
    }

    /// Returns whether an unread message has arrived.
    pub(crate) fn has_more(&mut self) -> bool {
        self.ctx.try_receive::<Any>().unwrap().is_some()
    }

    /// Encrypts and sends a content.
    pub(crate) async fn say(&mut self, content: &ChannelMessage) {
        let message = self.seal(content.to_buffer());
        self.send_over(Route::new(), message).await;
    }
}
