//! [`Pkcs11Token`]: one read-write session with one token, behind [`Token`].

use cryptoki::context::Pkcs11;
use cryptoki::error::{Error, RvError};
use cryptoki::object::ObjectHandle;
use cryptoki::session::{Session, SessionState, UserType};
use cryptoki::slot::Slot;
use cryptoki::types::AuthPin;

use super::error::{failed, return_value};
use super::key::{self, unusable};
use super::mechanism;
use super::module::pin_tries;
use super::note;
use super::template::Templates;
use crate::digest::hex;
use crate::ports::{
    KeyId, KeyQuery, KeySpec, Pin, PinTries, Token, TokenError, TokenIdentity, TokenKey,
};
use crate::x509::escape::escape;
use crate::x509::public_key::SignatureAlgorithm;

/// `C_GenerateRandom` is asked for at most this much; nothing needs more.
const RANDOM_LIMIT: usize = 1 << 16;

/// A token with its session. Dropping it closes the session, which also logs out.
pub struct Pkcs11Token {
    pkcs11: Pkcs11,
    slot: Slot,
    session: Session,
    identity: TokenIdentity,
}

impl Pkcs11Token {
    pub(super) fn open(
        pkcs11: Pkcs11,
        slot: Slot,
        identity: TokenIdentity,
    ) -> Result<Self, TokenError> {
        let session = pkcs11
            .open_rw_session(slot)
            .map_err(|error| failed("C_OpenSession", &error))?;
        Ok(Self {
            pkcs11,
            slot,
            session,
            identity,
        })
    }

    fn logged_in(&self) -> Result<bool, TokenError> {
        let info = self
            .session
            .get_session_info()
            .map_err(|error| failed("C_GetSessionInfo", &error))?;
        Ok(matches!(
            info.session_state(),
            SessionState::RwUser | SessionState::RoUser
        ))
    }

    /// Without a login private keys are merely invisible: "no key" would be a wrong answer.
    fn require_login(&self, function: &str) -> Result<(), TokenError> {
        if self.logged_in()? {
            return Ok(());
        }
        Err(TokenError::Failed {
            function: function.to_owned(),
            code: "CKR_USER_NOT_LOGGED_IN".to_owned(),
        })
    }

    /// The one private key with this id.
    fn one_private_key(&self, id: &KeyId) -> Result<ObjectHandle, TokenError> {
        let found = key::private_handles(&self.session, &KeyQuery::Id(id.clone()))?;
        match found.as_slice() {
            [one] => Ok(*one),
            [] => Err(TokenError::NoKey { id: hex(&id.0) }),
            more => Err(unusable(id, format!("{} keys have this id", more.len()))),
        }
    }
}

impl Token for Pkcs11Token {
    fn identity(&self) -> &TokenIdentity {
        &self.identity
    }

    fn pin_tries(&mut self) -> Result<PinTries, TokenError> {
        let info = self
            .pkcs11
            .get_token_info(self.slot)
            .map_err(|error| failed("C_GetTokenInfo", &error))?;
        // A reader keeps its slot number when the card in it is changed.
        if info.serial_number() != self.identity.serial {
            return Err(TokenError::WrongSerial {
                label: escape(&self.identity.label),
                found: escape(info.serial_number()),
                expected: escape(&self.identity.serial),
            });
        }
        Ok(pin_tries(&info))
    }

    /// `CKR_USER_ALREADY_LOGGED_IN` is an error like others: this PIN was not checked.
    fn login(&mut self, pin: &Pin) -> Result<(), TokenError> {
        if self.pin_tries()? == PinTries::Locked {
            return Err(TokenError::PinLocked);
        }
        let Err(error) = self.session.login(UserType::User, Some(&auth_pin(pin))) else {
            return Ok(());
        };
        match return_value(&error) {
            Some(RvError::PinIncorrect | RvError::PinInvalid | RvError::PinLenRange) => {
                Err(TokenError::WrongPin {
                    tries: self.pin_tries()?,
                })
            }
            Some(RvError::PinLocked) => Err(TokenError::PinLocked),
            _ => Err(failed("C_Login", &error)),
        }
    }

    fn logout(&mut self) -> Result<(), TokenError> {
        self.session
            .logout()
            .map_err(|error| failed("C_Logout", &error))
    }

