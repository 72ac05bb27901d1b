//! What Vault or OpenBao is asked for, and what goes back to it: root, bundles and CRLs under
//! their fixed names, the script that imports them and the sheet that says the same by hand.
//!
//! Pure functions from products to files. Nothing else decides an output's name.

mod cert_manager;
mod mount;
mod requests;
mod revoked;
mod script;
mod sheet;
mod template;
mod trust;

pub use mount::{MountError, check_mounts, mount_folder, shell_quote};
pub use requests::{RequestScript, request_script};
pub use revoked::Revoked;
pub use trust::{Trust, trust_files};

use crate::digest::Digest;
use crate::plan::Succession;
use crate::plan::cert_manager::CertManager;
use crate::x509::pem;
use crate::x509::time::UtcTime;

const ROOT: &str = "root.pem";
const CROSS_SIGNED: &str = "cross-signed";
const REQUESTS: &str = "requests";
const CRL: &str = "root.crl";
const CRL_DER: &str = "root.crl.der";
const SCRIPT: &str = "handover.sh";
const SHEET: &str = "HANDOVER.md";
const TRUST_BUNDLE: &str = "trust-bundle.pem";
const TRUST_MANAGER: &str = "trust-bundle.yaml";

/// One signed intermediate and the mount it belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intermediate {
    /// The step that issued it.
    pub step: String,
    /// Path of the PKI mount whose request this was, as the server names it.
    pub mount: String,
    /// Subject as text, escaped already.
    pub subject: String,
    /// The certificate.
    pub der: Vec<u8>,
    /// Serial number in hex.
    pub serial: String,
    /// Digest of its SubjectPublicKeyInfo.
    pub spki_sha256: Digest,
    /// End of its validity.
    pub not_after: UtcTime,
    /// What it follows in its mount.
    pub succession: Succession,
    /// What cert-manager is told of the mount.
    pub cert_manager: Option<CertManager>,
}

/// Another CA's certificate, certified anew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CrossSigned {
    /// The step that issued it.
    pub step: String,
    /// Path of the PKI mount that holds its key, where one is named.
    pub mount: Option<String>,
    /// Subject as text, escaped already.
    pub subject: String,
    /// The cross-certificate.
    pub der: Vec<u8>,
    /// Serial number in hex.
    pub serial: String,
    /// End of its validity.
    pub not_after: UtcTime,
}

/// A request for the root's own key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnRequest {
    /// The step that made it.
    pub step: String,
    /// The request.
    pub der: Vec<u8>,
    /// Digest of its SubjectPublicKeyInfo.
    pub spki_sha256: Digest,
}

/// The root's newest CRL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crl {
    /// The CRL.
    pub der: Vec<u8>,
    /// Its CRL number.
    pub number: u64,
    /// When the next one must be there.
    pub next_update: UtcTime,
}

/// Everything one ceremony gives back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handover {
    /// The ceremony's id.
    pub ceremony: String,
    /// Whether all of this is a rehearsal's.
    pub rehearsal: bool,
    /// The root certificate.
    pub root_der: Vec<u8>,
    /// Its subject as text, escaped already.
    pub root_subject: String,
    /// End of its validity.
    pub root_not_after: UtcTime,
    /// The CRL this ceremony issued, if it did.
    pub crl: Option<Crl>,
    /// The intermediates, in the order of their steps; each mount at most once.
    pub intermediates: Vec<Intermediate>,
    /// What that CRL lists for the first time, in the order of the steps.
    pub revoked: Vec<Revoked>,
    /// Cross-certificates, in the order of their steps.
    pub crosses: Vec<CrossSigned>,
    /// The anchors that clients are to trust, where the file asks for them.
    pub trust: Option<Trust>,
    /// Requests for the root's own key, in the order of their steps.
    pub requests: Vec<OwnRequest>,
}

