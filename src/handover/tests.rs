#![allow(
    clippy::disallowed_methods,
    reason = "a shell is the judge of its syntax"
)]
use std::io::Write as _;
use std::process::{Command, Stdio};

use super::*;

fn example() -> Handover {
    let until = |text| UtcTime::parse(text).unwrap();
    let intermediate = |step: &str, mount: &str, byte: u8| Intermediate {
        step: step.to_owned(),
        mount: mount.to_owned(),
        subject: format!("O=Acme, CN={step}"),
        der: vec![byte; 100],
        serial: format!("4f{byte:02x}"),
        spki_sha256: Digest::of(&[byte]),
        not_after: until("2031-10-03T09:14:06Z"),
        succession: Succession::First,
        cert_manager: None,
    };
    Handover {
        ceremony: "acme-root-g1".to_owned(),
        rehearsal: false,
        root_der: vec![0x30; 100],
        root_subject: "C=DE, O=Acme, CN=Acme Root G1".to_owned(),
        root_not_after: until("2046-10-03T09:14:06Z"),
        crl: Some(Crl {
            der: vec![0x31; 60],
            number: 1,
            next_update: until("2027-04-03T09:14:06Z"),
        }),
        revoked: Vec::new(),
        crosses: Vec::new(),
        trust: None,
        requests: Vec::new(),
        intermediates: vec![
            intermediate("nyc3-etcd", "etcd/nyc3-c1/pki", 1),
            intermediate("nyc3-kube", "\u{fc} it's $HOME/kube x", 2),
        ],
    }
}

fn text_of(files: &[OutputFile], path: &str) -> String {
    let file = files.iter().find(|file| file.path == path).unwrap();
    String::from_utf8(file.bytes.clone()).unwrap()
}

pub(super) fn assert_parses(script: &str) {
    for shell in ["sh", "dash", "bash"] {
        let mut child = Command::new(shell)
            .arg("-n")
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        child
            .stdin
            .take()
            .unwrap()
            .write_all(script.as_bytes())
            .unwrap();
        assert!(child.wait().unwrap().success(), "{shell} -n");
    }
}

#[test]
fn the_script_and_the_sheet() {
    let files = closing_files(&example()).unwrap();
    let script = text_of(&files, "handover.sh");
    assert_parses(&script);
    insta::assert_snapshot!("handover.sh", script);
    insta::assert_snapshot!("HANDOVER.md", text_of(&files, "HANDOVER.md"));
}

#[test]
fn the_sheet_keeps_to_80_columns_outside_of_commands() {
    let files = closing_files(&example()).unwrap();
    for line in text_of(&files, "HANDOVER.md").lines() {
        assert!(
            line.chars().count() <= 80 || line.contains("https://"),
            "{line}"
        );
    }
}

#[test]
fn fixed_names_and_their_contents() {
    let handover = example();
    let files = product_files(&handover).unwrap();
    let names: Vec<&str> = files.iter().map(|file| file.path.as_str()).collect();
    assert_eq!(
        names,
        [
            "root.pem",
            "etcd/nyc3-c1/pki/bundle.pem",
            "etcd/nyc3-c1/pki/intermediate.pem",
            "%C3%BC%20it%27s%20%24HOME/kube%20x/bundle.pem",
            "%C3%BC%20it%27s%20%24HOME/kube%20x/intermediate.pem",
            "root.crl",
            "root.crl.der",
        ]
    );
    let bundle = text_of(&files, "etcd/nyc3-c1/pki/bundle.pem");
    let alone = text_of(&files, "etcd/nyc3-c1/pki/intermediate.pem");
    assert_eq!(bundle, format!("{alone}{}", text_of(&files, "root.pem")));
    assert!(bundle.starts_with("-----BEGIN CERTIFICATE-----\n"));
    assert!(bundle.ends_with("\n-----END CERTIFICATE-----\n"));
    assert!(bundle.lines().all(|line| line.len() <= 64));
    assert!(text_of(&files, "root.crl").starts_with("-----BEGIN X509 CRL-----\n"));
}

#[test]
fn a_rehearsal_says_so_everywhere() {
    let mut handover = example();
    handover.rehearsal = true;
    for file in product_files(&handover).unwrap() {
        if !file.path.ends_with(".der") {
            assert!(file.bytes.starts_with(b"# REHEARSAL"), "{}", file.path);
            let text = String::from_utf8(file.bytes).unwrap();
            assert_eq!(text.matches("# REHEARSAL").count(), 1);
        }
    }
    let files = closing_files(&handover).unwrap();
    assert!(text_of(&files, "handover.sh").contains("\nrehearsal=yes\n"));
    assert!(text_of(&files, "HANDOVER.md").contains("**REHEARSAL.**"));
}

#[test]
fn a_ceremony_without_intermediates_has_a_script_too() {
    let mut handover = example();
    handover.intermediates.clear();
    handover.crl = None;
    let files = closing_files(&handover).unwrap();
    assert_parses(&text_of(&files, "handover.sh"));
    assert!(!text_of(&files, "HANDOVER.md").contains("By hand"));
}

