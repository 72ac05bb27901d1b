//! One function for each verb.

use std::path::Path;

use super::args::{AbortArgs, Cli, PlanArgs, SourceArgs, Verb};
use super::exit::Exit;
use super::inputs::Read;
use super::mirror;
use super::output::{ErrorReport, Report, print_json, show};
use super::trouble::Trouble;
use crate::ceremony::abort::abort;
use crate::ceremony::error::CeremonyError;
use crate::ceremony::ledger_view::LedgerView;
use crate::ceremony::mirror::Mirrored;
use crate::ceremony::plan_report::PlanReport;
use crate::ceremony::prepare::{PrepareError, Prepared, lock_name, plan_name};
use crate::ceremony::script;
use crate::check::Refusal;
use crate::check::revoke::on_the_day;
use crate::host::{
    DiskStore, InputError, StoreRules, SystemClock, exists, note, print, read_named, shown,
    write_new,
};
use crate::plan::StepPlan;
use crate::ports::{Clock, StoreError};
use crate::x509::escape::escape;
use crate::x509::time::UtcTime;

/// Does what the command line says.
pub fn run(cli: &Cli) -> Exit {
    let result = match &cli.verb {
        Verb::New(args) => super::new::new(args.template),
        Verb::Plan(args) => plan(args),
        Verb::Requests(args) => super::requests::requests(args),
        Verb::Script(args) => script_page(args),
        #[cfg(feature = "token")]
        Verb::Rehearse(args) => super::rehearse::rehearse(args),
        #[cfg(feature = "token")]
        Verb::Run(args) => super::run::run(args),
        Verb::Abort(args) => abort_open(args),
        Verb::Verify(args) => super::verify::verify(args),
        Verb::Report(args) => super::report::report(args),
        Verb::Inspect(args) => super::inspect::inspect(args),
        #[cfg(feature = "token")]
        Verb::Token(verb) => super::token::token(verb),
        Verb::Completions(args) => Ok(super::manual::completions(args.shell)),
        Verb::Man(args) => super::manual::man(&args.folder),
    };
    result.unwrap_or_else(|trouble| {
        if cli.verb.wants_json() {
            print_json(&ErrorReport::of(&trouble));
        }
        note(&trouble.text());
        trouble.exit
    })
}

/// A prepared ceremony, and whether its ledger's state is known.
fn prepared(args: &SourceArgs) -> Result<(Read, Prepared, bool), Trouble> {
    let read = Read::all(&args.file)?;
    let view = match &args.ledger {
        Some(path) => Some(view(path)?),
        None => None,
    };
    let root = read.root()?;
    if let (Some(view), Some(path)) = (&view, &args.root) {
        let trust = super::verify::root_certificate(path)?;
        if view.root.as_ref().is_some_and(|root| *root != trust) {
            return Err(
                Trouble::new(Exit::Refused, "the ledger belongs to another root").at_path(path),
            );
        }
    }
    let prepared = read
        .prepare(view.as_ref())
        .and_then(|prepared| dated(prepared, SystemClock.now()))
        .map_err(|error| Trouble::prepare(error, &read.name))?;
    // A new root begins an empty ledger, and so does one that is taken over; any other has a past.
    let begins = root.is_none() || prepared.plan.adopts().is_some();
    Ok((read, prepared, begins || view.is_some()))
}

/// Refuses what a clock tells of a revocation already: the day's own is asked again.
fn dated(prepared: Prepared, now: UtcTime) -> Result<Prepared, PrepareError> {
    let steps = prepared.plan.steps.iter();
    let refusals: Vec<Refusal> = steps
        .filter_map(|step| match &step.kind {
            StepPlan::Revoke(plan) => on_the_day(plan, now, &step.id).err(),
            _ => None,
        })
        .collect();
    if refusals.is_empty() {
        Ok(prepared)
    } else {
        Err(PrepareError::Refused(refusals))
    }
}

/// Every check of the requests that were refused; the error below names the first that failed.
fn tell_refusals(trouble: Trouble) -> Trouble {
    let mut text = String::new();
    for refusal in &trouble.refusals {
        text.push_str(&format!("Checks of {}:\n", escape(&refusal.subject)));
        for line in refusal.findings.iter().flat_map(script::finding) {
            text.push_str(&format!("{line}\n"));
        }
        text.push('\n');
    }
    print(&text);
    trouble
}

