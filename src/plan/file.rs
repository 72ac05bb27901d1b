//! The ceremony file as it is written: a strict mirror of the TOML, where every mistake is
//! told with its line, its column and what was probably meant.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

pub use super::cert_manager::CertManagerFile;
use super::kubernetes::{DataKey, Labels};
use super::step_kind::StepKind;
pub use super::subject::{Subject, VaultSubject};
use super::words::not_one_of;
pub use super::words::{
    DigestWord, DnsTree, EmailTree, ExtendedUsage, FORMAT, Format, Id, IpRange, Key, KeyId,
    KubernetesName, Length, Login, Moment, Mount, NotAfter, Padding, Path, PathLength, PolicyOid,
    PolicyWord, ReasonWord, Role, SealWord, SerialHex, SshKey, Text, TokenLabel, UriTree, Url,
    Usage, VaultKey, nearest,
};
use crate::digest::Digest;
use crate::x509::escape::{escape_message, escape_quoted};

/// A mistake in the file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {words}")]
pub struct FileError {
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// What is wrong, and what was meant where that can be guessed.
    pub words: String,
}

/// The whole file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CeremonyFile {
    /// [`FORMAT`]
    pub format: Format,
    /// Ceremony id.
    pub id: Id,
    /// For people.
    pub title: Text,
    /// private or webtrust
    #[serde(default)]
    pub policy: PolicyWord,
    /// People.
    #[serde(default)]
    pub person: Vec<PersonFile>,
    /// The token.
    pub token: TokenFile,
    /// The root.
    pub root: Spanned<RootFile>,
    /// What was recorded beside Vault: the digest of each request's key.
    pub spki_list: Option<Spanned<Path>>,
    /// Profiles by name.
    #[serde(default)]
    pub profile: BTreeMap<String, Spanned<ProfileFile>>,
    /// The steps.
    pub step: Vec<Spanned<StepFile>>,
    /// Refusals put aside.
    #[serde(default)]
    pub waiver: Vec<WaiverFile>,
    /// Lists of keys that are known to be lost.
    #[serde(default)]
    pub keys: KeysFile,
    /// What the hand-over writes besides.
    #[serde(default)]
    pub handover: HandoverFile,
    /// The seal.
    #[serde(default)]
    pub seal: SealFile,
}

/// `[[person]]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PersonFile {
    /// Short name.
    pub id: Spanned<Id>,
    /// Role.
    pub role: Role,
    /// OpenSSH public key.
    pub key: Option<Spanned<SshKey>>,
}

/// `[token]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenFile {
    /// Label of the token.
    pub label: TokenLabel,
    /// How the PIN comes.
    #[serde(default)]
    pub login: Login,
}

/// `[root]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RootFile {
    /// An existing root's certificate.
    pub certificate: Option<Spanned<Path>>,
    /// A new root's subject.
    pub subject: Option<Spanned<Subject>>,
    /// A new root's key.
    pub key: Option<Spanned<Key>>,
    /// The hash a new RSA root signs.
    pub digest: Option<Spanned<DigestWord>>,
    /// How a new RSA root signs.
    pub signature: Option<Spanned<Padding>>,
    /// A new root's life.
    pub validity: Option<Spanned<Length>>,
    /// Added to keyCertSign and cRLSign.
    pub key_usage: Option<Spanned<Vec<Usage>>>,
    /// How key identifiers follow from keys.
    pub key_identifier: Option<Spanned<KeyId>>,
}

