//! Strings and numbers as SSH writes them (RFC 4251 section 5).

/// Appends a string: its length, then its octets.
pub(super) fn put(out: &mut Vec<u8>, octets: &[u8]) {
    let length = u32::try_from(octets.len()).unwrap_or(u32::MAX);
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(octets);
}

/// Takes a string from the front.
pub(super) fn take<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (length, after) = rest.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    let (octets, after) = after.split_at_checked(length)?;
    *rest = after;
    Some(octets)
}
