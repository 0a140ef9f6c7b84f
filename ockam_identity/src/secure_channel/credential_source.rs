//! Where an identity of this node gets its credential: which issuer, and the way to it.
//!
//! It owns the visit: a channel that trusts exactly the issuer, one request, and the end of the
//! channel. It refuses to know when a credential is needed.

use super::ends::request_stop;
use super::handle::SecureChannel;
use super::options::SecureChannelOptions;
use super::trust_policy::TrustIdentifierPolicy;
use crate::credential::CredentialAndPurposeKey;
use crate::identifier::Identifier;
use crate::identities::Identities;
use crate::issuer::CREDENTIAL_ISSUER;
use alloc::boxed::Box;
use alloc::format;
use core::future::Future;
use core::pin::Pin;
use core::time::Duration;
use ockam_core::{Error, ErrorKind, Result, Route, route};
use ockam_node::Handle;

/// How long a visit to an issuer may take, with its handshake.
pub const CREDENTIAL_REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// Names an issuer and the way to it.
///
/// ```
/// use ockam_core::route;
/// use ockam_identity::{CredentialSource, SecureChannelOptions};
///
/// # let authority = ockam_identity::Identifier::from([7; 32]);
/// // The listener of the authority, behind which its `CredentialIssuer` is.
/// let source = CredentialSource::new(authority, route!["authority_listener"]);
/// let options = SecureChannelOptions::new().with_credential_source(source);
/// ```
#[derive(Clone, Debug)]
pub struct CredentialSource {
    issuer: Identifier,
    route: Route,
}

impl CredentialSource {
    /// Names the issuer and the route to its secure channel listener. The worker that issues is at
    /// [`CREDENTIAL_ISSUER`], and the listener's channels reach it.
    #[must_use]
    pub fn new(issuer: Identifier, route: impl Into<Route>) -> Self {
        CredentialSource { issuer, route: route.into() }
    }

    /// Returns the issuer.
    #[must_use]
    pub fn issuer(&self) -> &Identifier {
        &self.issuer
    }
}

impl Identities {
    /// Returns a credential of an identity of this node: the one that is kept, or a new one of the
    /// issuer, which is kept then, if there is none that holds for longer than
    /// [`CREDENTIAL_REFRESH_GAP`](crate::CREDENTIAL_REFRESH_GAP).
    ///
    /// # Errors
    /// [`TimedOut`](ErrorKind::TimedOut) if the issuer has given none within
    /// [`CREDENTIAL_REQUEST_TIMEOUT`]; as
    /// [`create_secure_channel`](Self::create_secure_channel) if there is no way to it, and as
    /// [`request_credential`](Self::request_credential).
    ///
    /// # Cancel safety
    /// Dropped before it is done, nothing is left on this node.
    pub async fn obtain_credential(
        &self,
        handle: &Handle,
        own: &Identifier,
        source: &CredentialSource,
    ) -> Result<CredentialAndPurposeKey> {
        if let Some(kept) = self.lasting_credential(own, &source.issuer)? {
            return Ok(kept);
        }
        let visit = self.visit(handle, own, source);
        let visited = handle.within(CREDENTIAL_REQUEST_TIMEOUT, visit).await;
        let credential = visited.unwrap_or_else(|| Err(late(&source.issuer)))?;
        self.keep_credential(own, credential.clone())?;
        Ok(credential)
    }

    /// Asks the issuer, over a channel for this alone.
    // Boxed, for a channel may need a credential first, and this needs a channel.
    fn visit<'a>(
        &'a self,
        handle: &'a Handle,
        own: &'a Identifier,
        source: &'a CredentialSource,
    ) -> Pin<Box<dyn Future<Output = Result<CredentialAndPurposeKey>> + Send + 'a>> {
        Box::pin(async move {
            let trust = TrustIdentifierPolicy::new(source.issuer);
            let options = SecureChannelOptions::new()
                .with_trust_policy(trust)
                .with_timeout(CREDENTIAL_REQUEST_TIMEOUT);
            let channel = self.create_secure_channel(handle, own, source.route.clone(), options);
            let visit = Visit { handle, channel: channel.await? };
            let route = route![&visit.channel, CREDENTIAL_ISSUER];
            self.request_credential(handle, route, own, &source.issuer).await
        })
    }
}

/// A channel for one request, which ends with it.
struct Visit<'a> {
    handle: &'a Handle,
    channel: SecureChannel,
}

impl Drop for Visit<'_> {
    fn drop(&mut self) {
        request_stop(self.handle, self.channel.address());
    }
}

fn late(issuer: &Identifier) -> Error {
    let text = format!(
        "{issuer} gave no credential within {CREDENTIAL_REQUEST_TIMEOUT:?}: look whether its \
         listener and its worker `{CREDENTIAL_ISSUER}` run"
    );
    Error::with_kind(ErrorKind::TimedOut, text)
}
