//! Key templates, and what is read back of a key.
//!
//! Attribute values are reported as `true`, `false`, hex, text (`CKA_LABEL`), the `CKO_`,
//! `CKK_` or `CKM_` name, or `absent`. The private numbers are never read: only whether the
//! token would give them, as `sensitive`, `absent` or `READABLE`.

use std::collections::BTreeMap;

use cryptoki::mechanism::Mechanism;
use cryptoki::object::{
    Attribute, AttributeInfo, AttributeType, KeyType, ObjectClass, ObjectHandle,
};
use cryptoki::session::Session;
use der::Tag;

use super::error::failed;
use crate::digest::hex;
use crate::ports::{KeyId, KeyQuery, KeySpec, TokenError, TokenKey};
use crate::x509::oid;
use crate::x509::public_key::{Curve, KeyKind, PublicKey, SignatureAlgorithm};
use crate::x509::tlv;

/// What is read of every private key.
const READ_BACK: [AttributeType; 21] = [
    AttributeType::Class,
    AttributeType::KeyType,
    AttributeType::Token,
    AttributeType::Private,
    AttributeType::Sensitive,
    AttributeType::AlwaysSensitive,
    AttributeType::Extractable,
    AttributeType::NeverExtractable,
    AttributeType::Local,
    AttributeType::KeyGenMechanism,
    AttributeType::Sign,
    AttributeType::SignRecover,
    AttributeType::Decrypt,
    AttributeType::Unwrap,
    AttributeType::Derive,
    AttributeType::Modifiable,
    AttributeType::Copyable,
    AttributeType::Destroyable,
    AttributeType::AlwaysAuthenticate,
    AttributeType::Id,
    AttributeType::Label,
];

/// The numbers that are the secret of an RSA key, and of an EC key.
const RSA_SECRETS: [AttributeType; 6] = [
    AttributeType::PrivateExponent,
    AttributeType::Prime1,
    AttributeType::Prime2,
    AttributeType::Exponent1,
    AttributeType::Exponent2,
    AttributeType::Coefficient,
];
const EC_SECRETS: [AttributeType; 1] = [AttributeType::Value];

/// What `C_GenerateKeyPair` is given.
pub(super) struct Templates {
    /// `CKM_RSA_PKCS_KEY_PAIR_GEN`, `CKM_EC_KEY_PAIR_GEN` or `CKM_EC_EDWARDS_KEY_PAIR_GEN`
    pub mechanism: Mechanism<'static>,
    /// Of the public key.
    pub public: Vec<Attribute>,
    /// Of the private key.
    pub private: Vec<Attribute>,
}

impl Templates {
    /// What no key is made without.
    pub(super) fn essential(spec: &KeySpec) -> Self {
        let mut public = vec![
            Attribute::Token(true),
            Attribute::Private(false),
            Attribute::Verify(true),
            Attribute::Encrypt(false),
            Attribute::Wrap(false),
            Attribute::Modifiable(false),
            Attribute::Label(spec.label.clone().into_bytes()),
            Attribute::Id(spec.id.0.clone()),
        ];
        let mechanism = match spec.key.kind() {
            KeyKind::Rsa { bits } => {
                public.push(Attribute::ModulusBits((bits as u64).into()));
                public.push(Attribute::PublicExponent(vec![1, 0, 1]));
                Mechanism::RsaPkcsKeyPairGen
            }
            KeyKind::Ec(curve) => {
                public.push(Attribute::EcParams(oid::der(curve.oid())));
                Mechanism::EccKeyPairGen
            }
            KeyKind::Ed25519 => {
                public.push(Attribute::EcParams(edwards_oid()));
                Mechanism::EccEdwardsKeyPairGen
            }
        };
        let private = vec![
            Attribute::Token(true),
            Attribute::Private(true),
            Attribute::Sensitive(true),
            Attribute::Extractable(false),
            Attribute::Sign(true),
            Attribute::Modifiable(false),
            Attribute::Label(spec.label.clone().into_bytes()),
            Attribute::Id(spec.id.0.clone()),
        ];
        Self {
            mechanism,
            public,
            private,
        }
    }

    /// The same, and every other use forbidden in words. Some tokens refuse to be told.
    pub(super) fn full(spec: &KeySpec) -> Self {
        let mut templates = Self::essential(spec);
        templates.public.push(Attribute::VerifyRecover(false));
        templates.private.extend([
            Attribute::SignRecover(false),
            Attribute::Decrypt(false),
            Attribute::Unwrap(false),
            Attribute::Derive(false),
            Attribute::Copyable(false),
        ]);
        templates
    }

