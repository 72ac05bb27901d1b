//! What a second token must be and hold to count as a copy of the root key. How copies are made
//! is its vendor's affair: a key that was cloned or unwrapped is often no longer `CKA_LOCAL`,
//! so only what protects it from now on is demanded.

use super::{CheckId, Cleared, Finding, Findings, Refusal};
use crate::ports::{TokenIdentity, TokenKey};
use crate::x509::escape::escape;
use crate::x509::public_key::PublicKey;

/// The two tokens and the key.
pub struct CopyContext<'a> {
    /// The ceremony's own token.
    pub first: &'a TokenIdentity,
    /// The one that holds the copy.
    pub second: &'a TokenIdentity,
    /// The root's public key.
    pub root: &'a PublicKey,
}

/// How a copy is called in findings and refusals.
pub const SUBJECT: &str = "copy of the root key";

/// The second token is another one; asked before its PIN is.
pub fn token(context: &CopyContext<'_>) -> Result<Vec<Finding>, Refusal> {
    let mut findings = Findings::default();
    other_token(context, &mut findings);
    findings.clear((), SUBJECT).map(|(_, found)| found)
}

fn other_token(context: &CopyContext<'_>, findings: &mut Findings) {
    let (first, second) = (context.first, context.second);
    let same = (&first.serial, &first.manufacturer, &first.model)
        == (&second.serial, &second.manufacturer, &second.model);
    let serial = escape(&second.serial);
    let words = if same {
        format!("it is the same token, serial {serial}: a copy is in another one")
    } else {
        format!("another token, serial {serial}")
    };
    findings.require(CheckId::CopyToken, !same, words);
}

/// The key in it: the root's, once, and kept inside. `keys` are all of the second token's.
pub fn key(
    mut keys: Vec<TokenKey>,
    context: &CopyContext<'_>,
) -> Result<(Cleared<TokenKey>, Vec<Finding>), Refusal> {
    let mut findings = Findings::default();
    other_token(context, &mut findings);
    let all = keys.len();
    keys.retain(|key| key.public_key == *context.root);
    let count = keys.len();
    let Some(key) = keys.pop().filter(|_| count == 1) else {
        let words = match (count, all) {
            (0, 0) => "the second token shows no private key".to_owned(),
            (0, all) => format!("none of the second token's {all} keys is the root's"),
            (count, _) => format!("the second token shows the root key {count} times"),
        };
        return Err(findings.refuse(CheckId::CopyKey, words, SUBJECT));
    };
    let words = format!("SPKI sha-256 {}", key.public_key.digest());
    findings.require(CheckId::CopyKey, true, words);
    let is = |name: &str| key.attributes.get(name).map_or("absent", String::as_str);
    let readable = key.attributes.values().any(|value| value == "READABLE");
    let kept = is("CKA_SENSITIVE") == "true" && is("CKA_EXTRACTABLE") == "false" && !readable;
    let words = format!(
        "CKA_SENSITIVE {}, CKA_EXTRACTABLE {}{}",
        is("CKA_SENSITIVE"),
        is("CKA_EXTRACTABLE"),
        if readable {
            ", a secret can be read"
        } else {
            ""
        }
    );
    findings.require(CheckId::CopyKept, kept, words);
    let history: Vec<String> = ["CKA_ALWAYS_SENSITIVE", "CKA_NEVER_EXTRACTABLE", "CKA_LOCAL"]
        .into_iter()
        .filter(|name| is(name) != "true")
        .map(|name| format!("{name} {}", is(name)))
        .collect();
    if !history.is_empty() {
        let words = format!(
            "it came from outside, as a copy does: {}",
            history.join(", ")
        );
        findings.notice(CheckId::CopyKept, words);
    }
    findings.clear(key, SUBJECT)
}
