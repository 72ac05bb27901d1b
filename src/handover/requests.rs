//! `requests.sh`: what has Vault or OpenBao make every request that a ceremony file describes.
//! The fixed text beside this file, with the file's values put in place of its marker lines.

use serde_json::{Map, Value, json};

use super::mount::{check_mounts, path_of};
use super::template::{self, push};
use super::{MountError, shell_quote};
use crate::plan::generate::{Asked, Generate};
use crate::x509::escape::escape;
use crate::x509::name::AttributeType;
use crate::x509::public_key::{Curve, KeyKind};

const TEMPLATE: &str = include_str!("requests.sh");
const SCRIPT: &str = "requests.sh";

/// What the script is made from.
pub struct RequestScript<'a> {
    /// Name of the ceremony file.
    pub file: &'a str,
    /// The ceremony's id.
    pub ceremony: &'a str,
    /// Path of the list of digests.
    pub list: &'a str,
    /// The requests, in the order of the steps.
    pub asked: &'a [Asked],
}

/// The script's text.
pub fn request_script(made_from: &RequestScript<'_>) -> Result<String, MountError> {
    check_mounts(made_from.asked.iter().map(|one| one.mount.as_str()))?;
    template::filled(TEMPLATE, |marker, script| {
        match marker {
            "header" => header(script, made_from),
            "values" => values(script, made_from),
            "mounts" => made_from.asked.iter().for_each(|one| mount(script, one)),
            "commands" => made_from.asked.iter().for_each(|one| by_hand(script, one)),
            _ => return Ok(false),
        }
        Ok(true)
    })
}

fn header(script: &mut String, made_from: &RequestScript<'_>) {
    let lines = [
        ("ceremony ", made_from.ceremony),
        ("file     ", made_from.file),
        ("list     ", made_from.list),
    ];
    for (word, value) in lines {
        push(script, &format!("#   {word}  {}", escape(value)));
    }
    push(script, &format!("#   requests   {}", made_from.asked.len()));
}

fn values(script: &mut String, made_from: &RequestScript<'_>) {
    push(script, &format!("script={SCRIPT}"));
    let goal = format!("all requests of {} are here", escape(made_from.ceremony));
    push(script, &format!("goal={}", shell_quote(&goal)));
    push(script, &format!("list={}", shell_quote(made_from.list)));
    let shown = shell_quote(&escape(made_from.list));
    push(script, &format!("list_shown={shown}"));
}

fn mount(script: &mut String, one: &Asked) {
    let key = match one.generate.key {
        Some(_) => "new",
        None => "existing",
    };
    let words = [
        path_of(&one.mount),
        escape(&one.mount),
        one.request.clone(),
        escape(&one.request),
        fields(&one.generate),
    ];
    let first = shell_quote(&words[0]);
    push(script, &format!("    \"$1\" {first} \\"));
    for word in &words[1..] {
        push(script, &format!("        {} \\", shell_quote(word)));
    }
    let url = in_url(&one.mount);
    push(script, &format!("        {key} {} '{url}'", one.seconds));
}

/// What the server is given, as JSON without its closing brace: a list keeps the commas of a
/// value, which `name=value` would split.
fn fields(generate: &Generate) -> String {
    let mut fields = Map::new();
    for attribute in generate.subject.attributes() {
        let Some(kind) = AttributeType::of_oid(&attribute.oid) else {
            continue;
        };
        let text = attribute.text().unwrap_or_default();
        let (name, value) = match kind {
            AttributeType::CommonName => ("common_name", json!(text)),
            AttributeType::Country => ("country", json!([text])),
            AttributeType::State => ("province", json!([text])),
            AttributeType::Locality => ("locality", json!([text])),
            AttributeType::Organization => ("organization", json!([text])),
            AttributeType::OrganizationalUnit => ("ou", json!([text])),
            // The file's subjects for Vault have none.
            AttributeType::DomainComponent => continue,
        };
        fields.insert(name.to_owned(), value);
    }
    // A common name that looks like a host would be asked for as a DNS name too.
    fields.insert("exclude_cn_from_sans".to_owned(), json!(true));
    let (kind, bits) = match generate.key {
        None => (None, None),
        Some(KeyKind::Rsa { bits }) => (Some("rsa"), Some(bits)),
        Some(KeyKind::Ec(Curve::P256)) => (Some("ec"), Some(256)),
        Some(KeyKind::Ec(Curve::P384)) => (Some("ec"), Some(384)),
        Some(KeyKind::Ec(Curve::P521)) => (Some("ec"), Some(521)),
        Some(KeyKind::Ed25519) => (Some("ed25519"), None),
    };
    let asked = [
        ("key_type", kind.map(|kind| json!(kind))),
        ("key_bits", bits.map(|bits| json!(bits))),
    ];
    for (name, value) in asked {
        fields.extend(value.map(|value| (name.to_owned(), value)));
    }
    let mut text = Value::Object(fields).to_string();
    text.pop();
    text
}

