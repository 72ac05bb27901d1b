//! Requests as people and enemies make them.

use anchorite::check::request::lists::KeyLists;
use anchorite::check::request::{Claim, RequestContext, request};
use anchorite::check::{CheckId, Finding, Outcome};
use anchorite::digest::Digest;
use anchorite::ledger::register::{Certainty, Issued, Register};
use anchorite::plan::profile::Profile;
use anchorite::plan::{Policy, Succession};
use anchorite::x509::name::{AttributeType, Name};
use anchorite::x509::pem;
use anchorite::x509::public_key::{RootKey, SignatureAlgorithm, rsa_modulus};
use anchorite::x509::serial::Serial;
use anchorite::x509::time::UtcTime;
use anchorite::x509::tlv::{bit_string, context, encode, sequence};
use der::Tag;

use crate::play::token::Pair;
use crate::{Case, findings};

const LABEL: &str = "CERTIFICATE REQUEST";
pub(crate) const EC: &[u8] = &[6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1];
pub(crate) const RSA: &[u8] = &[6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1];
pub(crate) const NULL: &[u8] = &[5, 0];
pub(crate) const ECDSA_SHA1: &[u8] = &[0x30, 9, 6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 1];

pub(crate) fn root_name() -> Name {
    name("Acme Root G1")
}

pub(crate) fn name(common: &str) -> Name {
    Name::build(&[
        (AttributeType::Country, "DE"),
        (AttributeType::Organization, "Acme"),
        (AttributeType::CommonName, common),
    ])
}

/// The parts of a request; each can be made wrong alone.
pub(crate) struct Parts {
    pub(crate) version: Vec<u8>,
    pub(crate) subject: Vec<u8>,
    pub(crate) spki: Vec<u8>,
    pub(crate) attributes: Option<Vec<u8>>,
    pub(crate) algorithm: Vec<u8>,
    pub(crate) signs: Option<Vec<u8>>,
    /// Made of the good one.
    pub(crate) signature: fn(Vec<u8>) -> Vec<u8>,
    pub(crate) pair: Pair,
}

impl Parts {
    pub(crate) fn good() -> Self {
        let pair = Pair::generate(RootKey::P256);
        Self {
            version: vec![2, 1, 0],
            subject: name("Acme etcd").as_der().to_vec(),
            spki: pair.public().spki().to_vec(),
            attributes: Some(Vec::new()),
            algorithm: SignatureAlgorithm::EcdsaSha256.to_der(),
            signs: None,
            signature: |good| good,
            pair,
        }
    }

    pub(crate) fn with(change: impl FnOnce(&mut Self)) -> Vec<u8> {
        let mut parts = Self::good();
        change(&mut parts);
        parts.der()
    }

    pub(crate) fn der(&self) -> Vec<u8> {
        let mut fields: Vec<Vec<u8>> = vec![
            self.version.clone(),
            self.subject.clone(),
            self.spki.clone(),
        ];
        if let Some(attributes) = &self.attributes {
            fields.push(encode(context(0), &[attributes]));
        }
        let fields: Vec<&[u8]> = fields.iter().map(Vec::as_slice).collect();
        let info = sequence(&fields);
        let signed = self.signs.as_ref().unwrap_or(&info);
        let signature = self.pair.sign(SignatureAlgorithm::EcdsaSha256, signed);
        let signature = (self.signature)(signature);
        sequence(&[&info, &self.algorithm, &bit_string(&signature)])
    }
}

/// Checks with everything that a context can hold.
pub(crate) struct Room {
    pub(crate) register: Register,
    pub(crate) earlier: Vec<Claim>,
    pub(crate) root_spki: Option<Vec<u8>>,
    pub(crate) digest: Option<Digest>,
    pub(crate) subject: Option<Name>,
    pub(crate) profile: Option<Profile>,
    pub(crate) lists: KeyLists,
    pub(crate) policy: Policy,
    pub(crate) succession: Succession,
}

impl Room {
    pub(crate) fn empty() -> Self {
        Self {
            register: Register::default(),
            earlier: Vec::new(),
            root_spki: None,
            digest: None,
            subject: None,
            profile: None,
            lists: KeyLists::NONE,
            policy: Policy::Private,
            succession: Succession::First,
        }
    }

    pub(crate) fn check(&self, bytes: &[u8]) -> Vec<Finding> {
        findings(request(
            bytes,
            &RequestContext {
                root_subject: Some(&root_name()),
                root_spki: self.root_spki.as_deref(),
                earlier: &self.earlier,
                spki_sha256: self.digest,
                subject: self.subject.as_ref(),
                profile: self.profile.as_ref(),
                lists: &self.lists,
                policy: self.policy,
                succession: self.succession,
                ..RequestContext::alone("x.csr", &self.register)
            },
        ))
    }
}

