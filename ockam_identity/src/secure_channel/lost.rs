//! The loss of the connection over which a handshake or a channel goes.

use alloc::format;
use core::future::{Future, pending};
#[cfg(feature = "std")]
use ockam_core::Address;
use ockam_core::{Error, Result, Route};
use ockam_node::{ConnectionLost, Handle, first};

/// The loss of the connection at which a route begins, if there is one and it is watched.
pub(super) struct Lost(Option<ConnectionLost>);

impl Lost {
    /// Watches the connection at which a route begins, if it does at one.
    pub(super) fn of(handle: &Handle, route: &Route) -> Result<Self> {
        let lost = route.first().map_or(Ok(None), |hop| handle.connection_lost(hop));
        lost.map(Lost)
    }

    /// Waits for the loss, and returns why. Without a connection it waits for ever.
    pub(super) async fn wait(&mut self) -> Error {
        match &mut self.0 {
            Some(lost) => lost.await,
            None => pending().await,
        }
    }
}

#[cfg(feature = "std")]
impl Lost {
    /// Watches the connection at an address, if there is one.
    pub(super) fn watch(&mut self, handle: &Handle, hop: &Address) -> Result<()> {
        self.0 = handle.connection_lost(hop)?;
        Ok(())
    }

    pub(super) fn is_watched(&self) -> bool {
        self.0.is_some()
    }

    pub(super) fn forget(&mut self) {
        self.0 = None;
    }
}

/// Waits for an answer until the connection is lost over which it would come.
pub(super) async fn unless_lost<T>(
    answer: impl Future<Output = Result<T>>,
    lost: &mut Lost,
    route: &Route,
) -> Result<T> {
    let doing = || format!("making a secure channel over {route}");
    first(answer, lost.wait()).await.unwrap_or_else(|why| Err(why.context_with(doing)))
}
