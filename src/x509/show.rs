//! Certificates and CRLs as a person reads them, rendered from the bytes that will be signed.
//!
//! Every line is escaped and fits 80 columns where its values do.

use super::certificate::CertificateFields;
use super::constraints::{CertificatePolicy, NameConstraints};
use super::crl::CrlFields;
use super::extension::{CERTIFICATE_POLICIES, Extension, ExtensionValue, NAME_CONSTRAINTS};
use super::public_key::{PublicKey, RootKey, algorithm_name};
use super::tbs::{CertificateTbs, CrlTbs};
use super::tlv::DerError;

/// How dates and serials are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// A template: marks are named, not shown as values.
    Template,
    /// The real thing.
    Actual,
}

/// The lines of a certificate. `validity_words` (`20y`) stands for the dates of a template.
pub fn certificate(
    body: &CertificateTbs,
    stage: Stage,
    validity_words: &str,
) -> Result<Vec<String>, DerError> {
    let fields = CertificateFields::from_tbs(&body.0)?;
    let mut lines = vec![
        line("subject", &fields.subject.to_string()),
        line("issuer", &issuer(&fields)),
    ];
    lines.extend(key(&fields.spki));
    match stage {
        Stage::Template => {
            lines.push(line("serial", "16 random octets, made on the day"));
            lines.push(line("validity", validity_words));
        }
        Stage::Actual => {
            lines.push(line("serial", &fields.serial.to_string()));
            lines.push(line("not before", &fields.not_before.readable()));
            lines.push(line("not after", &fields.not_after.readable()));
        }
    }
    lines.push(line("signed with", &algorithm_name(&fields.algorithm)));
    lines.extend(
        fields
            .extensions
            .iter()
            .flat_map(|one| extension(one, stage)),
    );
    Ok(lines)
}

/// The lines of a CRL.
pub fn crl(body: &CrlTbs, stage: Stage, validity_words: &str) -> Result<Vec<String>, DerError> {
    let fields = CrlFields::from_tbs(&body.0)?;
    let mut lines = vec![line("issuer", &fields.issuer.to_string())];
    match stage {
        Stage::Template => lines.push(line("next update", validity_words)),
        Stage::Actual => {
            lines.push(line("this update", &fields.this_update.readable()));
            lines.push(line("next update", &fields.next_update.readable()));
        }
    }
    let count = fields.revoked.as_ref().map_or(0, Vec::len);
    lines.push(line(
        "revoked",
        &if count == 0 {
            "none".to_owned()
        } else {
            count.to_string()
        },
    ));
    lines.push(line("signed with", &algorithm_name(&fields.algorithm)));
    lines.extend(
        fields
            .extensions
            .iter()
            .flat_map(|one| extension(one, stage)),
    );
    Ok(lines)
}

/// A name and its value from column 17, so that 64 hex digits end at column 80.
pub fn line(name: &str, value: &str) -> String {
    format!("{name:<14}  {value}")
}

fn issuer(fields: &CertificateFields) -> String {
    if fields.issuer == fields.subject {
        "itself".to_owned()
    } else {
        fields.issuer.to_string()
    }
}

fn key(spki: &[u8]) -> Vec<String> {
    if let Ok(key) = PublicKey::from_spki(spki) {
        return vec![
            line("key", &key.kind().to_string()),
            line("SPKI sha-256", &key.digest().to_string()),
        ];
    }
    vec![line(
        "key",
        &format!("{}, made on the day", key_words(spki)),
    )]
}

/// A template's key has a type and no value yet.
fn key_words(spki: &[u8]) -> &'static str {
    RootKey::ALL
        .into_iter()
        .find(|key| key.template_spki() == spki)
        .map_or("unreadable", RootKey::word)
}

fn extension(extension: &Extension, stage: Stage) -> Vec<String> {
    let name = match extension.oid.as_str() {
        "2.5.29.35" => "issuer key id",
        "2.5.29.14" => "key id",
        "2.5.29.15" => "key usage",
        "2.5.29.37" => "extended usage",
        "2.5.29.19" => "constraints",
        NAME_CONSTRAINTS => "names below",
        CERTIFICATE_POLICIES => "policies",
        "2.5.29.31" => "CRL at",
        "1.3.6.1.5.5.7.1.1" => "issuer info at",
        "2.5.29.20" => "CRL number",
        _ => "extension",
    };
    let text = match extension.read() {
        // One line for each subtree and policy: a witness reads every one of them.
        Ok(ExtensionValue::NameConstraints(constraints)) => {
            return constraint_lines(name, extension.critical, &constraints);
        }
        Ok(ExtensionValue::CertificatePolicies(policies)) => {
            let words: Vec<String> = policies.iter().map(CertificatePolicy::describe).collect();
            return stacked(name, &words);
        }
        Ok(
            ExtensionValue::AuthorityKeyIdentifier(Some(id), _)
            | ExtensionValue::SubjectKeyIdentifier(id),
        ) if stage == Stage::Template && id == super::template::KEY_IDENTIFIER_MARK => {
            "of the key made on the day".to_owned()
        }
        Ok(ExtensionValue::Unread) | Err(_) => extension.describe(),
        Ok(value) => value.describe(),
    };
    let critical = if extension.critical {
        " (critical)"
    } else {
        ""
    };
    vec![line(name, &format!("{text}{critical}"))]
}

fn constraint_lines(name: &str, critical: bool, constraints: &NameConstraints) -> Vec<String> {
    let permitted = constraints.permitted.iter();
    let excluded = constraints.excluded.iter();
    let mut words: Vec<String> = permitted
        .map(|one| format!("permitted {one}"))
        .chain(excluded.map(|one| format!("excluded {one}")))
        .collect();
    if let Some(first) = words.first_mut().filter(|_| critical) {
        first.push_str(" (critical)");
    }
    stacked(name, &words)
}

/// Lines under one name.
fn stacked(name: &str, words: &[String]) -> Vec<String> {
    let names = std::iter::once(name).chain(std::iter::repeat(""));
    let lines = names.zip(words);
    lines
        .flat_map(|(name, words)| wrapped(&line(name, ""), words))
        .collect()
}

/// Lines as one text, each with its LF.
pub fn joined(lines: &[String]) -> String {
    let mut page = lines.join("\n");
    page.push('\n');
    page
}

/// Text in lines of at most 80 columns; later lines stand under the first one's text, or as far
/// to the left as a long word (a digest) needs.
pub fn wrapped(first: &str, text: &str) -> Vec<String> {
    let indent = " ".repeat(first.chars().count());
    let mut lines = Vec::new();
    let mut current = first.to_owned();
    let mut empty = true;
    for word in text.split(' ') {
        let length = word.chars().count();
        if !empty && current.chars().count() + 1 + length > 80 {
            let room = 80usize.saturating_sub(length).min(indent.len());
            lines.push(std::mem::replace(&mut current, " ".repeat(room)));
            empty = true;
        }
        if !empty {
            current.push(' ');
        }
        current.push_str(word);
        empty = false;
    }
    lines.push(current);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_text_is_wrapped_under_itself() {
        let text = "word ".repeat(30);
        let lines = wrapped("  - ", text.trim());
        assert!(lines.len() > 1);
        assert!(lines.iter().all(|line| line.chars().count() <= 80));
        assert!(lines[1].starts_with("    word"));
        let digest = "ab".repeat(32);
        let lines = wrapped("  NOTICE  REQ-SPKI  ", &format!("SPKI sha-256 {digest}"));
        assert_eq!(lines[1], format!("{}{digest}", " ".repeat(16)));
    }
}