pub(crate) fn check(bytes: &[u8]) -> Vec<Finding> {
    Room::empty().check(bytes)
}

pub(crate) fn rcgen_request(algorithm: &'static rcgen::SignatureAlgorithm, asks: bool) -> Vec<u8> {
    let key = rcgen::KeyPair::generate_for(algorithm).unwrap();
    let mut params = rcgen::CertificateParams::new(Vec::new()).unwrap();
    params.distinguished_name = crate::play::ceremony::subject("Acme etcd");
    if asks {
        params.key_usages = vec![rcgen::KeyUsagePurpose::KeyCertSign];
        let name = rcgen::SanType::DnsName("a.example".try_into().unwrap());
        params.subject_alt_names = vec![name];
    }
    params.serialize_request(&key).unwrap().der().to_vec()
}

pub fn cases() -> Vec<Case> {
    let mut cases = containers();
    cases.extend(signatures());
    cases.extend(names());
    cases
}

fn containers() -> Vec<Case> {
    use CheckId as Id;
    use Outcome::{Fail, Pass};
    let der = Parts::good().der();
    let block = pem::encode(LABEL, &der);
    let key = pem::encode("EC PRIVATE KEY", &[0x30, 0]);
    let json = format!("{{\"key\":\"{}\",\"csr\":\"x\"}}", key.replace('\n', "\\n"));
    let padded = |size: usize| format!("{}\n{block}", "x".repeat(size - block.len() - 1));
    let twice = format!("{block}{block}");
    let absent = Parts::with(|parts| parts.attributes = None);
    let version = Parts::with(|parts| parts.version = vec![2, 1, 1]);
    let versionless = Parts::with(|parts| parts.version = Vec::new());
    let trailing = [der.as_slice(), &[0]].concat();
    let case = |id, wanted, name, bytes: &[u8]| Case::new(id, wanted, name, check(bytes));
    vec![
        case(Id::RequestSize, Pass, "64 KiB", padded(65536).as_bytes()),
        case(Id::RequestSize, Fail, "one more", padded(65537).as_bytes()),
        case(Id::RequestPrivateKey, Pass, "none", &der),
        case(
            Id::RequestPrivateKey,
            Fail,
            "before",
            format!("{key}{block}").as_bytes(),
        ),
        case(
            Id::RequestPrivateKey,
            Fail,
            "after",
            format!("{block}{key}").as_bytes(),
        ),
        case(Id::RequestPrivateKey, Fail, "in JSON", json.as_bytes()),
        case(
            Id::RequestPrivateKey,
            Fail,
            "without a frame",
            format!("private_key: MHcCAQEEIAcHBwcHBwcHBwcHBwcHBwcH\n{block}").as_bytes(),
        ),
        case(
            Id::RequestPrivateKey,
            Pass,
            "a public key without a frame",
            format!("MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcD\n{block}").as_bytes(),
        ),
        case(Id::RequestContainer, Pass, "DER", &der),
        case(Id::RequestContainer, Pass, "PEM", block.as_bytes()),
        case(Id::RequestContainer, Fail, "two blocks", twice.as_bytes()),
        case(
            Id::RequestContainer,
            Fail,
            "text after",
            format!("{block}#").as_bytes(),
        ),
        case(Id::RequestContainer, Fail, "no object", b"hello"),
        case(
            Id::RequestContainer,
            Fail,
            "a certificate",
            pem::encode("CERTIFICATE", &der).as_bytes(),
        ),
        case(Id::RequestDer, Pass, "good", &der),
        case(Id::RequestDer, Fail, "bytes after", &trailing),
        case(
            Id::RequestDer,
            Fail,
            "bytes after, PEM",
            pem::encode(LABEL, &trailing).as_bytes(),
        ),
        case(Id::RequestDer, Fail, "cut short", &der[..der.len() - 1]),
        case(Id::RequestAttributes, Pass, "empty", &der),
        case(Id::RequestAttributes, Fail, "absent", &absent),
        case(Id::RequestDer, Fail, "no version", &versionless),
        case(Id::RequestDer, Fail, "version 2", &version),
        case(Id::RequestSize, Pass, "16 KiB of DER", &of_size(16 * 1024)),
        case(
            Id::RequestSize,
            Fail,
            "one octet more",
            &of_size(16 * 1024 + 1),
        ),
        case(Id::RequestDer, Pass, "64 attributes", &wishes(64)),
        case(Id::RequestDer, Fail, "65 attributes", &wishes(65)),
    ]
}

