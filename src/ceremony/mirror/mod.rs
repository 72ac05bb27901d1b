//! A second copy of the ledger, on another medium: every change goes to both, and nothing is
//! signed before both have synced what leads to it.
//!
//! The ledger goes first at every call, so that a mirror may lag behind it and never runs
//! ahead. Before a ceremony the mirror is compared (`standing`) and brought up to date
//! (`catch_up`).

mod catch_up;
mod left_over;
mod standing;

pub use catch_up::catch_up;
pub use standing::{Difference, Lack, MirrorError, Standing, standing};

use crate::ports::{Store, StoreEntry, StoreError};

/// A ledger and its mirror as one store. Reads come from the ledger.
pub struct Mirrored<'a> {
    ledger: &'a mut dyn Store,
    mirror: Option<&'a mut dyn Store>,
}

impl<'a> Mirrored<'a> {
    /// Of two stores that are the same: see [`standing`] and [`catch_up`].
    pub fn new(ledger: &'a mut dyn Store, mirror: &'a mut dyn Store) -> Self {
        Self::where_kept(ledger, Some(mirror))
    }

    /// The same, where a mirror is kept; else the ledger alone.
    pub fn where_kept(ledger: &'a mut dyn Store, mirror: Option<&'a mut dyn Store>) -> Self {
        Self { ledger, mirror }
    }

    /// The same change to both. What the ledger refuses is not tried on the mirror; what the
    /// mirror alone refuses ends the ceremony, whatever it is.
    fn both(
        &mut self,
        change: impl Fn(&mut dyn Store) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        change(self.ledger)?;
        match &mut self.mirror {
            Some(mirror) => change(*mirror).map_err(|cause| StoreError::Mirror(Box::new(cause))),
            None => Ok(()),
        }
    }
}

impl Store for Mirrored<'_> {
    fn list(&mut self, folder: &str) -> Result<Vec<StoreEntry>, StoreError> {
        self.ledger.list(folder)
    }

    fn read(&mut self, path: &str) -> Result<Vec<u8>, StoreError> {
        self.ledger.read(path)
    }

    fn make_folder(&mut self, path: &str) -> Result<(), StoreError> {
        self.both(|store| store.make_folder(path))
    }

    fn create(&mut self, path: &str, bytes: &[u8]) -> Result<(), StoreError> {
        self.both(|store| store.create(path, bytes))
    }

    fn append(&mut self, path: &str, bytes: &[u8]) -> Result<(), StoreError> {
        self.both(|store| store.append(path, bytes))
    }

    fn truncate(&mut self, path: &str, length: u64) -> Result<(), StoreError> {
        self.both(|store| store.truncate(path, length))
    }

    fn sync_file(&mut self, path: &str) -> Result<(), StoreError> {
        self.both(|store| store.sync_file(path))
    }

    fn sync_folder(&mut self, path: &str) -> Result<(), StoreError> {
        self.both(|store| store.sync_folder(path))
    }

    fn rename(&mut self, from: &str, to: &str) -> Result<(), StoreError> {
        self.both(|store| store.rename(from, to))
    }

    fn remove(&mut self, path: &str) -> Result<(), StoreError> {
        self.ledger.remove(path)?;
        match self.mirror.as_mut().map(|mirror| mirror.remove(path)) {
            // What a dead run laid out in the ledger was never copied.
            Some(Err(cause)) if !cause.is_missing() => Err(StoreError::Mirror(Box::new(cause))),
            _ => Ok(()),
        }
    }

    fn make_read_only(&mut self, folder: &str) -> Result<(), StoreError> {
        self.both(|store| store.make_read_only(folder))
    }
}
