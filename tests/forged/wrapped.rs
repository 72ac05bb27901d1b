//! The root's own signature in another CMS than the one that follows from seal and root.

use anchorite::ledger::layout;
use anchorite::x509::cms;
use anchorite::x509::tlv::{elements, sequence_of};

use crate::envelope::Envelope;
use crate::held::{Folder, Held};

/// Name, and the octets that take the place of the good ones.
type Wrapping = (&'static str, fn(&Held, Envelope) -> Vec<u8>);

pub const WRAPPINGS: &[Wrapping] = &[
    ("BER", |_, envelope| envelope.ber()),
    ("octets after the end", |_, envelope| {
        [envelope.der(), vec![0]].concat()
    }),
    ("another version", |_, mut envelope| {
        envelope.version = 3;
        envelope.der()
    }),
    ("one more certificate", |held, mut envelope| {
        let more = held.signer("intermediate").certificate.der;
        envelope.certificates.push(more);
        envelope.der()
    }),
    ("no certificate", |_, mut envelope| {
        envelope.certificates.clear();
        envelope.der()
    }),
    ("attributes in another order", |_, mut envelope| {
        let set = envelope.attributes.unwrap();
        let whole = elements(&set).unwrap();
        let mut parts: Vec<Vec<u8>> = elements(whole[0].value)
            .unwrap()
            .iter()
            .map(|part| part.raw.to_vec())
            .collect();
        parts.reverse();
        let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
        envelope.attributes = Some(anchorite::x509::tlv::encode(der::Tag::Set, &parts));
        envelope.der()
    }),
    ("an attribute that nobody signed", |_, mut envelope| {
        // [1] IMPLICIT SET OF: a content type once more.
        let attribute = [
            &[
                0x30, 0x18, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 3,
            ][..],
            &[
                0x31, 0x0b, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 1,
            ],
        ]
        .concat();
        envelope.unsigned = [&[0xa1, 0x1a], &attribute[..]].concat();
        envelope.der()
    }),
    ("a digest with parameters", |_, mut envelope| {
        let oid = sequence_of(&envelope.digest_algorithm, "it").unwrap()[0]
            .raw
            .to_vec();
        envelope.digest_algorithm = anchorite::x509::tlv::sequence(&[&oid, &[5, 0]]);
        envelope.der()
    }),
    ("an algorithm with other parameters", |_, mut envelope| {
        let oid = sequence_of(&envelope.algorithm, "it").unwrap()[0]
            .raw
            .to_vec();
        let null: &[u8] = if envelope.algorithm.ends_with(&[5, 0]) {
            &[]
        } else {
            &[5, 0]
        };
        envelope.algorithm = anchorite::x509::tlv::sequence(&[&oid, null]);
        envelope.der()
    }),
];

/// The good envelope, taken apart.
pub fn good(held: &Held, folder: &Folder) -> Envelope {
    let file = folder.read(layout::ROOT_SIGNATURE);
    let signature = cms::signature_of(&file).unwrap();
    let attributes = folder.attributes(held.algorithm);
    let envelope = Envelope::of(&held.root, held.algorithm, &attributes, signature);
    assert_eq!(envelope.der(), file);
    envelope
}
