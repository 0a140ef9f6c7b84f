//! Files that only their owner can access.
//!
//! A file with secret keys is rejected if another user could have placed it or could read it: a
//! symbolic link, a file of another user, or one with permissions for others. The open file is
//! checked, not the path, which may have changed in the meantime.

use super::io;
use alloc::format;
use alloc::string::String;
use ockam_core::{Error, ErrorKind, Result};
use std::fs::{File, Metadata, OpenOptions};
use std::path::Path;

/// Identity of a file.
#[cfg(unix)]
pub(super) type Id = (u64, u64);
/// Identity of a file: its path.
#[cfg(not(unix))]
pub(super) type Id = ();

/// Opens an existing, non-empty file; `None` if there is none.
pub(super) fn open(path: &Path) -> Result<Option<(File, Id)>> {
    let found = match std::fs::symlink_metadata(path) {
        Ok(found) => found,
        Err(why) if why.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(why) => return Err(io(why)),
    };
    if found.is_symlink() {
        return Err(denied("it is a symbolic link: name the file that it leads to".into()));
    }
    let file = OpenOptions::new().read(true).write(true).open(path).map_err(io)?;
    let metadata = file.metadata().map_err(io)?;
    if !metadata.is_file() {
        return Err(Error::with_kind(ErrorKind::InvalidInput, "it is not a regular file"));
    }
    if id(&found) != id(&metadata) {
        return Err(denied("it was replaced while it was opened".into()));
    }
    check(&metadata, path)?;
    if metadata.len() == 0 {
        let text = "the file is empty, so it is not a file with identities: put a copy in its \
                    place, or remove it to start over";
        return Err(Error::with_kind(ErrorKind::InvalidInput, text));
    }
    Ok(Some((file, id(&metadata))))
}

/// Returns whether a file is still at the path where it was opened.
pub(super) fn is_at(path: &Path, file: Id) -> bool {
    std::fs::symlink_metadata(path).is_ok_and(|found| id(&found) == file)
}

/// Opens a file, or creates an empty one.
pub(super) fn open_or_create(path: &Path) -> Result<(File, Id)> {
    let mut options = OpenOptions::new();
    // Do not create a new file through a symbolic link.
    options.read(true).write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(file) => {
            let metadata = file.metadata().map_err(io)?;
            Ok((file, id(&metadata)))
        }
        Err(why) if why.kind() == std::io::ErrorKind::AlreadyExists => {
            let found = std::fs::symlink_metadata(path).map_err(io)?;
            let file = OpenOptions::new().read(true).write(true).open(path).map_err(io)?;
            let metadata = file.metadata().map_err(io)?;
            if found.is_symlink() || id(&found) != id(&metadata) {
                let text = format!("{} is a symbolic link: remove it", path.display());
                return Err(denied(text));
            }
            check(&metadata, path)?;
            Ok((file, id(&metadata)))
        }
        Err(why) => Err(io(why)),
    }
}

#[cfg(unix)]
fn id(metadata: &Metadata) -> Id {
    use std::os::unix::fs::MetadataExt;

    (metadata.dev(), metadata.ino())
}

#[cfg(not(unix))]
fn id(_: &Metadata) -> Id {}

#[cfg(unix)]
fn check(metadata: &Metadata, path: &Path) -> Result<()> {
    use std::os::unix::fs::MetadataExt;

    let mode = metadata.mode() & 0o777;
    if mode & 0o077 != 0 {
        let text = format!(
            "the file has secret keys and others may read or write it (mode {mode:03o}): set it to \
             600"
        );
        return Err(denied(text));
    }
    check_owner(metadata.uid(), user(path))
}

#[cfg(unix)]
pub(super) fn check_owner(owner: u32, user: Option<u32>) -> Result<()> {
    match user {
        Some(user) if user != owner => Err(denied(format!(
            "the file belongs to user {owner}, and this process runs as user {user}: run it as the \
             owner of the file, or change its owner"
        ))),
        _ => Ok(()),
    }
}

#[cfg(not(unix))]
fn check(_: &Metadata, _: &Path) -> Result<()> {
    Ok(())
}

/// Returns the user that this process runs as: the owner of its entry in `/proc`, or, without
/// `/proc`, of a file that it creates. `None` if it cannot create one.
#[cfg(unix)]
fn user(path: &Path) -> Option<u32> {
    use std::os::unix::fs::MetadataExt;

    if cfg!(target_os = "linux")
        && let Ok(own) = std::fs::metadata("/proc/self")
    {
        return Some(own.uid());
    }
    let probe = super::copy::sibling(path, ".probe");
    let _ = std::fs::remove_file(&probe);
    let file = OpenOptions::new().write(true).create_new(true).open(&probe).ok()?;
    let _ = std::fs::remove_file(&probe);
    file.metadata().ok().map(|metadata| metadata.uid())
}

fn denied(text: String) -> Error {
    Error::with_kind(ErrorKind::Denied, text)
}
