//! The identities of a node, and the other identities that it knows.
//!
//! It owns the remembered state: handles of keys, purpose keys, histories, attributes. It combines
//! the pure rules of the other modules with a vault, a clock and random bits. It does not know
//! channels or workers.
//!
//! | file | owns |
//! |---|---|
//! | `clock` | the time |
//! | `known_identities` | histories of others: pinned ones, and a bounded number of strangers |
//! | `own_identity` | the keys and attestations of an identity of this node |
//! | `lifecycle` | creating and changing identities of this node |
//! | `change_lock` | one writer at a time for each identity of this node |
//! | `attribute_cache` | a bounded number of verified attributes, until they expire |
//! | `handshake` | the data of an identity shown to peers, and learnt from them |
//! | `credentials` | issuing, presenting and verifying credentials |
//! | `in_flight` | the requests to issuers that are in flight |
//! | `record` | the encoding of the stored state |
//! | `saving` | writes that wait for a store that fails |
//! | `notice` | log warnings about keys that expire soon |
//! | `error` | conversions of errors of the inner layers |

mod attribute_cache;
mod change_lock;
mod clock;
mod credentials;
mod error;
mod handshake;
#[cfg(feature = "node")]
mod in_flight;
mod known_identities;
mod lifecycle;
#[cfg(feature = "node")]
mod notice;
mod own_identity;
mod record;
mod saving;

pub use attribute_cache::MAX_REMEMBERED_ATTRIBUTES;
#[cfg(feature = "std")]
pub use clock::SystemClock;
pub use clock::{Clock, EARLIEST_TIME};
#[cfg(feature = "node")]
pub use credentials::CREDENTIAL_REFRESH_GAP;
pub use handshake::Presented;
pub use known_identities::{MAX_REMEMBERED_IDENTITIES, MAX_REMEMBERED_IDENTITIES_LEN};
#[cfg(feature = "node")]
pub use notice::{KEY_EXPIRY_NOTICE, KEY_EXPIRY_NOTICE_INTERVAL};
pub use saving::MAX_UNSAVED;

use crate::codec::Structure;
use crate::credential::CredentialAndPurposeKey;
use crate::identifier::Identifier;
use crate::identity::{ChangeHistory, Identity, IdentityError};
use crate::program;
#[cfg(feature = "std")]
use crate::program::Guarded;
use crate::sorted::Map;
use crate::store::Store;
use crate::sync::Lock;
use crate::vault::Vault;
use alloc::sync::Arc;
use alloc::vec::Vec;
use attribute_cache::AttributeCache;
use change_lock::ChangeLocks;
use core::fmt;
#[cfg(feature = "node")]
pub(crate) use error::failed;
use error::no_identity;
use known_identities::KnownIdentities;
use ockam_core::{Error, ErrorKind, Result};
use own_identity::OwnIdentity;
use saving::Unsaved;

/// The identities of a node, and the data that it has learnt from other nodes.
///
/// A clone is another handle to the same state. Secret keys are in the vault.
///
/// With `std`, a panic in a vault, a store or a clock fails the call that needed it, with
/// [`ErrorKind::Panicked`] and the text of the panic; if a peer caused the call, its handshake or
/// request fails. The calls that return no error ([`now`](Self::now),
/// [`credential`](Self::credential), [`attributes`](Self::attributes),
/// [`is_attested`](Self::is_attested), [`verify_peer`](Self::verify_peer)) propagate a panic of the
/// clock.
///
/// ```
/// # #[tokio::main] async fn main() -> ockam_core::Result<()> {
/// use ockam_identity::Identities;
/// # let rng = &mut rand_core::UnwrapErr(getrandom::SysRng);
///
/// let identities = Identities::in_memory();
/// let alice = identities.create_identity(rng).await?;
/// let exported = identities.export(&alice)?;
/// // Elsewhere:
/// let others = Identities::in_memory();
/// assert_eq!(others.import(&exported, None)?, alice);
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Identities(Arc<Inner>);

struct Inner {
    vault: Arc<dyn Vault>,
    clock: Arc<dyn Clock>,
    memory: Lock<Memory>,
    store: Option<Arc<dyn Store>>,
}

#[derive(Default)]
struct Memory {
    own: Map<Identifier, OwnIdentity>,
    change_locks: ChangeLocks,
    unsaved: Unsaved,
    known: KnownIdentities,
    attributes: AttributeCache,
    /// Credentials of identities of this node, by subject and issuer.
    credentials: Map<(Identifier, Identifier), CredentialAndPurposeKey>,
    /// Requests to issuers that are in flight, by subject and issuer.
    #[cfg(feature = "node")]
    in_flight: Vec<(Identifier, Identifier)>,
    /// Time of the last log warning about the expiry of an identity's key.
    #[cfg(feature = "node")]
    expiry_told: Map<Identifier, u64>,
}

impl Identities {
    /// Creates identities with keys in this process's memory and the system's clock.
    #[cfg(feature = "std")]
    #[must_use]
    pub fn in_memory() -> Self {
        Self::new(crate::vault::SoftwareVault::new(), SystemClock)
    }

    /// Creates identities with a vault and a clock of the program.
    #[must_use]
    pub fn new(vault: impl Vault, clock: impl Clock) -> Self {
        Self::with(vault, clock, Memory::default(), None)
    }

