//! DER, the whole tree of it (X.690 sections 8, 10 and 11): one scan over bytes from elsewhere
//! before anything in them is read, so that every encoding has its only form at every level,
//! also in what is dropped.
//!
//! The octets of strings are looked at apart: names have their own checks.

use std::ops::Range;

use super::string;
use super::tlv::DerError;

/// The deepest nesting that is taken; a real certificate or request has 8 or 9.
pub const DEPTH: usize = 16;
/// The most octets of an object identifier: those of a UUID below 2.25 (X.667).
const OID_OCTETS: usize = 20;

/// The identifier octet of a SET.
const SET: u8 = 0x31;
/// Bit 6 of an identifier octet: made of elements (X.690 8.1.2.5).
const CONSTRUCTED: u8 = 0x20;

/// What is asked of a leaf's tag and content.
type Leaf = fn(u8, &[u8]) -> Result<(), &'static str>;

/// Checks that `bytes` are one element, DER down to its leaves, with nothing after it.
pub fn check(bytes: &[u8]) -> Result<(), DerError> {
    whole(bytes, primitive)
}

/// Checks that every string in one element holds what its type allows (X.680 41). A context tag
/// hides the type.
pub fn check_strings(bytes: &[u8]) -> Result<(), DerError> {
    whole(bytes, |tag, content| string::check(tag.into(), content))
}

fn whole(bytes: &[u8], leaf: Leaf) -> Result<(), DerError> {
    let end = element(bytes, 0..bytes.len(), 1, leaf)?;
    if end == bytes.len() {
        Ok(())
    } else {
        Err(fault(end, "bytes after the end"))
    }
}

/// Checks that elements stand in the order of a SET OF (X.690 11.6), which a context tag hides
/// from [`check`]. Two encodings are never each other's beginning, so bytes compare as they are.
pub fn is_in_set_order<'a>(elements: impl IntoIterator<Item = &'a [u8]>) -> bool {
    elements.into_iter().is_sorted()
}

fn fault(at: usize, words: &str) -> DerError {
    DerError(format!("not DER at octet {at}: {words}"))
}

/// Checks the element that begins a range; gives the octet after it.
fn element(
    bytes: &[u8],
    within: Range<usize>,
    depth: usize,
    leaf: Leaf,
) -> Result<usize, DerError> {
    let at = within.start;
    if depth > DEPTH {
        return Err(fault(at, "nested deeper than 16"));
    }
    let (tag, content) = header(bytes, within)?;
    if is_constructed(tag).ok_or_else(|| fault(at, "a tag that has no place here"))? {
        children(bytes, tag, content.clone(), depth, leaf)?;
    } else {
        leaf(tag, &bytes[content.clone()]).map_err(|words| fault(at, words))?;
    }
    Ok(content.end)
}

fn children(
    bytes: &[u8],
    tag: u8,
    content: Range<usize>,
    depth: usize,
    leaf: Leaf,
) -> Result<(), DerError> {
    let mut at = content.start;
    let mut last: Option<Range<usize>> = None;
    while at < content.end {
        let end = element(bytes, at..content.end, depth + 1, leaf)?;
        let order = last.is_none_or(|last| bytes[last] <= bytes[at..end]);
        if tag == SET && !order {
            return Err(fault(at, "a SET OF is out of order"));
        }
        last = Some(at..end);
        at = end;
    }
    Ok(())
}

/// The identifier octet, and where the content stands: inside the range.
fn header(bytes: &[u8], within: Range<usize>) -> Result<(u8, Range<usize>), DerError> {
    let at = within.start;
    let cut_short = || fault(at, "cut short");
    let octet = |at: usize| (at < within.end).then(|| bytes[at]).ok_or_else(cut_short);
    let tag = octet(at)?;
    if tag & 0x1f == 0x1f {
        return Err(fault(at, "a tag number above 30"));
    }
    let first = octet(at + 1)?;
    let (length, start) = match first {
        0..0x80 => (usize::from(first), at + 2),
        0x80 => return Err(fault(at, "an indefinite length")),
        // Four octets of length are more than any input here has.
        0x81..=0x84 => {
            let count = usize::from(first & 0x7f);
            let mut length = 0;
            for more in 0..count {
                length = length << 8 | usize::from(octet(at + 2 + more)?);
            }
            if length < 0x80 || length >> (8 * (count - 1)) == 0 {
                return Err(fault(at, "a length that is not in its shortest form"));
            }
            (length, at + 2 + count)
        }
        _ => return Err(fault(at, "a length of more than four octets")),
    };
    let end = start.checked_add(length).filter(|end| *end <= within.end);
    Ok((tag, start..end.ok_or_else(cut_short)?))
}