/// `[profile.NAME]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProfileFile {
    /// The built-in it starts from.
    pub base: Option<Spanned<String>>,
    /// A number or "none".
    pub path_length: Option<PathLength>,
    /// How long.
    pub validity: Option<Spanned<Length>>,
    /// "issuer": to the issuer's last second.
    pub not_after: Option<Spanned<NotAfter>>,
    /// keyUsage.
    pub key_usage: Option<Spanned<Vec<Usage>>>,
    /// extKeyUsage.
    pub extended_key_usage: Option<Spanned<Vec<ExtendedUsage>>>,
    /// Names that may stand below.
    pub permitted: Option<Spanned<SubtreesFile>>,
    /// Names that may not.
    pub excluded: Option<Spanned<SubtreesFile>>,
    /// certificatePolicies.
    pub policies: Option<Spanned<Vec<PolicyFile>>>,
    /// How the key identifier follows from the key.
    pub key_identifier: Option<KeyId>,
    /// CRL distribution point.
    pub crl_url: Option<Url>,
    /// caIssuers.
    pub issuer_url: Option<Url>,
    /// OCSP.
    pub ocsp_url: Option<Url>,
    /// In place of the request's.
    pub subject: Option<Subject>,
}

/// `permitted` or `excluded` of a profile.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SubtreesFile {
    /// dNSName
    pub dns: Option<Vec<DnsTree>>,
    /// iPAddress
    pub ip: Option<Vec<IpRange>>,
    /// rfc822Name
    pub email: Option<Vec<EmailTree>>,
    /// uniformResourceIdentifier
    pub uri: Option<Vec<UriTree>>,
}

/// One of a profile's `policies`.
#[derive(Clone, Debug, Deserialize)]
#[serde(
    deny_unknown_fields,
    expecting = "a table: { oid = \"1.2.3\", cps = \"http://...\" }"
)]
pub struct PolicyFile {
    /// Dotted OID.
    pub oid: PolicyOid,
    /// Where its practice statement is published.
    pub cps: Option<Url>,
}

/// `[[step]]`: the fields of every kind of step; which belong together is checked after.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepFile {
    /// Id; `s01` and so on where it is left out.
    pub id: Option<Spanned<Id>>,
    /// Kind.
    #[serde(rename = "do")]
    pub kind: Spanned<StepKind>,
    /// For people.
    pub title: Option<Text>,
    /// To be read aloud.
    pub read_aloud: Option<Text>,
    /// Mount path in Vault.
    pub mount: Option<Spanned<Mount>>,
    /// One request's file, or a list of tables.
    pub request: Option<Spanned<Requests>>,
    /// As computed beside Vault.
    pub spki_sha256: Option<Spanned<Digest>>,
    /// How Vault makes it.
    pub generate: Option<Spanned<GenerateFile>>,
    /// Profile.
    pub profile: Option<Spanned<String>>,
    /// The same key again, under a new serial number.
    pub renew: Option<Spanned<bool>>,
    /// The same subject again, with a new key.
    pub rekey: Option<Spanned<bool>>,
    /// What cert-manager is told of the mount.
    pub cert_manager: Option<Spanned<CertManagerFile>>,
    /// The certificate that is revoked or cross-signed.
    pub certificate: Option<Spanned<Path>>,
    /// The certificate that signed it, where it did not sign itself.
    pub issuer: Option<Spanned<Path>>,
    /// Serial number of what is revoked.
    pub serial: Option<Spanned<SerialHex>>,
    /// Why it is revoked.
    pub reason: Option<Spanned<ReasonWord>>,
    /// Since when its key is not to be trusted.
    pub invalidity_date: Option<Spanned<Moment>>,
    /// What is revoked is not in the register.
    pub foreign: Option<Spanned<bool>>,
    /// Until the next CRL.
    pub next_update: Option<Spanned<Length>>,
    /// The last CRL that was published.
    pub previous: Option<Spanned<Path>>,
    /// The last CRL there will ever be.
    #[serde(rename = "final")]
    pub last: Option<Spanned<bool>>,
    /// What an adopted root has issued before.
    pub certificates: Option<Spanned<Vec<Path>>>,
    /// What an adopted root has issued before, as openssl's `index.txt` lists it.
    pub index: Option<Spanned<Path>>,
    /// Why a ledger is rebuilt.
    pub lost_ledger: Option<Spanned<Text>>,
    /// Label of the token that holds the copy.
    pub token: Option<Spanned<TokenLabel>>,
}

