//! The end of a ceremony: the last entry, the sums, the seal, and the root's signature on it.

use super::error::CeremonyError;
use super::run::Course;
use super::steps::sign::sign;
use crate::check::{issued, seal as check_seal};
use crate::digest::Digest;
use crate::ledger::entry::Event;
use crate::ledger::kinds::{CeremonyKind, CeremonyOutcome};
use crate::ledger::seal::Seal;
use crate::ledger::seal_signature::SealForm;
use crate::ledger::{layout, question};
use crate::plan::lock::{self, SumLine};
use crate::plan::{SealMode, StepPlan};
use crate::ports::{EntryKind, Question, Store, StoreError};
use crate::x509::cms;
use crate::x509::crl::CrlFields;
use crate::x509::time::UtcTime;

/// How the state line names the seal.
const THE_SEAL: &str = "the seal";

impl Course<'_, '_> {
    /// The last entry. One signature may follow: the seal.
    pub(super) fn close(&mut self) -> Result<(), CeremonyError> {
        if self.job.prepared.plan.seal == SealMode::Direct {
            let question = Question {
                id: "seal",
                text: question::SEAL.to_owned(),
                on_paper: "seal".to_owned(),
            };
            self.ask(None, &question)?;
        }
        let progress = &self.journal.progress;
        let event = Event::Close {
            outcome: CeremonyOutcome::Completed,
            signatures_asked: progress.asked,
            signatures_kept: progress.kept,
        };
        self.record(None, &event)?;
        self.sync()?;
        self.console.finish(self.desk, &self.journal.folder)
    }

    /// Sums, SEAL.txt, and the signature: each only if it is not there yet.
    pub(super) fn seal(&mut self) -> Result<Digest, CeremonyError> {
        let folder = self.journal.folder.clone();
        let sums = sums(self.desk.store, &folder)?;
        self.deliver(layout::SUMS, sums.as_bytes())?;
        let mode = self.job.prepared.plan.seal;
        let next_crl = self.next_crl()?;
        let seal = self.seal_of(&sums, mode, next_crl);
        let text = seal.to_text();
        // The synced name SEAL.txt is the intent of the seal's signature.
        self.deliver(layout::SEAL, text.as_bytes())?;
        if mode == SealMode::Direct {
            self.sign_seal(&seal)?;
        }
        Ok(seal.digest())
    }

    fn sign_seal(&mut self, seal: &Seal) -> Result<(), CeremonyError> {
        let (id, public, algorithm) = self.root_key()?;
        let form = SealForm::of(algorithm);
        let path = format!("{}/{}", self.journal.folder, form.holder());
        match self.desk.store.read(&path) {
            Ok(_) => return Ok(()),
            Err(error) if error.is_missing() => {}
            Err(error) => return Err(error.into()),
        }
        let root = self.root.clone().ok_or_else(|| {
            CeremonyError::Contradiction("the seal is due before the root is".to_owned())
        })?;
        self.check_clock()?;
        let text = seal.to_text();
        let attributes = cms::signed_attributes(text.as_bytes(), algorithm, seal.ended);
        let cleared = check_seal::attributes(seal, attributes, algorithm)?;
        self.deeds.asked = Some(THE_SEAL.to_owned());
        let signature = sign(self.desk.token, &id, algorithm, &cleared)?;
        issued::signature(&cleared, &public, algorithm, &signature, layout::SEAL)?;
        self.deeds.asked = None;
        self.deeds.signed.push(THE_SEAL.to_owned());
        self.deeds.undelivered.push(THE_SEAL.to_owned());
        let files = form
            .files(cleared.get(), &root, algorithm, &signature)
            .map_err(|cause| CeremonyError::Encoding {
                what: layout::SEAL.to_owned(),
                cause,
            })?;
        for (name, bytes) in files {
            self.deliver(name, &bytes)?;
        }
        self.deeds.undelivered.retain(|one| one != THE_SEAL);
        Ok(())
    }

