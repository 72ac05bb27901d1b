//! `new` in a terminal: questions on the terminal, the file on standard output.

#![allow(clippy::disallowed_methods, reason = "tests stand outside the rooms")]
#![cfg(feature = "token")]
// Helpers outside of #[test] functions may fail the test too.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::fs::File;

use common::pty::{End, Next, Pty};
use common::real::*;

/// `anchorite new TEMPLATE > FILE`, typed at a terminal.
fn new(stage: &Stage, template: &str, file: &str) -> Pty {
    let mut command = stage.anchorite(&["new", template]);
    command.stdout(File::create(stage.path(file)).unwrap());
    Pty::start(command)
}

fn asks(pty: &mut Pty, words: &str) {
    match pty.next() {
        Next::Prompt(screen) => assert!(screen.contains(words), "not {words}: {screen}"),
        Next::Ended(end) => panic!("{end:?}: {}", pty.screen()),
    }
}

#[test]
fn the_answers_stand_in_the_file_and_it_plans() {
    let stage = Stage::empty("new.toml");
    let mut pty = new(&stage, "first-root", "new.toml");
    for (words, answer) in [
        ("Organisation", "Zur Post & S\u{f6}hne"),
        ("Country", "at"),
        ("not taken: C is a country's two capital letters", "AT"),
        (
            "Name of the root [Zur Post & S\u{f6}hne Root G1]",
            "Post Root",
        ),
        ("Root key", ""),
        ("CRL", "http://pki.example/root.crl"),
        ("Mounts", "pki/etcd"),
    ] {
        asks(&mut pty, words);
        pty.line(answer);
    }
    assert_eq!(pty.next(), Next::Ended(End::Exit(0)));
    // The document is in the file alone.
    assert!(!pty.screen().contains("format ="), "{}", pty.screen());
    let text = stage.read("new.toml");
    for line in [
        "id     = \"post-root\" ",
        "label = \"post-root\" ",
        "subject  = { C = \"AT\", O = \"Zur Post & S\u{f6}hne\", CN = \"Post Root\" }",
        "crl_url = \"http://pki.example/root.crl\" ",
        "mount   = \"pki/etcd\" ",
    ] {
        assert!(text.contains(line), "no {line}: {text}");
    }
    let plan = stage.quiet(&["plan", "new.toml"]);
    assert_eq!(plan.status.code(), Some(0), "{}", stderr(&plan));
    assert!(stdout(&plan).contains("C=AT, O=Zur Post & S\u{f6}hne, CN=Post Root"));
}

#[test]
fn ctrl_c_ends_it_and_nothing_is_written() {
    let stage = Stage::empty("new.toml");
    let mut pty = new(&stage, "more-intermediates", "new.toml");
    asks(&mut pty, "Id of this ceremony");
    pty.line("clusters-2");
    asks(&mut pty, "Label of the token");
    pty.control_c();
    assert_eq!(pty.next(), Next::Ended(End::Exit(5)));
    assert_eq!(stage.read("new.toml"), "");
    assert!(
        pty.screen()
            .contains("error: stopped by a person\nnothing was signed\n")
    );
}

#[test]
fn a_script_gets_the_template_as_it_is() {
    let stage = Stage::empty("new.toml");
    let template = include_str!("../ceremonies/first-root/first-root.toml");
    assert_eq!(stage.new_file("first-root"), template);
}
