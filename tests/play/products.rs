//! Judges of what a ceremony leaves: rustls-webpki for chains, rcgen for bytes, the
//! transcript for files.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use anchorite::digest::{Digest, unhex};
use anchorite::handover::{self, Crl, Handover, Intermediate, OwnRequest, Revoked};
use anchorite::ledger::entry::{Entry, Event};
use anchorite::plan::document::RevokeDocument;
use anchorite::plan::{Plan, StepPlan};
use anchorite::x509::certificate::{Certificate, CertificateFields};
use anchorite::x509::crl::CrlFields;
use anchorite::x509::public_key::{Curve, KeyKind, PublicKey, SignatureAlgorithm};
use anchorite::x509::request::Request;
use anchorite::x509::tbs::signed_object;
use anchorite::x509::tlv::{bit_string_octets, sequence_of};
use rcgen::{Issuer, KeyPair, PublicKeyData, SigningKey};
use rustls_pki_types::{CertificateDer, UnixTime};

/// Signed bodies by product: `SEQUENCE { body, algorithm, signature }` from the transcript
/// alone. A body in a file is read with `file`.
pub fn signed(entries: &[Entry], file: impl Fn(&str) -> Vec<u8>) -> BTreeMap<String, Vec<u8>> {
    let mut objects = BTreeMap::new();
    for entry in entries {
        let Ok(Event::Signed {
            product,
            intent,
            algorithm,
            signature,
        }) = &entry.event
        else {
            continue;
        };
        let Ok(Event::SignIntended { tbs, tbs_file, .. }) =
            &entries[usize::try_from(*intent).unwrap() - 1].event
        else {
            panic!("entry {intent} is no intent");
        };
        let body = match (tbs, tbs_file) {
            (Some(body), None) => unhex(body).unwrap(),
            (None, Some(path)) => file(path),
            _ => panic!("entry {intent} has no body"),
        };
        let object = signed_object(&body, *algorithm, &unhex(signature).unwrap());
        let before = objects.insert(product.clone(), object);
        assert!(before.is_none(), "{product} has two signatures");
    }
    objects
}

/// What `out/` must hold: a pure function of the plan and what was signed.
pub fn out_files(
    plan: &Plan,
    root: &Certificate,
    signed: &BTreeMap<String, Vec<u8>>,
) -> BTreeMap<String, Vec<u8>> {
    let intermediates = plan
        .intermediates()
        .map(|one| {
            let certificate = Certificate::from_der(&signed[&one.product.name]).unwrap();
            Intermediate {
                step: one.product.name.clone(),
                mount: one.mount.clone(),
                subject: certificate.fields.subject.to_string(),
                serial: certificate.fields.serial.to_string(),
                spki_sha256: Digest::of(&certificate.fields.spki),
                not_after: certificate.fields.not_after,
                succession: one.succession,
                cert_manager: one.cert_manager.clone(),
                der: certificate.der,
            }
        })
        .collect();
    let crl = plan.steps.iter().find_map(|step| match &step.kind {
        StepPlan::IssueCrl(crl) => {
            let crl = anchorite::x509::crl::Crl::from_der(&signed[&crl.product.name]).unwrap();
            Some(Crl {
                number: crl.fields.number().unwrap(),
                next_update: crl.fields.next_update,
                der: crl.der,
            })
        }
        _ => None,
    });
    let handover = Handover {
        ceremony: plan.id.clone(),
        rehearsal: false,
        root_subject: root.fields.subject.to_string(),
        root_not_after: root.fields.not_after,
        root_der: root.der.clone(),
        crl,
        crosses: Vec::new(),
        trust: None,
        requests: plan
            .own_requests()
            .map(|product| {
                let request = Request::from_der(&signed[&product.name]).unwrap();
                OwnRequest {
                    step: product.name.clone(),
                    spki_sha256: Digest::of(&request.spki),
                    der: request.der,
                }
            })
            .collect(),
        intermediates,
        revoked: plan
            .revocations()
            .map(|one| Revoked::of(&RevokeDocument::of(one)))
            .collect(),
    };
    let mut files = handover::product_files(&handover).unwrap();
    files.extend(handover::closing_files(&handover).unwrap());
    files
        .into_iter()
        .map(|file| (file.path, file.bytes))
        .collect()
}

