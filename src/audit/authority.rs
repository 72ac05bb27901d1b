//! The root that the verification was given: the only thing it believes besides the files.

use crate::check::certificate::{CertificateContext, certificate_der};
use crate::x509::certificate::{Certificate, Issuer};
use crate::x509::public_key::{PublicKey, SignatureAlgorithm};
use crate::x509::root;
use crate::x509::time::UtcTime;

/// The given root, taken apart.
pub(super) struct Authority<'a> {
    /// The certificate.
    pub certificate: &'a Certificate,
    /// Its key.
    pub key: PublicKey,
    /// What that key signs with.
    pub algorithm: SignatureAlgorithm,
    /// What issuing needs to know of it.
    pub issuer: Issuer,
}

impl<'a> Authority<'a> {
    /// Reads the root; it must be one that a ceremony would take, which has signed itself.
    pub fn of(certificate: &'a Certificate) -> Result<Self, String> {
        certificate_der(
            &certificate.der,
            &CertificateContext::root("the given root"),
        )
        .map_err(|refusal| refusal.to_string())?;
        let key = PublicKey::from_spki(&certificate.fields.spki).map_err(|e| e.to_string())?;
        let algorithm =
            root::algorithm_of(certificate).ok_or("its key has a type that no root here has")?;
        let issuer = Issuer::of(certificate).map_err(|error| error.to_string())?;
        Ok(Self {
            certificate,
            key,
            algorithm,
            issuer,
        })
    }

    /// Its first and last second.
    pub fn validity(&self) -> (UtcTime, UtcTime) {
        let fields = &self.certificate.fields;
        (fields.not_before, fields.not_after)
    }

    /// Whether this is the root's signature.
    pub fn signed(&self, message: &[u8], signature: &[u8]) -> bool {
        self.key.verifies(self.algorithm, message, signature)
    }
}
