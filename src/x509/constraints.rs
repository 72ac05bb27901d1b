//! Name constraints (RFC 5280 4.2.1.10) and certificate policies (4.2.1.4): what they say, in
//! the words of the ceremony file and of the screen.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use x509_parser::extensions::{
    GeneralName, NameConstraints as ReadConstraints, PolicyInformation as ReadPolicy,
};
use x509_parser::prelude::FromDer;

use super::escape::escape;
use super::oid;

/// `id-qt-cps` (RFC 5280 4.2.1.4)
pub const CPS: &str = "1.3.6.1.5.5.7.2.1";

/// Addresses with a common prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    prefix: u8,
}

impl Network {
    /// Every IPv4 address.
    pub const ALL_V4: Self = Self {
        address: IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        prefix: 0,
    };
    /// Every IPv6 address.
    pub const ALL_V6: Self = Self {
        address: IpAddr::V6(Ipv6Addr::UNSPECIFIED),
        prefix: 0,
    };

    /// Reads `10.0.0.0/8` or `fd00::/8`; the error says what was meant.
    pub fn parse(text: &str) -> Result<Self, String> {
        let form = || "an IP range is an address and a prefix: \"10.0.0.0/8\", \"fd00::/8\"";
        let (address, prefix) = text.split_once('/').ok_or_else(form)?;
        let address: IpAddr = address.parse().map_err(|_| form())?;
        let plain = !prefix.is_empty() && prefix.bytes().all(|b| b.is_ascii_digit());
        let prefix: u8 = prefix.parse().ok().filter(|_| plain).ok_or_else(form)?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        if prefix > most {
            return Err(form().to_owned());
        }
        let network = Self { address, prefix };
        let base = Self {
            address: network.base(),
            prefix,
        };
        if base != network {
            return Err(format!("the range begins at {base}: write that"));
        }
        Ok(network)
    }

    /// From address and mask as a certificate has them; the mask is ones, then zeros.
    pub fn from_octets(octets: &[u8]) -> Option<Self> {
        let half = octets.len() / 2;
        let (address, mask) = octets.split_at(half);
        let ones: u32 = mask.iter().map(|octet| octet.leading_ones()).sum();
        let address = match half {
            4 => IpAddr::from(<[u8; 4]>::try_from(address).ok()?),
            16 => IpAddr::from(<[u8; 16]>::try_from(address).ok()?),
            _ => return None,
        };
        let network = Self {
            address,
            prefix: u8::try_from(ones).ok()?,
        };
        (network.to_octets() == octets && network.base() == address).then_some(network)
    }

    /// Address and mask: 8 or 32 octets.
    pub fn to_octets(self) -> Vec<u8> {
        match self.address {
            IpAddr::V4(address) => [address.octets().to_vec(), self.mask(4)].concat(),
            IpAddr::V6(address) => [address.octets().to_vec(), self.mask(16)].concat(),
        }
    }

    /// Whether every address of `other` is one of these.
    pub fn covers(self, other: Self) -> bool {
        let widened = Self {
            address: other.address,
            prefix: self.prefix,
        };
        self.address.is_ipv4() == other.address.is_ipv4()
            && self.prefix <= other.prefix
            && widened.base() == self.address
    }

    fn mask(self, octets: usize) -> Vec<u8> {
        (0..octets)
            .map(|at| {
                let ones = usize::from(self.prefix).saturating_sub(at * 8).min(8);
                // `ones` is at most 8.
                (0xff00u16 >> ones) as u8
            })
            .collect()
    }

    fn base(self) -> IpAddr {
        let and = |octets: &[u8]| -> Vec<u8> {
            let mask = self.mask(octets.len());
            octets
                .iter()
                .zip(mask)
                .map(|(one, mask)| one & mask)
                .collect()
        };
        match self.address {
            IpAddr::V4(address) => {
                <[u8; 4]>::try_from(and(&address.octets())).map_or(self.address, IpAddr::from)
            }
            IpAddr::V6(address) => {
                <[u8; 16]>::try_from(and(&address.octets())).map_or(self.address, IpAddr::from)
            }
        }
    }
}

