//! RSASSA-PSS parameters (RFC 4055 3.1): the one form that is written and taken, and why
//! another form is not.

use der::Tag;
use der::oid::ObjectIdentifier;

use super::hash::HashAlgorithm;
use super::oid;
use super::tlv::{self, Element, context, encode, sequence, sequence_of, unsigned};

/// `id-RSASSA-PSS`
pub(super) const ID_RSASSA_PSS: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.10");
const ID_MGF1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.8");

/// Hash, MGF1 with the same hash, a salt of its length; the trailer is the default and left
/// out (BR 7.1.3.2.1).
pub(super) fn parameters(hash: HashAlgorithm) -> Vec<u8> {
    let identifier = hash_identifier(hash);
    let mask = sequence(&[&oid::der(ID_MGF1), &identifier]);
    // At most 64.
    let salt = unsigned(&[u8::try_from(hash.octets()).unwrap_or(u8::MAX)]);
    sequence(&[
        &encode(context(0), &[&identifier]),
        &encode(context(1), &[&mask]),
        &encode(context(2), &[&salt]),
    ])
}

fn hash_identifier(hash: HashAlgorithm) -> Vec<u8> {
    sequence(&[&oid::der(hash.oid()), &encode(Tag::Null, &[])])
}

/// Why this AlgorithmIdentifier of PSS is not one that is taken.
pub(super) fn refusal(identifier: &[u8]) -> String {
    let why = read(identifier).unwrap_or_else(|| "its parameters cannot be read".to_owned());
    format!("rsaPSS: {why}")
}

fn read(identifier: &[u8]) -> Option<String> {
    let fields = sequence_of(identifier, "AlgorithmIdentifier").ok()?;
    let Some(parameters) = fields.get(1) else {
        return Some("without parameters its hash is SHA-1".to_owned());
    };
    let fields = sequence_of(parameters.raw, "RSASSA-PSS-params").ok()?;
    let field = |number: u32| fields.iter().find(|one| one.tag == context(number));
    let Some(hash) = field(0) else {
        return Some("its hash is SHA-1, the default".to_owned());
    };
    let name = hash_oid(hash.value)?;
    let Some(hash) = known(&name) else {
        return Some(format!("its hash {} is not taken", oid::name(&name)));
    };
    let Some(mask) = field(1) else {
        return Some("its mask is made with SHA-1, the default".to_owned());
    };
    if mask_hash(mask).as_deref().and_then(known) != Some(hash) {
        return Some(format!("its mask is not made with MGF1 and {hash}"));
    }
    let salt = match field(2) {
        Some(salt) => salt_octets(salt)?,
        None => "20".to_owned(),
    };
    let wanted = hash.octets().to_string();
    if salt != wanted {
        return Some(format!(
            "its salt has {salt} octets, not the {wanted} of {hash}"
        ));
    }
    Some("its parameters are not in their one exact encoding".to_owned())
}

/// The length of a salt, in words: nobody has one of more than 255 octets.
fn salt_octets(field: &Element<'_>) -> Option<String> {
    let number = tlv::single(field.value, Tag::Integer, "saltLength").ok()?;
    match tlv::unsigned_octets(&number, "saltLength").ok()? {
        [octets] => Some(octets.to_string()),
        _ => Some("more than 255".to_owned()),
    }
}

fn known(dotted: &str) -> Option<HashAlgorithm> {
    HashAlgorithm::ALL
        .into_iter()
        .find(|hash| hash.oid().to_string() == dotted)
}

fn hash_oid(identifier: &[u8]) -> Option<String> {
    let fields = sequence_of(identifier, "HashAlgorithm").ok()?;
    fields.first().map(|oid| oid::dotted(oid.value))
}

fn mask_hash(mask: &Element<'_>) -> Option<String> {
    let fields = sequence_of(mask.value, "MaskGenAlgorithm").ok()?;
    let [function, hash] = fields.as_slice() else {
        return None;
    };
    (function.value == ID_MGF1.as_bytes())
        .then(|| hash_oid(hash.raw))
        .flatten()
}
