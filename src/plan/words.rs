//! The words of a ceremony file: each is checked while it is read, so that its error has its
//! line and column, and says what was probably meant.

use serde::Deserialize;

use crate::x509::escape::{escape_quoted, is_invisible};
use crate::x509::key_identifier::KeyIdentifierMethod;
use crate::x509::key_usage::KeyUsage;
use crate::x509::name_constraints::Subtree;
use crate::x509::network::Network;
use crate::x509::public_key::{Curve, HashAlgorithm, KeyKind, RootKey};
use crate::x509::reason::RevocationReason;
use crate::x509::serial::Serial;
use crate::x509::time::{Span, UtcTime};

/// The `format` of the files this version reads.
pub const FORMAT: &str = "anchorite/ceremony/0";

/// Declares a word that is checked while it is read, so that the error has its place.
macro_rules! word {
    ($(#[$doc:meta])* $name:ident($inner:ty), |$text:ident| $check:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Deserialize)]
        #[serde(try_from = "String")]
        pub struct $name(pub $inner);
        impl TryFrom<String> for $name {
            type Error = String;
            fn try_from($text: String) -> Result<Self, String> {
                let checked: Result<$inner, String> = $check;
                checked.map(Self)
            }
        }
    };
}
pub(super) use word;

word!(
    /// The format's name.
    Format(String), |text| if text == FORMAT {
        Ok(text)
    } else {
        Err(format!("this version reads \"{FORMAT}\""))
    }
);
word!(
    /// A short name: it becomes part of folder and file names.
    Id(String), |text| {
        let good = (1..=40).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            && !text.starts_with('-');
        if good {
            Ok(text)
        } else {
            Err("an id is 1 to 40 of a-z, 0-9 and -, and does not begin with -".to_owned())
        }
    }
);
/// A control, or a character that shows nothing: no text that people read aloud holds one.
pub(super) fn cannot_be_seen(character: char) -> bool {
    character.is_control() || is_invisible(character)
}

word!(
    /// Text for people.
    Text(String), |text| if text.trim().is_empty() {
        Err("the text is empty".to_owned())
    } else if text.chars().count() > 1000 {
        Err("the text has more than 1000 characters".to_owned())
    } else if text.chars().any(cannot_be_seen) {
        Err("the text holds a character that cannot be seen".to_owned())
    } else {
        Ok(text)
    }
);
word!(
    /// A person's role.
    Role(String), |text| {
        one_of(&text, &["administrator", "operator", "custodian", "witness", "auditor"])?;
        Ok(text)
    }
);
word!(
    /// An OpenSSH public key: type, base64, no options.
    SshKey(String), |text| {
        let parts: Vec<&str> = text.split_whitespace().collect();
        let good = matches!(parts.as_slice(), [kind, body] | [kind, body, _]
            if kind.bytes().all(|b| b.is_ascii_alphanumeric() || b"-@.".contains(&b))
                && body.len() > 16
                && body.bytes().all(|b| b.is_ascii_alphanumeric() || b"+/=".contains(&b)));
        if good && text.is_ascii() {
            Ok(parts[..2].join(" "))
        } else {
            Err("not an OpenSSH public key (\"ssh-ed25519 AAAA...\")".to_owned())
        }
    }
);
word!(
    /// A token's label.
    TokenLabel(String), |text| if text.is_empty() || text.len() > TokenLabel::LIMIT {
        Err("a token label has 1 to 22 octets (\"rehearsal-\" must fit before it)".to_owned())
    } else if text.chars().any(cannot_be_seen) {
        Err("a token label has no character that cannot be seen".to_owned())
    } else {
        Ok(text)
    }
);
impl TokenLabel {
    /// The most octets: 32 of PKCS#11, less those of "rehearsal-".
    pub const LIMIT: usize = 22;
}

word!(
    /// A path below the ceremony file's folder.
    Path(String), |text| {
        let bad = text.is_empty()
            || text.starts_with('/')
            || text.chars().any(char::is_control)
            || text.contains('\\')
            // Names that the ledger's own half-written files have.
            || text.ends_with(".part")
            || text.split('/').any(|part| part.is_empty() || part == "." || part == "..");
        if bad {
            Err("a file is named by its path below this file's folder, without \"..\"".to_owned())
        } else {
            Ok(text)
        }
    }
);
word!(
    /// A mount path in Vault.
    Mount(String), |text| {
        let bad = text.is_empty()
            || text.len() > 200
            || text.chars().any(char::is_control)
            || text.split('/').any(|part| part.is_empty() || part == "." || part == "..");
        if bad {
            Err("a mount is a path like \"pki/etcd\", without / at its ends".to_owned())
        } else {
            Ok(text)
        }
    }
);
word!(
    /// A root key.
    Key(RootKey), |text| RootKey::parse(&text).ok_or_else(|| {
        let known: Vec<&str> = RootKey::ALL.iter().map(|key| key.word()).collect();
        not_one_of(&text, &known)
    })
);
word!(
    /// A key that Vault makes.
    VaultKey(KeyKind), |text| {
        let known = [
            ("rsa:2048", KeyKind::Rsa { bits: 2048 }),
            ("rsa:3072", KeyKind::Rsa { bits: 3072 }),
            ("rsa:4096", KeyKind::Rsa { bits: 4096 }),
            ("ec:P-256", KeyKind::Ec(Curve::P256)),
            ("ec:P-384", KeyKind::Ec(Curve::P384)),
            ("ec:P-521", KeyKind::Ec(Curve::P521)),
            ("ed25519", KeyKind::Ed25519),
        ];
        let found = known.iter().find(|(word, _)| *word == text);
        found
            .map(|(_, kind)| *kind)
            .ok_or_else(|| not_one_of(&text, &known.map(|(word, _)| word)))
    }
);
word!(
    /// The hash that a root signs.
    DigestWord(HashAlgorithm), |text| match text.as_str() {
        "sha256" => Ok(HashAlgorithm::Sha256),
        "sha384" => Ok(HashAlgorithm::Sha384),
        "sha512" => Ok(HashAlgorithm::Sha512),
        _ => Err(not_one_of(&text, &["sha256", "sha384", "sha512"])),
    }
);
word!(
    /// How an RSA root signs: whether with PSS.
    Padding(bool), |text| {
        one_of(&text, &["pkcs1", "pss"])?;
        Ok(text == "pss")
    }
);
word!(
    /// A length of time.
    Length(Span), |text| Span::parse(&text)
        .ok_or_else(|| "a length of time is a number and y, mo, d or h: \"20y\", \"6mo\"".to_owned())
);
word!(
    /// A key usage.
    Usage(KeyUsage), |text| KeyUsage::parse(&text).ok_or_else(|| {
        not_one_of(&text, &["digitalSignature", "keyCertSign", "cRLSign"])
    })
);
word!(
    /// An extended key usage, as its OID.
    ExtendedUsage(String), |text| {
        let known = super::profile::EXTENDED_KEY_USAGES;
        known
            .iter()
            .find(|(word, _)| *word == text)
            .map(|(_, oid)| (*oid).to_owned())
            .or_else(|| dotted_oid(&text))
            .ok_or_else(|| not_one_of(&text, &known.map(|(word, _)| word)))
    }
);
word!(
    /// A policy's OID.
    PolicyOid(String), |text| dotted_oid(&text)
        .ok_or_else(|| "a policy is a dotted OID: \"1.3.6.1.4.1.99999.1\"".to_owned())
);
word!(
    /// A method for key identifiers.
    KeyId(KeyIdentifierMethod), |text| KeyIdentifierMethod::parse(&text)
        .ok_or_else(|| not_one_of(&text, &KeyIdentifierMethod::ALL.map(KeyIdentifierMethod::word)))
);
word!(
    /// A DNS subtree. A leading dot is for a check to refuse, which the file may waive.
    DnsTree(Subtree), |text| host(text.strip_prefix('.').unwrap_or(&text))
        .map(|()| Subtree::Dns(text.clone()))
);
word!(
    /// An IP range.
    IpRange(Subtree), |text| Network::parse(&text).map(Subtree::Ip)
);
word!(
    /// A mailbox, a host, or all hosts below one (RFC 5280 4.2.1.10).
    EmailTree(Subtree), |text| {
        let (local, domain) = text.split_once('@').unwrap_or(("-", &text));
        let visible = !local.is_empty()
            && local.len() <= 64
            && local.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~.".contains(&b));
        let name = if text.contains('@') { domain } else { domain.strip_prefix('.').unwrap_or(domain) };
        if visible {
            host(name).map(|()| Subtree::Email(text.clone()))
        } else {
            Err("an email constraint is \"a@host\", \"host\" or \".host\"".to_owned())
        }
    }
);
word!(
    /// A host of URIs, or all hosts below one (RFC 5280 4.2.1.10).
    UriTree(Subtree), |text| host(text.strip_prefix('.').unwrap_or(&text))
        .map(|()| Subtree::Uri(text.clone()))
);
word!(
    /// An http URL.
    Url(String), |text| {
        let good = text.strip_prefix("http://").is_some_and(|rest| !rest.is_empty())
            && is_url(&text);
        if good {
            Ok(text)
        } else {
            Err("must be a plain http:// URL in ASCII (https would need the chain it serves)".to_owned())
        }
    }
);
word!(
    /// Address of a server whose certificate is checked.
    HttpsUrl(String), |text| {
        let rest = text.strip_prefix("https://");
        let good = rest.is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/'))
            && is_url(&text);
        if good {
            Ok(text)
        } else {
            Err("must be an https:// address in ASCII: \"https://vault.example:8200\"".to_owned())
        }
    }
);
word!(
    /// A role of a mount.
    VaultRole(String), |text| {
        let inner = |b: u8| b.is_ascii_alphanumeric() || b"_-.".contains(&b);
        let end = |b: Option<&u8>| b.is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_');
        let bytes = text.as_bytes();
        let good = bytes.len() <= 100
            && end(bytes.first())
            && end(bytes.last())
            && text.bytes().all(inner);
        if good {
            Ok(text)
        } else {
            Err("a role is 1 to 100 of A-Z, a-z, 0-9 and _, with - and . between them".to_owned())
        }
    }
);
word!(
    /// The name of an object in Kubernetes.
    KubernetesName(String), |text| {
        let part = |part: &str| {
            !part.is_empty()
                && !part.starts_with('-')
                && !part.ends_with('-')
                && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        };
        if text.len() <= 253 && text.split('.').all(part) {
            Ok(text)
        } else {
            Err("a name in Kubernetes is 1 to 253 of a-z, 0-9 and -, with dots between".to_owned())
        }
    }
);
word!(
    /// An AppRole's id: a UUID where the server draws it.
    RoleId(String), |text| {
        let good = (1..=200).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-.".contains(&b));
        if good {
            Ok(text)
        } else {
            Err("a role id is 1 to 200 of A-Z, a-z, 0-9, _, - and .".to_owned())
        }
    }
);
word!(
    /// A serial number in hex, with or without colons, as openssl and Vault print it.
    SerialHex(Serial), |text| Serial::parse(&text)
        .ok_or_else(|| "a serial number is 1 to 20 octets in hex: \"4f:a1:07...\"".to_owned())
);
word!(
    /// Why a certificate is revoked.
    ReasonWord(RevocationReason), |text| RevocationReason::parse(&text)
        .ok_or_else(|| not_one_of(&text, &RevocationReason::ALL.map(RevocationReason::word)))
);
word!(
    /// A moment in UTC.
    Moment(UtcTime), |text| UtcTime::parse(&text)
        .ok_or_else(|| "a moment is written in UTC: \"2026-10-03T09:14:07Z\"".to_owned())
);
word!(
    /// "issuer"
    NotAfter(()), |text| one_of(&text, &["issuer"])
);

/// private or webtrust
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(try_from = "String")]
pub struct PolicyWord(pub super::Policy);

