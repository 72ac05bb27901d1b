//! Errors, help and plans as a newcomer meets them: each in one snapshot with its exit code.

#![allow(clippy::disallowed_methods, reason = "tests stand outside the rooms")]
#![cfg(feature = "token")]
// Helpers outside of #[test] functions may fail the test too.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::fs;
use std::process::{Command, Stdio};

use common::real::*;

/// A root and one intermediate for `requests/new.csr`.
const CEREMONY: &str = r#"format = "anchorite/ceremony/0"
id = "acme-root-g1"
title = "Acme root"

[token]
label = "acme-root-g1"

[root]
subject = { C = "DE", O = "Acme", CN = "Acme Root G1" }
key = "ec:P-384"
validity = "20y"

[[step]]
do = "generate-root-key"

[[step]]
do = "issue-root"

[[step]]
id = "etcd"
do = "issue-intermediate"
mount = "pki/etcd"
request = "requests/new.csr"
profile = "vault"
"#;

/// What was typed, and what came of it.
struct Book {
    stage: Stage,
    text: String,
}

impl Book {
    fn new() -> Self {
        let stage = Stage::empty("a.toml");
        stage.write("a.toml", CEREMONY);
        let book = Self {
            stage,
            text: String::new(),
        };
        book.good_request();
        book
    }

    fn good_request(&self) {
        let etcd = self.stage.read("requests/etcd.csr");
        self.stage.write("requests/new.csr", &etcd);
    }

    /// Runs the program, and asserts what holds for every error.
    fn meets(&mut self, what: &str, code: i32, arguments: &[&str]) {
        let output = self.stage.quiet(arguments);
        let said = stderr(&output).replace(&self.stage.root().display().to_string(), "[stage]");
        assert_eq!(output.status.code(), Some(code), "{what}: {said}");
        // Clap's own words say how it is used, and nothing was begun.
        if code != 2 || !said.contains("--help") {
            assert_eq!(said.lines().last(), Some("nothing was signed"), "{said}");
        }
        self.is_in_help(arguments, code);
        let typed = arguments.join(" ");
        self.text.push_str(&format!(
            "# {what}\n$ anchorite {typed}\n{said}[{code}]\n\n"
        ));
    }

    /// The help of the verb tells this exit code.
    fn is_in_help(&self, arguments: &[&str], code: i32) {
        let verb = arguments.iter().copied().take(match arguments {
            ["token", ..] => 2,
            ["sign"] => 0,
            _ => 1,
        });
        let asked: Vec<&str> = verb.chain(["--help"]).collect();
        let help = stdout(&self.stage.quiet(&asked));
        let line = format!("\n  {code:<3}  ");
        assert!(
            help.contains(&line),
            "{asked:?} does not tell {code}: {help}"
        );
    }

    /// The same for `plan` with one thing in the ceremony file changed.
    fn plan_with(&mut self, what: &str, code: i32, from: &str, to: &str) {
        assert!(CEREMONY.contains(from), "{from}");
        self.stage.write("a.toml", &CEREMONY.replacen(from, to, 1));
        self.meets(what, code, &["plan", "a.toml"]);
        self.stage.write("a.toml", CEREMONY);
    }

    /// The same for `plan` with another request.
    fn request(&mut self, what: &str, code: i32, bytes: &[u8]) {
        fs::write(self.stage.path("requests/new.csr"), bytes).unwrap();
        self.meets(what, code, &["plan", "a.toml"]);
        self.good_request();
    }

    /// A request made on the spot.
    fn openssl(&self, arguments: &[&str]) -> Vec<u8> {
        let made = Command::new("openssl")
            .args([
                "req", "-new", "-nodes", "-keyout", "new.key", "-out", "made.csr",
            ])
            .args(arguments)
            .current_dir(self.stage.root())
            .stdin(Stdio::null())
            .output()
            .expect("openssl is not installed; these tests need it: apt-get install openssl");
        assert!(made.status.success(), "{}", stderr(&made));
        fs::read(self.stage.path("made.csr")).unwrap()
    }