#[test]
fn hostile_text_stays_text() {
    let mut handover = example();
    handover.ceremony = "x\nrm -rf /\n#@mounts".to_owned();
    handover.root_subject = "CN=x\ntouch /y".to_owned();
    handover.intermediates[0].mount = "a\u{202e}b'; touch x; '".to_owned();
    handover.intermediates[0].subject = "CN=x\n# not a heading".to_owned();
    let files = closing_files(&handover).unwrap();
    for file in &files {
        let text = std::str::from_utf8(&file.bytes).unwrap();
        assert!(!text.contains('\u{202e}'));
        assert!(!text.lines().any(|line| line.starts_with("rm ")
            || line.starts_with("touch ")
            || line.starts_with("# not")));
    }
    assert_parses(&text_of(&files, "handover.sh"));
}

#[test]
fn two_products_of_one_mount_are_refused() {
    let mut handover = example();
    handover.intermediates[1].mount = "ETCD/nyc3-c1/pki".to_owned();
    assert!(matches!(
        closing_files(&handover),
        Err(MountError::Shared(_, _))
    ));
}

proptest::proptest! {
    #[test]
    fn whatever_it_is_called_lines_and_letters_stay(
        ceremony in proptest::prelude::any::<String>(),
        mount in proptest::prelude::any::<String>(),
        subject in proptest::prelude::any::<String>(),
    ) {
        let plain = example();
        let mut hostile = example();
        hostile.ceremony = ceremony;
        hostile.root_subject.clone_from(&subject);
        hostile.intermediates[0].mount = mount;
        hostile.intermediates[0].subject = subject;
        // Mounts that make no file name are refused before.
        if let (Ok(files), Ok(products)) = (closing_files(&hostile), product_files(&hostile)) {
            for (file, other) in files.iter().zip(closing_files(&plain).unwrap()) {
                let text = std::str::from_utf8(&file.bytes).unwrap();
                proptest::prop_assert_eq!(crate::x509::escape::guard(text), text);
                // Long commands are never wrapped; the sheet's prose may be, by its words.
                if file.path == "handover.sh" {
                    let lines = String::from_utf8(other.bytes).unwrap().lines().count();
                    proptest::prop_assert_eq!(text.lines().count(), lines);
                }
            }
            for file in products {
                let is_plain = |c: char| c.is_ascii_graphic() && !"\\\"'`$;&|<>*?".contains(c);
                proptest::prop_assert!(file.path.chars().all(is_plain), "{}", file.path);
            }
        }
    }
}

#[test]
fn what_cert_manager_is_told_stands_on_the_sheet() {
    let mut handover = example();
    let told = |name: &str, role_id: Option<&str>| CertManager {
        server: "https://vault.acme.example:8200".to_owned(),
        role: "example-dot-com".to_owned(),
        name: name.to_owned(),
        role_id: role_id.map(str::to_owned),
    };
    handover.intermediates[0].cert_manager = Some(told("vault-issuer", None));
    handover.intermediates[1].cert_manager = Some(told("second", Some("cert-manager")));
    let sheet = text_of(&closing_files(&handover).unwrap(), SHEET);
    let start = sheet.find("## cert-manager").unwrap();
    let end = sheet.find("## The root's CRL").unwrap();
    insta::assert_snapshot!("cert_manager_on_the_sheet", &sheet[start..end]);
    assert!(sheet.contains("etcd/nyc3-c1/pki/cluster-issuer.yaml\n"));
    let commands: String = sheet[start..end]
        .lines()
        .filter_map(|line| line.strip_prefix("    "))
        .filter(|line| !line.starts_with("mount ") && !line.starts_with("server "))
        .map(|line| format!("{line}\n"))
        .collect();
    assert_parses(&commands);
}

/// Without any other intermediate: a ceremony that signs another root's mounts alone.
#[test]
fn a_cross_certificate_goes_beside_the_issuer_of_its_mount() {
    let mut handover = example();
    let other = handover.intermediates.remove(0);
    handover.intermediates.clear();
    let cross = |mount: Option<&str>| CrossSigned {
        step: "other".to_owned(),
        mount: mount.map(str::to_owned),
        subject: other.subject.clone(),
        der: other.der.clone(),
        serial: other.serial.clone(),
        not_after: other.not_after,
    };
    handover.crosses = vec![cross(None), cross(Some(&other.mount))];
    let files = closing_files(&handover).unwrap();
    let script = text_of(&files, SCRIPT);
    assert_parses(&script);
    let part = |start: &str, end: &str| {
        let rest = &script[script.find(start).unwrap()..];
        rest[..rest.find(end).unwrap()].to_owned()
    };
    insta::assert_snapshot!(
        "cross_in_the_script",
        part("each_mount() {", "# What was revoked") + &part("commands() {", "say() {")
    );
    let sheet = text_of(&files, SHEET);
    assert!(sheet.contains("sh handover.sh --dry-run"), "{sheet}");
    assert!(!sheet.contains("## By hand"), "{sheet}");
    let start = sheet.find("## Cross-certificates").unwrap();
    let end = sheet.find("## The root's CRL").unwrap();
    insta::assert_snapshot!("cross_on_the_sheet", &sheet[start..end]);
}

