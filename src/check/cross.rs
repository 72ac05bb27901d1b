//! Checks of a certificate that is to be cross-signed: what it is by itself, whose name and key
//! it has, and that the cross-certificate allows no more than it does.

use super::certificate::{CertificateContext, Role, certificate};
use super::extensions::{is_nested, usage_words};
use super::request::lists::KeyLists;
use super::request::succession::{renewed, revoked_key};
use super::request::{Claim, RequestContext, key_within};
use super::{CheckId, Cleared, Finding, Findings, Outcome, Refusal};
use crate::digest::Digest;
use crate::ledger::register::Register;
use crate::plan::cross::{CrossPlan, constraints_of};
use crate::plan::{Policy, Waiver};
use crate::x509::certificate::Certificate;
use crate::x509::escape::escape;
use crate::x509::name::Name;
use crate::x509::name_constraints::{NameConstraints, Subtree, words};
use crate::x509::time::UtcTime;

/// What it is checked against.
pub struct CrossContext<'a> {
    /// What is planned.
    pub plan: &'a CrossPlan,
    /// The file of its issuer's certificate, where one is named.
    pub issuer: Option<&'a [u8]>,
    /// The root's subject.
    pub root_subject: &'a Name,
    /// The root's SPKI, where the root exists.
    pub root_spki: Option<&'a [u8]>,
    /// Everything the root has issued.
    pub register: &'a Register,
    /// Keys and subjects of this ceremony's requests.
    pub claims: &'a [Claim],
    /// Keys that are known to be lost.
    pub lists: &'a KeyLists,
    /// What is allowed.
    pub policy: Policy,
    /// The time: not known when planning.
    pub now: Option<UtcTime>,
    /// Refusals that the ceremony file puts aside in this step.
    pub waivers: &'a [&'a Waiver],
}

/// Checks a certificate file.
pub fn cross(
    bytes: &[u8],
    context: &CrossContext<'_>,
) -> Result<(Cleared<Certificate>, Vec<Finding>), Refusal> {
    let path = &context.plan.certificate;
    let issuer = match (context.issuer, &context.plan.issuer) {
        (Some(bytes), Some(path)) => {
            let alone = CertificateContext::alone(path);
            Some(certificate(bytes, &alone)?.0.into_inner())
        }
        _ => None,
    };
    let own = CertificateContext {
        role: Role::Ca,
        issuer: issuer.as_ref(),
        now: context.now,
        ..CertificateContext::alone(path)
    };
    let (cleared, list) = certificate(bytes, &own)?;
    let existing = cleared.into_inner();
    let verified = list.iter().any(|finding| {
        finding.id == CheckId::CertificateSignature && finding.outcome == Outcome::Pass
    });
    let mut findings = Findings { list };
    let words = if verified {
        "verifies"
    } else {
        "it is not self-signed, and its issuer is not given"
    };
    findings.require(CheckId::CrossSignature, verified, words);
    if let Some(now) = context.now {
        let end = existing.fields.not_after;
        let words = format!("ends {}", end.readable());
        findings.require(CheckId::CrossExpired, now <= end, words);
    }
    let key = RequestContext {
        root_spki: context.root_spki,
        earlier: context.claims,
        spki_sha256: context.plan.spki_sha256,
        profile: Some(&context.plan.profile),
        lists: context.lists,
        policy: context.policy,
        ..RequestContext::alone(path, context.register)
    };
    findings
        .list
        .extend(key_within(&existing.fields.spki, &key));
    names(&existing, context, &mut findings);
    keys(&existing, context, &mut findings);
    limits(&existing, context, &mut findings);
    findings.waive(context.waivers);
    findings.clear(existing, path)
}

/// Not our name, unless it is a root of that name with another key: the old one and the new.
fn names(existing: &Certificate, context: &CrossContext<'_>, findings: &mut Findings) {
    let fields = &existing.fields;
    let subject = &fields.subject;
    let ours = subject.folded() == context.root_subject.folded();
    let same_key = context.root_spki == Some(fields.spki.as_slice());
    let rollover = subject == context.root_subject && fields.issuer == *subject && !same_key;
    let id = CheckId::CrossName;
    let words = match (ours, rollover) {
        (false, _) => "not the root's name",
        (true, true) => "the root's own name, in a root with another key",
        (true, false) => "the root's own name",
    };
    findings.require(id, !ours || rollover, words);
    if ours && rollover {
        findings.notice(
            id,
            "a root of the same name rolls over to this key: the cross-certificate is self-issued",
        );
    }
    let key = Digest::of(&fields.spki);
    let mut issued = context.register.issued.iter();
    let taken = issued
        .find(|one| one.spki_sha256 != key && one.subject.folded() == subject.folded() && !rollover)
        .map(|one| {
            format!(
                "ceremony {} has certified another key under this name",
                one.ceremony
            )
        });
    let taken = taken.or_else(|| {
        let mut claims = context.claims.iter();
        claims
            .find(|one| one.subject.folded() == subject.folded())
            .map(|one| format!("{} has this name too", escape(&one.path)))
    });
    let words = taken.clone().unwrap_or_else(|| subject.to_string());
    findings.require(CheckId::CrossNameTaken, taken.is_none(), words);
}

