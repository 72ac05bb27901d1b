//! A ceremony from its first question to its sealed folder.

use super::console::Console;
use super::destruction;
use super::error::{CeremonyError, Deeds, Failure};
use super::folder::{deliver, deliver_beside, give_sealed_name, settle};
pub use super::job::Job;
use super::journal::Journal;
use super::ledger_view::{End, LedgerView};
use super::note;
use super::pages;
use super::script::finding;
use super::stage::{compare, stage};
use crate::check::{self, Outcome, clock::ClockContext};
use crate::digest::Digest;
use crate::ledger::entry::Event;
use crate::ledger::layout::CeremonyFolder;
use crate::ledger::post_seal::Destruction;
use crate::plan::{RootPlan, Step, StepPlan};
use crate::ports::{Desk, KeyId, PinTries, TokenError};
use crate::x509::certificate::Certificate;
use crate::x509::public_key::PublicKey;
use crate::x509::show::joined;

/// A ceremony that came to its end.
#[derive(Clone, Debug)]
pub struct Done {
    /// The sealed folder's name.
    pub folder: String,
    /// Digest of SEAL.txt.
    pub seal: Digest,
    /// Products signed, in the order of the plan.
    pub signed: Vec<String>,
    /// What the token did in this session.
    pub deeds: Deeds,
    /// The root key was destroyed after the seal.
    pub destroyed: bool,
    /// What people should know besides.
    pub notices: Vec<String>,
}

/// The root key in the token.
pub(super) struct RootKeyHandle {
    pub id: KeyId,
    pub public: PublicKey,
}

/// A running ceremony.
pub(super) struct Course<'d, 'a> {
    pub desk: &'d mut Desk<'a>,
    pub job: &'d Job,
    pub journal: Journal,
    pub console: Console,
    pub deeds: &'d mut Deeds,
    pub key: Option<RootKeyHandle>,
    pub root: Option<Certificate>,
}

/// Runs a ceremony, or resumes the open one.
pub fn run(desk: &mut Desk<'_>, job: &Job, resume: bool) -> Result<Done, Box<Failure>> {
    let mut deeds = Deeds::default();
    attempt(desk, job, resume, &mut deeds).map_err(|error| Box::new(Failure { error, deeds }))
}

fn attempt(
    desk: &mut Desk<'_>,
    job: &Job,
    resume: bool,
    deeds: &mut Deeds,
) -> Result<Done, CeremonyError> {
    let mut view = LedgerView::read(desk.store)?;
    let left_over = std::mem::take(&mut view.left_over);
    let context = clock_context(&view, job);
    let (folder, seals) = choose_folder(view, job, resume)?;
    check::clock::clock(desk.clock.now(), &context)?;
    log_in(desk, job)?;
    let root = job.root.as_ref();
    let rebuilt = job.prepared.rebuilds_ledger;
    let noted = root
        .map(|root| note::look(desk.token, &root.fields.spki, &seals, rebuilt))
        .transpose()?;
    let name = folder.name();
    if resume {
        deeds.open = Some(name.clone());
        settle(desk.store, &name)?;
        compare(desk.store, job, &name)?;
    } else {
        stage(desk, job, &folder, &left_over)?;
        deeds.open = Some(name.clone());
    }
    let (mut journal, torn) = Journal::open(desk.store, &name, job.prepared.plan.actor())?;
    let torn_record = journal.keep_torn(desk.store, &torn)?;
    let mut course = Course {
        desk,
        job,
        journal,
        console: Console::default(),
        deeds,
        key: None,
        root: job.root.clone(),
    };
    let result = course
        .begin(resume, torn_record)
        .and_then(|()| course.record_notes(noted))
        .and_then(|()| course.go(&folder));
    if matches!(result, Err(CeremonyError::Stopped)) {
        course.note_interruption();
    }
    result
}

/// What the clock is held against.
fn clock_context(view: &LedgerView, job: &Job) -> ClockContext {
    let root = job.root.as_ref().or(view.open_root.as_ref());
    ClockContext {
        last_entry: view.last_entry,
        last_crl: view.register.last_crl().map(|crl| crl.this_update),
        root: root.map(|root| (root.fields.not_before, root.fields.not_after)),
    }
}

