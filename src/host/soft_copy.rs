//! A copy of a rehearsal's SoftHSM token: what a vendor's cloning does for a real one. The
//! token's folder is copied whole; label and serial, which SoftHSM keeps as they are, get
//! values of their own.

use std::fs;
use std::path::{Path, PathBuf};

/// Octets of `CK_TOKEN_INFO.label`, padded with spaces.
const LABEL: usize = 32;
/// The file that holds label and serial.
const TOKEN_OBJECT: &str = "token.object";

/// Copies the token with the label `from` in a rehearsal's folder to one labelled `to`, with
/// another serial. `serial` is the first one's.
pub fn copy_soft_token(place: &Path, (from, serial): (&str, &str), to: &str) -> Result<(), String> {
    let tokens = place.join("token");
    copy(&tokens, (from, serial), to)
        .map_err(|error| format!("cannot copy the rehearsal's token: {error}"))?
        .then_some(())
        .ok_or_else(|| "the rehearsal's token is not where it was made".to_owned())
}

fn copy(tokens: &Path, (from, serial): (&str, &str), to: &str) -> std::io::Result<bool> {
    for entry in fs::read_dir(tokens)? {
        let folder = entry?.path();
        let Ok(object) = fs::read(folder.join(TOKEN_OBJECT)) else {
            continue;
        };
        let other = other_serial(serial);
        let changed = replaced(&object, &padded(from), &padded(to))
            .and_then(|object| replaced(&object, serial.as_bytes(), other.as_bytes()));
        let Some(object) = changed else { continue };
        let copied = copy_name(&folder);
        fs::create_dir(&copied)?;
        for file in fs::read_dir(&folder)? {
            let file = file?;
            if file.file_name() != TOKEN_OBJECT {
                fs::copy(file.path(), copied.join(file.file_name()))?;
            }
        }
        fs::write(copied.join(TOKEN_OBJECT), object)?;
        return Ok(true);
    }
    Ok(false)
}

/// A copy of the module's own file: loaded from another path it looks at the tokens anew.
pub fn copy_module(place: &Path, module: &Path) -> Result<PathBuf, String> {
    let copied = place.join("copy-module.so");
    fs::copy(module, &copied)
        .map(|_| copied)
        .map_err(|error| format!("cannot copy the module: {error}"))
}

fn copy_name(folder: &Path) -> PathBuf {
    let mut name = folder.file_name().unwrap_or_default().to_owned();
    name.push("-copy");
    folder.with_file_name(name)
}

/// The same length, another number: each digit turned.
fn other_serial(serial: &str) -> String {
    let turn = |c: char| match c.to_digit(16) {
        Some(digit) => char::from_digit((digit + 1) % 16, 16).unwrap_or(c),
        None => c,
    };
    serial.chars().map(turn).collect()
}

fn padded(label: &str) -> Vec<u8> {
    let mut octets = label.as_bytes().to_vec();
    octets.resize(LABEL, b' ');
    octets
}

/// The first place where `from` stands, changed to `to` of the same length.
fn replaced(bytes: &[u8], from: &[u8], to: &[u8]) -> Option<Vec<u8>> {
    if from.is_empty() || from.len() != to.len() {
        return None;
    }
    let at = bytes.windows(from.len()).position(|part| part == from)?;
    let mut changed = bytes.to_vec();
    changed[at..at + to.len()].copy_from_slice(to);
    Some(changed)
}