    fn snapshot(&self, name: &str) {
        let filters = [(r"\b[0-9a-f]{64}\b", "[sha-256]")];
        insta::with_settings!({ filters => filters, prepend_module_to_snapshot => true }, {
            insta::assert_snapshot!(name, self.text);
        });
    }
}

const EC: [&str; 4] = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"];

#[test]
fn the_command_line() {
    let mut book = Book::new();
    book.meets("no verb", 2, &[]);
    book.meets("an unknown verb", 2, &["sign"]);
    book.meets("an unknown flag", 2, &["plan", "a.toml", "--force"]);
    book.meets("no file", 2, &["plan"]);
    book.meets("run without a ledger", 2, &["run", "a.toml"]);
    book.meets("an unknown template", 2, &["new", "second-root"]);
    book.meets("an unknown shell", 2, &["completions", "dash"]);
    book.meets("man: no such folder", 6, &["man", "none"]);
    book.meets(
        "run without a terminal",
        2,
        &["run", "a.toml", "--ledger", "ledger"],
    );
    book.meets("a missing file", 3, &["plan", "missing.toml"]);
    book.meets("a folder in place of a file", 3, &["plan", "requests"]);
    book.meets("a file that is no text", 3, &["plan", "/bin/sh"]);
    book.meets("no such ledger", 6, &["plan", "a.toml", "--ledger", "none"]);
    book.meets(
        "abort: no such ledger",
        6,
        &["abort", "x", "--ledger", "none"],
    );
    book.meets(
        "abort: no such folder",
        6,
        &["abort", "x", "--ledger", "none/none"],
    );
    assert!(!book.stage.path("none").exists());
    fs::create_dir(book.stage.path("ledger")).unwrap();
    book.meets(
        "abort: nothing is open",
        1,
        &["abort", "x", "--ledger", "ledger"],
    );
    book.meets(
        "verify: no root certificate",
        3,
        &["verify", "ledger", "--root", "root.pem"],
    );
    book.meets(
        "verify: a request in place of the root",
        1,
        &["verify", "ledger", "--root", "requests/new.csr"],
    );
    book.meets(
        "token: no module",
        4,
        &["token", "list", "--module", "none.so"],
    );
    book.meets("token: no such token", 4, &["token", "show", "other-root"]);
    book.meets(
        "rehearse: no SoftHSM",
        4,
        &["rehearse", "a.toml", "--module", "none.so"],
    );
    let first = book.stage.quiet(&["plan", "a.toml", "--lock"]);
    assert_eq!(first.status.code(), Some(0));
    let same = book.stage.quiet(&["plan", "a.toml", "--lock"]);
    assert_eq!(stderr(&same), "plan and lock are as they were\n");
    assert_eq!(same.status.code(), Some(0));
    book.stage
        .write("a.toml", &CEREMONY.replace("Acme root", "Another"));
    book.meets(
        "plan --lock after a change",
        6,
        &["plan", "a.toml", "--lock"],
    );
    book.stage.write("site.toml", "module = 4\n");
    book.meets(
        "a site file with a mistake",
        3,
        &["token", "list", "--site", "site.toml"],
    );
    book.snapshot("command_line");
}