/// The folder of a new ceremony, or the open one; everything else refuses. With it the digests
/// of all seals before it.
fn choose_folder(
    view: LedgerView,
    job: &Job,
    resume: bool,
) -> Result<(CeremonyFolder, Vec<Digest>), CeremonyError> {
    let plan = &job.prepared.plan;
    if let Some(end) = &view.end {
        return Err(end.refusal());
    }
    if view.state() != plan.ledger {
        let words = "the plan was made for another state of the ledger: plan again".to_owned();
        return Err(CeremonyError::WrongLedger(words));
    }
    if view
        .rehearsal
        .is_some_and(|rehearsal| rehearsal != job.rehearsal)
    {
        let words =
            "this ledger was written by rehearsals: a ceremony needs one of its own".to_owned();
        return Err(CeremonyError::WrongLedger(words));
    }
    let taken = view.register.is_adopted()
        || view
            .root
            .as_ref()
            .is_some_and(|root| view.register.has_serial(&root.fields.serial));
    match (&plan.root, &view.root) {
        (RootPlan::New(_), Some(root)) => {
            let words = format!(
                "this ledger already belongs to the root {}",
                root.fields.subject
            );
            return Err(CeremonyError::WrongLedger(words));
        }
        (RootPlan::Existing(_), _) if !taken && plan.adopts().is_none() && !job.rehearsal => {
            let words = "no ceremony in this ledger made or took over this root: adopt-root, as \
                         its first step, does"
                .to_owned();
            return Err(CeremonyError::WrongLedger(words));
        }
        (RootPlan::Existing(_), Some(root)) if job.root.as_ref() != Some(root) => {
            let words = format!(
                "this ledger belongs to another root, {}",
                root.fields.subject
            );
            return Err(CeremonyError::WrongLedger(words));
        }
        _ => {}
    }
    let folder = match (view.open, resume) {
        (Some(open), false) => Err(CeremonyError::Open(open.name())),
        (None, true) => Err(CeremonyError::NothingOpen),
        (Some(open), true) if open.id != plan.id => {
            Err(CeremonyError::OtherCeremony { open: open.name() })
        }
        (Some(open), true) => Ok(open),
        (None, false) => Ok(CeremonyFolder {
            number: plan.ledger.ceremonies + 1,
            id: plan.id.clone(),
            open: true,
        }),
    }?;
    Ok((folder, view.seals))
}

/// Shows the token and asks for its PIN: once, before anything is written.
fn log_in(desk: &mut Desk<'_>, job: &Job) -> Result<(), CeremonyError> {
    let tries = desk.token.pin_tries()?;
    let page = pages::token(desk.token.identity(), tries, job);
    desk.operator.show(&page);
    if tries == PinTries::Locked {
        return Err(TokenError::PinLocked.into());
    }
    let pin = desk.operator.ask_pin("PIN of the token:")?;
    desk.token.login(&pin)?;
    Ok(())
}

impl Course<'_, '_> {
    /// Appends an entry.
    pub fn record(&mut self, step: Option<&str>, event: &Event) -> Result<u64, CeremonyError> {
        self.journal
            .append(self.desk.store, self.desk.clock, step, event)
    }

    /// Shows a page; the console's cast keeps it.
    pub fn show(&mut self, page: &str) {
        self.console.show(self.desk, page);
    }

    /// Makes every entry so far safe.
    pub fn sync(&mut self) -> Result<(), CeremonyError> {
        self.journal.sync(self.desk.store)?;
        self.console.write(self.desk, &self.journal.folder)
    }

    /// Writes a file below the ceremony's folder.
    pub fn deliver(
        &mut self,
        path: &str,
        bytes: &[u8],
    ) -> Result<crate::ledger::entry::FileRecord, CeremonyError> {
        Ok(deliver(self.desk.store, &self.journal.folder, path, bytes)?)
    }

    /// Writes a JSON file of evidence, beside one that a lost session left.
    pub fn deliver_evidence(
        &mut self,
        path: &str,
        bytes: &[u8],
    ) -> Result<crate::ledger::entry::FileRecord, CeremonyError> {
        let stem = path.strip_suffix(".json").unwrap_or(path);
        let name = (stem, "json");
        Ok(deliver_beside(
            self.desk.store,
            &self.journal.folder,
            name,
            bytes,
        )?)
    }

    /// Every step in its order, then the hand-over and the seal.
    fn go(&mut self, folder: &CeremonyFolder) -> Result<Done, CeremonyError> {
        if self.journal.progress.closed.is_none() {
            self.find_key()?;
            let steps = &self.job.prepared.plan.steps;
            for (at, step) in steps.iter().enumerate() {
                self.step(at, step)?;
            }
            self.hand_over()?;
            self.close()?;
        } else {
            self.find_key()?;
            if self.root.is_none() {
                self.root = self.journal.progress.root_certificate();
            }
        }
        let seal = self.seal()?;
        self.finish(folder, seal)
    }

