//! What keeps a relay: it registers, and registers again when the connection was lost.
//!
//! ```text
//!   Registered ── connection lost ──> Trying ── answer ──> Registered
//!                                      │  ^
//!                        no answer     v  │
//!                                     Waiting, until the way is up, or for a time
//! ```
//!
//! A relay whose name the service chose ends with its connection: another registration would give
//! it another name, which nobody was told. So does one whose route begins with a connection that
//! has ended for good; a route that names a transport address is resolved anew each time.

use super::attempts::Attempts;
use super::registration::{Plan, Registered};
use super::remote::Learned;
use alloc::format;
use alloc::string::{String, ToString};
#[cfg(not(feature = "std"))]
use core::future::Future;
use core::future::pending;
use core::time::Duration;
use ockam_core::{Address, Error, ErrorKind, Processor, Result};
use ockam_node::{Backoff, ConnectionLost, Context, Handle, LinkGuard};

/// How long a relay has to be registered until the attempts that it took are forgotten. One that is
/// lost earlier is an attempt that failed.
const PROVEN_AFTER: Duration = Duration::from_secs(5);

/// How long the way has to say that it is not up, once what was asked over it has failed: who asks is
/// told of a loss before, and a registration that is sent then would wait at the way beside the next.
#[cfg(feature = "std")]
const LOSS_GRACE: Duration = Duration::from_millis(100);

pub(super) struct Keeper {
    plan: Plan,
    /// What the program is told of the relay.
    learned: Learned,
    link: LinkGuard,
    /// The inlet of the last registration, if there was one.
    inlet: Option<Address>,
    state: State,
    attempts: Attempts,
}

enum State {
    /// Registered, over a connection whose loss is known, if it is a connection.
    Registered(Option<ConnectionLost>),
    Trying,
}

impl Keeper {
    /// Makes a keeper of a relay that is registered already, or of one that is yet to be.
    pub(super) fn new(
        plan: Plan,
        learned: Learned,
        link: LinkGuard,
        registered: Option<Registered>,
    ) -> Self {
        let attempts = Attempts::new(plan.options.longest_wait);
        let mut keeper =
            Keeper { plan, learned, link, inlet: None, state: State::Trying, attempts };
        if let Some(registered) = registered {
            keeper.is_registered(registered);
        }
        keeper
    }

    /// Takes note of a registration. Returns the inlet of the one before.
    fn is_registered(&mut self, registered: Registered) -> Option<Address> {
        let former = self.inlet.replace(registered.inlet.clone());
        self.state = State::Registered(self.learned.set(registered));
        self.link.up();
        former
    }

    /// Waits for the loss of the connection, if there is one, and says why. When it is lost again
    /// and again there is a wait before the next attempt.
    async fn lost(&mut self, ctx: &Context) -> Option<(Error, bool)> {
        let State::Registered(lost) = &mut self.state else {
            return None;
        };
        let Some(lost) = lost else {
            // The way does not begin with a connection: nobody knows when it is lost.
            return pending().await;
        };
        match ctx.within(PROVEN_AFTER, &mut *lost).await {
            Some(why) => {
                self.attempts.failed(None);
                Some((why, true))
            }
            None => {
                self.attempts.reset();
                Some((lost.await, false))
            }
        }
    }

    async fn wait(&mut self, ctx: &Handle) {
        ctx.sleep(self.attempts.wait(Backoff::random(ctx))).await;
    }

    /// Tells whether registering can help.
    fn has_hope(&self, ctx: &Context) -> bool {
        let has_been = self.inlet.is_some();
        let reconnects = !self.plan.route.iter().all(Address::is_local);
        let first = self.plan.route.first().cloned().unwrap_or_default();
        (self.plan.wanted.is_some() || !has_been)
            && (reconnects || ctx.is_worker_registered_at(first))
    }

    async fn register(&mut self, ctx: &mut Context) {
        let limit = self.attempts.limit(self.plan.options.timeout);
        match self.plan.register(ctx, limit).await {
            Ok(registered) => {
                if let Some(former) = self.is_registered(registered) {
                    stop_inlet(ctx, former).await;
                }
                #[cfg(not(feature = "std"))]
                tracing::info!(relay = %self.plan, "a relay was registered");
            }
            Err(error) => {
                let timed_out = error.kind() == ErrorKind::TimedOut;
                self.attempts.failed(timed_out.then_some(limit));
                self.tell(|| format!("{error:#}"));
                if !self.way_is_up_again(ctx).await {
                    self.wait(ctx).await;
                }
            }
        }
    }

    /// Says that another attempt comes next.
    fn tell(&self, why: impl Fn() -> String) {
        let attempt = self.attempts.number();
        #[cfg(not(feature = "std"))]
        tracing::info!(relay = %self.plan, attempt, why = %why(), "a relay is not registered");
        self.link.connecting(attempt, why);
    }

    /// If it is known that the way's connection or channel is not up, waits until it is, or is gone,
    /// and returns `true`: what was sent meanwhile would only pile up before it.
    #[cfg(feature = "std")]
    async fn way_is_up_again(&mut self, ctx: &Handle) -> bool {
        let first = self.plan.route.first().cloned().unwrap_or_default();
        let Some(mut way) = ctx.watch_link(&first) else {
            return false;
        };
        let mut state = way.state();
        if state.is_up() || way.is_over() {
            return false;
        }
        while !state.is_up() && !way.is_over() {
            self.link.connecting(self.attempts.number(), || format!("its way is not up: {state}"));
            state = way.changed().await;
        }
        self.attempts.reset();
        true
    }

    /// Lets the way say that it is lost, if it can.
    #[cfg(feature = "std")]
    async fn way_is_told(&self, ctx: &Handle) {
        let first = self.plan.route.first().cloned().unwrap_or_default();
        if let Some(mut way) = ctx.watch_link(&first)
            && way.state().is_up()
        {
            let _: Option<_> = ctx.within(LOSS_GRACE, way.changed()).await;
        }
    }

    #[cfg(not(feature = "std"))]
    fn way_is_told(&self, _: &Handle) -> impl Future<Output = ()> {
        core::future::ready(())
    }

    #[cfg(not(feature = "std"))]
    fn way_is_up_again(&mut self, _: &Handle) -> impl Future<Output = bool> {
        core::future::ready(false)
    }
}

impl Processor for Keeper {
    type Context = Context;

    async fn process(&mut self, ctx: &mut Context) -> Result<bool> {
        if let Some((why, soon)) = self.lost(ctx).await {
            self.state = State::Trying;
            self.tell(|| why.to_string());
            self.way_is_told(ctx).await;
            if !self.way_is_up_again(ctx).await && soon {
                self.wait(ctx).await;
            }
        }
        if !self.has_hope(ctx) {
            #[cfg(not(feature = "std"))]
            tracing::warn!(relay = %self.plan, "a relay is lost: create it again");
            self.link.down(|| format!("{} is lost: create it again", self.plan));
            return Ok(false);
        }
        self.register(ctx).await;
        Ok(true)
    }

    async fn shutdown(&mut self, ctx: &mut Context) -> Result<()> {
        if let Some(inlet) = self.inlet.take() {
            stop_inlet(ctx, inlet).await;
        }
        Ok(())
    }
}

/// Stops the worker at an inlet, unless it has ended already.
async fn stop_inlet(ctx: &Context, inlet: Address) {
    if ctx.is_worker_registered_at(inlet.clone()) {
        // It is stopped by the node's stop, if by nobody else.
        let _ = ctx.stop_worker(inlet).await;
    }
}
