//! Checks of a request: container, encoding, key, signature, names, what it asks for.

use super::subject::{self, Form};
use super::{CheckId, Cleared, Finding, Findings, Refusal};
use crate::digest::Digest;
use crate::ledger::register::Register;
use crate::plan::profile::Profile;
use crate::plan::{Policy, Waiver};
use crate::x509::extension::Extension;
use crate::x509::name::Name;
use crate::x509::pem::PemError;
use crate::x509::public_key::{KeyKind, PublicKey, SignatureAlgorithm, algorithm_name};
use crate::x509::request::{Request, RequestError};

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
    /// Subject that the profile puts in the request's place.
    pub subject: Option<&'a Name>,
    /// What the certificate will say, where it is known.
    pub profile: Option<&'a Profile>,
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
            subject: None,
            profile: None,
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
    /// Its certificate's subject.
    pub subject: Name,
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
    let key = match PublicKey::from_spki(&request.spki) {
        Ok(key) => key,
        Err(error) => {
            return Err(findings.refuse(CheckId::RequestKeyType, error.to_string(), context.path));
        }
    };
    findings.require(CheckId::RequestKeyType, true, key.kind().to_string());
    let usable = check_rsa(&key, &mut findings);
    check_digest(&key, context, &mut findings);
    check_signature(&request, &key, usable, &mut findings);
    check_names(&request, context, &mut findings);
    check_key_is_new(&key, context, &mut findings);
    list_dropped(&request, &mut findings);
    findings.waive(context.waivers);
    findings.clear(request, context.path)
}

fn container_id(error: &RequestError) -> CheckId {
    match error {
        RequestError::Pem(PemError::TooLarge(_)) | RequestError::TooLarge(_) => {
            CheckId::RequestSize
        }
        RequestError::Pem(PemError::PrivateKey) => CheckId::RequestPrivateKey,
        RequestError::Pem(_) => CheckId::RequestContainer,
        RequestError::Der(_) => CheckId::RequestDer,
    }
}

/// Whether signatures under the key can be verified at all.
fn check_rsa(key: &PublicKey, findings: &mut Findings) -> bool {
    let (KeyKind::Rsa { bits }, Some((modulus, exponent))) = (key.kind(), key.rsa_numbers()) else {
        return true;
    };
    let fits = (2048..=8192).contains(&bits) && bits % 8 == 0;
    let size = findings.require(
        CheckId::RequestRsaSize,
        fits,
        if fits {
            format!("{bits} bits")
        } else {
            format!("{bits} bits; 2048 to 8192 are taken")
        },
    );
    let odd = |number: &[u8]| number.last().is_some_and(|low| low & 1 == 1);
    // At least 65537: longer than two octets, and below 2^256: at most 32.
    let in_range = (3..=32).contains(&exponent.len());
    let exponent = findings.require(
        CheckId::RequestRsaExponent,
        in_range && odd(&exponent) && odd(&modulus),
        format!(
            "exponent 0x{}",
            crate::digest::hex(&exponent[..exponent.len().min(40)])
        ),
    );
    size && exponent
}

fn check_digest(key: &PublicKey, context: &RequestContext<'_>, findings: &mut Findings) {
    let found = key.digest();
    match context.spki_sha256 {
        Some(expected) => {
            findings.require(
                CheckId::RequestSpki,
                expected == found,
                if expected == found {
                    format!("SPKI sha-256 {found}")
                } else {
                    format!("SPKI sha-256 {found}, the ceremony file says {expected}")
                },
            );
        }
        None => findings.notice(
            CheckId::RequestSpki,
            format!("the ceremony file names no digest; SPKI sha-256 {found}"),
        ),
    }
}

