//! Certificate and CRL extensions: what they are, and how they are read (with `x509-parser`).

use der::Tag;
use x509_cert::ext::pkix::KeyUsages;
use x509_parser::extensions::{GeneralName as ReadName, ParsedExtension, X509Extension};
use x509_parser::prelude::FromDer;

use super::certificate_policy::CertificatePolicy;
use super::crl_number::CrlNumber;
use super::escape::{escape, escape_bytes};
use super::extension_text;
use super::name_constraints::NameConstraints;
use super::oid;
use super::tlv::{self, DerError, Element};

/// `id-ce-cRLNumber` (RFC 5280 5.2.3)
pub const CRL_NUMBER: &str = "2.5.29.20";
/// `id-ce-nameConstraints` (RFC 5280 4.2.1.10)
pub const NAME_CONSTRAINTS: &str = "2.5.29.30";
/// `id-ce-certificatePolicies` (RFC 5280 4.2.1.4)
pub const CERTIFICATE_POLICIES: &str = "2.5.29.32";
/// `id-ad-ocsp` (RFC 5280 4.2.2.1)
pub const OCSP: &str = "1.3.6.1.5.5.7.48.1";
/// `id-ad-caIssuers` (RFC 5280 4.2.2.1)
pub const CA_ISSUERS: &str = "1.3.6.1.5.5.7.48.2";

/// A key usage bit (RFC 5280 4.2.1.3). The number is its place in the bit string.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum KeyUsage {
    /// digitalSignature
    DigitalSignature = 0,
    /// nonRepudiation
    NonRepudiation = 1,
    /// keyEncipherment
    KeyEncipherment = 2,
    /// dataEncipherment
    DataEncipherment = 3,
    /// keyAgreement
    KeyAgreement = 4,
    /// keyCertSign
    KeyCertSign = 5,
    /// cRLSign
    CrlSign = 6,
    /// encipherOnly
    EncipherOnly = 7,
    /// decipherOnly
    DecipherOnly = 8,
}

impl KeyUsage {
    const ALL: [(Self, &'static str, KeyUsages); 9] = [
        (
            Self::DigitalSignature,
            "digitalSignature",
            KeyUsages::DigitalSignature,
        ),
        (
            Self::NonRepudiation,
            "nonRepudiation",
            KeyUsages::NonRepudiation,
        ),
        (
            Self::KeyEncipherment,
            "keyEncipherment",
            KeyUsages::KeyEncipherment,
        ),
        (
            Self::DataEncipherment,
            "dataEncipherment",
            KeyUsages::DataEncipherment,
        ),
        (Self::KeyAgreement, "keyAgreement", KeyUsages::KeyAgreement),
        (Self::KeyCertSign, "keyCertSign", KeyUsages::KeyCertSign),
        (Self::CrlSign, "cRLSign", KeyUsages::CRLSign),
        (Self::EncipherOnly, "encipherOnly", KeyUsages::EncipherOnly),
        (Self::DecipherOnly, "decipherOnly", KeyUsages::DecipherOnly),
    ];

    /// The standard's name.
    pub fn word(self) -> &'static str {
        Self::ALL
            .iter()
            .find(|(usage, ..)| *usage == self)
            .map_or("", |(_, word, _)| word)
    }

    /// The usage with this name.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .find(|(_, name, _)| *name == word)
            .map(|(usage, ..)| *usage)
    }

    pub(super) fn bit(self) -> Option<KeyUsages> {
        Self::ALL
            .iter()
            .find(|(usage, ..)| *usage == self)
            .map(|(.., bit)| *bit)
    }
}

/// An extension in a certificate or CRL, as it stands there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extension {
    /// Dotted OID.
    pub oid: String,
    /// Critical.
    pub critical: bool,
    /// Content of the OCTET STRING.
    pub value: Vec<u8>,
    /// The whole Extension, DER.
    pub raw: Vec<u8>,
}

/// What an extension says, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExtensionValue {
    /// authorityKeyIdentifier: the key identifier, and whether issuer and serial stand beside it.
    AuthorityKeyIdentifier(Option<Vec<u8>>, bool),
    /// subjectKeyIdentifier
    SubjectKeyIdentifier(Vec<u8>),
    /// keyUsage, in the order of the bits.
    KeyUsage(Vec<KeyUsage>),
    /// extKeyUsage: dotted OIDs in their order.
    ExtendedKeyUsage(Vec<String>),
    /// basicConstraints
    BasicConstraints {
        /// cA
        ca: bool,
        /// pathLenConstraint
        path_length: Option<u32>,
    },
    /// cRLDistributionPoints: the URLs of the full names; anything else as `unsupported`.
    CrlDistributionPoints(Vec<String>),
    /// authorityInfoAccess: method (dotted OID) and URL.
    AuthorityInfoAccess(Vec<(String, String)>),
    /// subjectAltName: each name as text.
    SubjectAltName(Vec<String>),
    /// nameConstraints
    NameConstraints(NameConstraints),
    /// certificatePolicies
    CertificatePolicies(Vec<CertificatePolicy>),
    /// cRLNumber
    CrlNumber(CrlNumber),
    /// Anything we do not read.
    Unread,
}

