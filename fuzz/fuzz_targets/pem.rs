//! PEM: what is decoded, encoded and decoded again is the same; another reader finds the same
//! one block; a private key is never passed over.
#![no_main]

use anchorite::x509::pem::{PemError, decode_one, encode};
use anchorite_fuzz::assert_escaped;
use libfuzzer_sys::fuzz_target;
use x509_parser::pem::Pem;

const LABELS: &[&str] = &[
    "CERTIFICATE REQUEST",
    "NEW CERTIFICATE REQUEST",
    "CERTIFICATE",
    "X509 CRL",
];

fuzz_target!(|bytes: &[u8]| {
    match decode_one(bytes, LABELS) {
        Ok(der) if der == bytes => {}
        Ok(der) => taken(bytes, &der),
        Err(error) => refused(bytes, &error),
    }
});

fn taken(bytes: &[u8], der: &[u8]) {
    let again = encode(LABELS[0], der);
    match decode_one(again.as_bytes(), LABELS) {
        // Other line ends can bring what begins as a key does to the beginning of a line.
        Err(PemError::PrivateKey) => {}
        again => assert_eq!(again.as_deref(), Ok(der), "not the same again"),
    }
    // What stands before the block may be in any encoding.
    let text = String::from_utf8_lossy(bytes);
    assert!(
        !text.contains("PRIVATE KEY-----"),
        "a private key was passed over"
    );
    assert_eq!(
        text.matches("-----BEGIN ").count(),
        1,
        "more than one block"
    );
    // The other reader stops at the first block, and takes some that we refuse.
    let blocks: Vec<Pem> = Pem::iter_from_buffer(bytes)
        .filter_map(Result::ok)
        .collect();
    assert_eq!(
        blocks.len(),
        1,
        "another reader sees {} blocks",
        blocks.len()
    );
    assert_eq!(blocks[0].contents, der, "another reader sees other bytes");
    assert!(
        LABELS.contains(&blocks[0].label.as_str()),
        "another reader sees another label"
    );
}

fn refused(bytes: &[u8], error: &PemError) {
    assert_escaped(&error.to_string());
    let key = b"PRIVATE KEY-----";
    let holds_key = bytes.windows(key.len()).any(|window| window == key);
    if holds_key && !matches!(error, PemError::TooLarge(_)) {
        assert_eq!(*error, PemError::PrivateKey, "a private key was not named");
    }
}
