//! The certificate's subject: the request's, or the one that the profile puts in its place.

use std::collections::BTreeSet;

use super::super::{CheckId, Findings};
use super::form::{self, Form};
use super::{RequestContext, lookalike};
use crate::plan::{Policy, Succession};
use crate::x509::escape::escape;
use crate::x509::name::Name;
use crate::x509::oid;
use crate::x509::request::Request;

/// Checks the subject's form, and that nobody else has it.
pub(super) fn check(request: &Request, context: &RequestContext<'_>, findings: &mut Findings) {
    let subject = context.subject.unwrap_or(&request.subject);
    let shown = if subject.is_empty() {
        "the subject is empty".to_owned()
    } else {
        subject.to_string()
    };
    if !findings.require(CheckId::RequestSubjectEmpty, !subject.is_empty(), shown) {
        return;
    }
    match form::form(subject) {
        Form::Good => {
            findings.require(CheckId::RequestSubjectForm, true, "readable, in DER");
        }
        Form::Unusual(words) => findings.notice(CheckId::RequestSubjectForm, words),
        Form::Bad(words) => {
            findings.require(CheckId::RequestSubjectForm, false, words);
        }
    }
    check_repeated(subject, context, findings);
    check_owner(subject, context, findings);
    check_look(subject, context, findings);
}

/// domainComponent and organizationalUnitName: several are how they are meant to be used.
const MANY: [&str; 2] = ["0.9.2342.19200300.100.1.25", "2.5.4.11"];

/// OpenBao makes one RDN of two O from `organization=A,B`, so a private CA takes it.
fn check_repeated(subject: &Name, context: &RequestContext<'_>, findings: &mut Findings) {
    let mut seen = BTreeSet::new();
    let repeated: BTreeSet<String> = subject
        .attributes()
        .filter(|one| !MANY.contains(&one.oid.as_str()))
        .filter(|one| !seen.insert(one.oid.clone()))
        .map(|one| oid::name(&one.oid).to_owned())
        .collect();
    if repeated.is_empty() {
        findings.require(CheckId::RequestSubjectRepeated, true, "none twice");
        return;
    }
    let list: Vec<String> = repeated.into_iter().collect();
    let words = format!("the subject has more than one {}", list.join(", "));
    match context.policy {
        Policy::Private => findings.notice(CheckId::RequestSubjectRepeated, words),
        Policy::Webtrust => {
            findings.require(CheckId::RequestSubjectRepeated, false, words);
        }
    }
}

/// The name is not the root's, nor anybody's that the root knows.
fn check_owner(subject: &Name, context: &RequestContext<'_>, findings: &mut Findings) {
    let looks_like_root = context
        .root_subject
        .is_some_and(|root| subject.folded() == root.folded());
    findings.require(
        CheckId::RequestSubjectIssuer,
        !looks_like_root,
        if looks_like_root {
            "the subject is the root's own name"
        } else {
            "not the root's name"
        },
    );
    if looks_like_root {
        return;
    }
    let register = context.register.by_subject(subject);
    // Who follows another has its name; that it is the right one is checked there.
    let known = register.filter(|_| context.succession == Succession::First);
    let known = known.map(|known| {
        format!(
            "ceremony {} has issued {} under this name",
            known.ceremony, known.product
        )
    });
    let taken = known.or_else(|| {
        let mut earlier = context.earlier.iter();
        earlier
            .find(|one| one.subject.folded() == subject.folded())
            .map(|one| format!("{} has this name too", escape(&one.path)))
    });
    let words = taken
        .clone()
        .unwrap_or_else(|| "not in the register".to_owned());
    findings.require(CheckId::RequestSubjectTaken, taken.is_none(), words);
}

/// What only a person can judge.
fn check_look(subject: &Name, context: &RequestContext<'_>, findings: &mut Findings) {
    let mut told: Vec<String> = lookalike::oddities(subject);
    let registered = context.register.issued.iter().map(|one| &one.subject);
    let others = context.root_subject.into_iter().chain(registered);
    let skeleton = lookalike::skeleton(subject);
    // The same name is refused elsewhere; here is one that only looks the same.
    let double = others
        .chain(context.earlier.iter().map(|one| &one.subject))
        .filter(|other| other.folded() != subject.folded())
        .find(|other| lookalike::skeleton(other) == skeleton);
    told.extend(double.map(|other| format!("the subject can be taken for {other}")));
    if told.is_empty() {
        findings.require(CheckId::RequestLookAlike, true, "like no other");
    }
    for words in told {
        findings.notice(CheckId::RequestLookAlike, words);
    }
}