#[test]
fn the_ceremony_file() {
    let mut book = Book::new();
    book.plan_with("no TOML", 3, "[token]", "[token");
    book.plan_with("an unknown key", 3, "validity =", "validty =");
    book.plan_with("an unknown profile", 3, "\"vault\"", "\"valut\"");
    book.plan_with("a missing request", 3, "new.csr", "none.csr");
    book.plan_with("a path that leaves the folder", 3, "requests/new", "../new");
    book.plan_with("an absolute path", 3, "requests/new.csr", "/etc/hostname");
    book.plan_with(
        "a label that is too long",
        3,
        "label = \"acme-root-g1\"",
        "label = \"acme-root-generation-one\"",
    );
    book.plan_with("another format", 3, "ceremony/0", "ceremony/9");
    book.plan_with(
        "a step twice",
        3,
        "[[step]]\nid",
        "[[step]]\nid = \"etcd\"\ndo = \"issue-root\"\n\n[[step]]\nid",
    );
    book.plan_with(
        "no root certificate's step",
        3,
        "[[step]]\ndo = \"issue-root\"\n",
        "",
    );
    book.plan_with("a validity that is none", 3, "\"20y\"", "\"twenty years\"");
    book.plan_with(
        "a digest of another curve",
        3,
        "key = \"ec:P-384\"",
        "key = \"ec:P-384\"\ndigest = \"sha512\"",
    );
    book.plan_with(
        "a person with the name of the root's own file",
        3,
        "[token]",
        "[[person]]\nid = \"attrs\"\nrole = \"witness\"\n\n[token]",
    );
    book.plan_with(
        "a waiver for a check that nobody can waive",
        3,
        "[token]",
        "[[person]]\nid = \"alice\"\nrole = \"witness\"\n\n[[waiver]]\ncheck = \"REQ-POP\"\nstep = \"etcd\"\nreason = \"none\"\nby = \"alice\"\n\n[token]",
    );
    book.plan_with(
        "a policy that is a text",
        3,
        "[[step]]",
        "[profile.own]\npolicies = [\"1.2.3\"]\n\n[[step]]",
    );
    let shared = format!(
        "[profile.own]\nextended_key_usage = [\"anyExtendedKeyUsage\"]\n\n{}",
        "[[step]]\nid = \"etcd\"\ndo = \"issue-intermediate\"\nprofile = \"own\"\n  [[step.request]]\n  mount = \"pki/etcd\"\n  request = \"requests/new.csr\"\n  [[step.request]]\n  mount = \"pki/kubernetes\"\n  request = \"requests/kubernetes.csr\"\n",
    );
    let last = &CEREMONY[CEREMONY.find("[[step]]\nid").unwrap()..];
    book.plan_with("a refused profile of two intermediates", 1, last, &shared);
    book.plan_with("an empty file", 3, CEREMONY, "");
    book.stage.write("sub.toml", "");
    book.stage
        .write("more.toml", &book.stage.new_file("more-intermediates"));
    book.meets(
        "a root certificate that is missing",
        3,
        &["plan", "more.toml"],
    );
    let old = book.stage.read("requests/etcd.csr");
    book.stage.write("root.pem", &old);
    book.meets("a request in its place", 3, &["plan", "more.toml"]);
    book.snapshot("ceremony_file");
}