fn view(path: &Path) -> Result<LedgerView, Trouble> {
    let mut store = DiskStore::open_read_only(path).map_err(no_ledger)?;
    let view = LedgerView::read(&mut store)?;
    match &view.end {
        Some(end) => Err(end.refusal().into()),
        None => Ok(view),
    }
}

fn no_ledger(error: StoreError) -> Trouble {
    let missing = error.is_missing();
    let trouble = Trouble::from(error);
    if missing {
        trouble.hint("--ledger names the folder that holds all ceremonies of one root")
    } else {
        trouble
    }
}

impl Report for PlanReport {
    fn text(&self) -> String {
        script::text(self)
    }
}

fn plan(args: &PlanArgs) -> Result<Exit, Trouble> {
    let prepared = prepared(&args.source);
    let (read, prepared, known) = if args.json {
        prepared?
    } else {
        prepared.map_err(tell_refusals)?
    };
    let report = PlanReport::of(&prepared, known, Some(SystemClock.now()));
    show(&report, args.json);
    if !args.lock {
        return Ok(Exit::Done);
    }
    if !known {
        return Err(Trouble::new(
            Exit::Usage,
            "a plan under an existing root is made for its ledger",
        )
        .hint("give the ledger, or a copy of it: --ledger DIR"));
    }
    let files = [
        (read.beside(&plan_name(&read.name)), &prepared.plan_bytes),
        (read.beside(&lock_name(&read.name)), &prepared.lock_bytes),
    ];
    let same = |path: &Path, bytes: &[u8]| {
        read_named(path, 64 * 1024 * 1024).is_ok_and(|found| found == bytes)
    };
    if files.iter().all(|(path, bytes)| same(path, bytes)) {
        note("plan and lock are as they were\n");
        return Ok(Exit::Done);
    }
    // Both or none: a new plan beside an old lock would only confuse.
    if let Some((path, _)) = files.iter().find(|(path, _)| exists(path)) {
        let path = shown(path);
        return Err(taken(&InputError::Exists { path }));
    }
    for (path, bytes) in files {
        write_new(&path, bytes).map_err(|error| taken(&error))?;
        note(&format!("wrote {}\n", shown(&path)));
    }
    Ok(Exit::Done)
}

fn taken(error: &InputError) -> Trouble {
    Trouble::new(Exit::Files, error.to_string())
        .hint("an older plan and lock may be approved already: move them away first")
}

fn script_page(args: &SourceArgs) -> Result<Exit, Trouble> {
    let (_, prepared, known) = prepared(args).map_err(tell_refusals)?;
    let report = PlanReport::of(&prepared, known, Some(SystemClock.now()));
    print(&script::page(&report));
    Ok(Exit::Done)
}

fn abort_open(args: &AbortArgs) -> Result<Exit, Trouble> {
    // A ledger that is opened to be written is made where it is missing: not by a typing error.
    if view(&args.ledger)?.open.is_none() {
        return Err(
            Trouble::new(Exit::Refused, CeremonyError::NothingOpen.to_string())
                .hint("there is nothing to be ended"),
        );
    }
    let mut store = DiskStore::open(&args.ledger, StoreRules::Rehearsal)?;
    let aborted = match &args.mirror {
        Some(path) => {
            let root = LedgerView::read(&mut store)?.root;
            let mut mirror = mirror::open(&args.ledger, path, StoreRules::Rehearsal)?;
            mirror::bring_up_to_date(&mut store, &mut mirror, root.as_ref())?;
            let mut both = Mirrored::new(&mut store, &mut mirror);
            abort(&mut both, &mut SystemClock, &args.ceremony)?
        }
        None => abort(&mut store, &mut SystemClock, &args.ceremony)?,
    };
    let list = |names: &[String]| {
        if names.is_empty() {
            "nothing".to_owned()
        } else {
            escape(&names.join(", "))
        }
    };
    print(&format!(
        "{}: {}\nsigned: {}\npossibly signed: {}\n",
        if aborted.completed {
            "completed and sealed"
        } else {
            "aborted"
        },
        aborted.folder,
        list(&aborted.signed),
        list(&aborted.possibly_signed)
    ));
    if !aborted.unlisted.is_empty() {
        print(&format!(
            "not revoked: {}\nhint: it was confirmed here, and no CRL lists it: revoke it once more\n",
            list(&aborted.unlisted)
        ));
    }
    if aborted.key_in_token {
        print("a root key was generated in the token, or may have been: it is still there\n");
    }
    Ok(Exit::Done)
}
