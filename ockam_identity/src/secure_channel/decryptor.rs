//! The worker at which the messages of a channel arrive: it decrypts them and hands them on.
//!
//! A message that is refused is dropped, and the channel goes on: whoever can reach the address
//! can send anything.

use super::confirmation::Confirming;
use super::ends::Ends;
use super::gap::{Gap, Opened};
use super::heartbeat;
use super::learning::Learning;
use super::notes::Note;
use super::peer::SecureChannelPeer;
use super::place::Place;
use crate::channel::{ChannelError, ChannelMessage, Features, Opener};
use crate::vault::Secret;
use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::sync::atomic::Ordering;
#[cfg(feature = "std")]
use core::time::Duration;
#[cfg(feature = "std")]
use ockam_core::ErrorKind;
use ockam_core::{
    Any, Error, LocalInfo, LocalMessage, Mailbox, NeutralMessage, Result, Route, Routed,
    TransportMessage, Worker,
};
use ockam_node::Context;
#[cfg(feature = "std")]
use ockam_node::{Instant, SendError, StallGuard};

/// How long a worker with a full mailbox may begin to handle no message while one that came through
/// a channel waits for it. Then that message, and what comes for the worker while its mailbox is
/// full, is dropped, and an asker gets an error. It is looked at four times in this time, so it may
/// take a quarter longer. Without `std` a channel waits for as long as it takes.
///
/// It is less than the stall timeout of a connection and than the usual limit of an ask.
#[cfg(feature = "std")]
pub const CHANNEL_CONSUMER_STALL_TIMEOUT: Duration = Duration::from_secs(5);

pub(super) struct Decryptor {
    ends: Arc<Ends>,
    opener: Opener,
    /// The greatest number of a message to a worker.
    newest: u64,
    /// Messages from beyond the window.
    gap: Option<Box<Gap>>,
    learning: Learning,
    #[cfg(feature = "std")]
    stalls: StallGuard,
    /// At the listener that has made the channel, if one did.
    place: Option<Place>,
    /// Until something has arrived, if somebody waits for it.
    confirming: Option<Confirming>,
    /// Of which keys the opener is.
    #[cfg(feature = "std")]
    phase: u32,
    /// When the last heartbeat of the peer was answered.
    #[cfg(feature = "std")]
    answered: Option<Instant>,
}

impl Decryptor {
    pub(super) fn new(ends: Arc<Ends>, key: &Secret<32>, learning: Learning) -> Self {
        let opener = Opener::new(key);
        Decryptor {
            ends,
            opener,
            newest: 0,
            gap: None,
            learning,
            #[cfg(feature = "std")]
            stalls: StallGuard::new(CHANNEL_CONSUMER_STALL_TIMEOUT),
            place: None,
            confirming: None,
            #[cfg(feature = "std")]
            phase: 0,
            #[cfg(feature = "std")]
            answered: None,
        }
    }

    /// Keeps the place at the listener for as long as this lives.
    pub(super) fn with_place(mut self, place: Place) -> Self {
        self.place = Some(place);
        self
    }

    /// Says what the first message that verifies says of the responder's decision.
    pub(super) fn confirm(&mut self, confirming: Confirming) {
        self.confirming = Some(confirming);
    }

    /// Takes what arrived, whatever it is.
    pub(super) async fn handle(&mut self, ctx: &Context, message: LocalMessage) -> Result<()> {
        #[cfg(feature = "std")]
        let message = if self.phase == self.ends.phase() {
            message
        } else {
            match self.take_over(message) {
                Some(message) => message,
                None => return Ok(()),
            }
        };
        let TransportMessage { return_route, payload, .. } = message.into_transport_message();
        let mut buffer: Vec<u8> = payload.into();
        match self.opener.open(&mut buffer) {
            Ok(number) => {
                if self.gap.is_some() {
                    self.gap = None;
                }
                self.take(ctx, Opened { number, buffer, return_route }).await
            }
            Err(ChannelError::OutsideWindow { number, top }) if number > top => {
                self.take_ahead(ctx, top, buffer, return_route).await
            }
            Err(_) if self.gap.as_ref().is_some_and(|gap| gap.is_due(&buffer)) => {
                self.resume(ctx).await
            }
            Err(error) => {
                self.refuse(&error);
                Ok(())
            }
        }
    }

