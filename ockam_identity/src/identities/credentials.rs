//! Credentials: issuing, presenting and verifying them.

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

/// Number of seconds before its expiry at which a channel replaces a credential, as in Ockam 0.150:
/// one minute, plus one for the difference between the clocks of two nodes.
#[cfg(feature = "node")]
pub const CREDENTIAL_REFRESH_GAP: u64 = 60 + CLOCK_DRIFT;

impl Identities {
    /// Issues a credential for a subject in the name of an identity of this node, valid for a
    /// number of seconds.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound) if the issuer is not one of this node or the subject is
    /// not known, [`Failed`](ErrorKind::Failed) if the vault fails to sign.
    ///
    /// # Cancel safety
    /// If the future is dropped, nothing is issued. An unused key may stay in the vault.
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

    /// Verifies a subject's credential and remembers its attributes until it expires, or until the
    /// authority changes its key. It replaces an earlier credential by the same authority for the
    /// subject, and is rejected if that one is newer.
    ///
    /// # Errors
    /// [`Denied`](ErrorKind::Denied) with a [`CredentialError`] if it is not valid.
    pub fn accept_credential(
        &self,
        subject: &Identifier,
        credential: &CredentialAndPurposeKey,
        authorities: &[Identifier],
    ) -> Result<CredentialData> {
        let (issuer, data) = self.verify_credential(subject, credential, authorities)?;
        let pair = (*subject, *issuer.identifier());
        let entry = CachedAttributes::new(&data, *issuer.latest_change_hash());
        let insertion = self.memory(|memory| memory.attributes.insert(pair, entry.clone()));
        let Insertion::Done(forgotten) = insertion else {
            return Err(denied(CredentialError::Older));
        };
        self.store_attributes(&pair, entry)?;
        forgotten.map_or(Ok(()), |pair| self.forget_attributes(&pair))?;
        Ok(data)
    }

    /// Verifies a subject's credential.
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
    /// issuer; [`credential`](Self::credential) returns it.
    ///
    /// # Errors
    /// [`Encoding`](ErrorKind::Encoding) if it is malformed. A failure of the store is not an error:
    /// the credential is kept in memory and stored when the store works again.
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

    /// Returns a kept credential that has not expired.
    #[must_use]
    pub fn credential(
        &self,
        subject: &Identifier,
        issuer: &Identifier,
    ) -> Option<CredentialAndPurposeKey> {
        self.credential_at(subject, issuer, self.now())
    }

    /// As [`credential`](Self::credential), but a clock that panics is an error.
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

    /// Returns the number of seconds until a credential has to be replaced, which is
    /// [`CREDENTIAL_REFRESH_GAP`] before it expires.
    #[cfg(feature = "node")]
    pub(crate) fn time_left(&self, credential: &CredentialAndPurposeKey) -> Result<u64> {
        let expires_at = credential.credential.data().map_or(0, |data| data.expires_at);
        Ok(expires_at.saturating_sub(CREDENTIAL_REFRESH_GAP).saturating_sub(self.try_now()?))
    }

    /// Returns a kept credential that need not be replaced yet.
    #[cfg(feature = "node")]
    pub(crate) fn lasting_credential(
        &self,
        subject: &Identifier,
        issuer: &Identifier,
    ) -> Result<Option<CredentialAndPurposeKey>> {
        let Some(kept) = self.try_credential(subject, issuer)? else { return Ok(None) };
        Ok((self.time_left(&kept)? > 0).then_some(kept))
    }

    /// Registers a request to an issuer about an identity of this node, for all channels of that
    /// identity; `None` if one is already in flight.
    #[cfg(feature = "node")]
    pub(crate) fn begin_asking(&self, own: &Identifier, issuer: &Identifier) -> Option<InFlight> {
        InFlight::begin(self, (*own, *issuer))
    }

    /// Returns whether a subject has all of the given attributes, by a credential of an authority
    /// that has not expired.
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
            attributes.is_some_and(|entry| required.iter().all(|pair| has(entry, pair)))
        })
    }

    /// Returns a subject's attributes from a credential of an authority that has not expired.
    #[must_use]
    pub fn attributes(&self, subject: &Identifier, authority: &Identifier) -> Option<Attributes> {
        let now = self.now();
        self.memory(|memory| memory.attributes(subject, authority, now).cloned())
    }
}

impl Memory {
    /// Returns a subject's attributes issued with the current key of a known authority.
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
