//! nameConstraints (RFC 5280 4.2.1.10), read from its bytes.

use super::general_name::GeneralName;
use super::tlv::{DerError, Element, context, elements, sequence_of};

/// A subtree of names.
#[derive(Clone, Copy, Debug)]
pub struct Subtree<'a> {
    /// Its base.
    pub base: GeneralName<'a>,
    /// minimum or maximum is written out, which no profile allows.
    pub bounded: bool,
}

/// What may and what may not stand below a CA.
#[derive(Clone, Debug)]
pub struct NameConstraints<'a> {
    /// permittedSubtrees
    pub permitted: Vec<Subtree<'a>>,
    /// excludedSubtrees
    pub excluded: Vec<Subtree<'a>>,
}

impl<'a> NameConstraints<'a> {
    /// Reads the extension's value.
    pub fn from_der(value: &'a [u8]) -> Result<Self, DerError> {
        let mut read = Self {
            permitted: Vec::new(),
            excluded: Vec::new(),
        };
        for list in sequence_of(value, "nameConstraints")? {
            let subtrees = elements(list.value)?
                .iter()
                .map(subtree)
                .collect::<Result<_, _>>()?;
            match list.tag {
                tag if tag == context(0) => read.permitted = subtrees,
                tag if tag == context(1) => read.excluded = subtrees,
                _ => return Err(DerError::new("nameConstraints: an unknown list")),
            }
        }
        Ok(read)
    }

    /// Permitted, then excluded.
    pub fn all(&self) -> impl Iterator<Item = &Subtree<'a>> {
        self.permitted.iter().chain(&self.excluded)
    }

    /// For people, escaped: `permitted DNS:acme.example; excluded IP:0.0.0.0/0`.
    pub fn text(&self) -> String {
        [("permitted", &self.permitted), ("excluded", &self.excluded)]
            .into_iter()
            .filter(|(_, list)| !list.is_empty())
            .map(|(word, list)| {
                let names: Vec<String> = list.iter().map(|one| one.base.text()).collect();
                format!("{word} {}", names.join(", "))
            })
            .collect::<Vec<_>>()
            .join("; ")
    }
}

fn subtree<'a>(element: &Element<'a>) -> Result<Subtree<'a>, DerError> {
    let fields = sequence_of(element.raw, "GeneralSubtree")?;
    let bad = || DerError::new("GeneralSubtree: its base is no name");
    let (base, bounds) = fields.split_first().ok_or_else(bad)?;
    Ok(Subtree {
        base: GeneralName::from_element(base).ok_or_else(bad)?,
        bounded: !bounds.is_empty(),
    })
}
