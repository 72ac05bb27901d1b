//! Every product against the plan and the given root: bodies, repeats, signatures, and what
//! the transcript says of them.

use super::Before;
use super::adoption::Adopting;
use super::authority::Authority;
use super::bodies;
use super::files::Files;
use super::findings::{AuditId, Findings};
use super::report::ProductFact;
use super::script::Script;
use super::story::{Signing, Story, at};
use super::unmade::Unmade;
use super::{copies, possession};
use crate::check::{Finding, Refusal, issued};
use crate::digest::Digest;
use crate::ledger::entry::Event;
use crate::ledger::kinds::{BodyKind, CeremonyOutcome};
use crate::plan::Succession;
use crate::plan::cert_manager::CertManager;
use crate::plan::document::ProductDocument;
use crate::x509::certificate::{Certificate, CertificateFields};
use crate::x509::crl::CrlFields;
use crate::x509::escape::escape;
use crate::x509::public_key::SignatureAlgorithm;
use crate::x509::request::{Request, RequestFields};
use crate::x509::tbs::signed_object;
use crate::x509::time::UtcTime;

/// A signed product, put together.
#[derive(Clone, Debug)]
pub(super) struct Made {
    /// Its name in the plan.
    pub name: String,
    /// Mount of an intermediate.
    pub mount: Option<String>,
    /// What an intermediate follows.
    pub succession: Succession,
    /// What cert-manager is told of an intermediate's mount.
    pub cert_manager: Option<CertManager>,
    /// Another CA's certificate, certified anew.
    pub is_cross: bool,
    /// A CRL, not a certificate.
    pub is_crl: bool,
    /// A request for the root's own key.
    pub is_request: bool,
    /// The root itself.
    pub is_root: bool,
    /// The whole, DER.
    pub der: Vec<u8>,
    /// nextUpdate of a CRL.
    pub next_update: Option<UtcTime>,
}

/// All that the products are checked against.
pub(super) struct Bench<'w> {
    pub authority: &'w Authority<'w>,
    pub script: &'w Script,
    pub story: &'w Story<'w>,
    pub files: &'w Files,
    pub before: Option<&'w Before>,
    /// What the ceremony takes over.
    pub adopting: Option<&'w Adopting>,
    /// The root that was to be made and was not.
    pub unmade: Option<&'w Unmade>,
}

/// Checks all products; gives back those that are signed, in the order of the plan, and the
/// facts of all.
pub(super) fn check(bench: &Bench<'_>, findings: &mut Findings) -> (Vec<Made>, Vec<ProductFact>) {
    for id in [AuditId::Intent, AuditId::Product, AuditId::Issued] {
        findings.begun(id);
    }
    let (mut made, mut facts) = (Vec::new(), Vec::new());
    for signing in &bench.story.signings {
        check_intent(bench, signing, findings);
    }
    let Some(plan) = &bench.script.plan else {
        return (made, facts);
    };
    for (_, document) in plan.products() {
        let of = |one: &&Signing<'_>| one.product == document.name;
        let intents: Vec<&Signing<'_>> = bench.story.signings.iter().filter(of).collect();
        let signed = intents.iter().find(|one| one.result.is_some());
        if let Some(shown) = signed.or(intents.last()) {
            facts.extend(fact(document, shown, bench.authority.algorithm));
        }
        if let Some(signed) = signed {
            made.extend(check_signed(bench, document, signed, findings));
        }
    }
    check_issued(bench, &made, findings);
    (made, facts)
}

fn check_intent(bench: &Bench<'_>, signing: &Signing<'_>, findings: &mut Findings) {
    let place = || at(signing.n);
    if signing.kind == BodyKind::Possession {
        let adopts = bench.adopting.map(|adopting| adopting.step.as_str());
        let asked =
            adopts == Some(signing.product) || copies::is_planned(bench.script, signing.product);
        possession::check(signing, asked, bench.files, bench.authority, findings);
        return check_repeats(bench, signing, false, findings);
    }
    let Some((step, document)) = bench.script.product(signing.product) else {
        let words = format!("{} is not planned", escape(signing.product));
        return findings.fail(AuditId::Intent, place(), words);
    };
    let mut require = |holds: bool, words: &str| {
        findings.require(AuditId::Intent, holds, place(), words);
    };
    let kind = kind_of(document);
    require(
        signing.kind == kind && signing.step == Some(&step.id),
        "its kind or its step is not the planned one",
    );
    // One serial number is bound to one body; only the stricter policy takes another number.
    let may_differ = bench.script.webtrust() && kind == BodyKind::Certificate;
    check_repeats(bench, signing, may_differ, findings);
    if let (Some(body), Some(product)) = (&signing.body, bench.script.planned(document)) {
        if let Err(why) = bodies::check(bench, document, &product, signing, body, findings) {
            let words = format!("{}: {why}", escape(signing.product));
            findings.fail(AuditId::Product, place(), words);
        }
        bodies::check_origin(bench, document, signing, body, findings);
    }
}

