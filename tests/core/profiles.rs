//! What a profile says, through a whole ceremony to other people's programs.

use std::fs;
use std::path::Path;
use std::process::Command;

use anchorite::audit::Verdict;
use anchorite::ceremony::ledger_view::LedgerView;
use anchorite::ceremony::plan_report::PlanReport;
use anchorite::ceremony::prepare::PrepareError;
use anchorite::ceremony::script;
use anchorite::ledger::entry::Event;
use anchorite::ledger::kinds::Outcome;
use anchorite::ledger::seal::Seal;
use anchorite::plan::error::PlanError;
use anchorite::plan::make::Draft;
use anchorite::x509::certificate::Certificate;
use rcgen::{CidrSubnet, GeneralSubtree};

use crate::play::ceremony::{FIRST, first_job, mounts, subject, try_prepare};
use crate::play::products::rcgen_intermediate;
use crate::play::world::World;
use crate::{SEALED, products, whole};

/// The first ceremony, whose first intermediate has a profile of these lines.
fn with_profile(lines: &str) -> String {
    let text = FIRST.replace("\"etcd.csr\"", "\"etcd.csr\"\nprofile = \"own\"");
    format!("{text}\n[profile.own]\n{lines}\n")
}

fn etcd(world: &World) -> (Certificate, Certificate) {
    let objects = products(world, SEALED);
    let read = |name: &str| Certificate::from_der(&objects[name]).unwrap();
    (read("root"), read("etcd"))
}

#[test]
fn name_constraints_are_rcgens_byte_for_byte() {
    let world = whole(&with_profile(
        r#"permitted = { dns = ["example"], ip = ["10.0.0.0/8", "fd00::/8"], email = ["ops@a.example"] }
excluded = { dns = ["secret.example"], email = [".b.example"] }"#,
    ));
    let (root, one) = etcd(&world);
    let ip = |text: &str, prefix| {
        GeneralSubtree::IpAddress(CidrSubnet::from_addr_prefix(text.parse().unwrap(), prefix))
    };
    let names = rcgen::NameConstraints {
        permitted_subtrees: vec![
            GeneralSubtree::DnsName("example".to_owned()),
            ip("10.0.0.0", 8),
            ip("fd00::", 8),
            GeneralSubtree::Rfc822Name("ops@a.example".to_owned()),
        ],
        excluded_subtrees: vec![
            GeneralSubtree::DnsName("secret.example".to_owned()),
            GeneralSubtree::Rfc822Name(".b.example".to_owned()),
        ],
    };
    let theirs = rcgen_intermediate(
        &one.fields,
        subject(mounts()[0].name),
        &root.fields,
        subject("Acme Root G1"),
        Some(names),
    );
    assert_eq!(one.tbs, theirs);
}

fn pem(folder: &Path, name: &str, der: &[u8]) {
    let text = anchorite::x509::pem::encode("CERTIFICATE", der);
    fs::write(folder.join(name), text).unwrap();
}

fn openssl(folder: &Path, line: &str) -> (bool, String) {
    let output = Command::new("openssl")
        .args(line.split_whitespace())
        .current_dir(folder)
        .output()
        .expect("openssl is not installed; these tests need it: apt-get install openssl");
    let mut said = String::from_utf8_lossy(&output.stdout).into_owned();
    said.push_str(&String::from_utf8_lossy(&output.stderr));
    (output.status.success(), said)
}

/// A leaf of the first mount for one host.
fn leaf(folder: &Path, intermediate: &Certificate, host: &str) {
    let key = rcgen::KeyPair::generate().unwrap();
    let mut params = rcgen::CertificateParams::new(vec![host.to_owned()]).unwrap();
    params.not_before = time::macros::datetime!(2026-10-03 08:00 UTC);
    params.not_after = time::macros::datetime!(2027-10-03 08:00 UTC);
    params.use_authority_key_identifier_extension = true;
    params.key_usages = vec![rcgen::KeyUsagePurpose::DigitalSignature];
    let der = intermediate.der.clone().into();
    let issuer = rcgen::Issuer::from_ca_cert_der(&der, &mounts()[0].key).unwrap();
    pem(
        folder,
        "leaf.pem",
        params.signed_by(&key, &issuer).unwrap().der(),
    );
}

