//! `run` from its first question to its seal, on a terminal, with a real token and disk.

#![allow(clippy::disallowed_methods, reason = "tests stand outside the rooms")]
#![cfg(feature = "token")]
// Helpers outside of #[test] functions may fail the test too.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::fs;

use common::proof;
use common::pty::{End, Next, Pty};
use common::real::*;

const SEALED: &str = "0001-acme-root-g1";
const MOUNTS: [&str; 2] = ["pki/etcd", "pki/kubernetes"];

#[test]
fn a_whole_ceremony_verifies_with_stock_tools() {
    let stage = Stage::first_root();
    stage.run().exit(0);
    assert_eq!(stage.ledger_names(), [SEALED]);
    assert_eq!(stage.private_keys(), 1);
    // A root from a channel of its own: outside of the ledger.
    fs::copy(
        stage.path(&format!("ledger/{SEALED}/out/root.pem")),
        stage.path("root.pem"),
    )
    .unwrap();
    proof::verify(&stage, SEALED, "root.pem", &MOUNTS);
    stage.tool(".", "sha256sum --check --strict --quiet first-root.lock");
    for (kept, original) in [
        ("script/ceremony.toml", "first-root.toml"),
        ("script/ceremony.plan", "first-root.plan"),
        ("script/ceremony.lock", "first-root.lock"),
        ("in/requests/etcd.csr", "requests/etcd.csr"),
    ] {
        let kept = stage.read(&format!("ledger/{SEALED}/{kept}"));
        assert_eq!(kept, stage.read(original));
    }
    let entries = proof::entries(&stage, SEALED);
    let serials = proof::serials(&entries);
    assert_eq!(
        serials.keys().collect::<Vec<_>>(),
        ["etcd", "kubernetes", "root"]
    );
    for (mount, product) in [("pki/etcd", "etcd"), ("pki/kubernetes", "kubernetes")] {
        let said = stage.tool(
            &format!("ledger/{SEALED}/out/{mount}"),
            "openssl x509 -noout -serial -in intermediate.pem",
        );
        let expected = format!("serial={}\n", serials[product].to_uppercase());
        assert_eq!(said, expected);
    }
}

#[test]
fn the_screen_of_a_whole_ceremony() {
    let stage = Stage::first_root();
    let played = stage.run();
    played.exit(0);
    assert_plain(&played.screen);
    insta::with_settings!({ filters => filters() }, {
        insta::assert_snapshot!("screen", played.screen);
    });
}

#[test]
fn a_dumb_terminal_sees_the_same_words() {
    let stage = Stage::first_root();
    let mut command = stage.anchorite(&stage.run_arguments(&[]));
    command.env("NO_COLOR", "1").env("TERM", "dumb");
    let played = play(command, &stage.paper(), &Acts::new());
    played.exit(0);
    assert!(!played.screen.contains('\x1b'), "{}", played.screen);
    insta::with_settings!({ filters => filters() }, {
        insta::assert_snapshot!("screen", played.screen);
    });
}

/// At most 80 columns, where no path is in the line; no commands to the terminal.
fn assert_plain(screen: &str) {
    assert!(!screen.contains('\x1b'), "{screen}");
    for line in screen.lines().filter(|line| !line.contains('/')) {
        assert!(line.chars().count() <= 80, "more than 80 columns: {line}");
        assert!(!line.contains('\r'), "{line:?}");
    }
}

