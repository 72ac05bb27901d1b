//! Signature algorithms: their one exact AlgorithmIdentifier, their hash, and how software
//! verifies them.

use aws_lc_rs::signature as lc;
use der::Tag;
use der::oid::ObjectIdentifier;

pub use super::hash::HashAlgorithm;
use super::key_kind::{Curve, KeyKind};
use super::oid;
use super::pss;
use super::tlv::{self, sequence, sequence_of, unsigned};

/// A signature algorithm with its one exact AlgorithmIdentifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum SignatureAlgorithm {
    /// sha256WithRSAEncryption, parameters NULL (RFC 4055 5)
    RsaSha256,
    /// sha384WithRSAEncryption
    RsaSha384,
    /// sha512WithRSAEncryption
    RsaSha512,
    /// id-RSASSA-PSS with SHA-256 throughout and a salt of its length (RFC 4055 3.1)
    PssSha256,
    /// id-RSASSA-PSS with SHA-384
    PssSha384,
    /// id-RSASSA-PSS with SHA-512
    PssSha512,
    /// ecdsa-with-SHA256, parameters absent (RFC 5758 3.2)
    EcdsaSha256,
    /// ecdsa-with-SHA384
    EcdsaSha384,
    /// ecdsa-with-SHA512
    EcdsaSha512,
    /// Ed25519, parameters absent (RFC 8410 3)
    Ed25519,
}

impl TryFrom<String> for SignatureAlgorithm {
    type Error = String;
    fn try_from(name: String) -> Result<Self, String> {
        Self::from_name(&name).ok_or_else(|| format!("no signature algorithm: {name}"))
    }
}

impl From<SignatureAlgorithm> for String {
    fn from(algorithm: SignatureAlgorithm) -> Self {
        algorithm.name()
    }
}

impl SignatureAlgorithm {
    /// Every algorithm we verify.
    pub const ALL: [Self; 10] = [
        Self::RsaSha256,
        Self::RsaSha384,
        Self::RsaSha512,
        Self::PssSha256,
        Self::PssSha384,
        Self::PssSha512,
        Self::EcdsaSha256,
        Self::EcdsaSha384,
        Self::EcdsaSha512,
        Self::Ed25519,
    ];

    /// OID.
    pub fn oid(self) -> ObjectIdentifier {
        match self {
            Self::RsaSha256 => ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.11"),
            Self::RsaSha384 => ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.12"),
            Self::RsaSha512 => ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.13"),
            Self::PssSha256 | Self::PssSha384 | Self::PssSha512 => pss::ID_RSASSA_PSS,
            Self::EcdsaSha256 => ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2"),
            Self::EcdsaSha384 => ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.3"),
            Self::EcdsaSha512 => ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.4"),
            Self::Ed25519 => ObjectIdentifier::new_unwrap("1.3.101.112"),
        }
    }

    /// The hash it signs. Ed25519 hashes by itself; beside it stands the hash that it has
    /// inside, as CMS wants (RFC 8419 3.1).
    pub fn hash(self) -> HashAlgorithm {
        match self {
            Self::RsaSha256 | Self::PssSha256 | Self::EcdsaSha256 => HashAlgorithm::Sha256,
            Self::RsaSha384 | Self::PssSha384 | Self::EcdsaSha384 => HashAlgorithm::Sha384,
            Self::RsaSha512 | Self::PssSha512 | Self::EcdsaSha512 | Self::Ed25519 => {
                HashAlgorithm::Sha512
            }
        }
    }

    /// Whether it is RSASSA-PSS.
    pub fn is_pss(self) -> bool {
        self.oid() == pss::ID_RSASSA_PSS
    }

    /// Whether keys of this kind sign so.
    pub fn fits(self, kind: KeyKind) -> bool {
        self.verification(kind).is_some()
    }

    /// AlgorithmIdentifier, DER (BR 7.1.3.2).
    pub fn to_der(self) -> Vec<u8> {
        let oid = oid::der(self.oid());
        match self {
            Self::RsaSha256 | Self::RsaSha384 | Self::RsaSha512 => {
                sequence(&[&oid, &tlv::encode(Tag::Null, &[])])
            }
            Self::PssSha256 | Self::PssSha384 | Self::PssSha512 => {
                sequence(&[&oid, &pss::parameters(self.hash())])
            }
            Self::EcdsaSha256 | Self::EcdsaSha384 | Self::EcdsaSha512 | Self::Ed25519 => {
                sequence(&[&oid])
            }
        }
    }

