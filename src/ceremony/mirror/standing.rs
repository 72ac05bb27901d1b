//! How a mirror stands to its ledger: the same, behind it, or something that nobody may paper
//! over.

use super::left_over::nothing_of_its_own;
use std::collections::{BTreeMap, BTreeSet};

use crate::ledger::chain;
use crate::ledger::layout::{self, CeremonyFolder};
use crate::ledger::limits::Measure;
use crate::ports::{EntryKind, Store, StoreError};
use crate::x509::escape::escape;

/// What a mirror lacks; each is done in this order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lack {
    /// A folder of a run that died before its ceremony began: it goes.
    Staging(String),
    /// The whole ceremony.
    Ceremony(CeremonyFolder),
    /// Files of a ceremony that it has, by the name that it has for it.
    Files {
        /// The folder in the ledger.
        ledger: String,
        /// The folder in the mirror.
        mirror: String,
    },
    /// The sealed name.
    Name {
        /// While it was open.
        open: String,
        /// Since it is sealed.
        sealed: String,
    },
}

/// How a mirror that is not refused stands.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Standing {
    /// It holds no ceremony at all.
    pub empty: bool,
    /// What is to be done until it is the same.
    pub lacks: Vec<Lack>,
}

impl Standing {
    /// What the mirror was, in words for the screen and the transcript.
    pub fn words(&self) -> String {
        let names: BTreeSet<String> = self.lacks.iter().filter_map(Lack::ceremony).collect();
        let names: Vec<String> = names.into_iter().collect();
        match (names.as_slice(), self.empty) {
            ([], true) => "the mirror is new, and so is the ledger".to_owned(),
            ([], false) => "the mirror is the same as the ledger".to_owned(),
            (_, true) => format!("the mirror was empty, and was filled: {}", names.join(", ")),
            (_, false) => format!(
                "the mirror lagged, and was brought up to date: {}",
                names.join(", ")
            ),
        }
    }
}

impl Lack {
    /// The ceremony, by its folder in the ledger.
    fn ceremony(&self) -> Option<String> {
        match self {
            Self::Staging(_) => None,
            Self::Ceremony(folder) => Some(folder.name()),
            Self::Files { ledger, .. } => Some(ledger.clone()),
            Self::Name { sealed, .. } => Some(sealed.clone()),
        }
    }
}

/// Why a mirror is not one of this ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// It holds what the ledger does not: the ledger is old.
    Ahead {
        /// What it holds.
        holds: String,
    },
    /// Another seal stands in this place: a fork, or a forgery. Only the root can tell.
    OtherSeal {
        /// The folder in the mirror.
        mirror: String,
    },
    /// The seal is the ledger's, and a file under it is not.
    Damaged {
        /// The file.
        path: String,
    },
    /// An open ceremony that is another one.
    OtherOpen {
        /// The folder in the mirror.
        mirror: String,
        /// The file that tells.
        path: String,
    },
    /// What no ledger has.
    Strange {
        /// Its name.
        name: String,
    },
}

/// Why no mirror is kept.
#[derive(Debug, thiserror::Error)]
pub enum MirrorError {
    /// Files of the ledger or of the mirror.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// It is not a mirror of this ledger.
    #[error("{}", .0.words())]
    Refused(Difference),
}

impl Difference {
    /// What is wrong, escaped.
    pub fn words(&self) -> String {
        match self {
            Self::Ahead { holds } => format!(
                "the mirror is ahead of the ledger: it holds {}, and the ledger does not",
                escape(holds)
            ),
            Self::OtherSeal { mirror } => format!(
                "the mirror differs from the ledger: the seal of {} is another one",
                escape(mirror)
            ),
            Self::Damaged { path } => format!(
                "the mirror differs from the ledger: {} is not what its seal covers",
                escape(path)
            ),
            Self::OtherOpen { mirror, path } => format!(
                "the mirror differs from the ledger: its open ceremony {} has another {}",
                escape(mirror),
                escape(path)
            ),
            Self::Strange { name } => {
                format!("{} does not belong into a mirror", escape(name))
            }
        }
    }
}

pub(super) type Files = BTreeMap<String, Vec<u8>>;