/// Whether an identifier octet is constructed; `None` for a universal type that is not the one
/// or the other as DER wants it, that no structure here has, or that the readers behind this scan
/// do not know: GraphicString (25) and UniversalString (28).
fn is_constructed(tag: u8) -> Option<bool> {
    let constructed = tag & CONSTRUCTED != 0;
    match (tag >> 6, tag & 0x1f) {
        (0, 16 | 17) => constructed.then_some(true),
        (0, 1..=6 | 10 | 12 | 13 | 18..=24 | 26 | 27 | 30) => (!constructed).then_some(false),
        (0, _) => None,
        _ => Some(constructed),
    }
}

fn primitive(tag: u8, content: &[u8]) -> Result<(), &'static str> {
    let good = match tag {
        1 => matches!(content, [0 | 0xff]),
        2 | 10 => is_shortest_integer(content),
        3 => is_bit_string(content),
        5 => content.is_empty(),
        6 => return object_identifier(content),
        13 => has_whole_arcs(content),
        0x17 => is_time(content, 12),
        0x18 => is_time(content, 14),
        _ => true,
    };
    match (good, tag) {
        (true, _) => Ok(()),
        (_, 1) => Err("a BOOLEAN that is neither 00 nor ff"),
        (_, 2 | 10) => Err("an INTEGER that is empty or padded"),
        (_, 3) => Err("a BIT STRING whose unused bits are not zero or not counted right"),
        (_, 5) => Err("a NULL with content"),
        (_, 13) => Err("a RELATIVE-OID with a padded or unfinished arc"),
        _ => Err("a time that is not in the form of DER"),
    }
}

fn is_shortest_integer(content: &[u8]) -> bool {
    match content {
        [] => false,
        [0, second, ..] => *second >= 0x80,
        [0xff, second, ..] => *second < 0x80,
        _ => true,
    }
}

fn is_bit_string(content: &[u8]) -> bool {
    match content {
        [0, ..] => true,
        [unused @ 1..=7, .., last] => last.trailing_zeros() >= u32::from(*unused),
        _ => false,
    }
}

/// `digits` digits and a Z; GeneralizedTime may have a fraction that does not end in 0.
fn is_time(content: &[u8], digits: usize) -> bool {
    let Some((b'Z', text)) = content.split_last() else {
        return false;
    };
    let whole = text.len() >= digits && text[..digits].iter().all(u8::is_ascii_digit);
    let fraction = match text.get(digits..) {
        Some([]) => true,
        Some([b'.', fraction @ .., b'1'..=b'9']) if digits == 14 => {
            fraction.iter().all(u8::is_ascii_digit)
        }
        _ => false,
    };
    whole && fraction
}

fn has_whole_arcs(content: &[u8]) -> bool {
    let ends = content.last().is_some_and(|last| last & 0x80 == 0);
    let mut starts = true;
    ends && content.iter().all(|&octet| {
        let padded = starts && octet == 0x80;
        starts = octet & 0x80 == 0;
        !padded
    })
}

/// An arc has at most 32 bits, or 128 where it is a UUID: larger ones wrap around in some
/// readers and become another identifier.
fn object_identifier(content: &[u8]) -> Result<(), &'static str> {
    if !has_whole_arcs(content) {
        return Err("an object identifier with a padded or unfinished arc");
    }
    if content.len() > OID_OCTETS {
        return Err("an object identifier of more than 20 octets");
    }
    let most: u128 = match content {
        [0x69, ..] => u128::MAX,
        _ => u128::from(u32::MAX),
    };
    let mut arc: u128 = 0;
    for octet in content {
        if arc > most >> 7 {
            return Err("an object identifier with an arc of more than 32 bits");
        }
        arc = arc << 7 | u128::from(octet & 0x7f);
        if octet & 0x80 == 0 {
            arc = 0;
        }
    }
    Ok(())
}

#[cfg(test)]
#[path = "strict_tests.rs"]
mod tests;