    /// What to ask for in turn, until a token takes one: some refuse attributes that only say
    /// what is so by default, and PKCS#11 3.0 has a second name for edwards25519.
    pub(super) fn attempts(spec: &KeySpec) -> Vec<Self> {
        let both = || [Self::full(spec), Self::essential(spec)];
        let mut attempts = Vec::from(both());
        if spec.key.kind() == KeyKind::Ed25519 {
            attempts.extend(both().map(Self::with_edwards_name));
        }
        attempts
    }

    fn with_edwards_name(mut self) -> Self {
        for attribute in &mut self.public {
            if matches!(attribute, Attribute::EcParams(_)) {
                *attribute = Attribute::EcParams(edwards_name());
            }
        }
        self
    }
}

/// `id-Ed25519` (RFC 8410 3), as PKCS#11 3.1 has it in `CKA_EC_PARAMS`.
fn edwards_oid() -> Vec<u8> {
    oid::der(SignatureAlgorithm::Ed25519.oid())
}

/// The curve's name as PKCS#11 3.0 has it (2.3.3).
fn edwards_name() -> Vec<u8> {
    tlv::encode(Tag::PrintableString, &[b"edwards25519"])
}

/// Handles of the private keys that match.
pub(super) fn private_handles(
    session: &Session,
    query: &KeyQuery,
) -> Result<Vec<ObjectHandle>, TokenError> {
    let mut template = vec![Attribute::Class(ObjectClass::PRIVATE_KEY)];
    match query {
        KeyQuery::Id(id) => template.push(Attribute::Id(id.0.clone())),
        KeyQuery::Label(label) => template.push(Attribute::Label(label.clone().into_bytes())),
        KeyQuery::All => {}
    }
    session
        .find_objects(&template)
        .map_err(|error| failed("C_FindObjects", &error))
}

/// The key behind a handle with all that is read of it.
pub(super) fn read(session: &Session, handle: ObjectHandle) -> Result<TokenKey, TokenError> {
    let id = KeyId(octets(session, handle, AttributeType::Id)?.unwrap_or_default());
    let label = octets(session, handle, AttributeType::Label)?.unwrap_or_default();
    let mut attributes = BTreeMap::new();
    for name in READ_BACK {
        attributes.insert(name.to_string(), shown(session, handle, name)?);
    }
    let kind = key_type(session, handle)?;
    let secrets: &[AttributeType] = match kind {
        Some(KeyType::RSA) => &RSA_SECRETS,
        _ => &EC_SECRETS,
    };
    for name in secrets {
        attributes.insert(name.to_string(), secrecy(session, handle, *name)?);
    }
    Ok(TokenKey {
        public_key: public_key(session, handle, &id)?,
        label: String::from_utf8_lossy(&label).into_owned(),
        id,
        attributes,
    })
}

/// Type and size of a private key, from the object itself: enough to sign with it.
pub(super) fn kind(
    session: &Session,
    handle: ObjectHandle,
    id: &KeyId,
) -> Result<KeyKind, TokenError> {
    match key_type(session, handle)? {
        Some(KeyType::RSA) => Ok(public_key(session, handle, id)?.kind()),
        Some(KeyType::EC) => Ok(KeyKind::Ec(curve(session, handle, id)?)),
        Some(KeyType::EC_EDWARDS) => {
            require_edwards25519(session, handle, id)?;
            Ok(KeyKind::Ed25519)
        }
        other => Err(not_taken(id, other)),
    }
}

/// Whether each signature wants its own login (`CKA_ALWAYS_AUTHENTICATE`).
pub(super) fn always_authenticates(
    session: &Session,
    handle: ObjectHandle,
) -> Result<bool, TokenError> {
    Ok(matches!(
        value(session, handle, AttributeType::AlwaysAuthenticate)?,
        Read::Value(Attribute::AlwaysAuthenticate(true))
    ))
}

/// An error about one key, by its id.
pub(super) fn unusable(id: &KeyId, cause: impl Into<String>) -> TokenError {
    TokenError::UnusableKey {
        id: hex(&id.0),
        cause: cause.into(),
    }
}