/// Compares a mirror with its ledger; neither is changed.
pub fn standing(ledger: &mut dyn Store, mirror: &mut dyn Store) -> Result<Standing, MirrorError> {
    let (ours, _) = ceremonies(ledger)?;
    let (theirs, left_over) = ceremonies(mirror).map_err(of_mirror)?;
    let mut lacks = Vec::new();
    for name in left_over {
        let own = ours.iter().find(|own| own.staging_name() == name);
        nothing_of_its_own(ledger, mirror, own, &name)?;
        lacks.push(Lack::Staging(name));
    }
    for folder in &theirs {
        let place = ours.iter().find(|one| one.number == folder.number);
        match place {
            Some(own) if own.id == folder.id && (folder.open || !own.open) => {
                lacks.extend(compare(ledger, mirror, own, folder)?);
            }
            // The same ceremony, sealed there and open here.
            Some(own) if own.id == folder.id => return Err(ahead(folder)),
            Some(_) if folder.open => {
                return Err(MirrorError::Refused(Difference::OtherOpen {
                    mirror: folder.name(),
                    path: "id".to_owned(),
                }));
            }
            Some(_) => {
                let mirror = folder.name();
                return Err(MirrorError::Refused(Difference::OtherSeal { mirror }));
            }
            None => return Err(ahead(folder)),
        }
    }
    let missing = ours
        .iter()
        .filter(|own| theirs.iter().all(|one| one.number != own.number));
    lacks.extend(missing.cloned().map(Lack::Ceremony));
    Ok(Standing {
        empty: theirs.is_empty(),
        lacks,
    })
}

/// What the mirror's medium refused, told as the mirror's.
pub(super) fn of_mirror(error: MirrorError) -> MirrorError {
    match error {
        MirrorError::Store(cause) => MirrorError::Store(StoreError::Mirror(Box::new(cause))),
        refused => refused,
    }
}

fn ahead(folder: &CeremonyFolder) -> MirrorError {
    let holds = format!("ceremony {}", folder.name());
    MirrorError::Refused(Difference::Ahead { holds })
}

/// A ledger's ceremonies in their order, and what was laid out and never begun.
fn ceremonies(store: &mut dyn Store) -> Result<(Vec<CeremonyFolder>, Vec<String>), MirrorError> {
    let (mut found, mut staging) = (Vec::new(), Vec::new());
    for entry in store.list("")? {
        match CeremonyFolder::parse(&entry.name) {
            Some(folder) if entry.kind == EntryKind::Folder => found.push(folder),
            None if entry.kind == EntryKind::Folder && layout::is_staging(&entry.name) => {
                staging.push(entry.name);
            }
            _ => {
                let name = entry.name;
                return Err(MirrorError::Refused(Difference::Strange { name }));
            }
        }
    }
    found.sort();
    Ok((found, staging))
}

/// One ceremony that both have.
fn compare(
    ledger: &mut dyn Store,
    mirror: &mut dyn Store,
    own: &CeremonyFolder,
    folder: &CeremonyFolder,
) -> Result<Vec<Lack>, MirrorError> {
    let (ours, our_folders) = files(ledger, &own.name())?;
    let (theirs, their_folders) =
        files(mirror, &folder.name()).map_err(|error| of_mirror(error.into()))?;
    let lags = if folder.open {
        compare_open(&ours, &theirs, folder)?
    } else {
        compare_sealed(&ours, &theirs, folder)?
    };
    let mut lacks = Vec::new();
    if lags || !our_folders.is_subset(&their_folders) {
        lacks.push(Lack::Files {
            ledger: own.name(),
            mirror: folder.name(),
        });
    }
    if folder.open && !own.open {
        lacks.push(Lack::Name {
            open: folder.name(),
            sealed: own.name(),
        });
    }
    Ok(lacks)
}

/// A sealed ceremony is the same, but for signatures that people put beside the seal and for
/// what came after it: these may be missing, or shorter. Whether any is.
fn compare_sealed(
    ours: &Files,
    theirs: &Files,
    folder: &CeremonyFolder,
) -> Result<bool, MirrorError> {
    let name = folder.name();
    let root_signed = [
        layout::SEAL,
        layout::ROOT_SIGNATURE,
        layout::ROOT_ATTRIBUTES,
        layout::ROOT_BARE_SIGNATURE,
    ];
    if root_signed
        .iter()
        .any(|path| ours.get(*path) != theirs.get(*path))
    {
        return Err(MirrorError::Refused(Difference::OtherSeal { mirror: name }));
    }
    let damaged = |path: &str| {
        let path = format!("{name}/{path}");
        MirrorError::Refused(Difference::Damaged { path })
    };
    let mut lags = false;
    for path in ours.keys().chain(theirs.keys()) {
        let (own, found) = (ours.get(path), theirs.get(path));
        let later = layout::is_outside_sums(path) && path != layout::SUMS;
        match (own, found) {
            (own, found) if own == found => {}
            (Some(own), Some(found)) if path == layout::POST_SEAL && own.starts_with(found) => {
                lags = true;
            }
            (Some(_), None) if later => lags = true,
            (None, Some(_)) if later => {}
            _ => return Err(damaged(path)),
        }
    }
    Ok(lags)
}

