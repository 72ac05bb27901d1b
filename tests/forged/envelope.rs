//! CMS put together by hand, so that each of its parts can be another one.

use anchorite::x509::certificate::Certificate;
use anchorite::x509::oid;
use anchorite::x509::public_key::SignatureAlgorithm;
use anchorite::x509::tlv::{context, encode, sequence};
use der::Tag;
use der::oid::ObjectIdentifier;

const DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.1");
const SIGNED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.2");

/// Detached SignedData with one signature; each field is DER.
#[derive(Clone)]
pub struct Envelope {
    pub version: u8,
    pub digest_algorithm: Vec<u8>,
    pub certificates: Vec<Vec<u8>>,
    /// issuerAndSerialNumber
    pub signer: Vec<u8>,
    /// The whole SET OF; `None` leaves it out.
    pub attributes: Option<Vec<u8>>,
    pub algorithm: Vec<u8>,
    pub signature: Vec<u8>,
    /// The attributes that nobody signs.
    pub unsigned: Vec<u8>,
}

impl Envelope {
    /// The form of a seal, of this signer.
    pub fn of(
        signer: &Certificate,
        algorithm: SignatureAlgorithm,
        attributes: &[u8],
        signature: Vec<u8>,
    ) -> Self {
        Self {
            version: 1,
            digest_algorithm: sequence(&[&oid::der(algorithm.hash().oid())]),
            certificates: vec![signer.der.clone()],
            signer: sequence(&[
                signer.fields.issuer.as_der(),
                &signer.fields.serial.to_der(),
            ]),
            attributes: Some(attributes.to_vec()),
            algorithm: algorithm.to_der(),
            signature,
            unsigned: Vec::new(),
        }
    }

    fn signed_data(&self) -> Vec<u8> {
        let attributes = self.attributes.as_ref().map(|set| {
            let mut tagged = set.clone();
            // [0] IMPLICIT in place of SET.
            tagged[0] = 0xa0;
            tagged
        });
        let info = sequence(&[
            &[2, 1, 1],
            &self.signer,
            &self.digest_algorithm,
            &attributes.unwrap_or_default(),
            &self.algorithm,
            &encode(Tag::OctetString, &[&self.signature]),
            &self.unsigned,
        ]);
        let certificates: Vec<&[u8]> = self.certificates.iter().map(Vec::as_slice).collect();
        sequence(&[
            &[2, 1, self.version],
            &encode(Tag::Set, &[&self.digest_algorithm]),
            &sequence(&[&oid::der(DATA)]),
            &encode(context(0), &certificates),
            &encode(Tag::Set, &[&info]),
        ])
    }

    pub fn der(&self) -> Vec<u8> {
        let data = encode(context(0), &[&self.signed_data()]);
        sequence(&[&oid::der(SIGNED_DATA), &data])
    }

    /// The same with the outermost length left open, as BER may.
    pub fn ber(&self) -> Vec<u8> {
        let data = encode(context(0), &[&self.signed_data()]);
        [&[0x30, 0x80], &oid::der(SIGNED_DATA)[..], &data, &[0, 0]].concat()
    }
}
