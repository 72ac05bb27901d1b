//! What is read back of a key.
//!
//! Attribute values are reported as `true`, `false`, hex, text (`CKA_LABEL`), the `CKO_`,
//! `CKK_` or `CKM_` name, or `absent`. The private numbers are never read: only whether the
//! token would give them, as `sensitive`, `absent` or `READABLE`.

use std::collections::BTreeMap;

use cryptoki::object::{
    Attribute, AttributeInfo, AttributeType, KeyType, ObjectClass, ObjectHandle,
};
use cryptoki::session::Session;

use super::error::failed;
use super::point::{ec_point, edwards_name, edwards_oid, edwards_point};
use crate::digest::hex;
use crate::ports::{KeyId, KeyQuery, TokenError, TokenKey};
use crate::x509::oid;
use crate::x509::public_key::{Curve, KeyKind, PublicKey};

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

/// Handles of every key with this id: the private ones first, then the public ones.
pub(super) fn all_handles(session: &Session, id: &KeyId) -> Result<Vec<ObjectHandle>, TokenError> {
    let mut handles = Vec::new();
    for class in [ObjectClass::PRIVATE_KEY, ObjectClass::PUBLIC_KEY] {
        let template = [Attribute::Class(class), Attribute::Id(id.0.clone())];
        let found = session
            .find_objects(&template)
            .map_err(|error| failed("C_FindObjects", &error))?;
        handles.extend(found);
    }
    Ok(handles)
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
