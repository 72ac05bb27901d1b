//! The envelope of the seal and of a proof of possession: detached CMS SignedData with signed attributes (RFC 5652), as
//! `openssl cms -verify` reads it.

use der::Tag;
use der::oid::ObjectIdentifier;

use super::certificate::Certificate;
use super::oid;
use super::public_key::SignatureAlgorithm;
use super::tbs::SignedAttributes;
use super::time::UtcTime;
use super::tlv::{self, DerError, context, encode, sequence, sequence_of};

const ID_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.1");
const ID_SIGNED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.2");
const CONTENT_TYPE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.3");
const MESSAGE_DIGEST: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.4");
const SIGNING_TIME: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.5");

/// contentType, messageDigest and signingTime as the SET OF that is signed: a pure function
/// of the content and the time.
pub fn signed_attributes(
    content: &[u8],
    algorithm: SignatureAlgorithm,
    signing_time: UtcTime,
) -> SignedAttributes {
    let digest = encode(Tag::OctetString, &[&algorithm.hash().hash(content)]);
    let mut attributes = [
        attribute(CONTENT_TYPE, &oid::der(ID_DATA)),
        attribute(SIGNING_TIME, &signing_time.to_der()),
        attribute(MESSAGE_DIGEST, &digest),
    ];
    // A SET OF in DER stands in the order of its encodings (X.690 11.6).
    attributes.sort();
    let parts: Vec<&[u8]> = attributes.iter().map(Vec::as_slice).collect();
    SignedAttributes(encode(Tag::Set, &parts))
}

/// The signing time that stands in attributes of the form that [`signed_attributes`] makes.
pub fn signing_time(attributes: &SignedAttributes) -> Option<UtcTime> {
    let set = tlv::single(&attributes.0, Tag::Set, "signed attributes").ok()?;
    let list = tlv::elements(set.value).ok()?;
    let mut times = list.iter().filter_map(|attribute| {
        let parts = sequence_of(attribute.raw, "Attribute").ok()?;
        let [kind, values] = parts.as_slice() else {
            return None;
        };
        (kind.raw == oid::der(SIGNING_TIME)).then_some(*values)
    });
    let values = times.next().filter(|values| values.tag == Tag::Set)?;
    UtcTime::from_der(tlv::elements(values.value).ok()?.first()?).ok()
}

/// The whole ContentInfo, DER, with the signer's certificate in it and the content left out.
pub fn signed_data(
    attributes: &SignedAttributes,
    signer: &Certificate,
    algorithm: SignatureAlgorithm,
    signature: &[u8],
) -> Result<Vec<u8>, DerError> {
    let digest_algorithm = sequence(&[&oid::der(algorithm.hash().oid())]);
    let content = tlv::single(&attributes.0, Tag::Set, "signed attributes")?.value;
    let signer_info = sequence(&[
        &[2, 1, 1],
        &sequence(&[
            signer.fields.issuer.as_der(),
            &signer.fields.serial.to_der(),
        ]),
        &digest_algorithm,
        &encode(context(0), &[content]),
        &algorithm.to_der(),
        &encode(Tag::OctetString, &[signature]),
    ]);
    let signed_data = sequence(&[
        &[2, 1, 1],
        &encode(Tag::Set, &[&digest_algorithm]),
        &sequence(&[&oid::der(ID_DATA)]),
        &encode(context(0), &[&signer.der]),
        &encode(Tag::Set, &[&signer_info]),
    ]);
    Ok(sequence(&[
        &oid::der(ID_SIGNED_DATA),
        &encode(context(0), &[&signed_data]),
    ]))
}

/// The signature's octets in a ContentInfo of the form that [`signed_data`] makes. Everything
/// else is for the caller to rebuild and compare.
pub fn signature_of(content_info: &[u8]) -> Result<Vec<u8>, DerError> {
    let missing = || DerError::new("CMS: not the signed data that a seal has");
    let outer = sequence_of(content_info, "ContentInfo")?;
    let explicit = outer.get(1).ok_or_else(missing)?;
    let fields = sequence_of(explicit.value, "SignedData")?;
    let infos = fields
        .last()
        .filter(|infos| infos.tag == Tag::Set)
        .ok_or_else(missing)?;
    let info = sequence_of(infos.value, "SignerInfo")?;
    let signature = info
        .last()
        .filter(|signature| signature.tag == Tag::OctetString)
        .ok_or_else(missing)?;
    Ok(signature.value.to_vec())
}

fn attribute(kind: ObjectIdentifier, value: &[u8]) -> Vec<u8> {
    sequence(&[&oid::der(kind), &encode(Tag::Set, &[value])])
}