#[test]
fn the_request() {
    let mut book = Book::new();
    let good = book.stage.read("requests/new.csr");
    let key = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f\n-----END PRIVATE KEY-----\n";
    book.request(
        "a private key before it",
        1,
        format!("{key}{good}").as_bytes(),
    );
    book.request(
        "a private key after it",
        1,
        format!("{good}{key}").as_bytes(),
    );
    let json = format!(
        "{{\"data\":{{\"csr\":\"{}\",\"private_key\":\"{}\"}}}}\n",
        good.replace('\n', "\\n"),
        key.replace('\n', "\\n")
    );
    book.request("Vault's JSON, with the private key", 1, json.as_bytes());
    let json = format!(
        "{{\"data\":{{\"csr\":\"{}\"}}}}\n",
        good.replace('\n', "\\n")
    );
    book.request("Vault's JSON", 1, json.as_bytes());
    book.request("two requests", 1, format!("{good}{good}").as_bytes());
    book.request("text after it", 1, format!("{good}regards\n").as_bytes());
    book.request("nothing", 1, b"");
    book.request("70 000 octets", 1, &[b'A'; 70_000]);
    let der = book.stage.path("requests/etcd.der");
    let to_der = [
        "req",
        "-in",
        "requests/etcd.csr",
        "-outform",
        "DER",
        "-out",
        "requests/etcd.der",
    ];
    book.stage
        .tool(".", &format!("openssl {}", to_der.join(" ")));
    let mut edited = fs::read(&der).unwrap();
    let at = edited.windows(4).position(|part| part == b"etcd").unwrap();
    edited[at] = b'E';
    book.request("edited after it was signed", 1, &edited);
    let mut longer = fs::read(&der).unwrap();
    longer.push(0);
    book.request("an octet after the DER", 1, &longer);

    let name = ["-subj", "/CN=New CA"];
    let made = book.openssl(&[&["-newkey", "rsa:1024"], &name[..]].concat());
    book.request("RSA with 1024 bits", 1, &made);
    let made = book.openssl(&[&EC[..], &name, &["-sha1"]].concat());
    book.request("signed over SHA-1", 1, &made);
    let made = book.openssl(&[&EC[..], &["-subj", "/"]].concat());
    book.request("no subject", 1, &made);
    let root = ["-subj", "/C=DE/O=Acme/CN=Acme Root G1", "-utf8"];
    let made = book.openssl(&[&EC[..], &root].concat());
    book.request("the root's own name", 1, &made);
    let made = book.openssl(
        &[
            &["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:secp256k1"],
            &name[..],
        ]
        .concat(),
    );
    book.request("a curve of another world", 1, &made);
    let mut certificate = vec!["-x509"];
    certificate.extend(EC);
    certificate.extend(name);
    let made = book.openssl(&certificate);
    book.request("a certificate", 1, &made);

    fs::remove_file(book.stage.path("requests/new.csr")).unwrap();
    std::os::unix::fs::symlink("etcd.csr", book.stage.path("requests/new.csr")).unwrap();
    book.meets("a link in place of the request", 3, &["plan", "a.toml"]);
    fs::remove_file(book.stage.path("requests/new.csr")).unwrap();
    book.good_request();

    let again = "profile = \"vault\"\n\n[[step]]\nid = \"second\"\ndo = \"issue-intermediate\"\nmount = \"pki/second\"\nrequest = \"requests/etcd.csr\"\nprofile = \"vault\"\n";
    book.plan_with(
        "one key for two intermediates",
        1,
        "profile = \"vault\"\n",
        again,
    );
    let pinned = format!(
        "profile = \"vault\"\nspki_sha256 = \"{}\"\n",
        "ab".repeat(32)
    );
    book.plan_with(
        "another key than the file names",
        1,
        "profile = \"vault\"\n",
        &pinned,
    );

    let list = "profile = \"vault\"\n\n[keys]\nblocked = \"lost.txt\"\n";
    // The digest of the key in etcd.csr, in capitals as some tools write it.
    let key = "795D19A3B0333ED9ED8A24112631B5595B34910CFCB7453D647F7A5AAAD07009";
    book.stage.write("lost.txt", key);
    book.plan_with("a key on the site's list", 1, "profile = \"vault\"\n", list);
    book.stage.write("lost.txt", "# lost\nabc\n");
    book.plan_with("a list with a wrong line", 3, "profile = \"vault\"\n", list);
    book.stage.write("lost.txt", "# none yet\n");
    book.plan_with("a list without a key", 3, "profile = \"vault\"\n", list);
    book.snapshot("request");
}

/// Whatever a file says at length, its error fits a screen.
#[test]
fn long_words_of_a_file_are_not_echoed_whole() {
    let book = Book::new();
    let long = "k\u{1f600}".repeat(50_000);
    let huge = "k".repeat(900_000);
    let wrong = [
        ("[root]", format!("[root]\n\"{long}\" = 1")),
        ("[root]", format!("[root]\n{huge} = 1")),
        ("[root]", format!("[root]\nvalidity = \"{huge}\"")),
        (
            "validity = \"20y\"",
            format!("validity = {{ \"{long}\" = 1 }}"),
        ),
        ("key = \"ec:P-384\"", format!("key = \"{huge}\"")),
        ("profile = \"vault\"", format!("profile = \"{huge}\"")),
        ("requests/new.csr", format!("requests/{huge}")),
        (
            "requests/new.csr",
            format!("{}new.csr", "r/".repeat(400_000)),
        ),
    ];
    for (from, to) in &wrong {
        assert!(CEREMONY.contains(from), "{from}");
        book.stage.write("a.toml", &CEREMONY.replacen(from, to, 1));
        let output = book.stage.quiet(&["plan", "a.toml"]);
        let said = stderr(&output);
        let start: String = said.chars().take(1500).collect();
        assert_eq!(output.status.code(), Some(3), "{start}");
        assert!(said.len() < 2000, "{} octets: {start}", said.len());
    }
    for text in [
        format!("{huge} = 1\n"),
        format!("module = {{ {huge} = 1 }}\n"),
    ] {
        // A site file has at most 64 KiB.
        let text = text.replacen(&huge, &huge[..60_000], 1);
        book.stage.write("site.toml", &text);
        let output = book.stage.quiet(&["token", "list", "--site", "site.toml"]);
        let said = stderr(&output);
        let start: String = said.chars().take(1500).collect();
        assert_eq!(output.status.code(), Some(3), "{start}");
        assert!(said.len() < 2000, "{} octets: {start}", said.len());
    }
}

