//! Calls into code of the program: its vault, its store, its clock, and their errors.
//!
//! It owns the handling of panics in such code: the call returns an error with the text of the
//! panic, which its caller handles like every other error. It does not know what the calls are for.
//! Such code is never called while a lock of this crate is held. Without `std` there is no
//! unwinding, and panics are not caught.

#[cfg(feature = "std")]
use crate::store::{Change, Entry, Store, Table};
#[cfg(feature = "node")]
use crate::telling::next_told;
#[cfg(feature = "std")]
use crate::vault::{
    AgreementKey, Answer, KeyHandle, KeyKind, Secret, Signature, Vault, VaultError, VerifyingKey,
};
#[cfg(feature = "std")]
use alloc::boxed::Box;
#[cfg(feature = "node")]
use alloc::string::String;
#[cfg(feature = "std")]
use alloc::sync::Arc;
#[cfg(feature = "std")]
use alloc::vec::Vec;
#[cfg(any(feature = "std", feature = "node"))]
use core::fmt::Debug;
#[cfg(feature = "node")]
use core::fmt::{self, Display};
#[cfg(feature = "node")]
use core::sync::atomic::AtomicUsize;
#[cfg(not(feature = "node"))]
use core::task::Waker;
#[cfg(feature = "node")]
use ockam_core::Error;
use ockam_core::Result;
#[cfg(feature = "node")]
pub(crate) use ockam_node::wake;

/// Calls code of the program.
///
/// # Errors
/// [`Panicked`](ockam_core::ErrorKind::Panicked) if it panics.
#[cfg(feature = "node")]
pub(crate) fn call<R>(call: impl FnOnce() -> R) -> Result<R> {
    ockam_node::catch_panic(call)
}

/// Calls code of the program. Without a node, panics are not caught.
#[cfg(not(feature = "node"))]
pub(crate) fn call<R>(call: impl FnOnce() -> R) -> Result<R> {
    Ok(call())
}

/// Wakes tasks. Without a node, panics are not caught.
#[cfg(not(feature = "node"))]
pub(crate) fn wake(wakers: impl IntoIterator<Item = Waker>) {
    wakers.into_iter().for_each(Waker::wake);
}

/// Drops an error that may be a type of the program.
#[cfg(feature = "node")]
pub(crate) fn discard(error: Error) {
    static DROPS: AtomicUsize = AtomicUsize::new(0);
    if let Err(panic) = call(|| drop(error))
        && let Some(count) = next_told(&DROPS)
    {
        let text = "an error of the program panicked while being dropped";
        tracing::error!(count, error = %panic, "{text}");
    }
}

/// Formats an error with its causes, which may be types of the program, for the log.
#[cfg(feature = "node")]
pub(crate) struct Shown<'a>(pub(crate) &'a Error);

#[cfg(feature = "node")]
impl Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Format it first: a subscriber may hold a lock while it formats a line.
        match call(|| alloc::format!("{:#}", self.0)) {
            Ok(text) => f.write_str(&text),
            Err(panic) => write!(f, "an error that panicked in Display: {panic}"),
        }
    }
}

/// Formats the start of the `Debug` output of a type of the program, for the log.
#[cfg(feature = "node")]
pub(crate) struct Described<'a>(pub(crate) &'a dyn Debug);

/// Maximum number of bytes of the program's text in a log line.
#[cfg(feature = "node")]
const MAX_DESCRIBED: usize = 256;

#[cfg(feature = "node")]
impl Display for Described<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut start = Start(String::new());
        // A text that is too long, and an error of `fmt`, both end in "..".
        match call(|| fmt::write(&mut start, format_args!("{:?}", self.0))) {
            Ok(Ok(())) => f.write_str(&start.0),
            Ok(Err(_)) => write!(f, "{}..", start.0),
            Err(panic) => write!(f, "a value that panicked in Debug: {panic}"),
        }
    }
}

/// Writer that accepts as many bytes as a log line has room for.
#[cfg(feature = "node")]
struct Start(String);

#[cfg(feature = "node")]
impl fmt::Write for Start {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = MAX_DESCRIBED - self.0.len();
        if text.len() <= room {
            self.0.push_str(text);
            return Ok(());
        }
        let fits = (0..=room).rev().find_map(|end| text.get(..end));
        self.0.push_str(fits.unwrap_or_default());
        Err(fmt::Error)
    }
}

/// A vault or a store of the program whose panics become errors.
#[cfg(feature = "std")]
pub(crate) struct Guarded<T: ?Sized>(Arc<T>);

#[cfg(feature = "std")]
impl<T: ?Sized> Guarded<T> {
    pub(crate) fn new(of: Arc<T>) -> Arc<Self> {
        Arc::new(Guarded(of))
    }
}

#[cfg(feature = "std")]
impl<T: Debug + ?Sized> Debug for Guarded<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Calls a vault and waits for its result.
#[cfg(feature = "std")]
fn ask<'a, T: Send + 'a>(ask: impl FnOnce() -> Answer<'a, T> + Send + 'a) -> Answer<'a, T> {
    Box::pin(async move {
        let answer = ockam_node::catch_panics(async move { ask().await }).await;
        answer.unwrap_or_else(|panic| Err(VaultError::Panicked(panic.into())))
    })
}

#[cfg(feature = "std")]
impl Vault for Guarded<dyn Vault> {
    fn create_signing_key(
        &self,
        kind: KeyKind,
        entropy: Secret<32>,
    ) -> Answer<'_, (KeyHandle, VerifyingKey)> {
        ask(move || self.0.create_signing_key(kind, entropy))
    }

    fn create_agreement_key(&self, entropy: Secret<32>) -> Answer<'_, (KeyHandle, AgreementKey)> {
        ask(move || self.0.create_agreement_key(entropy))
    }

    fn sign<'a>(&'a self, key: &'a KeyHandle, message: &'a [u8; 32]) -> Answer<'a, Signature> {
        ask(move || self.0.sign(key, message))
    }

    fn agree<'a>(&'a self, key: &'a KeyHandle, peer: &'a AgreementKey) -> Answer<'a, Secret<32>> {
        ask(move || self.0.agree(key, peer))
    }

    fn delete_key<'a>(&'a self, key: &'a KeyHandle) -> Answer<'a, bool> {
        ask(move || self.0.delete_key(key))
    }
}

/// Calls a store.
#[cfg(feature = "std")]
fn use_store<R>(of: impl FnOnce() -> Result<R>) -> Result<R> {
    call(of).unwrap_or_else(|panic| Err(panic.add_context("calling the store")))
}

#[cfg(feature = "std")]
impl Store for Guarded<dyn Store> {
    fn all(&self, table: Table) -> Result<Vec<Entry>> {
        use_store(|| self.0.all(table))
    }

    fn put(&self, table: Table, key: &[u8], value: &[u8]) -> Result<()> {
        use_store(|| self.0.put(table, key, value))
    }

    fn update(&self, table: Table, key: &[u8], change: &mut Change<'_>) -> Result<()> {
        use_store(|| self.0.update(table, key, change))
    }

    fn remove(&self, table: Table, key: &[u8]) -> Result<()> {
        use_store(|| self.0.remove(table, key))
    }
}
