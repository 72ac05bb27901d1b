//! What a forger does to a later life, and what the verifier says of it.

use std::fs;

use anchorite::digest::{Digest, hex, unhex};
use anchorite::x509::certificate::CertificateFields;
use anchorite::x509::name::Name;
use anchorite::x509::public_key::SignatureAlgorithm;
use anchorite::x509::serial::Serial;
use anchorite::x509::tbs::CertificateParts;
use rcgen::PublicKeyData as _;

use crate::ledger::csr;
use crate::lines::{changed, moved};
use crate::tamper::Scene;
use crate::{Case, T};

/// What a forger changes of a certificate.
#[derive(Default)]
pub(crate) struct Other {
    pub serial: Option<Serial>,
    pub subject: Option<Name>,
    pub spki: Option<Vec<u8>>,
    pub extension: Option<(&'static str, &'static str)>,
}

/// A certificate signed anew with other contents, and everything that names its bytes with it.
pub(crate) fn certified_otherwise(s: &Scene<'_>, product: &str, other: &Other) {
    let text = s.text(T);
    let line = |kind: &str| {
        let (kind, product) = (
            format!("\"type\":\"{kind}\""),
            format!("\"product\":\"{product}\""),
        );
        let mut lines = text.lines();
        lines
            .find(|line| line.contains(&kind) && line.contains(&product))
            .unwrap()
    };
    let field = |line: &str, name: &str| {
        let rest = line.split(&format!("\"{name}\":\"")).nth(1).unwrap();
        rest.split('"').next().unwrap().to_owned()
    };
    let old = field(line("sign-intended"), "tbs");
    let body = unhex(&old).unwrap();
    let fields = CertificateFields::from_tbs(&body).unwrap();
    let mut extensions: Vec<Vec<u8>> = Vec::new();
    for extension in &fields.extensions {
        let raw = hex(&extension.raw);
        let (from, to) = other.extension.unwrap_or_default();
        extensions.push(unhex(&raw.replacen(from, to, 1)).unwrap());
    }
    let forged = CertificateParts {
        serial: other.serial.as_ref().unwrap_or(&fields.serial),
        algorithm: SignatureAlgorithm::from_der(&fields.algorithm).unwrap(),
        issuer: &fields.issuer,
        not_before: fields.not_before,
        not_after: fields.not_after,
        subject: other.subject.as_ref().unwrap_or(&fields.subject),
        spki: other.spki.as_deref().unwrap_or(&fields.spki),
        extensions: &extensions,
    }
    .assemble();
    assert_ne!(forged.0, body);
    let signature = field(line("signed"), "signature");
    let changes = [
        (old, hex(&forged.0)),
        (
            Digest::of(&body).to_string(),
            Digest::of(&forged.0).to_string(),
        ),
        (signature, hex(&s.world.token.sign_anything(&forged.0))),
    ];
    s.chained(|lines| {
        for line in lines {
            for (from, to) in &changes {
                *line = line.replace(from, to);
            }
        }
    });
}

fn another_key() -> Option<Vec<u8>> {
    let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap();
    Some(key.subject_public_key_info())
}

/// Drops the lines of this type.
fn without(s: &Scene<'_>, kind: &str) {
    let kind = format!("\"type\":\"{kind}\"");
    s.chained(|lines| {
        let before = lines.len();
        lines.retain(|line| !line.contains(&kind));
        assert!(lines.len() < before, "{kind}");
    });
}

/// The one line of this type once more.
fn twice(s: &Scene<'_>, kind: &str) {
    let kind = format!("\"type\":\"{kind}\"");
    s.chained(|lines| {
        let at = lines.iter().position(|line| line.contains(&kind)).unwrap();
        lines.insert(at, lines[at].clone());
    });
}

/// Other digits for the first hex ones after this mark, in the line of this type.
fn digits(s: &Scene<'_>, kind: &str, mark: &str) {
    let kind = format!("\"type\":\"{kind}\"");
    s.chained(|lines| {
        let line = lines.iter_mut().find(|line| line.contains(&kind)).unwrap();
        let at = line.find(mark).unwrap() + mark.len();
        let other = if &line[at..=at] == "0" { "1" } else { "0" };
        line.replace_range(at..=at, other);
    });
}