impl Extension {
    /// Takes an Extension apart, `FALSE` written out or not.
    pub fn from_element(element: &Element<'_>) -> Result<Self, DerError> {
        let fields = tlv::sequence_of(element.raw, "Extension")?;
        let (oid, critical, value) = match fields.as_slice() {
            [oid, value] => (oid, false, value),
            [oid, critical, value] if critical.tag == Tag::Boolean => {
                (oid, critical.value == [0xff], value)
            }
            _ => return Err(DerError::new("Extension: not OID, TRUE, OCTET STRING")),
        };
        if oid.tag != Tag::ObjectIdentifier || value.tag != Tag::OctetString {
            return Err(DerError::new("Extension: not OID, TRUE, OCTET STRING"));
        }
        Ok(Self {
            oid: oid::dotted(oid.value),
            critical,
            value: value.value.to_vec(),
            raw: element.raw.to_vec(),
        })
    }

    /// Reads a SEQUENCE OF Extension as it stands; see [`Self::list`] for what must hold of it.
    pub fn as_found(der: &[u8]) -> Result<Vec<Self>, DerError> {
        tlv::sequence_of(der, "Extensions")?
            .iter()
            .map(Self::from_element)
            .collect()
    }

    /// Reads a SEQUENCE OF Extension; no OID may come twice (RFC 5280 4.2), and `FALSE` must
    /// not be written out (DER DEFAULT).
    pub fn list(der: &[u8]) -> Result<Vec<Self>, DerError> {
        let list = Self::as_found(der)?;
        for (at, extension) in list.iter().enumerate() {
            if extension.writes_false() {
                return Err(DerError::new("Extension: not OID, TRUE, OCTET STRING"));
            }
            if list[..at].iter().any(|other| other.oid == extension.oid) {
                return Err(DerError(format!(
                    "Extensions: {} comes twice",
                    extension.name()
                )));
            }
        }
        Ok(list)
    }

    /// Whether it says that it is not critical, where DER leaves that out (X.690 11.5), or says
    /// it is in another value than 0xff.
    pub fn writes_false(&self) -> bool {
        let fields = tlv::sequence_of(&self.raw, "Extension").unwrap_or_default();
        fields.len() == 3 && !self.critical
    }

    /// What people call it.
    pub fn name(&self) -> &str {
        oid::name(&self.oid)
    }

    /// What it says.
    pub fn read(&self) -> Result<ExtensionValue, DerError> {
        let bad = || DerError(format!("{}: cannot be read", self.name()));
        let (rest, parsed) = X509Extension::from_der(&self.raw).map_err(|_| bad())?;
        if !rest.is_empty() {
            return Err(bad());
        }
        Ok(match parsed.parsed_extension() {
            ParsedExtension::ParseError { .. } => return Err(bad()),
            ParsedExtension::AuthorityKeyIdentifier(aki) => ExtensionValue::AuthorityKeyIdentifier(
                aki.key_identifier.as_ref().map(|id| id.0.to_vec()),
                aki.authority_cert_issuer.is_some() || aki.authority_cert_serial.is_some(),
            ),
            ParsedExtension::SubjectKeyIdentifier(id) => {
                ExtensionValue::SubjectKeyIdentifier(id.0.to_vec())
            }
            ParsedExtension::KeyUsage(usage) => ExtensionValue::KeyUsage(
                KeyUsage::ALL
                    .iter()
                    .filter(|(bit, ..)| usage.flags >> (*bit as u16) & 1 == 1)
                    .map(|(bit, ..)| *bit)
                    .collect(),
            ),
            ParsedExtension::ExtendedKeyUsage(_) => {
                ExtensionValue::ExtendedKeyUsage(self.usage_oids()?)
            }
            ParsedExtension::BasicConstraints(basic) => ExtensionValue::BasicConstraints {
                ca: basic.ca,
                path_length: basic.path_len_constraint,
            },
            ParsedExtension::CRLDistributionPoints(points) => {
                ExtensionValue::CrlDistributionPoints(points.iter().map(point_url).collect())
            }
            ParsedExtension::AuthorityInfoAccess(access) => ExtensionValue::AuthorityInfoAccess(
                access
                    .accessdescs
                    .iter()
                    .map(|entry| {
                        (
                            entry.access_method.to_id_string(),
                            name_text(&entry.access_location),
                        )
                    })
                    .collect(),
            ),
            ParsedExtension::SubjectAlternativeName(names) => {
                ExtensionValue::SubjectAltName(names.general_names.iter().map(name_text).collect())
            }
            ParsedExtension::NameConstraints(_) => {
                ExtensionValue::NameConstraints(NameConstraints::from_der(&self.value)?)
            }
            ParsedExtension::CertificatePolicies(_) => {
                ExtensionValue::CertificatePolicies(CertificatePolicy::list(&self.value)?)
            }
            ParsedExtension::CRLNumber(_) => {
                ExtensionValue::CrlNumber(CrlNumber::from_der(&self.value)?)
            }
            _ => ExtensionValue::Unread,
        })
    }

