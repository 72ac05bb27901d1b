//! The place of a rehearsal: a folder with a private SoftHSM configuration, and the one child
//! process that any verb starts: ourselves, with that configuration in its environment.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::{env, fs};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

/// Tells the child where it rehearses.
const INSIDE: &str = "ANCHORITE_REHEARSAL";

/// A rehearsal's folder; removed when dropped, unless it is kept.
pub struct Rehearsal {
    folder: PathBuf,
    kept: bool,
}

impl Rehearsal {
    /// The folder, where this process is the child.
    pub fn inside() -> Option<PathBuf> {
        env::var_os(INSIDE).map(PathBuf::from)
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
        fs::write(self.folder.join("softhsm2.conf"), conf)
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
            .env("SOFTHSM2_CONF", self.folder.join("softhsm2.conf"))
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
