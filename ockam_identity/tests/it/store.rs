//! Identities in a file: persistence and access.

use crate::support::{Clock, Seeded, now};
use ockam_core::{Error, ErrorKind};
use ockam_identity::store::{FORMAT_VERSION, FileStore};
use ockam_identity::vault::SoftwareVault;
use ockam_identity::{Attributes, Identifier, Identities, Structure};
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

const NOW: u64 = 1_800_000_000;

/// A file that is removed at the end of the test.
struct Place(PathBuf);

impl Place {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("{name}-{}.identities", std::process::id()));
        let place = Place(path);
        place.remove();
        place
    }

    /// Returns the path of a file next to it.
    fn beside(&self, suffix: &str) -> PathBuf {
        let mut path = self.0.clone().into_os_string();
        path.push(suffix);
        path.into()
    }

    fn remove(&self) {
        for suffix in ["", ".bak", ".bak.old", ".bak.new", ".new", ".link"] {
            let _ = fs::remove_file(self.beside(suffix));
        }
    }

    fn open(&self) -> Result<Identities, Error> {
        Identities::open(&self.0)
    }

    /// Opens it like a process with another clock.
    fn open_at(&self, now: u64) -> Identities {
        let store = Arc::new(FileStore::open(&self.0).unwrap());
        let vault = SoftwareVault::stored(store.clone()).unwrap();
        Identities::with_store(vault, Clock::new(now).reader(), store).unwrap()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.remove();
    }
}

#[test]
fn everything_survives_a_restart() {
    let (place, mut rng) = (Place::new("restart"), Seeded::new(1));
    let identities = place.open_at(NOW);
    let [alice, issuer] = [(); 2].map(|()| now(identities.create_identity(&mut rng)).unwrap());
    let stranger = Identities::in_memory();
    let bob = now(stranger.create_identity(&mut rng)).unwrap();
    identities.import(&stranger.export(&bob).unwrap(), None).unwrap();
    let shown = now(identities.present(&alice, vec![], &mut rng)).unwrap().shown.encode();
    let attributes = Attributes::new(3).with("role", "member");
    let credential = now(identities.issue_credential(&issuer, &alice, attributes, 100, &mut rng));
    let credential = credential.unwrap();
    identities.accept_credential(&alice, &credential, &[issuer]).unwrap();
    identities.keep_credential(&alice, credential.clone()).unwrap();
    let exported = identities.export(&alice).unwrap();
    drop(identities);

    let again = place.open_at(NOW);
    let mut own = [alice, issuer];
    own.sort();
    assert_eq!(again.own(), own);
    assert_eq!(again.export(&alice).unwrap(), exported);
    assert!(again.find(&bob).is_some());
    // The same purpose key: none is made.
    let shown_again = now(again.present(&alice, vec![], &mut rng)).unwrap().shown.encode();
    assert_eq!(shown_again, shown);
    let attributes = again.attributes(&alice, &issuer).unwrap();
    assert_eq!(attributes.get("role"), Some(&b"member"[..]));
    assert_eq!(again.credential(&alice, &issuer), Some(credential));
    // The keys work.
    let issued = again.issue_credential(&issuer, &alice, Attributes::new(1), 10, &mut rng);
    again.accept_credential(&alice, &now(issued).unwrap(), &[issuer]).unwrap();
    drop(again);

    // Nor does it forget that there was a newer one.
    let rng = &mut rng;
    let (old, new) = (Attributes::new(1).with("role", "member"), Attributes::new(1));
    let old = now(place.open_at(NOW).issue_credential(&issuer, &alice, old, 100, rng)).unwrap();
    let again = place.open_at(NOW + 1);
    let new = now(again.issue_credential(&issuer, &alice, new, 99, rng)).unwrap();
    again.accept_credential(&alice, &new, &[issuer]).unwrap();
    drop(again);
    let again = place.open_at(NOW + 2);
    let refused = again.accept_credential(&alice, &old, &[issuer]).unwrap_err();
    assert!(refused.to_string().contains("is older than the one that is known"), "{refused}");
    drop(again);

    // Attributes that have expired in the meantime are not restored.
    let later = place.open_at(NOW + 101);
    assert!(later.attributes(&alice, &issuer).is_none());
    assert!(later.credential(&alice, &issuer).is_none());
}