/// `request = "file"`, or `[[step.request]]` tables.
#[derive(Clone, Debug)]
pub enum Requests {
    /// The one of the step itself.
    One(Path),
    /// Many.
    Many(Vec<Spanned<RequestFile>>),
}

/// `[[step.request]]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequestFile {
    /// Mount path in Vault.
    pub mount: Spanned<Mount>,
    /// The request's file.
    pub request: Spanned<Path>,
    /// As computed beside Vault.
    pub spki_sha256: Option<Digest>,
    /// How Vault makes it.
    pub generate: Option<Spanned<GenerateFile>>,
    /// Profile.
    pub profile: Option<Spanned<String>>,
    /// The same key again, under a new serial number.
    pub renew: Option<Spanned<bool>>,
    /// The same subject again, with a new key.
    pub rekey: Option<Spanned<bool>>,
    /// What cert-manager is told of the mount.
    pub cert_manager: Option<CertManagerFile>,
}

/// `generate` of a request.
#[derive(Clone, Debug, Deserialize)]
#[serde(
    deny_unknown_fields,
    expecting = "a table: { subject = { CN = \"...\" }, key = \"ec:P-256\" }"
)]
pub struct GenerateFile {
    /// The request's subject.
    pub subject: VaultSubject,
    /// The kind of its new key.
    pub key: Option<Spanned<VaultKey>>,
    /// The key of the mount's default issuer, in place of a new one.
    pub existing: Option<Spanned<bool>>,
}

/// `[[waiver]]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WaiverFile {
    /// Public id of the check.
    pub check: Spanned<String>,
    /// Id of the step.
    pub step: Spanned<Id>,
    /// Why.
    pub reason: Text,
    /// Id of the person who answers for it.
    pub by: Spanned<Id>,
}

/// `[keys]`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeysFile {
    /// Debian's weak keys, as openssl-blacklist lists them.
    pub debian_weak: Option<Path>,
    /// The site's own list.
    pub blocked: Option<Path>,
}

/// `[handover]`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HandoverFile {
    /// The anchors that clients are to trust.
    pub trust_bundle: Option<Spanned<TrustBundleFile>>,
}

/// `[handover] trust_bundle`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrustBundleFile {
    /// Name of the Bundle and of its ConfigMap.
    pub name: KubernetesName,
    /// Key in the ConfigMap.
    pub key: Option<DataKey>,
    /// Labels of the namespaces that get it.
    pub namespaces: Option<Labels>,
    /// Anchors beside this ceremony's root.
    #[serde(default)]
    pub also: Vec<Path>,
}

/// `[seal]`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SealFile {
    /// direct or none
    #[serde(default)]
    pub root: SealWord,
}

impl<'de> Deserialize<'de> for Requests {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = Requests;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a file name, or [[step.request]] tables")
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Requests, E> {
                Path::try_from(text.to_owned())
                    .map(Requests::One)
                    .map_err(E::custom)
            }
            fn visit_seq<A: serde::de::SeqAccess<'de>>(
                self,
                mut list: A,
            ) -> Result<Requests, A::Error> {
                let mut many = Vec::new();
                while let Some(one) = list.next_element()? {
                    many.push(one);
                }
                Ok(Requests::Many(many))
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

/// The most octets of a ceremony file. What TOML's reader makes of them takes some seventy times
/// as much memory.
pub const SIZE_LIMIT: usize = 1024 * 1024;

/// Reads the file.
pub fn parse(source: &str) -> Result<CeremonyFile, FileError> {
    if source.len() > SIZE_LIMIT {
        return Err(error_at(source, 0, "the file has more than 1 MiB"));
    }
    toml::from_str(source).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        error_at(source, at, &meant(error.message()))
    })
}

/// An error at a byte of the source.
pub fn error_at(source: &str, offset: usize, words: &str) -> FileError {
    let before = source.get(..offset).unwrap_or(source);
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    FileError {
        line: before.matches('\n').count() + 1,
        column: before[line_start..].chars().count() + 1,
        words: words.to_owned(),
    }
}