/// What differs from one ceremony to the next.
fn filters() -> Vec<(&'static str, &'static str)> {
    vec![
        // The spinner, where a machine is slow.
        (r"\r?[^\n]*\x1b\[2K", ""),
        (r"still working: [^\n]*\n", ""),
        (
            r"(The laptop)(:|, as)[^\n]*\n(  [^\n]*\n)*",
            "[the laptop]\n",
        ),
        (r"\b[0-9a-f]{64}\b", "[sha-256]"),
        (r"\b[0-9a-f]{40}\b", "[key id]"),
        (r"\b[0-9a-f]{32}\b", "[serial]"),
        (r"\b[0-9a-f]{16}\b", "[token]"),
        (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC", "[time]"),
        (r"> \d{4}-\d\d-\d\d\n", "> [date]\n"),
        (r"(firmware +)[0-9.]+", "$1[version]"),
        (r"/[^ \n]*/libsofthsm2.so", "[module]"),
        (r"word \d+ and word \d+", "word N and word M"),
        (r"> [a-z]+ [a-z]+\n", "> [two words]\n"),
        (r"  [a-z]+( [a-z]+){7}\n", "  [eight words]\n"),
    ]
}

#[test]
fn a_second_ceremony_on_the_same_ledger() {
    let mut stage = Stage::first_root();
    stage.run().exit(0);
    fs::copy(
        stage.path(&format!("ledger/{SEALED}/out/root.pem")),
        stage.path("root.pem"),
    )
    .unwrap();
    fs::copy(
        stage.path("requests/nomad.csr"),
        stage.path("requests/fra1-etcd.csr"),
    )
    .unwrap();
    stage.file = "more.toml".to_owned();
    stage.write("more.toml", &stage.new_file("more-intermediates"));
    stage.lock();
    // A CRL is later than the one before it, and times have whole seconds.
    std::thread::sleep(std::time::Duration::from_millis(1100));
    stage.run().exit(0).says("CRL number      2");
    let second = "0002-acme-more-clusters";
    assert_eq!(stage.ledger_names(), [SEALED, second]);
    assert_eq!(stage.private_keys(), 1);
    proof::verify(&stage, second, "root.pem", &["pki/fra1-etcd"]);
    proof::serials(&proof::entries(&stage, second));
    let first_seal = stage.tool(&format!("ledger/{SEALED}"), "sha256sum SEAL.txt");
    let seal = stage.read(&format!("ledger/{second}/SEAL.txt"));
    assert!(seal.contains(&first_seal[..64]), "{seal}");

    // The same once more: the ledger has moved on, and the key has its certificate.
    stage
        .run()
        .exit(1)
        .says("REQ-KEY-TAKEN")
        .says("\nnothing was signed\n");
}

#[test]
fn a_person_rehearses() {
    let stage = Stage::first_root();
    let mut command = stage.anchorite(&["rehearse", "first-root.toml", "--interactive"]);
    // It makes a token of its own.
    command.env_remove("SOFTHSM2_CONF");
    let label = format!("rehearsal-{LABEL}");
    let acts = Acts::from([
        (0, Act::Type("rehearsal".to_owned())),
        (3, Act::Type(label)),
    ]);
    let played = play(command, &stage.paper(), &acts);
    played
        .exit(0)
        .says("REHEARSAL: the token's PIN is \"rehearsal\".\n")
        .says("REHEARSAL of Acme root and its first intermediates\n")
        .says("Its token and ledger are removed; --keep DIR keeps them to look at.\n");
    assert_eq!(played.prompts.len(), 9);
    assert!(stage.ledger_names().is_empty());
}

#[test]
fn the_tokens_keys_are_shown_to_who_has_the_pin() {
    let stage = Stage::first_root();
    stage.run().exit(0);
    let module = softhsm();
    let show = ["token", "show", LABEL, "--keys", "--module", &module];
    let played = play(stage.anchorite(&show), &stage.paper(), &Acts::new());
    played
        .exit(0)
        .says("private keys: 1\n")
        .says("CKA_NEVER_EXTRACTABLE  true\n");
    let wrong = at(0, Act::Type("not-the-pin".to_owned()));
    let played = play(stage.anchorite(&show), &stage.paper(), &wrong);
    played.exit(4).says("error: the token refused the PIN\n");
    assert!(!played.screen.contains("private keys"));
    let stopped = play(stage.anchorite(&show), &stage.paper(), &at(0, Act::CtrlC));
    stopped.exit(5).says("error: stopped by a person\n");
}

#[test]
fn the_pin_is_nowhere() {
    let stage = Stage::first_root();
    let paper = stage.paper();
    let mut pty = Pty::start(stage.anchorite(&stage.run_arguments(&[])));
    loop {
        match pty.next() {
            Next::Prompt(prompt) => {
                for name in ["cmdline", "environ"] {
                    let path = format!("/proc/{}/{name}", pty.pid());
                    let bytes = fs::read(&path).expect("the program's own files in /proc");
                    assert!(!bytes.is_empty());
                    assert!(!holds_pin(&bytes), "{path}");
                }
                pty.line(&paper.answer(&prompt));
            }
            Next::Ended(end) => {
                assert_eq!(end, End::Exit(0), "{}", pty.screen());
                break;
            }
        }
    }
    assert!(!holds_pin(pty.screen().as_bytes()), "{}", pty.screen());
    let files = proof::files_below(stage.root());
    assert!(files.len() > 20);
    for file in files {
        let bytes = fs::read(stage.root().join(&file)).unwrap();
        assert!(!holds_pin(&bytes), "{}", file.display());
    }
}

fn holds_pin(bytes: &[u8]) -> bool {
    let pin = PIN.as_bytes();
    bytes.windows(pin.len()).any(|part| part == pin)
}

#[test]
fn a_sealed_ceremony_cannot_be_written_to_by_accident() {
    use std::os::unix::fs::PermissionsExt as _;
    let stage = Stage::first_root();
    stage.run().exit(0);
    let folder = stage.path(&format!("ledger/{SEALED}"));
    for file in proof::files_below(&folder) {
        let mode = fs::metadata(folder.join(&file))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o222, 0, "{}", file.display());
    }
}