/// What an intent and an issued record call a planned product.
fn kind_of(document: &ProductDocument) -> BodyKind {
    match document {
        ProductDocument {
            crl_number: Some(_),
            ..
        } => BodyKind::Crl,
        ProductDocument {
            own_request: true, ..
        } => BodyKind::Request,
        _ => BodyKind::Certificate,
    }
}

/// An intent that repeats another says so, and has its body.
fn check_repeats(
    bench: &Bench<'_>,
    signing: &Signing<'_>,
    may_differ: bool,
    findings: &mut Findings,
) {
    let mut require = |holds: bool, words: &str| {
        findings.require(AuditId::Intent, holds, at(signing.n), words);
    };
    let earlier: Vec<&Signing<'_>> = bench
        .story
        .signings
        .iter()
        .filter(|one| one.product == signing.product && one.n < signing.n)
        .collect();
    let last = earlier.last();
    let repeats = last.filter(|last| last.sha256 == signing.sha256);
    require(
        signing.again_of == repeats.map(|last| last.n),
        "it does not say which intent it repeats",
    );
    require(
        last.is_none() || repeats.is_some() || may_differ,
        "another body for the same product",
    );
}

fn check_signed(
    bench: &Bench<'_>,
    document: &ProductDocument,
    signed: &Signing<'_>,
    findings: &mut Findings,
) -> Option<Made> {
    let authority = bench.authority;
    let body = signed.body.as_ref()?;
    let (n, algorithm, signature) = signed.result.as_ref()?;
    let mut require = |holds: bool, words: &str| {
        let words = format!("{}: {words}", escape(&document.name));
        findings.require(AuditId::Product, holds, at(*n), words)
    };
    require(
        *algorithm == authority.algorithm,
        "the algorithm is not the root's",
    );
    let signature = signature.as_deref().unwrap_or_default();
    require(
        authority.signed(body, signature),
        "the signature does not verify under the given root",
    );
    let der = signed_object(body, authority.algorithm, signature);
    let subject = (
        signed.step,
        format!("issued {}", document.name),
        Digest::of(&der),
    );
    let result = issued_again(signed.kind, body, authority, signature, &document.name);
    if let Some(why) = findings.judge(subject, result, &[]) {
        let words = format!("{}: {why}", escape(&document.name));
        findings.fail(AuditId::Product, at(*n), words);
    }
    let is_root = document.unknown == "own" && !document.own_request;
    if is_root {
        let same = der == authority.certificate.der;
        findings.require(
            AuditId::Root,
            same,
            at(*n),
            "the root that this ceremony issued is not the given one",
        );
    }
    Some(Made {
        name: document.name.clone(),
        mount: document.mount.as_deref().map(escape),
        succession: Succession::parse(document.succession.as_deref()).unwrap_or_default(),
        cert_manager: document.cert_manager.clone(),
        is_cross: document.certificate.is_some(),
        is_crl: document.crl_number.is_some(),
        is_request: document.own_request,
        is_root,
        der,
        next_update: CrlFields::from_tbs(body)
            .ok()
            .map(|fields| fields.next_update),
    })
}

/// What is found of a product when it is put together.
fn issued_again(
    kind: BodyKind,
    body: &[u8],
    authority: &Authority<'_>,
    signature: &[u8],
    name: &str,
) -> Result<((), Vec<Finding>), Refusal> {
    let (key, algorithm) = (&authority.key, authority.algorithm);
    let signed = (body, signature);
    match kind {
        BodyKind::Crl => issued::crl_again(signed, key, algorithm, name),
        BodyKind::Request => issued::request_again(signed, key, algorithm, name),
        BodyKind::Certificate | BodyKind::Possession => {
            issued::certificate_again(signed, key, algorithm, name)
        }
    }
}

