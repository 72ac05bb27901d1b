//! A ledger and its mirror as a power cut would find them, computed from what strace saw: what
//! was written or named, and is not safe yet. Whatever relies on something unsafe is a fault.

use std::collections::BTreeSet;

use super::calls::Call;

/// What is asked of a token, once it is written down that it will be.
const INTENTS: [&str; 2] = ["key-intended", "sign-intended"];

/// What is not safe, and what relied on it.
#[derive(Default)]
pub struct Disk {
    /// The ledger's folder and the mirror's.
    media: Vec<String>,
    /// Files whose bytes or mode are not synced.
    files: BTreeSet<String>,
    /// Names that came, went or changed, and whose folder is not synced.
    names: BTreeSet<String>,
    /// The types of entries, of each medium, that are not synced.
    entries: Vec<(String, String)>,
    /// An intent was written, or the seal, and the token was not touched since.
    asking: bool,
    /// Intents and seals after which the token was touched.
    pub asked: usize,
    pub renames: usize,
    pub lines: usize,
    pub faults: Vec<String>,
}

impl Disk {
    pub fn new(media: &[String]) -> Self {
        Self {
            media: media.to_vec(),
            ..Self::default()
        }
    }

    /// What an earlier run left: nobody knows what of it is safe.
    pub fn left(&mut self, path: &str, is_file: bool) {
        if !self.is_ours(path) {
            return;
        }
        self.names.insert(path.to_owned());
        if is_file {
            self.files.insert(path.to_owned());
        }
    }

    /// Below the ledger or the mirror, but for the lock, which holds nothing.
    fn is_ours(&self, path: &str) -> bool {
        let inside = |medium: &String| path.strip_prefix(medium.as_str());
        let mut rest = self.media.iter().filter_map(inside);
        rest.any(|rest| (rest.is_empty() || rest.starts_with('/')) && rest != "/.lock")
    }

    fn medium(&self, path: &str) -> &str {
        let mut media = self.media.iter();
        media.find(|one| path.starts_with(one.as_str())).unwrap()
    }

    pub fn see(&mut self, call: &Call) {
        match call {
            Call::Open { path, .. } if path.contains("/tokens/") => self.touch(path),
            Call::Open { path, made: true } if self.is_ours(path) => {
                if path.contains("/out/") {
                    self.need_entry("signed", path);
                }
                self.names.insert(path.clone());
                self.files.insert(path.clone());
            }
            Call::Write { path, entry } if self.is_ours(path) => {
                if path.ends_with("/transcript.jsonl") {
                    self.line(path, entry);
                }
                self.files.insert(path.clone());
            }
            Call::Change { path } if self.is_ours(path) => {
                // A folder's mode is its own, as a file's bytes are.
                self.files.insert(path.clone());
            }
            Call::Folder { path } | Call::Remove { path } if self.is_ours(path) => {
                self.names.insert(path.clone());
            }
            Call::Sync { path } => self.sync(path),
            Call::SyncAll { path } => {
                let below = format!("{path}/");
                self.files.retain(|one| !one.starts_with(&below));
                self.names.retain(|one| !one.starts_with(&below));
                self.entries.retain(|(one, _)| !one.starts_with(&below));
            }
            Call::Rename { from, to } if self.is_ours(to) => self.rename(from, to),
            _ => {}
        }
    }

    fn sync(&mut self, path: &str) {
        self.files.remove(path);
        self.entries.retain(|(one, _)| one != path);
        let parent = |one: &String| one.rsplit_once('/').is_some_and(|(above, _)| above == path);
        self.names.retain(|one| !parent(one));
    }

    fn rename(&mut self, from: &str, to: &str) {
        self.renames += 1;
        let below = format!("{from}/");
        let in_it = |one: &&String| *one == from || one.starts_with(&below);
        for path in self.files.iter().filter(in_it) {
            let words = format!("{from} was renamed, and {path} is not synced");
            self.faults.push(words);
        }
        for path in self.names.iter().filter(|one| one.starts_with(&below)) {
            let words = format!("{from} was renamed, and the name {path} is not synced");
            self.faults.push(words);
        }
        let moved = |one: String| match one.strip_prefix(&below) {
            Some(rest) => format!("{to}/{rest}"),
            None if one == from => to.to_owned(),
            None => one,
        };
        self.files = std::mem::take(&mut self.files)
            .into_iter()
            .map(moved)
            .collect();
        self.names = std::mem::take(&mut self.names)
            .into_iter()
            .map(moved)
            .collect();
        self.names.insert(from.to_owned());
        self.names.insert(to.to_owned());
        self.asking |= to.ends_with("/SEAL.txt");
    }

    /// A line of a transcript stands on every name before it, and on every file but the ones that
    /// grow. A folder that is still laid out has no name that counts.
    fn line(&mut self, path: &str, entry: &str) {
        self.lines += 1;
        let medium = self.medium(path).to_owned();
        let grows = |one: &&String| one.ends_with(".cast") || one.ends_with("/transcript.jsonl");
        let mut unsafe_yet: Vec<&String> = self.files.iter().filter(|one| !grows(one)).collect();
        unsafe_yet.extend(self.names.iter().filter(|one| !one.ends_with(".new")));
        for one in unsafe_yet {
            if one.starts_with(&medium) {
                self.faults.push(format!(
                    "{entry} was written to {path}, and {one} is not synced"
                ));
            }
        }
        self.asking |= INTENTS.contains(&entry);
        self.entries.push((path.to_owned(), entry.to_owned()));
    }

    /// The token is asked for what was announced: that must be safe, on both media.
    fn touch(&mut self, path: &str) {
        self.need_entry("signed", path);
        if !std::mem::take(&mut self.asking) {
            return;
        }
        self.asked += 1;
        let open: Vec<String> = self
            .entries
            .iter()
            .map(|(one, entry)| format!("{entry} in {one}"))
            .collect();
        let grows = |one: &&String| one.ends_with(".cast");
        let files = self.files.iter().filter(|one| !grows(one));
        for one in open.iter().chain(files).chain(&self.names) {
            self.faults
                .push(format!("the token was asked, and {one} is not synced"));
        }
    }

    fn need_entry(&mut self, wanted: &str, before: &str) {
        for (path, entry) in &self.entries {
            if entry == wanted {
                self.faults
                    .push(format!("{entry} in {path} is not synced before {before}"));
            }
        }
    }

    /// The program has ended: all of it is safe.
    pub fn ended(&mut self) {
        for one in self.files.iter().chain(&self.names) {
            self.faults.push(format!("at the end {one} is not synced"));
        }
    }
}
