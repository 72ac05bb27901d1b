//! Whether a request is the one that the ceremony file has Vault make.

use super::super::{CheckId, Findings};
use super::RequestContext;
use crate::x509::name::{Attribute, Name};
use crate::x509::public_key::PublicKey;
use crate::x509::request::Request;

/// Key and subject, where the file says them.
pub(super) fn check(
    request: &Request,
    key: &PublicKey,
    context: &RequestContext<'_>,
    findings: &mut Findings,
) {
    let Some(asked) = context.generate else {
        return;
    };
    let mut wrong = Vec::new();
    if let Some(kind) = asked.key.filter(|kind| *kind != key.kind()) {
        wrong.push(format!(
            "the key is {}, the ceremony file asks for {kind}",
            key.kind()
        ));
    }
    if !says_the_same(&request.subject, &asked.subject) {
        wrong.push(format!(
            "the subject is {}, the ceremony file asks for {}",
            request.subject, asked.subject
        ));
    }
    let words = if wrong.is_empty() {
        format!("{}, {}", key.kind(), request.subject)
    } else {
        wrong.join("; ")
    };
    findings.require(CheckId::RequestGenerated, wrong.is_empty(), words);
}

/// The same attributes in the same order with the same text; Vault chooses the string's type.
fn says_the_same(found: &Name, asked: &Name) -> bool {
    let texts = |name: &Name| -> Option<Vec<Vec<(String, String)>>> {
        let rdns = name.rdns().ok()?;
        let parts = |rdn: Vec<_>| rdn.into_iter().map(text).collect();
        rdns.into_iter().map(parts).collect()
    };
    texts(found).is_some_and(|found| Some(found) == texts(asked))
}

fn text(attribute: Attribute) -> Option<(String, String)> {
    let text = attribute.text()?;
    Some((attribute.oid, text))
}