pub(crate) const LIVED: &[Case] = &[
    (
        "a renewal of another key, its key identifier kept",
        "VERIFY-PRODUCT again: its key is not the request's",
        |s| {
            let spki = another_key();
            certified_otherwise(
                s,
                "again",
                &Other {
                    spki,
                    ..Other::default()
                },
            );
        },
    ),
    (
        "a renewal for another request",
        "VERIFY-PRODUCT again: REQ-RENEW",
        |s| {
            s.write("in/k8s.csr", csr("k8s CA"));
            s.relock();
        },
    ),
    (
        "a renewal that was planned as a re-key",
        "VERIFY-PLAN",
        |s| {
            s.edit("script/ceremony.toml", "renew = true", "rekey = true");
            s.relock();
        },
    ),
    (
        "a cross-certificate for another key",
        "VERIFY-PRODUCT cross: its subject, key and key identifier",
        |s| {
            let spki = another_key();
            certified_otherwise(
                s,
                "cross",
                &Other {
                    spki,
                    ..Other::default()
                },
            );
        },
    ),
    (
        "a cross-certificate for more than it was planned for",
        "VERIFY-PRODUCT cross: TBS-",
        |s| {
            // digitalSignature beside keyCertSign and cRLSign.
            let extension = Some(("03020106", "03020186"));
            certified_otherwise(
                s,
                "cross",
                &Other {
                    extension,
                    ..Other::default()
                },
            );
        },
    ),
    (
        "another certificate in the cross-signed one's place",
        "VERIFY-PRODUCT cross: its subject, key and key identifier",
        |s| {
            s.write("in/other.pem", s.world.root_pem());
            s.relock();
        },
    ),
    (
        "a copy in the same token",
        "VERIFY-KEY as recorded: COPY-TOKEN",
        |s| {
            s.line(
                "\"copy-confirmed\"",
                "\"serial\":\"0002\"",
                "\"serial\":\"0001\"",
            )
        },
    ),
    (
        "a copy that was not asked for",
        "VERIFY-KEY the copy's token is not the planned one",
        |s| s.line("\"copy-confirmed\"", "acme-copy", "acme-cope"),
    ),
    (
        "a copy that can be taken out",
        "VERIFY-KEY as recorded: COPY-KEPT",
        |s| {
            s.line(
                "\"copy-confirmed\"",
                "\"CKA_EXTRACTABLE\":\"false\"",
                "\"CKA_EXTRACTABLE\":\"true\"",
            );
        },
    ),
    (
        "a copy of another key",
        "VERIFY-KEY the copy is of another key",
        |s| digits(s, "copy-confirmed", "\"spki_sha256\":\""),
    ),
    (
        "a copy whose proof is another",
        "VERIFY-KEY the proof's files are not those",
        |s| {
            digits(
                s,
                "copy-confirmed",
                "\"files\":[{\"path\":\"evidence/possession-copy.txt\",\"sha256\":\"",
            )
        },
    ),
    (
        "a copy that nobody confirmed",
        "VERIFY-COMPLETE completed, though not exactly the planned copies",
        |s| without(s, "copy-confirmed"),
    ),
    (
        "a copy that was confirmed twice",
        "VERIFY-KEY a copy that cannot be told",
        |s| twice(s, "copy-confirmed"),
    ),
    (
        "a copy that signs before the lock was approved",
        "VERIFY-APPROVAL a signature before the lock was approved",
        |s| {
            let intent = &["\"type\":\"sign-intended\"", "\"product\":\"copy\""];
            moved(s, intent, &["\"type\":\"answer\"", "\"id\":\"begin\""]);
        },
    ),
    (
        "a copy whose signature is on something else",
        "VERIFY-PRODUCT copy: the signature does not verify under the given root",
        |s| {
            let other = hex(&s.world.token.sign_anything(b"something else"));
            changed(
                s,
                &["\"type\":\"signed\"", "\"product\":\"copy\""],
                |line| line.replace(&crate::lines::field(line, "signature"), &other),
            );
        },
    ),
    (
        "a copy that signed another number",
        "VERIFY-PRODUCT copy:",
        |s| {
            let text = s.text("evidence/possession-copy.txt");
            let digit = text.find(|c: char| c.is_ascii_digit()).unwrap();
            let mut bytes = text.into_bytes();
            bytes[digit] = if bytes[digit] == b'0' { b'1' } else { b'0' };
            s.write("evidence/possession-copy.txt", bytes);
        },
    ),
];

