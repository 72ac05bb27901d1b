//! What a server can be asked for, and what we must say to it.

use serde_json::{Value, json};

use Verdict::{Good, NotMade, Refused};

/// What becomes of a request.
#[derive(Clone, Copy)]
pub enum Verdict {
    /// Taken; these words stand on the page that people approve.
    Good(&'static str),
    /// Refused by this check, with these words.
    Refused(&'static str, &'static str),
    /// The server does not make it, and says this.
    NotMade(&'static str),
}

/// A request: its name, which is its mount too, where it is asked for, and with what.
pub struct Case {
    pub name: &'static str,
    pub path: &'static str,
    pub fields: Value,
    pub verdict: Verdict,
}

const INTERNAL: &str = "intermediate/generate/internal";
const EXPORTED: &str = "intermediate/generate/exported";

/// Why some cases are not asked of HashiCorp Vault.
pub const OPENBAOS: &str =
    "Vault 1.13 makes no ML-DSA keys and signs requests with PKCS #1 whatever use_pss says";

/// Whether only OpenBao makes such a request.
pub fn is_openbaos(case: &Case) -> bool {
    case.fields["key_type"] == "mldsa" || case.fields["use_pss"] == true
}

fn at(path: &'static str, name: &'static str, fields: Value, verdict: Verdict) -> Case {
    let mut fields = fields;
    let common_name = fields.get("common_name").is_some();
    if !common_name {
        fields["common_name"] = json!(format!("{name} issuing CA"));
    }
    Case {
        name,
        path,
        fields,
        verdict,
    }
}

/// A P-256 request: the key is made in no time, and these are about something else.
fn quick(name: &'static str, mut fields: Value, verdict: Verdict) -> Case {
    fields["key_type"] = json!("ec");
    at(INTERNAL, name, fields, verdict)
}

fn key(name: &'static str, kind: &str, bits: u32, verdict: Verdict) -> Case {
    let fields = json!({ "key_type": kind, "key_bits": bits });
    at(INTERNAL, name, fields, verdict)
}

/// Every case. Only with `slow` those that take a minute for the key alone.
pub fn all(slow: bool) -> Vec<Case> {
    let mut list = keys();
    list.extend(signatures());
    list.extend(subjects());
    list.extend(common_names());
    list.extend(wishes());
    list.extend(ways());
    if slow {
        list.push(key("rsa-8192", "rsa", 8192, Good("key RSA 8192 ")));
    }
    list
}

fn keys() -> Vec<Case> {
    vec![
        at(INTERNAL, "defaults", json!({}), Good("key RSA 2048 ")),
        key(
            "rsa-1024",
            "rsa",
            1024,
            NotMade("2048 bits are unsafe and not supported"),
        ),
        key("rsa-3072", "rsa", 3072, Good("key RSA 3072 ")),
        key("rsa-4096", "rsa", 4096, Good("key RSA 4096 ")),
        key("ec-224", "ec", 224, Refused("REQ-KEY-TYPE", "P-224")),
        key("ec-256", "ec", 256, Good("P-256")),
        key("ec-384", "ec", 384, Good("P-384")),
        key("ec-521", "ec", 521, Good("P-521")),
        key("ed25519", "ed25519", 0, Good("Ed25519")),
        key("mldsa-44", "mldsa", 44, Refused("REQ-KEY-TYPE", "ML-DSA")),
        key("mldsa-65", "mldsa", 65, Refused("REQ-KEY-TYPE", "ML-DSA")),
        key("mldsa-87", "mldsa", 87, Refused("REQ-KEY-TYPE", "ML-DSA")),
    ]
}

fn signatures() -> Vec<Case> {
    let rsa = |name, words, fields| at(INTERNAL, name, fields, Good(words));
    vec![
        rsa(
            "rsa-sha384",
            "sha384WithRSAEncryption",
            json!({ "signature_bits": 384 }),
        ),
        rsa(
            "rsa-sha512",
            "sha512WithRSAEncryption",
            json!({ "signature_bits": 512 }),
        ),
        rsa("rsa-pss", "PSS with SHA-256", json!({ "use_pss": true })),
        rsa(
            "rsa-pss-384",
            "PSS with SHA-384",
            json!({ "use_pss": true, "signature_bits": 384 }),
        ),
        rsa(
            "rsa-pss-512",
            "PSS with SHA-512",
            json!({ "use_pss": true, "signature_bits": 512 }),
        ),
        // The curve decides.
        quick(
            "ec-sha512",
            json!({ "signature_bits": 512 }),
            Good("ecdsa-with-SHA256"),
        ),
    ]
}

fn subjects() -> Vec<Case> {
    let of = |name: &'static str, fields, words| quick(name, fields, Good(words));
    vec![
        of(
            "every-field",
            json!({ "organization": "Acme", "ou": "PKI", "country": "DE", "province": "NW",
                "locality": "Wesel", "street_address": "Markt 1", "postal_code": "46483",
                "serial_number": "4711" }),
            "Markt 1",
        ),
        of(
            "two-organizations",
            json!({ "organization": "Acme,Other" }),
            "O=Acme + O=Other",
        ),
        of(
            "comma",
            json!({ "organization": "Müller & Söhne, GmbH" }),
            "GmbH",
        ),
        of(
            "two-units",
            json!({ "ou": "One,Two,Three" }),
            "OU=One + OU=Two + OU=Three",
        ),
        of("two-countries", json!({ "country": "DE,FR" }), "C=DE"),
        of(
            "two-streets",
            json!({ "street_address": "A 1,B 2", "postal_code": "1,2" }),
            "B 2",
        ),
        of(
            "serial-number",
            json!({ "serial_number": "00:11:22" }),
            "00:11:22",
        ),
    ]
}

fn common_names() -> Vec<Case> {
    let of = |name: &'static str, common_name: &str, verdict| {
        quick(name, json!({ "common_name": common_name }), verdict)
    };
    // No part without a dot may have more than 63 letters.
    let long = |octets: usize| format!("{}{}", "abcdef.".repeat(9), "x".repeat(octets - 63));
    let none = Refused("REQ-SUBJECT-EMPTY", "empty");
    vec![
        of("cn-slashes", "nyc3-c1/pki/etcd", Good("nyc3-c1/pki/etcd")),
        of("cn-quotes", "Acme \"Quoted\" CA", Good("Quoted")),
        of("cn-comma", "Acme, Inc. CA", Good("Inc. CA")),
        of("cn-markup", "a<b>&c; CA", Good("a<b>&c")),
        of("cn-plus-equals", "a+b=c CA", Good("b=c CA")),
        of("cn-umlaut", "Größe.example", Good("Größe")),
        of("cn-chinese", "中文 CA", Good("\\u{4e2d}\\u{6587} CA")),
        of("cn-mail", "pki@acme.example", Good("pki@acme.example")),
        of("cn-host", "vault.acme.example", Good("dropped: ")),
        of("cn-64", &long(64), Good("abcdef.abcdef")),
        of(
            "cn-65",
            &long(65),
            Refused("REQ-SUBJECT-FORM", "65 characters"),
        ),
        of("cn-label", &"x".repeat(64), NotMade("idna: invalid label")),
        of(
            "cn-escape",
            "a\u{1b}[31mb CA",
            Refused("REQ-SUBJECT-FORM", "\\u{1b}"),
        ),
        of(
            "cn-bidi",
            "a\u{202e}b CA",
            Refused("REQ-SUBJECT-FORM", "\\u{202e}"),
        ),
        of("cn-empty", "", none),
        quick(
            "cn-empty-alt",
            json!({ "common_name": "", "alt_names": "a.example" }),
            none,
        ),
    ]
}

/// What a request asks for beside its subject and key; none of it is taken.
fn wishes() -> Vec<Case> {
    let of = |name: &'static str, fields, words| quick(name, fields, Good(words));
    vec![
        of(
            "ca-true",
            json!({ "add_basic_constraints": true }),
            "asks for basicConstraints (critical): CA",
        ),
        of(
            "alt-names",
            json!({ "alt_names": "a.example,b@acme.example" }),
            "b@acme.example",
        ),
        of("ip-sans", json!({ "ip_sans": "10.0.0.1,::1" }), "10.0.0.1"),
        of(
            "uri-sans",
            json!({ "uri_sans": "https://a.example/x" }),
            "https://a.example/x",
        ),
        of(
            "other-sans",
            json!({ "other_sans": "1.3.6.1.4.1.311.20.2.3;UTF8:a@b.example" }),
            "dropped: subjectAltName",
        ),
        of(
            "no-cn-san",
            json!({ "common_name": "plain.acme.example", "exclude_cn_from_sans": true }),
            "plain.acme.example",
        ),
        of(
            "ignored",
            json!({ "key_usage": "CertSign", "max_path_length": 3,
                "permitted_dns_domains": "a.example", "ttl": "43800h" }),
            "P-256",
        ),
    ]
}

/// Other formats and other paths to a request.
fn ways() -> Vec<Case> {
    let ec = |path, name, format: &str, verdict| {
        let fields = json!({ "key_type": "ec", "format": format });
        at(path, name, fields, verdict)
    };
    let key_came_along = Refused("REQ-PRIVATE-KEY", "private key");
    let existing = |path, name| at(path, name, json!({}), Good("P-256"));
    vec![
        ec(INTERNAL, "der", "der", Good("P-256")),
        ec(INTERNAL, "pem-bundle", "pem_bundle", Good("P-256")),
        ec(EXPORTED, "exported", "pem", Good("P-256")),
        ec(EXPORTED, "exported-der", "der", Good("P-256")),
        ec(EXPORTED, "exported-bundle", "pem_bundle", key_came_along),
        at(
            EXPORTED,
            "exported-rsa",
            json!({ "key_type": "rsa", "format": "pem_bundle", "private_key_format": "pkcs8" }),
            key_came_along,
        ),
        at(
            "issuers/generate/intermediate/internal",
            "issuers-path",
            json!({ "key_type": "ec" }),
            Good("P-256"),
        ),
        existing("intermediate/generate/existing", "existing"),
        existing("issuers/generate/intermediate/existing", "issuers-existing"),
        existing("intermediate/cross-sign", "cross-sign"),
    ]
}