/// serde's words with what was meant: "unknown field `subjct`, expected one of `a`, `b`".
fn meant(message: &str) -> String {
    let first = message.lines().next().unwrap_or(message);
    let quoted: Vec<&str> = first.split('`').skip(1).step_by(2).collect();
    match quoted.split_first() {
        Some((unknown, known)) if first.starts_with("unknown field") => {
            constraint_not_written(unknown).unwrap_or_else(|| not_one_of(unknown, known))
        }
        _ => escape_message(first),
    }
}

/// Name constraints that RFC 5280 has and clients break on.
fn constraint_not_written(field: &str) -> Option<String> {
    let clients = match field.replace(['_', '-'], "").to_lowercase().as_str() {
        "directory" | "directoryname" | "dirname" => {
            "Go calls a certificate with it \"unhandled critical\", rustls-webpki and pyca refuse it"
        }
        "registeredid" | "rid" => "Go and GnuTLS refuse a certificate with it",
        _ => return None,
    };
    Some(format!(
        "\"{}\" constraints are not written: {clients}",
        escape_quoted(field)
    ))
}

/// Whether a text calls itself a ceremony file. One with a mistake in it does too.
pub fn is_ceremony(source: &str) -> bool {
    let names_it = |line: &str| line.starts_with("format") && line.contains(FORMAT);
    source.lines().any(names_it)
}

/// Whether a text is TOML that says something, a ceremony file or another.
pub fn is_toml(source: &str) -> bool {
    toml::from_str::<toml::Table>(source).is_ok_and(|table| !table.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"format = "anchorite/ceremony/0"
id = "acme-root-g1"
title = "Acme root"
[token]
label = "acme-root-g1"
[root]
subject = { C = "DE", O = "Acme", CN = "Acme Root G1" }
key = "ec:P-384"
[[step]]
do = "generate-root-key"
[[step]]
do = "issue-root"
"#;

    fn wrong(from: &str, to: &str) -> String {
        assert!(GOOD.contains(from), "{from}");
        parse(&GOOD.replacen(from, to, 1)).unwrap_err().to_string()
    }

    #[test]
    fn the_good_file_reads() {
        let file = parse(GOOD).unwrap();
        assert_eq!(file.step.len(), 2);
        let subject = file.root.into_inner().subject.unwrap().into_inner().0;
        assert_eq!(subject.to_string(), "C=DE, O=Acme, CN=Acme Root G1");
    }

    #[test]
    fn a_file_has_its_limit() {
        let comment = "#".repeat(SIZE_LIMIT - GOOD.len() - 1);
        assert!(parse(&format!("{GOOD}{comment}\n")).is_ok());
        let more = parse(&format!("{GOOD}{comment}#\n")).unwrap_err();
        assert_eq!(
            more.to_string(),
            "line 1, column 1: the file has more than 1 MiB"
        );
    }

    #[test]
    fn every_mistake_has_its_place_and_what_was_meant() {
        let said = [
            wrong("ceremony/0", "ceremony/9"),
            wrong("acme-root-g1\"\ntitle", "Acme Root\"\ntitle"),
            wrong("key = \"ec:P-384\"", "key = \"ec:P384\""),
            wrong("subject =", "subjct ="),
            wrong("C = \"DE\"", "C = \"de\""),
            wrong("CN = \"Acme Root G1\"", "cn = \"x\""),
            wrong(
                "label = \"acme-root-g1\"",
                "label = \"acme-root-g1-with-a-long-name\"",
            ),
            wrong("issue-root", "issue-rot"),
            wrong("title = \"Acme root\"\n", ""),
            wrong("[root]", "[root]\nkey = \"ec:P-256\""),
            wrong(
                "[[step]]\ndo = \"issue-root\"",
                "[[step]]\ndo = \"issue-crl\"\nnext_update = \"6m\"",
            ),
            wrong("[token]", "[token"),
            wrong("[root]", "[root]\ncertificate = \"../root.pem\""),
            wrong("[root]", "[root]\nvalidity = 20"),
        ];
        insta::assert_snapshot!(said.join("\n"));
    }
}
