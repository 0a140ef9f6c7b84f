//! A vault that does not complete immediately.

use core::future::poll_fn;
use core::task::Poll;
use ockam_identity::vault::{
    AgreementKey, Answer, KeyHandle, KeyKind, Secret, Signature, SoftwareVault, Vault, VerifyingKey,
};

/// A vault whose futures complete at the second poll.
#[derive(Debug)]
pub(crate) struct Waiting(pub(crate) SoftwareVault);

fn later<'a, T: Send + 'a>(answer: Answer<'a, T>) -> Answer<'a, T> {
    Box::pin(async move {
        let mut has_waited = false;
        poll_fn(|cx| {
            if std::mem::replace(&mut has_waited, true) {
                return Poll::Ready(());
            }
            cx.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
        answer.await
    })
}

impl Vault for Waiting {
    fn create_signing_key(
        &self,
        kind: KeyKind,
        entropy: Secret<32>,
    ) -> Answer<'_, (KeyHandle, VerifyingKey)> {
        later(self.0.create_signing_key(kind, entropy))
    }

    fn create_agreement_key(&self, entropy: Secret<32>) -> Answer<'_, (KeyHandle, AgreementKey)> {
        later(self.0.create_agreement_key(entropy))
    }

    fn sign<'a>(&'a self, key: &'a KeyHandle, message: &'a [u8; 32]) -> Answer<'a, Signature> {
        later(self.0.sign(key, message))
    }

    fn agree<'a>(&'a self, key: &'a KeyHandle, peer: &'a AgreementKey) -> Answer<'a, Secret<32>> {
        later(self.0.agree(key, peer))
    }

    fn delete_key<'a>(&'a self, key: &'a KeyHandle) -> Answer<'a, bool> {
        later(self.0.delete_key(key))
    }
}
