//! What the targets share: what may leave on a screen, what every name and extension must bear,
//! a key that signs mutated bodies again, and a place for what was accepted.

use std::path::Path;
use std::sync::LazyLock;

use anchorite::check::{Cleared, Finding, Refusal};
use anchorite::digest::Digest;
use anchorite::x509::certificate::SignedParts;
use anchorite::x509::extension::Extension;
use anchorite::x509::name::Name;
use anchorite::x509::public_key::{Curve, PublicKey, SignatureAlgorithm};
use anchorite::x509::time::UtcTime;
use anchorite::x509::tlv::{bit_string, sequence, sequence_of};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair};
use der::{Decode, Encode, ErrorKind};

/// Text for a screen, JSON, a page or a script: printable ASCII and Latin letters, in one line.
pub fn assert_escaped(text: &str) {
    let latin =
        |c: char| matches!(c, '\u{c0}'..='\u{d6}' | '\u{d8}'..='\u{f6}' | '\u{f8}'..='\u{17f}');
    let raw = text
        .chars()
        .find(|&c| !(matches!(c, ' '..='~') || latin(c)));
    assert_eq!(raw, None, "a raw character in {text:?}");
}

/// The same for every line of a page.
pub fn assert_lines(page: &[String]) {
    page.iter().for_each(|line| assert_escaped(line));
}

/// Whatever a name's bytes are, its words are escaped, and no reader of it panics.
pub fn read_name(name: &Name) {
    assert_escaped(&name.to_string());
    assert_escaped(&name.short());
    let _ = (name.folded(), name.is_in_der_order());
    for attribute in name.rdns().into_iter().flatten().flatten() {
        let _ = attribute.text();
    }
}

/// Whatever an extension's bytes are, its words are escaped, and no reader of it panics.
pub fn read_extensions(extensions: &[Extension]) {
    for extension in extensions {
        assert_escaped(extension.name());
        assert_escaped(&extension.describe());
        if let Ok(value) = extension.read() {
            assert_escaped(&value.describe());
        }
    }
}

/// x509-cert reads it, and writes the same bytes. Its const-oid refuses good OIDs (a second arc
/// beyond 39, an arc beyond 32 bits): there it is no judge.
pub fn assert_same_again<T>(der: &[u8])
where
    T: for<'a> Decode<'a, Error = der::Error> + Encode,
{
    match T::from_der(der) {
        Ok(theirs) => {
            let again = theirs.to_der().expect("it encodes");
            assert_eq!(again, der, "x509-cert writes other bytes");
        }
        Err(error) => {
            let kind = error.kind();
            assert_eq!(kind, ErrorKind::OidMalformed, "x509-cert does not read it");
        }
    }
}

/// The crate `der` has no dates before 1970: there x509-cert is no judge.
pub fn before_1970(time: UtcTime) -> bool {
    time < UtcTime::from_unix(0)
}

/// What a check cleared; its findings are escaped, whichever way it ended.
pub fn cleared<T>(judged: Result<(Cleared<T>, Vec<Finding>), Refusal>) -> Option<T> {
    let (cleared, findings) = match judged {
        Ok((cleared, findings)) => (Some(cleared.into_inner()), findings),
        Err(refusal) => (None, refusal.findings),
    };
    findings.iter().for_each(|one| assert_escaped(&one.words));
    cleared
}

/// The P-256 key whose private half is 1 and whose public half is the generator: no secret.
static KEY: LazyLock<EcdsaKeyPair> = LazyLock::new(|| {
    let mut private = [0; 32];
    private[31] = 1;
    EcdsaKeyPair::from_private_key_and_public_key(
        &ECDSA_P256_SHA256_ASN1_SIGNING,
        &private,
        &GENERATOR,
    )
    .expect("1 and the generator are a key pair")
});

/// SEC 2, 2.4.2: the generator of P-256, uncompressed.
const GENERATOR: [u8; 65] = [
    0x04, 0x6b, 0x17, 0xd1, 0xf2, 0xe1, 0x2c, 0x42, 0x47, 0xf8, 0xbc, 0xe6, 0xe5, 0x63, 0xa4, 0x40,
    0xf2, 0x77, 0x03, 0x7d, 0x81, 0x2d, 0xeb, 0x33, 0xa0, 0xf4, 0xa1, 0x39, 0x45, 0xd8, 0x98, 0xc2,
    0x96, 0x4f, 0xe3, 0x42, 0xe2, 0xfe, 0x1a, 0x7f, 0x9b, 0x8e, 0xe7, 0xeb, 0x4a, 0x7c, 0x0f, 0x9e,
    0x16, 0x2b, 0xce, 0x33, 0x57, 0x6b, 0x31, 0x5e, 0xce, 0xcb, 0xb6, 0x40, 0x68, 0x37, 0xbf, 0x51,
    0xf5,
];

/// The object with our key in its body, and in its algorithm where the body names one, signed
/// by that key. The numbers are the places of these fields in the body.
pub fn signed_again(der: &[u8], key_at: usize, algorithm_at: Option<usize>) -> Option<Vec<u8>> {
    let parts = SignedParts::from_der(der, "object").ok()?;
    let fields = sequence_of(parts.tbs, "body").ok()?;
    let mut fields: Vec<&[u8]> = fields.iter().map(|field| field.raw).collect();
    let key = PublicKey::from_ec_point(Curve::P256, KEY.public_key().as_ref()).ok()?;
    let algorithm = SignatureAlgorithm::EcdsaSha256.to_der();
    *fields.get_mut(key_at)? = key.spki();
    if let Some(at) = algorithm_at {
        *fields.get_mut(at)? = &algorithm;
    }
    let body = sequence(&fields);
    let signature = KEY.sign(&SystemRandom::new(), &body).ok()?;
    Some(sequence(&[
        &body,
        &algorithm,
        &bit_string(signature.as_ref()),
    ]))
}

/// Keeps accepted DER below the folder that `FUZZ_ACCEPTED` names, for another judge: see
/// `scripts/fuzz.sh`.
pub fn keep_accepted(der: &[u8]) {
    if let Some(folder) = std::env::var_os("FUZZ_ACCEPTED") {
        let name = format!("{}.der", Digest::of(der));
        std::fs::write(Path::new(&folder).join(name), der).expect("FUZZ_ACCEPTED can be written");
    }
}
