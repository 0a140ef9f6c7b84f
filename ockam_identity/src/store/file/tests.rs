use super::copy::{COPY, sibling};
use super::faulty::Fault;
use super::*;
use crate::identities::Identities;
use crate::identity::{Identity, IdentityOptions};
use crate::vault::{Secret, SoftwareVault};
use alloc::sync::Arc;
use core::future::Future;
use core::pin::pin;
use core::task::{Context, Poll, Waker};
use rand_core::UnwrapErr;

const NOW: u64 = 1_800_000_000;

/// A file and its fault mode.
struct Scene {
    path: PathBuf,
    fault: Fault,
}

impl Scene {
    fn new(name: &str) -> Self {
        let name = format!("ockam-{name}-{}.identities", std::process::id());
        let path = std::env::temp_dir().join(name);
        let scene = Scene { path, fault: Fault::default() };
        scene.remove();
        scene
    }

    fn remove(&self) {
        for suffix in ["", COPY, ".new", ".bak.new"] {
            let _ = std::fs::remove_file(sibling(&self.path, suffix));
        }
    }

    fn store(&self) -> Result<Arc<FileStore>> {
        FileStore::open_with(&self.path, Box::new(self.fault.make())).map(Arc::new)
    }

    fn identities(&self) -> Result<Identities> {
        let store = self.store()?;
        let vault = SoftwareVault::stored(store.clone());
        let vault = vault.map_err(|why| Error::with_kind(ErrorKind::Io, why))?;
        Identities::with_store(vault, || NOW, store)
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        self.remove();
    }
}

fn now<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("a software vault answers at once"),
    }
}

fn stranger(seed: u8) -> Identity {
    let (vault, options) = (SoftwareVault::new(), IdentityOptions::new(NOW));
    now(Identity::create(&vault, options, Secret::from([seed; 32]))).unwrap().0
}

#[test]
fn after_the_disk_was_full_the_file_is_opened_again_and_has_what_memory_has() {
    let rng = &mut UnwrapErr(getrandom::SysRng);
    let scene = Scene::new("full");
    let identities = scene.identities().unwrap();
    let before = now(identities.create_identity(rng)).unwrap();
    scene.fault.set(Fault::FULL);
    for _ in 0..2 {
        let error = now(identities.create_identity(rng)).unwrap_err();
        assert!(format!("{error:#}").contains("ockam-full-"), "{error:#}");
    }
    // A verified peer is still remembered, and another one.
    for seed in [1, 2] {
        identities.remember(&stranger(seed)).unwrap();
    }
    assert!(identities.find(stranger(1).identifier()).is_some());
    scene.fault.set(Fault::NONE);
    let after = now(identities.create_identity(rng)).unwrap();
    drop(identities);
    let again = scene.identities().unwrap();
    let mut own = [before, after];
    own.sort();
    assert_eq!(again.own(), own);
    for seed in [1, 2] {
        assert!(again.find(stranger(seed).identifier()).is_some(), "{seed}");
    }
}

#[test]
fn a_file_at_which_the_library_panics_is_an_error_that_says_what_to_do() {
    let rng = &mut UnwrapErr(getrandom::SysRng);
    let scene = Scene::new("panic");
    let identities = scene.identities().unwrap();
    let alice = now(identities.create_identity(rng)).unwrap();
    scene.fault.set(Fault::PANIC);
    let error = now(identities.create_identity(rng)).unwrap_err();
    assert!(format!("{error:#}").contains("is damaged (on purpose)"), "{error:#}");
    drop(identities);
    let error = scene.identities().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Io);
    let text = format!("{error:#}");
    let copy = sibling(&scene.path, COPY);
    for part in [&scene.path.display().to_string(), &copy.display().to_string(), "start over"] {
        assert!(text.contains(part), "{text}");
    }
    // The advice in the error works.
    scene.fault.set(Fault::NONE);
    std::fs::rename(copy, &scene.path).unwrap();
    assert_eq!(scene.identities().unwrap().own(), [alice]);
}

#[test]
fn the_copy_has_no_key_that_was_deleted() {
    let rng = &mut UnwrapErr(getrandom::SysRng);
    let scene = Scene::new("copy");
    let identities = scene.identities().unwrap();
    let alice = now(identities.create_identity(rng)).unwrap();
    now(identities.present(&alice, Vec::new(), rng)).unwrap();
    now(identities.rotate(&alice, IdentityOptions::new(NOW), rng)).unwrap();
    let exported = identities.export(&alice).unwrap();
    drop(identities);
    std::fs::rename(sibling(&scene.path, COPY), &scene.path).unwrap();
    let again = scene.identities().unwrap();
    assert_eq!(again.export(&alice).unwrap(), exported);
    assert_eq!(format!("{:?}", again.vault()), "SoftwareVault(1 keys)");
}

#[test]
fn a_failed_file_is_not_opened_again_for_every_stranger() {
    let scene = Scene::new("often");
    let store = scene.store().unwrap();
    scene.fault.set(Fault::FULL);
    store.put(Table::Met, b"key", b"value").unwrap_err();
    scene.fault.set(Fault::NONE);
    let error = store.put(Table::Met, b"key", b"value").unwrap_err();
    assert!(error.to_string().contains("is not opened again yet"), "{error}");
    store.put(Table::Own, b"key", b"value").unwrap();
    store.put(Table::Met, b"key", b"value").unwrap();
}

#[test]
#[cfg(unix)]
fn a_file_of_another_user_is_refused() {
    private::check_owner(1000, Some(1000)).unwrap();
    for (owner, user) in [(1000, 0), (0, 1000)] {
        let error = private::check_owner(owner, Some(user)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Denied);
        assert!(error.to_string().contains(&format!("belongs to user {owner}")), "{error}");
    }
}

/// Simulates two processes that create the same file: the other one renames it into place between
/// the two steps of this one.
#[test]
#[cfg(unix)]
fn a_file_that_was_put_in_its_place_is_not_made_again() {
    let scene = Scene::new("race");
    let (begun, id) = private::open_or_create(&sibling(&scene.path, ".new")).unwrap();
    assert!(private::is_at(&sibling(&scene.path, ".new"), id));
    std::fs::rename(sibling(&scene.path, ".new"), &scene.path).unwrap();
    assert!(!private::is_at(&sibling(&scene.path, ".new"), id));
    assert!(private::is_at(&scene.path, id));
    drop(begun);
}
