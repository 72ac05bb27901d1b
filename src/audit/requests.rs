//! Every request that a certificate was to be made of, under the rules that it passed before.

use std::collections::BTreeSet;

use super::findings::{AuditId, Findings};
use super::products::Bench;
use crate::check::cross::{CrossContext, cross};
use crate::check::request::succession::renewed;
use crate::check::request::{Claim, RequestContext, request};
use crate::digest::{Digest, hex};
use crate::ledger::entry::Event;
use crate::ledger::register::Register;
use crate::plan::Succession;
use crate::plan::document::ProductDocument;
use crate::x509::certificate::CertificateFields;
use crate::x509::escape::escape;
use crate::x509::name::Name;
use crate::x509::request::Request;

/// Checks the requests in the order of the plan: against what was issued before this ceremony,
/// the given root, and the requests before them.
pub(super) fn check(bench: &Bench<'_>, findings: &mut Findings) {
    let none = Register::default();
    let register = bench.before.map_or(&none, |before| &before.register);
    let root = &bench.authority.certificate.fields;
    let mut earlier: Vec<Claim> = Vec::new();
    let recorded = recorded(bench);
    let plan = bench.script.plan.iter();
    for (step, document) in plan.flat_map(|plan| plan.products()) {
        let Some(path) = &document.request else {
            continue;
        };
        let wanted = bench
            .script
            .wanted
            .iter()
            .flatten()
            .find(|one| one.request == *path);
        let intended = subject_intended(bench, &document.name);
        // Where the file cannot be read, the body tells what the certificate is called.
        let subject = wanted.map_or(intended.as_ref(), |one| one.profile.subject.as_ref());
        // Without the ceremonies before it nobody can tell what a certificate follows.
        let said = Succession::parse(document.succession.as_deref()).unwrap_or_default();
        let succession = bench.before.map_or(Succession::First, |_| said);
        let waivers = bench.script.waivers(&step.id);
        let bytes = bench.files.get(&format!("in/{path}"));
        let context = RequestContext {
            root_subject: Some(&root.subject),
            root_spki: Some(&root.spki),
            earlier: &earlier,
            spki_sha256: wanted.and_then(|one| one.spki_sha256),
            generate: wanted.and_then(|one| one.generate.as_ref()),
            subject,
            succession,
            profile: wanted.map(|one| &one.profile),
            lists: &bench.script.lists,
            policy: bench.script.policy(),
            waivers: &waivers.iter().collect::<Vec<_>>(),
            ..RequestContext::alone(path, register)
        };
        // What was never to be signed was looked at for people alone.
        let refused = intended.is_some().then(|| request(bytes, &context).err());
        let mut why = refused.flatten().and_then(|refusal| {
            // As it was planned, beside the others; on the day it was looked at by itself.
            findings.refuses(refusal, &waivers)
        });
        let alone = RequestContext {
            earlier: &[],
            ..context
        };
        let looked_at = (
            Some(step.id.as_str()),
            format!("request {path}"),
            Digest::of(bytes),
        );
        if recorded.contains(&(looked_at.0, looked_at.1.as_str(), looked_at.2)) {
            let found = findings.judge(looked_at, request(bytes, &alone), &waivers);
            why = why.or(found);
        }
        if let Some(why) = why {
            let words = format!("{}: {why}", escape(&document.name));
            findings.fail(AuditId::Product, escape(&format!("in/{path}")), words);
        }
        if let Ok(request) = Request::from_bytes(bytes) {
            check_kept(bench, document, &request, subject, findings);
            earlier.push(Claim::of(path, &request, subject));
        }
    }
    check_crosses(bench, register, &earlier, findings);
}

/// Everything that the transcript says was checked.
fn recorded<'e>(bench: &Bench<'e>) -> BTreeSet<(Option<&'e str>, &'e str, Digest)> {
    let entries = bench.story.entries.iter();
    let checks = entries.filter_map(|entry| match &entry.event {
        Ok(Event::Checked { what, sha256, .. }) => {
            Some((entry.step.as_deref(), what.as_str(), *sha256))
        }
        _ => None,
    });
    checks.collect()
}

/// A renewal keeps the key identifier of the certificate that it renews, as the ledger has it.
fn check_kept(
    bench: &Bench<'_>,
    document: &ProductDocument,
    request: &Request,
    subject: Option<&Name>,
    findings: &mut Findings,
) {
    let Some(before) = bench.before else { return };
    let subject = subject.unwrap_or(&request.subject);
    let renewal = document.succession.as_deref() == Succession::Renewal.word();
    let earlier = renewed(&before.register, &request.spki, subject).filter(|_| renewal);
    let kept = earlier.and_then(|earlier| earlier.key_identifier.as_deref().map(hex));
    findings.require(
        AuditId::Product,
        kept == document.kept_key_identifier,
        escape(&document.name),
        "the key identifier is not kept from the certificate that it renews",
    );
}

/// Every certificate that was to be cross-signed, under the rules that it passed before.
fn check_crosses(
    bench: &Bench<'_>,
    register: &Register,
    claims: &[Claim],
    findings: &mut Findings,
) {
    let root = &bench.authority.certificate.fields;
    let input = |path: &str| bench.files.get(&format!("in/{path}"));
    for plan in &bench.script.crosses {
        let name = &plan.product.name;
        let mut signings = bench.story.signings.iter();
        let Some(first) = signings.find(|one| one.product == name) else {
            continue;
        };
        let step = bench.script.product(name).map(|(step, _)| step.id.as_str());
        let waivers = bench.script.waivers(step.unwrap_or_default());
        let context = CrossContext {
            plan,
            issuer: plan.issuer.as_deref().map(input),
            root_subject: &root.subject,
            root_spki: Some(&root.spki),
            register,
            claims,
            lists: &bench.script.lists,
            policy: bench.script.policy(),
            now: Some(first.time),
            waivers: &waivers.iter().collect::<Vec<_>>(),
        };
        let bytes = input(&plan.certificate);
        let planned = cross(bytes, &context).err();
        let planned = planned.and_then(|refusal| findings.refuses(refusal, &waivers));
        let alone = CrossContext {
            claims: &[],
            ..context
        };
        let what = format!("certificate {}", plan.certificate);
        let subject = (step, what, Digest::of(bytes));
        let found = findings.judge(subject, cross(bytes, &alone), &waivers);
        if let Some(why) = planned.or(found) {
            let words = format!("{}: {why}", escape(name));
            let place = escape(&format!("in/{}", plan.certificate));
            findings.fail(AuditId::Product, place, words);
        }
    }
}

/// The subject in the first body that was intended to be signed for a product.
fn subject_intended(bench: &Bench<'_>, product: &str) -> Option<Name> {
    let mut signings = bench.story.signings.iter();
    let first = signings.find(|one| one.product == product)?;
    let fields = CertificateFields::from_tbs(first.body.as_ref()?).ok()?;
    Some(fields.subject)
}
