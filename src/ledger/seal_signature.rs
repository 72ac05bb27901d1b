//! The files that hold the root's signature on a seal. The root's algorithm alone decides which
//! they are, so that nobody who changes a folder can choose.

use super::layout;
use crate::x509::certificate::Certificate;
use crate::x509::cms;
use crate::x509::public_key::SignatureAlgorithm;
use crate::x509::tbs::SignedAttributes;
use crate::x509::tlv::DerError;

/// How a root's signature on a seal is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SealForm {
    /// As detached CMS.
    Envelope,
    /// As the signed attributes and the signature by itself: OpenSSL 3.0 cannot verify a CMS
    /// that is signed with Ed25519.
    Bare,
}

impl SealForm {
    /// Every form.
    pub const ALL: [Self; 2] = [Self::Envelope, Self::Bare];

    /// The form under a root that signs so.
    pub fn of(algorithm: SignatureAlgorithm) -> Self {
        match algorithm {
            SignatureAlgorithm::Ed25519 => Self::Bare,
            _ => Self::Envelope,
        }
    }

    /// Its files, in the order in which they are written.
    pub fn names(self) -> &'static [&'static str] {
        match self {
            Self::Envelope => &[layout::ROOT_SIGNATURE],
            Self::Bare => &[layout::ROOT_ATTRIBUTES, layout::ROOT_BARE_SIGNATURE],
        }
    }

    /// The file that holds the signature's octets; it is written last.
    pub fn holder(self) -> &'static str {
        match self {
            Self::Envelope => layout::ROOT_SIGNATURE,
            Self::Bare => layout::ROOT_BARE_SIGNATURE,
        }
    }

    /// The bytes of each of its files: a pure function of seal, root and signature.
    pub fn files(
        self,
        attributes: &SignedAttributes,
        signer: &Certificate,
        algorithm: SignatureAlgorithm,
        signature: &[u8],
    ) -> Result<Vec<(&'static str, Vec<u8>)>, DerError> {
        let contents = match self {
            Self::Envelope => vec![cms::signed_data(attributes, signer, algorithm, signature)?],
            Self::Bare => vec![attributes.0.clone(), signature.to_vec()],
        };
        Ok(self.names().iter().copied().zip(contents).collect())
    }

    /// The signature's octets in the file that holds them. All else is for the caller to
    /// rebuild and compare.
    pub fn signature_in(self, holder: &[u8]) -> Result<Vec<u8>, DerError> {
        match self {
            Self::Envelope => cms::signature_of(holder),
            Self::Bare => Ok(holder.to_vec()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_written_last_and_no_name_is_shared() {
        let mut seen = Vec::new();
        for form in SealForm::ALL {
            assert_eq!(form.names().last(), Some(&form.holder()));
            for name in form.names() {
                assert!(layout::is_outside_sums(name), "{name}");
                assert!(!seen.contains(name), "{name}");
                seen.push(name);
            }
        }
    }
}
