//! Why a type of public key is not taken, each in its own words.

/// A curve that is written out, or left to be inherited (RFC 5480 2.1.1 forbids both).
pub(super) const UNNAMED_CURVE: &str = "a curve without a name may be one that somebody made weak";

/// The reason for a key algorithm or curve, by its dotted OID.
pub(super) fn why(dotted: &str) -> &'static str {
    REASONS
        .iter()
        .find(|(oids, _)| oids.iter().any(|oid| is_below(dotted, oid)))
        .map_or("no CA key here has this type", |(_, why)| why)
}

/// An OID itself, or one below it.
fn is_below(dotted: &str, oid: &str) -> bool {
    dotted
        .strip_prefix(oid)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

const REASONS: &[(&[&str], &str)] = &[
    (
        &["1.2.840.113549.1.1.10"],
        "Go, webpki and pyca cannot read them; an rsaEncryption key can sign with PSS as well",
    ),
    (
        &["1.3.132.0.33", "1.2.840.10045.3.1.1"],
        "the curve has fewer than 128 bits of strength",
    ),
    (
        &["1.3.132.0.10"],
        "the curve is none of those that X.509 clients verify",
    ),
    (
        &["1.3.36.3.3.2.8.1.1"],
        "Go, webpki and browsers cannot verify under a brainpool curve",
    ),
    (&["1.3.101.113"], "Go and webpki cannot verify Ed448"),
    (
        &["1.3.101.110", "1.3.101.111"],
        "such a key agrees on secrets and cannot sign",
    ),
    (
        &["2.16.840.1.101.3.4.3"],
        "TLS clients cannot verify post-quantum signatures yet",
    ),
    (&["1.2.840.10040.4.1"], "DSA is withdrawn (FIPS 186-5)"),
];