    /// Goes on with the keys that there are by now. While there are none, the message is one for the
    /// handshake.
    #[cfg(feature = "std")]
    #[cold]
    fn take_over(&mut self, message: LocalMessage) -> Option<LocalMessage> {
        let Some(healing) = &self.ends.healing else { return Some(message) };
        let phase = healing.phase();
        if phase % 2 == 1 {
            if !healing.arrive(message) {
                tracing::debug!(address = %self.ends.decryptor, "too many answers to a handshake");
            }
            return None;
        }
        if let Some(session) = healing.take_next() {
            self.learning.notes.tell(&self.ends.decryptor, &self.ends.peer);
            (self.opener, self.learning) = (session.opener, session.learning);
            (self.newest, self.gap) = (0, None);
            self.confirming = session.confirming;
        }
        self.phase = phase;
        Some(message)
    }

    /// Tells whether the keys are not the first that the channel has.
    #[cfg_attr(not(feature = "std"), allow(clippy::unused_self))]
    fn is_made_again(&self) -> bool {
        #[cfg(feature = "std")]
        return self.phase > 0;
        #[cfg(not(feature = "std"))]
        false
    }

    /// Takes what has verified.
    async fn take(&mut self, ctx: &Context, opened: Opened) -> Result<()> {
        let Opened { number, buffer, return_route } = opened;
        let content = match ChannelMessage::from_buffer(buffer) {
            Ok(content) => content,
            Err(error) => {
                self.refuse(&error);
                return Ok(());
            }
        };
        #[cfg(feature = "std")]
        {
            self.ends.turn.give();
            self.ends.hear();
        }
        if let Some(place) = &self.place {
            place.hear(&self.ends);
        }
        if let Some(confirming) = self.confirming.take()
            && !confirming.hear(number, &content)
        {
            // Whoever makes the channel again tries once more.
            return if self.is_made_again() { Ok(()) } else { self.close(ctx).await };
        }
        match content {
            ChannelMessage::Data(data) => {
                self.follow(ctx, number, return_route);
                self.deliver(ctx, data).await
            }
            ChannelMessage::Refresh { change_history, credentials } => {
                self.learning.refresh(&self.ends.peer, &change_history, &credentials);
                Ok(())
            }
            ChannelMessage::GoingAway if self.ends.is_left() => Ok(()),
            ChannelMessage::Close | ChannelMessage::GoingAway => self.close(ctx).await,
        }
    }

    /// Drops what is not to be believed, whoever has sent it.
    fn refuse(&mut self, error: &ChannelError) {
        let (address, peer) = (&self.ends.decryptor, &self.ends.peer);
        match error {
            ChannelError::RefreshTooLong(_) => self.learning.drop_refresh(peer, error),
            _ => tracing::debug!(%address, %peer, %error, "refused"),
        }
    }

    /// Holds a message from beyond the window, if it verifies, until the loss is certain.
    #[cold]
    async fn take_ahead(
        &mut self,
        ctx: &Context,
        top: u64,
        mut buffer: Vec<u8>,
        return_route: Route,
    ) -> Result<()> {
        let number = match self.opener.open_ahead(&mut buffer) {
            Ok(number) => number,
            Err(error) => {
                self.refuse(&error);
                return Ok(());
            }
        };
        let opened = Opened { number, buffer, return_route };
        let goes_on = match &mut self.gap {
            Some(gap) => gap.hold(opened),
            None => {
                let mut gap = Box::new(Gap::new(ctx, top));
                gap.start_timer(ctx).await;
                let goes_on = gap.hold(opened);
                self.gap = Some(gap);
                goes_on
            }
        };
        if goes_on { Ok(()) } else { self.resume(ctx).await }
    }

    /// Goes on behind a gap: what would fill it was lost.
    #[cold]
    async fn resume(&mut self, ctx: &Context) -> Result<()> {
        let Some(gap) = self.gap.take() else { return Ok(()) };
        self.opener.resume();
        if self.learning.notes.is_first(Note::Lost) {
            let (address, peer, lost) = (&self.ends.decryptor, &self.ends.peer, gap.lost());
            tracing::warn!(%address, %peer, lost, "messages were lost on the way; the channel goes on");
        }
        for opened in gap.into_held() {
            self.take(ctx, opened).await?;
        }
        Ok(())
    }

    /// Takes the way of a message as the way to the peer, if no newer one came before. The initiator
    /// does so behind its own connection, and never goes over another one than the program said.
    fn follow(&mut self, ctx: &Context, number: u64, return_route: Route) {
        if number <= self.newest {
            return;
        }
        self.newest = number;
        if !self.may_follow() {
            return;
        }
        let is_new = self.ends.remote.with(|remote| {
            if !self.ends.follows && remote.first() != return_route.first() {
                return None;
            }
            let last = remote.last()?;
            let is_the_same = remote.len() == return_route.len() + 1
                && remote.iter().zip(&return_route).all(|(known, arrived)| known == arrived);
            if !is_the_same {
                let mut route = return_route;
                route.push_back(last.clone());
                *remote = route;
            }
            Some(!is_the_same)
        });
        #[cfg(feature = "std")]
        if is_new.is_some() {
            self.ends.asked.confirm();
        }
        if is_new == Some(true) {
            self.ends.go_over(ctx, &self.ends.remote());
        }
    }

