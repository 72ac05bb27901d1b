//! How a ceremony's folder comes to be: laid out as `NNNN-id.new`, with everything the ceremony
//! was begun from and a transcript whose first entry is safe, and only then called
//! `NNNN-id.open`. So an open folder always has a whole beginning, wherever a crash falls.

use super::error::CeremonyError;
use super::folder::{deliver, make_folders};
use super::job::Job;
use super::journal::Journal;
use super::plan_report::PlanReport;
use crate::digest::{Digest, hex};
use crate::edition;
use crate::ledger::entry::{Event, FORMAT};
use crate::ledger::kinds::CeremonyKind;
use crate::ledger::layout::{self, CeremonyFolder};
use crate::plan::document::TOOL;
use crate::ports::{Desk, EntryKind, Interface, Store, StoreError};

/// Makes the folder of a new ceremony, once what runs left that died while they laid theirs out
/// is gone.
pub(super) fn stage(
    desk: &mut Desk<'_>,
    job: &Job,
    folder: &CeremonyFolder,
    left_over: &[String],
) -> Result<(), CeremonyError> {
    for name in left_over {
        remove_folder(desk.store, name)?;
        desk.store.sync_folder("")?;
    }
    let staging = folder.staging_name();
    desk.store.make_folder(&staging)?;
    for below in layout::FOLDERS {
        make_folders(desk.store, &staging, &format!("{below}/x"))?;
    }
    for (path, bytes) in begun_from(job) {
        deliver(desk.store, &staging, &path, &bytes)?;
    }
    let mut journal = Journal::create(desk.store, &staging, job.prepared.plan.actor())?;
    let begin = begin_event(job, desk.operator.interface());
    journal.append(desk.store, desk.clock, None, &begin)?;
    journal.sync(desk.store)?;
    desk.store.rename(&staging, &folder.name())?;
    desk.store.sync_folder("")?;
    Ok(())
}

/// An open ceremony goes on only from the very bytes it was begun from.
pub(super) fn compare(store: &mut dyn Store, job: &Job, open: &str) -> Result<(), CeremonyError> {
    for (path, bytes) in begun_from(job) {
        let same = match store.read(&format!("{open}/{path}")) {
            Ok(found) => found == bytes,
            Err(error) if error.is_missing() => false,
            Err(error) => return Err(error.into()),
        };
        if !same {
            return Err(CeremonyError::OtherCeremony {
                open: open.to_owned(),
            });
        }
    }
    Ok(())
}

/// What a ceremony is begun from, with its paths below the folder.
fn begun_from(job: &Job) -> Vec<(String, Vec<u8>)> {
    let prepared = &job.prepared;
    let page = super::script::page(&PlanReport::of(prepared, true, None));
    let mut files = vec![
        (layout::SCRIPT_FILE.to_owned(), prepared.source.clone()),
        (layout::SCRIPT_PLAN.to_owned(), prepared.plan_bytes.clone()),
        (layout::SCRIPT_LOCK.to_owned(), prepared.lock_bytes.clone()),
        (layout::SCRIPT_PAGE.to_owned(), page.into_bytes()),
    ];
    let inputs = prepared.inputs.iter();
    files.extend(inputs.map(|(path, bytes)| (format!("in/{path}"), bytes.clone())));
    files
}

fn begin_event(job: &Job, interface: Interface) -> Event {
    let prepared = &job.prepared;
    Event::Begin {
        format: FORMAT.to_owned(),
        ceremony: prepared.plan.id.clone(),
        kind: CeremonyKind::of(job.rehearsal),
        edition: edition::NEWEST,
        tool: TOOL.to_owned(),
        tool_sha256: job.tool_sha256,
        interface,
        plan_sha256: Digest::of(&prepared.plan_bytes),
        lock_sha256: prepared.lock_digest(),
        previous_seal: prepared.plan.ledger.head,
        root: job.root.as_ref().map(|root| hex(&root.der)),
    }
}

/// Removes a folder that was laid out and never begun.
pub(super) fn remove_folder(store: &mut dyn Store, path: &str) -> Result<(), StoreError> {
    for entry in store.list(path)? {
        let below = format!("{path}/{}", entry.name);
        match entry.kind {
            EntryKind::File => store.remove(&below)?,
            EntryKind::Folder => remove_folder(store, &below)?,
        }
    }
    store.remove(path)
}
