//! What a new root signs with: its key's default, or what `digest` and `signature` choose.

use toml::Spanned;

use super::file::FileError;
use super::make::Draft;
use crate::x509::public_key::{KeyKind, RootKey, SignatureAlgorithm};

impl Draft<'_> {
    /// The algorithm of a new root, within what its key allows.
    pub(super) fn root_algorithm(&self, key: RootKey) -> Result<SignatureAlgorithm, FileError> {
        let root = self.file.root.get_ref();
        let is_rsa = matches!(key.kind(), KeyKind::Rsa { .. });
        let word = key.word();
        if let (Some(padding), false) = (&root.signature, is_rsa) {
            let words = format!("signature is for RSA keys; {word} signs in one way only");
            return Err(self.at(padding.span().start, &words));
        }
        let pss = root.signature.as_ref().is_some_and(|one| one.get_ref().0);
        let hash = root.digest.as_ref().map(|digest| digest.get_ref().0);
        let chosen = key.algorithm(hash, pss);
        match (chosen, key.kind(), &root.digest) {
            (_, KeyKind::Ed25519, Some(digest)) => {
                let words = "ed25519 hashes by itself: it has no digest to choose";
                Err(self.at(digest.span().start, words))
            }
            (Some(algorithm), ..) => Ok(algorithm),
            (None, _, digest) => {
                let own = key.default_algorithm().hash();
                let words = format!("{word} signs {own}, the digest of its curve, and no other");
                let at = digest.as_ref().map(Spanned::span);
                Err(self.at(at.unwrap_or(self.file.root.span()).start, &words))
            }
        }
    }
}
