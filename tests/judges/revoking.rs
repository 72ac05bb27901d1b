//! The ceremony after a ceremony's own: it revokes the intermediates, in the same ledger, with the
//! kept token.

use std::time::Duration;

/// The ceremony's id.
pub const ID: &str = "revoking";

/// Its file. Paths are those of `out`, where the ceremony before it left its files.
pub fn file(label: &str, out: &str, mounts: &[&str]) -> String {
    let mut text = format!(
        "format = \"anchorite/ceremony/0\"\nid = \"{ID}\"\ntitle = \"All are revoked\"\n\
         token = {{ label = \"{label}\" }}\nroot = {{ certificate = \"{out}/root.pem\" }}\n"
    );
    for (at, mount) in mounts.iter().enumerate() {
        text += &format!(
            "[[step]]\nid = \"gone-{at}\"\ndo = \"revoke\"\nreason = \"keyCompromise\"\n\
             certificate = \"{out}/{mount}/intermediate.pem\"\n"
        );
    }
    text + &format!("[[step]]\ndo = \"issue-crl\"\nprevious = \"{out}/root.crl\"\n")
}

/// NSS refuses another CRL of the same second.
pub fn wait_for_a_later_second() {
    std::thread::sleep(Duration::from_millis(1100));
}
