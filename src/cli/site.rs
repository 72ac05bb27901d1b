//! The site file: what differs per laptop, never what is done.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::exit::Exit;
use super::trouble::Trouble;
use crate::digest::Digest;
use crate::host::read_named;
use crate::plan::file::error_at;
use crate::x509::escape::escape_message;

/// Module and token of this laptop.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Site {
    /// Path of the PKCS#11 module.
    pub module: PathBuf,
    /// Its digest.
    pub module_sha256: Option<Digest>,
    /// `CK_TOKEN_INFO.serialNumber` of the token.
    pub token_serial: Option<String>,
    /// The token that holds a copy of the key, where it differs.
    #[serde(default)]
    pub copy: CopySite,
}

/// `[copy]`
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CopySite {
    /// Path of its module; the other one's where it is left out.
    pub module: Option<PathBuf>,
    /// Its digest.
    pub module_sha256: Option<Digest>,
    /// `CK_TOKEN_INFO.serialNumber` of the token.
    pub token_serial: Option<String>,
}

/// Where distributions put SoftHSM's module.
const SOFTHSM: [&str; 7] = [
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib64/softhsm/libsofthsm2.so",
    "/usr/lib64/pkcs11/libsofthsm2.so",
    "/usr/local/lib/softhsm/libsofthsm2.so",
    "/opt/homebrew/lib/softhsm/libsofthsm2.so",
];

impl Site {
    /// From the site file, the module named on the command line, or SoftHSM where it is.
    pub fn find(site: Option<&Path>, module: Option<&Path>) -> Result<Self, Trouble> {
        match (site, module) {
            (Some(path), _) => Self::read(path),
            (None, Some(module)) => Ok(Self {
                module: module.to_owned(),
                ..Self::default()
            }),
            (None, None) => Ok(Self {
                module: softhsm(),
                ..Self::default()
            }),
        }
    }

    fn read(path: &Path) -> Result<Self, Trouble> {
        let shown = path.display().to_string();
        let bytes = read_named(path, 64 * 1024)?;
        let text = String::from_utf8(bytes)
            .map_err(|_| Trouble::new(Exit::Unreadable, "the site file is not UTF-8").at(&shown))?;
        toml::from_str(&text).map_err(|error| {
            let place = error_at(
                &text,
                error.span().map_or(0, |span| span.start),
                error.message(),
            );
            Trouble::new(Exit::Unreadable, escape_message(&place.words))
                .at(&format!(
                    "{shown}, line {}, column {}",
                    place.line, place.column
                ))
                .hint("a site file has module, and may have module_sha256 and token_serial; [copy] may have the same three")
        })
    }
}

/// SoftHSM's module; the first usual place where none has it.
pub fn softhsm() -> PathBuf {
    SOFTHSM
        .iter()
        .map(PathBuf::from)
        .find(|path| crate::host::exists(path))
        .unwrap_or_else(|| PathBuf::from(SOFTHSM[0]))
}