    /// Tells whether the way of a message counts: without a way that was asked for, which stays beside
    /// it, an initiator would be led astray for good by one message that was sent again elsewhere.
    fn may_follow(&self) -> bool {
        #[cfg(feature = "std")]
        if self.ends.asked.is_set() {
            return true;
        }
        self.ends.follows
    }

    /// Hands a message on, as one that came in from outside.
    async fn deliver(&mut self, ctx: &Context, mut data: TransportMessage) -> Result<()> {
        if data.onward_route.is_empty() {
            if self.ends.follows && heartbeat::is_question(&data) {
                self.answer(ctx).await;
            }
            return Ok(());
        }
        data.return_route.push_front(self.ends.encryptor.clone());
        let peer = LocalInfo::new(SecureChannelPeer::new(self.ends.peer));
        let message = LocalMessage::new(data, Vec::from([peer]));
        // The primary address is the decryptor's, with the border behind it.
        #[cfg(feature = "std")]
        let forwarded = self.stalls.forward(ctx, message).await;
        #[cfg(not(feature = "std"))]
        let forwarded = ctx.forward(message).await;
        if let Err(error) = forwarded
            && !is_named_by_the_node(ctx, &error)
            && self.learning.notes.is_first(Note::NotDelivered)
        {
            let peer = &self.ends.peer;
            tracing::warn!(address = %self.ends.decryptor, %peer, %error, "not delivered");
        }
        Ok(())
    }

    /// Tells the peer that this end is still there.
    #[cold]
    async fn answer(&mut self, ctx: &Context) {
        if !self.ends.features.contains(Features::HEARTBEATS) || !self.may_answer() {
            return;
        }
        // What this worker sends has to pass the border.
        let own = Mailbox::allow_all(ctx.random_local());
        if let Ok(sender) = ctx.new_detached_with_mailboxes(own).await {
            let answer = NeutralMessage::from(heartbeat::answer().to_buffer());
            // If there is no room the peer hears what takes it.
            let _ = sender.try_send(self.ends.control.clone(), answer);
        }
    }

    /// Tells whether the peer has not asked a moment ago.
    #[cfg(feature = "std")]
    fn may_answer(&mut self) -> bool {
        let now = Instant::now();
        let is_soon = |last: Instant| now.duration_since(last) < heartbeat::MIN_ANSWER_GAP;
        if self.answered.is_some_and(is_soon) {
            return false;
        }
        self.answered = Some(now);
        true
    }

    #[cfg(not(feature = "std"))]
    #[allow(clippy::unused_self)]
    fn may_answer(&mut self) -> bool {
        true
    }

    /// The peer has ended the channel; it is not told so in return.
    async fn close(&self, ctx: &Context) -> Result<()> {
        self.ends.closed_by_peer.store(true, Ordering::Release);
        ctx.stop_worker(ctx.address()).await
    }

    /// Ends the other half of this end.
    pub(super) async fn shut_down(&mut self, ctx: &Context) {
        self.learning.notes.tell(&self.ends.decryptor, &self.ends.peer);
        if self.ends.begin_end(ctx) {
            ctx.end_flow(&self.ends.decryptor, self.ends.epitaph());
            // It may have ended already.
            let _ = ctx.stop_worker(self.ends.encryptor.clone()).await;
        }
    }
}

/// Tells whether the log has the error already: of a worker that is no consumer.
#[cfg(feature = "std")]
fn is_named_by_the_node(ctx: &Context, error: &Error) -> bool {
    let unsent = error.downcast_ref::<SendError>();
    let first = unsent.and_then(|unsent| unsent.onward_route().first());
    error.kind() == ErrorKind::Denied
        && first.is_some_and(|first| ctx.is_worker_registered_at(first.clone()))
}

/// On boards the node names none.
#[cfg(not(feature = "std"))]
fn is_named_by_the_node(_: &Context, _: &Error) -> bool {
    false
}

impl Worker for Decryptor {
    type Context = Context;
    type Message = Any;

    async fn handle_message(&mut self, ctx: &mut Context, msg: Routed<Any>) -> Result<()> {
        self.handle(ctx, msg.into_local_message()).await
    }

    async fn shutdown(&mut self, ctx: &mut Context) -> Result<()> {
        self.shut_down(ctx).await;
        Ok(())
    }
}
