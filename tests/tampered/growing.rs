//! A disk that tells of a file less than it gives: what somebody who writes while it is read, or a
//! network's disk, may do.

use anchorite::host::DiskStore;
use anchorite::ports::{Store, StoreEntry, StoreError};

pub(crate) struct Growing(pub DiskStore);

/// The auditor writes nothing.
fn never<T>(path: &str) -> Result<T, StoreError> {
    panic!("the auditor changes {path}");
}

impl Store for Growing {
    fn list(&mut self, folder: &str) -> Result<Vec<StoreEntry>, StoreError> {
        let mut list = self.0.list(folder)?;
        for entry in &mut list {
            entry.size = entry.size.min(1);
        }
        Ok(list)
    }

    fn read(&mut self, path: &str) -> Result<Vec<u8>, StoreError> {
        self.0.read(path)
    }

    fn make_folder(&mut self, path: &str) -> Result<(), StoreError> {
        never(path)
    }

    fn create(&mut self, path: &str, _bytes: &[u8]) -> Result<(), StoreError> {
        never(path)
    }

    fn append(&mut self, path: &str, _bytes: &[u8]) -> Result<(), StoreError> {
        never(path)
    }

    fn truncate(&mut self, path: &str, _length: u64) -> Result<(), StoreError> {
        never(path)
    }

    fn sync_file(&mut self, path: &str) -> Result<(), StoreError> {
        never(path)
    }

    fn sync_folder(&mut self, path: &str) -> Result<(), StoreError> {
        never(path)
    }

    fn rename(&mut self, from: &str, _to: &str) -> Result<(), StoreError> {
        never(from)
    }

    fn remove(&mut self, path: &str) -> Result<(), StoreError> {
        never(path)
    }

    fn make_read_only(&mut self, folder: &str) -> Result<(), StoreError> {
        never(folder)
    }
}