/// A file to be delivered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputFile {
    /// Path below `out/`, with `/` between its parts; ASCII letters, digits and `._-%`.
    pub path: String,
    /// The file's content.
    pub bytes: Vec<u8>,
}

impl OutputFile {
    fn new(path: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        Self {
            path: path.into(),
            bytes: bytes.into(),
        }
    }
}

/// `root.pem`.
pub fn root_files(root_der: &[u8], rehearsal: bool) -> Vec<OutputFile> {
    vec![OutputFile::new(ROOT, root_text(root_der, rehearsal))]
}

fn root_text(root_der: &[u8], rehearsal: bool) -> String {
    pem_text(rehearsal, &[certificate(root_der)])
}

/// What an intermediate's mount gets: `<mount>/bundle.pem` and `<mount>/intermediate.pem`, and
/// what cert-manager is told of it.
pub fn intermediate_files(
    (mount, cert_manager): (&str, Option<&CertManager>),
    der: &[u8],
    root_der: &[u8],
    rehearsal: bool,
) -> Result<Vec<OutputFile>, MountError> {
    let mut files = bundle_files(mount, der, root_der, rehearsal)?;
    if let Some(told) = cert_manager {
        files.extend(cert_manager::files(told, mount, root_der, rehearsal)?);
    }
    Ok(files)
}

/// `<mount>/bundle.pem` (certificate, then root) and `<mount>/intermediate.pem`.
fn bundle_files(
    mount: &str,
    der: &[u8],
    root_der: &[u8],
    rehearsal: bool,
) -> Result<Vec<OutputFile>, MountError> {
    let folder = mount_folder(mount)?;
    // The root must be there, or ca_chain ends early; nothing may follow the last block.
    let bundle = pem_text(rehearsal, &[certificate(der), certificate(root_der)]);
    let alone = pem_text(rehearsal, &[certificate(der)]);
    Ok(vec![
        OutputFile::new(format!("{folder}/bundle.pem"), bundle),
        OutputFile::new(format!("{folder}/intermediate.pem"), alone),
    ])
}

/// A cross-certificate, alone and with the root after it: in its mount's folder under the names
/// that an intermediate has, else below `cross-signed/` by its step.
pub fn cross_files(
    (mount, step): (Option<&str>, &str),
    der: &[u8],
    root_der: &[u8],
    rehearsal: bool,
) -> Result<Vec<OutputFile>, MountError> {
    if let Some(mount) = mount {
        return bundle_files(mount, der, root_der, rehearsal);
    }
    let bundle = pem_text(rehearsal, &[certificate(der), certificate(root_der)]);
    let alone = pem_text(rehearsal, &[certificate(der)]);
    Ok(vec![
        OutputFile::new(format!("{CROSS_SIGNED}/{step}-bundle.pem"), bundle),
        OutputFile::new(format!("{CROSS_SIGNED}/{step}.pem"), alone),
    ])
}

/// A request for the root's own key: below `requests/` by its step.
pub fn request_files(step: &str, der: &[u8], rehearsal: bool) -> Vec<OutputFile> {
    let block = pem::encode("CERTIFICATE REQUEST", der);
    let text = pem_text(rehearsal, &[block]);
    vec![OutputFile::new(request_path(step), text)]
}

fn request_path(step: &str) -> String {
    format!("{REQUESTS}/{step}.csr")
}

/// `root.crl` (PEM) and `root.crl.der`.
pub fn crl_files(crl_der: &[u8], rehearsal: bool) -> Vec<OutputFile> {
    let text = pem_text(rehearsal, &[pem::encode("X509 CRL", crl_der)]);
    vec![
        OutputFile::new(CRL, text),
        OutputFile::new(CRL_DER, crl_der),
    ]
}

