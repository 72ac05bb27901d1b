//! Ceremony files, requests and jobs for the tests.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use anchorite::ceremony::ledger_view::LedgerView;
use anchorite::ceremony::prepare::{Ingredients, PrepareError, Prepared, prepare};
use anchorite::ceremony::run::Job;
use anchorite::digest::Digest;
use anchorite::plan::make::Draft;
use anchorite::x509::certificate::Certificate;
use rcgen::{CertificateParams, DnType, DnValue, KeyPair};

/// A mount with its request and the key behind it.
pub struct Mount {
    pub mount: &'static str,
    pub file: &'static str,
    pub name: &'static str,
    pub key: KeyPair,
    pub request: String,
}

/// The mounts of all tests; their keys are made once for each process.
pub fn mounts() -> &'static [Mount] {
    static MOUNTS: OnceLock<Vec<Mount>> = OnceLock::new();
    MOUNTS.get_or_init(|| {
        vec![
            mount(
                "etcd",
                "etcd.csr",
                "Acme etcd",
                &rcgen::PKCS_ECDSA_P256_SHA256,
            ),
            mount(
                "apps/a",
                "apps.csr",
                "Acme apps",
                &rcgen::PKCS_ECDSA_P384_SHA384,
            ),
            mount(
                "later",
                "later.csr",
                "Acme later",
                &rcgen::PKCS_ECDSA_P256_SHA256,
            ),
        ]
    })
}

fn mount(
    mount: &'static str,
    file: &'static str,
    name: &'static str,
    algorithm: &'static rcgen::SignatureAlgorithm,
) -> Mount {
    let key = KeyPair::generate_for(algorithm).unwrap();
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.distinguished_name = subject(name);
    let request = params.serialize_request(&key).unwrap().pem().unwrap();
    Mount {
        mount,
        file,
        name,
        key,
        request,
    }
}

/// C=DE, O=Acme, CN=name as rcgen writes it.
pub fn subject(name: &str) -> rcgen::DistinguishedName {
    let mut subject = rcgen::DistinguishedName::new();
    let country = DnValue::PrintableString("DE".try_into().unwrap());
    subject.push(DnType::CountryName, country);
    subject.push(DnType::OrganizationName, "Acme");
    subject.push(DnType::CommonName, name);
    subject
}

/// The first ceremony: a root, two intermediates as steps of their own, a CRL.
pub const FIRST: &str = r#"format = "anchorite/ceremony/0"
id = "acme-root"
title = "Acme root and its first clusters"

[[person]]
id = "alice"
role = "operator"

[token]
label = "acme-root-g1"

[root]
subject = { C = "DE", O = "Acme", CN = "Acme Root G1" }
key = "ec:P-384"
validity = "20y"

[[step]]
id = "key"
do = "generate-root-key"

[[step]]
id = "root"
do = "issue-root"

[[step]]
id = "etcd"
do = "issue-intermediate"
mount = "etcd"
request = "etcd.csr"

[[step]]
id = "apps"
do = "issue-intermediate"
mount = "apps/a"
request = "apps.csr"

[[step]]
id = "crl"
do = "issue-crl"
next_update = "6mo"
"#;

/// A file under the stricter policy, with what that asks of the profile `vault`.
pub fn webtrust(source: &str) -> String {
    format!(
        "policy = \"webtrust\"\n{source}\n[profile.vault]\n\
         crl_url = \"http://pki.example/root.crl\"\npolicies = [{{ oid = \"2.23.140.1.2.1\" }}]\n"
    )
}

/// The first ceremony with its two requests in one list.
pub fn listed() -> String {
    let start = FIRST.find("[[step]]\nid = \"etcd\"").unwrap();
    let end = FIRST.find("[[step]]\nid = \"crl\"").unwrap();
    let list = r#"[[step]]
id = "clusters"
do = "issue-intermediate"

[[step.request]]
mount = "etcd"
request = "etcd.csr"

[[step.request]]
mount = "apps/a"
request = "apps.csr"

"#;
    format!("{}{list}{}", &FIRST[..start], &FIRST[end..])
}

/// A later ceremony on the same root: one intermediate, the next CRL.
pub const LATER: &str = r#"format = "anchorite/ceremony/0"
id = "later"
title = "One more cluster"

[token]
label = "acme-root-g1"

[root]
certificate = "root.pem"

[[step]]
id = "later"
do = "issue-intermediate"
mount = "later"
request = "later.csr"

[[step]]
id = "crl"
do = "issue-crl"
next_update = "3mo"
"#;

/// The inputs that a ceremony file names.
pub fn inputs(source: &str, root: Option<&Certificate>) -> BTreeMap<String, Vec<u8>> {
    let draft = Draft::parse(source).unwrap();
    draft
        .input_paths()
        .into_iter()
        .map(|path| {
            let bytes = match mounts().iter().find(|one| one.file == path) {
                Some(mount) => mount.request.clone().into_bytes(),
                None => root.unwrap().der.clone(),
            };
            (path, bytes)
        })
        .collect()
}

/// A ceremony, prepared for a ledger as it stands.
pub fn try_prepare(source: &str, view: LedgerView) -> Result<Prepared, PrepareError> {
    prepare(Ingredients {
        file_name: "acme.toml",
        source,
        inputs: inputs(source, view.root.as_ref()),
        ledger: view.state(),
        register: view.register,
    })
}

/// A ceremony that has other inputs than requests and the root: certificates and CRLs.
pub fn try_prepare_with(
    source: &str,
    view: LedgerView,
    files: &[(&str, Vec<u8>)],
) -> Result<Prepared, PrepareError> {
    let mut inputs = inputs(source, view.root.as_ref());
    for (path, bytes) in files {
        assert!(inputs.insert((*path).to_owned(), bytes.clone()).is_some());
    }
    prepare(Ingredients {
        file_name: "acme.toml",
        source,
        inputs,
        ledger: view.state(),
        register: view.register,
    })
}

/// The job of one session with such inputs.
pub fn job_with(source: &str, view: LedgerView, files: &[(&str, Vec<u8>)], session: u32) -> Job {
    let root = view.root.clone();
    Job {
        prepared: try_prepare_with(source, view, files).unwrap(),
        rehearsal: false,
        root,
        tool_sha256: Digest::of(b"tool"),
        environment: format!("{{\"boot\":{session}}}\n").into_bytes(),
        environment_findings: Vec::new(),
    }
}

/// A later ceremony of these steps on the same root.
pub fn later(id: &str, steps: &str) -> String {
    let head = &LATER[..LATER.find("[[step]]").unwrap()];
    format!("{}{steps}", head.replace("\"later\"", &format!("\"{id}\"")))
}

/// The job of one session. `session` stands in the environment: a laptop that was started
/// again is not quite the one it was.
pub fn job(source: &str, view: LedgerView, session: u32) -> Job {
    let existing = source.contains("certificate = ").then(|| view.root.clone());
    Job {
        prepared: try_prepare(source, view).unwrap(),
        rehearsal: false,
        root: existing.flatten(),
        tool_sha256: Digest::of(b"tool"),
        environment: format!("{{\"boot\":{session}}}\n").into_bytes(),
        environment_findings: Vec::new(),
    }
}

/// The job of a first ceremony.
pub fn first_job(source: &str, session: u32) -> Job {
    job(source, LedgerView::default(), session)
}
