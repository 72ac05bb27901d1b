//! GeneralName (RFC 5280 4.2.1.6): the names in alternative names, constraints and points, read
//! from their bytes and shown escaped.

use der::Tag;

use super::escape::escape_bytes;
use super::name::Name;
use super::network::mask_prefix;
use super::oid;
use super::tlv::{self, Element};
use crate::digest::hex;

/// Which kind of name; the number is that of its tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameKind {
    /// otherName
    Other = 0,
    /// rfc822Name
    Email = 1,
    /// dNSName
    Dns = 2,
    /// x400Address
    X400 = 3,
    /// directoryName
    Directory = 4,
    /// ediPartyName
    EdiParty = 5,
    /// uniformResourceIdentifier
    Uri = 6,
    /// iPAddress
    Ip = 7,
    /// registeredID
    RegisteredId = 8,
}

impl NameKind {
    const ALL: [(Self, &'static str); 9] = [
        (Self::Other, "otherName"),
        (Self::Email, "email"),
        (Self::Dns, "DNS"),
        (Self::X400, "x400Address"),
        (Self::Directory, "directoryName"),
        (Self::EdiParty, "ediPartyName"),
        (Self::Uri, "URI"),
        (Self::Ip, "IP"),
        (Self::RegisteredId, "registeredID"),
    ];

    /// What stands before the name's value.
    pub fn word(self) -> &'static str {
        Self::ALL[self as usize].1
    }
}

/// A name of one of the kinds.
#[derive(Clone, Copy, Debug)]
pub struct GeneralName<'a> {
    /// Its kind.
    pub kind: NameKind,
    /// The content of its tag.
    pub value: &'a [u8],
}

impl<'a> GeneralName<'a> {
    /// Takes a name by its tag.
    pub fn from_element(element: &Element<'a>) -> Option<Self> {
        let Tag::ContextSpecific { number, .. } = element.tag else {
            return None;
        };
        let at = usize::try_from(number.value()).ok()?;
        let (kind, _) = NameKind::ALL.get(at)?;
        Some(Self {
            kind: *kind,
            value: element.value,
        })
    }

    /// For people, escaped: `DNS:pki.example`, `IP:10.0.0.0/8`.
    pub fn text(&self) -> String {
        format!("{}:{}", self.kind.word(), self.value_text())
    }

    fn value_text(&self) -> String {
        match self.kind {
            NameKind::Email | NameKind::Dns | NameKind::Uri => escape_bytes(self.value),
            NameKind::Ip => address(self.value),
            NameKind::Directory => Name::from_der(self.value)
                .map_or_else(|_| "(unreadable name)".to_owned(), |name| name.to_string()),
            NameKind::RegisteredId => oid::name(&oid::dotted(self.value)).to_owned(),
            NameKind::Other => match tlv::elements(self.value).as_deref() {
                Ok([kind, ..]) => oid::name(&oid::dotted(kind.value)).to_owned(),
                _ => "(unreadable)".to_owned(),
            },
            NameKind::X400 | NameKind::EdiParty => format!("({} octets)", self.value.len()),
        }
    }
}

/// An address, or an address and its mask.
fn address(octets: &[u8]) -> String {
    let text = |octets: &[u8]| match octets.len() {
        4 => <[u8; 4]>::try_from(octets)
            .ok()
            .map(|four| std::net::Ipv4Addr::from(four).to_string()),
        16 => <[u8; 16]>::try_from(octets)
            .ok()
            .map(|sixteen| std::net::Ipv6Addr::from(sixteen).to_string()),
        _ => None,
    };
    let (base, mask) = octets.split_at(octets.len() / 2);
    match (octets.len(), text(octets), text(base)) {
        (_, Some(whole), _) if octets.len() != 8 => whole,
        (8 | 32, _, Some(base)) => match mask_prefix(mask) {
            Some(bits) => format!("{base}/{bits}"),
            None => format!("{base} mask #{}", hex(mask)),
        },
        _ => format!("#{}", hex(octets)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(der: &[u8]) -> String {
        let element = tlv::elements(der).unwrap()[0];
        GeneralName::from_element(&element).unwrap().text()
    }

    #[test]
    fn names_read_as_people_write_them() {
        assert_eq!(text(b"\x82\x03a.b"), "DNS:a.b");
        assert_eq!(text(b"\x81\x03a@b"), "email:a@b");
        assert_eq!(text(b"\x86\x02\x1b["), "URI:\\u{1b}[");
        assert_eq!(text(&[0x87, 4, 10, 0, 0, 1]), "IP:10.0.0.1");
        assert_eq!(text(&[0x87, 8, 10, 0, 0, 0, 255, 0, 0, 0]), "IP:10.0.0.0/8");
        assert_eq!(
            text(&[0x87, 8, 10, 0, 0, 0, 0, 255, 0, 0]),
            "IP:10.0.0.0 mask #00ff0000"
        );
        assert_eq!(text(&[0x87, 3, 1, 2, 3]), "IP:#010203");
        let mut six = vec![0x87, 32];
        six.extend([0; 32]);
        assert_eq!(text(&six), "IP:::/0");
        assert_eq!(text(&[0xa4, 2, 0x30, 0]), "directoryName:(empty)");
        assert_eq!(text(&[0x88, 3, 0x2a, 3, 4]), "registeredID:1.2.3.4");
    }
}
