//! The one place where the token is asked to sign, and what stands before and after it:
//! intent synced before, verified result after.

use crate::ceremony::error::CeremonyError;
use crate::ceremony::run::Course;
use crate::check::{Cleared, issued};
use crate::digest::{Digest, hex};
use crate::ledger::entry::Event;
use crate::ledger::kinds::BodyKind;
use crate::ledger::layout;
use crate::ports::{KeyId, Token, TokenError};
use crate::x509::public_key::{PublicKey, SignatureAlgorithm};
use crate::x509::tbs::ToBeSigned;
use crate::x509::time::UtcTime;

/// The single caller of [`Token::sign`]: only cleared bytes get here.
pub(in crate::ceremony) fn sign<T: ToBeSigned>(
    token: &mut dyn Token,
    key: &KeyId,
    algorithm: SignatureAlgorithm,
    body: &Cleared<T>,
) -> Result<Vec<u8>, TokenError> {
    token.sign(key, algorithm, body.get().bytes())
}

/// A body that is cleared, and where its intent stands.
pub(super) struct Intended<T> {
    pub product: String,
    pub body: Cleared<T>,
    pub intent: u64,
}

/// Who is asked for a signature.
pub(in crate::ceremony) struct Signer<'t> {
    /// Another token than the ceremony's own.
    pub token: Option<&'t mut dyn Token>,
    /// The key in it.
    pub id: &'t KeyId,
    /// Its public half: every signature is verified under it.
    pub public: &'t PublicKey,
    pub algorithm: SignatureAlgorithm,
}

/// How a body is kept in the transcript.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kept {
    /// In the entry itself.
    InLine,
    /// In a file named by its digest: a CRL may be long.
    InFile,
}

impl Course<'_, '_> {
    /// The root key in the token, its public half, and its algorithm.
    pub(in crate::ceremony) fn root_key(
        &self,
    ) -> Result<(KeyId, PublicKey, SignatureAlgorithm), CeremonyError> {
        let key = self.key.as_ref().ok_or_else(|| {
            CeremonyError::Contradiction("a signature is due before the root key is".to_owned())
        })?;
        let root = &self.job.prepared.plan.root;
        let algorithm = root
            .signature_algorithm()
            .filter(|one| one.fits(key.public.kind()))
            .ok_or_else(|| {
                CeremonyError::Contradiction("the root key has a strange type".to_owned())
            })?;
        Ok((key.id.clone(), key.public.clone(), algorithm))
    }

    /// Records the intent to sign. It must be synced before [`Self::sign_intended`].
    pub(super) fn intend<T: ToBeSigned>(
        &mut self,
        step: &str,
        product: &str,
        kind: BodyKind,
        body: Cleared<T>,
        kept: Kept,
    ) -> Result<Intended<T>, CeremonyError> {
        self.check_clock()?;
        let bytes = body.get().bytes();
        let digest = Digest::of(bytes);
        let (tbs, tbs_file) = match kept {
            Kept::InLine => (Some(hex(bytes)), None),
            Kept::InFile => {
                let path = layout::body_file(&digest);
                (None, Some(self.deliver(&path, bytes)?.path))
            }
        };
        let again_of = self
            .journal
            .progress
            .pending(product)
            .filter(|pending| pending.tbs_sha256 == digest)
            .map(|pending| pending.n);
        let event = Event::SignIntended {
            product: product.to_owned(),
            kind,
            tbs,
            tbs_file,
            tbs_sha256: digest,
            again_of,
        };
        let intent = self.record(Some(step), &event)?;
        Ok(Intended {
            product: product.to_owned(),
            body,
            intent,
        })
    }

    /// Asks the token, verifies its answer, records it. Not safe until synced.
    pub(super) fn sign_intended<T: ToBeSigned>(
        &mut self,
        step: &str,
        intended: &Intended<T>,
    ) -> Result<(), CeremonyError> {
        let (id, public, algorithm) = self.root_key()?;
        let signer = Signer {
            token: None,
            id: &id,
            public: &public,
            algorithm,
        };
        self.sign_intended_by(step, intended, signer)
    }

    /// The same with the key that is named, which another token may hold.
    pub(super) fn sign_intended_by<T: ToBeSigned>(
        &mut self,
        step: &str,
        intended: &Intended<T>,
        signer: Signer<'_>,
    ) -> Result<(), CeremonyError> {
        if self.desk.operator.interrupted() {
            return Err(CeremonyError::Stopped);
        }
        let Signer {
            token,
            id,
            public,
            algorithm,
        } = signer;
        let product = &intended.product;
        self.deeds.asked = Some(product.clone());
        let signature = match token {
            Some(token) => sign(token, id, algorithm, &intended.body)?,
            None => sign(self.desk.token, id, algorithm, &intended.body)?,
        };
        issued::signature(&intended.body, public, algorithm, &signature, product)?;
        self.deeds.asked = None;
        self.deeds.signed.push(product.clone());
        self.deeds.undelivered.push(product.clone());
        let event = Event::Signed {
            product: product.clone(),
            intent: intended.intent,
            algorithm,
            signature: hex(&signature),
        };
        self.record(Some(step), &event)?;
        Ok(())
    }

    /// The body of a certificate's intent that has no result: it is signed again, the same
    /// bytes, unless the policy wants a new serial.
    pub(super) fn pending_body(
        &mut self,
        product: &str,
    ) -> Result<Option<(Vec<u8>, UtcTime)>, CeremonyError> {
        if self.job.prepared.plan.policy == crate::plan::Policy::Webtrust {
            return Ok(None);
        }
        self.unsigned_body(product)
    }

    /// The body of an intent that has no result, and when it was intended.
    pub(super) fn unsigned_body(
        &mut self,
        product: &str,
    ) -> Result<Option<(Vec<u8>, UtcTime)>, CeremonyError> {
        let Some(intent) = self.journal.progress.pending(product).cloned() else {
            return Ok(None);
        };
        let body = self.body_of(&intent)?;
        // The transcript lay on a medium meanwhile: its times are not taken further than now.
        Ok(Some((body, intent.time.min(self.desk.clock.now()))))
    }

    /// The bytes of an intent, from its entry or its file.
    pub(in crate::ceremony) fn body_of(
        &mut self,
        intent: &crate::ceremony::progress::Intent,
    ) -> Result<Vec<u8>, CeremonyError> {
        let bytes = match (&intent.tbs, &intent.tbs_file) {
            (Some(bytes), _) => bytes.clone(),
            (None, Some(path)) => self
                .desk
                .store
                .read(&format!("{}/{path}", self.journal.folder))?,
            (None, None) => Vec::new(),
        };
        if Digest::of(&bytes) != intent.tbs_sha256 {
            let words = format!("the body of entry {} has another digest", intent.n);
            return Err(CeremonyError::Contradiction(words));
        }
        Ok(bytes)
    }
}
