//! People's signatures beside the seal: each is judged by the key that the plan names for the
//! person, and what nobody whom it names has signed is told.
//!
//! Whoever can write the folder can put a file beside the seal. So such a file refuses nothing;
//! it is never taken for a signature either.

use serde::Serialize;

use super::files::Files;
use super::findings::Findings;
use super::script::Script;
use crate::ledger::layout;
use crate::plan::document::PersonDocument;
use crate::ssh::{self, NAMESPACE, PersonKey};
use crate::x509::escape::escape;

/// What stands under a person's name beside a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "is", content = "why", rename_all = "kebab-case")]
pub enum PersonSignature {
    /// A signature by the key that the ceremony names.
    ByNamedKey,
    /// No file.
    None,
    /// A file that is no signature by that key: why.
    Invalid(String),
    /// A signature by a key that it brings along: the ceremony names none.
    NoKey,
}

/// Somebody the plan names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PersonFact {
    /// Short name.
    pub id: String,
    /// Role.
    pub role: String,
    /// On SEAL.txt.
    pub seal_signature: PersonSignature,
    /// On post-seal.jsonl; `None` where neither it nor a signature on it is there.
    pub post_seal_signature: Option<PersonSignature>,
}

/// Everybody whom the plan names.
pub(super) fn facts(script: &Script, files: &Files) -> Vec<PersonFact> {
    let people = script.plan.iter().flat_map(|plan| &plan.people);
    people.map(|person| fact(person, files)).collect()
}

fn fact(person: &PersonDocument, files: &Files) -> PersonFact {
    let later = judged(person, layout::POST_SEAL, files);
    let silent = later == PersonSignature::None && !files.bytes.contains_key(layout::POST_SEAL);
    PersonFact {
        id: escape(&person.id),
        role: escape(&person.role),
        seal_signature: judged(person, layout::SEAL, files),
        post_seal_signature: (!silent).then_some(later),
    }
}

/// The person's signature on one of the files.
fn judged(person: &PersonDocument, signed: &str, files: &Files) -> PersonSignature {
    let Some(signature) = files.bytes.get(&signature_path(signed, &person.id)) else {
        return PersonSignature::None;
    };
    let Some(message) = files.bytes.get(signed) else {
        return PersonSignature::Invalid(format!("{signed} is not there"));
    };
    let Some(key) = &person.key else {
        return match ssh::verify_by_some_key(NAMESPACE, message, signature) {
            Ok(()) => PersonSignature::NoKey,
            Err(why) => PersonSignature::Invalid(why.to_string()),
        };
    };
    let key = match PersonKey::parse(key) {
        Ok(key) => key,
        Err(why) => {
            let words = format!("the key that the ceremony file names is not taken: {why}");
            return PersonSignature::Invalid(words);
        }
    };
    match ssh::verify(&key, NAMESPACE, message, signature) {
        Ok(()) => PersonSignature::ByNamedKey,
        Err(why) => PersonSignature::Invalid(why.to_string()),
    }
}

fn signature_path(signed: &str, person: &str) -> String {
    format!("{signed}.{person}.sig")
}

/// Files under a person's name that are no signature of theirs, and signatures of people whom
/// the plan does not name.
pub(super) fn tell(script: &Script, files: &Files, findings: &mut Findings) {
    for fact in facts(script, files) {
        let both = [
            (layout::SEAL, Some(&fact.seal_signature)),
            (layout::POST_SEAL, fact.post_seal_signature.as_ref()),
        ];
        for (signed, signature) in both {
            if let Some(PersonSignature::Invalid(why)) = signature {
                let path = signature_path(signed, &fact.id);
                let person = &fact.id;
                findings.notice(format!(
                    "{path} is NOT a signature of {person}: {why}; it does not count, and refuses nothing, for anybody who can write the folder can put such a file there"
                ));
            }
        }
    }
    for signed in [layout::SEAL, layout::POST_SEAL] {
        tell_strangers(signed, script, files, findings);
    }
}

fn tell_strangers(signed: &str, script: &Script, files: &Files, findings: &mut Findings) {
    let prefix = format!("{signed}.");
    for path in files.below(&prefix) {
        let person = path
            .strip_prefix(&prefix)
            .and_then(|rest| rest.strip_suffix(".sig"));
        let Some(person) = person.filter(|_| path != layout::ROOT_BARE_SIGNATURE) else {
            continue;
        };
        let mut people = script.plan.iter().flat_map(|plan| &plan.people);
        if !people.any(|one| one.id == person) {
            let path = escape(path);
            findings.notice(format!("{path} is of nobody whom the plan names"));
        }
    }
}