fn check_signature(request: &Request, key: &PublicKey, usable: bool, findings: &mut Findings) {
    let name = algorithm_name(&request.algorithm);
    let algorithm = SignatureAlgorithm::from_der(&request.algorithm)
        .filter(|algorithm| algorithm.is_rsa() == matches!(key.kind(), KeyKind::Rsa { .. }));
    let words = match algorithm {
        Some(_) => name,
        None => format!("signed with {name}, which is not taken for this key"),
    };
    findings.require(CheckId::RequestAlgorithm, algorithm.is_some(), words);
    let Some(algorithm) = algorithm else { return };
    // A key that is refused already verifies nothing here, and the signature may be sound.
    if !usable {
        return;
    }
    let verifies = key.verifies(algorithm, &request.info, &request.signature);
    findings.require(
        CheckId::RequestPossession,
        verifies,
        if verifies {
            "the request's own signature verifies"
        } else {
            "the request's own signature does not verify"
        },
    );
}

fn check_names(request: &Request, context: &RequestContext<'_>, findings: &mut Findings) {
    let subject = context.subject.unwrap_or(&request.subject);
    let shown = if subject.is_empty() {
        "the subject is empty".to_owned()
    } else {
        subject.to_string()
    };
    if !findings.require(CheckId::RequestSubjectEmpty, !subject.is_empty(), shown) {
        return;
    }
    match subject::form(subject) {
        Form::Good => {
            findings.require(CheckId::RequestSubjectForm, true, "readable, in DER");
        }
        Form::Unusual(words) => findings.notice(CheckId::RequestSubjectForm, words),
        Form::Bad(words) => {
            findings.require(CheckId::RequestSubjectForm, false, words);
        }
    }
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
    let known = context.register.by_subject(subject).map(|known| {
        format!(
            "ceremony {} has issued {} under this name",
            known.ceremony, known.product
        )
    });
    let taken = known.or_else(|| {
        let earlier = context
            .earlier
            .iter()
            .find(|one| one.subject.folded() == subject.folded());
        earlier.map(|one| {
            format!(
                "{} has this name too",
                crate::x509::escape::escape(&one.path)
            )
        })
    });
    if looks_like_root {
        return;
    }
    let words = taken
        .clone()
        .unwrap_or_else(|| "not in the register".to_owned());
    findings.require(CheckId::RequestSubjectTaken, taken.is_none(), words);
}

fn check_key_is_new(key: &PublicKey, context: &RequestContext<'_>, findings: &mut Findings) {
    let is_root = context.root_spki.is_some_and(|root| root == key.spki());
    findings.require(
        CheckId::RequestKeyIssuer,
        !is_root,
        if is_root {
            "the key is the root's own"
        } else {
            "not the root's key"
        },
    );
    if is_root {
        return;
    }
    let digest = key.digest();
    let known = context.register.by_key(&digest).map(|known| {
        format!(
            "ceremony {} certified this key as {}",
            known.ceremony, known.product
        )
    });
    let taken = known.or_else(|| {
        let earlier = context.earlier.iter().find(|one| one.spki_sha256 == digest);
        earlier.map(|one| {
            format!(
                "{} has this key too",
                crate::x509::escape::escape(&one.path)
            )
        })
    });
    let words = taken
        .clone()
        .unwrap_or_else(|| "not in the register".to_owned());
    findings.require(CheckId::RequestKeyTaken, taken.is_none(), words);
}

/// Everything the request asks for and will not get.
fn list_dropped(request: &Request, findings: &mut Findings) {
    let dropped = dropped(request);
    if dropped.is_empty() {
        findings.require(CheckId::RequestExtensions, true, "asks for nothing else");
        return;
    }
    for words in dropped {
        findings.notice(CheckId::RequestExtensions, format!("dropped: {words}"));
    }
}

/// What a request asks for beside its key and subject, for people.
pub fn dropped(request: &Request) -> Vec<String> {
    let extensions = request.extensions.iter().map(Extension::describe);
    let attributes = request
        .other_attributes
        .iter()
        .map(|name| format!("attribute {name}"));
    extensions.chain(attributes).map(shortened).collect()
}

/// A wish may be as long as the request; its record and its page are not.
pub(super) fn shortened(words: String) -> String {
    if words.chars().count() <= 200 {
        return words;
    }
    let start: String = words.chars().take(200).collect();
    format!("{start}... ({} characters)", words.chars().count())
}
