//! `inspect` and `--json` of the real program: what is shown, how it ends, what may leave it.

#![allow(clippy::disallowed_methods, reason = "tests stand outside the rooms")]
#![cfg(feature = "token")]
// Helpers outside of #[test] functions may fail the test too.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

use common::real::*;
use common::schema;
use serde_json::Value;

/// A stage with one rehearsed ceremony below `k/ledger`, shared by the tests that only read.
fn rehearsed() -> &'static Stage {
    static STAGE: OnceLock<Stage> = OnceLock::new();
    STAGE.get_or_init(|| {
        let stage = Stage::empty("first-root.toml");
        stage.write("first-root.toml", &stage.new_file("first-root"));
        let output = stage.quiet(&["rehearse", "first-root.toml", "--keep", "k"]);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        let out = fs::read_dir(stage.path("k/ledger"))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .find(|path| path.join("transcript.jsonl").exists())
            .unwrap();
        for (from, to) in [
            ("out/root.pem", "root.pem"),
            ("out/root.crl", "root.crl"),
            ("transcript.jsonl", "transcript.jsonl"),
        ] {
            fs::copy(out.join(from), stage.path(to)).unwrap();
        }
        let bundle = find(&out.join("out"), "bundle.pem").unwrap();
        fs::copy(&bundle, stage.path("bundle.pem")).unwrap();
        fs::copy(
            bundle.with_file_name("intermediate.pem"),
            stage.path("intermediate.pem"),
        )
        .unwrap();
        stage
    })
}

fn find(folder: &std::path::Path, name: &str) -> Option<std::path::PathBuf> {
    let mut paths: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    paths.iter().find_map(|path| {
        if path.is_dir() {
            find(path, name)
        } else {
            (path.file_name()? == name).then(|| path.clone())
        }
    })
}

/// Only these may leave: line feeds, printable ASCII, Latin letters.
#[track_caller]
fn assert_plain(output: &Output) {
    for bytes in [&output.stdout, &output.stderr] {
        let text = std::str::from_utf8(bytes).expect("UTF-8");
        let bad = text.chars().find(|&c| {
            !matches!(c, '\n' | ' '..='~')
                && !matches!(c, '\u{c0}'..='\u{d6}' | '\u{d8}'..='\u{f6}' | '\u{f8}'..='\u{17f}')
        });
        assert_eq!(bad, None, "{text:?}");
    }
}

/// Runs with `--json`, checks the schema, and returns code and value.
#[track_caller]
fn json(stage: &Stage, name: &str, arguments: &[&str]) -> (i32, Value) {
    let arguments = [arguments, &["--json"]].concat();
    let output = stage.quiet(&arguments);
    assert_plain(&output);
    let text = stdout(&output);
    assert!(!text.contains("\\u00"), "{text}");
    let value: Value = serde_json::from_str(&text).unwrap_or_else(|e| panic!("{e}: {text}"));
    assert_eq!(schema::faults(name, &value), [""; 0], "{arguments:?}");
    let code = output.status.code().unwrap();
    if name == "error" {
        assert_eq!(value["exit"], code);
    }
    (code, value)
}

#[track_caller]
fn text(stage: &Stage, code: i32, arguments: &[&str]) -> String {
    let output = stage.quiet(arguments);
    assert_eq!(output.status.code(), Some(code), "{}", stderr(&output));
    assert_plain(&output);
    let text = stdout(&output);
    for line in text.lines() {
        assert!(line.chars().count() <= 80 || !line.contains(' '), "{line}");
    }
    text
}

fn failed(value: &Value) -> Vec<&str> {
    let findings = value["findings"].as_array().unwrap().iter();
    findings
        .filter(|one| one["outcome"] == "fail")
        .map(|one| one["id"].as_str().unwrap())
        .collect()
}

