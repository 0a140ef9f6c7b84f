// src/known.rs
use ockam::identity::{Identifier, Identities, Identity, IdentityOptions, Structure};
use ockam::vault::Secret;
use ockam::Result;

/// The first second of the year 2100.
const THE_END: u64 = 4_102_444_800;

/// Makes an identity that is the same at each start, so that other programs can name it.
///
/// Its secret key is in the source, for everybody to read. That is for examples only: a program
/// that means it creates its identity once and keeps it in a file, as identities-in-a-file.rs.
pub async fn known_identity(secret_key: [u8; 32]) -> Result<(Identities, Identifier)> {
    let identities = Identities::in_memory();
    let options = IdentityOptions::new(0).with_validity(0, THE_END);
    let (identity, key) =
        Identity::create(identities.vault(), options, Secret::from(secret_key)).await?;
    let history = identity.history().encode();
    let identifier = identities.import_private(&history, key).await?;
    Ok((identities, identifier))
}
