//! The files of a ceremony's folder: measured, all of them read once, the set of them compared
//! with SHA256SUMS.

use std::collections::{BTreeMap, BTreeSet};

use super::findings::{AuditId, Findings};
use crate::digest::Digest;
use crate::ledger::layout;
use crate::ledger::limits::Measure;
use crate::plan::lock;
use crate::ports::{EntryKind, Store};
use crate::x509::escape::escape;

/// Everything that a folder holds.
#[derive(Debug, Default)]
pub(super) struct Files {
    /// Bytes by path below the folder.
    pub bytes: BTreeMap<String, Vec<u8>>,
    /// Folders below it.
    folders: BTreeSet<String>,
}

/// Files that are there, with their sizes, before any is read.
#[derive(Default)]
struct Listed {
    measure: Measure,
    files: Vec<(String, u64)>,
}

/// What every sealed ceremony has.
const REQUIRED: [&str; 8] = [
    layout::SUMS,
    layout::SEAL,
    layout::TRANSCRIPT,
    layout::VERIFY,
    layout::SCRIPT_FILE,
    layout::SCRIPT_PLAN,
    layout::SCRIPT_LOCK,
    layout::SCRIPT_PAGE,
];

/// Folders within folders that are followed.
const DEPTH: usize = 32;

impl Files {
    /// Reads the whole folder. What is neither file nor folder is a finding; of a folder that
    /// holds more than any ceremony does, nothing is read.
    pub fn read(store: &mut dyn Store, folder: &str, findings: &mut Findings) -> Option<Self> {
        let mut files = Self::default();
        findings.begun(AuditId::Files);
        let mut listed = Listed::default();
        let fits = files.walk(store, folder, "", DEPTH, &mut listed, findings);
        if let Err(why) = fits {
            findings.fail(AuditId::Files, shown(""), why);
            return None;
        }
        for (path, size) in listed.files {
            match store.read(&joined(folder, &path)) {
                // What was measured is all that memory is spent on.
                Ok(bytes) if u64::try_from(bytes.len()).is_ok_and(|length| length > size) => {
                    let words = "it grew while it was read, or its disk tells another size";
                    findings.fail(AuditId::Files, shown(&path), words);
                    return None;
                }
                Ok(bytes) => {
                    files.bytes.insert(path, bytes);
                }
                Err(error) => findings.fail(AuditId::Files, shown(&path), error.to_string()),
            }
        }
        for path in REQUIRED {
            findings.require(
                AuditId::Files,
                files.bytes.contains_key(path),
                path,
                "is not there",
            );
        }
        Some(files)
    }

    /// The bytes of a file; empty where it is missing, which is a finding already.
    pub fn get(&self, path: &str) -> &[u8] {
        self.bytes.get(path).map_or(&[], Vec::as_slice)
    }

    /// The digest of an input.
    pub fn input_digest(&self, path: &str) -> Option<Digest> {
        let bytes = self.bytes.get(&format!("in/{path}"));
        bytes.map(|bytes| Digest::of(bytes))
    }

