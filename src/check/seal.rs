//! The check of the seal's signed attributes.

use super::{CheckId, Cleared, Findings, Refusal};
use crate::ledger::seal::Seal;
use crate::x509::cms;
use crate::x509::public_key::SignatureAlgorithm;
use crate::x509::tbs::SignedAttributes;

/// Clears the attributes that follow from a seal: a SET (0x31), never a certificate or CRL.
pub fn attributes(
    seal: &Seal,
    attributes: SignedAttributes,
    algorithm: SignatureAlgorithm,
) -> Result<Cleared<SignedAttributes>, Refusal> {
    let mut findings = Findings::default();
    let expected = cms::signed_attributes(seal.to_text().as_bytes(), algorithm, seal.ended);
    let same = attributes == expected && attributes.0.first() == Some(&0x31);
    findings.require(
        CheckId::SealAttributes,
        same,
        if same {
            "they follow from SEAL.txt"
        } else {
            "they do not follow from SEAL.txt"
        },
    );
    findings
        .clear(attributes, "SEAL.txt")
        .map(|(cleared, _)| cleared)
}
