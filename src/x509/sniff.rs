//! What a file is, told from its content: PEM labels, or the outline of its DER. It is a guess
//! for people's convenience; whoever reads the file after it is strict.

use memchr::memmem;

/// What a file seems to hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// A certification request.
    Request,
    /// One certificate.
    Certificate,
    /// Several certificates.
    Certificates,
    /// A CRL.
    Crl,
}

/// Tells what the bytes seem to be; `None` where nothing speaks for anything.
pub fn content(bytes: &[u8]) -> Option<Content> {
    let labels = labels(bytes);
    if labels.is_empty() {
        return outline(bytes);
    }
    let certificates = labels.iter().filter(|label| is_certificate(label)).count();
    let first = labels.iter().find_map(|label| match *label {
        b"CERTIFICATE REQUEST" | b"NEW CERTIFICATE REQUEST" => Some(Content::Request),
        b"X509 CRL" | b"CRL" => Some(Content::Crl),
        label if is_certificate(label) => Some(Content::Certificate),
        _ => None,
    })?;
    match first {
        Content::Certificate if certificates > 1 => Some(Content::Certificates),
        other => Some(other),
    }
}

fn is_certificate(label: &[u8]) -> bool {
    matches!(
        label,
        b"CERTIFICATE" | b"X509 CERTIFICATE" | b"TRUSTED CERTIFICATE"
    )
}

/// The labels of all PEM blocks that begin anywhere.
fn labels(bytes: &[u8]) -> Vec<&[u8]> {
    const BEGIN: &[u8] = b"-----BEGIN ";
    let mut found = Vec::new();
    let mut rest = bytes;
    while let Some(at) = memmem::find(rest, BEGIN) {
        rest = rest.get(at + BEGIN.len()..).unwrap_or_default();
        let near = rest.get(..64).unwrap_or(rest);
        if let Some(end) = memmem::find(near, b"-----") {
            found.push(near.get(..end).unwrap_or_default());
        }
    }
    found
}

/// The kind of a DER object by the tags of its body's first fields. Lengths that run over the
/// end do not matter here.
fn outline(bytes: &[u8]) -> Option<Content> {
    let (0x30, outer, _) = element(bytes)? else {
        return None;
    };
    let (0x30, body, _) = element(outer)? else {
        return None;
    };
    let mut tags = Vec::new();
    let mut rest = body;
    while tags.len() < 4 {
        let Some((tag, _, after)) = element(rest) else {
            break;
        };
        tags.push(tag);
        rest = after;
    }
    const VERSION: u8 = 0xa0;
    match tags.as_slice() {
        [VERSION, ..] | [0x02, 0x30, 0x30, 0x30] => Some(Content::Certificate),
        [0x02, 0x30, 0x30, 0x17 | 0x18] | [0x30, 0x30, 0x17 | 0x18, ..] => Some(Content::Crl),
        [0x02, 0x30, 0x30, ..] => Some(Content::Request),
        _ => None,
    }
}

/// Tag, content and what follows the first element, as far as they are there.
pub(super) fn element(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = bytes.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0x80 => (rest.len(), rest),
        0..0x80 => (usize::from(first), rest),
        _ => {
            let count = usize::from(first & 0x7f);
            let octets = rest.get(..count).filter(|_| count <= 4)?;
            let length = octets
                .iter()
                .fold(0, |sum, octet| sum << 8 | usize::from(*octet));
            (length, rest.get(count..)?)
        }
    };
    let (content, after) = rest.split_at(length.min(rest.len()));
    Some((tag, content, after))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn labels_tell() {
        let block = |label: &str| format!("-----BEGIN {label}-----\nAA==\n-----END {label}-----\n");
        let tell = |labels: &[&str]| {
            let text: String = labels.iter().map(|label| block(label)).collect();
            content(text.as_bytes())
        };
        assert_eq!(tell(&["CERTIFICATE REQUEST"]), Some(Content::Request));
        assert_eq!(tell(&["NEW CERTIFICATE REQUEST"]), Some(Content::Request));
        assert_eq!(tell(&["CERTIFICATE"]), Some(Content::Certificate));
        assert_eq!(
            tell(&["PRIVATE KEY", "CERTIFICATE"]),
            Some(Content::Certificate)
        );
        assert_eq!(
            tell(&["CERTIFICATE", "CERTIFICATE"]),
            Some(Content::Certificates)
        );
        assert_eq!(tell(&["X509 CRL"]), Some(Content::Crl));
        assert_eq!(tell(&["PRIVATE KEY"]), None);
        assert_eq!(content(b"-----BEGIN "), None);
        assert_eq!(content(b""), None);
        assert_eq!(content(b"\x30"), None);
    }

    #[test]
    fn outlines_tell() {
        let of = |tags: &[u8]| {
            let body: Vec<u8> = tags.iter().flat_map(|tag| [*tag, 0]).collect();
            let length = u8::try_from(body.len()).unwrap();
            let inner = [&[0x30, length], body.as_slice()].concat();
            content(&[&[0x30, length + 2], inner.as_slice()].concat())
        };
        assert_eq!(of(&[0x02, 0x30, 0x30, 0xa0]), Some(Content::Request));
        assert_eq!(of(&[0x02, 0x30, 0x30]), Some(Content::Request));
        assert_eq!(of(&[0xa0, 0x02, 0x30, 0x30]), Some(Content::Certificate));
        assert_eq!(
            of(&[0x02, 0x30, 0x30, 0x30, 0x30]),
            Some(Content::Certificate)
        );
        assert_eq!(of(&[0x02, 0x30, 0x30, 0x17]), Some(Content::Crl));
        assert_eq!(of(&[0x30, 0x30, 0x18]), Some(Content::Crl));
        assert_eq!(of(&[0x04]), None);
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in any::<Vec<u8>>()) {
            let _ = content(&bytes);
        }
    }
}
