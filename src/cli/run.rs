//! `run`: the ceremony itself, on the real token, clock, terminal and disk.

use std::path::Path;

use super::args::RunArgs;
use super::copies::SiteTokens;
use super::ending::{Left, sign_lines};
use super::exit::Exit;
use super::inputs::Read;
use super::mirror;
use super::site::Site;
use super::trouble::Trouble;
use crate::ceremony::error::CeremonyError;
use crate::ceremony::ledger_view::LedgerView;
use crate::ceremony::mirror::Mirrored;
use crate::ceremony::prepare::{Prepared, lock_name, plan_name};
use crate::ceremony::run::{Done, Job, run as run_ceremony};
use crate::digest::Digest;
use crate::host::{
    DiskStore, InputError, StoreRules, SystemClock, SystemEntropy, Terminal, harden, observe,
    print, read_named, shown, wants_plain,
};
use crate::ledger::layout;
use crate::plan::lock;
use crate::ports::{Desk, Operator, Store, Token, Tokens};
use crate::token::Module;
use crate::x509::certificate::Certificate;
use crate::x509::escape::escape;

/// Runs or resumes a ceremony.
pub fn run(args: &RunArgs) -> Result<Exit, Trouble> {
    let mut operator = Terminal::open(wants_plain()).map_err(|error| {
        Trouble::new(Exit::Usage, error.to_string())
            .hint("a ceremony is answered by a person at a terminal; anchorite rehearse needs none")
    })?;
    let mut weak = harden();
    let read = Read::all(&args.file)?;
    let site = Site::find(args.site.as_deref(), args.module.as_deref())?;
    let mut store = DiskStore::open(&args.ledger, StoreRules::Production)?;
    let view = LedgerView::read(&mut store)?;
    let root = read.root()?;
    super::verify::before_run(&mut store, view.root.as_ref())?;
    if let Some(end) = &view.end {
        let left = Left::of(end, args.resume, read.source.as_bytes(), &mut store)?;
        let module = Module::open(&site.module, site.module_sha256)?;
        let serial = site.token_serial.as_deref();
        let mut token = module.open_token(&left.token_label, serial)?;
        let mut tokens = SiteTokens::new(&site, &module);
        let mut mirror = kept_mirror(args, &mut store, view.root.as_ref())?;
        let mut both = both(&mut store, &mut mirror);
        let seats = (&mut token as &mut dyn Token, &mut tokens as &mut dyn Tokens);
        left.go_on(seats, &mut operator, &mut both, &args.ledger)?;
        drop(token);
        module.close()?;
        return Ok(Exit::Done);
    }
    if args.resume && view.open.is_none() {
        return Err(nothing_open(&view));
    }
    let prepared = read
        .prepare(Some(&view))
        .map_err(|error| Trouble::prepare(error, &read.name))?;
    compare_lock(&read, &prepared)?;
    let module = Module::open(&site.module, site.module_sha256)?;
    let mut token = module.open_token(&prepared.plan.token_label, site.token_serial.as_deref())?;
    let mut mirror = kept_mirror(args, &mut store, view.root.as_ref())?;
    weak.extend(mirror.iter().map(|(_, words)| words.clone()));
    let job = job(prepared, false, root, weak);
    let mut both = both(&mut store, &mut mirror);
    let mut tokens = SiteTokens::new(&site, &module);
    let seats = (&mut token as &mut dyn Token, &mut tokens as &mut dyn Tokens);
    let done = perform(seats, &mut operator, &mut both, &job, args.resume)?;
    finish(&args.ledger, &done, &job);
    drop(token);
    tokens.close()?;
    module.close()?;
    Ok(Exit::Done)
}

/// A mirror, and how it stood.
type Mirror = (DiskStore, String);

/// The mirror that was asked for, the same as the ledger now.
fn kept_mirror(
    args: &RunArgs,
    store: &mut DiskStore,
    root: Option<&Certificate>,
) -> Result<Option<Mirror>, Trouble> {
    let Some(path) = &args.mirror else {
        return Ok(None);
    };
    let mut mirror = mirror::open(&args.ledger, path, StoreRules::Production)?;
    let words = mirror::bring_up_to_date(store, &mut mirror, root)?;
    Ok(Some((mirror, mirror::finding(path, &words))))
}

/// The ledger, with its mirror where one is kept.
fn both<'a>(store: &'a mut DiskStore, mirror: &'a mut Option<Mirror>) -> Mirrored<'a> {
    let mirror = mirror.as_mut().map(|(mirror, _)| mirror as &mut dyn Store);
    Mirrored::where_kept(store, mirror)
}

/// What the engine needs besides its desk.
pub fn job(
    prepared: Prepared,
    rehearsal: bool,
    root: Option<Certificate>,
    weak: Vec<String>,
) -> Job {
    let environment = observe();
    let mut findings: Vec<String> = environment
        .findings
        .iter()
        .map(|one| format!("{}: {}", one.id, one.words))
        .collect();
    findings.extend(weak);
    let mut json = serde_json::to_vec_pretty(&environment).unwrap_or_default();
    json.push(b'\n');
    Job {
        prepared,
        rehearsal,
        root,
        tool_sha256: environment.executable_sha256.unwrap_or(Digest::ZERO),
        environment: json,
        environment_findings: findings,
    }
}

