//! Files that are no request, certificate, CRL, bundle or transcript: what they are, what that
//! means, and which verb is for them.

use serde::Serialize;

use super::report::Judged;
use crate::ledger::seal;
use crate::plan::{document, file, lock};

/// A file that `inspect` tells and refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum OtherKind {
    /// A private key, in whatever form.
    PrivateKey,
    /// A public key alone.
    PublicKey,
    /// A signature in CMS.
    Cms,
    /// A ceremony file.
    Ceremony,
    /// Another TOML file.
    Toml,
    /// What `plan --lock` writes.
    Plan,
    /// Lines of `sha256sum`: a lock, or SHA256SUMS.
    Sums,
    /// SEAL.txt
    Seal,
    /// No octets.
    Empty,
}

impl OtherKind {
    #[cfg(test)]
    const ALL: [Self; 9] = [
        Self::PrivateKey,
        Self::PublicKey,
        Self::Cms,
        Self::Ceremony,
        Self::Toml,
        Self::Plan,
        Self::Sums,
        Self::Seal,
        Self::Empty,
    ];

    /// Its word, for people.
    pub fn word(self) -> &'static str {
        match self {
            Self::PrivateKey => "PRIVATE KEY",
            Self::PublicKey => "public key",
            Self::Cms => "CMS",
            Self::Ceremony => "ceremony file",
            Self::Toml => "TOML",
            Self::Plan => "plan",
            Self::Sums => "digests",
            Self::Seal => "seal",
            Self::Empty => "empty file",
        }
    }

    /// What it is and what that means.
    fn says(self) -> &'static str {
        match self {
            Self::PrivateKey => {
                "THIS IS A PRIVATE KEY. Whoever has read this file can sign in its name, today and for as long as anybody trusts a certificate over it. No ceremony takes one, and none of it is shown here"
            }
            Self::PublicKey => "a public key alone: nothing says whose it is",
            Self::Cms => "a signature or certificates in CMS (PKCS #7)",
            Self::Ceremony => "a ceremony file",
            Self::Toml => "a TOML file, and no ceremony file: it names no format",
            Self::Plan => "the plan of a ceremony",
            Self::Sums => "digests of files, as sha256sum writes them: a lock, or SHA256SUMS",
            Self::Seal => "the seal of a ceremony; alone it proves nothing",
            Self::Empty => "an empty file",
        }
    }

    /// What a person can do.
    fn hint(self) -> &'static str {
        match self {
            Self::PrivateKey => {
                "where did it come from? The key of a CA or a mount must be taken for stolen: make a new one where it stays (generate/internal, or a token), revoke the old certificate, and delete this file and its copies everywhere"
            }
            Self::PublicKey => "a ceremony takes a request, which its key has signed",
            Self::Cms => {
                "openssl cms -verify reads a signature; of certificates, openssl pkcs7 -print_certs makes PEM"
            }
            Self::Ceremony => "anchorite plan shows and checks it",
            Self::Toml => {
                "a site file is given to run with --site; a ceremony file begins with its format"
            }
            Self::Plan => "anchorite plan makes it again from the ceremony file, and shows it",
            Self::Sums => "sha256sum -c compares them, in the folder of the files",
            Self::Seal => "anchorite verify, with the ceremony's folder, asks everything",
            Self::Empty => "export it again: what wrote it may have failed",
        }
    }

    /// Told, and refused.
    pub fn judge(self) -> Judged {
        Judged {
            facts: None,
            findings: Vec::new(),
            refused: Some((self.says(), self.hint())),
            accepted: "",
            not_checked: "everything: inspect has no checks for such a file",
        }
    }
}

/// What a text is that neither a label nor a tag tells.
pub fn text(bytes: &[u8]) -> Option<OtherKind> {
    if bytes.trim_ascii().is_empty() {
        return Some(OtherKind::Empty);
    }
    let text = std::str::from_utf8(bytes).ok()?;
    let first = text.lines().next().unwrap_or_default();
    if first == format!("format {}", seal::FORMAT) {
        return Some(OtherKind::Seal);
    }
    if text.starts_with('{') {
        let near = text.get(..256).unwrap_or(text);
        return near.contains(document::FORMAT).then_some(OtherKind::Plan);
    }
    if lock::read(text).is_ok_and(|lines| !lines.is_empty()) {
        return Some(OtherKind::Sums);
    }
    if file::is_ceremony(text) {
        return Some(OtherKind::Ceremony);
    }
    file::is_toml(text).then_some(OtherKind::Toml)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_tell() {
        let sums = format!("{}  SEAL.txt\n", "0".repeat(64));
        let plan = "{\n  \"format\": \"anchorite/plan/0\",\n  \"id\": \"acme\"\n}\n";
        for (content, wanted) in [
            ("", Some(OtherKind::Empty)),
            (" \n", Some(OtherKind::Empty)),
            (
                "format anchorite/seal/0\nceremony acme\n",
                Some(OtherKind::Seal),
            ),
            (
                "# a note\nformat = \"anchorite/ceremony/0\"\nid = \n",
                Some(OtherKind::Ceremony),
            ),
            ("module = \"/usr/lib/softhsm.so\"\n", Some(OtherKind::Toml)),
            (plan, Some(OtherKind::Plan)),
            ("{\"data\":{}}", None),
            (&sums, Some(OtherKind::Sums)),
            ("hello\n", None),
            ("# a comment alone\n", None),
        ] {
            assert_eq!(text(content.as_bytes()), wanted, "{content:?}");
        }
        assert_eq!(text(b"\xff\x00"), None);
    }

    #[test]
    fn each_says_what_it_is_and_where_to_go() {
        for kind in OtherKind::ALL {
            let judged = kind.judge();
            let (says, hint) = judged.refused.unwrap();
            assert!(!says.is_empty() && !hint.is_empty(), "{kind:?}");
            assert!(kind.word().len() < 16, "{kind:?}");
        }
    }
}
