//! Ending an interrupted ceremony without its token: what was signed stays in the register,
//! what was possibly signed is listed, nobody signs the seal.

use super::error::CeremonyError;
use super::folder::{deliver, give_sealed_name, settle};
use super::journal::Journal;
use super::ledger_view::{LedgerView, root_of};
use super::seal::{seal_of, sums};
use crate::digest::Digest;
use crate::ledger::chain;
use crate::ledger::entry::{Entry, Event};
use crate::ledger::kinds::{CeremonyKind, CeremonyOutcome};
use crate::ledger::layout::{self, CeremonyFolder};
use crate::ledger::register::unlisted;
use crate::ledger::seal::Seal;
use crate::ledger::seal_signature::SealForm;
use crate::ledger::verify_text;
use crate::plan::SealMode;
use crate::plan::document::PlanDocument;
use crate::ports::{Clock, Store};
use crate::x509::certificate::Certificate;
use crate::x509::root::algorithm_of;

/// What an aborted ceremony leaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Aborted {
    /// The sealed folder's name.
    pub folder: String,
    /// Products that were signed.
    pub signed: Vec<String>,
    /// Products whose signing was intended, with an unknown end.
    pub possibly_signed: Vec<String>,
    /// The transcript was closed by the run itself: it was completed, not given up.
    pub completed: bool,
    /// Serial numbers whose revocation a person confirmed, and that no CRL lists.
    pub unlisted: Vec<String>,
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
    settle(store, &folder)?;
    let (mut journal, torn) = Journal::open(store, &folder, "operator")?;
    journal.keep_torn(store, &torn)?;
    if journal.progress.closed.is_none() {
        close(store, clock, &mut journal)?;
    } else if lacks_signature(
        store,
        &journal,
        view.root.as_ref().or(view.open_root.as_ref()),
    )? {
        return Err(CeremonyError::OnlySealMissing(folder));
    }
    let entries = entries(store, &folder)?;
    let progress = &journal.progress;
    let result = Aborted {
        folder: sealed.clone(),
        signed: progress.signed_products(),
        possibly_signed: progress.possibly_signed(),
        completed: progress.closed == Some(CeremonyOutcome::Completed),
        unlisted: unlisted(&entries).map(str::to_owned).collect(),
        key_in_token: progress.key_intended.is_some(),
    };
    seal(store, &view, (&journal, &entries), &open)?;
    give_sealed_name(store, &folder, &sealed)?;
    Ok(result)
}

/// Closed as completed, to be sealed by the root, and not sealed: only the token can end that,
/// and a seal by nobody would contradict the plan.
fn lacks_signature(
    store: &mut dyn Store,
    journal: &Journal,
    root: Option<&Certificate>,
) -> Result<bool, CeremonyError> {
    let folder = &journal.folder;
    if journal.progress.closed != Some(CeremonyOutcome::Completed) {
        return Ok(false);
    }
    let plan = store.read(&format!("{folder}/{}", layout::SCRIPT_PLAN))?;
    let direct = PlanDocument::from_bytes(&plan).is_ok_and(|plan| plan.seal == SealMode::Direct);
    let form = root.and_then(algorithm_of).map(SealForm::of);
    let holder = form.map_or(layout::ROOT_SIGNATURE, SealForm::holder);
    match store.read(&format!("{folder}/{holder}")) {
        Ok(_) => Ok(false),
        Err(error) if error.is_missing() => Ok(direct),
        Err(error) => Err(error.into()),
    }
}

/// Names in one entry: hundreds would not fit into its line.
const MOST_NAMES: usize = 100;

/// What was signed and what possibly was, in as many entries as that takes; one at least.
fn aborted_events(signed: &[String], possibly_signed: &[String]) -> Vec<Event> {
    let event = |signed: &[String], possibly_signed: &[String]| Event::Aborted {
        signed: signed.to_vec(),
        possibly_signed: possibly_signed.to_vec(),
    };
    if signed.len() + possibly_signed.len() <= MOST_NAMES {
        return vec![event(signed, possibly_signed)];
    }
    let first = signed.chunks(MOST_NAMES).map(|part| event(part, &[]));
    let second = possibly_signed
        .chunks(MOST_NAMES)
        .map(|part| event(&[], part));
    first.chain(second).collect()
}

fn close(
    store: &mut dyn Store,
    clock: &mut dyn Clock,
    journal: &mut Journal,
) -> Result<(), CeremonyError> {
    let progress = &journal.progress;
    let aborted = aborted_events(&progress.signed_products(), &progress.possibly_signed());
    let end = Event::Close {
        outcome: CeremonyOutcome::Aborted,
        signatures_asked: progress.asked,
        signatures_kept: progress.kept,
    };
    for event in &aborted {
        journal.append(store, clock, None, event)?;
    }
    journal.append(store, clock, None, &end)?;
    Ok(journal.sync(store)?)
}

fn entries(store: &mut dyn Store, folder: &str) -> Result<Vec<Entry>, CeremonyError> {
    let transcript = store.read(&format!("{folder}/{}", layout::TRANSCRIPT))?;
    let read = chain::read(&transcript).map_err(|cause| CeremonyError::Damaged {
        ceremony: folder.to_owned(),
        cause,
    });
    Ok(read?.0)
}

fn seal(
    store: &mut dyn Store,
    view: &LedgerView,
    (journal, entries): (&Journal, &[Entry]),
    open: &CeremonyFolder,
) -> Result<(), CeremonyError> {
    let folder = &journal.folder;
    let rehearsal = journal.progress.rehearsal == Some(true);
    let verify = verify_text::fill(
        journal.progress.edition,
        &open.id,
        CeremonyKind::of(rehearsal),
    );
    deliver(store, folder, layout::VERIFY, verify.as_bytes())?;
    let sums = sums(store, folder)?;
    deliver(store, folder, layout::SUMS, sums.as_bytes())?;
    match store.read(&format!("{folder}/{}", layout::SEAL)) {
        // The run came this far: what it sealed stays, signed by the root or not.
        Ok(bytes) if sealed_head(&bytes) == Some(journal.head().digest) => return Ok(()),
        Err(error) if !error.is_missing() => return Err(error.into()),
        _ => {}
    }
    let mut register = view.register.clone();
    register.fold(&open.id, entries, |path| {
        store.read(&format!("{folder}/{path}")).ok()
    })?;
    let mut seal = seal_of(journal, &open.id, rehearsal, &sums, SealMode::None)
        .with_ledger(view.head, register.next_crl_due());
    seal.root = root_of(entries).map(|root| root.digest());
    deliver(store, folder, layout::SEAL, seal.to_text().as_bytes())?;
    Ok(())
}

fn sealed_head(seal: &[u8]) -> Option<Digest> {
    Some(Seal::from_text(seal).ok()?.head)
}
