//! A proof of possession: a token signs a random number of ours, and nothing else, to show that
//! it holds a key.

use super::sign::{Kept, Signer};
use crate::ceremony::error::CeremonyError;
use crate::ceremony::run::Course;
use crate::check::possession::{PossessionContext, attributes};
use crate::check::{Cleared, Finding};
use crate::digest::Digest;
use crate::issue;
use crate::ledger::entry::FileRecord;
use crate::ledger::kinds::BodyKind;
use crate::ledger::possession_files;
use crate::plan::Step;
use crate::x509::certificate::Certificate;
use crate::x509::possession::Challenge;
use crate::x509::public_key::SignatureAlgorithm;
use crate::x509::tbs::SignedAttributes;
use crate::x509::time::UtcTime;

impl Course<'_, '_> {
    /// Has the signer prove that it holds its key, and writes the evidence; the step's id is the
    /// proof's name. `holder` is the certificate of that key. What an earlier session did of it
    /// is not done again.
    pub(in crate::ceremony) fn prove_possession(
        &mut self,
        of: &Step,
        holder: &Certificate,
        mut signer: Signer<'_>,
    ) -> Result<Vec<FileRecord>, CeremonyError> {
        let step = of.id.as_str();
        let algorithm = signer.algorithm;
        let challenge = self.challenge(step, &mut signer)?;
        if self.journal.progress.signed(step).is_none() {
            let (tbs, now) = match self.unsigned_body(step)? {
                Some((bytes, time)) => (SignedAttributes(bytes), time),
                None => {
                    let now = self.desk.clock.now();
                    (issue::possession(&challenge, algorithm, now), now)
                }
            };
            let (body, findings) = cleared(tbs, &challenge, algorithm, now, step)?;
            let what = format!("possession {step}");
            let digest = Digest::of(&body.get().0);
            self.record_checked(of, &what, digest, &findings)?;
            let intended = self.intend(step, step, BodyKind::Possession, body, Kept::InLine)?;
            self.sync()?;
            self.sign_intended_by(step, &intended, signer)?;
            self.sync()?;
        }
        self.proof_files(step, holder, &challenge, algorithm)
    }

    /// The random number of laptop and token: written down before it is used, so that a resume
    /// finds the one that was signed.
    fn challenge(
        &mut self,
        step: &str,
        signer: &mut Signer<'_>,
    ) -> Result<Challenge, CeremonyError> {
        let path = possession_files::content(step);
        match self
            .desk
            .store
            .read(&format!("{}/{path}", self.journal.folder))
        {
            Ok(content) => {
                return Challenge::parse(&content).ok_or_else(|| {
                    CeremonyError::Contradiction(format!("{path} is no proof's content"))
                });
            }
            Err(error) if error.is_missing() => {}
            Err(error) => return Err(error.into()),
        }
        let mut system = [0u8; 32];
        self.desk.entropy.fill(&mut system);
        let token = match &mut signer.token {
            Some(token) => token.random(32)?,
            None => self.desk.token.random(32)?,
        };
        let challenge = Challenge::from_random(&system, &token);
        self.deliver(&path, &challenge.content())?;
        Ok(challenge)
    }

    /// The files: a pure function of the random number and the transcript.
    fn proof_files(
        &mut self,
        step: &str,
        holder: &Certificate,
        challenge: &Challenge,
        algorithm: SignatureAlgorithm,
    ) -> Result<Vec<FileRecord>, CeremonyError> {
        let Some(intent) = self.journal.progress.signed(step).cloned() else {
            let words = format!("{step} has no signature");
            return Err(CeremonyError::Contradiction(words));
        };
        let Some((_, signature)) = &intent.result else {
            return Ok(Vec::new());
        };
        let tbs = SignedAttributes(self.body_of(&intent)?);
        let (body, _) = cleared(tbs, challenge, algorithm, intent.time, step)?;
        let mut records =
            vec![self.deliver(&possession_files::content(step), &challenge.content())?];
        let files = possession_files::signature(step, body.get(), holder, algorithm, signature)
            .map_err(|cause| CeremonyError::Encoding {
                what: step.to_owned(),
                cause,
            })?;
        for (path, bytes) in files {
            records.push(self.deliver(&path, &bytes)?);
        }
        Ok(records)
    }
}

fn cleared(
    tbs: SignedAttributes,
    challenge: &Challenge,
    algorithm: SignatureAlgorithm,
    now: UtcTime,
    subject: &str,
) -> Result<(Cleared<SignedAttributes>, Vec<Finding>), CeremonyError> {
    let context = PossessionContext {
        challenge,
        algorithm,
        now,
        subject,
    };
    Ok(attributes(tbs, &context)?)
}
