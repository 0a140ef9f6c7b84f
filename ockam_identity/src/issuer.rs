//! A worker that issues credentials over secure channels, and the way to ask it.
//!
//! It owns the exchange. It refuses to know who gets which attributes: the program says it.
//!
//! | file | owns |
//! |---|---|
//! | `request` | the headers of request and answer |

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

/// The address at which Ockam nodes look for an issuer.
pub const CREDENTIAL_ISSUER: &str = "credential_issuer";

/// How long a credential lives unless the issuer says otherwise, in seconds: one day.
pub const CREDENTIAL_LIFETIME: u64 = 24 * 60 * 60;

/// Says what an issuer says of an identity; `None` for nothing.
type Register = dyn Fn(&Identifier) -> Option<Attributes> + Send + Sync;

/// Gives whoever asks through a secure channel a credential with the attributes that the program
/// has for it. If the program panics as it is asked, the one who has asked gets none, and the log
/// an error.
///
/// Start it at [`CREDENTIAL_ISSUER`], as a consumer of the listener of a channel in the name of
/// the issuer:
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
    /// How many credentials could not be issued.
    failures: AtomicUsize,
}

impl CredentialIssuer {
    /// Issues in the name of an identity of this node what the register says.
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

    /// Sets how long credentials live, in seconds.
    #[must_use]
    pub fn with_lifetime(mut self, seconds: u64) -> Self {
        self.lifetime = seconds;
        self
    }

    /// Tells the log of a failure, which a peer can repeat by asking again.
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
    /// A byte string with its length, in which header and body stand.
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
    /// Asks an issuer for a credential of an identity of this node, and verifies it.
    ///
    /// The route leads through a channel that trusts exactly the issuer:
    /// `route![channel, CREDENTIAL_ISSUER]`.
    ///
    /// # Errors
    /// [`Denied`](ErrorKind::Denied) if the issuer has none for this identity, or gives one that
    /// is not to be believed; [`TimedOut`](ErrorKind::TimedOut) if it does not answer.
    ///
    /// # Cancel safety
    /// Dropped before it is done, nothing is left on this node; the issuer may have made one.
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
            let text = format!("{issuer} gave no credential: status {}", answer.status);
            return Err(Error::with_kind(ErrorKind::Denied, text));
        }
        let credential = CredentialAndPurposeKey::decode(body).map_err(|why| {
            Error::with_kind(ErrorKind::Encoding, why).add_context("reading a credential")
        })?;
        self.check_credential(subject, &credential, &[*issuer])?;
        Ok(credential)
    }
}
