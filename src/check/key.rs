//! Checks of the root key as the token shows it.

use super::{CheckId, Cleared, Finding, Findings, Refusal};
use crate::ports::TokenKey;
use crate::x509::public_key::{KeyKind, PublicKey};

/// What the key must be.
pub enum ExpectedKey<'a> {
    /// Just generated: of this type.
    Kind(KeyKind),
    /// The key of an existing root.
    Same(&'a PublicKey),
}

/// Checks the keys that match; exactly one must, and it must be what a root key has to be.
pub fn root_key(
    mut matches: Vec<TokenKey>,
    expected: &ExpectedKey<'_>,
) -> Result<(Cleared<TokenKey>, Vec<Finding>), Refusal> {
    let mut findings = Findings::default();
    let count = matches.len();
    let subject = "root key";
    let key = match (matches.pop(), count) {
        (Some(key), 1) => key,
        (_, 0) => return Err(findings.refuse(CheckId::KeyUnique, "no key matches", subject)),
        _ => {
            return Err(findings.refuse(
                CheckId::KeyUnique,
                format!("{count} keys match"),
                subject,
            ));
        }
    };
    findings.require(CheckId::KeyUnique, true, "one key matches");
    let is = |name: &str| key.attributes.get(name).map_or("absent", String::as_str);
    let secret = key
        .attributes
        .iter()
        .find(|(_, value)| *value == "READABLE")
        .map(|(name, _)| name.clone());
    findings.require(
        CheckId::KeySensitive,
        is("CKA_SENSITIVE") == "true" && is("CKA_ALWAYS_SENSITIVE") == "true" && secret.is_none(),
        match &secret {
            Some(name) => format!("{name} can be read"),
            None => format!(
                "CKA_SENSITIVE {}, CKA_ALWAYS_SENSITIVE {}",
                is("CKA_SENSITIVE"),
                is("CKA_ALWAYS_SENSITIVE")
            ),
        },
    );
    findings.require(
        CheckId::KeyExtractable,
        is("CKA_EXTRACTABLE") == "false" && is("CKA_NEVER_EXTRACTABLE") == "true",
        format!(
            "CKA_EXTRACTABLE {}, CKA_NEVER_EXTRACTABLE {}",
            is("CKA_EXTRACTABLE"),
            is("CKA_NEVER_EXTRACTABLE")
        ),
    );
    findings.require(
        CheckId::KeyLocal,
        is("CKA_LOCAL") == "true",
        format!("CKA_LOCAL {}", is("CKA_LOCAL")),
    );
    let more: Vec<&str> = [
        "CKA_SIGN_RECOVER",
        "CKA_DECRYPT",
        "CKA_UNWRAP",
        "CKA_DERIVE",
    ]
    .into_iter()
    .filter(|name| is(name) == "true")
    .collect();
    findings.require(
        CheckId::KeySignOnly,
        is("CKA_SIGN") == "true" && more.is_empty(),
        if more.is_empty() {
            format!("CKA_SIGN {}, nothing else", is("CKA_SIGN"))
        } else {
            format!("it may also {}", more.join(", "))
        },
    );
    findings.require(
        CheckId::KeyFixed,
        is("CKA_MODIFIABLE") == "false",
        format!("CKA_MODIFIABLE {}", is("CKA_MODIFIABLE")),
    );
    let (fits, wanted) = match expected {
        ExpectedKey::Kind(kind) => (key.public_key.kind() == *kind, kind.to_string()),
        ExpectedKey::Same(same) => (
            key.public_key == **same,
            format!("SPKI sha-256 {}", same.digest()),
        ),
    };
    findings.require(
        CheckId::KeySpki,
        fits,
        if fits {
            format!(
                "{}, SPKI sha-256 {}",
                key.public_key.kind(),
                key.public_key.digest()
            )
        } else {
            format!(
                "the token has {}, SPKI sha-256 {}; it must be {wanted}",
                key.public_key.kind(),
                key.public_key.digest()
            )
        },
    );
    findings.clear(key, subject)
}