/// An open ceremony's files are the same, missing, half-written under another name, or - the
/// two that grow - shorter. Whether any is missing or short.
fn compare_open(
    ours: &Files,
    theirs: &Files,
    folder: &CeremonyFolder,
) -> Result<bool, MirrorError> {
    let mut lags = ours.keys().any(|path| !theirs.contains_key(path));
    for (path, found) in theirs {
        if is_part(path) {
            lags |= ours.get(path) != Some(found);
            continue;
        }
        let Some(own) = ours.get(path) else {
            let holds = format!("{}/{path}", folder.name());
            return Err(MirrorError::Refused(Difference::Ahead { holds }));
        };
        if own == found {
            continue;
        }
        lags = true;
        if path == layout::TRANSCRIPT {
            compare_transcripts(own, found, folder)?;
        } else if !grows(path) {
            return Err(MirrorError::Refused(Difference::OtherOpen {
                mirror: folder.name(),
                path: path.clone(),
            }));
        }
    }
    Ok(lags)
}

/// Whole entries that the ledger does not have are never cut off; a torn tail is.
fn compare_transcripts(
    own: &[u8],
    found: &[u8],
    folder: &CeremonyFolder,
) -> Result<(), MirrorError> {
    let common = common_lines(own, found);
    let has_more = |bytes: &[u8]| {
        bytes[common..].contains(&b'\n')
            && chain::read(&bytes[..chain::whole_length(bytes).unwrap_or(0)])
                .is_ok_and(|(entries, _)| entries.len() > lines(&bytes[..common]))
    };
    match (has_more(own), has_more(found)) {
        (_, false) => Ok(()),
        (false, true) => Err(MirrorError::Refused(Difference::Ahead {
            holds: format!("more entries of {}", folder.name()),
        })),
        (true, true) => Err(MirrorError::Refused(Difference::OtherOpen {
            mirror: folder.name(),
            path: layout::TRANSCRIPT.to_owned(),
        })),
    }
}

fn lines(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| **byte == b'\n').count()
}

/// The length of the whole lines that two files begin with.
pub(super) fn common_lines(one: &[u8], other: &[u8]) -> usize {
    let same = one.iter().zip(other).take_while(|(a, b)| a == b).count();
    one[..same]
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |at| at + 1)
}

/// Whether a file is written line by line, and may be short or torn in an open ceremony.
pub(super) fn grows(path: &str) -> bool {
    path == layout::TRANSCRIPT
        || path == layout::POST_SEAL
        || (path.starts_with(layout::CONSOLE) && path.ends_with(".cast"))
}

/// Whether a file is one that was never finished.
pub(super) fn is_part(path: &str) -> bool {
    path.ends_with(".part")
}

/// Every file below a folder with its bytes, and every folder.
pub(super) fn files(
    store: &mut dyn Store,
    folder: &str,
) -> Result<(Files, BTreeSet<String>), StoreError> {
    let (mut found, mut folders) = (Files::new(), BTreeSet::new());
    let (mut below, mut measure) = (vec![String::new()], Measure::default());
    while let Some(inner) = below.pop() {
        let slash = if inner.is_empty() { "" } else { "/" };
        for entry in store.list(&format!("{folder}{slash}{inner}"))? {
            let path = format!("{inner}{slash}{}", entry.name);
            measure.add(&entry).map_err(|cause| StoreError::Failed {
                path: escape(folder),
                doing: "compare",
                cause,
            })?;
            match entry.kind {
                EntryKind::Folder => {
                    folders.insert(path.clone());
                    below.push(path);
                }
                EntryKind::File => {
                    let bytes = store.read(&format!("{folder}/{path}"))?;
                    found.insert(path, bytes);
                }
            }
        }
    }
    Ok((found, folders))
}