impl std::fmt::Display for Network {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

/// A subtree of names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subtree {
    /// dNSName: this name and all below it.
    Dns(String),
    /// iPAddress
    Ip(Network),
    /// rfc822Name: a mailbox, a host, or with a leading dot all hosts below.
    Email(String),
    /// uniformResourceIdentifier: a host, or with a leading dot all hosts below.
    Uri(String),
    /// A form that this tool does not write, described.
    Other(String),
}

impl Subtree {
    /// What kind of names it is of.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Dns(_) => "DNS",
            Self::Ip(_) => "IP",
            Self::Email(_) => "email",
            Self::Uri(_) => "URI",
            Self::Other(_) => "other",
        }
    }

    /// Whether every name of `other` is one of these.
    pub fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Dns(outer), Self::Dns(inner)) => {
                let (outer, inner) = (outer.to_lowercase(), inner.to_lowercase());
                let outer = outer.trim_start_matches('.');
                let inner = inner.trim_start_matches('.');
                inner == outer || inner.ends_with(&format!(".{outer}"))
            }
            (Self::Ip(outer), Self::Ip(inner)) => outer.covers(*inner),
            (Self::Email(outer), Self::Email(inner)) | (Self::Uri(outer), Self::Uri(inner)) => {
                let (outer, inner) = (outer.to_lowercase(), inner.to_lowercase());
                let host = inner.rsplit('@').next().unwrap_or_default();
                inner == outer
                    || host == outer
                    || (outer.starts_with('.') && host.ends_with(&outer))
            }
            _ => false,
        }
    }

    fn read(name: &GeneralName<'_>) -> Self {
        match name {
            GeneralName::DNSName(text) => Self::Dns((*text).to_owned()),
            GeneralName::RFC822Name(text) => Self::Email((*text).to_owned()),
            GeneralName::URI(text) => Self::Uri((*text).to_owned()),
            GeneralName::IPAddress(octets) => match Network::from_octets(octets) {
                Some(network) => Self::Ip(network),
                None => Self::Other(format!("IP:#{}", crate::digest::hex(octets))),
            },
            GeneralName::DirectoryName(name) => Self::Other(format!("dirName:{name}")),
            GeneralName::RegisteredID(oid) => Self::Other(format!("RID:{oid}")),
            _ => Self::Other("a name of another form".to_owned()),
        }
    }
}

impl std::fmt::Display for Subtree {
    /// `DNS:svc.example`, escaped.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Ip(network) => write!(f, "IP:{network}"),
            Self::Dns(text) | Self::Email(text) | Self::Uri(text) => {
                write!(f, "{}:{}", self.kind(), escape(text))
            }
            Self::Other(text) => f.write_str(&escape(text)),
        }
    }
}

/// Which names may stand below a CA. Nothing at all stands for no extension.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NameConstraints {
    /// permittedSubtrees
    pub permitted: Vec<Subtree>,
    /// excludedSubtrees
    pub excluded: Vec<Subtree>,
}

impl NameConstraints {
    /// No constraint.
    pub fn is_empty(&self) -> bool {
        self.permitted.is_empty() && self.excluded.is_empty()
    }

    /// Every subtree, the permitted ones first.
    pub fn subtrees(&self) -> impl Iterator<Item = &Subtree> {
        self.permitted.iter().chain(&self.excluded)
    }

    pub(super) fn read(parsed: &ReadConstraints<'_>) -> Self {
        let list = |subtrees: &Option<Vec<x509_parser::extensions::GeneralSubtree<'_>>>| {
            let subtrees = subtrees.iter().flatten();
            subtrees.map(|one| Subtree::read(&one.base)).collect()
        };
        Self {
            permitted: list(&parsed.permitted_subtrees),
            excluded: list(&parsed.excluded_subtrees),
        }
    }

    /// Both lists with all their subtrees.
    pub fn describe(&self) -> String {
        [("permitted", &self.permitted), ("excluded", &self.excluded)]
            .into_iter()
            .filter(|(_, list)| !list.is_empty())
            .map(|(word, list)| format!("{word} {}", words(list)))
            .collect::<Vec<_>>()
            .join("; ")
    }
}

