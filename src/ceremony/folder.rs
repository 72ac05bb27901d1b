//! Writing into a ceremony's folder so that nothing half-written ever has its final name.

use crate::digest::Digest;
use crate::ledger::entry::FileRecord;
use crate::ports::{Store, StoreError};

/// Writes a file: into a `.part`, synced, renamed, the folder synced. A file that is already
/// there with these bytes is left alone; with other bytes it is an error.
pub fn deliver(
    store: &mut dyn Store,
    ceremony: &str,
    path: &str,
    bytes: &[u8],
) -> Result<FileRecord, StoreError> {
    let record = FileRecord {
        path: path.to_owned(),
        sha256: Digest::of(bytes),
    };
    let full = format!("{ceremony}/{path}");
    make_folders(store, ceremony, path)?;
    match store.read(&full) {
        Ok(found) if found == bytes => {
            // It may have been renamed but not synced before a crash.
            store.sync_folder(parent(&full))?;
            return Ok(record);
        }
        Ok(_) => return Err(StoreError::Exists { path: full }),
        Err(error) if error.is_missing() => {}
        Err(error) => return Err(error),
    }
    let part = format!("{full}.part");
    match store.remove(&part) {
        Ok(()) => {}
        Err(error) if error.is_missing() => {}
        Err(error) => return Err(error),
    }
    store.create(&part, bytes)?;
    store.sync_file(&part)?;
    store.rename(&part, &full)?;
    store.sync_folder(parent(&full))?;
    Ok(record)
}

/// Makes the folders that a path goes through.
pub fn make_folders(store: &mut dyn Store, ceremony: &str, path: &str) -> Result<(), StoreError> {
    let full = format!("{ceremony}/{path}");
    let mut at = ceremony.len();
    while let Some(slash) = full[at + 1..].find('/') {
        let above = full[..at].to_owned();
        at += 1 + slash;
        match store.make_folder(&full[..at]) {
            Ok(()) => store.sync_folder(&above)?,
            Err(StoreError::Exists { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// The folder that a path stands in.
fn parent(path: &str) -> &str {
    path.rfind('/').map_or("", |slash| &path[..slash])
}
