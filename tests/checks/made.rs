//! Certificates and CRLs made field by field, so that any of them can be wrong.

use anchorite::x509::certificate::Certificate;
use anchorite::x509::extension::KeyUsage;
use anchorite::x509::extension_encode as encode_extension;
use anchorite::x509::name::{AttributeType, Name};
use anchorite::x509::public_key::{RootKey, SignatureAlgorithm};
use anchorite::x509::time::UtcTime;
use anchorite::x509::tlv::{bit_string, context, encode, sequence};
use der::Tag;

use crate::play::token::Pair;

pub fn time(text: &str) -> UtcTime {
    UtcTime::parse(text).unwrap()
}

pub fn name(common: &str) -> Vec<u8> {
    Name::build(&[(AttributeType::CommonName, common)])
        .as_der()
        .to_vec()
}

/// An Extension from its OID's content octets.
pub fn extension(oid: &[u8], critical: bool, value: &[u8]) -> Vec<u8> {
    let flag = [1, 1, 0xff];
    sequence(&[
        &encode(Tag::ObjectIdentifier, &[oid]),
        if critical { &flag } else { &[] },
        &encode(Tag::OctetString, &[value]),
    ])
}

/// `2.5.29.n`
pub fn standard(number: u8, critical: bool, value: &[u8]) -> Vec<u8> {
    extension(&[0x55, 0x1d, number], critical, value)
}

pub fn list(parts: &[Vec<u8>]) -> Vec<u8> {
    sequence(&parts.iter().map(Vec::as_slice).collect::<Vec<_>>())
}

/// A key and the algorithm that it signs with.
pub struct Signer {
    pub pair: Pair,
    pub algorithm: SignatureAlgorithm,
}

impl Signer {
    pub fn new(key: RootKey, algorithm: SignatureAlgorithm) -> Self {
        Self {
            pair: Pair::generate(key),
            algorithm,
        }
    }

    pub fn p256() -> Self {
        Self::new(RootKey::P256, SignatureAlgorithm::EcdsaSha256)
    }

    pub fn key_id(&self) -> Vec<u8> {
        self.pair.public().key_identifier()
    }

    /// The signed object; `outer` stands in the algorithm's place after the body.
    pub fn sign(&self, tbs: &[u8], outer: &[u8]) -> Vec<u8> {
        let signature = self.pair.sign(self.algorithm, tbs);
        sequence(&[tbs, outer, &bit_string(&signature)])
    }
}

/// The fields of a certificate.
#[derive(Clone)]
pub struct Draft {
    pub version: Vec<u8>,
    pub serial: Vec<u8>,
    pub algorithm: Vec<u8>,
    pub outer: Vec<u8>,
    pub issuer: Vec<u8>,
    pub validity: Vec<u8>,
    pub subject: Vec<u8>,
    pub spki: Vec<u8>,
    pub unique: Vec<u8>,
    pub extensions: Vec<Vec<u8>>,
}

impl Draft {
    /// A good root.
    pub fn root(signer: &Signer) -> Self {
        let algorithm = signer.algorithm.to_der();
        let dates = [time("2020-01-01T00:00:00Z"), time("2060-01-01T00:00:00Z")];
        let mut serial = vec![2, 16, 0x41];
        serial.extend([0x5a; 15]);
        Self {
            version: encode(context(0), &[&[2, 1, 2]]),
            serial,
            outer: algorithm.clone(),
            algorithm,
            issuer: name("Old Root"),
            validity: list(&dates.map(UtcTime::to_der)),
            subject: name("Old Root"),
            spki: signer.pair.public().spki().to_vec(),
            unique: Vec::new(),
            extensions: vec![
                encode_extension::subject_key_identifier(&signer.key_id()).unwrap(),
                encode_extension::basic_constraints(None).unwrap(),
                key_usage(&[KeyUsage::KeyCertSign, KeyUsage::CrlSign]),
            ],
        }
    }

    /// A good intermediate with `own` key below the root of `issuer`.
    pub fn below(issuer: &Signer, own: &Signer) -> Self {
        let mut draft = Self::root(issuer);
        draft.subject = name("Issuing CA");
        draft.spki = own.pair.public().spki().to_vec();
        draft.replace(
            14,
            encode_extension::subject_key_identifier(&own.key_id()).unwrap(),
        );
        let id = encode_extension::authority_key_identifier(&issuer.key_id());
        draft.extensions.push(id.unwrap());
        draft
    }

