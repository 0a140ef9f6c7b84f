//! A file that fails on demand, for tests.

use redb::backends::FileBackend;
use redb::{Builder, Database, DatabaseError, StorageBackend};
use std::fs::File;
use std::io::{Error, ErrorKind, Result};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

/// The fault mode of the file.
#[derive(Clone, Debug, Default)]
pub(super) struct Fault(Arc<AtomicU8>);

impl Fault {
    /// Works.
    pub(super) const NONE: u8 = 0;
    /// Reports a full disk on writes.
    pub(super) const FULL: u8 = 1;
    /// Panics on reads and writes.
    pub(super) const PANIC: u8 = 2;

    pub(super) fn set(&self, fault: u8) {
        self.0.store(fault, Ordering::SeqCst);
    }

    pub(super) fn make(
        &self,
    ) -> impl Fn(File) -> core::result::Result<Database, DatabaseError> + use<> {
        let fault = self.clone();
        move |file| {
            let backend = Faulty { file: FileBackend::new(file)?, fault: fault.clone() };
            Builder::new().create_with_backend(backend)
        }
    }

    fn meet(&self, is_write: bool) -> Result<()> {
        match self.0.load(Ordering::SeqCst) {
            Self::FULL if is_write => Err(Error::from(ErrorKind::StorageFull)),
            Self::PANIC => panic!("on purpose"),
            _ => Ok(()),
        }
    }
}

#[derive(Debug)]
struct Faulty {
    file: FileBackend,
    fault: Fault,
}

impl StorageBackend for Faulty {
    fn len(&self) -> Result<u64> {
        self.fault.meet(false)?;
        self.file.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> Result<()> {
        self.fault.meet(false)?;
        self.file.read(offset, out)
    }

    fn set_len(&self, len: u64) -> Result<()> {
        self.fault.meet(true)?;
        self.file.set_len(len)
    }

    fn sync_data(&self) -> Result<()> {
        self.fault.meet(true)?;
        self.file.sync_data()
    }

    fn write(&self, offset: u64, data: &[u8]) -> Result<()> {
        self.fault.meet(true)?;
        self.file.write(offset, data)
    }

    fn close(&self) -> Result<()> {
        self.file.close()
    }
}
