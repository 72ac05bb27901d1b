//! Writing into a ceremony's folder so that nothing half-written ever has its final name.

use crate::digest::Digest;
use crate::ledger::entry::FileRecord;
use crate::ports::{EntryKind, Store, StoreError};

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

/// Writes a file of evidence under a name that is free: `stem.ext`, else `stem-2.ext` and so
/// on. What an earlier session left under the name, its entry lost in a crash, stays.
pub fn deliver_beside(
    store: &mut dyn Store,
    ceremony: &str,
    (stem, extension): (&str, &str),
    bytes: &[u8],
) -> Result<FileRecord, StoreError> {
    let mut path = format!("{stem}.{extension}");
    for next in 2..=MOST_BESIDE {
        match deliver(store, ceremony, &path, bytes) {
            Err(StoreError::Exists { .. }) => path = format!("{stem}-{next}.{extension}"),
            other => return other,
        }
    }
    deliver(store, ceremony, &path, bytes)
}

/// Far more crashes at one spot than any ceremony has.
const MOST_BESIDE: usize = 1000;

/// Makes everything in a folder safe. A program that died may have left files and names that
/// were never synced; a resume reads them, and must not build on what a power cut can take.
pub fn settle(store: &mut dyn Store, folder: &str) -> Result<(), StoreError> {
    for entry in store.list(folder)? {
        let path = format!("{folder}/{}", entry.name);
        match entry.kind {
            EntryKind::File => store.sync_file(&path)?,
            EntryKind::Folder => settle(store, &path)?,
        }
    }
    store.sync_folder(folder)?;
    store.sync_folder(parent(folder))
}

/// The last act on a folder. Write permission goes before the name, so that no crash leaves a
/// sealed folder that can be written.
pub fn give_sealed_name(store: &mut dyn Store, open: &str, sealed: &str) -> Result<(), StoreError> {
    store.make_read_only(open)?;
    store.rename(open, sealed)?;
    store.sync_folder("")
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