    fn step(&mut self, at: usize, step: &Step) -> Result<(), CeremonyError> {
        let steps = self.job.prepared.plan.steps.len();
        if !self.is_done(step) {
            let begun = Event::StepBegun {
                step_number: at + 1,
                steps,
                does: step.kind.kind(),
                title: step.title.clone(),
            };
            self.record(Some(&step.id), &begun)?;
            self.check_clock()?;
            self.record_planned(step)?;
            self.show(&pages::step(at + 1, steps, step));
            self.show_waived(step);
        }
        match &step.kind {
            StepPlan::GenerateRootKey => self.generate_root_key(step),
            StepPlan::AdoptRoot(plan) => self.adopt_root(step, plan),
            StepPlan::IssueRoot(product) => self.issue_root(step, product),
            StepPlan::IssueIntermediates(list) => self.issue_intermediates(step, list),
            StepPlan::CrossSign(cross) => self.cross_sign(step, cross),
            StepPlan::RequestCertificate(product) => self.request_certificate(step, product),
            StepPlan::IssueCrl(crl) => self.issue_crl(step, crl),
            StepPlan::ConfirmCopy(token) => self.confirm_copy(step, token),
            StepPlan::DestroyKey => self.announce_destruction(step),
            StepPlan::Revoke(plan) => self.revoke(step, plan),
        }
    }

    /// What was found of the step when it was planned: a function of the plan alone.
    fn record_planned(&mut self, step: &Step) -> Result<(), CeremonyError> {
        let plan = Digest::of(&self.job.prepared.plan_bytes);
        let planned = self.job.prepared.planned.iter();
        for one in planned.filter(|one| one.step == step.id) {
            if let Some(event) = one.record(plan) {
                self.record(Some(&step.id), &event)?;
            }
        }
        Ok(())
    }

    /// What would be refused but for the ceremony file: seen once more before it is done.
    fn show_waived(&mut self, step: &Step) {
        let planned = self.job.prepared.planned.iter();
        let found = planned
            .filter(|one| one.step == step.id)
            .filter_map(|one| one.found.as_ref().ok())
            .flatten();
        let waived = found.filter(|one| one.outcome == Outcome::Waived);
        let lines: Vec<String> = waived.flat_map(finding).collect();
        if !lines.is_empty() {
            self.show(&joined(&lines));
        }
    }

    /// A clock that jumped back since an earlier entry signs nothing: the newest entry tells.
    pub(super) fn check_clock(&mut self) -> Result<(), CeremonyError> {
        let root = self.root.as_ref();
        let context = ClockContext {
            last_entry: self.journal.latest(),
            last_crl: None,
            root: root.map(|root| (root.fields.not_before, root.fields.not_after)),
        };
        check::clock::clock(self.desk.clock.now(), &context)?;
        Ok(())
    }

    fn is_done(&self, step: &Step) -> bool {
        let progress = &self.journal.progress;
        match &step.kind {
            StepPlan::GenerateRootKey => progress.key.is_some(),
            StepPlan::ConfirmCopy(_) => !progress.copies.is_empty(),
            StepPlan::DestroyKey => progress.destruction.is_some(),
            StepPlan::Revoke(_) => progress.revoked.contains(&step.id),
            StepPlan::AdoptRoot(_) => progress.proved.contains(&step.id),
            kind => kind
                .products()
                .iter()
                .all(|product| progress.issued.contains(&product.name)),
        }
    }

    /// Takes write permission from the folder, gives it its sealed name, leaves the token its
    /// note, and logs out.
    fn finish(&mut self, folder: &CeremonyFolder, seal: Digest) -> Result<Done, CeremonyError> {
        let open = folder.name();
        let sealed = CeremonyFolder {
            open: false,
            ..folder.clone()
        }
        .name();
        give_sealed_name(self.desk.store, &open, &sealed)?;
        self.deeds.open = None;
        let notices = Vec::from_iter(self.write_note(seal));
        if let Some(key) = self.journal.progress.destruction.clone() {
            let end = End {
                folder: CeremonyFolder {
                    open: false,
                    ..folder.clone()
                },
                seal,
                key,
                state: Destruction::Announced,
            };
            let actor = self.job.prepared.plan.actor();
            destruction::destroy(self.desk, &end, actor, None, self.deeds)?;
        }
        // Everything is done: what a token says at its end changes nothing, and closing the
        // session logs out too.
        let _ = self.desk.token.logout();
        let plan = &self.job.prepared.plan;
        let signed = plan
            .steps
            .iter()
            .flat_map(|step| step.kind.products())
            .map(|product| product.name.clone())
            .collect();
        Ok(Done {
            folder: sealed,
            seal,
            signed,
            deeds: self.deeds.clone(),
            destroyed: self.journal.progress.destruction.is_some(),
            notices,
        })
    }

    /// Best effort: the ceremony can be resumed without this entry too.
    fn note_interruption(&mut self) {
        if self.journal.progress.closed.is_none() {
            let event = Event::Interrupted {
                at: self.deeds.words(),
            };
            let _ = self.record(None, &event);
            let _ = self.sync();
        }
    }
}
