//! What `plan` prints and what `new` writes: the paper that people approve.

#![allow(clippy::disallowed_methods, reason = "tests stand outside the rooms")]
#![cfg(feature = "token")]
// Helpers outside of #[test] functions may fail the test too.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::fs;
use std::path::Path;

use common::real::*;

/// What is approved holds no dates of the day; the paper shows them for today.
const FILTERS: [(&str, &str); 1] = [(
    r"issued today: \d{4}-\d\d-\d\d to \d{4}-\d\d-\d\d",
    "issued today: [today] to [then]",
)];

fn planned(stage: &Stage, arguments: &[&str]) -> String {
    let output = stage.quiet(arguments);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(stderr(&output), "");
    let text = stdout(&output);
    // Lines of the lock hold a digest and a path, as sha256sum wants them.
    let locked = |line: &str| line.len() > 68 && line.get(66..68) == Some("  ");
    for line in text.lines().filter(|line| !locked(line)) {
        assert!(line.chars().count() <= 80, "more than 80 columns: {line}");
    }
    text
}

#[test]
fn new_writes_the_ready_ceremonies() {
    let stage = Stage::empty("first-root.toml");
    for (folder, template) in [
        ("first-root", "first-root"),
        ("more-intermediates", "more-intermediates"),
        ("cert-manager", "cert-manager"),
        ("vault-server-tls", "vault-server-tls"),
        ("next-crl", "next-crl"),
        ("revoke", "revoke"),
        ("renew", "renew"),
        ("replace-after-compromise", "replace-after-compromise"),
        ("cross-sign", "cross-sign"),
        ("request-for-our-root", "request-for-our-root"),
        ("adopt-root", "adopt-root"),
        ("end-of-root", "end-of-root"),
        ("kubernetes-clusters", "kubernetes-clusters"),
        ("cfssl-migration", "cfssl-migration"),
        ("cfssl-migration", "cfssl-attack"),
        ("cfssl-migration", "cfssl-adopt"),
        ("linkerd", "linkerd"),
        ("linkerd", "linkerd-new-anchor"),
    ] {
        let ready = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join(format!("ceremonies/{folder}/{template}.toml"));
        assert_eq!(stage.new_file(template), fs::read_to_string(ready).unwrap());
    }
}

#[test]
fn the_template_plans_as_it_is() {
    let stage = Stage::empty("first-root.toml");
    stage.write("first-root.toml", &stage.new_file("first-root"));
    let text = planned(&stage, &["plan", "first-root.toml"]);
    // The paper of a locked ceremony is the same.
    stage.lock();
    assert_eq!(planned(&stage, &["plan", "first-root.toml"]), text);
    insta::with_settings!({ filters => FILTERS }, {
        insta::assert_snapshot!("first_root", text);
    });
}

#[test]
fn a_list_of_requests_has_one_digest() {
    let stage = Stage::empty("list.toml");
    let list = r#"format = "anchorite/ceremony/0"
id = "clusters"
title = "Three clusters"
token = { label = "acme-root-g1" }
root = { subject = { O = "Acme", CN = "Acme Root G1" }, key = "rsa:4096", validity = "10y" }

[[person]]
id = "alice"
role = "administrator"

[profile.short]
base = "vault"
validity = "3mo"
path_length = 0
crl_url = "http://pki.acme.example/root.crl"

[[step]]
do = "generate-root-key"

[[step]]
do = "issue-root"

[[step]]
id = "clusters"
do = "issue-intermediate"
title = "The clusters' intermediates"
profile = "short"
  [[step.request]]
  mount = "pki/etcd"
  request = "requests/etcd.csr"
  [[step.request]]
  mount = "pki/kubernetes"
  request = "requests/kubernetes.csr"
  [[step.request]]
  mount = "pki/nomad"
  request = "requests/nomad.csr"
  profile = "vault-issuing-cas"
"#;
    stage.write("list.toml", list);
    let text = planned(&stage, &["plan", "list.toml"]);
    // The root, the list, the lock.
    assert_eq!(text.matches("digest:\n").count(), 3, "{text}");
    insta::with_settings!({ filters => FILTERS }, {
        insta::assert_snapshot!("list", text);
    });

    // One by one where the policy says so.
    stage.write(
        "list.toml",
        &list
            .replace("title = \"Three", "policy = \"webtrust\"\ntitle = \"Three")
            .replace("{ O = \"Acme\"", "{ C = \"DE\", O = \"Acme\"")
            .replace(
                "path_length = 0\n",
                "path_length = 0\npolicies = [{ oid = \"1.2.3\" }]\n",
            )
            .replace("profile = \"vault-issuing-cas\"", "profile = \"short\""),
    );
    let text = planned(&stage, &["plan", "list.toml"]);
    assert_eq!(text.matches("'s template, digest:\n").count(), 4, "{text}");
}