    /// Creates identities with a vault and a clock of the program, and keeps persistent state in a
    /// store. The vault is responsible for storing its keys.
    ///
    /// # Errors
    /// [`Io`](ErrorKind::Io) if the store cannot be read, or is corrupt;
    /// [`Panicked`](ErrorKind::Panicked) if it panics.
    pub fn with_store(vault: impl Vault, clock: impl Clock, store: Arc<dyn Store>) -> Result<Self> {
        #[cfg(feature = "std")]
        let store: Arc<dyn Store> = Guarded::new(store);
        let memory = record::load(&*store)?;
        Ok(Self::with(vault, clock, memory, Some(store)))
    }

    fn with(
        vault: impl Vault,
        clock: impl Clock,
        memory: Memory,
        store: Option<Arc<dyn Store>>,
    ) -> Self {
        let vault: Arc<dyn Vault> = Arc::new(vault);
        #[cfg(feature = "std")]
        let vault = Guarded::new(vault);
        let (clock, memory) = (Arc::new(clock), Lock::new(memory));
        Identities(Arc::new(Inner { vault, clock, memory, store }))
    }

    /// Opens or creates identities with their keys in a file, which only its owner can read, and
    /// with the system's clock. Written state survives a crash of the process. A copy of the last
    /// good state is kept next to the file; see [`FileStore`](crate::store::FileStore).
    ///
    /// ```
    /// # #[tokio::main] async fn main() -> ockam_core::Result<()> {
    /// # use ockam_identity::Identities;
    /// # let rng = &mut rand_core::UnwrapErr(getrandom::SysRng);
    /// # let path = std::env::temp_dir().join(format!("doc-{}.identities", std::process::id()));
    /// let identities = Identities::open(&path)?;
    /// let alice = identities.create_identity(rng).await?;
    /// drop(identities);
    /// assert_eq!(Identities::open(&path)?.own(), [alice]);
    /// # std::fs::remove_file(path.with_extension("identities.bak"))?;
    /// # std::fs::remove_file(path)?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// As [`FileStore::open`](crate::store::FileStore::open).
    #[cfg(feature = "file-store")]
    pub fn open(path: impl AsRef<std::path::Path>) -> Result<Self> {
        let store: Arc<dyn Store> = Arc::new(crate::store::FileStore::open(path)?);
        let vault = crate::vault::SoftwareVault::stored(Arc::clone(&store)).map_err(|why| {
            Error::with_cause(ErrorKind::Io, why).add_context("reading the stored keys")
        })?;
        Self::with_store(vault, SystemClock, store)
    }

    /// Returns the vault. With `std`, a panic in it is returned as an error.
    #[must_use]
    pub fn vault(&self) -> &dyn Vault {
        &*self.0.vault
    }

    /// Returns the time, in seconds since 1970 UTC.
    ///
    /// # Panics
    /// Panics if the clock does.
    #[must_use]
    pub fn now(&self) -> u64 {
        self.0.clock.now()
    }

    /// Returns the time, or an error if the clock panics.
    pub(crate) fn try_now(&self) -> Result<u64> {
        let now = program::call(|| self.0.clock.now());
        now.map_err(|panic| panic.context_with(|| "reading the clock"))
    }

    /// Imports the history of another identity and returns its identifier. Unlike identities met on
    /// channels, whose number is bounded, it is never forgotten. A failure of the store is not an
    /// error: the history is stored when the store works again.
    ///
    /// # Errors
    /// [`InvalidInput`](ErrorKind::InvalidInput) if the history is not valid, is older than the
    /// known one or contradicts it, or is not that of the expected identity.
    pub fn import(&self, history: &[u8], expected: Option<&Identifier>) -> Result<Identifier> {
        let invalid = |why: IdentityError| Error::with_cause(ErrorKind::InvalidInput, why);
        let history = ChangeHistory::decode(history).map_err(|why| invalid(why.into()))?;
        let identifier = history.identifier().ok_or_else(|| invalid(IdentityError::Empty))?;
        if let Some(expected) = expected.filter(|expected| **expected != identifier) {
            let (expected, found) = (*expected, identifier);
            return Err(invalid(IdentityError::OtherIdentifier { expected, found }));
        }
        let known = self.find(&identifier);
        let arrived = Identity::learn(&history, known.as_ref()).map_err(invalid)?;
        self.pin(&[identifier])?;
        self.remember(&arrived)?;
        Ok(identifier)
    }

    /// Returns the encoded history of an identity, for import by other nodes.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound) if it is not known to this node.
    pub fn export(&self, identifier: &Identifier) -> Result<Vec<u8>> {
        let identity = self.find(identifier).ok_or_else(|| no_identity(identifier))?;
        Ok(identity.history().encode())
    }

    /// Returns an identity of this node, or another that it knows.
    #[must_use]
    pub fn find(&self, identifier: &Identifier) -> Option<Identity> {
        self.memory(|memory| memory.find(identifier).cloned())
    }

    /// Lists the identities of this node.
    #[must_use]
    pub fn own(&self) -> Vec<Identifier> {
        self.memory(|memory| memory.own.keys().copied().collect())
    }

    fn memory<R>(&self, f: impl FnOnce(&mut Memory) -> R) -> R {
        self.0.memory.with(f)
    }
}

impl Memory {
    fn find(&self, identifier: &Identifier) -> Option<&Identity> {
        match self.own.get(identifier) {
            Some(own) => Some(&own.identity),
            None => self.known.get(identifier),
        }
    }
}

impl fmt::Debug for Identities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (own, known) = self.memory(|memory| (memory.own.len(), memory.known.len()));
        f.debug_struct("Identities").field("own", &own).field("known", &known).finish()
    }
}