/// The public half. `CKA_PUBLIC_KEY_INFO` is empty on SoftHSM, so it is put together from
/// the numbers: the private object's where it has them, else the public object of this id.
fn public_key(
    session: &Session,
    private: ObjectHandle,
    id: &KeyId,
) -> Result<PublicKey, TokenError> {
    let rebuilt = match key_type(session, private)? {
        Some(KeyType::RSA) => {
            let modulus = octets(session, private, AttributeType::Modulus)?;
            let exponent = octets(session, private, AttributeType::PublicExponent)?;
            let (modulus, exponent) = match (modulus, exponent) {
                (Some(modulus), Some(exponent)) if !modulus.is_empty() && !exponent.is_empty() => {
                    (modulus, exponent)
                }
                _ => (
                    of_public_object(session, KeyType::RSA, AttributeType::Modulus, id)?,
                    of_public_object(session, KeyType::RSA, AttributeType::PublicExponent, id)?,
                ),
            };
            PublicKey::from_rsa(&modulus, &exponent)
        }
        Some(KeyType::EC) => {
            let curve = curve(session, private, id)?;
            let encoded = of_public_object(session, KeyType::EC, AttributeType::EcPoint, id)?;
            let point = ec_point(curve, &encoded)
                .ok_or_else(|| unusable(id, "its CKA_EC_POINT is no point of its curve"))?;
            PublicKey::from_ec_point(curve, point)
        }
        Some(KeyType::EC_EDWARDS) => {
            require_edwards25519(session, private, id)?;
            let name = AttributeType::EcPoint;
            let encoded = of_public_object(session, KeyType::EC_EDWARDS, name, id)?;
            let octets = edwards_point(&encoded)
                .ok_or_else(|| unusable(id, "its CKA_EC_POINT is no point of its curve"))?;
            PublicKey::from_ed25519(octets)
        }
        other => return Err(not_taken(id, other)),
    };
    rebuilt.map_err(|error| unusable(id, error.to_string()))
}

/// One attribute of the public key object with this id. Two objects may share an id; they
/// must then say the same.
fn of_public_object(
    session: &Session,
    key_type: KeyType,
    name: AttributeType,
    id: &KeyId,
) -> Result<Vec<u8>, TokenError> {
    if id.0.is_empty() {
        return Err(unusable(id, "it has no CKA_ID to find its public half by"));
    }
    let objects = session
        .find_objects(&[
            Attribute::Class(ObjectClass::PUBLIC_KEY),
            Attribute::KeyType(key_type),
            Attribute::Id(id.0.clone()),
        ])
        .map_err(|error| failed("C_FindObjects", &error))?;
    let mut found = None;
    for object in objects {
        let octets = octets(session, object, name)?.filter(|octets| !octets.is_empty());
        match (&found, octets) {
            (Some(first), Some(other)) if *first != other => {
                return Err(unusable(id, "several different public keys have its id"));
            }
            (None, Some(first)) => found = Some(first),
            _ => {}
        }
    }
    found.ok_or_else(|| unusable(id, format!("no public key with its id shows {name}")))
}

fn curve(session: &Session, private: ObjectHandle, id: &KeyId) -> Result<Curve, TokenError> {
    let parameters = ec_parameters(session, private, KeyType::EC, id)?;
    Curve::ALL
        .into_iter()
        .find(|curve| oid::der(curve.oid()) == parameters)
        .ok_or_else(|| no_curve(id, &parameters))
}

/// An Edwards key may also be of the other curve, Ed448.
fn require_edwards25519(
    session: &Session,
    private: ObjectHandle,
    id: &KeyId,
) -> Result<(), TokenError> {
    let parameters = ec_parameters(session, private, KeyType::EC_EDWARDS, id)?;
    if [edwards_oid(), edwards_name()].contains(&parameters) {
        return Ok(());
    }
    Err(no_curve(id, &parameters))
}

fn ec_parameters(
    session: &Session,
    private: ObjectHandle,
    key_type: KeyType,
    id: &KeyId,
) -> Result<Vec<u8>, TokenError> {
    match octets(session, private, AttributeType::EcParams)? {
        Some(parameters) if !parameters.is_empty() => Ok(parameters),
        _ => of_public_object(session, key_type, AttributeType::EcParams, id),
    }
}

fn no_curve(id: &KeyId, parameters: &[u8]) -> TokenError {
    let found = hex(parameters);
    unusable(
        id,
        format!("its CKA_EC_PARAMS {found} are no curve that is taken"),
    )
}

