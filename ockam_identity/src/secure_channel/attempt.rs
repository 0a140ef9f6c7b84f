//! One attempt to make an initiator's channel again: the route, the handshake, and what of this end
//! goes on with the new keys.

use super::confirmation::confirmation;
use super::considering::{Accepted, Considering};
use super::ends::Ends;
use super::healing::{Event, Session};
use super::initiator::{confirmed, greeting};
use super::lost::Lost;
use super::patience::Patience;
use super::reconnector::{Pace, Reconnector};
use super::way::consume_answers;
use crate::channel::{Features, Initiator, Opener, Sealer};
use alloc::format;
use core::time::Duration;
use ockam_core::{Error, ErrorKind, LocalMessage, Result, Route, TransportMessage};
use ockam_node::{Context, Instant, first};

/// Message 1 of an attempt, which is sent again until it is answered.
struct Greeting<'a> {
    route: &'a Route,
    message: TransportMessage,
    limit: Duration,
    /// How far the first hop was behind the last time that it was given the message.
    seen: Option<u32>,
}

impl Greeting<'_> {
    /// Sends the message.
    async fn send(&mut self, ctx: &Context) -> Result<()> {
        let message = LocalMessage::from(self.message.clone());
        let sent = ctx.within(self.limit, ctx.forward(message)).await;
        sent.unwrap_or_else(|| Err(late(self.route, self.limit)))?;
        self.seen = self.progress(ctx);
        Ok(())
    }

    fn progress(&self, ctx: &Context) -> Option<u32> {
        ctx.progress_at(self.route.first()?)
    }

    /// Tells whether the message still waits for its first hop, such as a connection that is being made
    /// again itself.
    fn is_waiting(&self, ctx: &Context) -> bool {
        let is_idle = self.route.first().and_then(|hop| ctx.is_idle_at(hop));
        is_idle == Some(false) && self.progress(ctx) == self.seen
    }
}

impl Reconnector {
    /// Makes the channel again.
    ///
    /// # Errors
    /// Why there is no answer that is to be believed; [`Denied`](ErrorKind::Denied) if the other side
    /// is not trusted, or another one than before.
    ///
    /// # Cancel safety
    /// Dropped, the channel is as down as before.
    pub(super) async fn attempt(
        &mut self,
        ctx: &Context,
        pace: &mut Pace,
        patience: &mut Patience,
    ) -> Result<()> {
        let limit = patience.answer();
        let asked = self.healing.route();
        let resolved = ctx.within(limit, ctx.resolve(asked.clone())).await;
        let route = resolved.unwrap_or_else(|| Err(late(&asked, limit)))?;
        // Watched from before message 1 is sent, so that no loss is missed.
        let mut lost = Lost::of(ctx, &route)?;
        consume_answers(ctx, &route, &self.ends.decryptor);
        let (initiator, message) = greeting(ctx);
        let message = TransportMessage::new(route.clone(), self.ends.decryptor.clone(), message);
        let begun = Instant::now();
        let greeting = Greeting { route: &route, message, limit, seen: None };
        let accepted = self.answer(ctx, &initiator, greeting, &mut lost, pace).await;
        let accepted = accepted.inspect_err(|error| patience.count_unanswered(error))?;
        if accepted.peer != self.ends.peer {
            let (peer, before) = (&accepted.peer, &self.ends.peer);
            return Err(Error::with_text(ErrorKind::Denied, || {
                format!("{peer} has answered, and the channel is one with {before}")
            }));
        }
        let (took, features) = (begun.elapsed(), accepted.features);
        let up = self.go_on(ctx, route, accepted, (&mut lost, patience.decision())).await;
        up.inspect_err(|error| patience.count_undecided(error))?;
        self.lost = lost;
        self.begin_pulse(took, features);
        Ok(())
    }

