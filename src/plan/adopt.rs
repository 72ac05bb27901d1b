//! `adopt-root` as planned: the files, what they say, and the list that people approve.

use std::collections::BTreeMap;

use super::adoption::{Adopted, Adoption, AdoptionError, AdoptionFiles, Given};
use super::make::Draft;
use super::step_kind::StepKind;
use crate::digest::Digest;
use crate::x509::escape::escape;

/// The first line of the list that people approve.
const FORMAT: &str = "anchorite/adoption/1";

/// What the step takes over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdoptPlan {
    /// The files.
    pub files: AdoptionFiles,
    /// What they say.
    pub adoption: Adoption,
    /// Why a ledger is rebuilt, where one was lost.
    pub lost_ledger: Option<String>,
}

impl AdoptPlan {
    /// Everything that is taken over, a line each: what people approve by the words of its
    /// digest.
    pub fn statement(&self) -> Vec<String> {
        let mut lines = vec![FORMAT.to_owned()];
        for (path, bytes) in self.files.all() {
            lines.push(format!("file {} {}", Digest::of(bytes), escape(path)));
        }
        lines.extend(self.lost_ledger.iter().map(|reason| {
            let reason = escape(reason);
            format!("the ledger was lost: {reason}")
        }));
        lines.extend(self.adoption.certificates.iter().map(certificate));
        lines.extend(self.adoption.crl.iter().map(|crl| {
            format!(
                "CRL {} of {}, due {}, lists {}",
                crl.number, crl.this_update, crl.next_update, crl.listed
            )
        }));
        lines
    }

    /// What people approve.
    pub fn approval_digest(&self) -> Digest {
        approval_digest(&self.statement())
    }
}

/// The digest of such a list.
pub fn approval_digest(statement: &[String]) -> Digest {
    let lines: String = statement.iter().map(|line| format!("{line}\n")).collect();
    Digest::of(lines.as_bytes())
}

fn certificate(one: &Adopted) -> String {
    let state = match &one.revoked {
        None => String::new(),
        Some(revoked) => {
            let reason = revoked
                .reason
                .map_or("no reason given", |reason| reason.word());
            format!(", revoked {} ({reason})", revoked.date)
        }
    };
    format!(
        "serial {} to {}{state}, from {}: {}",
        one.serial,
        one.not_after,
        one.source.word(),
        one.subject
    )
}

impl Draft<'_> {
    /// Paths of what an adopted root has issued before, and of its last CRL.
    pub(super) fn adoption_inputs(&self) -> Vec<String> {
        let mut paths = Vec::new();
        for step in self.file.step.iter().map(toml::Spanned::get_ref) {
            if *step.kind.get_ref() != StepKind::AdoptRoot {
                continue;
            }
            let listed = step.certificates.iter().flat_map(|list| list.get_ref());
            paths.extend(listed.map(|path| path.0.clone()));
            let others = [&step.index, &step.previous];
            paths.extend(
                others
                    .into_iter()
                    .flatten()
                    .map(|path| path.get_ref().0.clone()),
            );
        }
        paths
    }

    /// The step that takes over a root, by its id, with what its files say.
    pub fn adoption(
        &self,
        inputs: &BTreeMap<String, Vec<u8>>,
    ) -> Result<Option<(String, AdoptPlan)>, AdoptionError> {
        let mut steps = self
            .file
            .step
            .iter()
            .map(toml::Spanned::get_ref)
            .enumerate();
        let adopts = steps.find(|(_, step)| *step.kind.get_ref() == StepKind::AdoptRoot);
        let (Some((at, step)), Some(root)) = (adopts, self.root_certificate()) else {
            return Ok(None);
        };
        let given = |path: &str| -> Given {
            let bytes = inputs.get(path).cloned().unwrap_or_default();
            (path.to_owned(), bytes)
        };
        let listed = step.certificates.iter().flat_map(|list| list.get_ref());
        let files = AdoptionFiles {
            root: given(root),
            certificates: listed.map(|path| given(&path.0)).collect(),
            index: step.index.as_ref().map(|path| given(&path.get_ref().0)),
            previous: step.previous.as_ref().map(|path| given(&path.get_ref().0)),
        };
        let plan = AdoptPlan {
            adoption: files.read()?,
            files,
            lost_ledger: step
                .lost_ledger
                .as_ref()
                .map(|text| text.get_ref().0.clone()),
        };
        Ok(Some((self.step_id(at), plan)))
    }
}
