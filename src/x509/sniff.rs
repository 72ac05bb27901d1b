//! What a file is, told from its content: PEM labels, or the outline of its DER. It is a guess
//! for people's convenience; whoever reads the file after it is strict.

use memchr::memmem;

use super::{pem, private_key};

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
    /// A private key, in whatever form.
    PrivateKey,
    /// A public key.
    PublicKey,
    /// A signature or certificates in CMS (PKCS #7).
    Cms,
}

/// Tells what the bytes seem to be; `None` where nothing speaks for anything.
pub fn content(bytes: &[u8]) -> Option<Content> {
    let labels = labels(bytes);
    if labels.is_empty() {
        return outline(bytes).or_else(|| holds_a_key(bytes).then_some(Content::PrivateKey));
    }
    let certificates = labels.iter().filter(|label| is_certificate(label)).count();
    let first = labels.iter().find_map(|label| match *label {
        b"CERTIFICATE REQUEST" | b"NEW CERTIFICATE REQUEST" => Some(Content::Request),
        b"X509 CRL" | b"CRL" => Some(Content::Crl),
        label if is_certificate(label) => Some(Content::Certificate),
        _ => None,
    });
    match first {
        Some(Content::Certificate) if certificates > 1 => Some(Content::Certificates),
        Some(other) => Some(other),
        // A file that is something else, too, is judged as that: its checks name the key.
        None if holds_a_key(bytes) => Some(Content::PrivateKey),
        None => labels.iter().find_map(|label| match *label {
            b"PUBLIC KEY" | b"RSA PUBLIC KEY" => Some(Content::PublicKey),
            b"PKCS7" | b"CMS" => Some(Content::Cms),
            _ => None,
        }),
    }
}

/// Looked for where any file of these kinds would have ended.
fn holds_a_key(bytes: &[u8]) -> bool {
    private_key::is_in(bytes.get(..pem::SIZE_LIMIT).unwrap_or(bytes))
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
    // id-data and id-signedData begin so (RFC 5652 4, 5.1).
    const PKCS7: &[u8] = &[6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7];
    if outer.starts_with(PKCS7) {
        return Some(Content::Cms);
    }
    let (0x30, body, after) = element(outer)? else {
        return None;
    };
    // An algorithm and a BIT STRING: a SubjectPublicKeyInfo (RFC 5280 4.1).
    if body.first() == Some(&0x06) && after.first() == Some(&0x03) {
        return Some(Content::PublicKey);
    }
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
        assert_eq!(tell(&["PRIVATE KEY"]), Some(Content::PrivateKey));
        assert_eq!(tell(&["PUBLIC KEY"]), Some(Content::PublicKey));
        assert_eq!(tell(&["CMS"]), Some(Content::Cms));
        assert_eq!(tell(&["X9.42 DH PARAMETERS"]), None);
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
        let spki = [0x30, 7, 0x30, 3, 6, 1, 42, 3, 0];
        assert_eq!(content(&spki), Some(Content::PublicKey));
        let cms = [
            &[0x30, 11, 6, 9][..],
            &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 2],
        ]
        .concat();
        assert_eq!(content(&cms), Some(Content::Cms));
        let sec1 = [0x30, 7, 2, 1, 1, 4, 2, 1, 2];
        assert_eq!(content(&sec1), Some(Content::PrivateKey));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in any::<Vec<u8>>()) {
            let _ = content(&bytes);
        }
    }
}