const FILTERS: [(&str, &str); 6] = [
    // An ECDSA signature's length varies.
    (r"\b\d+ octets", "[n] octets"),
    (r"\b[0-9a-f]{64}\b", "[sha-256]"),
    (r"\b[0-9a-f]{40}\b", "[key id]"),
    (r"\b[4-7][0-9a-f]{31}\b", "[serial]"),
    (r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(Z| UTC)?", "[time]"),
    (r#"(answer  .*\n +\S+: )".*""#, "$1\"[answer]\""),
];

#[track_caller]
fn snapshot(name: &str, text: &str) {
    insta::with_settings!({ filters => FILTERS, prepend_module_to_snapshot => true }, {
        insta::assert_snapshot!(name, text);
    });
}

/// Without the entries that another laptop, token or day would have others of.
fn steady(text: &str) -> String {
    let mut varies = false;
    let mut kept = String::new();
    for line in text.lines() {
        if !line.starts_with("        ") {
            let words = ["  environment  ", "  question  ", "  token-opened  "];
            varies = words.iter().any(|word| line.contains(word));
        }
        if !varies {
            kept.push_str(&format!("{line}\n"));
        }
    }
    kept
}

#[test]
fn requests() {
    let stage = Stage::empty("a.toml");
    let fixture = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/rsa-1024.csr");
    fs::copy(fixture, stage.path("short.csr")).unwrap();
    snapshot(
        "request",
        &text(&stage, 0, &["inspect", "requests/etcd.csr"]),
    );
    snapshot(
        "request_refused",
        &text(&stage, 1, &["inspect", "short.csr"]),
    );
    let (code, value) = json(&stage, "inspect", &["inspect", "requests/etcd.csr"]);
    assert_eq!((code, &value["verdict"]), (0, &Value::from("accepted")));
    let (code, value) = json(&stage, "inspect", &["inspect", "short.csr"]);
    assert_eq!(code, 1);
    assert!(failed(&value).contains(&"REQ-KEY-RSA-SIZE"), "{value}");
    // Not told by its content, and of another kind than it is said to be.
    stage.write("notes", "hello\n");
    let (code, value) = json(&stage, "inspect", &["inspect", "notes"]);
    assert_eq!((code, &value["told_by"]), (1, &Value::from("nothing")));
    for (kind, id) in [
        ("certificate", "CERT-CONTAINER"),
        ("crl", "CRL-FILE-CONTAINER"),
        ("bundle", "BUNDLE-CONTAINER"),
        ("transcript", "VERIFY-CHAIN"),
    ] {
        let arguments = ["inspect", "requests/etcd.csr", "--as", kind];
        let (code, value) = json(&stage, "inspect", &arguments);
        assert_eq!((code, failed(&value)), (1, vec![id]), "{kind}");
        assert_eq!(value["kind"], kind);
    }
}

#[test]
fn an_issuer_adds_what_only_it_can_tell() {
    let stage = rehearsed();
    let request = ["inspect", "requests/etcd.csr"];
    let with = ["inspect", "requests/etcd.csr", "--issuer", "root.pem"];
    let has = |value: &Value, id: &str| {
        let findings = value["findings"].as_array().unwrap();
        findings.iter().any(|one| one["id"] == id)
    };
    let (_, alone) = json(stage, "inspect", &request);
    let (_, under) = json(stage, "inspect", &with);
    for id in ["REQ-KEY-ISSUER", "REQ-SUBJECT-ISSUER"] {
        assert!(!has(&alone, id) && has(&under, id), "{id}");
    }
    let (code, value) = json(
        stage,
        "inspect",
        &["inspect", "intermediate.pem", "--issuer", "root.pem"],
    );
    assert_eq!(code, 0, "{value}");
    assert!(has(&value, "CERT-ISSUER"));
    // The intermediate is no root, and nothing can be held against it.
    let (code, value) = json(
        stage,
        "error",
        &["inspect", "root.pem", "--issuer", "intermediate.pem"],
    );
    assert_eq!(code, 1, "{value}");
}

#[test]
fn what_a_ceremony_made() {
    let stage = rehearsed();
    for (file, kind) in [
        ("root.pem", "certificate"),
        ("intermediate.pem", "certificate"),
        ("root.crl", "crl"),
        ("bundle.pem", "bundle"),
        ("transcript.jsonl", "transcript"),
    ] {
        let (code, value) = json(stage, "inspect", &["inspect", file]);
        assert_eq!((code, &value["kind"]), (0, &Value::from(kind)), "{value}");
        let mut arguments = vec!["inspect", file];
        if kind != "transcript" {
            arguments.extend(["--issuer", "root.pem"]);
        }
        let text = text(stage, 0, &arguments);
        match kind {
            "certificate" if file == "root.pem" => {}
            "transcript" => snapshot(kind, &steady(&text)),
            _ => snapshot(kind, &text),
        }
    }
}

#[test]
fn bundles_that_set_signed_would_take_and_fail_with() {
    let stage = rehearsed();
    let root = stage.read("root.pem");
    let one = stage.read("intermediate.pem");
    let request = stage.read("requests/etcd.csr");
    for (name, text, ids) in [
        (
            "swapped",
            format!("{root}{one}"),
            vec!["BUNDLE-ORDER", "BUNDLE-LINK", "BUNDLE-ROOT"],
        ),
        ("rootless", one.clone(), vec!["BUNDLE-ROOT"]),
        (
            "twice",
            format!("{one}{one}{root}"),
            vec!["BUNDLE-CONTAINER", "BUNDLE-ORDER", "BUNDLE-LINK"],
        ),
        (
            "after",
            format!("{one}{root}# end\n"),
            vec!["BUNDLE-CONTAINER"],
        ),
        (
            "request",
            format!("{one}{request}"),
            vec!["BUNDLE-CONTAINER"],
        ),
        (
            "key",
            format!("{one}{root}-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n"),
            vec!["BUNDLE-CONTAINER"],
        ),
    ] {
        stage.write(name, &text);
        let (code, value) = json(stage, "inspect", &["inspect", name, "--as", "bundle"]);
        assert_eq!((code, failed(&value)), (1, ids), "{name}: {value}");
    }
    // Comments and CRLF between are taken, as Vault takes them.
    let text = format!("the intermediate\n{one}\nthe root\n{root}").replace('\n', "\r\n");
    stage.write("commented", &text);
    let (code, value) = json(stage, "inspect", &["inspect", "commented"]);
    assert_eq!(code, 0, "{value}");
}

#[test]
fn a_bundle_is_held_against_its_request_and_its_readers() {
    let stage = rehearsed();
    let inspect = |more: &[&str]| {
        let arguments = [&["inspect", "bundle.pem"], more].concat();
        json(stage, "inspect", &arguments)
    };
    let (code, value) = inspect(&["--request", "requests/etcd.csr"]);
    assert_eq!(code, 0, "{value}");
    let (code, value) = inspect(&["--request", "requests/kubernetes.csr"]);
    assert_eq!((code, failed(&value)), (1, vec!["BUNDLE-REQUEST"]));
    let (code, value) = inspect(&["--for", "linkerd", "--for", "etcd", "--for", "etcd"]);
    assert_eq!((code, failed(&value)), (1, vec!["BUNDLE-LINKERD"]));
    assert_eq!(
        value["for"],
        serde_json::json!(["vault", "linkerd", "etcd"])
    );
    for (more, code) in [
        (["--request", "missing.csr"], 3),
        (["--request", "root.pem"], 1),
        (["--for", "consul"], 2),
    ] {
        let arguments = [&["inspect", "bundle.pem"], &more[..]].concat();
        assert_eq!(stage.quiet(&arguments).status.code(), Some(code));
    }
    for more in [["--request", "requests/etcd.csr"], ["--for", "go"]] {
        let arguments = [&["inspect", "root.pem"], &more[..]].concat();
        let output = stage.quiet(&arguments);
        assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
        assert!(stderr(&output).contains("--as bundle"));
    }
}

#[test]
fn what_is_no_such_file_is_told_and_refused() {
    let stage = rehearsed();
    let out = Command::new("openssl")
        .args(["genpkey", "-algorithm", "ED25519", "-out"])
        .arg(stage.path("own.key"))
        .status();
    assert!(out.unwrap().success());
    stage.write("empty", "");
    stage.write(
        "site.toml",
        "module = \"/usr/lib/softhsm/libsofthsm2.so\"\n",
    );
    let mut folders = fs::read_dir(stage.path("k/ledger")).unwrap();
    let sealed = folders
        .find_map(|entry| {
            let path = entry.unwrap().path();
            path.join("SEAL.txt").exists().then_some(path)
        })
        .unwrap();
    for name in ["SEAL.txt", "SEAL.txt.root.p7s", "SHA256SUMS"] {
        fs::copy(sealed.join(name), stage.path(name)).unwrap();
    }
    for (file, kind) in [
        ("own.key", "private-key"),
        ("SEAL.txt", "seal"),
        ("SEAL.txt.root.p7s", "cms"),
        ("SHA256SUMS", "sums"),
        ("first-root.toml", "ceremony"),
        ("site.toml", "toml"),
        ("empty", "empty"),
    ] {
        let (code, value) = json(stage, "inspect", &["inspect", file]);
        assert_eq!((code, &value["kind"]), (1, &Value::from(kind)), "{value}");
        assert_eq!(value["told_by"], "content");
        assert!(value["refused"].is_string() && failed(&value).is_empty());
    }
    let said = text(stage, 1, &["inspect", "own.key"]);
    let key = stage.read("own.key");
    assert!(!said.contains(key.lines().nth(1).unwrap()));
    snapshot("private_key", &said);
    snapshot("seal", &text(stage, 1, &["inspect", "SEAL.txt"]));
    // Whoever says that it is a request is told what a request must not hold.
    let arguments = ["inspect", "own.key", "--as", "request"];
    let (code, value) = json(stage, "inspect", &arguments);
    assert_eq!((code, failed(&value)), (1, vec!["REQ-PRIVATE-KEY"]));
}

#[test]
fn transcripts_that_break() {
    let stage = rehearsed();
    let good = stage.read("transcript.jsonl");
    let lines: Vec<&str> = good.split_inclusive('\n').collect();
    let dropped = [&lines[..3], &lines[4..]].concat().concat();
    stage.write("dropped.jsonl", &dropped);
    let (code, value) = json(stage, "inspect", &["inspect", "dropped.jsonl"]);
    assert_eq!((code, failed(&value)), (1, vec!["VERIFY-CHAIN"]));
    assert_eq!(value["transcript"]["entries"].as_array().unwrap().len(), 3);
    let unknown = lines[0].replacen("\"begin\"", "\"weather\"", 1);
    stage.write("unknown.jsonl", &unknown);
    let (code, value) = json(stage, "inspect", &["inspect", "unknown.jsonl"]);
    assert_eq!(code, 0, "{value}");
    assert_eq!(value["transcript"]["unknown_types"][0], "weather");
}

#[test]
fn exit_codes_and_errors() {
    let stage = Stage::empty("a.toml");
    for (arguments, code) in [
        (vec!["inspect", "missing"], 3),
        (vec!["inspect", "requests"], 3),
        (
            vec!["inspect", "requests/etcd.csr", "--issuer", "missing"],
            3,
        ),
        (vec!["plan", "missing.toml"], 3),
        (vec!["verify", "none", "--root", "none"], 3),
        (vec!["token", "list", "--module", "none.so"], 4),
    ] {
        assert_eq!(json(&stage, "error", &arguments).0, code, "{arguments:?}");
        let plain = stage.quiet(&arguments);
        assert_eq!(plain.status.code(), Some(code));
        assert_eq!(stdout(&plain), "");
    }
    for arguments in [vec!["inspect"], vec!["inspect", "a", "--as", "egg"]] {
        assert_eq!(stage.quiet(&arguments).status.code(), Some(2));
    }
}

#[test]
fn plan_verify_and_token_as_json() {
    let stage = rehearsed();
    let (code, value) = json(stage, "plan-report", &["plan", "first-root.toml"]);
    assert_eq!((code, &value["ledger"]["known"]), (0, &Value::from(true)));
    let (code, value) = json(
        stage,
        "verify",
        &["verify", "k/ledger", "--root", "root.pem"],
    );
    assert_eq!((code, &value["verdict"]), (8, &Value::from("consistent")));
    let folder = value["ceremonies"][0]["folder"]
        .as_str()
        .unwrap()
        .to_owned();
    let ceremony = format!("k/ledger/{folder}");
    let (code, value) = json(
        stage,
        "verify",
        &["verify", &ceremony, "--root", "root.pem"],
    );
    assert_eq!((code, &value["because"]), (8, &Value::from("a rehearsal")));
    let module = softhsm();
    let (code, value) = json(stage, "token", &["token", "list", "--module", &module]);
    assert_eq!(
        (code, &value["tokens"][0]["label"]),
        (0, &Value::from(LABEL))
    );
    let (code, value) = json(
        stage,
        "token",
        &["token", "show", LABEL, "--module", &module],
    );
    assert_eq!((code, &value["keys"]), (0, &Value::Null));
    // A request that is refused, with all that was found in it.
    let bad = Stage::empty("first-root.toml");
    bad.write("first-root.toml", &bad.new_file("first-root"));
    fs::copy(
        concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/rsa-1024.csr"),
        bad.path("requests/etcd.csr"),
    )
    .unwrap();
    let (code, value) = json(&bad, "error", &["plan", "first-root.toml"]);
    assert_eq!(code, 1);
    assert!(failed(&value["refusals"][0]).contains(&"REQ-KEY-RSA-SIZE"));
}

/// ESC, CR, LF, bidi, a zero-width space, a look-alike, a backslash.
const HOSTILE: &str = "A\u{1b}[31m\r\nB\u{202e}\u{200b}\u{430}\\C\u{9b}";

#[test]
fn hostile_names_and_paths_leave_as_plain_text() {
    let stage = Stage::empty("a.toml");
    let request = stage.read("requests/etcd.csr");
    let mut name = OsString::from(HOSTILE);
    name.push(OsString::from_vec(b"\xff\xfe.csr".to_vec()));
    fs::write(stage.root().join(&name), &request).unwrap();
    let run = |arguments: &[&std::ffi::OsStr]| {
        let mut command = stage.anchorite(&[]);
        let output = command
            .args(arguments)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        assert_plain(&output);
        (
            output.status.code().unwrap(),
            stdout(&output),
            stderr(&output),
        )
    };
    let plain = stage.quiet(&["inspect", "requests/etcd.csr"]);
    let (code, text, _) = run(&["inspect".as_ref(), &name]);
    assert_eq!(code, 0);
    assert_eq!(text.lines().count(), stdout(&plain).lines().count());
    assert!(text.contains(r"A\u{1b}[31m\u{d}\u{a}B\u{202e}\u{200b}\u{430}\\C\u{9b}\xff\xfe.csr"));
    // Missing, with the same name in every place that an argument can have.
    let mut missing = name.clone();
    missing.push("x");
    let missing = missing.as_os_str();
    for (arguments, code) in [
        (vec!["inspect".as_ref(), missing], 3),
        (vec!["inspect".as_ref(), missing, "--json".as_ref()], 3),
        (vec!["plan".as_ref(), missing], 3),
        (vec!["script".as_ref(), missing], 3),
        (
            vec![
                "inspect".as_ref(),
                "a".as_ref(),
                "--issuer".as_ref(),
                missing,
            ],
            3,
        ),
        (
            vec!["verify".as_ref(), missing, "--root".as_ref(), missing],
            3,
        ),
        (
            vec!["abort".as_ref(), "x".as_ref(), "--ledger".as_ref(), missing],
            6,
        ),
        (
            vec![
                "token".as_ref(),
                "list".as_ref(),
                "--module".as_ref(),
                missing,
            ],
            4,
        ),
        (
            vec![
                "token".as_ref(),
                "list".as_ref(),
                "--site".as_ref(),
                missing,
            ],
            3,
        ),
    ] {
        let (found, _, said) = run(&arguments);
        assert_eq!(found, code, "{said}");
        assert!(said.lines().count() <= 4, "{said}");
    }
    // What clap repeats.
    for arguments in [
        vec![HOSTILE],
        vec!["plan", "a.toml", HOSTILE],
        vec!["new", HOSTILE],
        vec!["inspect", "a", "--as", HOSTILE],
        vec!["plan", "a.toml", "--\u{1b}[2J"],
    ] {
        let arguments: Vec<&std::ffi::OsStr> = arguments.iter().map(|one| one.as_ref()).collect();
        let (code, _, said) = run(&arguments);
        assert_eq!(code, 2, "{said}");
    }
    let odd = std::ffi::OsStr::from_bytes(b"--x\xff\x1b");
    assert_eq!(run(&["plan".as_ref(), "a.toml".as_ref(), odd]).0, 2);
}

#[test]
fn hostile_titles_mounts_and_subjects_keep_every_line_in_its_place() {
    let stage = Stage::empty("a.toml");
    let file = |title: &str, mount: &str| {
        format!(
            "format = \"anchorite/ceremony/0\"\nid = \"acme\"\ntitle = \"{title}\"\n\
             token = {{ label = \"acme-root-g1\" }}\n\
             root = {{ subject = {{ O = \"{title}\", CN = \"Root\" }}, key = \"ec:P-384\", validity = \"9y\" }}\n\
             [[person]]\nid = \"alice\"\nrole = \"operator\"\n\
             [[step]]\ndo = \"generate-root-key\"\n\
             [[step]]\ndo = \"issue-root\"\ntitle = \"{title}\"\nread_aloud = \"{title}\"\n\
             [[step]]\ndo = \"issue-intermediate\"\nmount = \"{mount}\"\n\
             request = \"requests/etcd.csr\"\nprofile = \"vault\"\n"
        )
    };
    let hostile: String = HOSTILE
        .chars()
        .map(|c| format!("\\U{:08x}", c as u32))
        .collect();
    for (title, mount) in [
        ("<b>&\u{430}", "pki/\u{430}"),
        (hostile.as_str(), "pki"),
        ("Acme", hostile.as_str()),
    ] {
        stage.write("a.toml", &file(title, mount));
        for verb in ["plan", "script"] {
            let output = stage.quiet(&[verb, "a.toml"]);
            assert_plain(&output);
        }
        let output = stage.quiet(&["plan", "a.toml", "--json"]);
        assert_plain(&output);
        serde_json::from_str::<Value>(&stdout(&output)).unwrap();
    }
}