/// Subtrees in one line.
pub fn words(list: &[Subtree]) -> String {
    list.iter()
        .map(Subtree::to_string)
        .collect::<Vec<_>>()
        .join(", ")
}

/// A policy that a certificate is issued under.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificatePolicy {
    /// Dotted OID.
    pub oid: String,
    /// Where its practice statement is published.
    pub cps: Option<String>,
    /// It has qualifiers that this tool does not write.
    pub more: bool,
}

impl CertificatePolicy {
    pub(super) fn read(parsed: &ReadPolicy<'_>) -> Self {
        let qualifiers = parsed.policy_qualifiers.iter().flatten();
        let qualifiers: Vec<_> = qualifiers.collect();
        let cps = match qualifiers.as_slice() {
            [one] if one.policy_qualifier_id.to_id_string() == CPS => ia5_text(one.qualifier),
            _ => None,
        };
        Self {
            oid: parsed.policy_id.to_id_string(),
            more: cps.is_none() && parsed.policy_qualifiers.is_some(),
            cps,
        }
    }

    /// `1.2.3 (CPS http://...)`, escaped.
    pub fn describe(&self) -> String {
        let name = oid::name(&self.oid);
        match &self.cps {
            Some(cps) => format!("{name} (CPS {})", escape(cps)),
            None if self.more => format!("{name} (other qualifiers)"),
            None => name.to_owned(),
        }
    }
}

fn ia5_text(der: &[u8]) -> Option<String> {
    let (rest, text) = x509_parser::der_parser::asn1_rs::Ia5String::from_der(der).ok()?;
    rest.is_empty().then(|| text.as_ref().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_and_written() {
        for text in [
            "10.0.0.0/8",
            "0.0.0.0/0",
            "192.168.7.0/25",
            "10.1.2.3/32",
            "fd00::/8",
            "::/0",
        ] {
            let network = Network::parse(text).unwrap();
            assert_eq!(network.to_string(), text);
            assert_eq!(Network::from_octets(&network.to_octets()), Some(network));
        }
        for text in [
            "10.0.0.0",
            "10.0.0.0/33",
            "10.0.0.0/+8",
            "10.0.0/8",
            "::/129",
            "10.0.0.0/",
            "x/8",
        ] {
            assert!(Network::parse(text).is_err(), "{text}");
        }
        assert!(
            Network::parse("10.1.0.0/8")
                .unwrap_err()
                .contains("10.0.0.0/8")
        );
        // A mask with a hole, an address beyond its mask, a wrong length.
        assert_eq!(Network::from_octets(&[10, 0, 0, 0, 255, 0, 255, 0]), None);
        assert_eq!(Network::from_octets(&[10, 1, 0, 0, 255, 0, 0, 0]), None);
        assert_eq!(Network::from_octets(&[10, 0, 0, 0]), None);
    }

    #[test]
    fn a_subtree_covers_what_lies_below_it() {
        let dns = |text: &str| Subtree::Dns(text.to_owned());
        assert!(dns("example").covers(&dns("a.EXAMPLE")));
        assert!(!dns("example").covers(&dns("badexample")));
        let ip = |text: &str| Subtree::Ip(Network::parse(text).unwrap());
        assert!(ip("0.0.0.0/0").covers(&ip("10.0.0.0/8")));
        assert!(!ip("0.0.0.0/0").covers(&ip("::/0")));
        assert!(!ip("10.0.0.0/8").covers(&ip("0.0.0.0/0")));
        let email = |text: &str| Subtree::Email(text.to_owned());
        assert!(email("example").covers(&email("a@example")));
        assert!(!email("example").covers(&email("a@b.example")));
        assert!(email(".example").covers(&email("b.example")));
    }
}