impl PersonFact {
    /// A line for people.
    pub(super) fn words(&self) -> String {
        let seal = self.seal_signature.words("the seal");
        let mut words = format!("{} ({}): {seal}", self.id, self.role);
        if let Some(later) = &self.post_seal_signature {
            let later = later.words(layout::POST_SEAL);
            words.push_str(&format!("; {}: {later}", layout::POST_SEAL));
        }
        words
    }
}

impl PersonSignature {
    fn words(&self, signed: &str) -> String {
        match self {
            Self::ByNamedKey => format!("signed {signed}, by the key this ceremony names"),
            Self::None => "no signature".to_owned(),
            Self::Invalid(why) => {
                format!("a file is there, which is NOT a signature of this person: {why}")
            }
            Self::NoKey => "a signature is there; the ceremony file names no key for it: check it with ssh-keygen (see VERIFY.txt)".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RSA of 2048 bits, as an earlier version's plan may name it.
    const SMALL: &str = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQC4O1XJylSEZGobBcG7eIrqmgwtRJBFCc7PmZV2vwFFAED3Maio8LWB1x9dL+YrJgFA2myr9splh/CZE+b1zYFoiTVSr366qadq8G6bmZrAHAMPZUU/BSQYA6q4JyulYTILt7utAI5CJJIih7qhRns66FIPv9n9SlfP35A+odFJl7mt2nvHx8nm2+LVXHBK6BLD++WyaUFOVPJZqpRMys14Yyk8OymOlPHJyPDeORfUCynlksK0UgC16LReGMNv+qAMtIlhMPvQGW/y76tgYX3VeUAuOdObpRtcn3HrmP0Q5c0DLFql5u+rhQzfynC5YjxtER+afYhX6jNcG971JMMT";

    #[test]
    fn a_key_that_is_not_taken_judges_nothing() {
        let mut files = Files::default();
        let person = |key: &str| PersonDocument {
            id: "alice".to_owned(),
            role: "witness".to_owned(),
            key: Some(key.to_owned()),
        };
        files
            .bytes
            .insert(layout::SEAL.to_owned(), b"seal\n".to_vec());
        assert_eq!(
            judged(&person(SMALL), layout::SEAL, &files),
            PersonSignature::None
        );
        let good = b"\
-----BEGIN SSH SIGNATURE-----\n\
U1NIU0lHAAAAAQAAARcAAAAHc3NoLXJzYQAAAAMBAAEAAAEBALg7VcnKVIRkahsFwbt4iu\n\
qaDC1EkEUJzs+ZlXa/AUUAQPcxqKjwtYHXH10v5ismAUDabKv2ymWH8JkT5vXNgWiJNVKv\n\
frqpp2rwbpuZmsAcAw9lRT8FJBgDqrgnK6VhMgu3u60AjkIkkiKHuqFGezroUg+/2f1KV8\n\
/fkD6h0UmXua3ae8fHyebb4tVccEroEsP75bJpQU5U8lmqlEzKzXhjKTw7KY6U8cnI8N45\n\
F9QLKeWSwrRSALXotF4Yw2/6oAy0iWEw+9AZb/Lvq2BhfdV5QC4505ulG1yfceuY/RDlzQ\n\
MsWqXm76uFDN/KcLliPG0RH5p9iFfqM1wb3vUkwxMAAAAOYW5jaG9yaXRlLXNlYWwAAAAA\n\
AAAABnNoYTUxMgAAARQAAAAMcnNhLXNoYTItNTEyAAABAGcsiAEtUvNBauvE4aceOwkHGc\n\
Qek0D8IG1TX2cUmswQ9k1tz1f44LPaIoaN4G2tO+FwrytGPq/tS6/QUgW1DKmx6TUh1xK0\n\
R7y55HMOp7Xj6zSceelmXOzPxYcRXIU6XFQE6bpzCk+8TL8OEe/rkkbSEp7T7mXHWNsfWX\n\
M1lZ1SYCVmETauoTgUO9hyB5mVLTpaU+yRws0ixQZArUGu7w/c0ikhAWN6ioYEVJztYkCR\n\
qkHJBX3OuCdws7cGY1/DqxZczN8IbKz4IKS2s73r8U7QG8PqG8GqYhuD++c92MUdVrrvyY\n\
TxMWTW4UlJXnXPBT/SpMmDU4KhIV1Ypg45rZQ=\n\
-----END SSH SIGNATURE-----\n\
"
        .to_vec();
        files.bytes.insert("SEAL.txt.alice.sig".to_owned(), good);
        for key in [SMALL, "", "ssh-ed25519 AAAA"] {
            let said = judged(&person(key), layout::SEAL, &files).words("the seal");
            assert!(said.contains("which is NOT a signature"), "{said}");
            assert!(
                said.contains("the key that the ceremony file names is not taken"),
                "{said}"
            );
        }
    }
}
