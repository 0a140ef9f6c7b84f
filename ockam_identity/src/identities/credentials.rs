//! Credentials: issued by identities of this node, shown by them, and believed of others.

use super::attribute_cache::{CachedAttributes, Insertion};
use super::error::{denied, failed, no_identity};
#[cfg(feature = "node")]
use super::in_flight::InFlight;
use super::own_identity::Purpose;
use super::{Identities, Memory};
use crate::credential::{
    Attributes, Credential, CredentialAndPurposeKey, CredentialData, CredentialError,
};
use crate::identifier::Identifier;
use crate::identity::Identity;
#[cfg(feature = "node")]
use crate::purpose_key::CLOCK_DRIFT;
use crate::purpose_key::Validity;
use alloc::vec::Vec;
use ockam_core::{Error, ErrorKind, Result};
use rand_core::CryptoRng;

/// How many seconds before its credential expires a channel has a new one, as in Ockam 0.150: one
/// minute, and one by which the clocks of two nodes may differ.
#[cfg(feature = "node")]
pub const CREDENTIAL_REFRESH_GAP: u64 = 60 + CLOCK_DRIFT;

impl Identities {
    /// Makes a credential: what an identity of this node says of another for a number of seconds.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound) if the issuer is not one of this node or the subject is
    /// not known, [`Failed`](ErrorKind::Failed) if the vault does not sign.
    ///
    /// # Cancel safety
    /// Dropped before it is done, nothing is issued. A key that nobody uses may stay in the vault.
    pub async fn issue_credential(
        &self,
        issuer: &Identifier,
        subject: &Identifier,
        attributes: Attributes,
        seconds: u64,
        rng: &mut impl CryptoRng,
    ) -> Result<CredentialAndPurposeKey> {
        let subject = self.find(subject).ok_or_else(|| no_identity(subject))?;
        let (_, (key, attestation)) = self.purpose_key(issuer, Purpose::Credentials, rng).await?;
        let validity = Validity::lasting(self.try_now()?, seconds);
        let vault = self.vault();
        Credential::issue(vault, attestation, &key, &subject, attributes, validity)
            .await
            .map_err(|why| failed(why, "issuing a credential"))
    }

    /// Verifies what an authority says of a subject, and remembers it until it expires, or until
    /// the authority has another key. It takes the place of what the authority has said before of
    /// the subject, and is refused if that is newer.
    ///
    /// # Errors
    /// [`Denied`](ErrorKind::Denied) with a [`CredentialError`] if it is not to be believed.
    pub fn accept_credential(
        &self,
        subject: &Identifier,
        credential: &CredentialAndPurposeKey,
        authorities: &[Identifier],
    ) -> Result<CredentialData> {
        let (issuer, data) = self.verify_credential(subject, credential, authorities)?;
        let pair = (*subject, *issuer.identifier());
        let said = CachedAttributes::new(&data, *issuer.latest_change_hash());
        let insertion = self.memory(|memory| memory.attributes.insert(pair, said.clone()));
        let Insertion::Done(forgotten) = insertion else {
            return Err(denied(CredentialError::Older));
        };
        self.store_attributes(&pair, said)?;
        forgotten.map_or(Ok(()), |pair| self.forget_attributes(&pair))?;
        Ok(data)
    }

    /// Verifies what an authority says of a subject.
    ///
    /// # Errors
    /// As [`accept_credential`](Self::accept_credential).
    pub fn check_credential(
        &self,
        subject: &Identifier,
        credential: &CredentialAndPurposeKey,
        authorities: &[Identifier],
    ) -> Result<CredentialData> {
        self.verify_credential(subject, credential, authorities).map(|(_, data)| data)
    }

    fn verify_credential(
        &self,
        subject: &Identifier,
        credential: &CredentialAndPurposeKey,
        authorities: &[Identifier],
    ) -> Result<(Identity, CredentialData)> {
        let now = self.try_now()?;
        let verify = || {
            let issuer = credential.issuer()?;
            if !authorities.contains(&issuer) {
                return Err(CredentialError::UntrustedIssuer(issuer));
            }
            let known = self.find(&issuer).ok_or(CredentialError::UnknownIssuer(issuer))?;
            let data = credential.verify(subject, &known, now)?;
            Ok((known, data))
        };
        verify().map_err(denied)
    }