/// Sits the ports around the desk and runs.
pub fn perform(
    (token, tokens): (&mut dyn Token, &mut dyn Tokens),
    operator: &mut dyn Operator,
    store: &mut dyn Store,
    job: &Job,
    resume: bool,
) -> Result<Done, Trouble> {
    let mut desk = Desk {
        token,
        tokens,
        clock: &mut SystemClock,
        entropy: &mut SystemEntropy,
        operator,
        store,
    };
    run_ceremony(&mut desk, job, resume).map_err(|failure| Trouble::from(*failure))
}

fn what_was_signed(done: &Done, job: &Job) -> String {
    let requests = job.prepared.plan.own_requests().count();
    let others = match done.signed.len().saturating_sub(requests) {
        1 => "1 certificate or CRL".to_owned(),
        others => format!("{others} certificates and CRLs"),
    };
    // A ceremony asks once at most.
    match (done.signed.len(), requests) {
        (_, 0) => others,
        (1, _) => "1 request".to_owned(),
        _ => format!("{others} and 1 request"),
    }
}

/// Where things are, and what comes next.
pub fn finish(ledger: &Path, done: &Done, job: &Job) {
    let folder = ledger.join(&done.folder);
    let folder = shown(&folder);
    let mut text = format!(
        "\nDone: {} signed, sealed in {folder}\nThe seal's digest, for everybody's notes:\n",
        what_was_signed(done, job)
    );
    for words in done.seal.word_lines(8) {
        text.push_str(&format!("  {words}\n"));
    }
    for notice in &done.notices {
        let lines = crate::x509::show::wrapped("NOTE: ", &escape(notice));
        text.push_str(&crate::x509::show::joined(&lines));
    }
    let signers: Vec<&str> = job
        .prepared
        .plan
        .people
        .iter()
        .filter(|person| person.key.is_some())
        .map(|person| person.id.as_str())
        .collect();
    if !signers.is_empty() {
        text.push_str("People sign the seal now, each with a key of their own:\n");
        text.push_str(&sign_lines(&folder, layout::SEAL, &signers));
    }
    if done.destroyed && !signers.is_empty() {
        text.push_str("and what came after it, the destruction of the key:\n");
        text.push_str(&sign_lines(&folder, layout::POST_SEAL, &signers));
    }
    text.push_str(&format!(
        "Next:\n  anchorite verify {folder} --root {folder}/out/root.pem\n"
    ));
    text.push_str(&if job.rehearsal {
        "It ends with 8, for this was a REHEARSAL: nothing of it goes to Vault.\n".to_owned()
    } else {
        format!("  take {folder}/out to Vault and read HANDOVER.md there\n")
    });
    print(&text);
}

/// Plan and lock beside the file must be what comes out today, byte for byte.
fn compare_lock(read: &Read, prepared: &Prepared) -> Result<(), Trouble> {
    let names = [plan_name(&read.name), lock_name(&read.name)];
    let mut found = Vec::new();
    for name in &names {
        let path = read.beside(name);
        let bytes =
            read_named(&path, 64 * 1024 * 1024).map_err(|error| not_locked(&error, name))?;
        found.push(bytes);
    }
    if found[1] == prepared.lock_bytes && found[0] == prepared.plan_bytes {
        return Ok(());
    }
    Err(CeremonyError::Changed {
        what: what_changed(&found[0], &found[1], prepared),
    }
    .into())
}

/// A plan or lock that is missing was never approved by anybody.
fn not_locked(error: &InputError, name: &str) -> Trouble {
    let trouble = match error {
        InputError::Missing { .. } => Trouble::new(
            Exit::Refused,
            format!(
                "the ceremony file is not locked: there is no {}",
                escape(name)
            ),
        ),
        other => Trouble::from(other.clone()).at(name),
    };
    trouble.hint("anchorite plan FILE --lock writes plan and lock; approve them before the day")
}

/// Said before the plan is made anew: of a ceremony that is sealed, the ledger would refuse
/// every request as taken.
fn nothing_open(view: &LedgerView) -> Trouble {
    let mut trouble = Trouble::from(CeremonyError::NothingOpen);
    if let Some(last) = view.sealed.last() {
        trouble
            .details
            .push(format!("the last one, {}, is sealed", last.name()));
    }
    trouble
}

/// The first file whose digest the lock does not have.
fn what_changed(found_plan: &[u8], lock_bytes: &[u8], prepared: &Prepared) -> String {
    let parse = |bytes: &[u8]| {
        std::str::from_utf8(bytes)
            .ok()
            .and_then(|text| lock::read(text).ok())
            .unwrap_or_default()
    };
    let (then, now) = (parse(lock_bytes), parse(&prepared.lock_bytes));
    if then.is_empty() {
        return "the lock".to_owned();
    }
    // The plan follows from the others: it is named only where nothing else differs.
    if found_plan == prepared.plan_bytes && now.iter().all(|line| then.contains(line)) {
        return "the lock".to_owned();
    }
    let mut changed: Vec<&str> = now
        .iter()
        .filter(|line| !then.contains(line))
        .map(|line| line.path.as_str())
        .collect();
    changed.sort_by_key(|path| path.ends_with(".plan"));
    changed
        .first()
        .map_or_else(|| "the plan".to_owned(), |path| escape(path))
}
