//! Keys by handle, and what is computed with them.
//!
//! Two keys of an identity live long: those that sign, and the static key of its secure channels.
//! Whoever holds them implements [`Vault`], so that they need not be in this process's memory;
//! [`SoftwareVault`] holds them there. Everything else, ephemeral keys and the keys of a channel,
//! is made, used and wiped here, by the crates that are known for it. This room refuses to know
//! what is signed or encrypted.
//!
//! | file | owns |
//! |---|---|
//! | `holder` | the trait |
//! | `software` | the vault in this process's memory |
//! | `key`, `signature` | what others see of keys |
//! | `secret` | secret bytes: wiped, never shown, compared in constant time |
//! | `agreement` | X25519 |
//! | `aead` | AES-256-GCM |
//! | `digest` | SHA-256 and HKDF |

mod aead;
mod agreement;
mod digest;
mod error;
mod holder;
mod key;
mod p256;
mod secret;
mod signature;
mod software;

pub use agreement::{AgreementKey, AgreementSecret};
pub use error::VaultError;
pub use holder::{Answer, KeyHandle, Vault};
pub use key::{KeyKind, VerifyingKey};
pub use secret::Secret;
pub use signature::Signature;
pub use software::SoftwareVault;

pub(crate) use aead::{AeadKey, NONCE_LEN, TAG_LEN};
pub(crate) use digest::{hkdf, sha256, sha256_of_two};
