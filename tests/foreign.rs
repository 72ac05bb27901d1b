//! Certificates and CRLs that openssl made, read and judged; and what damage does to them.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]
#![allow(clippy::disallowed_methods, reason = "tests stand outside the rooms")]

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

use anchorite::ceremony::prepare::{self, PrepareError};
use anchorite::check::certificate::{CertificateContext, certificate};
use anchorite::check::crl_file::{CrlFileContext, crl_file};
use anchorite::check::{Finding, Outcome, Refusal};
use anchorite::plan::make::Draft;
use anchorite::x509::certificate::{Certificate, SignedParts};
use anchorite::x509::facts::{CertificateFacts, CrlFacts};
use anchorite::x509::pem;
use anchorite::x509::show::{self, joined};
use anchorite::x509::tbs::{CertificateTbs, CrlTbs};
use anchorite::x509::time::UtcTime;
use proptest::prelude::*;

/// What openssl made, once for all tests.
struct Samples {
    /// By name.
    files: Vec<(&'static str, Vec<u8>)>,
}

const CONFIG: &str = "\
[req]
distinguished_name = dn
prompt = no
[dn]
[root]
basicConstraints = critical, CA:true
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[child]
basicConstraints = critical, CA:true, pathlen:0
keyUsage = critical, digitalSignature, keyCertSign, cRLSign
extendedKeyUsage = serverAuth, clientAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
nameConstraints = critical, permitted;DNS:acme.example, excluded;IP:0.0.0.0/0.0.0.0
certificatePolicies = 1.2.3.4, @policy
crlDistributionPoints = URI:http://pki.acme.example/root.crl
authorityInfoAccess = caIssuers;URI:http://pki.acme.example/root.cer
subjectAltName = DNS:pki.acme.example, IP:10.0.0.1, email:ca@acme.example
nsComment = made by openssl
1.2.3.4.5 = ASN1:UTF8String:hello
[policy]
policyIdentifier = 1.2.3.5
CPS.1 = http://acme.example/cps
[leaf]
basicConstraints = CA:false
[ca]
default_ca = here
[here]
database = index.txt
crlnumber = crlnumber
default_md = sha256
default_crl_days = 30
[crl]
authorityKeyIdentifier = keyid
";

const SCRIPT: &str = r#"set -e
: > index.txt; echo 07 > crlnumber
req() { openssl req -config c.cnf -x509 -newkey "$@" -nodes -days 3650 2>/dev/null; }
req ec -pkeyopt ec_paramgen_curve:P-384 -sha384 -keyout root.key -out root.pem -subj "/C=DE/O=Acme/CN=Old Root" -extensions root
openssl req -config c.cnf -new -newkey rsa:3072 -nodes -keyout child.key -out child.csr -subj "/CN=Child CA" 2>/dev/null
openssl x509 -req -in child.csr -CA root.pem -CAkey root.key -set_serial 0x41020304050607080910 -days 365 -sha384 -extfile c.cnf -extensions child -out child.pem 2>/dev/null
req ec -pkeyopt ec_paramgen_curve:P-521 -sha512 -keyout /dev/null -out p521.pem -subj "/CN=P-521 Root" -extensions root
req rsa:3072 -sha256 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:32 -sigopt rsa_mgf1_md:sha256 -keyout /dev/null -out pss.pem -subj "/CN=PSS Root" -extensions root
req ec -pkeyopt ec_paramgen_curve:P-256 -sha1 -keyout /dev/null -out sha1.pem -subj "/CN=SHA-1 Root" -extensions root
req ec -pkeyopt ec_paramgen_curve:P-256 -sha256 -keyout /dev/null -out leaf.pem -subj "/CN=No CA" -extensions leaf
openssl ca -config c.cnf -gencrl -keyfile root.key -cert root.pem -crlexts crl -out empty.crl 2>/dev/null
openssl ca -config c.cnf -revoke child.pem -crl_reason superseded -keyfile root.key -cert root.pem 2>/dev/null
openssl ca -config c.cnf -gencrl -keyfile root.key -cert root.pem -crlexts crl -out one.crl 2>/dev/null
sed -i s/superseded/certificateHold/ index.txt
openssl ca -config c.cnf -gencrl -keyfile root.key -cert root.pem -crlexts crl -out hold.crl 2>/dev/null
"#;

fn samples() -> &'static Samples {
    static MADE: OnceLock<Samples> = OnceLock::new();
    MADE.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("c.cnf"), CONFIG).unwrap();
        let made = Command::new("sh")
            .args(["-c", SCRIPT])
            .current_dir(folder.path())
            .status();
        assert!(made.unwrap().success());
        let read = |name: &'static str| (name, read(folder.path(), name));
        let names = [
            "root.pem",
            "child.pem",
            "p521.pem",
            "pss.pem",
            "sha1.pem",
            "leaf.pem",
            "empty.crl",
            "one.crl",
            "hold.crl",
        ];
        Samples {
            files: names.map(read).to_vec(),
        }
    })
}

