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
        if algorithm == SignatureAlgorithm::Ed25519 {
            Self::Bare
        } else {
            Self::Envelope
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
    use crate::digest::hex;
    use crate::x509::time::UtcTime;

    /// `verify.sh` builds these octets by itself: the year 2050 changes the time's type.
    #[test]
    fn the_bare_attributes_are_those_that_the_shell_builds() {
        let digest = "ba3253876aed6bc22d4a6ff53d8406c6ad864195ed144ab5c87621b6c233b548\
                      baeae6956df346ec8c17f5ea10f35ee3cbc514797ed7ddd3145464e2a0bab413";
        for (time, all, moment) in [
            (
                "2049-12-31T23:59:59Z",
                "89",
                "301c06092a864886f70d010905310f170d3439313233313233353935395a",
            ),
            (
                "2050-01-01T00:00:00Z",
                "8b",
                "301e06092a864886f70d0109053111180f32303530303130313030303030305a",
            ),
        ] {
            let time = UtcTime::parse(time).unwrap();
            // The digest is SHA-512 of "123456".
            let made = cms::signed_attributes(b"123456", SignatureAlgorithm::Ed25519, time);
            let wanted = format!(
                "3181{all}301806092a864886f70d010903310b06092a864886f70d010701{moment}\
                 304f06092a864886f70d01090431420440{digest}"
            );
            assert_eq!(hex(&made.0), wanted);
        }
    }

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
