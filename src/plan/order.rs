//! What belongs together in a ceremony file: fields of a step, steps in their order, names that
//! must be unique.

use std::collections::BTreeSet;
use std::ops::Range;

use toml::Spanned;

use super::Waiver;
use super::cert_manager::CertManager;
use super::file::{FileError, Requests, StepFile};
use super::make::{Draft, is_list, wanted};
use super::step_kind::StepKind;
use super::words::not_waivable;
use crate::ssh::PersonKey;

impl Draft<'_> {
    pub(super) fn check_people(&self) -> Result<(), FileError> {
        let mut seen = BTreeSet::new();
        for person in &self.file.person {
            // Names of the root's own signature files.
            let own = ["root", "attrs"].contains(&person.id.get_ref().0.as_str());
            if own || !seen.insert(&person.id.get_ref().0) {
                return Err(self.at(person.id.span().start, "this person's id is taken"));
            }
        }
        Ok(())
    }

    /// A person's key is of a kind that is taken. Asked when planning alone: a ledger whose plan
    /// names another key stays readable, and no signature is told of it.
    pub fn check_keys(&self) -> Result<(), FileError> {
        for key in self.file.person.iter().filter_map(|one| one.key.as_ref()) {
            PersonKey::parse(&key.get_ref().0)
                .map_err(|why| self.at(key.span().start, &why.to_string()))?;
        }
        Ok(())
    }

    /// A waiver is of a step and a person that the file has.
    pub(super) fn check_waivers(&self) -> Result<(), FileError> {
        for waiver in &self.file.waiver {
            let step = &waiver.step.get_ref().0;
            if !(0..self.file.step.len()).any(|at| self.step_id(at) == *step) {
                return Err(self.at(waiver.step.span().start, "there is no step of this id"));
            }
            let by = &waiver.by.get_ref().0;
            if !self.file.person.iter().any(|one| one.id.get_ref().0 == *by) {
                let words = "a waiver is answered for by a [[person]] of this file";
                return Err(self.at(waiver.by.span().start, words));
            }
        }
        Ok(())
    }

    /// A waiver's check is one that can be waived.
    pub fn check_waivable(&self, waivable: &[&str]) -> Result<(), FileError> {
        for waiver in &self.file.waiver {
            if !waivable.contains(&waiver.check.get_ref().as_str()) {
                let words = not_waivable(waiver.check.get_ref(), waivable);
                return Err(self.at(waiver.check.span().start, &words));
            }
        }
        Ok(())
    }

    /// The waivers as written.
    pub fn waivers(&self) -> Vec<Waiver> {
        let written = self.file.waiver.iter();
        written
            .map(|waiver| Waiver {
                check: waiver.check.get_ref().clone(),
                step: waiver.step.get_ref().0.clone(),
                reason: waiver.reason.0.clone(),
                by: waiver.by.get_ref().0.clone(),
            })
            .collect()
    }

    pub(super) fn check_steps(&self) -> Result<(), FileError> {
        let mut ids = BTreeSet::new();
        let mut mounts = BTreeSet::new();
        let mut issuers = BTreeSet::new();
        let mut kinds = Vec::new();
        for (at, step) in self.file.step.iter().enumerate() {
            let written = step.get_ref();
            let place = written.id.as_ref().map_or(step.span(), Spanned::span).start;
            if !ids.insert(self.step_id(at)) {
                return Err(self.at(place, "another step has this id"));
            }
            self.check_fields(step)?;
            for one in wanted(written) {
                let place = one.mount.span().start;
                if !mounts.insert(one.mount.get_ref().0.clone()) {
                    return Err(self.at(place, "another request has this mount"));
                }
                let issuer = one.cert_manager.map(|told| CertManager::of(told).name);
                if issuer.is_some_and(|name| !issuers.insert(name)) {
                    let words = "another mount's cert_manager has this name";
                    return Err(self.at(place, words));
                }
            }
            kinds.push((*written.kind.get_ref(), written.kind.span().start));
        }
        self.check_order(&kinds)
    }

    fn check_order(&self, kinds: &[(StepKind, usize)]) -> Result<(), FileError> {
        let existing = self.root_certificate().is_some();
        let mut made: Vec<StepKind> = Vec::new();
        for (kind, place) in kinds {
            if let Some(words) = out_of_order(*kind, &made, existing) {
                return Err(self.at(*place, words));
            }
            made.push(*kind);
        }
        if made.is_empty() {
            return Err(self.at(self.source.len(), "a ceremony needs at least one [[step]]"));
        }
        if !existing && !made.contains(&StepKind::IssueRoot) {
            let words = "a new root needs the steps generate-root-key and issue-root";
            return Err(self.at(self.file.root.span().start, words));
        }
        self.check_nothing_after_final()?;
        let revoke = kinds.iter().rfind(|(kind, _)| *kind == StepKind::Revoke);
        let crl = kinds.iter().find(|(kind, _)| *kind == StepKind::IssueCrl);
        match (revoke, crl) {
            (Some((_, revoke)), Some((_, crl))) if crl < revoke => Err(self.at(
                *revoke,
                "the CRL is issued before this revocation, and would not list it",
            )),
            (Some((_, revoke)), None) => Err(self.at(
                *revoke,
                "only a CRL tells of a revocation: an issue-crl must follow",
            )),
            _ => Ok(()),
        }
    }

    /// Fields that do not belong to a step of this kind, or are missing from it.
    fn check_fields(&self, step: &Spanned<StepFile>) -> Result<(), FileError> {
        let written = step.get_ref();
        let kind = *written.kind.get_ref();
        let list = is_list(written);
        for (name, span) in spans(written) {
            let inside = list && INSIDE.contains(&name);
            if let (Some(span), false) = (span, belongs(name, kind) && !inside) {
                let words = format!("{name} does not belong to this step");
                return Err(self.at(span.start, &words));
            }
        }
        if kind == StepKind::CrossSign && written.certificate.is_none() {
            return Err(self.at(step.span().start, "cross-sign needs a certificate"));
        }
        let intermediate = kind == StepKind::IssueIntermediate;
        let place = step.span().start;
        self.check_revocation(written, place)?;
        match &written.request {
            None if intermediate => Err(self.at(place, "issue-intermediate needs a request")),
            Some(requests) => match requests.get_ref() {
                Requests::One(_) if written.mount.is_none() => {
                    Err(self.at(place, "issue-intermediate needs a mount"))
                }
                Requests::Many(many) if many.is_empty() => {
                    Err(self.at(requests.span().start, "the list of requests is empty"))
                }
                _ => Ok(()),
            },
            None => Ok(()),
        }
    }
}

