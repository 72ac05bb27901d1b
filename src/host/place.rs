//! The place of a rehearsal: a folder with a private SoftHSM configuration, and the one child
//! process that any verb starts: ourselves, with that configuration in its environment.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::{env, fs};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

/// The token's configuration in the folder.
const CONF: &str = "softhsm2.conf";
/// Tells the child where it rehearses.
const INSIDE: &str = "ANCHORITE_REHEARSAL";

/// A rehearsal's folder; removed when dropped, unless it is kept.
pub struct Rehearsal {
    folder: PathBuf,
    kept: bool,
}

impl Rehearsal {
    /// The folder, where this process is the child.
    ///
    /// Only where the token's configuration is the one that [`Self::prepare`] wrote there: a
    /// variable that somebody else set must not lead to another token.
    pub fn inside() -> Option<PathBuf> {
        let folder = env::var_os(INSIDE).map(PathBuf::from)?;
        let conf = env::var_os("SOFTHSM2_CONF").map(PathBuf::from)?;
        (conf == folder.join(CONF)).then_some(folder)
    }

    /// Makes the folder with its token's configuration, or takes the kept one.
    pub fn prepare(keep: Option<&Path>) -> Result<Self, String> {
        let (folder, kept) = match keep {
            Some(folder) => (folder.to_owned(), true),
            None => {
                let name = format!("anchorite-rehearsal-{}", std::process::id());
                (env::temp_dir().join(name), false)
            }
        };
        let made = if kept {
            fs::create_dir_all(&folder)
        } else {
            fs::create_dir(&folder)
        };
        made.map_err(|error| words(&folder, "make", &error))?;
        let folder = fs::canonicalize(&folder).map_err(|error| words(&folder, "find", &error))?;
        if folder.to_string_lossy().chars().any(char::is_control) {
            return Err("a rehearsal's folder has no control character in its path".to_owned());
        }
        let place = Self { folder, kept };
        place
            .configure()
            .map_err(|error| words(&place.folder, "write to", &error))?;
        Ok(place)
    }

    fn configure(&self) -> std::io::Result<()> {
        let token = self.folder.join("token");
        fs::create_dir_all(&token)?;
        let conf = format!(
            "directories.tokendir = {}\nobjectstore.backend = file\nlog.level = ERROR\nslots.removable = false\n",
            token.display()
        );
        let path = self.folder.join(CONF);
        match OpenOptions::new().write(true).create_new(true).open(&path) {
            Ok(mut file) => file.write_all(conf.as_bytes()),
            // A kept rehearsal has it already, and no other content has its place here.
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                let plain = fs::symlink_metadata(&path)?.is_file();
                if plain && fs::read(&path)? == conf.as_bytes() {
                    Ok(())
                } else {
                    Err(error)
                }
            }
            Err(error) => Err(error),
        }
    }

    /// Starts this program with the same arguments in the rehearsal's environment, and waits.
    pub fn start_again(&self) -> Result<Option<i32>, String> {
        let program = env::current_exe().map_err(|error| format!("cannot find itself: {error}"))?;
        // Ctrl-C reaches the child as well: this process stays to clean up after it.
        let stopped = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            signal_hook::flag::register(signal, Arc::clone(&stopped))
                .map_err(|error| format!("cannot wait for itself: {error}"))?;
        }
        let status = Command::new(program)
            .args(env::args_os().skip(1))
            .env(INSIDE, &self.folder)
            .env("SOFTHSM2_CONF", self.folder.join(CONF))
            .status()
            .map_err(|error| format!("cannot start itself: {error}"))?;
        Ok(status.code())
    }
}

impl Drop for Rehearsal {
    fn drop(&mut self) {
        if !self.kept {
            let _ = make_writable(&self.folder);
            let _ = fs::remove_dir_all(&self.folder);
        }
    }
}

/// Sealed folders are read-only; a rehearsal's are thrown away all the same.
fn make_writable(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755))?;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            make_writable(&entry.path())?;
        }
    }
    Ok(())
}

fn words(path: &Path, doing: &str, error: &std::io::Error) -> String {
    format!(
        "cannot {doing} {}: {error}",
        crate::x509::escape::escape(&path.display().to_string())
    )
}
