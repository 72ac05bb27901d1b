//! VERIFY.txt: how to verify a ceremony with stock tools. The text is `docs/verify.sh` with the
//! names filled in.

/// The script as it stands in the documentation.
const SCRIPT: &str = include_str!("../../docs/verify.sh");

/// The text for one ceremony.
pub fn fill(ceremony: &str, rehearsal: bool) -> String {
    let kind = if rehearsal {
        "a REHEARSAL"
    } else {
        "a ceremony"
    };
    SCRIPT
        .replace("@CEREMONY@", ceremony)
        .replace("@KIND@", kind)
}
