//! Distinguished names: carried as the bytes they came as, shown escaped, compared as bytes.

use std::fmt;

use der::Tag;
use der::oid::ObjectIdentifier;

use super::escape::escape_bytes;
use super::oid;
use super::string;
use super::tlv::{self, DerError, encode, sequence};

/// A Name (RFC 5280 4.1.2.4), DER. Displays as `C=DE, O=Acme, CN=Acme Root G1`, escaped.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Name(Vec<u8>);

/// One attribute of a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// Dotted OID.
    pub oid: String,
    /// Tag of the string.
    pub tag: Tag,
    /// The string's octets.
    pub value: Vec<u8>,
}

/// The attribute types a ceremony file can write, in the order they are encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttributeType {
    /// domainComponent
    DomainComponent,
    /// countryName: two capital letters
    Country,
    /// stateOrProvinceName
    State,
    /// localityName
    Locality,
    /// organizationName
    Organization,
    /// organizationalUnitName
    OrganizationalUnit,
    /// commonName
    CommonName,
}

impl AttributeType {
    /// All, in the order DC C ST L O OU CN.
    pub const ALL: [Self; 7] = [
        Self::DomainComponent,
        Self::Country,
        Self::State,
        Self::Locality,
        Self::Organization,
        Self::OrganizationalUnit,
        Self::CommonName,
    ];

    /// The key in a ceremony file.
    pub fn word(self) -> &'static str {
        match self {
            Self::DomainComponent => "DC",
            Self::Country => "C",
            Self::State => "ST",
            Self::Locality => "L",
            Self::Organization => "O",
            Self::OrganizationalUnit => "OU",
            Self::CommonName => "CN",
        }
    }

    /// The type of a dotted OID, if a ceremony file can write it.
    pub fn of_oid(oid: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.oid().to_string() == oid)
    }

    /// The most characters a value may have (RFC 5280 appendix A.1).
    pub fn upper_bound(self) -> usize {
        match self {
            Self::Country => 2,
            Self::State | Self::Locality => 128,
            Self::DomainComponent
            | Self::Organization
            | Self::OrganizationalUnit
            | Self::CommonName => 64,
        }
    }

    fn oid(self) -> ObjectIdentifier {
        match self {
            Self::DomainComponent => ObjectIdentifier::new_unwrap("0.9.2342.19200300.100.1.25"),
            Self::Country => ObjectIdentifier::new_unwrap("2.5.4.6"),
            Self::State => ObjectIdentifier::new_unwrap("2.5.4.8"),
            Self::Locality => ObjectIdentifier::new_unwrap("2.5.4.7"),
            Self::Organization => ObjectIdentifier::new_unwrap("2.5.4.10"),
            Self::OrganizationalUnit => ObjectIdentifier::new_unwrap("2.5.4.11"),
            Self::CommonName => ObjectIdentifier::new_unwrap("2.5.4.3"),
        }
    }

    fn string_tag(self) -> Tag {
        match self {
            Self::DomainComponent => Tag::Ia5String,
            Self::Country => Tag::PrintableString,
            _ => Tag::Utf8String,
        }
    }
}

impl Name {
    /// Builds a name of single-valued RDNs in the given order.
    pub fn build(parts: &[(AttributeType, &str)]) -> Self {
        let rdns: Vec<Vec<u8>> = parts
            .iter()
            .map(|(kind, value)| {
                let text = encode(kind.string_tag(), &[value.as_bytes()]);
                encode(Tag::Set, &[&sequence(&[&oid::der(kind.oid()), &text])])
            })
            .collect();
        Self(encode(
            tlv::SEQUENCE,
            &rdns.iter().map(Vec::as_slice).collect::<Vec<_>>(),
        ))
    }

    /// Takes a Name over as it is, after checking that it can be read.
    pub fn from_der(der: &[u8]) -> Result<Self, DerError> {
        let name = Self(der.to_vec());
        name.rdns()?;
        Ok(name)
    }

    /// The bytes.
    pub fn as_der(&self) -> &[u8] {
        &self.0
    }

    /// Whether it has no attribute at all.
    pub fn is_empty(&self) -> bool {
        self.rdns()
            .map_or(true, |rdns| rdns.iter().all(Vec::is_empty))
    }

    /// The attributes, one list for each RDN.
    pub fn rdns(&self) -> Result<Vec<Vec<Attribute>>, DerError> {
        tlv::sequence_of(&self.0, "Name")?
            .iter()
            .map(|rdn| {
                if rdn.tag != Tag::Set {
                    return Err(DerError::new("Name: an RDN is not a SET"));
                }
                tlv::elements(rdn.value)?
                    .iter()
                    .map(|part| attribute(part.raw))
                    .collect()
            })
            .collect()
    }