    /// Keeps a credential of an identity of this node, in place of an earlier one by the same
    /// issuer; [`credential`](Self::credential) finds it.
    ///
    /// # Errors
    /// [`Encoding`](ErrorKind::Encoding) if it is none. That it cannot be stored is no error: it is
    /// kept all the same, and stored when the store works again.
    pub fn keep_credential(
        &self,
        subject: &Identifier,
        credential: CredentialAndPurposeKey,
    ) -> Result<()> {
        let issuer =
            credential.issuer().map_err(|why| Error::with_cause(ErrorKind::Encoding, why))?;
        let pair = (*subject, issuer);
        self.store_credential(&pair, &credential)?;
        self.memory(|memory| memory.credentials.insert(pair, credential));
        Ok(())
    }

    /// Finds a credential that was kept and has not expired.
    #[must_use]
    pub fn credential(
        &self,
        subject: &Identifier,
        issuer: &Identifier,
    ) -> Option<CredentialAndPurposeKey> {
        self.credential_at(subject, issuer, self.now())
    }

    /// As [`credential`](Self::credential), where a clock that panics is an error.
    #[cfg(feature = "node")]
    pub(crate) fn try_credential(
        &self,
        subject: &Identifier,
        issuer: &Identifier,
    ) -> Result<Option<CredentialAndPurposeKey>> {
        Ok(self.credential_at(subject, issuer, self.try_now()?))
    }

    fn credential_at(
        &self,
        subject: &Identifier,
        issuer: &Identifier,
        now: u64,
    ) -> Option<CredentialAndPurposeKey> {
        let pair = (*subject, *issuer);
        let credential = self.memory(|memory| memory.credentials.get(&pair).cloned())?;
        let data = credential.credential.data().ok()?;
        (data.expires_at >= now).then_some(credential)
    }

    /// Returns how many seconds a credential goes on until it has to be replaced, which is
    /// [`CREDENTIAL_REFRESH_GAP`] before it expires.
    #[cfg(feature = "node")]
    pub(crate) fn time_left(&self, credential: &CredentialAndPurposeKey) -> Result<u64> {
        let expires_at = credential.credential.data().map_or(0, |data| data.expires_at);
        Ok(expires_at.saturating_sub(CREDENTIAL_REFRESH_GAP).saturating_sub(self.try_now()?))
    }

    /// Finds a credential that was kept and has not to be replaced yet.
    #[cfg(feature = "node")]
    pub(crate) fn lasting_credential(
        &self,
        subject: &Identifier,
        issuer: &Identifier,
    ) -> Result<Option<CredentialAndPurposeKey>> {
        let Some(kept) = self.try_credential(subject, issuer)? else { return Ok(None) };
        Ok((self.time_left(&kept)? > 0).then_some(kept))
    }

    /// Begins to ask an issuer about an identity of this node, for all channels of that identity;
    /// `None` if somebody does.
    #[cfg(feature = "node")]
    pub(crate) fn begin_asking(&self, own: &Identifier, issuer: &Identifier) -> Option<InFlight> {
        InFlight::begin(self, (*own, *issuer))
    }

    /// Tells whether an authority has said all of some things of a subject, in a credential that
    /// has not expired.
    #[must_use]
    pub fn is_attested(
        &self,
        subject: &Identifier,
        authority: &Identifier,
        required: &[(Vec<u8>, Vec<u8>)],
    ) -> bool {
        let now = self.now();
        self.memory(|memory| {
            let attributes = memory.attributes(subject, authority, now);
            let has = |attributes: &Attributes, (name, value): &(Vec<u8>, Vec<u8>)| {
                attributes.get(name) == Some(value)
            };
            attributes.is_some_and(|said| required.iter().all(|pair| has(said, pair)))
        })
    }

    /// Returns what an authority has said of a subject in a credential that has not expired.
    #[must_use]
    pub fn attributes(&self, subject: &Identifier, authority: &Identifier) -> Option<Attributes> {
        let now = self.now();
        self.memory(|memory| memory.attributes(subject, authority, now).cloned())
    }
}

impl Memory {
    /// Finds what an authority that is known here has said of a subject, with the key that it has.
    fn attributes(
        &self,
        subject: &Identifier,
        authority: &Identifier,
        now: u64,
    ) -> Option<&Attributes> {
        let issuer_change = self.find(authority)?.latest_change_hash();
        self.attributes.get(&(*subject, *authority), now, issuer_change)
    }
}