    /// The algorithm with exactly this AlgorithmIdentifier.
    pub fn from_der(der: &[u8]) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|algorithm| algorithm.to_der() == der)
    }

    /// The name the standards give it; PSS with its hash. No two have the same.
    pub fn name(self) -> String {
        if self.is_pss() {
            return format!("rsaPSS with {}", self.hash());
        }
        oid::name(&self.oid().to_string()).to_owned()
    }

    /// The algorithm with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|algorithm| algorithm.name() == name)
    }

    pub(super) fn verification(
        self,
        kind: KeyKind,
    ) -> Option<&'static dyn lc::VerificationAlgorithm> {
        use Curve::{P256, P384, P521};
        Some(match (kind, self) {
            (KeyKind::Rsa { .. }, Self::RsaSha256) => &lc::RSA_PKCS1_2048_8192_SHA256,
            (KeyKind::Rsa { .. }, Self::RsaSha384) => &lc::RSA_PKCS1_2048_8192_SHA384,
            (KeyKind::Rsa { .. }, Self::RsaSha512) => &lc::RSA_PKCS1_2048_8192_SHA512,
            (KeyKind::Rsa { .. }, Self::PssSha256) => &lc::RSA_PSS_2048_8192_SHA256,
            (KeyKind::Rsa { .. }, Self::PssSha384) => &lc::RSA_PSS_2048_8192_SHA384,
            (KeyKind::Rsa { .. }, Self::PssSha512) => &lc::RSA_PSS_2048_8192_SHA512,
            (KeyKind::Ec(P256), Self::EcdsaSha256) => &lc::ECDSA_P256_SHA256_ASN1,
            (KeyKind::Ec(P256), Self::EcdsaSha384) => &lc::ECDSA_P256_SHA384_ASN1,
            (KeyKind::Ec(P256), Self::EcdsaSha512) => &lc::ECDSA_P256_SHA512_ASN1,
            (KeyKind::Ec(P384), Self::EcdsaSha256) => &lc::ECDSA_P384_SHA256_ASN1,
            (KeyKind::Ec(P384), Self::EcdsaSha384) => &lc::ECDSA_P384_SHA384_ASN1,
            (KeyKind::Ec(P384), Self::EcdsaSha512) => &lc::ECDSA_P384_SHA512_ASN1,
            (KeyKind::Ec(P521), Self::EcdsaSha256) => &lc::ECDSA_P521_SHA256_ASN1,
            (KeyKind::Ec(P521), Self::EcdsaSha384) => &lc::ECDSA_P521_SHA384_ASN1,
            (KeyKind::Ec(P521), Self::EcdsaSha512) => &lc::ECDSA_P521_SHA512_ASN1,
            (KeyKind::Ed25519, Self::Ed25519) => &lc::ED25519,
            _ => return None,
        })
    }
}

/// What people call the algorithm of an AlgorithmIdentifier, known or not.
pub fn algorithm_name(der: &[u8]) -> String {
    if let Some(known) = SignatureAlgorithm::from_der(der) {
        return known.name();
    }
    dotted_oid(der).map_or_else(
        || "unreadable".to_owned(),
        |dotted| oid::name(&dotted).to_owned(),
    )
}

/// Why an AlgorithmIdentifier is not taken, its name first; for one that is known, because the
/// key is of another type.
pub fn algorithm_refusal(der: &[u8]) -> String {
    let name = algorithm_name(der);
    if SignatureAlgorithm::from_der(der).is_some() {
        return format!("{name}, which is not taken for this key");
    }
    let known = |oid: &String| {
        SignatureAlgorithm::ALL
            .iter()
            .any(|one| one.oid().to_string() == *oid)
    };
    let why = match dotted_oid(der) {
        Some(oid) if oid == pss::ID_RSASSA_PSS.to_string() => return pss::refusal(der),
        Some(oid) if WEAK.contains(&oid.as_str()) => "its hash has fewer than 256 bits",
        Some(oid) if known(&oid) => "its parameters are not in their one exact encoding",
        _ => return format!("{name}, which is not taken"),
    };
    format!("{name}: {why}")
}