/// Why a step of this kind cannot follow those that were made before it.
fn out_of_order(kind: StepKind, made: &[StepKind], existing: bool) -> Option<&'static str> {
    let has_root = existing || made.contains(&StepKind::IssueRoot);
    let words = match kind {
        _ if made.contains(&StepKind::DestroyKey) => "nothing can follow destroy-key",
        StepKind::GenerateRootKey | StepKind::IssueRoot if existing => {
            "[root] names an existing certificate, so no root is made here"
        }
        StepKind::AdoptRoot if !existing => {
            "a root that is adopted exists: [root] names its certificate"
        }
        StepKind::GenerateRootKey
        | StepKind::IssueRoot
        | StepKind::AdoptRoot
        | StepKind::CertificateRequest
        | StepKind::IssueCrl
        | StepKind::ConfirmCopy
        | StepKind::DestroyKey
            if made.contains(&kind) =>
        {
            "this can be done once in a ceremony"
        }
        StepKind::GenerateRootKey | StepKind::AdoptRoot if !made.is_empty() => {
            "this must be the first step"
        }
        StepKind::IssueRoot if !made.contains(&StepKind::GenerateRootKey) => {
            "generate-root-key must come before it"
        }
        StepKind::GenerateRootKey | StepKind::IssueRoot | StepKind::AdoptRoot => return None,
        _ if !has_root => "issue-root must come before it",
        _ => return None,
    };
    Some(words)
}

/// Fields of a step that stand in each of its requests where it has a list.
const INSIDE: [&str; 6] = [
    "mount",
    "spki_sha256",
    "generate",
    "renew",
    "rekey",
    "cert_manager",
];

/// The fields that only some kinds of steps have.
fn spans(step: &StepFile) -> [(&'static str, Option<Range<usize>>); 21] {
    fn span<T>(field: &Option<Spanned<T>>) -> Option<Range<usize>> {
        field.as_ref().map(Spanned::span)
    }
    [
        ("mount", span(&step.mount)),
        ("request", span(&step.request)),
        ("spki_sha256", span(&step.spki_sha256)),
        ("generate", span(&step.generate)),
        ("profile", span(&step.profile)),
        ("renew", span(&step.renew)),
        ("rekey", span(&step.rekey)),
        ("cert_manager", span(&step.cert_manager)),
        ("certificate", span(&step.certificate)),
        ("issuer", span(&step.issuer)),
        ("serial", span(&step.serial)),
        ("reason", span(&step.reason)),
        ("invalidity_date", span(&step.invalidity_date)),
        ("foreign", span(&step.foreign)),
        ("next_update", span(&step.next_update)),
        ("previous", span(&step.previous)),
        ("final", span(&step.last)),
        ("certificates", span(&step.certificates)),
        ("index", span(&step.index)),
        ("lost_ledger", span(&step.lost_ledger)),
        ("token", span(&step.token)),
    ]
}

/// Whether a field belongs to a kind of step.
fn belongs(field: &str, kind: StepKind) -> bool {
    let fields: &[&str] = match kind {
        StepKind::GenerateRootKey
        | StepKind::IssueRoot
        | StepKind::CertificateRequest
        | StepKind::DestroyKey => &[],
        StepKind::IssueIntermediate => &[
            "mount",
            "request",
            "spki_sha256",
            "generate",
            "profile",
            "renew",
            "rekey",
            "cert_manager",
        ],
        StepKind::CrossSign => &["certificate", "issuer", "profile", "mount", "spki_sha256"],
        StepKind::Revoke => &[
            "certificate",
            "serial",
            "reason",
            "invalidity_date",
            "foreign",
        ],
        StepKind::IssueCrl => &["next_update", "previous", "final"],
        StepKind::AdoptRoot => &["certificates", "index", "previous", "lost_ledger"],
        StepKind::ConfirmCopy => &["token"],
    };
    fields.contains(&field)
}
