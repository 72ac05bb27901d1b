//! `verify`: what the auditor asks.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::args::VerifyArgs;
use super::exit::Exit;
use super::output::{Report, show};
use super::trouble::Trouble;
use crate::audit::{self, AuditFinding, Verdict};
use crate::check::certificate::{CertificateContext, certificate};
use crate::digest::Digest;
use crate::host::{DiskStore, SystemClock, canonical, exists, read_named, shown};
use crate::ledger::layout;
use crate::ports::Clock as _;
use crate::x509::certificate::Certificate;

/// Reads a root certificate named on the command line: one that a ceremony would take.
pub fn root_certificate(path: &Path) -> Result<Certificate, Trouble> {
    let bytes = read_named(path, 64 * 1024)?;
    match certificate(&bytes, &CertificateContext::root(&shown(path))) {
        Ok((root, _)) => Ok(root.into_inner()),
        Err(refusal) => Err(Trouble::from(&refusal)),
    }
}

/// A ledger's folder; or the one above a ceremony's folder, and that folder's name.
pub fn place(path: &Path) -> Result<(PathBuf, Option<String>), Trouble> {
    let path = canonical(path)?;
    let is_ceremony = [layout::TRANSCRIPT, layout::SEAL]
        .iter()
        .any(|name| exists(&path.join(name)));
    if !is_ceremony {
        return Ok((path, None));
    }
    let name = path.file_name().and_then(|name| name.to_str());
    let folder = name.unwrap_or_default().to_owned();
    Ok((path.parent().unwrap_or(&path).to_owned(), Some(folder)))
}

/// Verifies a ceremony's folder, or a ledger.
pub fn verify(args: &VerifyArgs) -> Result<Exit, Trouble> {
    let root = root_certificate(&args.root)?;
    let expect = args.expect.as_deref().map(expected).transpose()?;
    let (above, ceremony) = place(&args.path)?;
    let mut store = DiskStore::open_read_only(&above)?;
    if let Some(folder) = ceremony {
        if !args.seen.is_empty() {
            return Err(Trouble::new(
                Exit::Usage,
                "only the whole ledger can tell what it knows: --seen needs its folder",
            ));
        }
        let report = audit::ceremony(&mut store, &folder, &root, expect);
        let code = exit(&report.verdict);
        show(&Verification::of("ceremony", report), args.json);
        return Ok(code);
    }
    let mut wild = Vec::new();
    for path in &args.seen {
        wild.extend(super::seen::certificates(path)?);
    }
    let now = SystemClock.now();
    let report = audit::whole_life(&mut store, &root, expect, now, &wild);
    let code = exit(&report.verdict);
    show(&Verification::of("ledger", report), args.json);
    Ok(code)
}

/// A verification, as it is shown.
#[derive(Serialize)]
struct Verification<R> {
    format: &'static str,
    of: &'static str,
    #[serde(flatten)]
    report: R,
}

impl<R> Verification<R> {
    fn of(of: &'static str, report: R) -> Self {
        Self {
            format: "anchorite/verify/0",
            of,
            report,
        }
    }
}

impl Report for Verification<audit::Report> {
    fn text(&self) -> String {
        self.report.to_text()
    }
}

impl Report for Verification<audit::LedgerReport> {
    fn text(&self) -> String {
        self.report.to_text()
    }
}

fn expected(text: &str) -> Result<Digest, Trouble> {
    Digest::from_hex_or_words(text).ok_or_else(|| {
        Trouble::new(
            Exit::Usage,
            "--expect takes 64 hex digits, or the 32 words in their order",
        )
    })
}

/// How a verification ends.
pub fn exit(verdict: &Verdict) -> Exit {
    match verdict {
        Verdict::Verified => Exit::Done,
        Verdict::Consistent(_) | Verdict::NotChecked(_) => Exit::Consistent,
        Verdict::Refused => Exit::Refused,
    }
}

/// A ledger that does not verify is not written to.
#[cfg(feature = "token")]
pub fn before_run(store: &mut DiskStore, root: Option<&Certificate>) -> Result<(), Trouble> {
    let Some(root) = root else { return Ok(()) };
    let report = audit::ledger(store, root, None);
    if !matches!(report.verdict, Verdict::Refused | Verdict::NotChecked(_)) {
        return Ok(());
    }
    let mut trouble = Trouble::new(Exit::Refused, "the ledger does not verify")
        .hint("anchorite verify tells all of it; do not sign on a ledger that is not whole");
    trouble.word = "refused";
    Err(tell_first_broken(trouble, report.first_broken()))
}

/// With the first check that does not hold, and where.
pub fn tell_first_broken(mut trouble: Trouble, first: Option<&AuditFinding>) -> Trouble {
    if let Some(first) = first {
        let words = format!("{}: {}: {}", first.id, first.place, first.words);
        trouble.details.push(words);
    }
    trouble
}
