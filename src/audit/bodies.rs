//! The body of one intent: under the rules it passed before it was signed, and against where it
//! comes from.

use super::findings::{AuditId, Findings};
use super::products::Bench;
use super::story::{Signing, at};
use crate::check;
use crate::check::crl::CrlContext;
use crate::check::own_request::{OwnRequestContext, own_request};
use crate::check::tbs::TbsContext;
use crate::ledger::kinds::BodyKind;
use crate::ledger::register::Register;
use crate::plan::document::ProductDocument;
use crate::plan::{CrlPlan, Product};
use crate::x509::certificate::{Certificate, CertificateFields, Issuer};
use crate::x509::crl::CrlFields;
use crate::x509::escape::escape;
use crate::x509::public_key::PublicKey;
use crate::x509::request::Request;
use crate::x509::serial::Serial;
use crate::x509::tbs::{CertificateTbs, CertificationRequestInfo, CrlTbs};

const BEFORE_ROOT: &str = "its signature was intended before there was a root";

/// The same checks that the body passed before it was signed, done again.
pub(super) fn check(
    bench: &Bench<'_>,
    document: &ProductDocument,
    product: &Product,
    signing: &Signing<'_>,
    body: &[u8],
    findings: &mut Findings,
) -> Result<(), String> {
    let subject = (
        signing.step,
        format!("{} {}", words_of(signing.kind), document.name),
        signing.sha256,
    );
    let none = Register::default();
    let register = bench.before.map_or(&none, |before| &before.register);
    let authority = bench.authority;
    let of_root = document.crl_number.is_some() || document.own_request;
    if of_root && bench.unmade.is_some() {
        return Err(BEFORE_ROOT.to_owned());
    }
    if document.own_request {
        let root = &authority.certificate.fields;
        let info = CertificationRequestInfo(body.to_vec());
        let result = own_request(info, &OwnRequestContext { product, root });
        return findings.judge(subject, result, &[]).map_or(Ok(()), Err);
    }
    if let Some(number) = document.crl_number {
        let fields = CrlFields::from_tbs(body).ok();
        let revoked = bench.script.past.revoked.values();
        let plan = CrlPlan {
            product: product.clone(),
            number,
            carried: bench.script.past.carried.clone(),
            revoked: revoked.map(|one| one.entry.clone()).collect(),
            after: bench.script.past.previous.map(|crl| crl.this_update),
        };
        let context = CrlContext {
            plan: &plan,
            issuer: &authority.issuer,
            algorithm: authority.algorithm,
            now: fields.map_or(signing.time, |fields| fields.this_update),
            register,
        };
        let result = check::crl::crl(CrlTbs(body.to_vec()), &context);
        return findings.judge(subject, result, &[]).map_or(Ok(()), Err);
    }
    let fields = CertificateFields::from_tbs(body).ok();
    let self_signed = document.unknown == "own";
    let unmade = fields
        .as_ref()
        .filter(|_| self_signed)
        .zip(bench.unmade.zip(bench.script.plan.as_ref()))
        .and_then(|(fields, (unmade, plan))| unmade.issuer(plan, fields));
    // A root's body that was replaced by another has dates of its own.
    let itself = fields
        .as_ref()
        .filter(|_| self_signed)
        .map(|fields| Issuer {
            not_before: fields.not_before,
            not_after: fields.not_after,
            ..authority.issuer.clone()
        });
    let own = fields.and_then(|fields| PublicKey::from_spki(&fields.spki).ok());
    let (issuer, root_key, algorithm) = match &unmade {
        Some((issuer, key, algorithm)) => (issuer, *key, *algorithm),
        None if bench.unmade.is_some() => {
            return Err(BEFORE_ROOT.to_owned());
        }
        None => {
            let issuer = itself.as_ref().unwrap_or(&authority.issuer);
            (issuer, &authority.key, authority.algorithm)
        }
    };
    let key = own
        .filter(|_| !self_signed)
        .unwrap_or_else(|| root_key.clone());
    let serials = other_serials(bench, signing.product);
    let context = TbsContext {
        product,
        issuer,
        self_signed,
        algorithm,
        key: &key,
        now: signing.time,
        register,
        serials: &serials,
    };
    let result = check::tbs::certificate(CertificateTbs(body.to_vec()), &context);
    findings.judge(subject, result, &[]).map_or(Ok(()), Err)
}

/// What a check of such a body is called in the transcript.
pub(super) fn words_of(kind: BodyKind) -> &'static str {
    match kind {
        BodyKind::Crl => "CRL",
        BodyKind::Certificate | BodyKind::Request | BodyKind::Possession => kind.word(),
    }
}

fn other_serials(bench: &Bench<'_>, product: &str) -> Vec<Serial> {
    bench
        .story
        .signings
        .iter()
        .filter(|one| one.product != product)
        .filter_map(|one| one.serial.clone())
        .collect()
}

/// Key and, where the ceremony file does not name another, subject are the request's; a CRL
/// is dated when it was to be signed.
pub(super) fn check_origin(
    bench: &Bench<'_>,
    document: &ProductDocument,
    signing: &Signing<'_>,
    body: &[u8],
    findings: &mut Findings,
) {
    let mut require = |holds: bool, words: &str| {
        let words = format!("{}: {words}", escape(&document.name));
        findings.require(AuditId::Product, holds, at(signing.n), words);
    };
    if document.crl_number.is_some() {
        let day = 24 * 3600;
        let fresh = CrlFields::from_tbs(body).is_ok_and(|fields| {
            fields.this_update <= signing.time && fields.this_update >= signing.time.offset(-day)
        });
        return require(fresh, "thisUpdate is not the day of its intent");
    }
    if let (Some(path), Ok(fields)) = (&document.certificate, CertificateFields::from_tbs(body)) {
        let existing = Certificate::from_file(bench.files.get(&format!("in/{path}")));
        let same = existing.is_ok_and(|existing| {
            let own = &existing.fields;
            (&fields.subject, &fields.spki) == (&own.subject, &own.spki)
                && fields.subject_key_identifier() == own.subject_key_identifier()
        });
        return require(
            same,
            "its subject, key and key identifier are not the existing certificate's",
        );
    }
    let (Some(path), Ok(fields)) = (&document.request, CertificateFields::from_tbs(body)) else {
        return;
    };
    let bytes = bench.files.get(&format!("in/{path}"));
    let Ok(request) = Request::from_bytes(bytes) else {
        return require(false, "its request cannot be read");
    };
    require(fields.spki == request.spki, "its key is not the request's");
    if let Some(wanted) = &bench.script.wanted {
        let named = wanted.iter().find(|one| one.request == *path);
        let wanted = named
            .and_then(|one| one.profile.subject.as_ref())
            .unwrap_or(&request.subject);
        require(
            fields.subject == *wanted,
            "its subject is neither the request's nor the file's",
        );
    }
}
