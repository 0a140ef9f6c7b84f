//! The worker that takes every message for the first of a handshake.

use super::ends::{incoming, request_stop};
use super::half_open::{HALF_OPEN_LIFETIME, HalfOpen};
use super::meeting::present;
use super::options::{SecureChannelListenerOptions, Terms};
use super::place::Places;
use super::responder::Responder;
use crate::channel::Features;
use crate::identifier::Identifier;
use crate::identities::Identities;
use alloc::format;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::sync::atomic::{AtomicBool, AtomicUsize};
use ockam_core::{
    Address, AllowAll, AllowSourceAddress, Any, DenyAll, Error, ErrorKind, FlowControlId,
    LocalMessage, Mailbox, Mailboxes, NeutralMessage, Result, Routed, Worker, hop_conversions,
};
use ockam_node::{Context, DelayedEvent, Handle, StopOrder, WorkerBuilder};

/// A worker that makes secure channels with whoever asks for one.
#[derive(Clone)]
pub struct SecureChannelListener {
    address: Address,
    flow: FlowControlId,
}

impl SecureChannelListener {
    /// Returns the listener's address.
    #[must_use]
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// Returns the id of the listener: its consumers are reached by all channels that it makes.
    #[must_use]
    pub fn flow_control_id(&self) -> &FlowControlId {
        &self.flow
    }

    /// Ends the listener, and handshakes that are not finished. Channels go on.
    ///
    /// # Errors
    /// As [`Handle::stop_worker`].
    ///
    /// # Cancel safety
    /// As [`Handle::stop_worker`].
    pub async fn stop(&self, handle: &Handle) -> Result<()> {
        handle.stop_worker(self.address.clone()).await
    }
}

hop_conversions!(SecureChannelListener, |listener| &listener.address);

impl fmt::Debug for SecureChannelListener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecureChannelListener({})", self.address)
    }
}

/// What a listener and its responders have in common.
pub(super) struct Listening {
    pub(super) identities: Identities,
    pub(super) own: Identifier,
    pub(super) terms: Terms,
    pub(super) flow: FlowControlId,
    pub(super) consumer_of: Vec<FlowControlId>,
    /// What is offered to initiators that understand it.
    pub(super) features: Features,
    pub(super) half_open: HalfOpen,
    pub(super) places: Arc<Places>,
    /// The log has been told why there are no channels, and none has come up since.
    pub(super) told: AtomicBool,
    /// How many handshakes have ended because their initiator is not trusted.
    pub(super) refused: AtomicUsize,
    /// How many channels have ended for newer ones.
    pub(super) displaced: AtomicUsize,
    /// How often it began that there are no channels, for a reason on this side.
    pub(super) troubles: AtomicUsize,
}

impl Identities {
    /// Starts a worker that makes secure channels in the name of an identity of this node with
    /// whoever asks for one and is trusted.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound) if the identity is not one of this node;
    /// [`Failed`](ErrorKind::Failed) if its key has run out, or the clock is wrong;
    /// [`InvalidInput`](ErrorKind::InvalidInput) if the options allow no channel at all;
    /// [`Panicked`](ErrorKind::Panicked) if the vault, the clock or the store does; and as
    /// [`Handle::start_worker`].
    ///
    /// # Cancel safety
    /// Dropped before it is done, there is no listener, and its address is free.
    pub async fn create_secure_channel_listener(
        &self,
        handle: &Handle,
        own: &Identifier,
        address: impl Into<Address>,
        options: SecureChannelListenerOptions,
    ) -> Result<SecureChannelListener> {
        let address = address.into();
        if options.channel_limit == 0 {
            let text = format!("the channel limit of the listener at {address} is 0: allow one");
            return Err(Error::with_kind(ErrorKind::InvalidInput, text));
        }
        options.terms.pin(self)?;
        // Whatever is wrong with the identity is found out now, and not by the first peer.
        present(self, own, Vec::new(), handle).await?;
        if let Some(renewal) = &options.terms.renewal {
            renewal.obtain(self, handle, own).await?;
        }
        let listening = Arc::new(Listening {
            identities: self.clone(),
            own: *own,
            terms: options.terms,
            flow: options.flow.clone(),
            consumer_of: options.consumer_of,
            features: options.features,
            half_open: HalfOpen::default(),
            places: Places::new(options.channel_limit),
            told: AtomicBool::new(false),
            refused: AtomicUsize::new(0),
            displaced: AtomicUsize::new(0),
            troubles: AtomicUsize::new(0),
        });
        start(handle, &address, listening).await?;
        Ok(SecureChannelListener { address, flow: options.flow })
    }
}