/// An attribute of an unknown type with this value.
pub(crate) fn wish(value: &[u8]) -> Vec<u8> {
    let oid = encode(Tag::ObjectIdentifier, &[&[0x2a, 3, 4]]);
    let value = encode(Tag::OctetString, &[value]);
    sequence(&[&oid, &encode(Tag::Set, &[&value])])
}

fn wishes(count: usize) -> Vec<u8> {
    Parts::with(|parts| parts.attributes = Some(wish(b"x").repeat(count)))
}

/// A request of exactly so many octets of DER.
fn of_size(octets: usize) -> Vec<u8> {
    let made =
        |padding: usize| Parts::with(|parts| parts.attributes = Some(wish(&vec![0; padding])));
    // A signature is a few octets longer or shorter each time.
    let mut padding = octets - 400;
    for _ in 0..1000 {
        let request = made(padding);
        if request.len() == octets {
            return request;
        }
        padding = padding + octets - request.len();
    }
    panic!("no request of {octets} octets");
}

fn signatures() -> Vec<Case> {
    use CheckId as Id;
    use Outcome::{Fail, Notice, Pass};
    let case = |id, wanted, name, bytes: &[u8]| Case::new(id, wanted, name, check(bytes));
    let algorithm = |der: Vec<u8>| Parts::with(|parts| parts.algorithm = der);
    let with_null = sequence(&[&SignatureAlgorithm::EcdsaSha256.to_der()[2..], NULL]);
    let sha384 = SignatureAlgorithm::EcdsaSha384.to_der();
    let other = Parts::with(|parts| parts.signs = Some(b"other bytes".to_vec()));
    let mut edited = Parts::good().der();
    let at = edited.windows(4).position(|part| part == b"etcd").unwrap();
    edited[at] = b'E';
    let good = Parts::good().der();
    let signature = |change| Parts::with(|parts| parts.signature = change);
    let empty = signature(|_| Vec::new());
    let trailing = signature(|good| [&good[..], &[0]].concat());
    let long_form = signature(|good| [&[0x30, 0x81], &good[1..]].concat());
    let zero = signature(|_| sequence(&[&[2, 1, 0], &[2, 1, 1]]));
    // r = s = 2^256 - 1 is beyond the order.
    let beyond = signature(|_| {
        let number = encode(Tag::Integer, &[&[0], &[0xff; 32]]);
        sequence(&[&number, &number])
    });
    vec![
        case(Id::RequestPossession, Fail, "empty", &empty),
        case(Id::RequestPossession, Fail, "an octet after it", &trailing),
        case(Id::RequestPossession, Fail, "a long length", &long_form),
        case(Id::RequestPossession, Fail, "r is zero", &zero),
        case(Id::RequestPossession, Fail, "out of range", &beyond),
        case(Id::RequestAlgorithm, Pass, "SHA-256", &good),
        case(
            Id::RequestAlgorithm,
            Fail,
            "SHA-1",
            &algorithm(ECDSA_SHA1.to_vec()),
        ),
        case(
            Id::RequestAlgorithm,
            Fail,
            "RSA over an EC key",
            &algorithm(SignatureAlgorithm::RsaSha256.to_der()),
        ),
        case(
            Id::RequestAlgorithm,
            Fail,
            "ECDSA with NULL",
            &algorithm(with_null),
        ),
        case(Id::RequestPossession, Pass, "good", &good),
        case(Id::RequestPossession, Fail, "over other bytes", &other),
        case(Id::RequestPossession, Fail, "edited by hand", &edited),
        case(
            Id::RequestPossession,
            Fail,
            "another digest",
            &algorithm(sha384),
        ),
        case(Id::RequestExtensions, Pass, "asks for nothing", &good),
        case(
            Id::RequestExtensions,
            Notice,
            "asks for extensions",
            &rcgen_request(&rcgen::PKCS_ECDSA_P256_SHA256, true),
        ),
    ]
}

pub(crate) fn issued(subject: Name, spki: &[u8]) -> Register {
    Register {
        issued: vec![Issued {
            ceremony: "first".to_owned(),
            product: "etcd".to_owned(),
            serial: Serial::template_mark(),
            subject,
            spki_sha256: Digest::of(spki),
            mount: None,
            crl_urls: Vec::new(),
            rsa_modulus: rsa_modulus(spki),
            key_identifier: None,
            not_before: UtcTime::TEMPLATE_START,
            not_after: UtcTime::NO_END,
            tbs_sha256: Digest::ZERO,
            certainty: Certainty::PossiblySigned,
        }],
        ..Register::default()
    }
}

