//! What stands in a mirror under the name of a folder that is being laid out.

use super::standing::{
    Difference, Files, MirrorError, common_lines, files, grows, is_part, of_mirror,
};
use crate::ledger::layout::CeremonyFolder;
use crate::ledger::staging;
use crate::ports::Store;

/// What was laid out in a mirror and has no ceremony's name yet goes only if the ledger has all of
/// it: a copy that was cut short, or what a run left that died before its ceremony began.
pub(super) fn nothing_of_its_own(
    ledger: &mut dyn Store,
    mirror: &mut dyn Store,
    own: Option<&CeremonyFolder>,
    name: &str,
) -> Result<(), MirrorError> {
    let more = staging::more_than_laid_out(mirror, name);
    if more.map_err(|error| of_mirror(error.into()))?.is_none() {
        return Ok(());
    }
    let ours = match own {
        Some(own) => files(ledger, &own.name())?.0,
        None => Files::new(),
    };
    let (theirs, _) = files(mirror, name).map_err(|error| of_mirror(error.into()))?;
    let only_there = theirs.into_iter().find(|(path, found)| {
        let same = ours.get(path).is_some_and(|own| {
            let more = || &found[common_lines(own, found)..];
            own == found || (grows(path) && !more().contains(&b'\n'))
        });
        !same && !is_part(path)
    });
    match only_there {
        Some((path, _)) => Err(MirrorError::Refused(Difference::Ahead {
            holds: format!("{name}/{path}"),
        })),
        None => Ok(()),
    }
}