    /// Sends message 1 until there is an answer that is to be believed.
    async fn answer(
        &self,
        ctx: &Context,
        initiator: &Initiator,
        mut greeting: Greeting<'_>,
        lost: &mut Lost,
        pace: &mut Pace,
    ) -> Result<Accepted> {
        let begun = Instant::now();
        let mut considering = Considering::new(&self.identities, &self.terms, initiator);
        greeting.send(ctx).await?;
        loop {
            let (waits_since, wait) = (Instant::now(), pace.next(ctx));
            while let Some(left) = wait.checked_sub(waits_since.elapsed()) {
                let next = first(self.healing.event(), lost.wait());
                match ctx.within(left, next).await {
                    None => break,
                    Some(Err(why)) => return Err(why),
                    Some(Ok(Event::Rerouted)) => return Err(rerouted()),
                    Some(Ok(Event::Arrived(message))) => {
                        let accepted = considering.consider(&self.ends.decryptor, message);
                        let accepted = ctx.within(self.timeout, accepted).await;
                        let accepted = accepted.unwrap_or_else(|| Err(undecided(self.timeout)))?;
                        if let Some(accepted) = accepted {
                            return Ok(accepted);
                        }
                    }
                }
            }
            if greeting.is_waiting(ctx) {
                continue;
            }
            if begun.elapsed() >= greeting.limit {
                return Err(late(greeting.route, greeting.limit));
            }
            greeting.send(ctx).await?;
        }
    }

    /// Lets this end go on with the keys of a handshake, at the addresses that it has.
    async fn go_on(
        &self,
        ctx: &Context,
        route: Route,
        accepted: Accepted,
        (lost, limit): (&mut Lost, Duration),
    ) -> Result<()> {
        let (identities, ends, healing) = (&self.identities, &self.ends, &self.healing);
        let shown = match healing.shown().filter(|_| self.terms.renewal.is_none()) {
            Some(shown) => Some(shown),
            None => self.terms.credential(identities, &ends.own)?,
        };
        let Accepted { answered, features, learning, remote, .. } = accepted;
        let third = identities.third(ctx, &ends.own, answered, shown);
        let third = ctx.within(self.timeout, third).await;
        let (third, keys) = third.unwrap_or_else(|| Err(undecided(self.timeout)))?;
        ends.take_remote(ctx, route, remote.clone());
        // The peer may answer as soon as it has message 3.
        let (confirming, decision) =
            features.contains(Features::CONFIRMS).then(confirmation).unzip();
        healing.expect(Session { opener: Opener::new(&keys.receiving), learning, confirming });
        let third = TransportMessage::new(remote, ends.decryptor.clone(), third);
        let decided = async {
            ctx.forward(third.into()).await?;
            match decision {
                Some(decision) => confirmed(decision.wait().await, ends),
                None => Ok(()),
            }
        };
        let decided = ctx.within(limit, first(decided, lost.wait())).await;
        let decided = match decided {
            Some(Ok(decided)) => decided,
            Some(Err(why)) => Err(why),
            None => Err(undecided_by_peer(ends, limit)),
        };
        decided.inspect_err(|_| healing.expect_no_more())?;
        // What is sealed from now on goes behind message 3.
        healing.up(Sealer::new(&keys.sending));
        Ok(())
    }
}

fn late(route: &Route, limit: Duration) -> Error {
    Error::with_text(ErrorKind::TimedOut, || {
        format!("no answer over {route} within {limit:?}: the peer is not there, or not yet")
    })
}

fn undecided_by_peer(ends: &Ends, limit: Duration) -> Error {
    Error::with_text(ErrorKind::TimedOut, || {
        let peer = &ends.peer;
        format!("{peer} has answered, and has not said within {limit:?} that it takes this side")
    })
}

fn undecided(limit: Duration) -> Error {
    let text = || format!("the trust policy or the vault of this side took longer than {limit:?}");
    Error::with_text(ErrorKind::TimedOut, text)
}

fn rerouted() -> Error {
    Error::with_text(ErrorKind::Stopped, || "the program has given another route")
}
