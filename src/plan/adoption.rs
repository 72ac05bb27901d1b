//! What an adopted root has issued before this ledger knew it: read from given certificates,
//! openssl's `index.txt` and the last published CRL, and put together by serial number.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::digest::Digest;
use crate::x509::certificate::{Certificate, SignedParts};
use crate::x509::crl_file::CrlFile;
use crate::x509::index_txt::{self, IndexEntry, Revocation};
use crate::x509::name::Name;
use crate::x509::pem;
use crate::x509::public_key::rsa_modulus;
use crate::x509::serial::Serial;
use crate::x509::time::UtcTime;

/// A file as given: its path, and its bytes.
pub type Given = (String, Vec<u8>);

/// Why a given file cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {why}")]
pub struct AdoptionError {
    /// Its path.
    pub path: String,
    /// Why, escaped.
    pub why: String,
}

/// The files, as the ceremony file names them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdoptionFiles {
    /// The root's certificate.
    pub root: Given,
    /// Certificates, one or many to a file.
    pub certificates: Vec<Given>,
    /// `index.txt`
    pub index: Option<Given>,
    /// The last CRL that was published.
    pub previous: Option<Given>,
}

/// Where a certificate is known from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// It is the root itself.
    Root,
    /// It was given.
    Certificate,
    /// The index lists it.
    Index,
    /// It was given, and the index lists it.
    Both,
}

impl Source {
    /// The word in plan and transcript.
    pub fn word(self) -> &'static str {
        match self {
            Self::Root => "root",
            Self::Certificate => "certificate",
            Self::Index => "index",
            Self::Both => "certificate and index",
        }
    }
}

/// What is known of the key of a certificate that was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdoptedBody {
    /// First second.
    pub not_before: UtcTime,
    /// Digest of its SPKI.
    pub spki_sha256: Digest,
    /// The modulus of an RSA key.
    pub rsa_modulus: Option<Vec<u8>>,
    /// subjectKeyIdentifier
    pub key_identifier: Option<Vec<u8>>,
    /// Digest of its body.
    pub tbs_sha256: Digest,
}

/// One certificate that the root issued before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Adopted {
    /// Serial number.
    pub serial: Serial,
    /// Subject; of one that the index alone lists, as far as its text tells.
    pub subject: Name,
    /// Last second.
    pub not_after: UtcTime,
    /// What only the certificate itself tells.
    pub body: Option<AdoptedBody>,
    /// Where the index says that it is revoked.
    pub revoked: Option<Revocation>,
    /// Where it is known from.
    pub source: Source,
}

/// The last CRL that was published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdoptedCrl {
    /// cRLNumber
    pub number: u64,
    /// thisUpdate
    pub this_update: UtcTime,
    /// nextUpdate
    pub next_update: UtcTime,
    /// Digest of the whole, DER.
    pub sha256: Digest,
    /// Its body, DER.
    pub body: Arc<[u8]>,
    /// How many certificates it lists.
    pub listed: usize,
}

/// All of it, put together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Adoption {
    /// Every certificate, the root itself among them, in the order of serial numbers.
    pub certificates: Vec<Adopted>,
    /// The last CRL.
    pub crl: Option<AdoptedCrl>,
    /// Where two of the files do not agree, escaped.
    pub contradictions: Vec<String>,
    /// Revoked by the index, and not on the last CRL.
    pub unlisted: Vec<Serial>,
    /// How many are on the last CRL, and in no other file.
    pub unknown: usize,
    /// On the last CRL, though the index says that they are valid.
    pub unmarked: Vec<Serial>,
}

/// Serial numbers in their order as numbers.
type Ranked = (usize, Vec<u8>);

fn rank(serial: &Serial) -> Ranked {
    (serial.octets().len(), serial.octets().to_vec())
}

impl AdoptionFiles {
    /// Every file, in the order in which they are told.
    pub fn all(&self) -> impl Iterator<Item = &Given> {
        [&self.root]
            .into_iter()
            .chain(&self.certificates)
            .chain(&self.index)
            .chain(&self.previous)
    }

    /// Reads them. That each certificate and the CRL are the root's is for the checks.
    pub fn read(&self) -> Result<Adoption, AdoptionError> {
        let mut known: BTreeMap<Ranked, Adopted> = BTreeMap::new();
        let mut contradictions = Vec::new();
        let root = self.root_certificate()?;
        known.insert(rank(&root.fields.serial), given(&root, Source::Root));
        for file in &self.certificates {
            for certificate in certificates(file)? {
                let one = given(&certificate, Source::Certificate);
                add(&mut known, one, &mut contradictions);
            }
        }
        for entry in index(self.index.as_ref())? {
            merge(&mut known, entry, &mut contradictions);
        }
        let mut adoption = Adoption {
            certificates: Vec::new(),
            crl: None,
            contradictions,
            unlisted: Vec::new(),
            unknown: 0,
            unmarked: Vec::new(),
        };
        let mut unlisted: BTreeMap<Ranked, Serial> = known
            .iter()
            .filter(|(_, one)| one.revoked.is_some())
            .map(|(rank, one)| (rank.clone(), one.serial.clone()))
            .collect();
        if let Some(file) = &self.previous {
            adoption.crl = Some(crl(file, &known, &mut unlisted, &mut adoption)?);
        }
        adoption.unlisted = unlisted.into_values().collect();
        adoption.certificates = known.into_values().collect();
        Ok(adoption)
    }

    /// The certificate that `[root]` names.
    pub fn root_certificate(&self) -> Result<Certificate, AdoptionError> {
        let (path, bytes) = &self.root;
        Certificate::from_file(bytes).map_err(|error| unreadable(path, &error))
    }

