//! Words of a ceremony file that Kubernetes reads later: names and labels in its own form, so
//! that what the hand-over writes with them is taken.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::words::word;

/// The most octets of a name (RFC 1123 subdomain).
const NAME: usize = 253;
/// The most octets of a label's value, and of its name without the prefix.
const LABEL: usize = 63;

word!(
    /// Name of an object.
    ObjectName(String), |text| if is_subdomain(&text) {
        Ok(text)
    } else {
        Err("a name in Kubernetes is a-z, 0-9, - and ., at most 253, with a letter or digit at both ends".to_owned())
    }
);
word!(
    /// A key of a ConfigMap's data.
    DataKey(String), |text| {
        let good = (1..=NAME).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b))
            && text.trim_matches('.') != "";
        if good {
            Ok(text)
        } else {
            Err("a key of a ConfigMap is letters, digits, -, _ and ., at most 253".to_owned())
        }
    }
);

/// Labels that something must have.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "BTreeMap<String, String>")]
pub struct Labels(pub BTreeMap<String, String>);

impl TryFrom<BTreeMap<String, String>> for Labels {
    type Error = String;
    fn try_from(labels: BTreeMap<String, String>) -> Result<Self, String> {
        let is_key = |key: &str| match key.split_once('/') {
            Some((prefix, name)) => is_subdomain(prefix) && is_label(name),
            None => is_label(key),
        };
        let good =
            |(key, value): (&String, &String)| is_key(key) && (value.is_empty() || is_label(value));
        if labels.iter().all(good) {
            Ok(Self(labels))
        } else {
            Err("a label is like \"linkerd.io/is-control-plane\" = \"true\"".to_owned())
        }
    }
}

fn is_subdomain(text: &str) -> bool {
    let part = |part: &str| {
        !part.is_empty()
            && !part.starts_with('-')
            && !part.ends_with('-')
            && part
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    text.len() <= NAME && text.split('.').all(part)
}

fn is_label(text: &str) -> bool {
    let ends = [text.bytes().next(), text.bytes().next_back()];
    (1..=LABEL).contains(&text.len())
        && ends.iter().flatten().all(u8::is_ascii_alphanumeric)
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> bool {
        ObjectName::try_from(text.to_owned()).is_ok()
    }

    fn key(text: &str) -> bool {
        DataKey::try_from(text.to_owned()).is_ok()
    }

    fn label(key: &str, value: &str) -> bool {
        Labels::try_from(BTreeMap::from([(key.to_owned(), value.to_owned())])).is_ok()
    }

    #[test]
    fn what_kubernetes_takes_is_taken_and_nothing_else() {
        assert!(name("linkerd-identity-trust-roots") && name("a.b-c.9") && name(&"a".repeat(253)));
        for bad in [
            "",
            "A",
            "-a",
            "a-",
            "a..b",
            ".a",
            "a_b",
            "a b",
            "a\n",
            &"a".repeat(254),
        ] {
            assert!(!name(bad), "{bad}");
        }
        assert!(key("ca-bundle.crt") && key("CA_1") && key(&"k".repeat(253)));
        for bad in ["", ".", "..", "a/b", "a: b", "\u{fc}", &"k".repeat(254)] {
            assert!(!key(bad), "{bad}");
        }
        assert!(
            label("linkerd.io/is-control-plane", "true") && label("a", "") && label("A.b_c", "1")
        );
        for (bad, value) in [
            ("", "x"),
            ("/a", "x"),
            ("A.io/a", "x"),
            ("a/b/c", "x"),
            ("a-", "x"),
            ("a", "-x"),
            ("a", "x\""),
            ("a", &"x".repeat(64)),
        ] {
            assert!(!label(bad, value), "{bad} = {value}");
        }
    }
}
