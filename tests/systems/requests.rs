//! From Vault and back without typing: the script of `anchorite requests`, the ceremony, and the
//! script of its hand-over, against a real OpenBao.

use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

use crate::common::howto::Desk;

const HEAD: &str = "format = \"anchorite/ceremony/0\"\nid = \"acme\"\ntitle = \"Acme\"\n\
    spki_list = \"requests/spki.sha256\"\n[token]\nlabel = \"acme\"\n";

const ROOT: &str = "[root]\nsubject = { O = \"Acme\", CN = \"Acme Root\" }\nkey = \"ec:P-256\"\n\
    [[step]]\ndo = \"generate-root-key\"\n[[step]]\ndo = \"issue-root\"\n";

/// A mount, its request's file, and what stands in its `generate`.
type Wanted<'a> = (&'a str, &'a str, &'a str);

/// Text as it stands in a TOML file.
fn toml(text: &str) -> String {
    serde_json::to_string(text).unwrap()
}

/// A new root and one step with all of these.
fn file(wanted: &[Wanted<'_>]) -> String {
    let mut text = format!("{HEAD}{ROOT}[[step]]\nid = \"mounts\"\ndo = \"issue-intermediate\"\n");
    for (mount, request, generate) in wanted {
        text.push_str(&format!(
            "[[step.request]]\nmount = {}\nrequest = {}\ngenerate = {{ {generate} }}\n",
            toml(mount),
            toml(request)
        ));
    }
    text
}

trait Scripts {
    fn write(&self, name: &str, text: &str) -> PathBuf;
    fn refused(&self, script: &str) -> String;
    fn number_of(&self, mount: &str, list: &str) -> usize;
}

impl Scripts for Desk {
    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    /// Commands that must fail; what they said.
    #[track_caller]
    fn refused(&self, script: &str) -> String {
        self.shell(&format!("if {script}; then exit 1; fi 2>&1"))
    }

    /// How many keys or issuers a mount has.
    fn number_of(&self, mount: &str, list: &str) -> usize {
        let output = self
            .bao
            .cli(&["list", "-format=json", &format!("{mount}/{list}")]);
        let list: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
        list.as_array().map_or(0, Vec::len)
    }
}

/// Says what openssl says of a leaf that the mount issues now.
#[track_caller]
fn leaf_is_good(desk: &Desk, mount: &str) {
    let issued = desk.bao.issue(mount, "member", "node-1");
    let chain: Vec<&str> = issued["ca_chain"]
        .as_array()
        .unwrap()
        .iter()
        .map(|block| block.as_str().unwrap())
        .collect();
    desk.write("leaf.pem", issued["certificate"].as_str().unwrap());
    desk.write("chain.pem", &chain.join("\n"));
    let said = desk.shell(
        "openssl verify -x509_strict -CAfile rehearsal/ledger/0001-acme/out/root.pem \
         -untrusted chain.pem leaf.pem",
    );
    assert!(said.contains("leaf.pem: OK"), "{said}");
}

const BACK: &str = "anchorite rehearse acme.toml --keep rehearsal >rehearse.txt
    dash rehearsal/ledger/0001-acme/out/handover.sh --rehearsal";

#[test]
fn two_scripts_and_a_ceremony_and_each_script_twice() {
    let desk = Desk::new();
    let wanted = [(
        "pki/etcd",
        "requests/etcd.csr",
        "subject = { C = \"DE\", O = \"Acme, Inc.\", OU = \"Ops\", CN = \"etcd/nyc3, \\\"CA\\\"\" }, key = \"ec:P-256\"",
    )];
    desk.write("acme.toml", &file(&wanted));
    let said = desk.shell("anchorite requests acme.toml > requests.sh; dash requests.sh --dry-run");
    assert!(
        said.contains("vault secrets enable '-path=pki/etcd'"),
        "{said}"
    );
    assert!(!desk.path().join("requests").exists());

    let first = desk.shell("dash requests.sh");
    assert!(
        first.contains("finished: all requests of acme are here"),
        "{first}"
    );
    let digest = desk.shell("sha256sum <requests/spki.sha256");
    assert!(first.contains(&digest[..64]), "{first}");
    let saved = std::fs::read(desk.path().join("requests/etcd.csr")).unwrap();
    assert!(saved.ends_with(b"-----END CERTIFICATE REQUEST-----\n"));
    let again = desk.shell("dash requests.sh");
    assert!(again.contains("saved before  requests/etcd.csr"), "{again}");
    assert!(again.contains(&digest[..64]), "{again}");
    assert_eq!(
        std::fs::read(desk.path().join("requests/etcd.csr")).unwrap(),
        saved
    );
    assert_eq!(desk.number_of("pki/etcd", "keys"), 1);

    let mount = desk.bao.json("read", &["sys/mounts/pki/etcd"]);
    let life = mount["data"]["config"]["max_lease_ttl"].as_u64().unwrap();
    assert!(life >= 5 * 365 * 86_400, "{life}");
    let urls = desk.bao.json("read", &["pki/etcd/config/urls"]);
    let crl = urls["data"]["crl_distribution_points"][0].as_str().unwrap();
    assert!(crl.ends_with("/v1/pki/etcd/crl"), "{crl}");

    let plan = desk.shell("anchorite plan acme.toml");
    for check in ["REQ-SPKI-LIST", "REQ-GENERATED"] {
        assert!(plan.contains(check), "{plan}");
    }
    desk.shell(BACK);
    desk.shell("dash rehearsal/ledger/0001-acme/out/handover.sh --rehearsal");
    assert_eq!(desk.number_of("pki/etcd", "issuers"), 2);
    leaf_is_good(&desk, "pki/etcd");
    let verified = desk.shell(
        "anchorite verify rehearsal/ledger --root rehearsal/ledger/0001-acme/out/root.pem || test $? -eq 8",
    );
    assert!(verified.contains("consistent"), "{verified}");
}

#[test]
fn every_kind_of_key_and_names_that_a_shell_would_take_apart() {
    let desk = Desk::new();
    let kinds = [
        (
            "it's $HOME `k`",
            "requests/a b'$x.csr",
            "ec:P-384",
            "O = \"A, B; \\\"C\\\" $HOME\", CN = \"`id` %s \\\\ '\"",
        ),
        (
            "-dash/\u{dc}n\u{ef}",
            "requests/-dash.csr",
            "ec:P-521",
            "CN = \"-field=csr\"",
        ),
        (
            "a&b<c>?q#h%20x",
            "requests/\u{fc}.csr",
            "ed25519",
            "CN = \"@/etc/passwd\"",
        ),
        (
            "pki/rsa",
            "rsa.csr",
            "rsa:2048",
            "C = \"DE\", ST = \"NW\", L = \"Wesel\", O = \"K\", OU = \"CA\", CN = \"rsa.example.com\"",
        ),
        (
            "pki/rsa-3072",
            "rsa-3072.csr",
            "rsa:3072",
            "CN = \"\u{dc}n\u{ef}.example.com\"",
        ),
    ];
    let tables =
        kinds.map(|(_, _, key, subject)| format!("subject = {{ {subject} }}, key = \"{key}\""));
    let wanted: Vec<Wanted<'_>> = kinds
        .iter()
        .zip(&tables)
        .map(|((mount, request, ..), table)| (*mount, *request, table.as_str()))
        .collect();
    desk.write("acme.toml", &file(&wanted));
    let said = desk
        .shell("anchorite requests acme.toml > requests.sh; bash requests.sh; dash requests.sh");
    assert_eq!(
        said.matches("  saved before  ").count(),
        kinds.len(),
        "{said}"
    );
    for (mount, ..) in kinds {
        let path = if mount.starts_with('-') {
            format!("/{mount}")
        } else {
            mount.to_owned()
        };
        assert_eq!(desk.number_of(&path, "keys"), 1, "{mount}");
        let urls = desk.bao.json("read", &[&format!("{path}/config/urls")]);
        let issuing = urls["data"]["issuing_certificates"][0].as_str().unwrap();
        assert!(!issuing.contains([' ', '\'', '?', '#', '<']), "{issuing}");
    }
    // What arrived has the keys and names of the file, or REQ-GENERATED would refuse it.
    desk.shell(BACK);
    for (mount, ..) in kinds {
        let path = if mount.starts_with('-') {
            format!("/{mount}")
        } else {
            mount.to_owned()
        };
        leaf_is_good(&desk, &path);
    }
    assert!(!desk.path().join("id").exists());
}

/// Two mounts, the second of another engine.
const TWO: [Wanted<'_>; 2] = [
    (
        "first",
        "requests/first.csr",
        "subject = { CN = \"First CA\" }, key = \"ec:P-256\"",
    ),
    (
        "second",
        "requests/second.csr",
        "subject = { CN = \"Second CA\" }, key = \"ec:P-256\"",
    ),
];

#[test]
fn what_is_not_as_it_must_be_stops_the_script_before_anything_is_changed() {
    let desk = Desk::new();
    desk.write("acme.toml", &file(&TWO));
    desk.shell("anchorite requests acme.toml > requests.sh");
    desk.bao.ok(&["secrets", "enable", "-path=second", "kv"]);
    let said = desk.refused("dash requests.sh");
    assert!(
        said.contains("the mount second is there and is no PKI mount, but kv"),
        "{said}"
    );
    assert!(said.contains("not done      first"), "{said}");
    assert!(!desk.bao.cli(&["read", "sys/mounts/first"]).status.success());
    desk.bao.ok(&["secrets", "disable", "second"]);

    let said = desk.refused("BAO_TOKEN=wrong VAULT_TOKEN=wrong dash requests.sh");
    assert!(
        said.contains("cannot read sys/mounts of the mount first"),
        "{said}"
    );
    let said =
        desk.refused("VAULT_ADDR=http://127.0.0.1:1 BAO_ADDR=http://127.0.0.1:1 dash requests.sh");
    assert!(said.contains("no unsealed server answers"), "{said}");
    let said = desk.refused("dash requests.sh --yes");
    assert!(said.contains("unknown argument"), "{said}");

    // A file that the script did not save, or not so.
    desk.write("requests/second.csr", "by hand");
    let said = desk.refused("dash requests.sh");
    assert!(said.contains("this script did not save it"), "{said}");
    assert!(!desk.bao.cli(&["read", "sys/mounts/first"]).status.success());
    std::fs::remove_file(desk.path().join("requests/second.csr")).unwrap();
    desk.shell("dash requests.sh");
    let said = desk.refused("cp requests/first.csr requests/second.csr; dash requests.sh");
    assert!(
        said.contains("requests/second.csr is not the request that was saved here"),
        "{said}"
    );
    let said = desk.refused("anchorite plan acme.toml");
    assert!(said.contains("refused: REQ-SPKI-LIST"), "{said}");
    let said = desk.refused("rm requests/second.csr; dash requests.sh");
    assert!(
        said.contains("says that requests/second.csr was saved, and it is not here"),
        "{said}"
    );
    let said = desk
        .refused("vault secrets disable first; sed -i 2d requests/spki.sha256; dash requests.sh");
    assert!(said.contains("this server has no such mount"), "{said}");
    assert_eq!(desk.number_of("second", "keys"), 1);
}

#[test]
fn what_a_mount_says_already_is_kept() {
    let desk = Desk::new();
    desk.write("acme.toml", &file(&TWO));
    desk.bao.enable_pki("first", "100h");
    desk.bao.ok(&[
        "write",
        "first/config/urls",
        "issuing_certificates=http://pki.example/a?b&c",
    ]);
    desk.bao.ok(&["secrets", "enable", "-path=second", "pki"]);
    let said = desk.shell(
        "anchorite requests acme.toml > requests.sh; dash requests.sh --address=https://vault.example/",
    );
    assert!(
        said.contains("kept          max_lease_ttl 100h, shorter than"),
        "{said}"
    );
    assert!(
        said.contains("kept          config/urls, which is not what this script would set"),
        "{said}"
    );
    assert!(said.contains("tuned         max_lease_ttl"), "{said}");
    let urls =
        |mount: &str| desk.bao.json("read", &[&format!("{mount}/config/urls")])["data"].take();
    assert_eq!(
        urls("first")["issuing_certificates"][0],
        "http://pki.example/a?b&c"
    );
    assert_eq!(
        urls("second")["issuing_certificates"][0],
        "https://vault.example/v1/second/ca"
    );
    let again = desk.shell("dash requests.sh --address=https://vault.example");
    assert!(
        !again.contains("  urls  ") && !again.contains("tuned"),
        "{again}"
    );
}

/// A command in the server's command's place that ends the script, with no word, once the second
/// mount has made its key.
const KILLER: &str = "#!/bin/sh
case $* in
    *second/intermediate/generate/*)
        vault \"$@\" >/dev/null
        kill -9 \"$(cat pid)\"
        ;;
esac
exec vault \"$@\"
";

#[test]
fn a_run_that_was_killed_is_told_and_goes_on() {
    let desk = Desk::new();
    desk.write("acme.toml", &file(&TWO));
    desk.write("killer", KILLER);
    let said = desk.shell(
        "chmod +x killer; anchorite requests acme.toml > requests.sh
         (VAULT_CLI=./killer exec dash -c 'echo $$ > pid; exec dash requests.sh') && exit 1
         sleep 0.2; dash requests.sh",
    );
    let (_, after) = said
        .rsplit_once("saved before  requests/first.csr")
        .expect(&said);
    assert!(
        after.contains("an earlier run ended before it saved this request"),
        "{said}"
    );
    assert!(
        after.contains("saved         requests/second.csr"),
        "{said}"
    );
    assert_eq!(desk.number_of("first", "keys"), 1);
    assert_eq!(desk.number_of("second", "keys"), 2);
    let left: Vec<_> = std::fs::read_dir(desk.path().join("requests"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".asked") || name.ends_with(".part"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
    desk.shell(BACK);
    leaf_is_good(&desk, "second");
}

#[test]
fn a_renewal_asks_for_the_key_that_the_mount_has() {
    let desk = Desk::new();
    desk.write("acme.toml", &file(&TWO[..1]));
    desk.shell(&format!(
        "anchorite requests acme.toml > requests.sh; dash requests.sh; {BACK}"
    ));
    let issuer = desk.bao.json("read", &["first/issuer/default"])["data"].take();
    desk.write(
        "renew.toml",
        "format = \"anchorite/ceremony/0\"\nid = \"renew\"\ntitle = \"Renewal\"\nspki_list = \"again.sha256\"\n\
         [token]\nlabel = \"acme\"\n[root]\ncertificate = \"root.pem\"\n\
         [[step]]\ndo = \"issue-intermediate\"\nmount = \"first\"\nrequest = \"again.csr\"\nrenew = true\n\
         generate = { subject = { CN = \"First CA\" }, existing = true }\n",
    );
    desk.shell(
        "cp rehearsal/ledger/0001-acme/out/root.pem .
         anchorite requests renew.toml > renew.sh; dash renew.sh; dash renew.sh
         anchorite rehearse renew.toml --keep rehearsal >rehearse.txt
         dash rehearsal/ledger/0002-renew/out/handover.sh --rehearsal",
    );
    let renewed = desk.bao.json("read", &["first/issuer/default"])["data"].take();
    assert_ne!(renewed["issuer_id"], issuer["issuer_id"]);
    assert_eq!(renewed["key_id"], issuer["key_id"]);
    assert_eq!(desk.number_of("first", "keys"), 1);
    leaf_is_good(&desk, "first");
}
