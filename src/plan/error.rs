//! Why a ceremony file, with its inputs, makes no plan.

use super::adoption::AdoptionError;
use super::file::FileError;
use crate::x509::certificate::CertificateError;
use crate::x509::public_key::KeyError;
use crate::x509::tlv::DerError;

/// Why no plan can be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// The file.
    #[error(transparent)]
    File(#[from] FileError),
    /// The existing root's certificate.
    #[error("{path}: {cause}")]
    Root {
        /// Its path.
        path: String,
        /// Why.
        cause: CertificateError,
    },
    /// A root whose key this version cannot use.
    #[error("{path}: the root's key cannot be used: {cause}")]
    RootKey {
        /// Its path.
        path: String,
        /// Why.
        cause: String,
    },
    /// What an adopted root has issued before.
    #[error(transparent)]
    Adoption(#[from] AdoptionError),
    /// A request's key.
    #[error("{path}: {cause}")]
    Key {
        /// Path of the request.
        path: String,
        /// Why.
        cause: KeyError,
    },
    /// Something cannot be encoded.
    #[error("the template of {product} cannot be made: {cause}")]
    Template {
        /// The product.
        product: String,
        /// Why.
        cause: DerError,
    },
}
