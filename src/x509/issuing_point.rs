//! issuingDistributionPoint (RFC 5280 5.2.5): which certificates a CRL speaks of.

use der::Tag;

use super::general_name::GeneralName;
use super::tlv::{DerError, Element, context, elements, sequence_of};

/// What a CRL says of its own scope.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IssuingPoint {
    /// Where it is published, escaped.
    pub places: Vec<String>,
    /// onlyContainsUserCerts
    pub user_certificates: bool,
    /// onlyContainsCACerts
    pub ca_certificates: bool,
    /// onlySomeReasons
    pub some_reasons: bool,
    /// indirectCRL
    pub indirect: bool,
    /// onlyContainsAttributeCerts
    pub attribute_certificates: bool,
}

impl IssuingPoint {
    /// Reads the extension's value.
    pub fn from_der(value: &[u8]) -> Result<Self, DerError> {
        let mut point = Self::default();
        let mut last = None;
        for field in sequence_of(value, "issuingDistributionPoint")? {
            let bad = || DerError::new("issuingDistributionPoint: an unknown field");
            let Tag::ContextSpecific { number, .. } = field.tag else {
                return Err(bad());
            };
            let number = number.value();
            if last.is_some_and(|last| last >= number) {
                return Err(bad());
            }
            last = Some(number);
            match number {
                0 => point.places = places(&field)?,
                1 => point.user_certificates = flag(&field)?,
                2 => point.ca_certificates = flag(&field)?,
                3 => point.some_reasons = true,
                4 => point.indirect = flag(&field)?,
                5 => point.attribute_certificates = flag(&field)?,
                _ => return Err(bad()),
            }
        }
        Ok(point)
    }

    /// For people.
    pub fn text(&self) -> String {
        let mut words = self.places.clone();
        for (flag, word) in [
            (self.user_certificates, "onlyContainsUserCerts"),
            (self.ca_certificates, "onlyContainsCACerts"),
            (self.some_reasons, "onlySomeReasons"),
            (self.indirect, "indirectCRL"),
            (self.attribute_certificates, "onlyContainsAttributeCerts"),
        ] {
            if flag {
                words.push(word.to_owned());
            }
        }
        words.join(", ")
    }
}

/// A flag is left out where it is FALSE, and is ff where it is TRUE.
fn flag(field: &Element<'_>) -> Result<bool, DerError> {
    match field.value {
        [0xff] => Ok(true),
        _ => Err(DerError::new(
            "issuingDistributionPoint: a flag that is not TRUE",
        )),
    }
}

fn places(field: &Element<'_>) -> Result<Vec<String>, DerError> {
    let mut places = Vec::new();
    for form in elements(field.value)? {
        if form.tag == context(0) {
            for name in elements(form.value)? {
                let name = GeneralName::from_element(&name);
                places.push(name.map_or_else(|| "(unreadable)".to_owned(), |name| name.text()));
            }
        } else {
            places.push("(relative name)".to_owned());
        }
    }
    Ok(places)
}
