//! Checks of a root key that was taken over. It may have been imported, and a token that was
//! not ours may have given it other attributes: what cannot be changed any more is told.

use super::{CheckId, Cleared, Finding, Findings, Refusal};
use crate::plan::Waiver;
use crate::ports::TokenKey;
use crate::x509::public_key::PublicKey;

/// When the key is looked at.
pub enum Moment<'a> {
    /// It is taken over: how it is held can be refused, and put aside.
    Adoption(&'a [&'a Waiver]),
    /// It was taken over in an earlier ceremony: how it is held is told.
    Later,
}

/// Checks the keys that match; exactly one must, and it must be the root's.
pub fn adopted_key(
    mut matches: Vec<TokenKey>,
    expected: &PublicKey,
    moment: &Moment<'_>,
) -> Result<(Cleared<TokenKey>, Vec<Finding>), Refusal> {
    let subject = "root key";
    let mut findings = Findings::default();
    let count = matches.len();
    let key = match (matches.pop(), count) {
        (Some(key), 1) => key,
        (_, 0) => {
            let words = "no key of the token is the one in the root certificate";
            return Err(findings.refuse(CheckId::KeyUnique, words, subject));
        }
        _ => {
            let words = format!("{count} keys match");
            return Err(findings.refuse(CheckId::KeyUnique, words, subject));
        }
    };
    findings.require(CheckId::KeyUnique, true, "one key matches");
    let same = key.public_key == *expected;
    let words = format!(
        "{}, SPKI sha-256 {}",
        key.public_key.kind(),
        key.public_key.digest()
    );
    findings.require(CheckId::KeySpki, same, words);
    held(&key, moment, &mut findings);
    origin(&key, &mut findings);
    uses(&key, &mut findings);
    if let Moment::Adoption(waivers) = moment {
        findings.waive(waivers);
    }
    findings.clear(key, subject)
}

fn attribute<'k>(key: &'k TokenKey, name: &str) -> &'k str {
    key.attributes.get(name).map_or("absent", String::as_str)
}

/// How the token holds it now.
fn held(key: &TokenKey, moment: &Moment<'_>, findings: &mut Findings) {
    let id = CheckId::AdoptKeyHeld;
    let readable = key
        .attributes
        .iter()
        .find(|(_, value)| *value == "READABLE");
    let (sensitive, extractable) = (
        attribute(key, "CKA_SENSITIVE"),
        attribute(key, "CKA_EXTRACTABLE"),
    );
    let holds = sensitive == "true" && extractable == "false" && readable.is_none();
    let mut words = format!("CKA_SENSITIVE {sensitive}, CKA_EXTRACTABLE {extractable}");
    if let Some((name, _)) = readable {
        words.push_str(&format!(", {name} can be read"));
    }
    match moment {
        Moment::Later if !holds => findings.notice(id, words),
        _ => {
            findings.require(id, holds, words);
        }
    }
}

/// Where it comes from.
fn origin(key: &TokenKey, findings: &mut Findings) {
    let names = ["CKA_LOCAL", "CKA_ALWAYS_SENSITIVE", "CKA_NEVER_EXTRACTABLE"];
    let missing: Vec<String> = names
        .into_iter()
        .filter(|name| attribute(key, name) != "true")
        .map(|name| format!("{name} {}", attribute(key, name)))
        .collect();
    if missing.is_empty() {
        let words = "it was generated in this token, and never left it";
        findings.require(CheckId::AdoptKeyOrigin, true, words);
        return;
    }
    let why = if attribute(key, "CKA_LOCAL") == "true" {
        "it may have left the token"
    } else {
        "imported: anyone who had the file has the key"
    };
    let words = format!("{}: {why}", missing.join(", "));
    findings.notice(CheckId::AdoptKeyOrigin, words);
}

/// What it may do.
fn uses(key: &TokenKey, findings: &mut Findings) {
    let sign = attribute(key, "CKA_SIGN");
    if sign != "true" {
        let words = format!("CKA_SIGN {sign}");
        findings.require(CheckId::KeySignOnly, false, words);
        return;
    }
    let more: Vec<&str> = [
        "CKA_SIGN_RECOVER",
        "CKA_DECRYPT",
        "CKA_UNWRAP",
        "CKA_DERIVE",
        "CKA_MODIFIABLE",
    ]
    .into_iter()
    .filter(|name| attribute(key, name) == "true")
    .collect();
    if more.is_empty() {
        findings.require(CheckId::AdoptKeyUses, true, "CKA_SIGN true, nothing else");
    } else {
        let words = format!("beside CKA_SIGN it has {}", more.join(", "));
        findings.notice(CheckId::AdoptKeyUses, words);
    }
}
