//! What a run lays out as `NNNN-id.new` before its ceremony begins. A folder of such a name that
//! holds more is a ceremony under another name: nobody passes it over or takes it away.

use super::entry::LINE_LIMIT;
use super::layout;
use crate::ports::{EntryKind, Store, StoreEntry, StoreError};
use crate::x509::escape::escape;

/// In words what this folder holds that is never laid out; `None` of a mere leftover.
pub fn more_than_laid_out(
    store: &mut dyn Store,
    folder: &str,
) -> Result<Option<String>, StoreError> {
    for entry in store.list(folder)? {
        if let Some(what) = more_in(store, folder, &entry)? {
            return Ok(Some(format!(
                "it holds {what}, and nothing lays that out before a ceremony begins: a ceremony \
                 under another name, or a mirror's that was not copied to its end"
            )));
        }
    }
    Ok(None)
}

fn more_in(
    store: &mut dyn Store,
    folder: &str,
    entry: &StoreEntry,
) -> Result<Option<String>, StoreError> {
    let name = entry.name.as_str();
    let below = format!("{folder}/{name}");
    match (name, entry.kind) {
        // What a plan names as inputs is its own affair.
        ("in", EntryKind::Folder) => Ok(None),
        (_, EntryKind::Folder) if layout::FOLDERS.contains(&name) => {
            let inside = store.list(&below)?;
            let mut paths = inside.iter().map(|one| format!("{name}/{}", one.name));
            Ok(paths
                .find(|path| !is_script(path))
                .map(|path| escape(&path)))
        }
        (layout::TRANSCRIPT, EntryKind::File) => {
            let more = "more than the first entry of a transcript".to_owned();
            if usize::try_from(entry.size).unwrap_or(usize::MAX) > LINE_LIMIT {
                return Ok(Some(more));
            }
            let bytes = store.read(&below)?;
            let first = bytes.iter().position(|byte| *byte == b'\n');
            let only = first.is_none_or(|at| at + 1 == bytes.len());
            Ok((!only).then_some(more))
        }
        _ => Ok(Some(escape(name))),
    }
}

/// What a ceremony was begun from, whole or half-written.
fn is_script(path: &str) -> bool {
    [
        layout::SCRIPT_FILE,
        layout::SCRIPT_PLAN,
        layout::SCRIPT_LOCK,
        layout::SCRIPT_PAGE,
    ]
    .contains(&path.strip_suffix(".part").unwrap_or(path))
}
