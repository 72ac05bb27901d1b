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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::plan::RootPlan;

    const FILE: &str = r#"format = "anchorite/ceremony/0"
id = "acme-root-g1"
title = "Acme root"
[token]
label = "acme-root-g1"
[root]
subject = { CN = "Acme Root G1" }
ROOT
[[step]]
do = "generate-root-key"
[[step]]
do = "issue-root"
"#;

    fn root(lines: &str) -> Result<SignatureAlgorithm, String> {
        let source = FILE.replace("ROOT", lines);
        let draft = Draft::parse(&source).map_err(|error| error.to_string())?;
        match draft.root(&BTreeMap::new()) {
            Ok(RootPlan::New(new)) => Ok(new.algorithm),
            Ok(RootPlan::Existing(_)) => Err("an existing root".to_owned()),
            Err(error) => Err(error.to_string()),
        }
    }

    #[test]
    fn what_a_key_may_sign_with() {
        use SignatureAlgorithm as A;
        for (lines, wanted) in [
            ("key = \"rsa:3072\"", A::RsaSha384),
            ("key = \"rsa:4096\"", A::RsaSha512),
            ("key = \"rsa:4096\"\ndigest = \"sha256\"", A::RsaSha256),
            ("key = \"rsa:3072\"\nsignature = \"pkcs1\"", A::RsaSha384),
            ("key = \"rsa:3072\"\nsignature = \"pss\"", A::PssSha384),
            (
                "key = \"rsa:4096\"\nsignature = \"pss\"\ndigest = \"sha256\"",
                A::PssSha256,
            ),
            ("key = \"ec:P-256\"\ndigest = \"sha256\"", A::EcdsaSha256),
            ("key = \"ec:P-384\"\ndigest = \"sha384\"", A::EcdsaSha384),
            ("key = \"ec:P-521\"\ndigest = \"sha512\"", A::EcdsaSha512),
            ("key = \"ec:P-521\"", A::EcdsaSha512),
            ("key = \"ed25519\"", A::Ed25519),
        ] {
            assert_eq!(root(lines), Ok(wanted), "{lines}");
        }
    }

    #[test]
    fn everything_else_has_its_place_and_its_words() {
        let said: Vec<String> = [
            "key = \"ec:P-256\"\ndigest = \"sha384\"",
            "key = \"ec:P-384\"\ndigest = \"sha256\"",
            "key = \"ec:P-521\"\ndigest = \"sha384\"",
            "key = \"ed25519\"\ndigest = \"sha512\"",
            "key = \"ec:P-384\"\nsignature = \"pss\"",
            "key = \"ed25519\"\nsignature = \"pkcs1\"",
            "key = \"rsa:4096\"\ndigest = \"sha1\"",
            "key = \"rsa:4096\"\nsignature = \"PSS\"",
            "key = \"rsa:2048\"",
        ]
        .into_iter()
        .map(|lines| root(lines).unwrap_err())
        .collect();
        insta::assert_snapshot!(said.join("\n"));
    }

    #[test]
    fn an_existing_root_takes_neither() {
        for line in ["digest = \"sha256\"", "signature = \"pss\""] {
            let source = FILE
                .replace(
                    "subject = { CN = \"Acme Root G1\" }",
                    "certificate = \"root.pem\"",
                )
                .replace("ROOT", line);
            let source = &source[..source.find("[[step]]").unwrap()];
            let source = format!("{source}[[step]]\ndo = \"issue-crl\"\n");
            let error = Draft::parse(&source).unwrap().root(&BTreeMap::new());
            let words = "line 8, column";
            let said = error.unwrap_err().to_string();
            assert!(
                said.starts_with(words) && said.ends_with("its certificate alone"),
                "{said}"
            );
        }
    }
}
