//! The processor that makes an initiator's channel again after its path was lost.
//!
//! It waits until the connection is lost over which the channel goes, and then walks the route again
//! that the program gave, with a new handshake each time, until the peer has answered. It owns when
//! that is. It refuses to know how an attempt goes (`attempt`) and what messages do meanwhile
//! (`healing`).

use super::ends::Ends;
use super::healing::{Healing, News};
use super::heartbeat::{self, Beat, MAX_UNANSWERED_HEARTBEATS, Pulse};
use super::lost::Lost;
use super::options::Terms;
use super::patience::Patience;
use super::reconnect::ChannelReconnect;
use crate::channel::Features;
use crate::identities::Identities;
use crate::program;
use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use core::future::pending;
use core::mem;
use core::time::Duration;
use ockam_core::{
    Address, AllowAll, DenyAll, Error, ErrorKind, Mailbox, NeutralMessage, Processor, Result,
};
use ockam_node::{Backoff, Context, Handle, Instant, ProcessorBuilder, catch_panics, first};

/// The time until a connection is looked for again that the node had no room to watch, or that has
/// ended and is still there.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

pub(super) struct Reconnector {
    pub(super) ends: Arc<Ends>,
    pub(super) healing: Arc<Healing>,
    pub(super) identities: Identities,
    pub(super) terms: Terms,
    pub(super) reconnect: ChannelReconnect,
    /// How long the first handshake might have taken.
    pub(super) timeout: Duration,
    /// Ends when the connection does over which the channel goes.
    pub(super) lost: Lost,
    /// The first hop was a connection when the path was lost, and not a worker that sends on.
    pub(super) was_connection: bool,
    /// The path was lost because the peer's node stops.
    pub(super) is_left: bool,
    /// How often the peer is asked whether it is still there.
    pub(super) heartbeat: Option<Duration>,
    /// What was heard of the peer, if that is asked.
    pub(super) pulse: Option<Pulse>,
}

/// The time since a path was lost, and the waits.
pub(super) struct Pace {
    begun: Instant,
    backoff: Backoff,
}

impl Pace {
    fn new(reconnect: &ChannelReconnect) -> Self {
        Pace { begun: Instant::now(), backoff: reconnect.backoff() }
    }

    fn longest(&self, handle: &Handle) -> Duration {
        self.backoff.longest(Backoff::random(handle))
    }

    pub(super) fn next(&mut self, handle: &Handle) -> Duration {
        self.backoff.next(self.begun.elapsed(), Backoff::random(handle))
    }
}

impl Reconnector {
    pub(super) async fn start(self, handle: &Handle, address: Address) -> Result<()> {
        let mailbox = Mailbox::new(address, DenyAll, AllowAll);
        ProcessorBuilder::new(self).with_mailboxes(mailbox).start(handle).await
    }

    /// Waits until the path is lost, and returns why.
    async fn loss(&mut self, ctx: &Context) -> String {
        loop {
            if let Err(why) = self.watch(ctx).await {
                return why;
            }
            match self.loss_or_reroute(ctx).await {
                Some(why) => return why,
                None => {
                    self.healing.take_rerouted();
                    self.go_over(ctx).await;
                }
            }
        }
    }

    /// Waits until the path is lost, and returns why; `None` if the program has given another one.
    async fn loss_or_reroute(&mut self, ctx: &Context) -> Option<String> {
        loop {
            let event = first(self.lost.wait(), self.healing.news());
            let event = match &self.pulse {
                Some(pulse) => ctx.within(pulse.wait(), event).await,
                None => Some(event.await),
            };
            match event {
                Some(Ok(error)) => {
                    let why = format!("{error}");
                    return Some(why.strip_prefix("no answer: ").unwrap_or(&why).into());
                }
                Some(Err(News::Rerouted)) => return None,
                Some(Err(News::Leaving)) => {
                    self.is_left = true;
                    return Some(format!("the node of {} is stopping", self.ends.peer));
                }
                None => {
                    if let Some(why) = self.beat(ctx) {
                        return Some(why);
                    }
                }
            }
        }
    }

    /// Looks whether the peer is still there, and asks it if it is silent. Returns why it counts as gone.
    fn beat(&mut self, ctx: &Context) -> Option<String> {
        match self.pulse.as_mut()?.look(self.ends.heard_of()) {
            Beat::Fine => {}
            Beat::Ask => {
                let question = NeutralMessage::from(heartbeat::question().to_buffer());
                // If there is no room the channel is not idle, or stands still.
                let _ = ctx.try_send(self.ends.control.clone(), question);
            }
            Beat::Gone => {
                self.pulse = None;
                return Some(format!(
                    "the peer has answered none of {MAX_UNANSWERED_HEARTBEATS} heartbeats"
                ));
            }
        }
        None
    }

    /// Begins to look whether the peer is there that has agreed on some features in a handshake which
    /// took a time.
    pub(super) fn begin_pulse(&mut self, took: Duration, agreed: Features) {
        let begin = |interval| Pulse::new(interval, took, agreed);
        self.pulse = self.heartbeat.and_then(begin);
    }

