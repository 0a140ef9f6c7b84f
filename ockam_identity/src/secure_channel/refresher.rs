//! The processor that keeps the credential of one end of a channel from expiring.
//!
//! It waits until the credential is due, has a new one of its source, and lets the encryptor show
//! it to the peer. It owns when that is. The channel goes on whatever comes of it: without a
//! credential its messages merely open no doors that need one.

use super::credential_source::CredentialSource;
use super::ends::Ends;
use crate::credential::CredentialAndPurposeKey;
use crate::identifier::Identifier;
use crate::identities::Identities;
use crate::program::{self, Shown};
use alloc::boxed::Box;
use alloc::sync::Arc;
use core::future::Future;
use core::mem;
use core::pin::Pin;
use core::time::Duration;
use ockam_core::{AllowAll, DenyAll, Error, Mailbox, Processor, Result};
use ockam_node::{Context, Handle, ProcessorBuilder};

/// The least time between two attempts to have a new credential for a channel, as in Ockam 0.150.
/// Each attempt in a row that has failed doubles it.
pub const CREDENTIAL_REFRESH_INTERVAL: Duration = Duration::from_secs(10);

/// The most time between two such attempts.
pub const MAX_CREDENTIAL_REFRESH_INTERVAL: Duration = Duration::from_secs(160);

/// The most time for which a refresher does not look at the clock. The clock jumps when it is set,
/// and while the machine sleeps the clock goes on and timers do not: after that a credential stays
/// expired for no longer than this.
const LOOK_INTERVAL: Duration = CREDENTIAL_REFRESH_INTERVAL;

/// Where the credential of channels comes from, and what is done to have it.
///
/// The functions are named here and only here, so that a program without a source, such as that of
/// a board, has not the code of asking issuers either.
#[derive(Clone, Debug)]
pub(super) struct Renewal {
    source: CredentialSource,
    obtain: for<'a> fn(
        &'a Identities,
        &'a Handle,
        &'a Identifier,
        &'a CredentialSource,
    ) -> Boxed<'a, CredentialAndPurposeKey>,
    start: for<'a> fn(&'a Handle, Refresher) -> Boxed<'a, ()>,
}

type Boxed<'a, T> = Pin<Box<dyn Future<Output = Result<T>> + Send + 'a>>;

impl Renewal {
    pub(super) fn of(source: CredentialSource) -> Self {
        Renewal {
            source,
            obtain: |identities, handle, own, source| {
                Box::pin(identities.obtain_credential(handle, own, source))
            },
            start: |handle, refresher| Box::pin(refresher.start(handle)),
        }
    }

    pub(super) fn issuer(&self) -> &Identifier {
        self.source.issuer()
    }

    /// Has a credential of the source.
    pub(super) async fn obtain(
        &self,
        identities: &Identities,
        handle: &Handle,
        own: &Identifier,
    ) -> Result<()> {
        let obtained = (self.obtain)(identities, handle, own, &self.source).await;
        obtained.map(drop).map_err(|why| why.add_context("obtaining a credential"))
    }

    /// Keeps the credential of an end from expiring that has shown one, or none.
    pub(super) async fn start(
        &self,
        handle: &Handle,
        ends: &Arc<Ends>,
        identities: &Identities,
        shown: Option<CredentialAndPurposeKey>,
    ) -> Result<()> {
        let (ends, identities) = (Arc::clone(ends), identities.clone());
        let (source, rest) = (self.source.clone(), Duration::ZERO);
        let refresher = Refresher { ends, identities, source, shown, failures: 0, rest };
        (self.start)(handle, refresher).await
    }
}

struct Refresher {
    ends: Arc<Ends>,
    identities: Identities,
    source: CredentialSource,
    /// What the peer has been shown.
    shown: Option<CredentialAndPurposeKey>,
    /// How many attempts in a row have failed.
    failures: u32,
    /// How long the next round waits at least.
    rest: Duration,
}

impl Refresher {
    async fn start(self, handle: &Handle) -> Result<()> {
        let Some(address) = self.ends.refresher.clone() else { return Ok(()) };
        let mailbox = Mailbox::new(address, DenyAll, AllowAll);
        ProcessorBuilder::new(self).with_mailboxes(mailbox).start(handle).await
    }

    /// Returns how long the credential that was shown need not be looked at.
    fn time_left(&self) -> Result<Duration> {
        let left = self.shown.as_ref().map_or(Ok(0), |shown| self.identities.time_left(shown))?;
        Ok(Duration::from_secs(left).min(LOOK_INTERVAL))
    }

    /// Waits until it is time to look, and tells whether a new credential is due.
    async fn is_due(&mut self, ctx: &Context) -> Result<bool> {
        let rest = mem::take(&mut self.rest);
        if !rest.is_zero() {
            ctx.sleep(rest).await;
        }
        ctx.sleep(self.time_left()?).await;
        Ok(self.time_left()?.is_zero())
    }

    /// Lets more and more time pass until the next attempt.
    fn put_off(&mut self) {
        self.rest = CREDENTIAL_REFRESH_INTERVAL
            .saturating_mul(1 << self.failures.min(16))
            .min(MAX_CREDENTIAL_REFRESH_INTERVAL);
        self.failures += 1;
    }

    /// An attempt has failed.
    fn fail(&mut self, error: Error) {
        let (own, issuer, shown) = (&self.ends.own, self.source.issuer(), Shown(&error));
        tracing::warn!(%own, %issuer, error = %shown, "no new credential");
        program::discard(error);
        self.put_off();
    }

    /// Has a new credential of the source and shows it.
    async fn renew(&mut self, ctx: &Context) -> Result<()> {
        let Refresher { ends, identities, source, .. } = self;
        let Some(_asking) = identities.begin_asking(&ends.own, source.issuer()) else {
            // Another channel of this identity asks, and will keep what it gets.
            self.rest = CREDENTIAL_REFRESH_INTERVAL;
            return Ok(());
        };
        match identities.obtain_credential(ctx, &ends.own, source).await {
            Ok(renewed) if self.shown.as_ref() != Some(&renewed) => {
                ends.show(ctx, identities, renewed.clone()).await?;
                self.shown = Some(renewed);
                (self.failures, self.rest) = (0, CREDENTIAL_REFRESH_INTERVAL);
                return Ok(());
            }
            Ok(_) => {
                tracing::warn!(own = %ends.own, issuer = %source.issuer(), "the credential is no other than before");
                self.put_off();
            }
            Err(error) => self.fail(error),
        }
        Ok(())
    }
}

impl Processor for Refresher {
    type Context = Context;

    async fn process(&mut self, ctx: &mut Context) -> Result<bool> {
        if self.ends.is_ending() {
            return Ok(false);
        }
        match self.is_due(ctx).await {
            Ok(true) => self.renew(ctx).await?,
            Ok(false) => {}
            Err(error) => self.fail(error),
        }
        Ok(true)
    }
}