impl Default for PolicyWord {
    fn default() -> Self {
        Self(super::Policy::Private)
    }
}

impl TryFrom<String> for PolicyWord {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        one_of(&text, &["private", "webtrust"])?;
        Ok(Self(if text == "private" {
            super::Policy::Private
        } else {
            super::Policy::Webtrust
        }))
    }
}

/// prompt
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(try_from = "String")]
pub struct Login;

impl TryFrom<String> for Login {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        one_of(&text, &["prompt"]).map(|()| Self)
    }
}

/// direct or none
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(try_from = "String")]
pub struct SealWord(pub super::SealMode);

impl Default for SealWord {
    fn default() -> Self {
        Self(super::SealMode::Direct)
    }
}

impl TryFrom<String> for SealWord {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        one_of(&text, &["direct", "none"])?;
        Ok(Self(if text == "direct" {
            super::SealMode::Direct
        } else {
            super::SealMode::None
        }))
    }
}

/// A path length: a number, or "none".
#[derive(Clone, Copy, Debug)]
pub struct PathLength(pub Option<u8>);

impl<'de> Deserialize<'de> for PathLength {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl serde::de::Visitor<'_> for Visitor {
            type Value = PathLength;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a number from 0 to 9, or \"none\"")
            }
            fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<PathLength, E> {
                match u8::try_from(number) {
                    Ok(small) if small <= 9 => Ok(PathLength(Some(small))),
                    _ => Err(E::custom(
                        "a path length is a number from 0 to 9, or \"none\"",
                    )),
                }
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<PathLength, E> {
                match text {
                    "none" => Ok(PathLength(None)),
                    _ => Err(E::custom(
                        "a path length is a number from 0 to 9, or \"none\"",
                    )),
                }
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

/// The length and the octets that a URL may have here.
fn is_url(text: &str) -> bool {
    text.len() <= 500
        && text
            .bytes()
            .all(|b| b.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&b))
}

fn dotted_oid(text: &str) -> Option<String> {
    let oid = der::asn1::ObjectIdentifier::new(text).ok()?;
    (oid.to_string() == text).then(|| text.to_owned())
}

/// A host name in ASCII: letters, digits and hyphens between dots.
fn host(name: &str) -> Result<(), String> {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    };
    if name.len() <= 253 && name.split('.').all(label) {
        Ok(())
    } else {
        Err("a name constraint is a host in ASCII without scheme, port or *: \"svc.example\" (and all below it)".to_owned())
    }
}