    /// For `All`, keys that cannot be used (other types and curves, no public half) are left
    /// out; for the others they are errors.
    fn find_keys(&mut self, query: &KeyQuery) -> Result<Vec<TokenKey>, TokenError> {
        let mut keys = Vec::new();
        for handle in key::private_handles(&self.session, query)? {
            match (key::read(&self.session, handle), query) {
                (Ok(found), _) => keys.push(found),
                (Err(TokenError::UnusableKey { .. }), KeyQuery::All) => {}
                (Err(error), _) => return Err(error),
            }
        }
        // The token's order is its own affair.
        keys.sort_by(|a, b| (&a.id.0, a.public_key.spki()).cmp(&(&b.id.0, b.public_key.spki())));
        Ok(keys)
    }

    /// Answers with the key as the token shows it afterwards, not as it was asked for.
    fn generate_key(&mut self, spec: &KeySpec) -> Result<TokenKey, TokenError> {
        self.require_login("C_GenerateKeyPair")?;
        let same_id = KeyQuery::Id(spec.id.clone());
        if !key::private_handles(&self.session, &same_id)?.is_empty() {
            return Err(unusable(
                &spec.id,
                "the token has a key with this id already",
            ));
        }
        let generate = |templates: Templates| {
            self.session.generate_key_pair(
                &templates.mechanism,
                &templates.public,
                &templates.private,
            )
        };
        // A refused template has made no key; had it, the count below would show it.
        let mut attempts = Templates::attempts(spec).into_iter().peekable();
        while let Some(templates) = attempts.next() {
            match generate(templates) {
                Ok(_) => break,
                Err(error) if attempts.peek().is_some() && refuses_template(&error) => {}
                Err(error) => return Err(failed("C_GenerateKeyPair", &error)),
            }
        }
        let made = key::read(&self.session, self.one_private_key(&spec.id)?)?;
        if made.public_key.kind() != spec.key.kind() {
            return Err(unusable(
                &spec.id,
                format!(
                    "it became {}, not {}",
                    made.public_key.kind(),
                    spec.key.kind()
                ),
            ));
        }
        Ok(made)
    }

    /// The private key first: half a key that can no longer sign is the better half to keep.
    fn destroy_key(&mut self, id: &KeyId) -> Result<(), TokenError> {
        self.require_login("C_DestroyObject")?;
        for handle in key::all_handles(&self.session, id)? {
            self.session
                .destroy_object(handle)
                .map_err(|error| failed("C_DestroyObject", &error))?;
        }
        Ok(())
    }

    fn read_notes(&mut self, label: &str) -> Result<Vec<Vec<u8>>, TokenError> {
        self.require_login("C_FindObjects")?;
        note::read(&self.session, label)
    }

    fn write_note(&mut self, label: &str, value: &[u8]) -> Result<(), TokenError> {
        self.require_login("C_CreateObject")?;
        note::write(&self.session, label, value)
    }

    fn random(&mut self, length: usize) -> Result<Vec<u8>, TokenError> {
        if length > RANDOM_LIMIT {
            return Err(TokenError::Failed {
                function: "C_GenerateRandom".to_owned(),
                code: "CKR_ARGUMENTS_BAD".to_owned(),
            });
        }
        let mut octets = vec![0; length];
        self.session
            .generate_random_slice(&mut octets)
            .map_err(|error| failed("C_GenerateRandom", &error))?;
        Ok(octets)
    }

    fn sign(
        &mut self,
        key: &KeyId,
        algorithm: SignatureAlgorithm,
        message: &[u8],
    ) -> Result<Vec<u8>, TokenError> {
        self.require_login("C_SignInit")?;
        let handle = self.one_private_key(key)?;
        if key::always_authenticates(&self.session, handle)? {
            // cryptoki signs in one call and leaves no room for the login in between.
            return Err(unusable(
                key,
                "CKA_ALWAYS_AUTHENTICATE is set: it wants the PIN again for every signature",
            ));
        }
        let kind = key::kind(&self.session, handle, key)?;
        let (mechanism, input) =
            mechanism::prepare(kind, algorithm, message).map_err(|why| unusable(key, why))?;
        let signature = self
            .session
            .sign(&mechanism, handle, &input)
            .map_err(|error| failed("C_Sign", &error))?;
        mechanism::finish(kind, signature).map_err(|why| unusable(key, why))
    }
}

/// Whether the token may take the key said in another way.
fn refuses_template(error: &Error) -> bool {
    matches!(
        return_value(error),
        Some(
            RvError::AttributeTypeInvalid
                | RvError::AttributeValueInvalid
                | RvError::AttributeReadOnly
                | RvError::TemplateInconsistent
                | RvError::CurveNotSupported
                | RvError::DomainParamsInvalid
        )
    )
}

/// The PIN in the type cryptoki takes, which wipes itself too.
pub(super) fn auth_pin(pin: &Pin) -> AuthPin {
    AuthPin::from(pin.expose().to_owned())
}
