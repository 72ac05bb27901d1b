//! `--mirror`: the second copy of the ledger, compared with it, brought up to date, and told.

use std::path::{Path, PathBuf};

use super::exit::Exit;
use super::trouble::Trouble;
use crate::audit::{self, AuditId, Report};
use crate::ceremony::mirror::{Difference, MirrorError, catch_up, standing};
use crate::host::{DiskStore, StoreRules, canonical, note};
use crate::plan::SealMode;
use crate::ports::StoreError;
use crate::x509::certificate::Certificate;

/// Opens and locks the mirror of a ledger that is locked already.
pub fn open(ledger: &Path, mirror: &Path, rules: StoreRules) -> Result<DiskStore, Trouble> {
    // Before it is made where it is missing: not inside of the ledger.
    if let (Some(ledger), Some(found)) = (resolved(ledger), resolved(mirror))
        && (found.starts_with(&ledger) || ledger.starts_with(&found))
    {
        return Err(inside(mirror));
    }
    let opened = DiskStore::open(mirror, rules);
    Ok(opened.map_err(|cause| StoreError::Mirror(Box::new(cause)))?)
}

/// Where a path leads, though its last part may be missing.
fn resolved(path: &Path) -> Option<PathBuf> {
    canonical(path).ok().or_else(|| {
        let above = path.parent().filter(|above| !above.as_os_str().is_empty());
        let above = canonical(above.unwrap_or(Path::new("."))).ok()?;
        Some(above.join(path.file_name()?))
    })
}

fn inside(mirror: &Path) -> Trouble {
    Trouble::new(
        Exit::Usage,
        "the mirror is the ledger itself, or one is inside of the other",
    )
    .at_path(mirror)
    .hint("a mirror is a folder of its own, on another medium")
}

/// Compares the mirror with the ledger, and brings it up to date. What it was, in words.
pub fn bring_up_to_date(
    ledger: &mut DiskStore,
    mirror: &mut DiskStore,
    root: Option<&Certificate>,
) -> Result<String, Trouble> {
    let found = match standing(ledger, mirror) {
        Ok(found) => found,
        Err(MirrorError::Store(error)) => return Err(error.into()),
        Err(MirrorError::Refused(difference)) => return Err(refused(&difference, mirror, root)),
    };
    let words = found.words();
    if !found.lacks.is_empty() {
        note(&format!("{words}\n"));
    }
    match catch_up(ledger, mirror, &found) {
        Ok(()) => Ok(words),
        Err(MirrorError::Store(error)) => Err(error.into()),
        Err(MirrorError::Refused(difference)) => Err(refused(&difference, mirror, root)),
    }
}

/// A difference, and what it means: of another seal only the root's signature tells.
fn refused(difference: &Difference, mirror: &mut DiskStore, root: Option<&Certificate>) -> Trouble {
    let refuse = |what: String, hint: &str| {
        let mut trouble = Trouble::new(Exit::Refused, what).hint(hint);
        trouble.word = "refused";
        trouble
    };
    match difference {
        Difference::Ahead { .. } => refuse(
            difference.words(),
            "this ledger is old. Use the newer one: give the mirror as --ledger, and this ledger as --mirror",
        ),
        Difference::Damaged { .. } => refuse(
            difference.words(),
            "verify both: anchorite verify. Keep the one that does not for the investigation, and fill an empty folder as the new mirror",
        ),
        Difference::OtherOpen { .. } => refuse(
            difference.words(),
            "find out which of the two was interrupted last; keep the other, and fill an empty folder as the new mirror",
        ),
        Difference::Strange { .. } => refuse(
            difference.words(),
            "give the mirror a folder of its own, or an empty one",
        ),
        Difference::OtherSeal { mirror: folder } => match root {
            None => refuse(
                difference.words(),
                "the ledger has no root to tell which of them is genuine; find out where the mirror comes from",
            ),
            Some(root) => {
                let report = audit::ceremony(mirror, folder, root, None);
                other_seal(&report, refuse)
            }
        },
    }
}

/// Another seal in the place of the ledger's: genuine, or not.
fn other_seal(report: &Report, refuse: impl Fn(String, &str) -> Trouble) -> Trouble {
    let broken = |id: AuditId| {
        report
            .checks
            .iter()
            .find(|check| !check.passed && check.id == id.public())
    };
    let folder = &report.folder;
    let unsigned = report
        .facts
        .as_ref()
        .is_none_or(|facts| facts.seal_mode != SealMode::Direct);
    if let Some(check) = broken(AuditId::Signature) {
        let mut trouble = refuse(
            format!("the mirror is forged: the root did not sign the seal of {folder}"),
            "somebody wrote this mirror who does not have the key: keep it as evidence, and tell the people of the ceremony",
        );
        trouble
            .details
            .push(format!("{}: {}", check.id, check.words));
        return trouble;
    }
    if unsigned {
        return refuse(
            format!(
                "the mirror differs from the ledger: the seal of {folder} is another one, signed by nobody"
            ),
            "nothing tells which is genuine: find out where the mirror comes from, and keep both",
        );
    }
    refuse(
        format!(
            "the mirror went its own way: {folder} is another ceremony in the place of the ledger's, and the root signed both"
        ),
        "two ledgers of one root went on from the same seal (a fork): look at both with anchorite verify before anything else is signed",
    )
}

/// The name of the mirror's folder for the first page.
#[cfg(feature = "token")]
pub fn finding(path: &Path, words: &str) -> String {
    format!("ENV-MIRROR: {}: {words}", crate::host::shown(path))
}