    fn seal_of(&self, sums: &str, mode: SealMode, next_crl: Option<UtcTime>) -> Seal {
        let plan = &self.job.prepared.plan;
        Seal {
            root: self.root.as_ref().map(|root| root.digest()),
            ..seal_of(&self.journal, &plan.id, self.job.rehearsal, sums, mode)
        }
        .with_ledger(plan.ledger.head, next_crl)
    }

    /// nextUpdate of the newest CRL of the root.
    fn next_crl(&mut self) -> Result<Option<UtcTime>, CeremonyError> {
        let before = self.job.prepared.register.next_crl_due();
        let mut next = before;
        for step in &self.job.prepared.plan.steps {
            if let StepPlan::IssueCrl(crl) = &step.kind {
                let intent = self.journal.progress.signed(&crl.product.name).cloned();
                if let Some(intent) = intent {
                    let body = self.body_of(&intent)?;
                    next = CrlFields::from_tbs(&body)
                        .ok()
                        .map(|fields| fields.next_update)
                        .or(next);
                }
            }
        }
        Ok(next)
    }
}

/// The seal of a closed transcript, but for root, ledger and next CRL.
pub(super) fn seal_of(
    journal: &super::journal::Journal,
    ceremony: &str,
    rehearsal: bool,
    sums: &str,
    mode: SealMode,
) -> Seal {
    let progress = &journal.progress;
    let head = journal.head();
    let last = progress.last.unwrap_or(UtcTime::TEMPLATE_START);
    let outcome = progress.closed.unwrap_or(CeremonyOutcome::Aborted);
    let (tool, tool_sha256) = progress.tool.clone().unwrap_or_default();
    Seal {
        edition: progress.edition,
        ceremony: ceremony.to_owned(),
        kind: CeremonyKind::of(rehearsal),
        outcome,
        mode,
        started: progress.started.unwrap_or(last),
        ended: last,
        entries: head.n,
        head: head.digest,
        sums: Digest::of(sums.as_bytes()),
        lock: progress.lock.unwrap_or(Digest::ZERO),
        tool,
        tool_sha256,
        module: progress.token.as_ref().map(|(module, _)| *module),
        root: None,
        assurance: progress.token.as_ref().map(|(_, assurance)| *assurance),
        signatures_asked: progress.asked,
        signatures_kept: progress.kept,
        deviations: progress.waived.len() as u64,
        previous: Digest::ZERO,
        next_crl: None,
        destruction: outcome == CeremonyOutcome::Completed && progress.destruction.is_some(),
    }
}

impl Seal {
    /// The seal with its place in the ledger.
    pub(super) fn with_ledger(self, previous: Digest, next_crl: Option<UtcTime>) -> Self {
        Self {
            previous,
            next_crl,
            ..self
        }
    }
}

/// SHA256SUMS over every file of a ceremony's folder but the seal's own. What a crash left
/// half-written is removed first.
pub(super) fn sums(store: &mut dyn Store, folder: &str) -> Result<String, StoreError> {
    let mut paths = Vec::new();
    walk(store, folder, "", &mut paths)?;
    paths.sort();
    let mut lines = Vec::new();
    for path in paths {
        let bytes = store.read(&format!("{folder}/{path}"))?;
        lines.push(SumLine {
            sha256: Digest::of(&bytes),
            path,
        });
    }
    Ok(lock::write(&lines))
}

fn walk(
    store: &mut dyn Store,
    folder: &str,
    below: &str,
    paths: &mut Vec<String>,
) -> Result<(), StoreError> {
    let here = if below.is_empty() {
        folder.to_owned()
    } else {
        format!("{folder}/{below}")
    };
    for entry in store.list(&here)? {
        let path = if below.is_empty() {
            entry.name.clone()
        } else {
            format!("{below}/{}", entry.name)
        };
        match entry.kind {
            EntryKind::Folder => walk(store, folder, &path, paths)?,
            EntryKind::File if path.ends_with(".part") => {
                store.remove(&format!("{folder}/{path}"))?
            }
            EntryKind::File if layout::is_outside_sums(&path) => {}
            EntryKind::File => paths.push(path),
        }
    }
    Ok(())
}
