//! A program on a terminal of its own, seen and answered like a person does: its screen grows
//! until it waits at a prompt (`TEXT`, then `> ` on a line of its own) or ends.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::process::Command;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use rexpect::process::{PtyProcess, Signal, WaitStatus};

/// Nothing here takes so long; a test that waits for ever tells nothing.
const PATIENCE: Duration = Duration::from_secs(60);
/// The end of every question.
const PROMPT: &str = "\r\n> ";

/// How a program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// With this exit code.
    Exit(i32),
    /// By this signal.
    Signal(i32),
}

/// What the screen came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// A question: everything since the last answer, with it.
    Prompt(String),
    /// The program has ended.
    Ended(End),
}

/// A running program and its terminal.
pub struct Pty {
    process: PtyProcess,
    keyboard: File,
    output: Receiver<Vec<u8>>,
    bytes: Vec<u8>,
    answered: usize,
}

impl Pty {
    /// Starts the program in a session of its own.
    pub fn start(command: Command) -> Self {
        let mut process = PtyProcess::new(command).expect("a pseudo-terminal");
        process.set_kill_timeout(Some(2_000));
        let keyboard = process.get_file_handle().expect("the terminal");
        let mut screen = keyboard.try_clone().expect("the terminal");
        let (sender, output) = channel();
        std::thread::spawn(move || {
            let mut chunk = [0u8; 4096];
            // The terminal answers EIO once nobody has it open any more.
            while let Ok(count @ 1..) = screen.read(&mut chunk) {
                if sender.send(chunk[..count].to_vec()).is_err() {
                    return;
                }
            }
        });
        Self {
            process,
            keyboard,
            output,
            bytes: Vec::new(),
            answered: 0,
        }
    }

    /// The next question, or the end.
    pub fn next(&mut self) -> Next {
        loop {
            let new = &self.bytes[self.answered..];
            if new.ends_with(PROMPT.as_bytes()) {
                return Next::Prompt(String::from_utf8_lossy(new).replace("\r\n", "\n"));
            }
            match self.output.recv_timeout(PATIENCE) {
                Ok(chunk) => self.bytes.extend(chunk),
                Err(RecvTimeoutError::Disconnected) => return Next::Ended(self.end()),
                Err(RecvTimeoutError::Timeout) => {
                    panic!("the program hangs; its screen:\n{}", self.screen())
                }
            }
        }
    }

    fn end(&self) -> End {
        match self.process.wait().expect("the program's end") {
            WaitStatus::Exited(_, code) => End::Exit(code),
            WaitStatus::Signaled(_, signal, _) => End::Signal(signal as i32),
            other => panic!("a strange end: {other:?}"),
        }
    }

    /// Types a line and Enter.
    pub fn line(&mut self, text: &str) {
        self.answered = self.bytes.len();
        self.keys(format!("{text}\n").as_bytes());
    }

    /// Presses Ctrl and C.
    pub fn control_c(&mut self) {
        self.answered = self.bytes.len();
        self.keys(b"\x03");
    }

    /// Ends the program at once, by its own process id.
    pub fn kill(mut self) -> End {
        self.process
            .signal(Signal::SIGKILL)
            .expect("the program still runs");
        self.end()
    }

    fn keys(&mut self, bytes: &[u8]) {
        self.keyboard.write_all(bytes).expect("the terminal");
        self.keyboard.flush().expect("the terminal");
    }

    /// The process id of the program, which leads the terminal's session.
    pub fn pid(&self) -> i32 {
        rustix::termios::tcgetsid(&self.keyboard)
            .expect("the terminal has a session")
            .as_raw_nonzero()
            .get()
    }

    /// Everything the screen has shown, with plain line ends.
    pub fn screen(&self) -> String {
        String::from_utf8_lossy(&self.bytes).replace("\r\n", "\n")
    }
}