/// Issued records: once for each signed product, after its signature, and true.
fn check_issued(bench: &Bench<'_>, made: &[Made], findings: &mut Findings) {
    let mut seen: Vec<&str> = Vec::new();
    for (n, event) in &bench.story.issued {
        let Event::Issued { product, .. } = event else {
            continue;
        };
        let mut require = |holds: bool, words: &str| {
            let words = format!("{}: {words}", escape(product));
            findings.require(AuditId::Issued, holds, at(*n), words);
        };
        require(!seen.contains(&product.as_str()), "issued twice");
        seen.push(product);
        let Some(made) = made.iter().find(|one| one.name == *product) else {
            require(false, "issued without a signature");
            continue;
        };
        let signed_before = bench.story.signings.iter().any(|one| {
            one.product == product && one.result.as_ref().is_some_and(|(at, ..)| at < n)
        });
        require(signed_before, "issued before it was signed");
        require(
            says(bench, made, event),
            "the record is not what its bytes say",
        );
    }
    let completed = bench.story.outcome == Some(CeremonyOutcome::Completed);
    findings.begun(AuditId::Complete);
    if !completed {
        return;
    }
    let planned: Vec<&str> = bench
        .script
        .plan
        .iter()
        .flat_map(|plan| plan.products())
        .map(|(_, product)| product.name.as_str())
        .collect();
    let last = bench.story.entries.last().map_or(0, |entry| entry.n);
    findings.require(
        AuditId::Complete,
        seen == planned,
        at(last),
        "completed, though not every planned product was issued once in its order",
    );
    findings.require(
        AuditId::Complete,
        bench.story.handed_over.is_some(),
        at(last),
        "completed without a hand-over",
    );
}

/// Whether an issued record says what the product's bytes say.
fn says(bench: &Bench<'_>, made: &Made, event: &Event) -> bool {
    let Event::Issued {
        kind,
        subject,
        serial,
        crl_number,
        spki_sha256,
        request_sha256,
        sha256,
        files,
        ..
    } = event
    else {
        return false;
    };
    let request = bench
        .script
        .product(&made.name)
        .and_then(|(_, document)| document.request.as_ref().or(document.certificate.as_ref()))
        .map(|path| Digest::of(bench.files.get(&format!("in/{path}"))));
    let paths = super::out::files_of(made, bench.authority, false)
        .map(|list| list.into_iter().map(|(path, _)| path).collect::<Vec<_>>());
    let common = *sha256 == Digest::of(&made.der)
        && *request_sha256 == request
        && paths.is_some_and(|paths| paths.iter().eq(files.iter().map(|file| &file.path)));
    if made.is_crl {
        let number = crate::x509::crl::Crl::from_der(&made.der)
            .ok()
            .and_then(|crl| crl.fields.number());
        return common
            && *kind == BodyKind::Crl
            && *crl_number == number
            && (subject, serial, spki_sha256) == (&None, &None, &None);
    }
    if made.is_request {
        return Request::from_der(&made.der).is_ok_and(|own| {
            common
                && *kind == BodyKind::Request
                && *subject == Some(own.subject.to_string())
                && *spki_sha256 == Some(Digest::of(&own.spki))
                && (serial, crl_number) == (&None, &None)
        });
    }
    Certificate::from_der(&made.der).is_ok_and(|certificate| {
        let fields = &certificate.fields;
        common
            && *kind == BodyKind::Certificate
            && *subject == Some(fields.subject.to_string())
            && *serial == Some(fields.serial.to_string())
            && *spki_sha256 == Some(Digest::of(&fields.spki))
            && crl_number.is_none()
    })
}

fn fact(
    document: &ProductDocument,
    shown: &Signing<'_>,
    algorithm: SignatureAlgorithm,
) -> Option<ProductFact> {
    let body = shown.body.as_ref()?;
    let sha256 = shown.result.as_ref().map(|(_, _, signature)| {
        let signature = signature.as_deref().unwrap_or_default();
        Digest::of(&signed_object(body, algorithm, signature))
    });
    let fact = ProductFact {
        name: escape(&document.name),
        kind: shown.kind,
        subject: None,
        serial: None,
        not_after: None,
        mount: document.mount.as_deref().map(escape),
        crl_number: document.crl_number,
        spki_sha256: None,
        sha256,
    };
    if document.crl_number.is_some() {
        let fields = CrlFields::from_tbs(body).ok()?;
        return Some(ProductFact {
            not_after: Some(fields.next_update.to_string()),
            ..fact
        });
    }
    if document.own_request {
        let fields = RequestFields::from_info(body).ok()?;
        return Some(ProductFact {
            subject: Some(fields.subject.to_string()),
            spki_sha256: Some(Digest::of(&fields.spki)),
            ..fact
        });
    }
    let fields = CertificateFields::from_tbs(body).ok()?;
    Some(ProductFact {
        subject: Some(fields.subject.to_string()),
        serial: Some(fields.serial.to_string()),
        not_after: Some(fields.not_after.to_string()),
        spki_sha256: Some(Digest::of(&fields.spki)),
        ..fact
    })
}