/// A key of its own, or the one that this root has certified under the same name before.
fn keys(existing: &Certificate, context: &CrossContext<'_>, findings: &mut Findings) {
    let fields = &existing.fields;
    let key = Digest::of(&fields.spki);
    let known = context.register.by_key(&key);
    let earlier = renewed(context.register, &fields.spki, &fields.subject);
    let claimed = context.claims.iter().find(|one| one.spki_sha256 == key);
    let fault = if context.root_spki == Some(fields.spki.as_slice()) {
        Some("the key is the root's own".to_owned())
    } else if let Some(claim) = claimed {
        Some(format!("{} has this key too", escape(&claim.path)))
    } else {
        known
            .filter(|_| earlier.is_none())
            .map(|known| format!("this key is certified as {}", known.subject))
    };
    let words = fault
        .clone()
        .unwrap_or_else(|| format!("SPKI sha-256 {key}"));
    findings.require(CheckId::CrossKey, fault.is_none(), words);
    if let Some(earlier) = earlier {
        let words = format!(
            "this root has certified this key and name before: a renewal of {}",
            earlier.serial
        );
        findings.notice(CheckId::CrossKey, words);
    }
    let revoked = revoked_key(context.register, &key);
    let words = revoked.map_or_else(
        || "no certificate of this key is revoked".to_owned(),
        |one| format!("the certificate {} of this key is revoked", one.serial),
    );
    findings.require(CheckId::CrossRevoked, revoked.is_none(), words);
}

/// The cross-certificate allows no more than the existing one.
fn limits(existing: &Certificate, context: &CrossContext<'_>, findings: &mut Findings) {
    let fields = &existing.fields;
    let profile = &context.plan.profile;
    let room = fields.basic_constraints().and_then(|(_, length)| length);
    let own = profile.path_length;
    let fits = room.is_none_or(|room| own.is_some_and(|own| u32::from(own) <= room));
    let shown = |length: Option<u32>| length.map_or("none".to_owned(), |length| length.to_string());
    let words = format!(
        "{}, the existing one has {}",
        shown(own.map(u32::from)),
        shown(room)
    );
    findings.require(CheckId::CrossPathLength, fits, words);
    let usages = fields.extended_key_usage();
    let nested = is_nested(&profile.extended_key_usage, usages.as_deref());
    let words = usages.map_or("the existing one has none".to_owned(), |list| {
        format!("the existing one has {}", usage_words(&list))
    });
    findings.require(CheckId::CrossExtendedUsage, nested, words);
    let outer = constraints_of(existing);
    let words = beyond(&profile.constraints, &outer).map(|list| format!("reaches beyond {list}"));
    let holds = words.is_none();
    let words = words.unwrap_or_else(|| "within the existing one's".to_owned());
    findings.require(CheckId::CrossConstraints, holds, words);
}

/// What of the outer constraints the inner ones let through.
fn beyond(inner: &NameConstraints, outer: &NameConstraints) -> Option<String> {
    let form = |one: &Subtree| std::mem::discriminant(one);
    let covered = |list: &[Subtree], one: &Subtree| {
        list.iter().any(|other| other == one || other.covers(one))
    };
    let permitted = outer.permitted.iter().filter(|limit| {
        // A form that is limited outside must be limited inside, and within it.
        let mut own = inner
            .permitted
            .iter()
            .filter(|one| form(one) == form(limit))
            .peekable();
        own.peek().is_none() || own.any(|one| !covered(&outer.permitted, one))
    });
    let excluded = outer
        .excluded
        .iter()
        .filter(|limit| !covered(&inner.excluded, limit));
    let let_through: Vec<Subtree> = permitted.chain(excluded).cloned().collect();
    (!let_through.is_empty()).then(|| words(&let_through))
}