/// The uncompressed point in a `CKA_EC_POINT`: in its OCTET STRING as the standard has it, or
/// bare as some tokens give it. Both begin with 0x04; the length tells them apart.
fn ec_point(curve: Curve, encoded: &[u8]) -> Option<&[u8]> {
    let length = 1 + 2 * curve.field_octets();
    let point = if encoded.len() == length {
        encoded
    } else {
        tlv::single(encoded, Tag::OctetString, "CKA_EC_POINT")
            .ok()?
            .value
    };
    (point.len() == length && point.first() == Some(&4)).then_some(point)
}

/// The octets of an Ed25519 key in a `CKA_EC_POINT`, wrapped or bare in the same way.
fn edwards_point(encoded: &[u8]) -> Option<&[u8]> {
    const LENGTH: usize = 32;
    if encoded.len() == LENGTH {
        return Some(encoded);
    }
    let point = tlv::single(encoded, Tag::OctetString, "CKA_EC_POINT").ok()?;
    (point.value.len() == LENGTH).then_some(point.value)
}

fn key_type(session: &Session, handle: ObjectHandle) -> Result<Option<KeyType>, TokenError> {
    Ok(match value(session, handle, AttributeType::KeyType)? {
        Read::Value(Attribute::KeyType(found)) => Some(found),
        _ => None,
    })
}

fn not_taken(id: &KeyId, found: Option<KeyType>) -> TokenError {
    let what = found.map_or_else(|| "an unknown type".to_owned(), |found| found.to_string());
    unusable(
        id,
        format!("it is of {what}; RSA, P-256, P-384, P-521 and Ed25519 are taken"),
    )
}

/// How one attribute was answered.
enum Read {
    Value(Attribute),
    /// `CKR_ATTRIBUTE_SENSITIVE`
    Sensitive,
    /// `CKR_ATTRIBUTE_TYPE_INVALID`, or no information.
    Absent,
    /// A value that is not of the attribute's type.
    Malformed,
}

/// Asks for one attribute at a time: in a list, cryptoki leaves out silently what the token
/// would not give, and one malformed value spoils all.
fn value(session: &Session, handle: ObjectHandle, name: AttributeType) -> Result<Read, TokenError> {
    match session.get_attributes(handle, &[name]) {
        Ok(mut found) => match found.pop() {
            Some(attribute) => Ok(Read::Value(attribute)),
            None => Ok(match info(session, handle, name)? {
                AttributeInfo::Sensitive => Read::Sensitive,
                _ => Read::Absent,
            }),
        },
        Err(error @ cryptoki::error::Error::Pkcs11(..)) => {
            Err(failed("C_GetAttributeValue", &error))
        }
        Err(_) => Ok(Read::Malformed),
    }
}

fn info(
    session: &Session,
    handle: ObjectHandle,
    name: AttributeType,
) -> Result<AttributeInfo, TokenError> {
    session
        .get_attribute_info(handle, &[name])
        .map_err(|error| failed("C_GetAttributeValue", &error))?
        .pop()
        .map_or(Ok(AttributeInfo::Unavailable), Ok)
}

fn octets(
    session: &Session,
    handle: ObjectHandle,
    name: AttributeType,
) -> Result<Option<Vec<u8>>, TokenError> {
    Ok(match value(session, handle, name)? {
        Read::Value(
            Attribute::Id(octets)
            | Attribute::Label(octets)
            | Attribute::Modulus(octets)
            | Attribute::PublicExponent(octets)
            | Attribute::EcParams(octets)
            | Attribute::EcPoint(octets),
        ) => Some(octets),
        _ => None,
    })
}

fn shown(
    session: &Session,
    handle: ObjectHandle,
    name: AttributeType,
) -> Result<String, TokenError> {
    Ok(match value(session, handle, name)? {
        Read::Sensitive => "sensitive".to_owned(),
        Read::Absent => "absent".to_owned(),
        Read::Malformed => "malformed".to_owned(),
        Read::Value(attribute) => shown_value(&attribute),
    })
}