#[test]
fn a_new_key_survives_and_the_old_one_is_gone() {
    let (place, mut rng) = (Place::new("rotate"), Seeded::new(2));
    let identities = place.open_at(NOW);
    let alice = now(identities.create_identity(&mut rng)).unwrap();
    now(identities.present(&alice, vec![], &mut rng)).unwrap();
    let options = ockam_identity::IdentityOptions::new(NOW);
    now(identities.rotate(&alice, options, &mut rng)).unwrap();
    assert_eq!(format!("{:?}", identities.vault()), "SoftwareVault(1 keys)");
    drop(identities);
    let again = place.open_at(NOW);
    assert_eq!(again.find(&alice).unwrap().history().changes().len(), 2);
    assert_eq!(format!("{:?}", again.vault()), "SoftwareVault(1 keys)");
    now(again.present(&alice, vec![], &mut rng)).unwrap();
}

#[test]
#[cfg(unix)]
fn only_the_owner_can_read_the_file() {
    use std::os::unix::fs::PermissionsExt;

    let place = Place::new("mode");
    drop(place.open().unwrap());
    let mode = fs::metadata(&place.0).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    fs::set_permissions(&place.0, fs::Permissions::from_mode(0o640)).unwrap();
    let error = place.open().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Denied);
    assert!(error.to_string().ends_with("(mode 640): set it to 600"), "{error}");
}

#[test]
#[cfg(unix)]
fn the_copy_beside_the_file_is_its_owners_too() {
    let place = Place::new("copy-mode");
    now(place.open().unwrap().create_identity(&mut Seeded::new(1))).unwrap();
    let mode = fs::metadata(place.beside(".bak")).unwrap().permissions();
    assert_eq!(std::os::unix::fs::PermissionsExt::mode(&mode) & 0o777, 0o600);
}

#[test]
#[cfg(unix)]
fn a_link_is_not_followed() {
    let place = Place::new("link");
    let link = place.beside(".link");
    std::os::unix::fs::symlink(&place.0, &link).unwrap();
    // Also to a file that is not there yet: none is made.
    for is_there in [false, true] {
        if is_there {
            drop(place.open().unwrap());
        }
        let error = Identities::open(&link).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Denied, "{error:?}");
        assert!(error.to_string().contains("is a symbolic link: name the file"), "{error}");
        assert_eq!(place.0.exists(), is_there);
    }
}

/// Unit tests of the store have the same where this process may not give files away.
#[test]
#[cfg(unix)]
fn a_file_of_another_user_is_refused() {
    let place = Place::new("owner");
    drop(place.open().unwrap());
    if std::os::unix::fs::chown(&place.0, Some(54_321), None).is_err() {
        return;
    }
    let error = place.open().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Denied, "{error:?}");
    for part in ["owner-", "belongs to user 54321", "change its owner"] {
        assert!(error.to_string().contains(part), "{error}");
    }
}

#[test]
fn an_empty_file_is_refused_and_left_alone() {
    let place = Place::new("empty");
    now(place.open().unwrap().create_identity(&mut Seeded::new(1))).unwrap();
    fs::write(&place.0, []).unwrap();
    let error = place.open().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error:?}");
    for part in ["empty-", "the file is empty", "put a copy in its place"] {
        assert!(error.to_string().contains(part), "{error}");
    }
    assert_eq!(fs::metadata(&place.0).unwrap().len(), 0);
    // The advice in the error works.
    fs::rename(place.beside(".bak"), &place.0).unwrap();
    assert_eq!(place.open().unwrap().own().len(), 1);
}

#[test]
fn a_new_file_does_not_replace_the_copy_of_one_that_is_gone() {
    let (place, mut rng) = (Place::new("gone"), Seeded::new(1));
    let lost = now(place.open().unwrap().create_identity(&mut rng)).unwrap();
    fs::remove_file(&place.0).unwrap();
    let other = now(place.open().unwrap().create_identity(&mut rng)).unwrap();
    assert_eq!(place.open().unwrap().own(), [other]);
    fs::rename(place.beside(".bak.old"), &place.0).unwrap();
    assert_eq!(place.open().unwrap().own(), [lost]);
}