/// The mount as it stands in a URL.
fn in_url(mount: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    let mut text = String::with_capacity(mount.len());
    for byte in mount.bytes() {
        if plain(byte) {
            text.push(char::from(byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    text
}

/// The same by hand, in a here-document that nothing expands.
fn by_hand(script: &mut String, one: &Asked) {
    let path = path_of(&one.mount);
    let below = |rest: &str| shell_quote(&format!("{path}/{rest}"));
    let file = shell_quote(&format!("./{}", one.request));
    let fields = fields(&one.generate);
    push(script, "");
    push(script, &format!("# {}", escape(&one.mount)));
    if one.generate.key.is_some() {
        let mount = shell_quote(&format!("-path={}", one.mount));
        push(script, &format!("vault secrets enable {mount} \\"));
        push(script, &format!("    -max-lease-ttl={}s pki", one.seconds));
    }
    let url = format!("\"$VAULT_ADDR\"/v1/{}", in_url(&one.mount));
    push(script, &format!("vault write {} \\", below("config/urls")));
    push(script, &format!("    issuing_certificates={url}/ca \\"));
    push(script, &format!("    crl_distribution_points={url}/crl"));
    let (way, json) = match one.generate.key {
        Some(_) => ("internal", format!("{fields}}}")),
        None => ("existing", format!("{fields},\"key_ref\":\"KEY\"}}")),
    };
    if one.generate.key.is_none() {
        let words = "# KEY is the key_id of the mount's default issuer:";
        push(script, words);
        push(script, &format!("vault read {}", below("issuer/default")));
    }
    push(script, &format!("printf %s {} |", shell_quote(&json)));
    let generate = below(&format!("intermediate/generate/{way}"));
    push(
        script,
        &format!("    vault write -field=csr {generate} - > {file}"),
    );
}

#[cfg(test)]
mod tests {
    use super::super::tests::assert_parses;
    use super::*;
    use crate::x509::name::Name;

    fn asked(mount: &str, request: &str, key: Option<KeyKind>) -> Asked {
        Asked {
            mount: mount.to_owned(),
            request: request.to_owned(),
            generate: Generate {
                subject: Name::build(&[
                    (AttributeType::Country, "DE"),
                    (AttributeType::Organization, "Acme, \"Inc.\" it's"),
                    (AttributeType::CommonName, "\u{dc}n\u{ef} $HOME CA"),
                ]),
                key,
            },
            seconds: 157_871_160,
        }
    }

    fn script(asked: &[Asked]) -> String {
        let made_from = RequestScript {
            file: "acme.toml",
            ceremony: "acme",
            list: "requests/spki.sha256",
            asked,
        };
        request_script(&made_from).unwrap()
    }

    #[test]
    fn the_script_of_three_requests() {
        let text = script(&[
            asked(
                "etcd/nyc3-c1/pki",
                "requests/etcd.csr",
                Some(KeyKind::Ec(Curve::P256)),
            ),
            asked(
                "-\u{fc} it's $HOME",
                "requests/a b'.csr",
                Some(KeyKind::Rsa { bits: 4096 }),
            ),
            asked("apps", "again.csr", None),
        ]);
        assert_parses(&text);
        insta::assert_snapshot!("requests.sh", text);
    }

    #[test]
    fn hostile_text_stays_text() {
        let plain = script(&[asked("a", "a.csr", None)]);
        let text = script(&[asked(
            "a\u{202e}b'; touch x; '",
            "a';\u{202e}touch y.csr",
            None,
        )]);
        assert_parses(&text);
        assert!(!text.contains('\u{202e}'));
        assert_eq!(text.lines().count(), plain.lines().count());
        let words = |mount| {
            let made_from = RequestScript {
                file: "x\nrm -rf /",
                ceremony: "x\nrm y",
                list: "#@mounts",
                asked: &[asked(mount, "a.csr", None)],
            };
            request_script(&made_from)
        };
        assert!(
            words("a")
                .unwrap()
                .lines()
                .all(|line| !line.starts_with("rm "))
        );
        assert!(matches!(words("a//b"), Err(MountError::EmptyPart(_))));
    }

    #[test]
    fn each_kind_of_key_as_the_server_names_it() {
        for (key, words) in [
            (
                KeyKind::Rsa { bits: 3072 },
                ",\"key_type\":\"rsa\",\"key_bits\":3072",
            ),
            (
                KeyKind::Ec(Curve::P521),
                ",\"key_type\":\"ec\",\"key_bits\":521",
            ),
            (KeyKind::Ed25519, ",\"key_type\":\"ed25519\""),
        ] {
            let one = asked("a", "a.csr", Some(key));
            assert!(fields(&one.generate).ends_with(words));
        }
        let none = fields(&asked("a", "a.csr", None).generate);
        assert!(none.ends_with(",\"exclude_cn_from_sans\":true"), "{none}");
    }

    #[test]
    fn a_mount_in_a_url() {
        assert_eq!(in_url("a/b-c_d.e~"), "a/b-c_d.e~");
        assert_eq!(in_url("\u{fc} ?#%&'$"), "%C3%BC%20%3F%23%25%26%27%24");
    }
}