    /// The OIDs in the order they are written (x509-parser sorts them into fields).
    fn usage_oids(&self) -> Result<Vec<String>, DerError> {
        Ok(tlv::sequence_of(&self.value, "extKeyUsage")?
            .iter()
            .map(|element| oid::dotted(element.value))
            .collect())
    }

    /// What it says, for people, escaped: every extension says something.
    pub fn text(&self) -> String {
        match (extension_text::text(self), self.read()) {
            (Some(text), _) => text,
            (None, Err(_)) => format!("(unreadable, {} octets)", self.value.len()),
            (None, Ok(ExtensionValue::Unread)) => format!("({} octets)", self.value.len()),
            (None, Ok(value)) => value.describe(),
        }
    }

    /// One line for people: what it asks or says, escaped.
    pub fn describe(&self) -> String {
        let critical = if self.critical { " (critical)" } else { "" };
        format!("{}{critical}: {}", self.name(), self.text())
    }
}

impl ExtensionValue {
    /// For people, escaped.
    pub fn describe(&self) -> String {
        match self {
            Self::AuthorityKeyIdentifier(id, _) => id.as_ref().map_or_else(
                || "(no key identifier)".to_owned(),
                |id| crate::digest::hex(id),
            ),
            Self::SubjectKeyIdentifier(id) => crate::digest::hex(id),
            Self::KeyUsage(bits) => bits
                .iter()
                .map(|bit| bit.word())
                .collect::<Vec<_>>()
                .join(", "),
            Self::ExtendedKeyUsage(oids) => oids
                .iter()
                .map(|oid| oid::name(oid))
                .collect::<Vec<_>>()
                .join(", "),
            Self::BasicConstraints { ca, path_length } => match (ca, path_length) {
                (true, Some(length)) => format!("CA, path length {length}"),
                (true, None) => "CA, no path length".to_owned(),
                (false, _) => "not a CA".to_owned(),
            },
            Self::CrlDistributionPoints(urls) | Self::SubjectAltName(urls) => urls.join(", "),
            Self::AuthorityInfoAccess(list) => list
                .iter()
                .map(|(method, url)| match method.as_str() {
                    CA_ISSUERS => format!("caIssuers {url}"),
                    OCSP => format!("OCSP {url}"),
                    other => format!("{} {url}", oid::name(other)),
                })
                .collect::<Vec<_>>()
                .join(", "),
            Self::NameConstraints(constraints) => constraints.describe(),
            Self::CertificatePolicies(policies) => policies
                .iter()
                .map(CertificatePolicy::describe)
                .collect::<Vec<_>>()
                .join(", "),
            Self::CrlNumber(number) => number.to_string(),
            Self::Unread => "(not read)".to_owned(),
        }
    }
}

fn point_url(point: &x509_parser::extensions::CRLDistributionPoint<'_>) -> String {
    match &point.distribution_point {
        Some(x509_parser::extensions::DistributionPointName::FullName(names))
            if point.reasons.is_none() && point.crl_issuer.is_none() && names.len() == 1 =>
        {
            name_text(&names[0])
        }
        _ => "(unsupported)".to_owned(),
    }
}

fn name_text(name: &ReadName<'_>) -> String {
    match name {
        ReadName::DNSName(text) => format!("DNS:{}", escape(text)),
        ReadName::RFC822Name(text) => format!("email:{}", escape(text)),
        ReadName::URI(text) => escape(text),
        ReadName::IPAddress(octets) => match octets.len() {
            4 => format!("IP:{}.{}.{}.{}", octets[0], octets[1], octets[2], octets[3]),
            16 => format!("IP:{}", ipv6(octets)),
            _ => format!("IP:#{}", crate::digest::hex(octets)),
        },
        ReadName::OtherName(oid, value) => format!("{oid}:{}", escape_bytes(value)),
        ReadName::DirectoryName(name) => format!("dirName:{}", escape(&name.to_string())),
        ReadName::RegisteredID(oid) => format!("RID:{oid}"),
        ReadName::X400Address(_) => "x400Address".to_owned(),
        ReadName::EDIPartyName(_) => "ediPartyName".to_owned(),
        ReadName::Invalid(tag, value) => {
            format!("invalid [{}] #{}", tag.0, crate::digest::hex(value))
        }
    }
}

