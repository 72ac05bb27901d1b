//! Notes: small data objects (`CKO_DATA`) beside the key, found by application and label.

use cryptoki::object::{Attribute, AttributeType, ObjectClass, ObjectHandle};
use cryptoki::session::Session;

use super::error::failed;
use crate::ports::TokenError;

/// `CKA_APPLICATION` of every object of ours.
const APPLICATION: &[u8] = b"anchorite";

/// Notes longer than this are not ours.
const LIMIT: usize = 4096;

/// The values of all notes with this label.
pub(super) fn read(session: &Session, label: &str) -> Result<Vec<Vec<u8>>, TokenError> {
    let mut notes = Vec::new();
    for handle in handles(session, label)? {
        let attributes = session
            .get_attributes(handle, &[AttributeType::Value])
            .map_err(|error| failed("C_GetAttributeValue", &error))?;
        for attribute in attributes {
            if let Attribute::Value(value) = attribute {
                notes.push(value.get(..LIMIT).map_or(value.clone(), <[u8]>::to_vec));
            }
        }
    }
    notes.sort();
    Ok(notes)
}

/// Makes a note, and only then removes the older ones of its label: a crash in between leaves
/// one too many, never none.
pub(super) fn write(session: &Session, label: &str, value: &[u8]) -> Result<(), TokenError> {
    let older = handles(session, label)?;
    let template = [
        Attribute::Class(ObjectClass::DATA),
        Attribute::Token(true),
        Attribute::Private(true),
        Attribute::Application(APPLICATION.to_vec()),
        Attribute::Label(label.as_bytes().to_vec()),
        Attribute::Value(value.to_vec()),
    ];
    session
        .create_object(&template)
        .map_err(|error| failed("C_CreateObject", &error))?;
    for handle in older {
        session
            .destroy_object(handle)
            .map_err(|error| failed("C_DestroyObject", &error))?;
    }
    Ok(())
}

fn handles(session: &Session, label: &str) -> Result<Vec<ObjectHandle>, TokenError> {
    session
        .find_objects(&[
            Attribute::Class(ObjectClass::DATA),
            Attribute::Application(APPLICATION.to_vec()),
            Attribute::Label(label.as_bytes().to_vec()),
        ])
        .map_err(|error| failed("C_FindObjects", &error))
}
