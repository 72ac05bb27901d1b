//! Words of a ceremony file that Kubernetes reads later: keys and labels in its own form, so that
//! what the hand-over writes with them is taken.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::words::{KubernetesName, word};

/// The most octets of a key.
const KEY: usize = 253;
/// The most octets of a label's value, and of its name without the prefix.
const LABEL: usize = 63;

word!(
    /// A key of a ConfigMap's data.
    DataKey(String), |text| {
        let good = (1..=KEY).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b))
            && !text.trim_matches('.').is_empty();
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
        let is_name = |text: &str| KubernetesName::try_from(text.to_owned()).is_ok();
        let is_key = |key: &str| match key.split_once('/') {
            Some((prefix, name)) => is_name(prefix) && is_label(name),
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

    fn key(text: &str) -> bool {
        DataKey::try_from(text.to_owned()).is_ok()
    }

    fn label(key: &str, value: &str) -> bool {
        Labels::try_from(BTreeMap::from([(key.to_owned(), value.to_owned())])).is_ok()
    }

    #[test]
    fn what_kubernetes_takes_is_taken_and_nothing_else() {
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
