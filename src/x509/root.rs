//! What an existing root is, by its certificate alone: its key, and the one algorithm that it
//! signs with.

use super::certificate::Certificate;
use super::public_key::{PublicKey, RootKey, SignatureAlgorithm};

/// The root's key; `None` for one that no root here has.
pub fn key_of(root: &Certificate) -> Option<RootKey> {
    RootKey::from_kind(PublicKey::from_spki(&root.fields.spki).ok()?.kind())
}

/// The algorithm of the root's own signature, where its key may sign so, else the default of
/// its key. Nothing but the certificate decides: every ceremony under a root, its seals and
/// their verification agree. `None` for a key that no root here has.
pub fn algorithm_of(root: &Certificate) -> Option<SignatureAlgorithm> {
    let key = key_of(root)?;
    let own = SignatureAlgorithm::from_der(&root.algorithm)
        .filter(|own| root.algorithm == root.fields.algorithm && key.algorithms().contains(own));
    Some(own.unwrap_or(key.default_algorithm()))
}
