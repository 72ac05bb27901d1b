//! What the targets share: what may leave on a screen, a second reader's view of names and
//! extensions, and a place for what was accepted.

use std::path::Path;

use anchorite::digest::Digest;
use anchorite::x509::extension::Extension;
use anchorite::x509::name::Name;

/// Text for a screen, JSON, a page or a script: printable ASCII and Latin letters, in one line.
pub fn assert_escaped(text: &str) {
    let latin =
        |c: char| matches!(c, '\u{c0}'..='\u{d6}' | '\u{d8}'..='\u{f6}' | '\u{f8}'..='\u{17f}');
    let raw = text
        .chars()
        .find(|&c| !(matches!(c, ' '..='~') || latin(c)));
    assert_eq!(raw, None, "a raw character in {text:?}");
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

/// Keeps accepted DER below the folder that `FUZZ_ACCEPTED` names, for another judge: see
/// `scripts/fuzz.sh`.
pub fn keep_accepted(der: &[u8]) {
    if let Some(folder) = std::env::var_os("FUZZ_ACCEPTED") {
        let name = format!("{}.der", Digest::of(der));
        std::fs::write(Path::new(&folder).join(name), der).expect("FUZZ_ACCEPTED can be written");
    }
}
