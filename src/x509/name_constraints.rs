//! Name constraints (RFC 5280 4.2.1.10): those that a ceremony file asks for, and those that
//! stand in any certificate, read from their bytes.

use super::escape::escape;
use super::general_name::{GeneralName, NameKind};
use super::network::Network;
use super::tlv::{DerError, Element, context, elements, sequence_of};

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
    /// One that this tool does not write.
    Foreign(ForeignSubtree),
}

/// A subtree as others write them: a name of any kind, with or without bounds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForeignSubtree {
    /// The kind of its base.
    pub kind: NameKind,
    /// The content of its base.
    pub value: Vec<u8>,
    /// minimum or maximum is written out, which no profile allows.
    pub bounded: bool,
}

impl Subtree {
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

    fn from_element(element: &Element<'_>) -> Result<Self, DerError> {
        let fields = sequence_of(element.raw, "GeneralSubtree")?;
        let bad = || DerError::new("GeneralSubtree: its base is no name");
        let (base, bounds) = fields.split_first().ok_or_else(bad)?;
        let base = GeneralName::from_element(base).ok_or_else(bad)?;
        let ours = Self::ours(&base).filter(|_| bounds.is_empty());
        Ok(ours.unwrap_or_else(|| {
            Self::Foreign(ForeignSubtree {
                kind: base.kind,
                value: base.value.to_vec(),
                bounded: !bounds.is_empty(),
            })
        }))
    }

    fn ours(base: &GeneralName<'_>) -> Option<Self> {
        let text = || String::from_utf8(base.value.to_vec()).ok();
        match base.kind {
            NameKind::Ip => Network::from_octets(base.value).map(Self::Ip),
            _ if !base.value.is_ascii() => None,
            NameKind::Dns => text().map(Self::Dns),
            NameKind::Email => text().map(Self::Email),
            NameKind::Uri => text().map(Self::Uri),
            _ => None,
        }
    }
}

impl std::fmt::Display for Subtree {
    /// `DNS:svc.example`, escaped.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (kind, value) = match self {
            Self::Dns(text) => (NameKind::Dns, escape(text)),
            Self::Ip(network) => (NameKind::Ip, network.to_string()),
            Self::Email(text) => (NameKind::Email, escape(text)),
            Self::Uri(text) => (NameKind::Uri, escape(text)),
            Self::Foreign(ForeignSubtree { kind, value, .. }) => {
                let name = GeneralName { kind: *kind, value };
                return f.write_str(&name.text());
            }
        };
        write!(f, "{}:{value}", kind.word())
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
    /// Reads the extension's value.
    pub fn from_der(value: &[u8]) -> Result<Self, DerError> {
        let mut read = Self::default();
        for list in sequence_of(value, "nameConstraints")? {
            let subtrees = elements(list.value)?
                .iter()
                .map(Subtree::from_element)
                .collect::<Result<_, _>>()?;
            match list.tag {
                tag if tag == context(0) => read.permitted = subtrees,
                tag if tag == context(1) => read.excluded = subtrees,
                _ => return Err(DerError::new("nameConstraints: an unknown list")),
            }
        }
        Ok(read)
    }

    /// No constraint.
    pub fn is_empty(&self) -> bool {
        self.permitted.is_empty() && self.excluded.is_empty()
    }

    /// Every subtree, the permitted ones first.
    pub fn subtrees(&self) -> impl Iterator<Item = &Subtree> {
        self.permitted.iter().chain(&self.excluded)
    }

    /// Both lists with all their subtrees, escaped: `permitted DNS:acme.example; excluded
    /// IP:0.0.0.0/0`.
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

#[cfg(test)]
mod tests {
    use super::*;

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