    /// The given certificates, with the file of each.
    pub fn each_certificate(&self) -> Result<Vec<(&str, Certificate)>, AdoptionError> {
        let mut all = Vec::new();
        for file in &self.certificates {
            all.extend(certificates(file)?.into_iter().map(|one| (&*file.0, one)));
        }
        Ok(all)
    }
}

fn unreadable(path: &str, why: &dyn std::fmt::Display) -> AdoptionError {
    AdoptionError {
        path: path.to_owned(),
        why: why.to_string(),
    }
}

fn certificates((path, bytes): &Given) -> Result<Vec<Certificate>, AdoptionError> {
    let is_pem = bytes.windows(5).any(|part| part == b"-----");
    let ders = if is_pem {
        pem::decode_several(bytes, Certificate::LABELS)
    } else {
        pem::decode_one(bytes, Certificate::LABELS).map(|der| vec![der])
    };
    let ders = ders.map_err(|error| unreadable(path, &error))?;
    ders.iter()
        .map(|der| Certificate::from_der(der).map_err(|error| unreadable(path, &error)))
        .collect()
}

fn index(file: Option<&Given>) -> Result<Vec<IndexEntry>, AdoptionError> {
    file.map_or(Ok(Vec::new()), |(path, bytes)| {
        index_txt::read(bytes).map_err(|error| unreadable(path, &error))
    })
}

fn given(certificate: &Certificate, source: Source) -> Adopted {
    let fields = &certificate.fields;
    Adopted {
        serial: fields.serial.clone(),
        subject: fields.subject.clone(),
        not_after: fields.not_after,
        body: Some(AdoptedBody {
            not_before: fields.not_before,
            spki_sha256: Digest::of(&fields.spki),
            rsa_modulus: rsa_modulus(&fields.spki),
            key_identifier: fields.subject_key_identifier(),
            tbs_sha256: Digest::of(&certificate.tbs),
        }),
        revoked: None,
        source,
    }
}

/// The same certificate may be given twice; two of one serial number may not.
fn add(known: &mut BTreeMap<Ranked, Adopted>, one: Adopted, contradictions: &mut Vec<String>) {
    let digest = |one: &Adopted| one.body.as_ref().map(|body| body.tbs_sha256);
    match known.get(&rank(&one.serial)) {
        Some(other) if digest(other) != digest(&one) => {
            contradictions.push(format!("two certificates have serial {}", one.serial));
        }
        Some(_) => {}
        None => {
            known.insert(rank(&one.serial), one);
        }
    }
}

fn merge(
    known: &mut BTreeMap<Ranked, Adopted>,
    entry: IndexEntry,
    contradictions: &mut Vec<String>,
) {
    let Some(one) = known.get_mut(&rank(&entry.serial)) else {
        let adopted = Adopted {
            serial: entry.serial.clone(),
            subject: entry.subject,
            not_after: entry.not_after,
            body: None,
            revoked: entry.revoked,
            source: Source::Index,
        };
        known.insert(rank(&entry.serial), adopted);
        return;
    };
    let mut differs = |what: &str, index: String, certificate: String| {
        contradictions.push(format!(
            "index line {}, serial {}: {what} {index}, in the certificate {certificate}",
            entry.line, entry.serial
        ));
    };
    if one.not_after != entry.not_after {
        let (index, certificate) = (entry.not_after, one.not_after);
        differs("expiry", index.to_string(), certificate.to_string());
    }
    if words_of(&one.subject) != words_of(&entry.subject) {
        differs(
            "subject",
            entry.subject.to_string(),
            one.subject.to_string(),
        );
    }
    if one.source == Source::Root && entry.revoked.is_some() {
        contradictions.push(format!(
            "index line {}: it says that the root itself is revoked",
            entry.line
        ));
    }
    one.revoked = entry.revoked;
    if one.source == Source::Certificate {
        one.source = Source::Both;
    }
}

/// What an index tells of a name: types and words, neither string types nor RDNs.
fn words_of(name: &Name) -> Vec<(String, String)> {
    let text = |one: &crate::x509::name::Attribute| one.text().unwrap_or_default();
    name.attributes()
        .map(|one| (one.oid.clone(), text(&one).trim().to_owned()))
        .collect()
}

fn crl(
    (path, bytes): &Given,
    known: &BTreeMap<Ranked, Adopted>,
    unlisted: &mut BTreeMap<Ranked, Serial>,
    adoption: &mut Adoption,
) -> Result<AdoptedCrl, AdoptionError> {
    let der = pem::decode_of_any_size(bytes, CrlFile::LABELS)
        .map_err(|error| unreadable(path, &error))?;
    let sha256 = Digest::of(&der);
    let file = CrlFile::from_der(der).map_err(|error| unreadable(path, &error))?;
    let number = file.number.to_u64().filter(|number| *number < u64::MAX);
    let number = number
        .ok_or_else(|| unreadable(path, &format!("CRL number {} is too large", file.number)))?;
    let mut listed = 0;
    for entry in file.entries() {
        let entry = entry.map_err(|error| unreadable(path, &error))?;
        listed += 1;
        unlisted.remove(&rank(&entry.serial));
        match known.get(&rank(&entry.serial)) {
            None => adoption.unknown += 1,
            Some(one) if one.revoked.is_none() && in_index(one) => {
                adoption.unmarked.push(entry.serial);
            }
            Some(_) => {}
        }
    }
    let parts = SignedParts::from_der(&file.der, "CertificateList")
        .map_err(|error| unreadable(path, &error))?;
    Ok(AdoptedCrl {
        number,
        this_update: file.this_update,
        next_update: file.next_update,
        sha256,
        body: parts.tbs.into(),
        listed,
    })
}

fn in_index(one: &Adopted) -> bool {
    matches!(one.source, Source::Index | Source::Both)
}
