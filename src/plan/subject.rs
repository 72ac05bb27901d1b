//! The subject in a ceremony file, within the bounds of X.520.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::words::{cannot_be_seen, not_one_of};
use crate::x509::escape::escape_quoted;
use crate::x509::name::{AttributeType, Name};

/// A subject: each key a value, or an array of values.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "BTreeMap<String, OneOrMany>")]
pub struct Subject(pub Name);

#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl TryFrom<BTreeMap<String, OneOrMany>> for Subject {
    type Error = String;
    fn try_from(mut parts: BTreeMap<String, OneOrMany>) -> Result<Self, String> {
        let mut name: Vec<(AttributeType, String)> = Vec::new();
        for kind in AttributeType::ALL {
            let values = match parts.remove(kind.word()) {
                None => continue,
                Some(OneOrMany::One(value)) => vec![value],
                Some(OneOrMany::Many(values)) => values,
            };
            for value in values {
                check_attribute(kind, &value)?;
                name.push((kind, value));
            }
        }
        if let Some(unknown) = parts.keys().next() {
            return Err(not_one_of(
                unknown,
                &AttributeType::ALL.map(AttributeType::word),
            ));
        }
        if name.len() > 32 {
            return Err("a subject has at most 32 values".to_owned());
        }
        if !name
            .iter()
            .any(|(kind, _)| *kind == AttributeType::CommonName)
        {
            return Err("a subject needs a CN".to_owned());
        }
        let borrowed: Vec<(AttributeType, &str)> = name
            .iter()
            .map(|(kind, value)| (*kind, value.as_str()))
            .collect();
        Ok(Self(Name::build(&borrowed)))
    }
}

/// A subject that Vault puts into a request as it stands here.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "BTreeMap<String, OneOrMany>")]
pub struct VaultSubject(pub Name);

impl TryFrom<BTreeMap<String, OneOrMany>> for VaultSubject {
    type Error = String;
    fn try_from(parts: BTreeMap<String, OneOrMany>) -> Result<Self, String> {
        let many = parts.iter().find_map(|(word, values)| match values {
            OneOrMany::Many(values) if values.len() > 1 => Some(word.clone()),
            _ => None,
        });
        if parts.contains_key(AttributeType::DomainComponent.word()) {
            return Err(
                "Vault writes no DC into a request: leave it out, or give the profile a subject"
                    .to_owned(),
            );
        }
        let Subject(name) = Subject::try_from(parts)?;
        match many {
            Some(word) => Err(format!(
                "Vault writes several {} as one set without an order: give one here, or give the profile a subject",
                escape_quoted(&word)
            )),
            None => Ok(Self(name)),
        }
    }
}

fn check_attribute(kind: AttributeType, value: &str) -> Result<(), String> {
    let word = kind.word();
    let length = value.chars().count();
    if length == 0 || value.trim() != value {
        return Err(format!("{word} is empty, or has spaces at its ends"));
    }
    if length > kind.upper_bound() {
        return Err(format!(
            "{word} has {length} characters, more than {}",
            kind.upper_bound()
        ));
    }
    if value.chars().any(cannot_be_seen) {
        return Err(format!("{word} holds a character that cannot be seen"));
    }
    match kind {
        AttributeType::Country if !value.bytes().all(|b| b.is_ascii_uppercase()) || length != 2 => {
            Err("C is a country's two capital letters, like \"DE\"".to_owned())
        }
        AttributeType::DomainComponent if !value.is_ascii() => Err("DC must be ASCII".to_owned()),
        _ => Ok(()),
    }
}
