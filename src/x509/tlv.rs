//! Tag, length, value: DER taken apart into slices and put together from slices, so that
//! names, keys and key identifiers travel as the bytes they came as.

use der::{Encode, Header, Length, Reader, SliceReader, Tag, TagNumber};

/// DER that cannot be read; the text names what was expected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct DerError(pub String);

impl DerError {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

impl From<der::Error> for DerError {
    fn from(error: der::Error) -> Self {
        Self(error.to_string())
    }
}

/// One element: its tag, all its bytes, and its content.
#[derive(Clone, Copy, Debug)]
pub struct Element<'a> {
    /// Tag.
    pub tag: Tag,
    /// Tag, length and content as they stand in the input.
    pub raw: &'a [u8],
    /// The content alone.
    pub value: &'a [u8],
}

/// A SEQUENCE's tag.
pub const SEQUENCE: Tag = Tag::Sequence;

/// A context-specific constructed tag, `[n]`.
pub fn context(number: u32) -> Tag {
    Tag::ContextSpecific {
        constructed: true,
        number: TagNumber(number),
    }
}

/// Puts an element together from the pieces of its content.
///
/// Contents stay far below the 256 MiB that `der` can count, so that encoding cannot fail.
pub fn encode(tag: Tag, parts: &[&[u8]]) -> Vec<u8> {
    let content: usize = parts.iter().map(|part| part.len()).sum();
    let length = Length::try_from(content).unwrap_or(Length::MAX);
    let mut bytes = Vec::with_capacity(content + 6);
    // Writing into a Vec fails only for lengths beyond `Length::MAX`.
    let _ = Header::new(tag, length).encode_to_vec(&mut bytes);
    for part in parts {
        bytes.extend_from_slice(part);
    }
    bytes
}

/// A SEQUENCE of the given elements.
pub fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    encode(SEQUENCE, parts)
}

/// A positive INTEGER from big-endian octets.
pub fn unsigned(octets: &[u8]) -> Vec<u8> {
    let first = octets.iter().position(|&b| b != 0).unwrap_or(octets.len());
    let digits = &octets[first..];
    match digits.first() {
        None => encode(Tag::Integer, &[&[0]]),
        Some(&top) if top >= 0x80 => encode(Tag::Integer, &[&[0], digits]),
        Some(_) => encode(Tag::Integer, &[digits]),
    }
}

/// A BIT STRING without unused bits.
pub fn bit_string(octets: &[u8]) -> Vec<u8> {
    encode(Tag::BitString, &[&[0], octets])
}

/// A run of elements, taken apart one at a time. It ends after the first that is not DER.
#[derive(Clone, Debug)]
pub struct Elements<'a> {
    left: &'a [u8],
}

impl<'a> Elements<'a> {
    /// The elements that fill `bytes`.
    pub fn of(bytes: &'a [u8]) -> Self {
        Self { left: bytes }
    }

    fn first(&mut self) -> Result<Element<'a>, DerError> {
        let bytes = std::mem::take(&mut self.left);
        let mut reader = SliceReader::new(bytes)?;
        let header = Header::peek(&reader)?;
        let raw = reader.tlv_bytes()?;
        let content = usize::try_from(header.length())?;
        self.left = &bytes[raw.len()..];
        Ok(Element {
            tag: header.tag(),
            raw,
            value: &raw[raw.len() - content..],
        })
    }
}

impl<'a> Iterator for Elements<'a> {
    type Item = Result<Element<'a>, DerError>;

    fn next(&mut self) -> Option<Self::Item> {
        (!self.left.is_empty()).then(|| self.first())
    }
}

/// Takes a run of elements apart; lengths must be DER and end exactly with the input. A run of
/// more than 65536 is refused: no file but a CRL has room for it, whose entries are read with
/// [`Elements`].
pub fn elements(bytes: &[u8]) -> Result<Vec<Element<'_>>, DerError> {
    const MOST: usize = 65536;
    let mut run = Elements::of(bytes);
    let found = run.by_ref().take(MOST).collect::<Result<Vec<_>, _>>()?;
    match run.next() {
        None => Ok(found),
        Some(_) => Err(DerError::new("more than 65536 elements")),
    }
}

