//! The values of the extensions we know, as RFC 5280 4.2.1 declares them: whole, in DER, and
//! nothing else. Others are told by their OID and not looked into.

use der::Tag;

use super::extension::Extension;
use super::strict;
use super::tlv::{self, DerError, Element};

type Shape = fn(&[Element<'_>]) -> bool;

impl Extension {
    /// Checks the value of an extension whose type we know.
    pub fn check_value(&self) -> Result<(), DerError> {
        let Some((_, tag, shape)) = SHAPES.iter().find(|(oid, ..)| *oid == self.oid) else {
            return Ok(());
        };
        let named = |error: DerError| DerError(format!("{}: {error}", self.name()));
        strict::check(&self.value).map_err(named)?;
        strict::check_strings(&self.value).map_err(named)?;
        let value = tlv::single(&self.value, *tag, self.name())?;
        let good = match tag {
            Tag::Sequence => shape(&tlv::elements(value.value).map_err(named)?),
            _ => shape(&[value]),
        };
        let words = match self.read() {
            Ok(_) if good => return Ok(()),
            Err(_) if good && self.oid == BASIC_CONSTRAINTS => "a path length beyond 32 bits",
            _ => "not what RFC 5280 declares",
        };
        Err(DerError(format!("{}: {words}", self.name())))
    }
}

const BASIC_CONSTRAINTS: &str = "2.5.29.19";

const SHAPES: [(&str, Tag, Shape); 10] = [
    ("2.5.29.14", Tag::OctetString, |_| true),
    ("2.5.29.15", Tag::BitString, key_usage),
    ("2.5.29.17", Tag::Sequence, general_names),
    (BASIC_CONSTRAINTS, Tag::Sequence, basic_constraints),
    ("2.5.29.30", Tag::Sequence, name_constraints),
    ("2.5.29.31", Tag::Sequence, distribution_points),
    ("2.5.29.32", Tag::Sequence, policies),
    ("2.5.29.35", Tag::Sequence, authority_key_identifier),
    ("2.5.29.37", Tag::Sequence, purposes),
    ("1.3.6.1.5.5.7.1.1", Tag::Sequence, access),
];

/// cA is left out where it is FALSE (X.690 11.5); a path length is not negative.
fn basic_constraints(fields: &[Element<'_>]) -> bool {
    let ca = |field: &Element<'_>| field.raw == [1, 1, 0xff];
    let length = |field: &Element<'_>| tlv::unsigned_octets(field, "").is_ok();
    match fields {
        [] => true,
        [one] => ca(one) || length(one),
        [first, second] => ca(first) && length(second),
        _ => false,
    }
}

/// A named bit list ends with a bit that is set (X.690 11.2.2); nine bits have names.
fn key_usage(fields: &[Element<'_>]) -> bool {
    match fields {
        [bits] => match bits.value {
            [0] => true,
            [unused, first] => first.trailing_zeros() == u32::from(*unused),
            [7, _, 0x80] => true,
            _ => false,
        },
        _ => false,
    }
}

fn purposes(fields: &[Element<'_>]) -> bool {
    !fields.is_empty() && fields.iter().all(is_oid)
}

fn policies(fields: &[Element<'_>]) -> bool {
    let policy = |policy: &Element<'_>| match children(policy).as_deref() {
        Some([id]) => is_oid(id),
        Some([id, qualifiers]) => {
            let each = |one: &Element<'_>| {
                children(one).is_some_and(|parts| parts.len() == 2 && is_oid(&parts[0]))
            };
            is_oid(id) && children(qualifiers).is_some_and(|q| !q.is_empty() && q.iter().all(each))
        }
        _ => false,
    };
    !fields.is_empty() && fields.iter().all(policy)
}

fn access(fields: &[Element<'_>]) -> bool {
    let one = |one: &Element<'_>| {
        children(one)
            .is_some_and(|parts| parts.len() == 2 && is_oid(&parts[0]) && is_name(&parts[1], NAME))
    };
    !fields.is_empty() && fields.iter().all(one)
}

fn authority_key_identifier(fields: &[Element<'_>]) -> bool {
    let issuer = fields
        .iter()
        .find(|field| context(field) == Some((true, 1)));
    let names = issuer
        .is_none_or(|issuer| tlv::elements(issuer.value).is_ok_and(|names| general_names(&names)));
    names && rising(fields, &[(false, 0), (true, 1), (false, 2)])
}

fn distribution_points(fields: &[Element<'_>]) -> bool {
    let point = |point: &Element<'_>| {
        children(point).is_some_and(|parts| {
            !parts.is_empty() && rising(&parts, &[(true, 0), (false, 1), (true, 2)])
        })
    };
    !fields.is_empty() && fields.iter().all(point)
}

fn name_constraints(fields: &[Element<'_>]) -> bool {
    let subtree = |subtree: &Element<'_>| match children(subtree).as_deref() {
        Some([base, range @ ..]) => {
            // The minimum is left out where it is 0, its default.
            let default = range.iter().any(|part| part.raw == [0x80, 1, 0]);
            is_name(base, RANGE) && !default && rising(range, &[(false, 0), (false, 1)])
        }
        _ => false,
    };
    let list = |list: &Element<'_>| {
        tlv::elements(list.value).is_ok_and(|list| !list.is_empty() && list.iter().all(subtree))
    };
    !fields.is_empty() && rising(fields, &[(true, 0), (true, 1)]) && fields.iter().all(list)
}

fn general_names(names: &[Element<'_>]) -> bool {
    !names.is_empty() && names.iter().all(|name| is_name(name, NAME))
}

/// Octets of an address, for IP versions 4 and 6.
const NAME: [usize; 2] = [4, 16];
/// The same with a mask.
const RANGE: [usize; 2] = [8, 32];

/// A GeneralName (RFC 5280 4.2.1.6).
fn is_name(name: &Element<'_>, address: [usize; 2]) -> bool {
    match context(name) {
        Some((true, 0)) => tlv::elements(name.value).is_ok_and(|parts| {
            parts.len() == 2 && is_oid(&parts[0]) && context(&parts[1]) == Some((true, 0))
        }),
        Some((false, 1 | 2 | 6)) => name.value.is_ascii(),
        Some((true, 3 | 5)) => true,
        Some((true, 4)) => tlv::single(name.value, Tag::Sequence, "").is_ok(),
        Some((false, 7)) => address.contains(&name.value.len()),
        Some((false, 8)) => {
            strict::check(&tlv::encode(Tag::ObjectIdentifier, &[name.value])).is_ok()
        }
        _ => false,
    }
}

/// Whether optional fields are of these context tags, each at most once and in this order.
fn rising(fields: &[Element<'_>], tags: &[(bool, u32)]) -> bool {
    let mut left = tags.iter();
    fields
        .iter()
        .all(|field| left.any(|tag| context(field) == Some(*tag)))
}

/// Whether constructed, and the number of a context tag.
fn context(element: &Element<'_>) -> Option<(bool, u32)> {
    match element.tag {
        Tag::ContextSpecific {
            constructed,
            number,
        } => Some((constructed, number.value())),
        _ => None,
    }
}

fn is_oid(element: &Element<'_>) -> bool {
    element.tag == Tag::ObjectIdentifier
}

fn children<'a>(element: &Element<'a>) -> Option<Vec<Element<'a>>> {
    (element.tag == Tag::Sequence)
        .then(|| tlv::elements(element.value).ok())
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::super::extension_encode as encode;
    use super::super::tlv::sequence;
    use super::*;

    fn holds(oid: &str, value: &[u8]) -> bool {
        let extension = Extension {
            oid: oid.to_owned(),
            critical: false,
            value: value.to_vec(),
            raw: sequence(&[
                &super::super::oid::der(oid.parse().unwrap()),
                &tlv::encode(Tag::OctetString, &[value]),
            ]),
        };
        extension.check_value().is_ok()
    }

    #[test]
    fn what_we_write_is_as_declared() {
        let oids = ["1.3.6.1.5.5.7.3.1".to_owned()];
        let list = [
            encode::authority_key_identifier(&[7; 20]).unwrap(),
            encode::subject_key_identifier(&[7; 20]).unwrap(),
            encode::key_usage(&[super::super::key_usage::KeyUsage::KeyCertSign]).unwrap(),
            encode::extended_key_usage(&oids).unwrap(),
            encode::basic_constraints(None).unwrap(),
            encode::basic_constraints(Some(0)).unwrap(),
            encode::crl_distribution_point("http://a.example/x").unwrap(),
            encode::authority_info_access(Some("http://a.example/x"), None).unwrap(),
        ];
        for raw in list {
            let read = Extension::list(&sequence(&[&raw])).unwrap();
            assert_eq!(read[0].check_value(), Ok(()));
        }
    }

    #[test]
    fn every_type_on_both_sides() {
        let good: &[(&str, &[u8])] = &[
            ("2.5.29.19", &[0x30, 0]),
            ("2.5.29.19", &[0x30, 6, 1, 1, 0xff, 2, 1, 0]),
            ("2.5.29.15", &[3, 2, 1, 6]),
            ("2.5.29.15", &[3, 3, 7, 0, 0x80]),
            ("2.5.29.37", &[0x30, 5, 6, 3, 0x2a, 3, 4]),
            ("2.5.29.17", &[0x30, 3, 0x82, 1, b'a']),
            ("2.5.29.17", &[0x30, 6, 0x87, 4, 127, 0, 0, 1]),
            ("2.5.29.14", &[4, 1, 7]),
            ("2.5.29.35", &[0x30, 3, 0x80, 1, 7]),
            ("2.5.29.30", &[0x30, 7, 0xa0, 5, 0x30, 3, 0x82, 1, b'a']),
            ("2.5.29.32", &[0x30, 7, 0x30, 5, 6, 3, 0x2a, 3, 4]),
            ("1.2.3.4", &[0xff, 0xff]),
        ];
        for (oid, value) in good {
            assert!(holds(oid, value), "{oid} {value:x?}");
        }
        let bad: &[(&str, &[u8])] = &[
            ("2.5.29.19", &[0x30, 3, 1, 1, 0]),
            ("2.5.29.19", &[0x30, 3, 1, 1, 1]),
            ("2.5.29.19", &[0x30, 6, 1, 1, 0xff, 2, 1, 0xff]),
            ("2.5.29.19", &[0x30, 3, 1, 1, 0xff, 0]),
            ("2.5.29.19", &[0x31, 0]),
            ("2.5.29.15", &[3, 2, 0, 6]),
            ("2.5.29.15", &[3, 3, 7, 6, 0]),
            ("2.5.29.15", &[4, 2, 1, 6]),
            ("2.5.29.37", &[0x30, 0]),
            ("2.5.29.17", &[0x30, 0]),
            ("2.5.29.17", &[0x30, 3, 0x82, 1, 0xff]),
            ("2.5.29.17", &[0x30, 5, 0x87, 3, 127, 0, 0]),
            ("2.5.29.17", &[0x30, 3, 0xa2, 1, b'a']),
            ("2.5.29.14", &[5, 0]),
            ("2.5.29.14", &[4, 1, 7, 0]),
            ("2.5.29.35", &[0x30, 6, 0x82, 1, 1, 0x80, 1, 7]),
            ("2.5.29.30", &[0x30, 0]),
            (
                "2.5.29.30",
                &[0x30, 10, 0xa0, 8, 0x30, 6, 0x82, 1, b'a', 0x80, 1, 0],
            ),
            ("2.5.29.31", &[0x30, 2, 0x30, 0]),
            ("2.5.29.32", &[0x30, 0]),
            ("1.3.6.1.5.5.7.1.1", &[0x30, 0]),
        ];
        for (oid, value) in bad {
            assert!(!holds(oid, value), "{oid} {value:x?}");
        }
    }
}