fn one_of(text: &str, known: &[&str]) -> Result<(), String> {
    if known.contains(&text) {
        Ok(())
    } else {
        Err(not_one_of(text, known))
    }
}

pub(super) fn not_one_of(text: &str, known: &[&str]) -> String {
    let words = format!("is not known here; it takes {}", known.join(", "));
    not_this(text, &words, known)
}

/// Most checks can be waived by nobody, known as they are.
pub(super) fn not_waivable(text: &str, waivable: &[&str]) -> String {
    let words = format!("cannot be waived; these can: {}", waivable.join(", "));
    not_this(text, &words, waivable)
}

fn not_this(text: &str, words: &str, known: &[&str]) -> String {
    let meant =
        nearest(text, known).map_or_else(String::new, |near| format!("; did you mean \"{near}\"?"));
    format!("\"{}\" {words}{meant}", escape_quoted(text))
}

/// The known word that `text` was probably meant to be.
pub fn nearest<'a>(text: &str, known: &[&'a str]) -> Option<&'a str> {
    // Far longer than any word here: the distance would only cost time and memory.
    if text.len() > 200 {
        return None;
    }
    known
        .iter()
        .map(|word| {
            (
                strsim::damerau_levenshtein(&text.to_lowercase(), &word.to_lowercase()),
                *word,
            )
        })
        .filter(|(distance, word)| *distance <= 1 + word.len() / 4)
        .min()
        .map(|(_, word)| word)
}