pub(crate) const ENDED: &[Case] = &[
    (
        "an end that forgets the copy",
        "VERIFY-KEY it does not name the copies",
        |s| {
            s.chained(|lines| {
                let kind = "\"type\":\"destruction-announced\"";
                let line = lines.iter_mut().find(|line| line.contains(kind)).unwrap();
                let at = line.find("\"copies\":[").unwrap() + "\"copies\":[".len();
                let end = at + line[at..].find(']').unwrap();
                assert!(end > at);
                line.replace_range(at..end, "");
            });
        },
    ),
    (
        "the end of another key",
        "VERIFY-KEY the key that is announced is not the root's",
        |s| digits(s, "destruction-announced", "\"spki_sha256\":\""),
    ),
    (
        "an end that the transcript does not tell",
        "VERIFY-COMPLETE the destruction of the key is not announced once",
        |s| without(s, "destruction-announced"),
    ),
    (
        "an end that is announced twice",
        "VERIFY-COMPLETE the destruction of the key is not announced once",
        |s| twice(s, "destruction-announced"),
    ),
];

pub(crate) const ADOPTED: &[Case] = &[
    (
        "an adopted certificate's serial number",
        "VERIFY-ADOPTION what is adopted is not what follows",
        |s| digits(s, "adopted", "\"issued\":[{\"serial\":\""),
    ),
    (
        "an adopted CRL's number",
        "VERIFY-ADOPTION what is adopted is not what follows",
        |s| {
            s.line(
                "\"type\":\"adopted\"",
                "\"crl_number\":1",
                "\"crl_number\":7",
            )
        },
    ),
    (
        "a ledger that was never lost",
        "VERIFY-ADOPTION what is adopted is not what follows",
        |s| {
            s.line(
                "\"type\":\"adopted\"",
                "\"lost_ledger\":null",
                "\"lost_ledger\":\"fire\"",
            );
        },
    ),
    (
        "an adoption without its entry",
        "VERIFY-ADOPTION completed, though the adoption did not come to its end",
        |s| without(s, "adopted"),
    ),
    (
        "an adoption twice",
        "VERIFY-ADOPTION what is adopted is not what follows",
        |s| twice(s, "adopted"),
    ),
    (
        "an adoption before the proof",
        "VERIFY-ADOPTION something is adopted before the token proved",
        |s| {
            s.chained(|lines| {
                let of = |kind: &str, lines: &[String]| {
                    let kind = format!("\"type\":\"{kind}\"");
                    lines.iter().position(|line| line.contains(&kind)).unwrap()
                };
                let adopted = lines.remove(of("adopted", lines));
                lines.insert(of("signed", lines), adopted);
            });
        },
    ),
    (
        "another proof",
        "VERIFY-ADOPTION what is adopted is not what follows",
        |s| {
            digits(
                s,
                "adopted",
                "\"path\":\"evidence/possession-adopt.txt\",\"sha256\":\"",
            )
        },
    ),
    (
        "a certificate that is given no more",
        "VERIFY-ADOPTION what is adopted is not what follows",
        |s| {
            fs::copy(s.one("in/one.pem"), s.one("in/two.pem")).unwrap();
            s.relock();
        },
    ),
    ("the same, with its plan", "VERIFY-PLAN", |s| {
        s.edit(
            "script/ceremony.toml",
            "\"one.pem\", \"two.pem\"",
            "\"one.pem\", \"one.pem\"",
        );
        s.relock();
    }),
];
