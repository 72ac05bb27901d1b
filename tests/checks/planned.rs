//! Ceremony files, each with one thing in its root, profile or CRL: told, refused or waived.

use anchorite::ceremony::ledger_view::LedgerView;
use anchorite::ceremony::prepare::{PrepareError, Prepared};
use anchorite::check::{CheckId, Finding, Outcome};
use anchorite::x509::certificate::Certificate;

use crate::Case;
use crate::play::ceremony::{FIRST, LATER, subject, try_prepare};

/// What a public CA's file has.
const PUBLIC: &str = r#"
[profile.own]
validity = "5y"
crl_url = "http://pki.example/root.crl"
policies = [{ oid = "2.23.140.1.2.1" }]
"#;

/// A first ceremony whose first intermediate has a profile of these lines.
fn with_profile(lines: &str) -> String {
    let text = FIRST.replace("\"etcd.csr\"", "\"etcd.csr\"\nprofile = \"own\"");
    format!("{text}\n[profile.own]\n{lines}\n")
}

/// A ceremony under the stricter policy, as it must be, with one replacement.
fn webtrust(from: &str, to: &str) -> String {
    let text = FIRST
        .replace(".csr\"", ".csr\"\nprofile = \"own\"")
        .replacen("\n\n", "\npolicy = \"webtrust\"\n\n", 1);
    let text = format!("{text}{PUBLIC}");
    let changed = text.replace(from, to);
    assert!(from.is_empty() || changed != text, "{from}");
    changed
}

/// A later ceremony under a root that has an extended key usage.
fn under_root_with(usage: rcgen::ExtendedKeyUsagePurpose) -> Vec<Finding> {
    let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P384_SHA384).unwrap();
    let mut params = rcgen::CertificateParams::new(Vec::new()).unwrap();
    params.distinguished_name = subject("Acme Root G1");
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    params.key_usages = vec![
        rcgen::KeyUsagePurpose::KeyCertSign,
        rcgen::KeyUsagePurpose::CrlSign,
    ];
    params.not_before = time::macros::datetime!(2026-10-03 08:00 UTC);
    params.not_after = time::macros::datetime!(2046-10-03 08:00 UTC);
    params.extended_key_usages = vec![usage];
    let root = params.self_signed(&key).unwrap();
    let view = LedgerView {
        root: Some(Certificate::from_der(root.der()).unwrap()),
        ..LedgerView::default()
    };
    findings_of(try_prepare(LATER, view))
}

/// All findings about what is planned.
pub(crate) fn found(source: &str) -> Vec<Finding> {
    findings_of(try_prepare(source, LedgerView::default()))
}

pub(crate) fn findings_of(prepared: Result<Prepared, PrepareError>) -> Vec<Finding> {
    match prepared {
        Ok(prepared) => {
            let planned = prepared.planned.into_iter();
            planned.flat_map(|one| one.found.unwrap()).collect()
        }
        Err(PrepareError::Refused(refusals)) => {
            refusals.into_iter().flat_map(|one| one.findings).collect()
        }
        Err(error) => panic!("{error}"),
    }
}

fn waived(check: &str, lines: &str) -> Vec<Finding> {
    let waiver = format!(
        "[[waiver]]\ncheck = \"{check}\"\nstep = \"etcd\"\nreason = \"an old client\"\nby = \"alice\"\n"
    );
    found(&format!("{}{waiver}", with_profile(lines)))
}

