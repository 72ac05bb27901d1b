//! The sign of life on stderr while something takes longer than a second.

use std::io::Write as _;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// What ends sooner than this is never mentioned.
const QUIET: Duration = Duration::from_secs(1);

/// Work under way. Dropping it takes its line away.
pub(super) struct Working {
    /// Dropped to say that the work has ended.
    end: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Working {
    /// Begins; `what` is guarded already. `plain` writes one line and draws nothing.
    pub(super) fn begin(what: String, plain: bool) -> Self {
        let (end, ended) = channel();
        let thread = std::thread::Builder::new()
            .name("progress".to_owned())
            .spawn(move || watch(&ended, what, plain))
            .ok();
        Self {
            end: Some(end),
            thread,
        }
    }
}

impl Drop for Working {
    fn drop(&mut self) {
        self.end = None;
        if let Some(thread) = self.thread.take() {
            // A progress line that failed is not worth a word.
            let _ = thread.join();
        }
    }
}

fn watch(ended: &Receiver<()>, what: String, plain: bool) {
    if ended.recv_timeout(QUIET) != Err(RecvTimeoutError::Timeout) {
        return;
    }
    if plain {
        let _ = writeln!(std::io::stderr(), "still working: {what}");
        return;
    }
    let style = ProgressStyle::with_template("{spinner} {msg} ({elapsed})")
        .unwrap_or_else(|_| ProgressStyle::default_spinner())
        .tick_chars("|/-\\ ");
    let spinner = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr())
        .with_elapsed(QUIET)
        .with_style(style)
        .with_message(what);
    spinner.enable_steady_tick(Duration::from_millis(200));
    let _ = ended.recv();
    spinner.finish_and_clear();
}
