//! Checks of a request: container, encoding, key, signature, names, what it asks for.

pub(super) mod form;
mod generated;
mod key;
pub mod lists;
mod lookalike;
mod names;
mod rsa;
pub mod succession;
mod wishes;

pub use wishes::dropped;

use super::{CheckId, Cleared, Finding, Findings, Refusal};
use crate::digest::Digest;
use crate::ledger::register::Register;
use crate::plan::generate::Generate;
use crate::plan::profile::Profile;
use crate::plan::{Policy, Succession, Waiver};
use crate::x509::name::Name;
use crate::x509::pem::PemError;
use crate::x509::public_key::{PublicKey, rsa_modulus};
use crate::x509::request::{Request, RequestError};
use lists::KeyLists;

/// What a request is checked against.
pub struct RequestContext<'a> {
    /// The file's path, for words.
    pub path: &'a str,
    /// The root's subject, where it is known.
    pub root_subject: Option<&'a Name>,
    /// The root's SPKI, where the root exists.
    pub root_spki: Option<&'a [u8]>,
    /// Everything the root has issued.
    pub register: &'a Register,
    /// Keys and subjects of the requests before it in this ceremony.
    pub earlier: &'a [Claim],
    /// SPKI digest that the ceremony file names.
    pub spki_sha256: Option<Digest>,
    /// How the ceremony file has Vault make the request.
    pub generate: Option<&'a Generate>,
    /// Subject that the profile puts in the request's place.
    pub subject: Option<&'a Name>,
    /// What its certificate follows.
    pub succession: Succession,
    /// What the certificate will say, where it is known.
    pub profile: Option<&'a Profile>,
    /// Keys that are known to be lost.
    pub lists: &'a KeyLists,
    /// What is allowed.
    pub policy: Policy,
    /// Refusals that the ceremony file puts aside in this step.
    pub waivers: &'a [&'a Waiver],
}

impl<'a> RequestContext<'a> {
    /// A request by itself: nothing is known beside it.
    pub fn alone(path: &'a str, register: &'a Register) -> Self {
        Self {
            path,
            root_subject: None,
            root_spki: None,
            register,
            earlier: &[],
            spki_sha256: None,
            generate: None,
            subject: None,
            succession: Succession::First,
            profile: None,
            lists: &KeyLists::NONE,
            policy: Policy::Private,
            waivers: &[],
        }
    }
}

/// What a request of this ceremony lays claim to.
#[derive(Clone, Debug)]
pub struct Claim {
    /// Its file.
    pub path: String,
    /// Digest of its SPKI.
    pub spki_sha256: Digest,
    /// The modulus of an RSA key.
    pub rsa_modulus: Option<Vec<u8>>,
    /// Its certificate's subject.
    pub subject: Name,
}

impl Claim {
    /// What a request claims, with the subject that the profile may put in its place.
    pub fn of(path: &str, request: &Request, subject: Option<&Name>) -> Self {
        Self {
            path: path.to_owned(),
            spki_sha256: Digest::of(&request.spki),
            rsa_modulus: rsa_modulus(&request.spki),
            subject: subject.unwrap_or(&request.subject).clone(),
        }
    }
}

/// Checks a request file. The first refusal of its container ends it; of the rest, all
/// findings are told.
pub fn request(
    bytes: &[u8],
    context: &RequestContext<'_>,
) -> Result<(Cleared<Request>, Vec<Finding>), Refusal> {
    let mut findings = Findings::default();
    let request = match Request::from_bytes(bytes) {
        Ok(request) => request,
        Err(error) => {
            return Err(findings.refuse(container_id(&error), error.to_string(), context.path));
        }
    };
    findings.require(
        CheckId::RequestSize,
        true,
        format!("{} octets", bytes.len()),
    );
    findings.require(CheckId::RequestPrivateKey, true, "none");
    findings.require(CheckId::RequestContainer, true, "one request");
    findings.require(CheckId::RequestDer, true, "PKCS#10 version 1");
    findings.require(CheckId::RequestAttributes, true, "present");
    let key = match key::read(&request.spki, &mut findings) {
        Ok(key) => key,
        Err((id, words)) => return Err(findings.refuse(id, words, context.path)),
    };
    let usable = rsa::check(&key, context, &mut findings);
    key::check_lists(&key, context, &mut findings);
    key::check_digest(&key, context, &mut findings);
    generated::check(&request, &key, context, &mut findings);
    key::check_consumer(&key, context, &mut findings);
    key::check_signature(&request, &key, usable, &mut findings);
    names::check(&request, context, &mut findings);
    key::check_is_new(&key, context, &mut findings);
    succession::check(&request, context, &mut findings);
    wishes::check(&request, &key, context, &mut findings);
    findings.waive(context.waivers);
    findings.clear(request, context.path)
}

/// What is found in a key by itself, wherever it stands: what a request's key must be, every
/// key that is certified must.
pub(super) fn key_alone(spki: &[u8]) -> Vec<Finding> {
    let mut findings = Findings::default();
    match key::read(spki, &mut findings) {
        Ok(key) => {
            let register = Register::default();
            rsa::check(&key, &RequestContext::alone("", &register), &mut findings);
            findings.list
        }
        Err((id, words)) => findings.refuse(id, words, "").findings,
    }
}

/// What is found in a key that no request brings: its form, the digest that the file names, the
/// lists of lost keys, the moduli of others, the consumer of its profile.
pub(super) fn key_within(spki: &[u8], context: &RequestContext<'_>) -> Vec<Finding> {
    let mut findings = Findings::default();
    match key::read(spki, &mut findings) {
        Ok(key) => {
            rsa::check(&key, context, &mut findings);
            key::check_lists(&key, context, &mut findings);
            key::check_digest(&key, context, &mut findings);
            key::check_consumer(&key, context, &mut findings);
            findings.list
        }
        Err((id, words)) => findings.refuse(id, words, context.path).findings,
    }
}

/// What is found in a request's own signature under a key that was judged elsewhere.
pub(super) fn possession(request: &Request, key: &PublicKey) -> Vec<Finding> {
    let mut findings = Findings::default();
    key::check_signature(request, key, true, &mut findings);
    findings.list
}

fn container_id(error: &RequestError) -> CheckId {
    match error {
        RequestError::Pem(PemError::TooLarge(_)) | RequestError::TooLarge(_) => {
            CheckId::RequestSize
        }
        RequestError::Pem(PemError::PrivateKey) => CheckId::RequestPrivateKey,
        RequestError::Pem(_) => CheckId::RequestContainer,
        RequestError::NoAttributes => CheckId::RequestAttributes,
        RequestError::Der(_) => CheckId::RequestDer,
    }
}