fn read(folder: &Path, name: &str) -> Vec<u8> {
    std::fs::read(folder.join(name)).unwrap()
}

fn file(name: &str) -> &'static [u8] {
    let found = samples().files.iter().find(|(one, _)| *one == name);
    &found.unwrap().1
}

fn root() -> Certificate {
    Certificate::from_file(file("root.pem")).unwrap()
}

fn notices(findings: &[Finding]) -> Vec<String> {
    findings
        .iter()
        .filter(|one| one.outcome == Outcome::Notice)
        .map(|one| format!("{}: {}", one.id.public(), one.words))
        .collect()
}

/// Ids of the failed checks.
fn failed<T>(result: Result<T, Refusal>) -> Vec<&'static str> {
    let findings = result.map_or_else(|refusal| refusal.findings, |_| Vec::new());
    findings
        .iter()
        .filter(|one| one.outcome == Outcome::Fail)
        .map(|one| one.id.public())
        .collect()
}

#[test]
fn roots_of_openssl_are_taken_and_told_apart() {
    for name in ["root.pem", "p521.pem", "pss.pem"] {
        let (_, findings) = certificate(file(name), &CertificateContext::root(name)).unwrap();
        assert_eq!(notices(&findings), [""; 0], "{name}");
    }
    let judged = |name: &str| failed(certificate(file(name), &CertificateContext::root(name)));
    assert_eq!(judged("sha1.pem"), ["CERT-ALGORITHM", "CERT-SIGNATURE"]);
    assert_eq!(judged("leaf.pem"), ["CERT-CONSTRAINTS", "CERT-KEY-USAGE"]);
    assert_eq!(judged("child.pem"), ["CERT-ISSUER"]);
    assert_eq!(judged("one.crl"), ["CERT-CONTAINER"]);
}

#[test]
fn a_ceremony_under_a_bad_root_is_refused_by_its_rule() {
    let source = include_str!("../ceremonies/more-intermediates/more-intermediates.toml");
    let draft = Draft::parse(source).unwrap();
    let path = draft.root_certificate().unwrap().to_owned();
    let read = |name: &str| {
        let inputs = BTreeMap::from([(path.clone(), file(name).to_vec())]);
        prepare::root(&draft, &inputs).map(|(root, findings)| {
            assert_eq!(findings[0].0, path);
            root.subject().to_string()
        })
    };
    assert_eq!(read("root.pem").unwrap(), "C=DE, O=Acme, CN=Old Root");
    for (name, id) in [
        ("sha1.pem", "CERT-ALGORITHM"),
        ("leaf.pem", "CERT-CONSTRAINTS"),
        ("child.pem", "CERT-ISSUER"),
        ("one.crl", "CERT-CONTAINER"),
    ] {
        match read(name) {
            Err(PrepareError::Refused(refusals)) => assert_eq!(refusals[0].id.public(), id),
            other => panic!("{name}: {other:?}"),
        }
    }
}

