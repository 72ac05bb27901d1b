//! The stand-in root of a rehearsal under an existing root: same subject, key identifiers and
//! validity, a new key in a throw-away token.

use super::error::CeremonyError;
use super::steps::sign::sign;
use crate::check::key::{ExpectedKey, root_key};
use crate::check::{issued, stand_in};
use crate::ports::{Desk, KeyId, KeyQuery, KeySpec};
use crate::x509::certificate::Certificate;
use crate::x509::root;
use crate::x509::serial::Serial;

/// Generates a key and signs the stand-in with it. Only a rehearsal's token comes here, logged
/// in by the caller.
pub fn make(desk: &mut Desk<'_>, real: &Certificate) -> Result<Certificate, CeremonyError> {
    let (Some(key), Some(algorithm)) = (root::key_of(real), root::algorithm_of(real)) else {
        let words = "the root's key is of no type a root can have here";
        return Err(CeremonyError::Contradiction(words.to_owned()));
    };
    let mut random = [0u8; 32];
    desk.entropy.fill(&mut random);
    let id = KeyId(random[..16].to_vec());
    let label = desk.token.identity().label.clone();
    desk.operator
        .work_begins("the rehearsal's token generates a stand-in root key");
    let generated = desk.token.generate_key(&KeySpec {
        key,
        label,
        id: id.clone(),
    });
    desk.operator.work_ends();
    generated?;
    let found = desk.token.find_keys(&KeyQuery::Id(id.clone()))?;
    let (found, _) = root_key(found, &ExpectedKey::Kind(key.kind()))?;
    let public = found.get().public_key.clone();
    let serial = Serial::from_random(&random, &desk.token.random(32)?);
    let body = stand_in::body(real, &public, algorithm, &serial)?;
    let signature = sign(desk.token, &id, algorithm, &body)?;
    let (certificate, _) = issued::certificate(&body, &public, algorithm, &signature, "stand-in")?;
    Ok(certificate.into_inner())
}