/// Checks that a part of a file is not longer than whole files but CRLs may be: it is read as a
/// whole and told to people.
pub fn check_length(octets: usize, what: &str) -> Result<(), DerError> {
    if octets <= super::pem::SIZE_LIMIT {
        Ok(())
    } else {
        Err(DerError(format!("{what}: more than 65536 octets")))
    }
}

/// The one element that `bytes` are, with nothing after it.
pub fn single<'a>(bytes: &'a [u8], tag: Tag, what: &str) -> Result<Element<'a>, DerError> {
    let found = elements(bytes).map_err(|error| DerError(format!("{what}: {error}")))?;
    match found.as_slice() {
        [element] if element.tag == tag => Ok(*element),
        [element] => Err(DerError(format!("{what}: found {}", element.tag))),
        [] => Err(DerError(format!("{what}: empty"))),
        _ => Err(DerError(format!("{what}: bytes after its end"))),
    }
}

/// The elements of a SEQUENCE that fills `bytes`.
pub fn sequence_of<'a>(bytes: &'a [u8], what: &str) -> Result<Vec<Element<'a>>, DerError> {
    let outer = single(bytes, SEQUENCE, what)?;
    elements(outer.value).map_err(|error| DerError(format!("{what}: {error}")))
}

/// The octets of a BIT STRING without unused bits.
pub fn bit_string_octets<'a>(element: &Element<'a>, what: &str) -> Result<&'a [u8], DerError> {
    match (element.tag, element.value.split_first()) {
        (Tag::BitString, Some((0, octets))) => Ok(octets),
        _ => Err(DerError(format!(
            "{what}: not a BIT STRING of whole octets"
        ))),
    }
}

/// The content of an INTEGER that is not negative and not padded.
pub fn unsigned_octets<'a>(element: &Element<'a>, what: &str) -> Result<&'a [u8], DerError> {
    match (element.tag, element.value) {
        (Tag::Integer, [0]) => Ok(element.value),
        (Tag::Integer, [0, second, ..]) if *second < 0x80 => {
            Err(DerError(format!("{what}: INTEGER is padded")))
        }
        (Tag::Integer, [0, rest @ ..]) => Ok(rest),
        (Tag::Integer, [first, ..]) if *first < 0x80 => Ok(element.value),
        _ => Err(DerError(format!("{what}: not a positive INTEGER"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_put_together_comes_apart() {
        let inner = unsigned(&[0x00, 0x80]);
        assert_eq!(inner, [2, 2, 0, 0x80]);
        assert_eq!(unsigned(&[0, 0]), [2, 1, 0]);
        let long = sequence(&[&inner, &encode(Tag::OctetString, &[&[7; 200]])]);
        assert_eq!(&long[..3], &[0x30, 0x81, 0xcf]);
        let parts = sequence_of(&long, "test").unwrap();
        assert_eq!(parts[0].raw, inner);
        assert_eq!(unsigned_octets(&parts[0], "n").unwrap(), [0x80]);
        assert_eq!(parts[1].value.len(), 200);
    }

    #[test]
    fn a_run_has_an_end() {
        let null = [5, 0];
        assert_eq!(
            elements(&null.repeat(65536)).map(|run| run.len()),
            Ok(65536)
        );
        assert!(elements(&null.repeat(65537)).is_err());
    }

    #[test]
    fn a_part_has_a_length() {
        assert_eq!(check_length(65536, "x"), Ok(()));
        let error = check_length(65537, "x").unwrap_err();
        assert_eq!(error.to_string(), "x: more than 65536 octets");
    }

    #[test]
    fn not_der_is_refused() {
        assert!(elements(&[0x30, 0x80, 0, 0]).is_err(), "indefinite length");
        assert!(
            elements(&[0x30, 0x81, 0x01, 0x05]).is_err(),
            "long form for a short length"
        );
        assert!(elements(&[0x30, 0x02, 0x05]).is_err(), "cut short");
        assert!(
            single(&[0x05, 0, 0x05, 0], Tag::Null, "x").is_err(),
            "bytes after the end"
        );
        let padded = elements(&[2, 2, 0, 1]).unwrap()[0];
        assert!(unsigned_octets(&padded, "n").is_err());
        let negative = elements(&[2, 1, 0x80]).unwrap()[0];
        assert!(unsigned_octets(&negative, "n").is_err());
    }
}