#[test]
fn openssl_shows_every_field_and_keeps_the_names() {
    for method in ["rfc7093", "sha1"] {
        let file = with_profile(&format!(
            r#"permitted.dns = ["example"]
excluded.dns = ["secret.example"]
policies = [{{ oid = "1.3.6.1.4.1.99999.1", cps = "http://pki.example/cps" }}]
crl_url = "http://pki.example/root.crl"
issuer_url = "http://pki.example/root.cer"
key_identifier = "{method}""#
        ));
        let world = whole(&file);
        let (root, one) = etcd(&world);
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        pem(folder, "root.pem", &root.der);
        pem(folder, "one.pem", &one.der);
        let (_, text) = openssl(folder, "x509 -in one.pem -noout -text");
        let text: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
        for part in [
            "Name Constraints: critical Permitted: DNS:example Excluded: DNS:secret.example",
            "IP:0.0.0.0/0.0.0.0",
            "IP:0:0:0:0:0:0:0:0/0:0:0:0:0:0:0:0",
            "Policy: 1.3.6.1.4.1.99999.1 CPS: http://pki.example/cps",
            "CRL Distribution Points: Full Name: URI:http://pki.example/root.crl",
            "CA Issuers - URI:http://pki.example/root.cer",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
        let verify = "verify -x509_strict -check_ss_sig -attime 1796000000 -CAfile root.pem -untrusted one.pem leaf.pem";
        for (host, good) in [
            ("a.example", true),
            ("a.secret.example", false),
            ("a.elsewhere", false),
            ("10.0.0.1", false),
        ] {
            leaf(folder, &one, host);
            let (verified, said) = openssl(folder, verify);
            assert_eq!(verified, good, "{method}, {host}: {said}");
        }
    }
}

/// A file that waives the use of anyExtendedKeyUsage.
fn waiving(check: &str, step: &str, by: &str) -> String {
    let file = with_profile("extended_key_usage = [\"anyExtendedKeyUsage\"]");
    format!(
        "{file}\n[[waiver]]\ncheck = \"{check}\"\nstep = \"{step}\"\nreason = \"an old client\"\nby = \"{by}\"\n"
    )
}

#[test]
fn a_waiver_is_shown_recorded_counted_and_verified() {
    let mut world = World::new();
    let job = first_job(&waiving("PROFILE-EKU-ANY", "etcd", "alice"), 1);
    let report = PlanReport::of(&job.prepared, true, None);
    let text = script::text(&report);
    assert!(text.contains("WAIVED  PROFILE-EKU-ANY"), "{text}");
    let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(flat.contains("waived by alice: an old client"), "{text}");
    assert!(!flat.contains("puts aside"), "{text}");
    let session = world.plain(&job, false);
    assert!(session.result.is_ok());
    let recorded = world.entries(SEALED).into_iter().any(|entry| {
        entry.step.as_deref() == Some("etcd")
            && matches!(&entry.event, Ok(Event::Checked { what, findings, .. })
            if what == "profile own" && findings.iter().any(|one| {
                one.id == "PROFILE-EKU-ANY"
                    && one.outcome == Outcome::Waived
                    && one.words.ends_with("waived by alice: an old client")
            }))
    });
    assert!(recorded);
    let seal = Seal::from_text(&world.bytes(&format!("{SEALED}/SEAL.txt"))).unwrap();
    assert_eq!(seal.deviations, 1);
    let (root, _) = etcd(&world);
    let report = world.verify(SEALED, &root);
    assert_eq!(report.verdict, Verdict::Verified, "{report:#?}");
}

#[test]
fn a_waiver_that_is_not_needed_says_so() {
    let job = first_job(
        &waiving("PROFILE-CONSTRAINTS-FORM", "etcd", "alice")
            .replace("extended_key_usage = [\"anyExtendedKeyUsage\"]", ""),
        1,
    );
    let report = PlanReport::of(&job.prepared, true, None);
    assert_eq!(report.waivers[0].puts_aside, 0);
    let text = script::text(&report);
    assert!(
        text.contains("puts aside      nothing in this plan"),
        "{text}"
    );
}

#[test]
fn a_waiver_is_of_a_waivable_check_a_step_and_a_person() {
    let said = |source: &str| {
        if let Err(error) = Draft::parse(source) {
            return error.to_string();
        }
        match try_prepare(source, LedgerView::default()) {
            Err(PrepareError::Plan(PlanError::File(error))) => error.to_string(),
            Err(error) => panic!("{error}"),
            Ok(_) => panic!("it was planned"),
        }
    };
    let must = said(&waiving("REQ-POP", "etcd", "alice"));
    assert!(
        must.starts_with("line ") && must.contains("PROFILE-EKU-ANY"),
        "{must}"
    );
    let step = said(&waiving("PROFILE-EKU-ANY", "nowhere", "alice"));
    assert!(step.ends_with("there is no step of this id"), "{step}");
    let by = said(&waiving("PROFILE-EKU-ANY", "etcd", "bob"));
    assert!(by.ends_with("a [[person]] of this file"), "{by}");
}

#[test]
fn what_is_not_written_says_why() {
    let said = |lines: &str| {
        let error = Draft::parse(&with_profile(lines)).err();
        error.unwrap_or_else(|| panic!("{lines} was taken")).words
    };
    for (lines, words) in [
        ("permitted.directory = []", "unhandled critical"),
        ("excluded.registered_id = []", "GnuTLS"),
        ("permitted.ip = [\"10.1.0.0/8\"]", "10.0.0.0/8"),
        (
            "permitted.dns = [\"*.example\"]",
            "without scheme, port or *",
        ),
        ("permitted.uri = [\"http://a.example\"]", "without scheme"),
        ("permitted.email = [\"a b@example\"]", "a@host"),
        ("policies = [{ oid = \"1\" }]", "dotted OID"),
        (
            "extended_key_usage = [\"serverauth\"]",
            "did you mean \"serverAuth\"?",
        ),
        ("key_identifier = \"sha256\"", "rfc7093, sha1"),
    ] {
        assert!(said(lines).contains(words), "{lines}: {}", said(lines));
    }
}
