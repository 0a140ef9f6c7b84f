//! A worker that issues credentials over secure channels, and its client.
//!
//! It owns the request and the response. The program decides which identity gets which attributes.
//!
//! | file | owns |
//! |---|---|
//! | `request` | the headers of request and response |

mod request;

use crate::codec::Structure;
use crate::credential::{Attributes, CredentialAndPurposeKey};
use crate::identifier::Identifier;
use crate::identities::Identities;
use crate::program::{self, Shown};
use crate::secure_channel::{NodeRng, SecureChannelPeer};
use crate::telling::next_told;
use alloc::boxed::Box;
use alloc::format;
use alloc::vec::Vec;
use core::fmt;
use core::sync::atomic::AtomicUsize;
use ockam_core::{Error, ErrorKind, Result, Route, Routed, Worker};
use ockam_node::{Context, Handle};
use request::{Answer, Request, Status};

/// Address at which Ockam nodes expect an issuer.
pub const CREDENTIAL_ISSUER: &str = "credential_issuer";

/// Default lifetime of a credential in seconds: one day.
pub const CREDENTIAL_LIFETIME: u64 = 24 * 60 * 60;

/// Callback that returns the attributes of an identity; `None` for no credential.
type Register = dyn Fn(&Identifier) -> Option<Attributes> + Send + Sync;

/// Worker that issues credentials to peers that request them through a secure channel, with the
/// attributes that a callback of the program returns. If the callback panics, the peer gets no
/// credential, and an error is logged.
///
/// Start it at [`CREDENTIAL_ISSUER`], as a consumer of a secure channel listener of the issuer's
/// identity:
///
/// ```
/// use ockam_identity::{Attributes, CREDENTIAL_ISSUER, CredentialIssuer, Identifier, Identities};
/// # use ockam_node::Context;
///
/// # async fn start(ctx: Context, identities: Identities, issuer: Identifier, alice: Identifier)
/// # -> ockam_core::Result<()> {
/// let members = move |subject: &Identifier| {
///     (*subject == alice).then(|| Attributes::new(1).with("role", "member"))
/// };
/// let worker = CredentialIssuer::new(&identities, issuer, members);
/// ctx.start_worker(CREDENTIAL_ISSUER, worker).await
/// # }
/// ```
pub struct CredentialIssuer {
    identities: Identities,
    issuer: Identifier,
    register: Box<Register>,
    lifetime: u64,
    /// Number of credentials that could not be issued.
    failures: AtomicUsize,
}

impl CredentialIssuer {
    /// Creates an issuer in the name of an identity of this node.
    #[must_use]
    pub fn new(
        identities: &Identities,
        issuer: Identifier,
        register: impl Fn(&Identifier) -> Option<Attributes> + Send + Sync + 'static,
    ) -> Self {
        CredentialIssuer {
            identities: identities.clone(),
            issuer,
            register: Box::new(register),
            lifetime: CREDENTIAL_LIFETIME,
            failures: AtomicUsize::new(0),
        }
    }

    /// Sets the lifetime of credentials in seconds.
    #[must_use]
    pub fn with_lifetime(mut self, seconds: u64) -> Self {
        self.lifetime = seconds;
        self
    }

    /// Logs a failure, with rate limiting since a peer can repeat it.
    #[cold]
    fn tell(&self, error: &Error) {
        let (issuer, error, text) = (&self.issuer, Shown(error), "no credential was issued");
        match next_told(&self.failures) {
            Some(count) => tracing::error!(%issuer, count, %error, "{text}"),
            None => tracing::debug!(%issuer, %error, "{text}"),
        }
    }

    async fn answer(
        &self,
        ctx: &Context,
        request: &Request,
        peer: Option<&Identifier>,
    ) -> Result<(Status, Vec<u8>)> {
        let Some(peer) = peer else {
            return Ok((Status::Unauthorized, Vec::new()));
        };
        if let Some(refusal) = request.refusal() {
            return Ok((refusal, Vec::new()));
        }
        let said = program::call(|| (self.register)(peer));
        let Some(attributes) = said.map_err(|panic| panic.add_context("asking the register"))?
        else {
            return Ok((Status::Forbidden, Vec::new()));
        };
        let rng = &mut NodeRng::new(ctx);
        let issued =
            self.identities.issue_credential(&self.issuer, peer, attributes, self.lifetime, rng);
        Ok((Status::Ok, issued.await?.encode()))
    }
}

impl Worker for CredentialIssuer {
    type Context = Context;
    /// A byte string with its length, which holds header and body.
    type Message = Vec<u8>;

    async fn handle_message(&mut self, ctx: &mut Context, msg: Routed<Vec<u8>>) -> Result<()> {
        let peer = msg.find_local_info().map(SecureChannelPeer::identifier).copied();
        let request = Request::decode(msg.as_body()).map_err(|why| {
            Error::with_kind(ErrorKind::Encoding, why).add_context("reading a request")
        })?;
        let (status, body) = match self.answer(ctx, &request, peer.as_ref()).await {
            Ok(answer) => answer,
            Err(error) => {
                self.tell(&error);
                program::discard(error);
                (Status::Failed, Vec::new())
            }
        };
        let id = NodeRng::new(ctx).small_number();
        let answer =
            Answer { id, of: request.id, status: status as u64, has_body: !body.is_empty() };
        let mut bytes = answer.encode();
        bytes.extend_from_slice(&body);
        ctx.send(msg.return_route(), bytes).await
    }
}

impl fmt::Debug for CredentialIssuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CredentialIssuer({})", self.issuer)
    }
}

impl Identities {
    /// Requests a credential of an identity of this node from an issuer, and verifies it.
    ///
    /// The route leads through a channel that trusts only the issuer:
    /// `route![channel, CREDENTIAL_ISSUER]`.
    ///
    /// # Errors
    /// [`Denied`](ErrorKind::Denied) if the issuer has no credential for this identity, or returns
    /// one that is not valid; [`TimedOut`](ErrorKind::TimedOut) if it does not respond.
    ///
    /// # Cancel safety
    /// Cancel safe on this node; the issuer may still issue a credential.
    pub async fn request_credential(
        &self,
        handle: &Handle,
        route: impl Into<Route>,
        subject: &Identifier,
        issuer: &Identifier,
    ) -> Result<CredentialAndPurposeKey> {
        let request = Request::new(NodeRng::new(handle).small_number());
        let answer: Vec<u8> = handle.send_and_receive(route, request.encode()).await?;
        let (answer, body) = Answer::decode_front(&answer).map_err(|why| {
            Error::with_kind(ErrorKind::Encoding, why).add_context("reading an answer")
        })?;
        if answer.of != request.id || answer.status != Status::Ok as u64 || !answer.has_body {
            let text = format!("{issuer} issued no credential: status {}", answer.status);
            return Err(Error::with_kind(ErrorKind::Denied, text));
        }
        let credential = CredentialAndPurposeKey::decode(body).map_err(|why| {
            Error::with_kind(ErrorKind::Encoding, why).add_context("reading a credential")
        })?;
        self.check_credential(subject, &credential, &[*issuer])?;
        Ok(credential)
    }
}