async fn start(handle: &Handle, address: &Address, listening: Arc<Listening>) -> Result<()> {
    let flows = handle.flow_controls();
    let (flow, consumer_of) = (listening.flow.clone(), listening.consumer_of.clone());
    let look = handle.random_local();
    let own = AllowSourceAddress(address.clone());
    let mailboxes = Mailboxes::new(
        Mailbox::allow_all(address.clone()),
        Vec::from([Mailbox::new(look.clone(), own, DenyAll)]),
    );
    let listener = Listener { listening, look, looks: None };
    WorkerBuilder::new(listener).with_mailboxes(mailboxes).start(handle).await?;
    flows.add_spawner(address.clone(), &flow);
    for id in &consumer_of {
        flows.add_consumer(address.clone(), id);
    }
    Ok(())
}

struct Listener {
    listening: Arc<Listening>,
    /// The address at which it is reminded to look for handshakes that take too long.
    look: Address,
    looks: Option<DelayedEvent<NeutralMessage>>,
}

impl Listener {
    /// Starts a responder and hands the message to it.
    async fn begin(&mut self, ctx: &Context, mut message: LocalMessage) -> Result<()> {
        let address = ctx.random_local();
        let half_open = &self.listening.half_open;
        let (ticket, ended, is_only) = half_open.begin(address.clone());
        if let Some(ended) = ended {
            request_stop(ctx, &ended);
        }
        if is_only {
            self.look_again(ctx).await?;
        }
        let outgoing = ctx.random_local();
        let listening = Arc::clone(&self.listening);
        let responder = Responder::new(listening, ticket, outgoing.clone());
        let mailboxes = Mailboxes::new(
            incoming(ctx, &address),
            Vec::from([Mailbox::new(outgoing, DenyAll, AllowAll)]),
        );
        let responder = WorkerBuilder::new(responder).with_mailboxes(mailboxes);
        responder.with_stop_order(StopOrder::Channel).start(ctx).await?;
        message.transport_mut().onward_route.modify().replace(address);
        ctx.forward(message).await
    }

    async fn look_again(&mut self, ctx: &Context) -> Result<()> {
        if self.looks.is_none() {
            let nothing = NeutralMessage::default();
            self.looks = Some(DelayedEvent::create(ctx, self.look.clone(), nothing).await?);
        }
        match &mut self.looks {
            Some(looks) => looks.schedule(HALF_OPEN_LIFETIME).await,
            None => Ok(()),
        }
    }
}

impl Worker for Listener {
    type Context = Context;
    type Message = Any;

    async fn handle_message(&mut self, ctx: &mut Context, msg: Routed<Any>) -> Result<()> {
        if msg.msg_addr() != self.look {
            return self.begin(ctx, msg.into_local_message()).await;
        }
        let (late, are_others) = self.listening.half_open.look();
        late.iter().for_each(|responder| request_stop(ctx, responder));
        if are_others {
            self.look_again(ctx).await?;
        }
        Ok(())
    }

    async fn shutdown(&mut self, ctx: &mut Context) -> Result<()> {
        let unfinished = self.listening.half_open.take_all();
        unfinished.iter().for_each(|responder| request_stop(ctx, responder));
        Ok(())
    }
}
