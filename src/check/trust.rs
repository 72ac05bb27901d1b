//! Checks of a trust bundle: whoever has it trusts all of it, so each anchor is judged as this
//! ceremony's own root would be.

use super::certificate::{CertificateContext, certificate};
use super::{CheckId, Findings, Outcome, linkerd};
use crate::plan::trust::TrustPlan;
use crate::plan::{Plan, RootPlan};
use crate::x509::certificate::Certificate;
use crate::x509::escape::escape;

/// Checks the anchors beside the root.
pub(super) fn trust(plan: &Plan, trust: &TrustPlan) -> Findings {
    let mut findings = Findings::default();
    let mut read: Vec<Certificate> = Vec::new();
    for (path, bytes) in trust.files() {
        let (found, anchor) = match certificate(bytes, &CertificateContext::root(path)) {
            Ok((cleared, list)) => (list, Some(cleared.into_inner())),
            Err(refusal) => (refusal.findings, None),
        };
        for mut one in found.into_iter().filter(|one| one.outcome != Outcome::Pass) {
            one.words = format!("{}: {}", escape(path), one.words);
            findings.extend(vec![one]);
        }
        read.extend(anchor);
    }
    let own = match &plan.root {
        RootPlan::Existing(root) => Some(&root.der),
        RootPlan::New(_) => None,
    };
    let twice = (0..read.len()).find(|&at| {
        Some(&read[at].der) == own || read[..at].iter().any(|one| one.der == read[at].der)
    });
    let words = match twice {
        Some(at) if Some(&read[at].der) == own => {
            "this ceremony's own root is in the bundle by itself".to_owned()
        }
        Some(at) => format!("{} stands there twice", read[at].fields.subject),
        None => match read.len() {
            0 => "this root alone".to_owned(),
            count => format!("this root and {count} beside it"),
        },
    };
    findings.require(CheckId::TrustAnchors, twice.is_none(), words);
    if plan
        .intermediates()
        .any(|one| linkerd::is_for(&one.profile))
    {
        for one in &read {
            let (holds, words) = linkerd::anchor(one);
            let words = format!("{}: {words}", one.fields.subject);
            findings.require(CheckId::LinkerdAnchor, holds, words);
        }
    }
    findings
}
