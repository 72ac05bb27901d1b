//! From Vault and back without typing: the script of `anchorite requests`, the ceremony, and the
//! script of its hand-over, against a real OpenBao.

use std::path::PathBuf;

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

    let plan = desk.shell("anchorite plan acme.toml --json");
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
    assert!(verified.contains("rehearsal"), "{verified}");
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
    // Every server has this one, of an engine of its own.
    let said = desk.refused("sed \"s/'second'/'cubbyhole'/\" requests.sh | dash");
    assert!(
        said.contains("the mount cubbyhole is there and is no PKI mount, but cubbyhole"),
        "{said}"
    );
    assert!(said.contains("not done      first"), "{said}");
    assert!(!desk.bao.cli(&["read", "sys/mounts/first"]).status.success());

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
    let said = desk.refused("VAULT_CLI=./none dash requests.sh");
    assert!(said.contains("VAULT_CLI names no command"), "{said}");
}

/// What `--help` says that the token must be allowed, and no more.
const RIGHTS: &str = r#"
path "sys/mounts/first" { capabilities = ["read", "create", "update"] }
path "sys/mounts/second" { capabilities = ["read"] }
path "sys/mounts/second/tune" { capabilities = ["update"] }
path "+/config/urls" { capabilities = ["read", "update"] }
path "+/intermediate/generate/*" { capabilities = ["update"] }
path "first/keys" { capabilities = ["list"] }
path "second/keys" { capabilities = ["list"] }
"#;

#[test]
fn the_rights_that_its_help_names_are_enough_in_a_namespace_too() {
    let desk = Desk::new();
    desk.write("acme.toml", &file(&TWO));
    desk.write("rights.hcl", RIGHTS);
    // Of Vault only the enterprise's has namespaces.
    let (namespace, below) = match desk.bao.is_vault() {
        true => (":", ""),
        false => (
            "vault namespace create team >/dev/null
         BAO_NAMESPACE=team VAULT_NAMESPACE=team; export BAO_NAMESPACE VAULT_NAMESPACE",
            "team/",
        ),
    };
    let said = desk.shell(&format!(
        "anchorite requests acme.toml > requests.sh
         {namespace}
         vault secrets enable -path=second pki
         vault write second/intermediate/generate/internal common_name=x >/dev/null
         vault policy write rights rights.hcl
         BAO_TOKEN=$(vault token create -policy=rights -field=token)
         VAULT_TOKEN=$BAO_TOKEN; export BAO_TOKEN VAULT_TOKEN
         dash requests.sh; dash requests.sh",
    ));
    assert!(said.contains(&format!("/v1/{below}second/crl")), "{said}");
    assert!(
        said.contains("has keys      1 already; another is made"),
        "{said}"
    );
    assert_eq!(
        said.matches("finished: all requests of acme are here")
            .count(),
        2,
        "{said}"
    );
    if !below.is_empty() {
        let outside = desk.bao.cli(&["read", "sys/mounts/first"]);
        assert!(!outside.status.success());
    }
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

#[test]
fn from_vault_and_back_as_the_page_says() {
    let desk = Desk::new();
    let page = crate::common::howto::page("from-vault-and-back.md");
    let files = crate::common::howto::blocks(&page, "toml");
    desk.write("acme-root-g1.toml", &files.concat());
    let said = desk.page("from-vault-and-back.md");
    assert!(said.contains("etcd-1.pem: OK"), "{said}");
}

/// How many mounts one ceremony serves here.
const MANY: usize = 200;

/// `ANCHORITE_REAL_COMMAND` has the scripts use the server's own command: many minutes.
#[test]
fn two_hundred_mounts_by_two_scripts_and_one_ceremony() {
    let desk = Desk::new();
    let mounts: Vec<String> = (0..MANY)
        .map(|n| format!("dc{:02}-c{n:03}/pki/etcd", n % 12))
        .collect();
    let words: Vec<(String, String)> = (0..MANY)
        .map(|n| {
            let generate = format!(
                "subject = {{ O = \"Acme\", CN = \"c{n:03} etcd CA\" }}, key = \"ec:P-256\""
            );
            (format!("requests/c{n:03}.csr"), generate)
        })
        .collect();
    let wanted: Vec<Wanted<'_>> = mounts
        .iter()
        .zip(&words)
        .map(|(mount, (request, generate))| (mount.as_str(), request.as_str(), generate.as_str()))
        .collect();
    desk.write("acme.toml", &file(&wanted));
    desk.write("quick", include_str!("quick.sh"));
    let command = match std::env::var_os("ANCHORITE_REAL_COMMAND") {
        Some(_) => "vault",
        None => "./quick",
    };
    let said = desk.shell(&format!(
        "chmod +x quick; anchorite requests acme.toml > requests.sh
         VAULT_CLI={command} dash requests.sh"
    ));
    assert_eq!(said.matches("  saved         ").count(), MANY, "{said}");
    let list = std::fs::read_to_string(desk.path().join("requests/spki.sha256")).unwrap();
    let keys: std::collections::BTreeSet<&str> = list.lines().map(|line| &line[..64]).collect();
    assert_eq!(keys.len(), MANY);

    desk.shell("anchorite rehearse acme.toml --keep rehearsal >rehearse.txt");
    let said = desk.shell(&format!(
        "VAULT_CLI={command} dash rehearsal/ledger/0001-acme/out/handover.sh --rehearsal"
    ));
    assert_eq!(said.matches("  done          ").count(), MANY, "{said}");

    // The end state as the server tells it: each default issuer is the new certificate, with a key.
    let asks: Vec<String> = mounts
        .iter()
        .map(|mount| format!("./quick read {mount}/issuer/default"))
        .collect();
    let issuers = desk.shell(&asks.join("\n"));
    let issuers: Vec<Value> = issuers
        .lines()
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(issuers.len(), MANY);
    for (mount, issuer) in mounts.iter().zip(&issuers) {
        assert_ne!(issuer["data"]["key_id"], "", "{mount}");
        let path = format!("rehearsal/ledger/0001-acme/out/{mount}/intermediate.pem");
        let made = std::fs::read_to_string(desk.path().join(path)).unwrap();
        let held = issuer["data"]["certificate"].as_str().unwrap();
        assert!(made.ends_with(&format!("{}\n", held.trim())), "{mount}");
        assert_eq!(
            issuer["data"]["ca_chain"].as_array().map(Vec::len),
            Some(2),
            "{mount}"
        );
    }
    for mount in mounts.iter().step_by(67) {
        leaf_is_good(&desk, mount);
    }
}