#[test]
fn completions_for_every_shell() {
    let stage = Stage::empty("a.toml");
    for (shell, word) in [
        ("bash", "complete -F _anchorite"),
        ("zsh", "#compdef anchorite"),
        ("fish", "complete -c anchorite"),
        ("elvish", "edit:completion:arg-completer[anchorite]"),
        (
            "powershell",
            "Register-ArgumentCompleter -Native -CommandName 'anchorite'",
        ),
    ] {
        let output = stage.quiet(&["completions", shell]);
        assert_eq!(output.status.code(), Some(0));
        let script = stdout(&output);
        assert!(script.contains(word), "{script}");
        assert!(script.contains("rehearse") && script.contains("ledger"));
        // What it prints passes the wall behind the escape function as it is.
        assert!(!script.contains("\\u{"), "{script}");
    }
    // Bash itself completes a verb and an option with it.
    stage.write("bash", &stdout(&stage.quiet(&["completions", "bash"])));
    let completes = |typed: &str, at: usize| {
        let words = format!(
            ". ./bash && COMP_WORDS=({typed}) COMP_CWORD={at} && _anchorite anchorite \"${{COMP_WORDS[{at}]}}\" && echo \"${{COMPREPLY[@]}}\""
        );
        let output = Command::new("bash")
            .args(["-c", &words])
            .current_dir(stage.root())
            .output()
            .expect("bash is not installed");
        stdout(&output)
    };
    assert_eq!(completes("anchorite rehe", 1), "rehearse\n");
    assert_eq!(completes("anchorite plan --lo", 2), "--lock\n");
}

#[test]
fn the_manual_is_written_whole_and_never_over_another() {
    let stage = Stage::empty("a.toml");
    fs::create_dir(stage.path("man1")).unwrap();
    let output = stage.quiet(&["man", "man1"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let mut pages: Vec<String> = fs::read_dir(stage.path("man1"))
        .unwrap()
        .map(|page| page.unwrap().file_name().into_string().unwrap())
        .collect();
    pages.sort();
    insta::assert_snapshot!("manual", pages.join("\n"));
    let page = stage.read("man1/anchorite-plan.1");
    assert!(page.starts_with(".ie \\n(.g .ds Aq"), "{page}");
    for word in [".TH anchorite-plan 1", "\\-\\-lock", "Exit codes:"] {
        assert!(page.contains(word), "no {word}: {page}");
    }

    fs::remove_file(stage.path("man1/anchorite-plan.1")).unwrap();
    let again = stage.quiet(&["man", "man1"]);
    assert_eq!(again.status.code(), Some(6));
    let said = stderr(&again);
    assert!(
        said.contains("error: man1/anchorite.1 exists already"),
        "{said}"
    );
    assert!(said.contains("also  man1/anchorite-run.1"), "{said}");
    assert!(!stage.path("man1/anchorite-plan.1").exists());
}

#[test]
fn help() {
    let mut text = String::new();
    let stage = Stage::empty("a.toml");
    for verb in [
        "",
        "new",
        "plan",
        "script",
        "rehearse",
        "run",
        "abort",
        "verify",
        "inspect",
        "token",
        "token list",
        "token show",
        "completions",
        "man",
    ] {
        let mut arguments: Vec<&str> = verb.split_whitespace().collect();
        arguments.push("--help");
        let output = stage.quiet(&arguments);
        assert_eq!(output.status.code(), Some(0));
        assert!(output.stderr.is_empty());
        let said = stdout(&output);
        for line in said.lines() {
            assert!(line.chars().count() <= 80, "{verb}: {line}");
        }
        text.push_str(&format!("$ anchorite {}\n{said}\n", arguments.join(" ")));
    }
    insta::assert_snapshot!("help", text);
}