fn revoking() -> Handover {
    let mut handover = example();
    handover.revoked = vec![
        Revoked {
            serial: "4f01".to_owned(),
            subject: Some("O=Acme, CN=nyc3-etcd".to_owned()),
            mount: Some("etcd/nyc3-c1/pki".to_owned()),
            reason: "keyCompromise".to_owned(),
            crl_urls: vec!["http://pki.acme.example/root.crl".to_owned()],
        },
        Revoked {
            serial: "07".to_owned(),
            subject: None,
            mount: None,
            reason: "superseded".to_owned(),
            crl_urls: Vec::new(),
        },
    ];
    handover
}

#[test]
fn what_is_revoked_is_told_and_never_done() {
    let files = closing_files(&revoking()).unwrap();
    let script = text_of(&files, SCRIPT);
    assert_parses(&script);
    let start = script.find("revoked() {").unwrap();
    let end = script.find("usage() {").unwrap();
    insta::assert_snapshot!("revoked_in_the_script", &script[start..end]);
    let sheet = text_of(&files, SHEET);
    let start = sheet.find("## What is revoked").unwrap();
    let end = sheet.find("## The root's CRL").unwrap();
    insta::assert_snapshot!("revoked_on_the_sheet", &sheet[start..end]);
}

#[test]
fn hostile_words_of_the_revoked_stay_text() {
    let mut handover = revoking();
    handover.revoked[0].mount = Some("a'; touch x; '\nEND\nrm x".to_owned());
    handover.revoked[0].crl_urls = vec!["http://x/\nEND".to_owned()];
    let files = closing_files(&handover).unwrap();
    let script = text_of(&files, SCRIPT);
    assert_parses(&script);
    let ends = script.lines().filter(|line| *line == "END").count();
    let plain = text_of(&closing_files(&revoking()).unwrap(), SCRIPT);
    assert_eq!(ends, plain.lines().filter(|line| *line == "END").count());
}

#[test]
fn a_request_for_the_root_has_its_file_and_its_place_on_the_sheet() {
    let request = OwnRequest {
        step: "for-partner".to_owned(),
        der: vec![0x30; 70],
        spki_sha256: Digest::of(b"the root's key"),
    };
    for rehearsal in [false, true] {
        let handover = Handover {
            rehearsal,
            requests: vec![request.clone()],
            ..example()
        };
        let files = product_files(&handover).unwrap();
        let text = text_of(&files, "requests/for-partner.csr");
        assert_eq!(text.starts_with("# REHEARSAL"), rehearsal, "{text}");
        let der = pem::decode_one(text.as_bytes(), &["CERTIFICATE REQUEST"]);
        assert_eq!(der, Ok(request.der.clone()));
        let closing = closing_files(&handover).unwrap();
        let script = text_of(&closing, SCRIPT);
        assert!(!script.contains("for-partner"), "it is nothing for Vault");
        let sheet = text_of(&closing, SHEET);
        let start = sheet.find("## Requests for").unwrap();
        let end = sheet.find("## The root's CRL").unwrap();
        if !rehearsal {
            insta::assert_snapshot!("requests_on_the_sheet", &sheet[start..end]);
        }
    }
}

fn trusting() -> Handover {
    let mut handover = example();
    handover.trust = Some(Trust {
        bundle: crate::plan::trust::TrustBundle {
            name: "linkerd-identity-trust-roots".to_owned(),
            key: "ca-bundle.crt".to_owned(),
            namespaces: [("linkerd.io/is-control-plane".to_owned(), "true".to_owned())].into(),
            also: vec!["old-root.pem".to_owned()],
        },
        also: vec![vec![0x32; 50]],
    });
    handover
}

#[test]
fn a_trust_bundle_and_its_words() {
    let files = closing_files(&trusting()).unwrap();
    let names: Vec<&str> = files.iter().map(|file| file.path.as_str()).collect();
    assert_eq!(names, [TRUST_BUNDLE, TRUST_MANAGER, SCRIPT, SHEET]);
    insta::assert_snapshot!("trust-bundle.pem", text_of(&files, TRUST_BUNDLE));
    insta::assert_snapshot!("trust-bundle.yaml", text_of(&files, TRUST_MANAGER));
    let sheet = text_of(&files, SHEET);
    let start = sheet.find("## The trust bundle").unwrap();
    let end = sheet.find("## The root's CRL").unwrap();
    insta::assert_snapshot!("trust_on_the_sheet", &sheet[start..end]);
    assert!(sheet.contains(&Digest::of(&files[1].bytes).to_string()));
    assert!(
        sheet
            .lines()
            .all(|line| line.chars().count() <= 80 || line.contains("https://"))
    );
}

#[test]
fn a_rehearsed_trust_bundle_says_so() {
    let mut handover = trusting();
    handover.rehearsal = true;
    for file in &closing_files(&handover).unwrap()[..2] {
        assert!(file.bytes.starts_with(b"# REHEARSAL"), "{}", file.path);
    }
}