    /// Puts another extension in the place of `2.5.29.number`, or after the others.
    pub fn replace(&mut self, number: u8, with: Vec<u8>) {
        let oid = [6, 3, 0x55, 0x1d, number];
        let found = self
            .extensions
            .iter()
            .position(|one| one.windows(5).any(|part| part == oid));
        match found {
            Some(at) => self.extensions[at] = with,
            None => self.extensions.push(with),
        }
    }

    pub fn remove(&mut self, number: u8) {
        let oid = [6, 3, 0x55, 0x1d, number];
        self.extensions
            .retain(|one| !one.windows(5).any(|part| part == oid));
    }

    pub fn dates(&mut self, start: &[u8], end: &[u8]) {
        self.validity = sequence(&[start, end]);
    }

    pub fn sign(&self, signer: &Signer) -> Vec<u8> {
        let extensions = match self.extensions.as_slice() {
            [] => Vec::new(),
            some => encode(context(3), &[&list(some)]),
        };
        let tbs = sequence(&[
            &self.version,
            &self.serial,
            &self.algorithm,
            &self.issuer,
            &self.validity,
            &self.subject,
            &self.spki,
            &self.unique,
            &extensions,
        ]);
        signer.sign(&tbs, &self.outer)
    }

    pub fn certificate(&self, signer: &Signer) -> Certificate {
        Certificate::from_der(&self.sign(signer)).unwrap()
    }
}

pub fn key_usage(usages: &[KeyUsage]) -> Vec<u8> {
    encode_extension::key_usage(usages).unwrap()
}

/// The fields of a CRL.
#[derive(Clone)]
pub struct CrlDraft {
    pub version: Vec<u8>,
    pub algorithm: Vec<u8>,
    pub outer: Vec<u8>,
    pub issuer: Vec<u8>,
    pub this_update: Vec<u8>,
    pub next_update: Vec<u8>,
    /// `Some` of none is an empty list.
    pub entries: Option<Vec<Vec<u8>>>,
    pub extensions: Vec<Vec<u8>>,
}

impl CrlDraft {
    /// A good CRL with two entries.
    pub fn of(signer: &Signer) -> Self {
        let algorithm = signer.algorithm.to_der();
        let id = encode_extension::authority_key_identifier(&signer.key_id());
        Self {
            version: vec![2, 1, 1],
            outer: algorithm.clone(),
            algorithm,
            issuer: name("Old Root"),
            this_update: time("2026-01-01T00:00:00Z").to_der(),
            next_update: time("2026-12-31T00:00:00Z").to_der(),
            entries: Some(vec![entry(5, &[reason(1)]), entry(9, &[])]),
            extensions: vec![id.unwrap(), encode_extension::crl_number(7)],
        }
    }

    pub fn sign(&self, signer: &Signer) -> Vec<u8> {
        let entries = self.entries.as_deref().map_or_else(Vec::new, list);
        let extensions = match self.extensions.as_slice() {
            [] => Vec::new(),
            some => encode(context(0), &[&list(some)]),
        };
        let tbs = sequence(&[
            &self.version,
            &self.algorithm,
            &self.issuer,
            &self.this_update,
            &self.next_update,
            &entries,
            &extensions,
        ]);
        signer.sign(&tbs, &self.outer)
    }
}

/// A revoked certificate with a serial of two octets.
pub fn entry(serial: u8, extensions: &[Vec<u8>]) -> Vec<u8> {
    entry_at(&[2, 2, 0x41, serial], "2025-06-01T00:00:00Z", extensions)
}

pub fn entry_at(serial: &[u8], date: &str, extensions: &[Vec<u8>]) -> Vec<u8> {
    let extensions = match extensions {
        [] => Vec::new(),
        some => list(some),
    };
    sequence(&[serial, &time(date).to_der(), &extensions])
}

pub fn reason(code: u8) -> Vec<u8> {
    standard(21, false, &[10, 1, code])
}