fn names() -> Vec<Case> {
    use CheckId as Id;
    use Outcome::{Fail, Pass};
    let case = |id, wanted, name, bytes: &[u8]| Case::new(id, wanted, name, check(bytes));
    let subject = |name: &[u8]| Parts::with(|parts| parts.subject = name.to_vec());
    let root = root_name().as_der().to_vec();
    let text = |oid: u8, value: &[u8]| {
        let value = encode(Tag::PrintableString, &[value]);
        encode(Tag::Set, &[&sequence(&[&[6, 3, 0x55, 4, oid], &value])])
    };
    let printable = sequence(&[
        &text(6, b"DE"),
        &text(10, b"Acme"),
        &text(3, b"Acme Root G1"),
    ]);
    let good = Parts::good().der();
    let mut list = vec![
        case(Id::RequestSubjectEmpty, Pass, "a name", &good),
        case(Id::RequestSubjectEmpty, Fail, "empty", &subject(&[0x30, 0])),
        case(Id::RequestSubjectIssuer, Pass, "its own", &good),
        case(
            Id::RequestSubjectIssuer,
            Fail,
            "the root's",
            &subject(&root),
        ),
        case(
            Id::RequestSubjectIssuer,
            Fail,
            "another string type",
            &subject(&printable),
        ),
        case(
            Id::RequestSubjectIssuer,
            Fail,
            "another case",
            &subject(name("ACME  root g1").as_der()),
        ),
        case(
            Id::RequestSubjectIssuer,
            Fail,
            "full width",
            &subject(name("\u{ff21}cme\u{a0}Root G\u{ff11}").as_der()),
        ),
        case(
            Id::RequestSubjectIssuer,
            Pass,
            "an accent more",
            &subject(name("Acm\u{e9} Root G1").as_der()),
        ),
    ];
    let mut replaced = Room::empty();
    replaced.subject = Some(root_name());
    list.push(Case::new(
        Id::RequestSubjectIssuer,
        Fail,
        "from the profile",
        replaced.check(&good),
    ));
    list.push(case(Id::RequestSubjectTaken, Pass, "new", &good));
    list.push(case(Id::RequestKeyTaken, Pass, "new", &good));
    list.push(case(Id::RequestKeyIssuer, Pass, "no root yet", &good));
    let parts = Parts::good();
    let spki = parts.spki.clone();
    let mut room = Room::empty();
    room.register = issued(name("acme ETCD"), b"another key");
    list.push(Case::new(
        Id::RequestSubjectTaken,
        Fail,
        "in the register",
        room.check(&parts.der()),
    ));
    list.push(Case::new(
        Id::RequestKeyTaken,
        Pass,
        "another key",
        room.check(&parts.der()),
    ));
    for (wanted, known, subject) in [
        (Fail, "M\u{fc}ller", "Mu\u{308}ller"),
        (Fail, "Stra\u{df}e", "STRASSE"),
        (Pass, "M\u{fc}ller", "Muller"),
        (Pass, "Stra\u{df}e", "Strase"),
    ] {
        let mut room = Room::empty();
        room.register = issued(name(known), b"another key");
        let bytes = Parts::with(|parts| parts.subject = name(subject).as_der().to_vec());
        list.push(Case::new(
            Id::RequestSubjectTaken,
            wanted,
            "another way to write it",
            room.check(&bytes),
        ));
    }
    room.register = issued(name("Acme other"), &spki);
    list.push(Case::new(
        Id::RequestKeyTaken,
        Fail,
        "in the register",
        room.check(&parts.der()),
    ));
    list.push(Case::new(
        Id::RequestSubjectTaken,
        Pass,
        "another name",
        room.check(&parts.der()),
    ));
    let mut room = Room::empty();
    room.earlier = vec![Claim {
        path: "y.csr".to_owned(),
        spki_sha256: Digest::of(&spki),
        rsa_modulus: None,
        subject: name("Acme etcd"),
    }];
    list.push(Case::new(
        Id::RequestKeyTaken,
        Fail,
        "twice",
        room.check(&parts.der()),
    ));
    list.push(Case::new(
        Id::RequestSubjectTaken,
        Fail,
        "twice",
        room.check(&parts.der()),
    ));
    let mut room = Room::empty();
    room.root_spki = Some(spki);
    list.push(Case::new(
        Id::RequestKeyIssuer,
        Fail,
        "the root's",
        room.check(&parts.der()),
    ));
    list
}
