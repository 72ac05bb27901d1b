//! From a cleared request and its plan to the bytes that will be signed. Nothing here reads a
//! clock or a random number: both are given.

use crate::check::Cleared;
use crate::plan::cross::CrossPlan;
use crate::plan::profile::Profile;
use crate::plan::request::OwnRequest;
use crate::plan::{CrlPlan, IntermediatePlan, NewRoot, Product, profile, template};
use crate::x509::certificate::{Certificate, Issuer};
use crate::x509::cms;
use crate::x509::name::Name;
use crate::x509::possession::Challenge;
use crate::x509::public_key::{PublicKey, SignatureAlgorithm};
use crate::x509::request::Request;
use crate::x509::serial::Serial;
use crate::x509::tbs::{
    CertificateParts, CertificateTbs, CertificationRequestInfo, CrlParts, CrlTbs, SignedAttributes,
};
use crate::x509::time::UtcTime;
use crate::x509::tlv::DerError;

/// How far before now a certificate begins, in seconds: clocks of those who read it may lag.
pub const HEAD_START: i64 = 3600;

/// What the root is to itself while its certificate is being made, which begins then.
pub fn issuer_of_new_root(new: &NewRoot, key: &PublicKey, not_before: UtcTime) -> Issuer {
    Issuer {
        name: new.subject.clone(),
        spki: key.spki().to_vec(),
        key_identifier: new.key_identifier.of(key),
        not_before,
        not_after: template::last_second(not_before, new.validity),
        path_length: None,
        extended_key_usage: None,
    }
}

/// The body of a new root's certificate.
pub fn root(
    new: &NewRoot,
    key: &PublicKey,
    serial: &Serial,
    now: UtcTime,
) -> Result<CertificateTbs, DerError> {
    let issuer = issuer_of_new_root(new, key, now.offset(-HEAD_START));
    let extensions = profile::root_extensions(&new.key_usage, &issuer.key_identifier)?;
    Ok(CertificateParts {
        serial,
        algorithm: new.algorithm,
        issuer: &issuer.name,
        not_before: issuer.not_before,
        not_after: issuer.not_after,
        subject: &issuer.name,
        spki: key.spki(),
        extensions: &extensions,
    }
    .assemble())
}

/// The body of an intermediate's certificate. Of the request only its key is taken, and its
/// subject where the plan says so.
pub fn intermediate(
    request: &Cleared<Request>,
    plan: &IntermediatePlan,
    issuer: &Issuer,
    algorithm: SignatureAlgorithm,
    serial: &Serial,
    now: UtcTime,
) -> Result<CertificateTbs, DerError> {
    let certified = (&request.get().spki[..], &plan.subject, &plan.profile);
    below(certified, &plan.product, issuer, algorithm, serial, now)
}

/// The body of a cross-certificate: the existing one's name and key.
pub fn cross(
    existing: &Cleared<Certificate>,
    plan: &CrossPlan,
    issuer: &Issuer,
    algorithm: SignatureAlgorithm,
    serial: &Serial,
    now: UtcTime,
) -> Result<CertificateTbs, DerError> {
    let fields = &existing.get().fields;
    let certified = (&fields.spki[..], &fields.subject, &plan.profile);
    below(certified, &plan.product, issuer, algorithm, serial, now)
}

fn below(
    (spki, subject, profile): (&[u8], &Name, &Profile),
    product: &Product,
    issuer: &Issuer,
    algorithm: SignatureAlgorithm,
    serial: &Serial,
    now: UtcTime,
) -> Result<CertificateTbs, DerError> {
    let key = PublicKey::from_spki(spki).map_err(|error| DerError(error.to_string()))?;
    let planned = product.key_identifier.as_ref();
    let key_identifier = planned.map_or_else(Vec::new, |planned| planned.of(&key));
    let extensions = profile.extensions(&key_identifier, &issuer.key_identifier)?;
    // A root made minutes ago begins an hour before that; its children not earlier.
    let not_before = now.offset(-HEAD_START).max(issuer.not_before);
    Ok(CertificateParts {
        serial,
        algorithm,
        issuer: &issuer.name,
        not_before,
        not_after: product.validity.end(not_before, issuer.not_after),
        subject,
        spki,
        extensions: &extensions,
    }
    .assemble())
}

/// The body of a CRL: what it lists again keeps its bytes, what is new gets its date.
pub fn crl(
    plan: &CrlPlan,
    issuer: &Issuer,
    algorithm: SignatureAlgorithm,
    now: UtcTime,
) -> Result<CrlTbs, DerError> {
    let extensions = profile::crl_extensions(&issuer.key_identifier, plan.number)?;
    let entries = plan.carried.with(&plan.revoked, now)?;
    Ok(CrlParts {
        algorithm,
        issuer: &issuer.name,
        this_update: now,
        next_update: plan.product.validity.end(now, issuer.not_after),
        entries: &entries,
        extensions: &extensions,
    }
    .assemble())
}

/// The body of a request for the root's own key: what its certificate says of itself.
pub fn own_request(root: &Certificate) -> Result<CertificationRequestInfo, DerError> {
    OwnRequest::of(&root.fields)?.info()
}

/// What a token signs to prove that it holds a key.
pub fn possession(
    challenge: &Challenge,
    algorithm: SignatureAlgorithm,
    now: UtcTime,
) -> SignedAttributes {
    cms::signed_attributes(&challenge.content(), algorithm, now)
}