#[test]
fn an_intermediate_is_judged_with_its_issuer() {
    let root = root();
    let context = CertificateContext {
        issuer: Some(&root),
        ..CertificateContext::alone("child.pem")
    };
    let (child, findings) = certificate(file("child.pem"), &context).unwrap();
    insta::assert_snapshot!("openssl_child_notices", notices(&findings).join("\n"));
    let body = CertificateTbs(child.get().tbs.clone());
    let lines = show::certificate(&CertificateFacts::of(&body).unwrap());
    let kept = |line: &&String| {
        let varies = ["SPKI", "key id", "issuer key id", "not before", "not after"];
        !varies.iter().any(|word| line.starts_with(word))
    };
    let shown: Vec<String> = lines.iter().filter(kept).cloned().collect();
    insta::assert_snapshot!("openssl_child", joined(&shown));
}

#[test]
fn crls_of_openssl_are_taken_and_a_hold_is_not() {
    let root = root();
    let now = UtcTime::from_unix(root.fields.not_before.unix() + 3600);
    let context = CrlFileContext {
        issuer: Some(&root),
        now: Some(now),
        ..CrlFileContext::alone("root.crl")
    };
    for (name, entries) in [("empty.crl", 0), ("one.crl", 1)] {
        let (crl, findings) = crl_file(file(name), &context).unwrap();
        assert_eq!(notices(&findings), [""; 0], "{name}");
        assert_eq!(crl.get().entries().count(), entries);
        assert!(crl.get().entries().all(|entry| entry.is_ok()));
        assert_eq!(crl.get().number.to_u64(), Some(7 + entries as u64));
    }
    assert_eq!(
        failed(crl_file(file("hold.crl"), &context)),
        ["CRL-FILE-REASONS"]
    );
    let der = pem::decode_one(file("one.crl"), &["X509 CRL"]).unwrap();
    let body = CrlTbs(SignedParts::from_der(&der, "CRL").unwrap().tbs.to_vec());
    let shown: Vec<String> = show::revoked(&CrlFacts::of(&body).unwrap());
    assert!(
        shown[0].starts_with("  41020304050607080910  20"),
        "{shown:?}"
    );
    assert!(
        shown.join("").ends_with("  reasonCode: superseded"),
        "{shown:?}"
    );
}

/// Reads damaged bytes with everything that shows or judges them; what it says must be text.
fn survive(der: &[u8]) {
    let root = root();
    let certificate_context = CertificateContext {
        issuer: Some(&root),
        ..CertificateContext::alone("x")
    };
    let crl_context = CrlFileContext {
        issuer: Some(&root),
        ..CrlFileContext::alone("x")
    };
    let mut said = Vec::new();
    for result in [
        certificate(der, &certificate_context).map(|(_, findings)| findings),
        crl_file(der, &crl_context).map(|(_, findings)| findings),
    ] {
        let findings = result.unwrap_or_else(|refusal| refusal.findings);
        said.extend(findings.into_iter().map(|finding| finding.words));
    }
    if let Ok(parts) = SignedParts::from_der(der, "x") {
        let body = CertificateTbs(parts.tbs.to_vec());
        if let Ok(facts) = CertificateFacts::of(&body) {
            said.extend(show::certificate(&facts));
        }
        let body = CrlTbs(parts.tbs.to_vec());
        if let Ok(facts) = CrlFacts::of(&body) {
            said.extend(show::crl(&facts));
            said.extend(show::revoked(&facts));
        }
    }
    let control = said
        .iter()
        .find(|words| words.chars().any(char::is_control));
    assert_eq!(control, None);
}

fn seed() -> impl Strategy<Value = Vec<u8>> {
    prop::sample::select(vec!["root.pem", "child.pem", "one.crl"]).prop_map(|name| {
        let labels = ["CERTIFICATE", "X509 CRL"];
        pem::decode_one(file(name), &labels).unwrap()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn no_damage_makes_a_reader_panic(
        mut der in seed(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        for (at, value) in changes {
            let at = at.index(der.len());
            der[at] = value;
        }
        survive(&der);
    }

    #[test]
    fn no_cut_makes_a_reader_panic(der in seed(), end in any::<prop::sample::Index>()) {
        survive(&der[..end.index(der.len())]);
    }
}
