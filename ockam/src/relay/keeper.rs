//! What keeps a relay: it registers again when the connection was lost.
//!
//! ```text
//!   Registered ── connection lost ──> Trying ── answer ──> Registered
//!                                      │  ^
//!                        no answer ──> Waiting, twice as long each time
//! ```
//!
//! A relay whose name the service chose ends with its connection: another registration would give
//! it another name, which nobody was told. So does one whose route begins with a connection that
//! has ended for good; a route that names a transport address is resolved anew each time.

use super::registration::{Plan, Registered};
use super::{RELAY_FIRST_WAIT, RELAY_LONGEST_WAIT};
use core::future::pending;
use core::time::Duration;
use ockam_core::{Address, Processor, Result};
use ockam_node::Context;

pub(super) struct Keeper {
    plan: Plan,
    current: Registered,
    /// None while the relay is registered.
    wait: Option<Duration>,
}

impl Keeper {
    pub(super) fn new(plan: Plan, current: Registered) -> Self {
        Keeper { plan, current, wait: None }
    }

    /// Tells whether registering again can help.
    fn has_hope(&self, ctx: &Context) -> bool {
        let reconnects = !self.plan.route.iter().all(Address::is_local);
        let first = self.plan.route.first().cloned().unwrap_or_default();
        self.plan.wanted.is_some() && (reconnects || ctx.is_worker_registered_at(first))
    }

    async fn register_again(&mut self, ctx: &mut Context) {
        match self.plan.register(ctx).await {
            Ok(registered) => {
                let former = core::mem::replace(&mut self.current, registered);
                stop_inlet(ctx, former.inlet).await;
                self.wait = None;
                tracing::info!(relay = %self.current.way, "a relay was registered again");
            }
            Err(error) => {
                let wait = self.wait.unwrap_or(RELAY_FIRST_WAIT);
                tracing::info!(?wait, error = %format_args!("{error:#}"), "not registered yet");
                ctx.sleep(wait).await;
                self.wait = Some((wait * 2).min(RELAY_LONGEST_WAIT));
            }
        }
    }
}

impl Processor for Keeper {
    type Context = Context;

    async fn process(&mut self, ctx: &mut Context) -> Result<bool> {
        if self.wait.is_none() {
            match &mut self.current.lost {
                Some(lost) => {
                    let why = lost.await;
                    tracing::info!(relay = %self.current.way, %why, "a relay lost its connection");
                }
                // The way does not begin with a connection: nobody knows when it is lost.
                None => pending().await,
            }
        }
        if !self.has_hope(ctx) {
            tracing::warn!(relay = %self.current.way, "a relay is lost: create it again");
            return Ok(false);
        }
        self.register_again(ctx).await;
        Ok(true)
    }

    async fn shutdown(&mut self, ctx: &mut Context) -> Result<()> {
        stop_inlet(ctx, self.current.inlet.clone()).await;
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
