//! `report`: documents made from a verified ceremony or ledger.

use super::args::ReportArgs;
use super::exit::Exit;
use super::trouble::Trouble;
use super::verify::{exit, place, root_certificate, tell_first_broken};
use crate::audit::{self, Report, Verdict};
use crate::host::{DiskStore, SystemClock, print_crlf};
use crate::ledger::kinds::CeremonyKind;
use crate::ports::Clock as _;

/// Prints the calendar of what is due. What does not verify has none.
pub fn report(args: &ReportArgs) -> Result<Exit, Trouble> {
    let root = root_certificate(&args.root)?;
    let now = SystemClock.now();
    let (above, ceremony) = place(&args.path)?;
    let mut store = DiskStore::open_read_only(&above)?;
    let (verdict, broken, rehearsal, life) = match &ceremony {
        Some(folder) => {
            let (report, life) = audit::ceremony_life(&mut store, folder, &root, now);
            let broken = report.first_broken().cloned();
            let rehearsal = is_rehearsal(&report);
            (report.verdict, broken, rehearsal, Some(life))
        }
        None => {
            let report = audit::whole_life(&mut store, &root, None, now, &[]);
            let broken = report.first_broken().cloned();
            let rehearsal = report.ceremonies.iter().any(is_rehearsal);
            (report.verdict, broken, rehearsal, report.life)
        }
    };
    let told = !matches!(verdict, Verdict::Refused | Verdict::NotChecked(_));
    let life = life.filter(|_| told);
    let Some(life) = life else {
        let trouble = Trouble::new(Exit::Refused, "it does not verify, and has no report");
        return Err(
            tell_first_broken(trouble, broken.as_ref()).hint("anchorite verify tells all of it")
        );
    };
    print_crlf(&audit::calendar(&life, rehearsal));
    Ok(exit(&verdict))
}

fn is_rehearsal(report: &Report) -> bool {
    report
        .facts
        .as_ref()
        .is_some_and(|facts| facts.kind == CeremonyKind::Rehearsal)
}