    /// Watches the connection over which the channel goes, unless that is so already.
    ///
    /// # Errors
    /// Why there is none.
    async fn watch(&mut self, ctx: &Context) -> core::result::Result<(), String> {
        while !self.lost.is_watched() {
            let Some(hop) = self.ends.remote().first().cloned() else { return Ok(()) };
            match self.lost.watch(ctx, &hop) {
                Ok(()) if self.lost.is_watched() || ctx.is_worker_registered_at(hop.clone()) => {
                    return Ok(());
                }
                Ok(()) => return Err(gone(&hop)),
                Err(error) => {
                    tracing::debug!(address = %self.ends.encryptor, %error, "not watched");
                    ctx.sleep(LOOK_AGAIN).await;
                }
            }
        }
        Ok(())
    }

    /// Goes over the route that the program has given while the channel is up.
    async fn go_over(&mut self, ctx: &Context) {
        self.lost.forget();
        match ctx.resolve(self.healing.route()).await {
            Ok(route) => self.ends.take_way(ctx, route),
            Err(error) => {
                let (address, peer) = (&self.ends.encryptor, &self.ends.peer);
                tracing::warn!(%address, %peer, %error, "a channel does not go over its new route");
            }
        }
    }

    /// Makes the channel again, however long that takes.
    async fn make_again(&mut self, ctx: &Context, why: String) {
        let lost = Arc::<str>::from(why);
        self.was_connection = self.lost.is_watched();
        self.lost.forget();
        self.healing.lose(Arc::clone(&lost));
        let mut because = Arc::clone(&lost);
        // Also of those who have asked since the connection was lost.
        ctx.fail_asks_over(&self.ends.decryptor, &lost);
        let (mut pace, mut failed, mut warned) = (Pace::new(&self.reconnect), 0_u32, false);
        let mut patience = Patience::new(self.timeout);
        if mem::take(&mut self.is_left) {
            // It takes no channel until it is back, and one that says so again and again is not asked
            // without a pause.
            self.ends.link.connecting(1, || String::from(&*lost));
            let _: Option<()> = ctx.within(pace.next(ctx), self.healing.rerouted()).await;
        }
        loop {
            if self.healing.take_rerouted() {
                (pace, failed) = (Pace::new(&self.reconnect), 0);
                patience = Patience::new(self.timeout);
            }
            if let Some(hop) = self.missing_hop(ctx) {
                self.ends.link.down(|| String::from(&*lost));
                self.healing.note(Arc::clone(&lost), false);
                self.wait_for(ctx, hop).await;
                continue;
            }
            if failed == 0 {
                self.ends.link.connecting(1, || String::from(&*because));
            }
            let attempt = catch_panics(self.attempt(ctx, &mut pace, &mut patience)).await;
            let Err(error) = attempt.and_then(|outcome| outcome) else {
                return self.ends.link.up();
            };
            failed = failed.saturating_add(1);
            let goes_on = self.reconnect.goes_on_after(failed);
            let refused = error.kind() == ErrorKind::Denied;
            because = self.failed(error, failed, refused && !warned);
            self.healing.note(Arc::clone(&because), goes_on);
            warned |= refused;
            if !goes_on {
                self.ends.link.down(|| String::from(&*because));
                self.healing.rerouted().await;
                continue;
            }
            self.ends.link.connecting(failed.saturating_add(1), || String::from(&*because));
            let wait = if refused { pace.longest(ctx) } else { pace.next(ctx) };
            let _: Option<()> = ctx.within(wait, self.healing.rerouted()).await;
        }
    }

    /// Tells the log of an attempt that has failed, and returns why.
    fn failed(&self, error: Error, failed: u32, warns: bool) -> Arc<str> {
        let (address, peer) = (&self.ends.encryptor, &self.ends.peer);
        let why = format!("{}", program::Shown(&error));
        program::discard(error);
        if warns {
            tracing::warn!(%address, %peer, error = why, "a channel is not made again");
        } else {
            tracing::debug!(%address, %peer, failed, error = why, "a channel is not made again");
        }
        why.into()
    }

    /// Returns the first hop of the route if it is a worker of this node that there is not, such as the
    /// sender of a connection that has ended.
    fn missing_hop(&self, ctx: &Context) -> Option<Address> {
        let hop = self.healing.route().first().cloned()?;
        if !hop.is_local() {
            return None;
        }
        // The flow of a connection that has ended is gone before its worker is.
        let flows = ctx.flow_controls();
        let has_ended = self.was_connection
            && self.ends.remote().first() == Some(&hop)
            && flows.find_flow_control_with_producer_address(&hop).is_none();
        (has_ended || !ctx.is_worker_registered_at(hop.clone())).then_some(hop)
    }

    /// Waits for a worker of this node, or until the program has given another route.
    async fn wait_for(&self, ctx: &Context, hop: Address) {
        let there = async {
            loop {
                match ctx.wait_for(hop.clone()).await {
                    Ok(()) if self.missing_hop(ctx).is_none() => return,
                    // It is about to end.
                    Ok(()) => ctx.sleep(LOOK_AGAIN).await,
                    Err(error) if error.kind() == ErrorKind::Stopped => pending().await,
                    Err(_) => {}
                }
            }
        };
        let _ = first(there, self.healing.rerouted()).await;
    }
}

fn gone(hop: &Address) -> String {
    format!("the connection at {hop} has ended")
}

impl Processor for Reconnector {
    type Context = Context;

    async fn process(&mut self, ctx: &mut Context) -> Result<bool> {
        if self.ends.is_ending() {
            return Ok(false);
        }
        let why = self.loss(ctx).await;
        // Boxed, so that it takes room only in an outage.
        Box::pin(self.make_again(ctx, why)).await;
        Ok(true)
    }
}
