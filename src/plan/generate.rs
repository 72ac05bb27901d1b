//! What a ceremony file has Vault or OpenBao make: the key and the request of each mount.

use std::collections::BTreeSet;

use toml::Spanned;

use super::file::{FileError, GenerateFile, StepFile};
use super::make::{Draft, Wanted, wanted};
use super::{RootPlan, Succession, Validity};
use crate::x509::name::Name;
use crate::x509::public_key::KeyKind;

/// Where the digests of the requests' keys are recorded where the file names no place.
const LIST: &str = "spki.sha256";

/// How a request is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Generate {
    /// The request's subject.
    pub subject: Name,
    /// The kind of its new key; none for the key of the mount's default issuer.
    pub key: Option<KeyKind>,
}

/// A request that is made in a mount.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Path of the mount.
    pub mount: String,
    /// Path of the request's file.
    pub request: String,
    /// How it is made.
    pub generate: Generate,
    /// How long its certificate will be valid, at most, in seconds.
    pub seconds: u64,
}

impl Draft<'_> {
    /// Path of the list that has the digest of each request's key, as the file names it.
    pub fn spki_list(&self) -> Option<&str> {
        let list = self.file.spki_list.as_ref();
        list.map(|path| path.get_ref().0.as_str())
    }

    /// Path where the digests are recorded.
    pub fn spki_record(&self) -> &str {
        self.spki_list().unwrap_or(LIST)
    }

    /// Whether `anchorite requests` prints what makes this input.
    pub fn is_made_in_vault(&self, path: &str) -> bool {
        let mut made = self.all_wanted().filter(|one| one.generate.is_some());
        made.any(|one| one.request == path || self.spki_list() == Some(path))
    }

    /// Whether a certificate that Vault asks for ends when the root does.
    pub fn asks_until_issuer(&self) -> Result<bool, FileError> {
        let lives = self.all_wanted().filter(|one| one.generate.is_some());
        let mut lives = lives.map(|one| Ok(self.profile(one.profile)?.validity));
        lives.try_fold(false, |any, one| Ok(any || one? == Validity::UntilIssuer))
    }

    /// The requests that the file has Vault make, in the order of the steps. The root is needed
    /// where [`Self::asks_until_issuer`].
    pub fn asked(&self, root: Option<&RootPlan>) -> Result<Vec<Asked>, FileError> {
        let mut asked = Vec::new();
        for one in self.all_wanted() {
            let Some(generate) = self.generate(one.generate)? else {
                continue;
            };
            let span = match (self.profile(one.profile)?.validity, root) {
                (Validity::For(span), _) => span.approximate_seconds(),
                (_, Some(RootPlan::New(root))) => root.validity.approximate_seconds(),
                (_, Some(RootPlan::Existing(root))) => {
                    let life = root.fields.not_after.unix() - root.fields.not_before.unix();
                    u64::try_from(life).unwrap_or(0)
                }
                (_, None) => 0,
            };
            asked.push(Asked {
                mount: one.mount.get_ref().0.clone(),
                request: one.request.clone(),
                generate,
                // A calendar's years are not all of one length.
                seconds: span + 86_400,
            });
        }
        Ok(asked)
    }

    fn all_wanted(&self) -> impl Iterator<Item = Wanted<'_>> {
        let steps = self.file.step.iter();
        steps.flat_map(|step| wanted(step.get_ref()))
    }

    /// What a request's `generate` says.
    pub(super) fn generate(
        &self,
        written: Option<&Spanned<GenerateFile>>,
    ) -> Result<Option<Generate>, FileError> {
        let Some(table) = written else {
            return Ok(None);
        };
        let written = table.get_ref();
        let existing = written.existing.as_ref().filter(|one| *one.get_ref());
        let key = match (&written.key, existing) {
            (Some(key), None) => Some(key.get_ref().0),
            (None, Some(_)) => None,
            (Some(_), Some(existing)) => {
                let words = "key and existing exclude each other: a new key, or the mount's own";
                return Err(self.at(existing.span().start, words));
            }
            (None, None) => {
                let words = "generate needs key = \"ec:P-256\" for a new key, or existing = true for the one that the mount has";
                return Err(self.at(table.span().start, words));
            }
        };
        Ok(Some(Generate {
            subject: written.subject.0.clone(),
            key,
        }))
    }

    /// What is generated fits what the request says beside it, and each file is made once.
    pub(super) fn check_generated(&self) -> Result<(), FileError> {
        let mut files = BTreeSet::new();
        let steps: Vec<&StepFile> = self.file.step.iter().map(Spanned::get_ref).collect();
        for one in steps.iter().flat_map(|step| wanted(step)) {
            let Some(generate) = self.generate(one.generate)? else {
                continue;
            };
            let place = one.generate.map_or(0, |table| table.span().start);
            let words = match (self.succession(one.renew, one.rekey)?, generate.key) {
                (Succession::Renewal, Some(_)) => {
                    "a renewal keeps its key: generate = { ..., existing = true }"
                }
                (Succession::NewKey, None) => {
                    "rekey takes a new key: generate = { ..., key = \"ec:P-256\" }"
                }
                _ => "",
            };
            if !words.is_empty() {
                return Err(self.at(place, words));
            }
            let mount = one.mount.get_ref().0.as_str();
            if mount.trim() != mount {
                let words = "the server drops spaces at the ends of a mount's path: leave them out";
                return Err(self.at(one.mount.span().start, words));
            }
            if !files.insert(one.request.clone()) {
                return Err(self.at(one.request_place, "another request has this file"));
            }
            if one.request == self.spki_record() {
                let words = "the list of digests has this file";
                return Err(self.at(one.request_place, words));
            }
        }
        Ok(())
    }
}
