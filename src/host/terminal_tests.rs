//! The terminal at a real pty: this test binary runs one of its own scenarios as a child.

use std::process::Command;
use std::time::{Duration, Instant};

use rexpect::session::{PtySession, spawn_command};
use rustix::process::Signal;
use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};

use super::*;

const SCENARIO: &str = "ANCHORITE_TEST_SCENARIO";
/// Generous, as the test machine may be busy; a prompt that misses Ctrl-C waits for ever.
const AT_ONCE: Duration = Duration::from_secs(3);

fn start(scenario: &str) -> PtySession {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", "host::terminal::tests::scenario", "--ignored"])
        .args(["--nocapture", "--test-threads=1"])
        .env(SCENARIO, scenario)
        // What the tests draw must not depend on where they are run.
        .env("TERM", "xterm")
        .env_remove("NO_COLOR");
    spawn_command(command, Some(10_000)).unwrap()
}

/// Not a test by itself: what the child does.
#[test]
#[ignore = "run by the other tests as a child at a pty"]
fn scenario() {
    let Some(scenario) = std::env::var_os(SCENARIO) else {
        return;
    };
    let mut terminal = Terminal::open(true).unwrap();
    let mut modes = tcgetattr(&terminal.tty).unwrap();
    modes.local_modes |= LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG;
    tcsetattr(&terminal.tty, OptionalActions::Now, &modes).unwrap();

    let question = |text: &str| Question {
        id: "test",
        text: text.to_owned(),
        on_paper: "paper".to_owned(),
    };
    let say = |terminal: &mut Terminal, what: Result<String, OperatorError>| {
        let text = match what {
            Ok(answer) => format!("got <{answer}>"),
            Err(error) => format!("error <{error}>"),
        };
        terminal.show(&text);
    };
    match scenario.to_str().unwrap() {
        "ask" => {
            let answer = terminal.ask(&question("first \u{1b}[2J?"));
            say(&mut terminal, answer);
            let answer = terminal.ask(&question("second?"));
            say(&mut terminal, answer);
        }
        scenario @ ("pin" | "terminated") => {
            if scenario == "terminated" {
                std::thread::spawn(|| {
                    std::thread::sleep(Duration::from_millis(300));
                    rustix::process::kill_process(rustix::process::getpid(), Signal::TERM)
                });
            }
            let pin = terminal.ask_pin("PIN?");
            let length =
                pin.map(|pin| format!("{} {}", pin.expose().len(), pin.expose() == " 73 1"));
            say(&mut terminal, length);
            let after = tcgetattr(&terminal.tty).unwrap();
            let same = after.local_modes == modes.local_modes
                && after.input_modes == modes.input_modes
                && after.special_codes[SpecialCodeIndex::VSUSP]
                    == modes.special_codes[SpecialCodeIndex::VSUSP];
            terminal.show(if same { "modes restored" } else { "modes lost" });
        }
        "work" => {
            terminal.work_begins("short");
            terminal.work_ends();
            terminal.work_begins("signing\u{1b}[2J");
            terminal.show("working");
            terminal.work_begins("verifying");
            let began = Instant::now();
            while !terminal.interrupted() && began.elapsed() < Duration::from_secs(8) {
                std::thread::sleep(Duration::from_millis(10));
            }
            terminal.work_ends();
            let told = format!("interrupted {}", terminal.interrupted());
            say(&mut terminal, Ok(told));
            // It was told of, so this question is put all the same.
            let answer = terminal.ask(&question("really?"));
            say(&mut terminal, answer);
            terminal.show(&format!("then {}", terminal.interrupted()));
        }
        "spinner" => {
            terminal.plain = false;
            terminal.work_begins("generating the key");
            std::thread::sleep(Duration::from_millis(1600));
            let answer = terminal.ask(&question("and now?"));
            say(&mut terminal, answer);
        }
        "unseen" => {
            terminal.show("busy");
            while !terminal.stop.load(Ordering::SeqCst) {
                std::thread::sleep(Duration::from_millis(10));
            }
            let answer = terminal.ask(&question("never shown?"));
            say(&mut terminal, answer);
        }
        other => unreachable!("{other}"),
    }
}

fn ends_well(session: &PtySession) {
    // rexpect does not name the type of its status.
    let status = format!("{:?}", session.process().wait().unwrap());
    assert!(
        status.starts_with("Exited(") && status.ends_with(", 0)"),
        "{status}"
    );
}

#[test]
fn a_line_is_an_answer_and_the_question_cannot_draw() {
    let mut pty = start("ask");
    pty.exp_string("first \\u{1b}[2J?\r\n> ").unwrap();
    pty.send_line(" adult chambermaid").unwrap();
    pty.exp_string("got < adult chambermaid>").unwrap();
    pty.exp_string("second?\r\n> ").unwrap();
    pty.send_line("").unwrap();
    pty.exp_string("got <>").unwrap();
    pty.exp_eof().unwrap();
    ends_well(&pty);
}