fn ipv6(octets: &[u8]) -> String {
    <[u8; 16]>::try_from(octets).map_or_else(
        |_| crate::digest::hex(octets),
        |octets| std::net::Ipv6Addr::from(octets).to_string(),
    )
}

#[cfg(test)]
mod tests {
    use super::super::extension_encode::*;
    use super::super::name_constraints::Subtree;
    use super::super::network::Network;
    use super::super::tlv::sequence;
    use super::*;
    use der::oid::ObjectIdentifier;

    fn read(raw: &[u8]) -> ExtensionValue {
        let list = Extension::list(&sequence(&[raw])).unwrap();
        list[0].read().unwrap()
    }

    #[test]
    fn what_one_library_writes_the_other_reads() {
        let id = vec![7; 20];
        assert_eq!(
            read(&authority_key_identifier(&id).unwrap()),
            ExtensionValue::AuthorityKeyIdentifier(Some(id.clone()), false)
        );
        assert_eq!(
            read(&subject_key_identifier(&id).unwrap()),
            ExtensionValue::SubjectKeyIdentifier(id)
        );
        let usages = vec![
            KeyUsage::DigitalSignature,
            KeyUsage::KeyCertSign,
            KeyUsage::CrlSign,
        ];
        assert_eq!(
            read(&key_usage(&usages).unwrap()),
            ExtensionValue::KeyUsage(usages)
        );
        let oids = vec![
            "1.3.6.1.5.5.7.3.1".to_owned(),
            "1.3.6.1.5.5.7.3.2".to_owned(),
        ];
        assert_eq!(
            read(&extended_key_usage(&oids).unwrap()),
            ExtensionValue::ExtendedKeyUsage(oids)
        );
        for path_length in [None, Some(0), Some(2)] {
            assert_eq!(
                read(&basic_constraints(path_length).unwrap()),
                ExtensionValue::BasicConstraints {
                    ca: true,
                    path_length: path_length.map(u32::from)
                }
            );
        }
        let url = "http://pki.example/root.crl";
        assert_eq!(
            read(&crl_distribution_point(url).unwrap()),
            ExtensionValue::CrlDistributionPoints(vec![url.to_owned()])
        );
        assert_eq!(
            read(&authority_info_access(Some(url), None).unwrap()),
            ExtensionValue::AuthorityInfoAccess(vec![(CA_ISSUERS.to_owned(), url.to_owned())])
        );
        let constraints = NameConstraints {
            permitted: vec![
                Subtree::Dns("svc.example".to_owned()),
                Subtree::Ip(Network::parse("10.0.0.0/8").unwrap()),
                Subtree::Email("ops@svc.example".to_owned()),
                Subtree::Uri(".svc.example".to_owned()),
            ],
            excluded: vec![Subtree::Ip(Network::ALL_V6)],
        };
        assert_eq!(
            read(&name_constraints(&constraints).unwrap()),
            ExtensionValue::NameConstraints(constraints)
        );
        let policies = [None, Some(url.to_owned())].map(|cps| CertificatePolicy {
            oid: if cps.is_some() {
                "2.5.29.32.0"
            } else {
                "1.2.3"
            }
            .to_owned(),
            cps,
            more: false,
        });
        assert_eq!(
            read(&certificate_policies(&policies).unwrap()),
            ExtensionValue::CertificatePolicies(policies.to_vec())
        );
        for number in [0, 1, 127, 128, u64::MAX] {
            match read(&crl_number(number)) {
                ExtensionValue::CrlNumber(read) => assert_eq!(read.to_u64(), Some(number)),
                other => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn twice_the_same_extension_is_refused() {
        let one = crl_number(1);
        assert!(Extension::list(&sequence(&[&one, &one])).is_err());
    }

    #[test]
    fn false_written_out_is_not_der() {
        let raw = sequence(&[
            &oid::der(ObjectIdentifier::new_unwrap("2.5.29.14")),
            &tlv::encode(Tag::Boolean, &[&[0]]),
            &tlv::encode(Tag::OctetString, &[&[4, 0]]),
        ]);
        assert!(Extension::list(&sequence(&[&raw])).is_err());
    }
}
