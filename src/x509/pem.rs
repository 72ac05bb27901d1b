//! PEM: DER in a text envelope.

/// One PEM block: 64 columns, LF, a newline at the end.
///
/// A label that PEM does not allow gives an empty text; labels are constants of ours.
pub fn encode(label: &str, der: &[u8]) -> String {
    der::pem::encode_string(label, der::pem::LineEnding::LF, der).unwrap_or_default()
}
