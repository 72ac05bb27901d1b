//! Name constraints: what common verifiers refuse makes every chain below unusable.

use super::{Found, Judged};
use crate::check::{CheckId, Findings};
use crate::x509::general_name::NameKind;
use crate::x509::name_constraints::{ForeignSubtree, NameConstraints, Subtree};

const LEADING_DOT: &str = "a leading dot, which pyca refuses";

pub(super) fn judge(found: &Found<'_>, findings: &mut Findings) {
    let id = CheckId::CertificateNameConstraints;
    let mut judged = Judged::default();
    let Some(extension) = found.extension("2.5.29.30") else {
        findings.judged(id, judged, "none: every name");
        return;
    };
    let words = match NameConstraints::from_der(&extension.value) {
        Err(error) => {
            judged.fault(error.to_string());
            String::new()
        }
        Ok(constraints) => {
            judged.must(extension.critical, "name constraints are not critical");
            judged.must(!constraints.is_empty(), "name constraints are empty");
            for subtree in constraints.subtrees() {
                if let Some(words) = fault(subtree) {
                    judged.fault(format!("{subtree}: {words}"));
                }
            }
            constraints.describe()
        }
    };
    findings.judged(id, judged, words);
}

fn fault(subtree: &Subtree) -> Option<&'static str> {
    match subtree {
        Subtree::Dns(text) if text.starts_with('.') => Some(LEADING_DOT),
        Subtree::Dns(_) | Subtree::Email(_) | Subtree::Uri(_) | Subtree::Ip(_) => None,
        Subtree::Foreign(foreign) => foreign_fault(foreign),
    }
}

fn foreign_fault(foreign: &ForeignSubtree) -> Option<&'static str> {
    if foreign.bounded {
        return Some("minimum or maximum is written out, which webpki and pyca refuse");
    }
    match foreign.kind {
        NameKind::Directory => Some("Go (and Vault), webpki and pyca know no directoryName here"),
        NameKind::RegisteredId | NameKind::X400 | NameKind::EdiParty | NameKind::Other => {
            Some("Go (and Vault) and GnuTLS know no such name here")
        }
        NameKind::Dns if foreign.value.starts_with(b".") => Some(LEADING_DOT),
        NameKind::Ip if !matches!(foreign.value.len(), 8 | 32) => {
            Some("not an address and its mask")
        }
        NameKind::Dns | NameKind::Email | NameKind::Uri | NameKind::Ip => None,
    }
}