    /// The attributes in their order, whatever RDN they stand in.
    pub fn attributes(&self) -> impl Iterator<Item = Attribute> + use<> {
        self.rdns().unwrap_or_default().into_iter().flatten()
    }

    /// Whether each RDN's SET OF stands in DER order (X.690 11.6), none of its members twice.
    pub fn is_in_der_order(&self) -> bool {
        let sorted = |rdn: &tlv::Element<'_>| {
            tlv::elements(rdn.value)
                .is_ok_and(|parts| parts.windows(2).all(|pair| pair[0].raw < pair[1].raw))
        };
        tlv::sequence_of(&self.0, "Name").is_ok_and(|rdns| rdns.iter().all(sorted))
    }

    /// The first commonName, escaped; the whole name where there is none.
    pub fn short(&self) -> String {
        self.rdns()
            .unwrap_or_default()
            .iter()
            .flatten()
            .find(|attribute| attribute.oid == "2.5.4.3")
            .map_or_else(
                || self.to_string(),
                |attribute| escape_bytes(attribute.shown().as_bytes()),
            )
    }
}

impl Attribute {
    /// The value as text, where its octets are what its string type allows.
    pub fn text(&self) -> Option<String> {
        let is_text = matches!(
            self.tag,
            Tag::Utf8String
                | Tag::PrintableString
                | Tag::Ia5String
                | Tag::NumericString
                | Tag::TeletexString
                | Tag::BmpString
        );
        let allowed = string::check(self.tag.number().value(), &self.value).is_ok();
        (is_text && allowed).then(|| self.shown())
    }

    fn units(&self) -> Vec<u16> {
        self.value
            .chunks(2)
            .map(|pair| u16::from_be_bytes([pair[0], pair.get(1).copied().unwrap_or(0)]))
            .collect()
    }

    /// The value for people; bytes that are no text are kept lossily.
    pub(super) fn shown(&self) -> String {
        match self.tag {
            // T61String is read as Latin-1, as every common reader does.
            Tag::TeletexString => self.value.iter().map(|&byte| char::from(byte)).collect(),
            Tag::BmpString => String::from_utf16_lossy(&self.units()),
            Tag::Utf8String | Tag::PrintableString | Tag::Ia5String | Tag::NumericString => {
                String::from_utf8_lossy(&self.value).into_owned()
            }
            _ => format!("#{}", crate::digest::hex(&self.value)),
        }
    }
}

fn attribute(der: &[u8]) -> Result<Attribute, DerError> {
    let fields = tlv::sequence_of(der, "AttributeTypeAndValue")?;
    match fields.as_slice() {
        [kind, value] if kind.tag == Tag::ObjectIdentifier => Ok(Attribute {
            oid: oid::dotted(kind.value),
            tag: value.tag,
            value: value.value.to_vec(),
        }),
        _ => Err(DerError::new(
            "AttributeTypeAndValue: not an OID and a value",
        )),
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Ok(rdns) = self.rdns() else {
            return f.write_str("(unreadable name)");
        };
        if self.is_empty() {
            return f.write_str("(empty)");
        }
        let shown: Vec<String> = rdns
            .iter()
            .map(|rdn| {
                rdn.iter()
                    .map(|part| {
                        // A comma or plus in a value must not look like one between values.
                        let text = escape_bytes(part.shown().as_bytes());
                        let text = text.replace(',', "\\,").replace('+', "\\+");
                        format!("{}={text}", oid::name(&part.oid))
                    })
                    .collect::<Vec<_>>()
                    .join(" + ")
            })
            .collect();
        f.write_str(&shown.join(", "))
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Name({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn built_names_read_as_written() {
        let name = Name::build(&[
            (AttributeType::DomainComponent, "example"),
            (AttributeType::Country, "DE"),
            (AttributeType::Organization, "M\u{fc}ller, S\u{f6}hne"),
            (AttributeType::CommonName, "Root\u{202e}G1"),
        ]);
        assert_eq!(
            name.to_string(),
            "DC=example, C=DE, O=M\u{fc}ller\\, S\u{f6}hne, CN=Root\\u{202e}G1"
        );
        assert_eq!(name.short(), "Root\\u{202e}G1");
        assert!(!name.is_empty());
        assert!(Name::from_der(&[0x30, 0]).unwrap().is_empty());
        assert_eq!(Name::from_der(name.as_der()).unwrap(), name);
        assert!(Name::from_der(&[0x31, 0]).is_err());
    }
}
