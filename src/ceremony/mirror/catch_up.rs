//! Brings a mirror up to its ledger. It dies at any call, and is begun again: a file has its
//! final name when it is whole, and the transcript comes after the files that it names.

use super::standing::{
    Lack, MirrorError, Standing, common_lines, files, grows, is_part, of_mirror,
};
use crate::ceremony::folder::{deliver, give_sealed_name, make_folders, settle};
use crate::ceremony::stage::remove_folder;
use crate::ledger::layout::CeremonyFolder;
use crate::ports::{Store, StoreError};

/// Does what a mirror lacks, all of it synced.
pub fn catch_up(
    ledger: &mut dyn Store,
    mirror: &mut dyn Store,
    standing: &Standing,
) -> Result<(), MirrorError> {
    for lack in &standing.lacks {
        match lack {
            Lack::Staging(name) => {
                remove_folder(mirror, name).map_err(told)?;
                mirror.sync_folder("").map_err(told)?;
            }
            Lack::Ceremony(folder) => copy(ledger, mirror, folder)?,
            Lack::Files {
                ledger: from,
                mirror: to,
            } => {
                fill(ledger, mirror, from, to)?;
                settle(mirror, to).map_err(told)?;
            }
            Lack::Name { open, sealed } => {
                give_sealed_name(mirror, open, sealed).map_err(told)?;
            }
        }
    }
    Ok(())
}

/// What the mirror refused, told as the mirror's.
fn told(error: StoreError) -> MirrorError {
    of_mirror(error.into())
}

/// A whole ceremony: laid out as a run lays it out, so that no half of it looks like one.
fn copy(
    ledger: &mut dyn Store,
    mirror: &mut dyn Store,
    folder: &CeremonyFolder,
) -> Result<(), MirrorError> {
    let staging = folder.staging_name();
    let open = CeremonyFolder {
        open: true,
        ..folder.clone()
    }
    .name();
    mirror.make_folder(&staging).map_err(told)?;
    fill(ledger, mirror, &folder.name(), &staging)?;
    settle(mirror, &staging).map_err(told)?;
    mirror.rename(&staging, &open).map_err(told)?;
    mirror.sync_folder("").map_err(told)?;
    if !folder.open {
        give_sealed_name(mirror, &open, &folder.name()).map_err(told)?;
    }
    Ok(())
}

/// Every folder and file that is missing, and the tails of what grows.
fn fill(
    ledger: &mut dyn Store,
    mirror: &mut dyn Store,
    from: &str,
    to: &str,
) -> Result<(), MirrorError> {
    let (ours, folders) = files(ledger, from)?;
    let (theirs, _) = files(mirror, to).map_err(told)?;
    for folder in folders {
        make_folders(mirror, to, &format!("{folder}/x")).map_err(told)?;
    }
    for path in theirs.keys().filter(|path| is_part(path)) {
        mirror.remove(&format!("{to}/{path}")).map_err(told)?;
    }
    let (parts, finished): (Vec<_>, Vec<_>) = ours.iter().partition(|(path, _)| is_part(path));
    let (growing, whole): (Vec<_>, Vec<_>) = finished
        .into_iter()
        .filter(|(path, bytes)| theirs.get(*path) != Some(*bytes))
        .partition(|(path, _)| grows(path));
    for (path, bytes) in whole {
        deliver(mirror, to, path, bytes).map_err(told)?;
    }
    // Half-written ones too: the resumption expects in both what it finds in one.
    for (path, bytes) in parts {
        mirror
            .create(&format!("{to}/{path}"), bytes)
            .map_err(told)?;
    }
    for (path, bytes) in growing {
        grow(mirror, to, path, bytes, theirs.get(path)).map_err(told)?;
    }
    Ok(())
}

/// Cuts what is torn, and appends what is missing.
fn grow(
    mirror: &mut dyn Store,
    to: &str,
    path: &str,
    bytes: &[u8],
    found: Option<&Vec<u8>>,
) -> Result<(), StoreError> {
    let full = format!("{to}/{path}");
    let Some(found) = found else {
        deliver(mirror, to, path, bytes)?;
        return Ok(());
    };
    let common = common_lines(bytes, found);
    if found.len() > common {
        let length = u64::try_from(common).unwrap_or(u64::MAX);
        mirror.truncate(&full, length)?;
    }
    mirror.append(&full, &bytes[common..])?;
    mirror.sync_file(&full)
}