/// All products' files, in the order in which a ceremony delivers them.
pub fn product_files(handover: &Handover) -> Result<Vec<OutputFile>, MountError> {
    let crosses = handover
        .crosses
        .iter()
        .filter_map(|one| one.mount.as_deref());
    let mounts = handover.intermediates.iter().map(|one| one.mount.as_str());
    check_mounts(mounts.chain(crosses))?;
    let mut files = root_files(&handover.root_der, handover.rehearsal);
    for one in &handover.intermediates {
        files.extend(intermediate_files(
            (&one.mount, one.cert_manager.as_ref()),
            &one.der,
            &handover.root_der,
            handover.rehearsal,
        )?);
    }
    for one in &handover.crosses {
        let of = (one.mount.as_deref(), one.step.as_str());
        files.extend(cross_files(
            of,
            &one.der,
            &handover.root_der,
            handover.rehearsal,
        )?);
    }
    for one in &handover.requests {
        files.extend(request_files(&one.step, &one.der, handover.rehearsal));
    }
    if let Some(crl) = &handover.crl {
        files.extend(crl_files(&crl.der, handover.rehearsal));
    }
    Ok(files)
}

/// The trust bundle, `handover.sh` and `HANDOVER.md`: made at the end, when everything else is
/// delivered.
pub fn closing_files(handover: &Handover) -> Result<Vec<OutputFile>, MountError> {
    let trust = handover.trust.iter();
    let mut files: Vec<OutputFile> = trust
        .flat_map(|trust| trust_files(trust, &handover.root_der, handover.rehearsal))
        .collect();
    files.push(OutputFile::new(SCRIPT, script::text(handover)?));
    let mut delivered = product_files(handover)?;
    delivered.extend(files.clone());
    files.push(OutputFile::new(SHEET, sheet::text(handover, &delivered)?));
    Ok(files)
}

fn certificate(der: &[u8]) -> String {
    pem::encode("CERTIFICATE", der)
}

/// Blocks one after the other; servers take a comment before the first one.
fn pem_text(rehearsal: bool, blocks: &[String]) -> String {
    format!("{}{}", mark(rehearsal), blocks.concat())
}

/// The first line of what a rehearsal delivers; a comment in PEM and in YAML.
fn mark(rehearsal: bool) -> &'static str {
    if rehearsal {
        "# REHEARSAL: signed by a throw-away key, worth nothing\n"
    } else {
        ""
    }
}

/// Path of a mount's bundle below `out/`.
fn bundle_path(mount: &str) -> Result<String, MountError> {
    Ok(format!("{}/bundle.pem", mount_folder(mount)?))
}

/// The commands of one mount as a person types them; the script's `--dry-run` and the
/// sheet show the same text. `NEW` and `ROOT` stand for the ids that the first answers.
fn commands(mount: &str) -> Result<Vec<String>, MountError> {
    let mut lines = import(mount, ("intermediate/set-signed", "certificate"))?;
    let issuers = format!("{}/config/issuers", mount::path_of(mount));
    lines.extend([
        "vault write \\".to_owned(),
        format!("    {} \\", shell_quote(&issuers)),
        "    default=NEW".to_owned(),
    ]);
    Ok(lines)
}

/// The same for a cross-certificate, which leaves the mount's default alone.
fn cross_commands(mount: &str) -> Result<Vec<String>, MountError> {
    import(mount, ("issuers/import/cert", "pem_bundle"))
}

/// Imports a mount's bundle and looks at it.
fn import(mount: &str, (verb, field): (&str, &str)) -> Result<Vec<String>, MountError> {
    let path = mount::path_of(mount);
    let below = |rest: &str| shell_quote(&format!("{path}/{rest}"));
    Ok(vec![
        "vault write -format=json \\".to_owned(),
        format!("    {} \\", below(verb)),
        format!("    {field}=@{}", bundle_path(mount)?),
        "vault pki verify-sign \\".to_owned(),
        format!("    {} \\", below("issuer/ROOT")),
        format!("    {}", below("issuer/NEW")),
    ])
}

#[cfg(test)]
mod tests;