/// A throw-away leaf of a mount, made once: it depends on the mount's name and key alone.
fn leaf(intermediate: &CertificateDer<'_>, key: &KeyPair) -> CertificateDer<'static> {
    static LEAVES: Mutex<BTreeMap<Vec<u8>, CertificateDer<'static>>> = Mutex::new(BTreeMap::new());
    let mut leaves = LEAVES.lock().unwrap();
    let made = leaves.entry(key.public_key_raw().to_vec());
    made.or_insert_with(|| {
        let issuer = Issuer::from_ca_cert_der(intermediate, key).unwrap();
        let mut params = rcgen::CertificateParams::new(vec!["a.example".to_owned()]).unwrap();
        params.not_before = time::macros::datetime!(2026-10-03 08:00 UTC);
        params.not_after = time::macros::datetime!(2026-12-03 08:00 UTC);
        params.use_authority_key_identifier_extension = true;
        params.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ServerAuth];
        let leaf_key = KeyPair::generate().unwrap();
        params.signed_by(&leaf_key, &issuer).unwrap().der().clone()
    })
    .clone()
}

/// A leaf under an intermediate must be good for a TLS server, up to the root.
pub fn judge_chain(root: &[u8], intermediate: &[u8], key: &KeyPair, crl: Option<&[u8]>, at: i64) {
    let intermediate = CertificateDer::from(intermediate.to_vec());
    let leaf = leaf(&intermediate, key);
    let root = CertificateDer::from(root.to_vec());
    let anchor = webpki::anchor_from_trusted_cert(&root).unwrap();
    let end = webpki::EndEntityCert::try_from(&leaf).unwrap();
    let lists: Vec<webpki::CertRevocationList<'_>> = crl
        .map(|der| {
            webpki::OwnedCertRevocationList::from_der(der)
                .unwrap()
                .into()
        })
        .into_iter()
        .collect();
    let lists: Vec<&webpki::CertRevocationList<'_>> = lists.iter().collect();
    // The leaf's own issuer has no list here: unknown is allowed, revoked would not be.
    let revocation = webpki::RevocationOptionsBuilder::new(&lists)
        .ok()
        .map(|options| {
            options
                .with_status_policy(webpki::UnknownStatusPolicy::Allow)
                .with_expiration_policy(webpki::ExpirationPolicy::Enforce)
                .build()
        });
    let now = UnixTime::since_unix_epoch(Duration::from_secs(u64::try_from(at + 60).unwrap()));
    end.verify_for_usage(
        webpki::ALL_VERIFICATION_ALGS,
        &[anchor],
        &[intermediate],
        now,
        webpki::KeyUsage::server_auth(),
        revocation,
        None,
    )
    .unwrap();
}

/// A key that only has a public half and writes down what it is asked to sign.
pub struct Recorder {
    bits: Vec<u8>,
    algorithm: &'static rcgen::SignatureAlgorithm,
    pub message: RefCell<Vec<u8>>,
}

impl Recorder {
    /// A key that signs nothing here: any algorithm of its type names it.
    pub fn new(spki: &[u8]) -> Self {
        let kind = PublicKey::from_spki(spki).unwrap().kind();
        let fits = SignatureAlgorithm::ALL
            .into_iter()
            .find(|one| one.fits(kind));
        Self::signing(spki, fits.unwrap())
    }

    fn signing(spki: &[u8], algorithm: SignatureAlgorithm) -> Self {
        Self {
            bits: key_bits(spki),
            algorithm: rcgen_algorithm(spki, algorithm).expect("rcgen has it"),
            message: RefCell::default(),
        }
    }

    /// A root's key, signing as it signed itself.
    fn of_root(root: &CertificateFields) -> Self {
        let algorithm = SignatureAlgorithm::from_der(&root.algorithm).unwrap();
        Self::signing(&root.spki, algorithm)
    }
}

fn key_bits(spki: &[u8]) -> Vec<u8> {
    let fields = sequence_of(spki, "SPKI").unwrap();
    bit_string_octets(&fields[1], "key").unwrap().to_vec()
}

/// rcgen's name for it; `None` beyond its model: it has no PSS.
pub fn rcgen_algorithm(
    spki: &[u8],
    algorithm: SignatureAlgorithm,
) -> Option<&'static rcgen::SignatureAlgorithm> {
    let kind = PublicKey::from_spki(spki).unwrap().kind();
    Some(match (kind, algorithm) {
        (KeyKind::Rsa { .. }, SignatureAlgorithm::RsaSha256) => &rcgen::PKCS_RSA_SHA256,
        (KeyKind::Rsa { .. }, SignatureAlgorithm::RsaSha384) => &rcgen::PKCS_RSA_SHA384,
        (KeyKind::Rsa { .. }, SignatureAlgorithm::RsaSha512) => &rcgen::PKCS_RSA_SHA512,
        (KeyKind::Ec(Curve::P256), _) => &rcgen::PKCS_ECDSA_P256_SHA256,
        (KeyKind::Ec(Curve::P384), _) => &rcgen::PKCS_ECDSA_P384_SHA384,
        (KeyKind::Ec(Curve::P521), _) => &rcgen::PKCS_ECDSA_P521_SHA512,
        (KeyKind::Ed25519, _) => &rcgen::PKCS_ED25519,
        _ => return None,
    })
}