    /// Paths that begin like this.
    pub fn below<'f, 'p>(&'f self, prefix: &'p str) -> impl Iterator<Item = &'f str> + use<'f, 'p> {
        self.bytes
            .keys()
            .map(String::as_str)
            .filter(move |path| path.starts_with(prefix))
    }

    /// Lists what is to be read; in words why it is too much.
    fn walk(
        &mut self,
        store: &mut dyn Store,
        root: &str,
        below: &str,
        depth: usize,
        listed: &mut Listed,
        findings: &mut Findings,
    ) -> Result<(), String> {
        let here = joined(root, below);
        let entries = match store.list(&here) {
            Ok(entries) => entries,
            Err(error) => {
                findings.fail(AuditId::Files, shown(below), error.to_string());
                return Ok(());
            }
        };
        for entry in entries {
            listed.measure.add(&entry)?;
            let path = joined(below, &entry.name);
            match entry.kind {
                EntryKind::Folder if depth == 0 => {
                    findings.fail(AuditId::Files, shown(&path), "too many folders in folders");
                }
                EntryKind::Folder => {
                    self.folders.insert(path.clone());
                    self.walk(store, root, &path, depth - 1, listed, findings)?;
                }
                EntryKind::File => listed.files.push((path, entry.size)),
            }
        }
        Ok(())
    }

    /// SHA256SUMS lists exactly the files that are there, each with its digest.
    pub fn check_sums(&self, findings: &mut Findings) {
        findings.begun(AuditId::Sums);
        let Some(bytes) = self.bytes.get(layout::SUMS) else {
            return;
        };
        let text = String::from_utf8_lossy(bytes);
        let lines = match lock::read(&text) {
            Ok(lines) if lock::write(&lines).as_bytes() == bytes => lines,
            Ok(_) => {
                let words = "not in the form that the tool writes";
                return findings.fail(AuditId::Sums, layout::SUMS, words);
            }
            Err(line) => {
                let place = format!("{}, line {line}", layout::SUMS);
                return findings.fail(AuditId::Sums, place, "no digest, two spaces and path");
            }
        };
        for (at, pair) in lines.windows(2).enumerate() {
            let place = format!("{}, line {}", layout::SUMS, at + 2);
            let grows = pair[0].path < pair[1].path;
            findings.require(AuditId::Sums, grows, place, "not sorted, or twice the same");
        }
        for (at, line) in lines.iter().enumerate() {
            let place = format!("{}, line {}", layout::SUMS, at + 1);
            match self.bytes.get(&line.path) {
                _ if layout::is_outside_sums(&line.path) => {
                    findings.fail(AuditId::Sums, place, "the seal's own files are not listed");
                }
                None => {
                    let words = format!("{} is not there", escape(&line.path));
                    findings.fail(AuditId::Sums, place, words);
                }
                Some(bytes) if Digest::of(bytes) != line.sha256 => {
                    let words = format!("has digest {}, not {}", Digest::of(bytes), line.sha256);
                    findings.fail(AuditId::Sums, escape(&line.path), words);
                }
                Some(_) => {}
            }
        }
        let listed: BTreeSet<&str> = lines.iter().map(|line| line.path.as_str()).collect();
        for path in self.bytes.keys() {
            let known = listed.contains(path.as_str()) || layout::is_outside_sums(path);
            findings.require(
                AuditId::Files,
                known,
                escape(path),
                "stands in no line of SHA256SUMS",
            );
            let part = path.ends_with(".part");
            findings.require(
                AuditId::Files,
                !part,
                escape(path),
                "a half-written file was left behind",
            );
        }
    }

    /// What stands under names that are kept for later versions.
    pub fn tell_reserved(&self, findings: &mut Findings) {
        for path in self.bytes.keys().filter(|path| layout::is_reserved(path)) {
            let path = escape(path);
            findings.notice(format!(
                "{path} is covered by nothing, and was not looked at"
            ));
        }
    }

    /// Folders that hold nothing belong to nothing. An aborted ceremony may have made one for
    /// a file that never came.
    pub fn check_folders(&self, completed: bool, findings: &mut Findings) {
        for folder in &self.folders {
            let inside = format!("{folder}/");
            let empty = self.below(&inside).next().is_none();
            let expected = layout::FOLDERS.contains(&folder.as_str())
                || (!completed && folder.starts_with("out/"));
            findings.require(
                AuditId::Files,
                !empty || expected,
                escape(folder),
                "an empty folder that belongs to nothing",
            );
        }
    }
}

fn joined(folder: &str, name: &str) -> String {
    match (folder.is_empty(), name.is_empty()) {
        (true, _) => name.to_owned(),
        (_, true) => folder.to_owned(),
        _ => format!("{folder}/{name}"),
    }
}

fn shown(path: &str) -> String {
    if path.is_empty() {
        "the folder".to_owned()
    } else {
        escape(path)
    }
}