/// Signatures over MD5, SHA-1 and SHA-224.
const WEAK: [&str; 6] = [
    "1.2.840.10045.4.1",
    "1.2.840.10045.4.3.1",
    "1.2.840.113549.1.1.4",
    "1.2.840.113549.1.1.5",
    "1.2.840.113549.1.1.14",
    "1.3.14.3.2.29",
];

fn dotted_oid(der: &[u8]) -> Option<String> {
    let fields = sequence_of(der, "AlgorithmIdentifier").ok()?;
    fields.first().map(|oid| oid::dotted(oid.value))
}

/// `r` and `s` side by side, as `CKM_ECDSA` gives them, as the DER of Ecdsa-Sig-Value
/// (RFC 3279 2.2.3).
pub fn ecdsa_signature_der(r_and_s: &[u8]) -> Vec<u8> {
    let (r, s) = r_and_s.split_at(r_and_s.len() / 2);
    sequence(&[&unsigned(r), &unsigned(s)])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::{hex, unhex};
    use crate::x509::tlv::{context, encode};

    /// As the Baseline Requirements print them, 7.1.3.2.1.
    const SHA256: &str = "304106092a864886f70d01010a3034a00f300d06096086480165030402010500a11c\
        301a06092a864886f70d010108300d06096086480165030402010500a203020120";
    const SHA384: &str = "304106092a864886f70d01010a3034a00f300d06096086480165030402020500a11c\
        301a06092a864886f70d010108300d06096086480165030402020500a203020130";
    const SHA512: &str = "304106092a864886f70d01010a3034a00f300d06096086480165030402030500a11c\
        301a06092a864886f70d010108300d06096086480165030402030500a203020140";

    #[test]
    fn the_bytes_are_those_of_the_baseline_requirements() {
        for (algorithm, printed) in [
            (SignatureAlgorithm::PssSha256, SHA256),
            (SignatureAlgorithm::PssSha384, SHA384),
            (SignatureAlgorithm::PssSha512, SHA512),
        ] {
            assert_eq!(hex(&algorithm.to_der()), printed);
            let read = SignatureAlgorithm::from_der(&unhex(printed).unwrap());
            assert_eq!(read, Some(algorithm));
        }
    }

    #[test]
    fn names_and_bytes_read_back_and_no_two_are_the_same() {
        for algorithm in SignatureAlgorithm::ALL {
            let again = SignatureAlgorithm::from_der(&algorithm.to_der());
            assert_eq!(again, Some(algorithm));
            let again = SignatureAlgorithm::from_name(&algorithm.name());
            assert_eq!(again, Some(algorithm));
        }
    }

    #[test]
    fn every_other_form_has_its_reason() {
        let why = |from: &str, to: &str| {
            assert!(SHA256.contains(from), "{from}");
            algorithm_refusal(&unhex(&SHA256.replacen(from, to, 1)).unwrap())
        };
        let bare = |fields: &[&[u8]]| {
            let mut parts = vec![oid::der(pss::ID_RSASSA_PSS)];
            parts.extend(fields.iter().map(|field| field.to_vec()));
            let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
            algorithm_refusal(&sequence(&parts))
        };
        let sha256 = oid::der(HashAlgorithm::Sha256.oid());
        let first = sequence(&[&sha256, &encode(Tag::Null, &[])]);
        let said = [
            why("a203020120", "a203020121"),
            why("a203020120", "a203020114"),
            why(
                "06096086480165030402010500a11c",
                "06096086480165030402020500a11c",
            ),
            why(
                "06096086480165030402010500a11c",
                "06096086480165030402040500a11c",
            ),
            why("2a864886f70d010108", "2a864886f70d010109"),
            why(
                "300d06096086480165030402010500a1",
                "300d06096086480165030402010401a1",
            ),
            bare(&[]),
            bare(&[&sequence(&[])]),
            bare(&[&sequence(&[&encode(context(0), &[&first])])]),
            bare(&[&encode(Tag::Null, &[])]),
            algorithm_refusal(&SignatureAlgorithm::EcdsaSha256.to_der()),
            algorithm_refusal(&unhex("300906072a8648ce3d0401").unwrap()),
            algorithm_refusal(&unhex("300b06092a864886f70d01010b").unwrap()),
            algorithm_refusal(&unhex("300506032b6571").unwrap()),
            algorithm_refusal(&[1, 2, 3]),
        ];
        insta::assert_snapshot!(said.join("\n"));
    }
}