fn shown_value(attribute: &Attribute) -> String {
    match attribute {
        Attribute::Class(class) => class.to_string(),
        Attribute::KeyType(key_type) => key_type.to_string(),
        Attribute::KeyGenMechanism(mechanism) => mechanism.to_string(),
        Attribute::Id(octets) => hex(octets),
        Attribute::Label(octets) => String::from_utf8_lossy(octets).into_owned(),
        Attribute::Token(flag)
        | Attribute::Private(flag)
        | Attribute::Sensitive(flag)
        | Attribute::AlwaysSensitive(flag)
        | Attribute::Extractable(flag)
        | Attribute::NeverExtractable(flag)
        | Attribute::Local(flag)
        | Attribute::Sign(flag)
        | Attribute::SignRecover(flag)
        | Attribute::Decrypt(flag)
        | Attribute::Unwrap(flag)
        | Attribute::Derive(flag)
        | Attribute::Modifiable(flag)
        | Attribute::Copyable(flag)
        | Attribute::Destroyable(flag)
        | Attribute::AlwaysAuthenticate(flag) => flag.to_string(),
        // Nothing else is in READ_BACK.
        _ => "malformed".to_owned(),
    }
}

/// Whether the token would give a private number; it is asked for the length only.
fn secrecy(
    session: &Session,
    handle: ObjectHandle,
    name: AttributeType,
) -> Result<String, TokenError> {
    Ok(match info(session, handle, name)? {
        AttributeInfo::Sensitive => "sensitive",
        AttributeInfo::TypeInvalid | AttributeInfo::Unavailable => "absent",
        AttributeInfo::Available(_) => "READABLE",
    }
    .to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::x509::public_key::RootKey;

    #[test]
    fn a_point_is_taken_wrapped_or_bare_and_in_no_other_form() {
        for curve in Curve::ALL {
            let length = 1 + 2 * curve.field_octets();
            // The worst case: a bare point whose next octets look like an OCTET STRING's.
            let mut bare = vec![7; length];
            bare[0] = 4;
            bare[1] = u8::try_from(length - 2).unwrap_or(0x81);
            let wrapped = tlv::encode(Tag::OctetString, &[&bare]);
            assert_eq!(ec_point(curve, &bare), Some(bare.as_slice()));
            assert_eq!(ec_point(curve, &wrapped), Some(bare.as_slice()));
            assert_eq!(ec_point(curve, &wrapped[..length + 1]), None);
            assert_eq!(ec_point(curve, &bare[1..]), None);
            assert_eq!(ec_point(curve, &[]), None);
            let mut compressed = bare[..=curve.field_octets()].to_vec();
            compressed[0] = 2;
            assert_eq!(ec_point(curve, &compressed), None);
            let mut hybrid = bare.clone();
            hybrid[0] = 6;
            assert_eq!(ec_point(curve, &hybrid), None);
        }
    }

    #[test]
    fn an_edwards_point_is_taken_wrapped_or_bare() {
        let mut bare = vec![7; 32];
        bare[..2].copy_from_slice(&[4, 30]);
        let wrapped = tlv::encode(Tag::OctetString, &[&bare]);
        assert_eq!(edwards_point(&bare), Some(bare.as_slice()));
        assert_eq!(edwards_point(&wrapped), Some(bare.as_slice()));
        assert_eq!(edwards_point(&bare[1..]), None);
        assert_eq!(edwards_point(&wrapped[..33]), None);
        assert_eq!(edwards_point(&[]), None);
    }

    #[test]
    fn an_edwards_key_is_asked_for_by_both_its_names() {
        let spec = |key| KeySpec {
            key,
            label: "root".to_owned(),
            id: KeyId(vec![1, 2]),
        };
        let named = |name: Vec<u8>| {
            let attempts = Templates::attempts(&spec(RootKey::Ed25519));
            let wanted = Attribute::EcParams(name);
            attempts
                .iter()
                .filter(|one| one.public.contains(&wanted))
                .count()
        };
        assert_eq!((named(edwards_oid()), named(edwards_name())), (2, 2));
        assert_eq!(Templates::attempts(&spec(RootKey::P384)).len(), 2);
    }

    #[test]
    fn the_essential_template_still_locks_the_key_in() {
        for key in RootKey::ALL {
            let spec = KeySpec {
                key,
                label: "root".to_owned(),
                id: KeyId(vec![1, 2]),
            };
            for templates in Templates::attempts(&spec) {
                for demanded in [
                    Attribute::Token(true),
                    Attribute::Private(true),
                    Attribute::Sensitive(true),
                    Attribute::Extractable(false),
                    Attribute::Modifiable(false),
                    Attribute::Sign(true),
                ] {
                    assert!(templates.private.contains(&demanded), "{demanded:?}");
                }
                assert!(templates.public.contains(&Attribute::Verify(true)));
                assert!(templates.public.contains(&Attribute::Encrypt(false)));
            }
        }
    }
}