#[test]
fn a_paste_of_many_lines_answers_one_question_only() {
    let mut pty = start("ask");
    pty.exp_string("> ").unwrap();
    pty.send(&"bomb\n".repeat(200)).unwrap();
    pty.flush().unwrap();
    pty.exp_string("got <bomb>").unwrap();
    pty.exp_string("second?\r\n> ").unwrap();
    std::thread::sleep(Duration::from_millis(200));
    pty.send_line("by hand").unwrap();
    pty.exp_string("got <by hand>").unwrap();
    pty.exp_eof().unwrap();
    ends_well(&pty);
}

#[test]
fn a_line_too_long_or_not_text_is_asked_for_again() {
    let mut pty = start("ask");
    pty.exp_string("> ").unwrap();
    pty.send_line(&"x".repeat(LINE_LIMIT + 1)).unwrap();
    pty.exp_string("more than 1024 bytes: not taken").unwrap();
    pty.exp_string("?\r\n> ").unwrap();
    pty.send_line(&"y".repeat(LINE_LIMIT)).unwrap();
    pty.exp_string(&format!("got <{}>", "y".repeat(LINE_LIMIT)))
        .unwrap();
    pty.exp_string("second?\r\n> ").unwrap();
    pty.send_control('d').unwrap();
    pty.exp_string("error <stopped by a person>").unwrap();
    pty.exp_eof().unwrap();
    ends_well(&pty);
}

#[test]
fn ctrl_c_at_a_question_stops_at_once() {
    let mut pty = start("ask");
    pty.exp_string("> ").unwrap();
    pty.send("half a li").unwrap();
    pty.flush().unwrap();
    let began = Instant::now();
    pty.send_control('c').unwrap();
    pty.exp_string("error <stopped by a person>").unwrap();
    assert!(began.elapsed() < AT_ONCE);
    // The flag is spent: the next question is put.
    pty.exp_string("second?\r\n> ").unwrap();
    pty.send_line("yes").unwrap();
    pty.exp_string("got <yes>").unwrap();
    pty.exp_eof().unwrap();
    ends_well(&pty);
}

#[test]
fn a_pin_is_never_echoed() {
    let mut pty = start("pin");
    pty.exp_string("PIN?\r\n> ").unwrap();
    pty.send_line(" 73 1").unwrap();
    let seen = pty.exp_eof().unwrap();
    assert!(seen.contains("[hidden]\r\ngot <5 true>"), "{seen}");
    assert!(seen.contains("modes restored"), "{seen}");
    assert!(!seen.contains("73 1"), "{seen}");
    ends_well(&pty);
}

#[test]
fn ctrl_c_and_ctrl_d_at_the_pin_stop_at_once_and_give_the_terminal_back() {
    for key in ['c', 'd'] {
        let mut pty = start("pin");
        pty.exp_string("PIN?\r\n> ").unwrap();
        if key == 'c' {
            pty.send("7319").unwrap();
            pty.flush().unwrap();
        }
        let began = Instant::now();
        pty.send_control(key).unwrap();
        let seen = pty.exp_string("error <stopped by a person>").unwrap();
        assert!(began.elapsed() < AT_ONCE, "{key}");
        assert!(!seen.contains("7319"), "{seen}");
        pty.exp_string("modes restored").unwrap();
        pty.exp_eof().unwrap();
        ends_well(&pty);
    }
}

#[test]
fn long_work_is_mentioned_and_ctrl_c_meanwhile_is_told() {
    let mut pty = start("work");
    let before = pty.exp_string("still working: verifying").unwrap();
    assert!(
        !before.contains("short") && !before.contains("signing"),
        "{before}"
    );
    pty.send_control('c').unwrap();
    pty.exp_string("got <interrupted true>").unwrap();
    pty.exp_string("really?\r\n> ").unwrap();
    pty.send_line("no").unwrap();
    pty.exp_string("got <no>").unwrap();
    pty.exp_string("then false").unwrap();
    pty.exp_eof().unwrap();
    ends_well(&pty);
}

#[test]
fn ctrl_c_that_nobody_looked_at_stops_the_next_question() {
    let mut pty = start("unseen");
    pty.exp_string("busy").unwrap();
    pty.send_control('c').unwrap();
    let seen = pty.exp_string("error <stopped by a person>").unwrap();
    assert!(!seen.contains("never shown"), "{seen}");
    pty.exp_eof().unwrap();
    ends_well(&pty);
}

#[test]
fn the_spinner_is_gone_before_a_question() {
    let mut pty = start("spinner");
    let drawn = pty.exp_string("and now?").unwrap();
    assert!(drawn.contains("generating the key"), "{drawn:?}");
    // The last thing drawn is the erasing of its line.
    let (_, after) = drawn.rsplit_once("generating the key").unwrap();
    assert!(after.contains("\u{1b}[2K"), "{after:?}");
    pty.send_line("fine").unwrap();
    let rest = pty.exp_eof().unwrap();
    assert!(
        rest.contains("got <fine>") && !rest.contains("generating"),
        "{rest:?}"
    );
    ends_well(&pty);
}

#[test]
fn a_request_to_terminate_stops_the_question() {
    let mut pty = start("terminated");
    pty.exp_string("PIN?\r\n> ").unwrap();
    pty.exp_string("error <stopped by a person>").unwrap();
    pty.exp_string("modes restored").unwrap();
    pty.exp_eof().unwrap();
    ends_well(&pty);
}
