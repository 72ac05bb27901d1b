//! The root that the verification was given: the only thing it believes besides the files.

use crate::x509::certificate::{Certificate, Issuer};
use crate::x509::public_key::{PublicKey, SignatureAlgorithm};
use crate::x509::root;

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
    /// Reads the root; it must have signed itself.
    pub fn of(certificate: &'a Certificate) -> Result<Self, String> {
        let fields = &certificate.fields;
        let key = PublicKey::from_spki(&fields.spki).map_err(|error| error.to_string())?;
        let algorithm =
            root::algorithm_of(certificate).ok_or("its key has a type that no root here has")?;
        let issuer = Issuer::of(certificate).map_err(|error| error.to_string())?;
        if fields.subject != fields.issuer {
            return Err("it is not its own issuer".to_owned());
        }
        // An older root may use another algorithm of its key for itself.
        let own = SignatureAlgorithm::from_der(&certificate.algorithm)
            .filter(|_| certificate.algorithm == fields.algorithm)
            .ok_or("it is signed with an algorithm that is not known here")?;
        if !key.verifies(own, &certificate.tbs, &certificate.signature) {
            return Err("its own signature does not verify".to_owned());
        }
        Ok(Self {
            certificate,
            key,
            algorithm,
            issuer,
        })
    }

    /// Whether this is the root's signature.
    pub fn signed(&self, message: &[u8], signature: &[u8]) -> bool {
        self.key.verifies(self.algorithm, message, signature)
    }
}