pub fn cases() -> Vec<Case> {
    use CheckId as Id;
    use Outcome::{Fail, Notice, Pass, Waived};
    let mut cases = Vec::new();
    let mut case = |id, wanted, name, findings| cases.push(Case::new(id, wanted, name, findings));
    let own = |lines: &str| found(&with_profile(lines));
    let strict = |from: &str, to: &str| found(&webtrust(from, to));

    let good = strict("", "");
    for id in [
        Id::RootKey,
        Id::RootSubject,
        Id::RootValidity,
        Id::ProfilePathLength,
        Id::ProfileValidity,
        Id::ProfileExtendedUsage,
        Id::ProfileExtendedUsageAny,
        Id::ProfileExtendedUsageNested,
        Id::ProfileConstraintsForm,
        Id::ProfilePolicies,
        Id::ProfileCrlUrl,
        Id::CrlNextUpdate,
    ] {
        case(id, Pass, "webtrust, all as it must be", good.clone());
    }
    case(
        Id::RootSubject,
        Fail,
        "webtrust without C",
        strict("C = \"DE\", ", ""),
    );
    case(
        Id::RootSubject,
        Fail,
        "webtrust with OU",
        strict("O = \"Acme\"", "O = \"Acme\", OU = \"PKI\""),
    );
    case(
        Id::RootSubject,
        Notice,
        "private without C",
        found(&FIRST.replace("C = \"DE\", ", "")),
    );
    let key = |key: &str| found(&FIRST.replace("ec:P-384", key));
    case(Id::RootKey, Pass, "rsa:4096", key("rsa:4096"));
    case(Id::RootKey, Notice, "ec:P-521", key("ec:P-521"));
    case(Id::RootKey, Notice, "ed25519", key("ed25519"));
    let pss = key("rsa:4096\"\nsignature = \"pss");
    case(Id::RootKey, Notice, "RSA-PSS", pss);
    let days = |days: u32| format!("validity = \"{days}d\"");
    let root = "validity = \"20y\"";
    case(
        Id::RootValidity,
        Pass,
        "2922 days",
        strict(root, &days(2922)),
    );
    case(
        Id::RootValidity,
        Fail,
        "2921 days",
        strict(root, &days(2921)),
    );
    case(
        Id::RootValidity,
        Pass,
        "9132 days",
        strict(root, &days(9132)),
    );
    case(
        Id::RootValidity,
        Fail,
        "9133 days",
        strict(root, &days(9133)),
    );
    case(
        Id::RootValidity,
        Notice,
        "private, 9133 days",
        found(&FIRST.replace(root, &days(9133))),
    );
    case(Id::ProfilePathLength, Pass, "of 0", own("path_length = 0"));
    case(
        Id::ProfilePathLength,
        Notice,
        "none",
        own("path_length = \"none\""),
    );
    case(
        Id::ProfileValidity,
        Pass,
        "8 years",
        own("validity = \"8y\""),
    );
    case(
        Id::ProfileValidity,
        Notice,
        "a day more",
        own("validity = \"2923d\""),
    );
    case(
        Id::ProfileValidity,
        Notice,
        "to the root's end",
        own("not_after = \"issuer\""),
    );
    let usage = |list: &str| format!("extended_key_usage = [{list}]");
    case(
        Id::ProfileExtendedUsage,
        Pass,
        "both",
        own(&usage("\"serverAuth\", \"clientAuth\"")),
    );
    case(Id::ProfileExtendedUsage, Notice, "none", own(&usage("")));
    case(
        Id::ProfileExtendedUsage,
        Notice,
        "no clients",
        own(&usage("\"serverAuth\"")),
    );
    case(
        Id::ProfileExtendedUsage,
        Notice,
        "no servers",
        own(&usage("\"clientAuth\"")),
    );
    let logon = "\"serverAuth\", \"clientAuth\", \"1.3.6.1.4.1.311.20.2.2\"";
    case(
        Id::ProfileExtendedUsage,
        Notice,
        "by OID",
        own(&usage(logon)),
    );
    let lines = |list: &str| format!("validity = \"5y\"\n{}", usage(list));
    let strict_usage = |list: &str| strict("validity = \"5y\"", &lines(list));
    case(
        Id::ProfileExtendedUsage,
        Pass,
        "webtrust, servers",
        strict_usage("\"serverAuth\""),
    );
    case(
        Id::ProfileExtendedUsage,
        Fail,
        "webtrust, none",
        strict_usage(""),
    );
    case(
        Id::ProfileExtendedUsage,
        Fail,
        "webtrust, more",
        strict_usage(logon),
    );
    let any = usage("\"anyExtendedKeyUsage\"");
    case(Id::ProfileExtendedUsageAny, Fail, "any", own(&any));
    case(
        Id::ProfileExtendedUsageAny,
        Waived,
        "any, waived",
        waived("PROFILE-EKU-ANY", &any),
    );
    case(
        Id::ProfileExtendedUsageAny,
        Fail,
        "another waived",
        waived("PROFILE-CONSTRAINTS-FORM", &any),
    );
    use rcgen::ExtendedKeyUsagePurpose::{Any, ServerAuth};
    case(
        Id::ProfileExtendedUsageNested,
        Fail,
        "more than the root's",
        under_root_with(ServerAuth),
    );
    case(
        Id::ProfileExtendedUsageNested,
        Pass,
        "the root has any",
        under_root_with(Any),
    );
    let dot = "permitted.dns = [\".svc.example\"]";
    case(
        Id::ProfileConstraintsForm,
        Pass,
        "no dot",
        own("permitted.dns = [\"svc.example\"]"),
    );
    case(
        Id::ProfileConstraintsForm,
        Pass,
        "a URI's dot",
        own("permitted.uri = [\".svc.example\"]"),
    );
    case(Id::ProfileConstraintsForm, Fail, "a dot", own(dot));
    case(
        Id::ProfileConstraintsForm,
        Waived,
        "a dot, waived",
        waived("PROFILE-CONSTRAINTS-FORM", dot),
    );
    let names = |lines: &str| own(&lines.replace("; ", "\n"));
    case(
        Id::ProfileConstraints,
        Pass,
        "DNS and IP",
        names("permitted.dns = [\"a.example\"]; permitted.ip = [\"10.0.0.0/8\"]"),
    );
    case(
        Id::ProfileConstraints,
        Notice,
        "IP excluded by itself",
        names("permitted.dns = [\"a.example\"]"),
    );
    case(
        Id::ProfileConstraints,
        Notice,
        "IP left free",
        names("permitted.dns = [\"a.example\"]; excluded.ip = []"),
    );
    case(
        Id::ProfileConstraints,
        Pass,
        "a part excluded",
        names("permitted.ip = [\"10.0.0.0/8\"]; excluded.ip = [\"10.1.0.0/16\"]"),
    );
    case(
        Id::ProfileConstraints,
        Notice,
        "all excluded",
        names("permitted.ip = [\"10.1.0.0/16\"]; excluded.ip = [\"10.0.0.0/8\"]"),
    );
    case(Id::ProfilePolicies, Pass, "private without", own(""));
    let policies = "policies = [{ oid = \"2.23.140.1.2.1\" }]\n";
    case(
        Id::ProfilePolicies,
        Fail,
        "webtrust without",
        strict(policies, ""),
    );
    let url = "crl_url = \"http://pki.example/root.crl\"\n";
    case(Id::ProfileCrlUrl, Pass, "given", own(url));
    case(Id::ProfileCrlUrl, Notice, "private without", own(""));
    case(Id::ProfileCrlUrl, Fail, "webtrust without", strict(url, ""));
    let next = |length: &str| format!("next_update = \"{length}\"");
    let crl = |length: &str| strict("next_update = \"6mo\"", &next(length));
    case(Id::CrlNextUpdate, Pass, "365 days", crl("365d"));
    case(Id::CrlNextUpdate, Fail, "an hour more", crl("8761h"));
    let year = FIRST.replace("next_update = \"6mo\"", &next("12mo"));
    case(
        Id::CrlNextUpdate,
        Notice,
        "private, a calendar year",
        found(&year),
    );
    cases
}
