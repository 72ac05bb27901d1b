//! What a run is given besides its desk.

use super::prepare::Prepared;
use crate::digest::Digest;
use crate::x509::certificate::Certificate;

/// Everything a run needs besides the desk.
pub struct Job {
    /// What will be done.
    pub prepared: Prepared,
    /// A rehearsal: everything says so.
    pub rehearsal: bool,
    /// The existing root, or its stand-in in a rehearsal.
    pub root: Option<Certificate>,
    /// SHA-256 of the running program.
    pub tool_sha256: Digest,
    /// `environment.json`.
    pub environment: Vec<u8>,
    /// What of it a witness should know.
    pub environment_findings: Vec<String>,
}
