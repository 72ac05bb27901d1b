//! Name constraints: what common verifiers refuse makes every chain below unusable.

use super::{Found, Judged};
use crate::check::{CheckId, Findings};
use crate::x509::general_name::NameKind;
use crate::x509::name_constraints::{NameConstraints, Subtree};

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
            judged.must(
                constraints.all().next().is_some(),
                "name constraints are empty",
            );
            for subtree in constraints.all() {
                if let Some(words) = fault(subtree) {
                    judged.fault(format!("{}: {words}", subtree.base.text()));
                }
            }
            constraints.text()
        }
    };
    findings.judged(id, judged, words);
}

fn fault(subtree: &Subtree<'_>) -> Option<&'static str> {
    if subtree.bounded {
        return Some("minimum or maximum is written out, which webpki and pyca refuse");
    }
    let base = &subtree.base;
    match base.kind {
        NameKind::Directory => Some("Go (and Vault), webpki and pyca know no directoryName here"),
        NameKind::RegisteredId | NameKind::X400 | NameKind::EdiParty | NameKind::Other => {
            Some("Go (and Vault) and GnuTLS know no such name here")
        }
        NameKind::Dns if base.value.first() == Some(&b'.') => {
            Some("a leading dot, which pyca refuses")
        }
        NameKind::Ip if !matches!(base.value.len(), 8 | 32) => Some("not an address and its mask"),
        NameKind::Dns | NameKind::Email | NameKind::Uri | NameKind::Ip => None,
    }
}