#[test]
fn a_file_of_another_kind_or_version_is_refused_and_left_alone() {
    let place = Place::new("kind");
    fs::write(&place.0, "these are not the identities you are looking for".repeat(1000)).unwrap();
    #[cfg(unix)]
    fs::set_permissions(&place.0, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let before = fs::read(&place.0).unwrap();
    let error = place.open().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error:?}");
    assert_eq!(fs::read(&place.0).unwrap(), before);

    let place = Place::new("version");
    drop(place.open().unwrap());
    let database = redb::Database::open(&place.0).unwrap();
    let write = database.begin_write().unwrap();
    let format = redb::TableDefinition::<(), u64>::new("format");
    write.open_table(format).unwrap().insert((), FORMAT_VERSION + 1).unwrap();
    write.commit().unwrap();
    drop(database);
    let error = place.open().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert!(error.to_string().contains("has format 2, and this program knows 1 only"), "{error}");
}

/// The remains of a full disk or of an interrupted copy.
#[test]
fn a_file_that_is_cut_short_is_refused_and_named() {
    let place = Place::new("short");
    now(place.open().unwrap().create_identity(&mut Seeded::new(1))).unwrap();
    let whole = fs::read(&place.0).unwrap();
    let mut opened = vec![];
    for len in
        [0, 1, 100, 511, 4095, 4096, 4097, whole.len() / 2, whole.len() - 4096, whole.len() - 1]
    {
        fs::write(&place.0, &whole[..len]).unwrap();
        match place.open() {
            Ok(identities) => opened.push((len, identities.own().len())),
            Err(error) => assert!(error.to_string().contains("short-"), "{error}"),
        }
    }
    assert_eq!(opened, [], "of {}", whole.len());
    fs::write(&place.0, &whole).unwrap();
    assert_eq!(place.open().unwrap().own().len(), 1);
}

#[test]
fn a_folder_that_is_not_there_is_named() {
    let error = Identities::open("/nowhere/at/all/identities").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Io);
    assert!(error.to_string().contains("/nowhere/at/all/identities"), "{error}");
}

/// The environment variable that makes this test binary the other process.
const CHILD: &str = "OCKAM_TEST_STORE_OF_CHILD";

/// Runs as the other process: opens the file and creates identities until it is killed.
#[test]
fn child() {
    let Some(path) = std::env::var_os(CHILD) else {
        return;
    };
    let identities = Identities::open(path).unwrap();
    let mut rng = Seeded::new(3);
    loop {
        let identifier = now(identities.create_identity(&mut rng)).unwrap();
        // The harness may have written to the same line.
        println!("\nmade {identifier}");
    }
}

/// Starts the other process and waits until it has made some identities.
fn start_child(path: &Path, identities: usize) -> (Child, Vec<Identifier>) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "store::child", "--nocapture"])
        .env(CHILD, path)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let made = lines.filter_map(|line| line.unwrap().strip_prefix("made ")?.parse().ok());
    let made = made.take(identities).collect();
    (child, made)
}

#[test]
fn another_process_is_told_who_has_the_file_and_what_was_made_survives_a_kill() {
    let place = Place::new("kill");
    for round in 1..=3 {
        let (mut child, made) = start_child(&place.0, 10 * round);
        assert_eq!(made.len(), 10 * round);
        let error = place.open().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AlreadyExists);
        assert!(error.to_string().contains("another process has the file open"), "{error}");
        // At an arbitrary point of its work.
        child.kill().unwrap();
        child.wait().unwrap();
        let identities = place.open().unwrap();
        let own = identities.own();
        assert!(made.iter().all(|identifier| own.contains(identifier)));
        let mut rng = Seeded::new(4);
        now(identities.present(made.last().unwrap(), vec![], &mut rng)).unwrap();
    }
}
