//! SEAL.txt: what is read is written as the same bytes, by 26 lines of ASCII at most; and its
//! envelope never makes a reader panic.
#![no_main]

use anchorite::ledger::seal::Seal;
use anchorite::x509::cms;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(seal) = Seal::from_text(bytes) {
        let text = seal.to_text();
        assert_eq!(text.as_bytes(), bytes, "not the same again");
        assert!(text.lines().count() <= 26, "more than 26 lines");
        assert!(
            text.bytes().all(|b| matches!(b, b'\n' | b' '..=b'~')),
            "not printable ASCII"
        );
    }
    let _ = cms::signature_of(bytes);
});
