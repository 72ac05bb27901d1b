//! Ending an interrupted ceremony without its token: what was signed stays in the register,
//! what was possibly signed is listed, nobody signs the seal.

use super::error::CeremonyError;
use super::folder::deliver;
use super::journal::Journal;
use super::ledger_view::{LedgerView, root_of};
use super::seal::{seal_of, sums};
use crate::ledger::chain;
use crate::ledger::entry::Event;
use crate::ledger::layout::{self, CeremonyFolder};
use crate::ledger::verify_text;
use crate::ports::{Clock, Store};
use crate::x509::crl::CrlFields;
use crate::x509::time::UtcTime;

/// What an aborted ceremony leaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Aborted {
    /// The sealed folder's name.
    pub folder: String,
    /// Products that were signed.
    pub signed: Vec<String>,
    /// Products whose signing was intended, with an unknown end.
    pub possibly_signed: Vec<String>,
    /// The root key was generated, or may have been.
    pub key_in_token: bool,
}

/// Ends the open ceremony. `name` is its folder, with or without `.open`, or its id.
pub fn abort(
    store: &mut dyn Store,
    clock: &mut dyn Clock,
    name: &str,
) -> Result<Aborted, CeremonyError> {
    let view = LedgerView::read(store)?;
    let Some(open) = view.open.clone() else {
        return Err(CeremonyError::NothingOpen);
    };
    let sealed = CeremonyFolder {
        open: false,
        ..open.clone()
    }
    .name();
    let folder = open.name();
    if ![folder.as_str(), sealed.as_str(), open.id.as_str()].contains(&name) {
        return Err(CeremonyError::Open(folder));
    }
    let (mut journal, torn) = Journal::open(store, &folder, "operator")?;
    if !torn.is_empty() {
        let path = format!("evidence/torn-{}.bin", journal.head().n);
        deliver(store, &folder, &path, &torn)?;
        journal.cut(store, torn.len())?;
    }
    if journal.progress.closed.is_none() {
        close(store, clock, &mut journal)?;
    }
    let progress = &journal.progress;
    let result = Aborted {
        folder: sealed.clone(),
        signed: progress.signed_products(),
        possibly_signed: progress.possibly_signed(),
        key_in_token: progress.key_intended.is_some(),
    };
    seal(store, &view, &journal, &open)?;
    store.rename(&folder, &sealed)?;
    store.sync_folder("")?;
    store.make_read_only(&sealed)?;
    Ok(result)
}

fn close(
    store: &mut dyn Store,
    clock: &mut dyn Clock,
    journal: &mut Journal,
) -> Result<(), CeremonyError> {
    let progress = &journal.progress;
    let aborted = Event::Aborted {
        signed: progress.signed_products(),
        possibly_signed: progress.possibly_signed(),
    };
    let end = Event::Close {
        outcome: "aborted".to_owned(),
        signatures_asked: progress.asked,
        signatures_kept: progress.kept,
    };
    journal.append(store, clock, None, &aborted)?;
    journal.append(store, clock, None, &end)?;
    Ok(journal.sync(store)?)
}

fn seal(
    store: &mut dyn Store,
    view: &LedgerView,
    journal: &Journal,
    open: &CeremonyFolder,
) -> Result<(), CeremonyError> {
    let folder = &journal.folder;
    let transcript = store.read(&format!("{folder}/{}", layout::TRANSCRIPT))?;
    let (entries, _) = chain::read(&transcript).map_err(|cause| CeremonyError::Damaged {
        ceremony: folder.clone(),
        cause,
    })?;
    let rehearsal = entries
        .iter()
        .any(|entry| matches!(&entry.event, Ok(Event::Begin { kind, .. }) if kind == "rehearsal"));
    deliver(
        store,
        folder,
        layout::VERIFY,
        verify_text::fill(&open.id, rehearsal).as_bytes(),
    )?;
    let sums = sums(store, folder)?;
    deliver(store, folder, layout::SUMS, sums.as_bytes())?;
    let earlier = view.register.last_crl().map(|crl| crl.next_update);
    let next_crl = signed_crl(store, journal).or(earlier);
    let mut seal =
        seal_of(journal, &open.id, rehearsal, &sums, "none").with_ledger(view.head, next_crl);
    seal.root = root_of(&entries).map(|root| root.digest());
    deliver(store, folder, layout::SEAL, seal.to_text().as_bytes())?;
    Ok(())
}

/// nextUpdate of the CRL that was signed before the end: it may be published all the same.
fn signed_crl(store: &mut dyn Store, journal: &Journal) -> Option<UtcTime> {
    let signed = journal.progress.signed_products();
    let files = signed
        .iter()
        .filter_map(|product| journal.progress.signed(product)?.tbs_file.clone());
    files
        .filter_map(|path| {
            let body = store.read(&format!("{}/{path}", journal.folder)).ok()?;
            Some(CrlFields::from_tbs(&body).ok()?.next_update)
        })
        .max()
}
