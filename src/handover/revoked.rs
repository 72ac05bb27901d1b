//! What is to be done where a revoked intermediate lives: words and commands, which sheet and
//! script print. The script runs none of them: they end something.

use super::mount::{path_of, shell_quote};
use super::{CRL_DER, Handover};
use crate::plan::document::RevokeDocument;
use crate::x509::escape::{escape, escape_once};

/// A revoked certificate as the CRL of this ceremony lists it. Its texts are escaped where they
/// are shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revoked {
    /// Serial number in hex.
    pub serial: String,
    /// Subject as text, escaped already.
    pub subject: Option<String>,
    /// Mount of an intermediate, where the ledger knows it.
    pub mount: Option<String>,
    /// RFC 5280's word.
    pub reason: String,
    /// Where it says that the root's CRL is.
    pub crl_urls: Vec<String>,
}

impl Revoked {
    /// As the plan has it.
    pub fn of(plan: &RevokeDocument) -> Self {
        let origin = plan.origin.as_ref();
        Self {
            serial: plan.serial.clone(),
            subject: plan.subject.clone(),
            mount: origin.and_then(|origin| origin.mount.clone()),
            reason: plan.reason.word().to_owned(),
            crl_urls: origin
                .map(|origin| origin.crl_urls.clone())
                .unwrap_or_default(),
        }
    }

    /// Names and values for the head of its part.
    pub(super) fn fields(&self) -> Vec<(&'static str, String)> {
        let unknown = "not in this ledger";
        let mount = self.mount.as_deref().map(escape);
        let subject = self.subject.as_deref().map(escape_once);
        vec![
            ("mount", mount.unwrap_or(unknown.to_owned())),
            ("subject", subject.unwrap_or("not known".to_owned())),
            ("serial", escape(&self.serial)),
            ("reason", escape(&self.reason)),
        ]
    }

    /// The commands in its mount, none where that is not known. `OLD`, `NEW`, `NAME` and `TYPE`
    /// are for the person to fill in.
    pub(super) fn commands(&self) -> Vec<String> {
        let Some(mount) = &self.mount else {
            return Vec::new();
        };
        let path = path_of(mount);
        let below = |rest: &str| shell_quote(&format!("{path}/{rest}"));
        vec![
            format!("vault list {}", below("issuers")),
            format!("vault read -field=certificate {}", below("issuer/OLD")),
            format!("vault write -f {}", below("issuer/OLD/revoke")),
            "vault write -field=csr \\".to_owned(),
            format!("    {} \\", below("intermediate/generate/internal")),
            "    common_name=NAME key_type=TYPE > new.csr".to_owned(),
            "# ... a ceremony signs new.csr: its own handover.sh takes it back ...".to_owned(),
            "vault write \\".to_owned(),
            format!("    {} \\", below("config/issuers")),
            "    default=NEW".to_owned(),
        ]
    }
}

/// Where the new CRL belongs: every address that a revoked certificate names, once.
pub(super) fn addresses(handover: &Handover) -> Vec<String> {
    let mut list: Vec<String> = handover
        .revoked
        .iter()
        .flat_map(|one| &one.crl_urls)
        .map(|url| escape(url))
        .collect();
    list.sort();
    list.dedup();
    list
}

/// What the script prints.
pub(super) fn lines(handover: &Handover) -> Vec<String> {
    if handover.revoked.is_empty() {
        return Vec::new();
    }
    let mut lines = vec![
        String::new(),
        "REVOKED in this ceremony. This script does none of the following.".to_owned(),
        format!("First publish {CRL_DER}: no client learns of it in another way."),
    ];
    let addresses = addresses(handover);
    lines.extend(addresses.iter().map(|url| format!("    at {url}")));
    for one in &handover.revoked {
        lines.push(String::new());
        let fields = one.fields().into_iter();
        lines.extend(fields.map(|(name, value)| format!("# {name:<8} {value}")));
        lines.extend(one.commands());
    }
    lines.push("HANDOVER.md says what each of them does.".to_owned());
    lines
}
