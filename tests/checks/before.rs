//! The root key as a token shows it.

use anchorite::check::key::{ExpectedKey, root_key};
use anchorite::check::{CheckId, Finding, Outcome};
use anchorite::ports::{KeyId, TokenKey};
use anchorite::x509::public_key::{PublicKey, RootKey};

use crate::play::token::{Pair, good_attributes};
use crate::{Case, findings};

fn shown(changes: &[(&str, &str)]) -> TokenKey {
    let mut attributes = good_attributes();
    for (name, value) in changes {
        attributes.insert((*name).to_owned(), (*value).to_owned());
    }
    TokenKey {
        id: KeyId(vec![1]),
        label: "root".to_owned(),
        public_key: Pair::generate(RootKey::P384).public(),
        attributes,
    }
}

fn check(keys: Vec<TokenKey>, same: Option<&PublicKey>) -> Vec<Finding> {
    let expected = match same {
        Some(key) => ExpectedKey::Same(key),
        None => ExpectedKey::Kind(RootKey::P384.kind()),
    };
    findings(root_key(keys, &expected))
}

pub fn cases() -> Vec<Case> {
    use CheckId as Id;
    use Outcome::{Fail, Pass};
    let mut list: Vec<Case> = [
        Id::KeyUnique,
        Id::KeySensitive,
        Id::KeyExtractable,
        Id::KeyLocal,
        Id::KeySignOnly,
        Id::KeyFixed,
        Id::KeySpki,
    ]
    .into_iter()
    .map(|id| Case::new(id, Pass, "good", check(vec![shown(&[])], None)))
    .collect();
    for (id, attribute, value) in [
        (Id::KeySensitive, "CKA_SENSITIVE", "false"),
        (Id::KeySensitive, "CKA_SENSITIVE", "absent"),
        (Id::KeySensitive, "CKA_ALWAYS_SENSITIVE", "false"),
        (Id::KeySensitive, "CKA_VALUE", "READABLE"),
        (Id::KeySensitive, "CKA_EXPONENT_1", "READABLE"),
        (Id::KeyExtractable, "CKA_EXTRACTABLE", "true"),
        (Id::KeyExtractable, "CKA_NEVER_EXTRACTABLE", "false"),
        (Id::KeyLocal, "CKA_LOCAL", "false"),
        (Id::KeySignOnly, "CKA_SIGN", "false"),
        (Id::KeySignOnly, "CKA_SIGN_RECOVER", "true"),
        (Id::KeySignOnly, "CKA_DECRYPT", "true"),
        (Id::KeySignOnly, "CKA_UNWRAP", "true"),
        (Id::KeySignOnly, "CKA_DERIVE", "true"),
        (Id::KeyFixed, "CKA_MODIFIABLE", "true"),
    ] {
        let found = check(vec![shown(&[(attribute, value)])], None);
        list.push(Case::new(id, Fail, attribute, found));
    }
    let none = check(Vec::new(), None);
    list.push(Case::new(Id::KeyUnique, Fail, "none", none));
    let two = check(vec![shown(&[]), shown(&[])], None);
    list.push(Case::new(Id::KeyUnique, Fail, "two", two));
    let key = shown(&[]);
    let same = key.public_key.clone();
    let found = check(vec![key], Some(&same));
    list.push(Case::new(Id::KeySpki, Pass, "the root's", found));
    let found = check(vec![shown(&[])], Some(&same));
    list.push(Case::new(Id::KeySpki, Fail, "another key", found));
    let mut other = shown(&[]);
    other.public_key = Pair::generate(RootKey::P256).public();
    let found = check(vec![other], None);
    list.push(Case::new(Id::KeySpki, Fail, "another type", found));
    list
}