#[test]
fn the_page_to_print_holds_the_same_text() {
    let stage = Stage::empty("first-root.toml");
    let file = stage.new_file("first-root");
    stage.write(
        "first-root.toml",
        &file.replace("Acme root and", "<b>Acme & Sons</b> and"),
    );
    let text = planned(&stage, &["plan", "first-root.toml"]);
    let page = stage.quiet(&["script", "first-root.toml"]);
    let page = stdout(&page);
    assert!(!page.contains("<b>"), "{page}");
    let shown = page
        .split_once("<pre>")
        .and_then(|(_, rest)| rest.split_once("</pre>"))
        .unwrap()
        .0
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&amp;", "&");
    assert_eq!(shown, text);
    for elsewhere in ["http:", "https:", "src=", "url("] {
        assert!(!page.contains(elsewhere), "{elsewhere}");
    }
}

#[test]
fn every_anchor_of_a_trust_bundle_is_shown() {
    let stage = Stage::empty("next.toml");
    stage.tool(
        ".",
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout old.key \
         -subj /CN=root.linkerd.cluster.local -days 3650 -addext \
         keyUsage=critical,keyCertSign,cRLSign -out old-root.pem",
    );
    stage.tool(
        ".",
        "openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout mount.key \
         -subj /CN=vault.linkerd.cluster.local -out requests/linkerd-again.csr",
    );
    let file = stage.new_file("linkerd-new-anchor");
    let listed = |line: &&str| !line.starts_with("spki_list");
    let file: Vec<&str> = file.lines().filter(listed).collect();
    stage.write("next.toml", &file.join("\n"));
    let text = planned(&stage, &["plan", "next.toml"]);
    let said = stage.tool(
        ".",
        "openssl x509 -in old-root.pem -noout -fingerprint -sha256",
    );
    let digest = said
        .split('=')
        .nth(1)
        .unwrap()
        .trim()
        .replace(':', "")
        .to_lowercase();
    for wanted in [
        "linkerd-identity-trust-roots, this root",
        "old-root.pem, ends 20",
        &digest,
    ] {
        assert!(text.contains(wanted), "{wanted}: {text}");
    }
    let json = stdout(&stage.quiet(&["plan", "next.toml", "--json"]));
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(common::schema::faults("plan-report", &json), [""; 0]);
    assert_eq!(json["trust_bundle"]["also"][0]["sha256"], digest);
}

#[test]
fn a_request_that_is_not_made_yet_says_who_makes_it() {
    let stage = Stage::empty("linkerd.toml");
    stage.write("linkerd.toml", &stage.new_file("linkerd"));
    let told = stage.quiet(&["plan", "linkerd.toml"]);
    assert_eq!(told.status.code(), Some(3));
    let told = stderr(&told);
    assert!(told.contains("requests/linkerd.csr is not there"), "{told}");
    assert!(told.contains("hint: anchorite requests prints"), "{told}");
}