impl PublicKeyData for Recorder {
    fn der_bytes(&self) -> &[u8] {
        &self.bits
    }

    fn algorithm(&self) -> &'static rcgen::SignatureAlgorithm {
        self.algorithm
    }
}

impl SigningKey for Recorder {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        message.clone_into(&mut self.message.borrow_mut());
        Ok(vec![0])
    }
}

fn moment(time: anchorite::x509::time::UtcTime) -> time::OffsetDateTime {
    time::OffsetDateTime::from_unix_timestamp(time.unix()).unwrap()
}

/// rcgen hashes the whole SPKI where RFC 7093 hashes the key's bits alone: ours is given.
fn key_identifier(fields: &CertificateFields) -> rcgen::KeyIdMethod {
    let bits = key_bits(&fields.spki);
    rcgen::KeyIdMethod::PreSpecified(Digest::of(&bits).as_bytes()[..20].to_vec())
}

fn ca_params(
    fields: &CertificateFields,
    subject: rcgen::DistinguishedName,
) -> rcgen::CertificateParams {
    let mut params = rcgen::CertificateParams::new(Vec::new()).unwrap();
    params.serial_number = Some(rcgen::SerialNumber::from_slice(fields.serial.octets()));
    params.not_before = moment(fields.not_before);
    params.not_after = moment(fields.not_after);
    params.distinguished_name = subject;
    params.use_authority_key_identifier_extension = true;
    params.key_identifier_method = key_identifier(fields);
    params
}

fn root_params(
    root: &CertificateFields,
    subject: rcgen::DistinguishedName,
) -> rcgen::CertificateParams {
    let mut params = ca_params(root, subject);
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    params.key_usages = vec![
        rcgen::KeyUsagePurpose::KeyCertSign,
        rcgen::KeyUsagePurpose::CrlSign,
    ];
    params
}

/// The body that rcgen makes for a root of these fields.
pub fn rcgen_root(root: &CertificateFields, subject: rcgen::DistinguishedName) -> Vec<u8> {
    let key = Recorder::of_root(root);
    root_params(root, subject).self_signed(&key).unwrap();
    key.message.take()
}

/// The body that rcgen makes for an intermediate of the profile `vault` and these names.
pub fn rcgen_intermediate(
    fields: &CertificateFields,
    subject: rcgen::DistinguishedName,
    root: &CertificateFields,
    root_subject: rcgen::DistinguishedName,
    names: Option<rcgen::NameConstraints>,
) -> Vec<u8> {
    let mut params = ca_params(fields, subject);
    params.name_constraints = names;
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Constrained(0));
    params.key_usages = vec![
        rcgen::KeyUsagePurpose::DigitalSignature,
        rcgen::KeyUsagePurpose::KeyCertSign,
        rcgen::KeyUsagePurpose::CrlSign,
    ];
    params.extended_key_usages = vec![
        rcgen::ExtendedKeyUsagePurpose::ServerAuth,
        rcgen::ExtendedKeyUsagePurpose::ClientAuth,
    ];
    let key = Recorder::new(&fields.spki);
    let issuer = Issuer::new(root_params(root, root_subject), Recorder::of_root(root));
    params.signed_by(&key, &issuer).unwrap();
    issuer.key().message.take()
}

/// The body that rcgen makes for a CRL without revoked certificates.
pub fn rcgen_crl(
    crl: &CrlFields,
    root: &CertificateFields,
    root_subject: rcgen::DistinguishedName,
) -> Vec<u8> {
    let params = rcgen::CertificateRevocationListParams {
        this_update: moment(crl.this_update),
        next_update: moment(crl.next_update),
        crl_number: rcgen::SerialNumber::from(crl.number().unwrap()),
        issuing_distribution_point: None,
        revoked_certs: Vec::new(),
        key_identifier_method: key_identifier(root),
    };
    let issuer = Issuer::new(root_params(root, root_subject), Recorder::of_root(root));
    params.signed_by(&issuer).unwrap();
    issuer.key().message.take()
}
