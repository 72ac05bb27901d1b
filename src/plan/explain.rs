//! Every field of a profile with its value, where that comes from, and why a built-in has it.

use super::profile::{BuiltIn, Profile};
use crate::x509::certificate_policy::CertificatePolicy;
use crate::x509::escape::escape;
use crate::x509::name_constraints::words;
use crate::x509::oid;

/// A field of a profile, explained.
pub struct Explained {
    /// Its name in the file.
    pub field: &'static str,
    /// Its value, escaped.
    pub value: String,
    /// Where the value comes from, and a built-in's reason.
    pub because: String,
}

/// Where excluded ranges come from that the file does not have.
pub const EXCLUDED_BY_ITSELF: &str = "added: DNS names alone are permitted, and IP addresses would be free; excluded.ip = [] leaves it out";

/// Explains every field.
pub fn profile(profile: &Profile) -> Vec<Explained> {
    let base = profile.base;
    let usages = profile.key_usage.iter().map(|usage| usage.word());
    let extended = profile.extended_key_usage.iter().map(|oid| oid::name(oid));
    let policies = profile.policies.iter().map(CertificatePolicy::describe);
    let url = |url: &Option<String>| url.clone().unwrap_or_default();
    let subject = profile.subject.as_ref();
    let constraints = &profile.constraints;
    let not_after = profile.written.contains("not_after");
    let fields = [
        (
            "path_length",
            profile
                .path_length
                .map(|length| length.to_string())
                .unwrap_or_default(),
            match base {
                BuiltIn::Vault | BuiltIn::Kubernetes => "leaves only, no CA below",
                BuiltIn::VaultIssuingCas => "one tier of CAs below",
                BuiltIn::Linkerd => "Linkerd's identity issuer is a CA below",
            },
        ),
        (
            if not_after { "not_after" } else { "validity" },
            profile.validity.words(),
            "time enough to plan its renewal, and an end in sight",
        ),
        (
            "key_usage",
            usages.collect::<Vec<_>>().join(", "),
            match base {
                BuiltIn::Kubernetes => "digitalSignature as with Vault, for OCSP answers",
                _ => "digitalSignature: Vault and OpenBao sign OCSP answers with it",
            },
        ),
        (
            "extended_key_usage",
            extended.collect::<Vec<_>>().join(", "),
            match base {
                BuiltIn::Kubernetes => "API server and etcd are servers and clients",
                BuiltIn::Linkerd => "proxies are servers and clients of each other",
                _ => "both: without clientAuth Go refuses client certificates below",
            },
        ),
        (
            "permitted",
            words(&constraints.permitted),
            "any name may stand below",
        ),
        (
            "excluded",
            words(&constraints.excluded),
            "no name is barred",
        ),
        (
            "policies",
            policies.collect::<Vec<_>>().join(", "),
            "no private client asks for one",
        ),
        (
            "key_identifier",
            profile.key_identifier.word().to_owned(),
            "from SHA-256; sha1 is for software that computes it again",
        ),
        (
            "crl_url",
            url(&profile.crl_url),
            "only you know where the CRL is published",
        ),
        (
            "issuer_url",
            url(&profile.issuer_url),
            "servers send their chain",
        ),
        (
            "ocsp_url",
            url(&profile.ocsp_url),
            "an offline root answers no OCSP",
        ),
        (
            "subject",
            subject.map(ToString::to_string).unwrap_or_default(),
            "the request's, as approved in its template",
        ),
    ];
    let explained = fields.into_iter().map(|(field, value, reason)| Explained {
        field,
        value: if value.is_empty() {
            "none".to_owned()
        } else {
            escaped(field, &value)
        },
        because: because(profile, field, reason),
    });
    explained.collect()
}

/// URLs are the only values that are not escaped where they are written.
fn escaped(field: &str, value: &str) -> String {
    if field.ends_with("_url") {
        escape(value)
    } else {
        value.to_owned()
    }
}

fn because(profile: &Profile, field: &'static str, reason: &str) -> String {
    if field == "excluded" && profile.excludes_ip_by_itself() {
        EXCLUDED_BY_ITSELF.to_owned()
    } else if profile.written.contains(field) {
        "the file".to_owned()
    } else if profile.written.contains(&*format!("root.{field}")) {
        "the file's [root]".to_owned()
    } else {
        format!("built-in: {reason}")
    }
}
