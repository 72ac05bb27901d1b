//! Two CAs for each Kubernetes cluster, against a real OpenBao and a real etcd (vault.md 4a):
//! twelve data centres in one ceremony, in both layouts of mounts, and the page.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{Value, json};

use crate::common::etcd::Etcd;
use crate::common::howto::{Desk, blocks, page};

/// The server's own variables would win over the token that a command names.
const ONE_TOKEN: &str = "unset BAO_ADDR BAO_TOKEN\n";

/// The mounts in a ceremony file, each cluster's two together.
fn mounts(path: &Path) -> Vec<[String; 2]> {
    let file: toml::Table = std::fs::read_to_string(path).unwrap().parse().unwrap();
    let steps = file["step"].as_array().unwrap();
    let requests = steps.iter().find_map(|step| step.get("request")).unwrap();
    let mounts: Vec<&str> = requests
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["mount"].as_str().unwrap())
        .collect();
    let clusters = mounts.chunks(2);
    clusters
        .map(|pair| [0, 1].map(|at| pair[at].to_owned()))
        .collect()
}

/// The clusters of twelve data centres, from nothing to what Vault issues.
struct Clusters {
    desk: Desk,
    /// Each cluster with its mounts: etcd, Kubernetes.
    mounts: Vec<[String; 2]>,
    out: String,
}

impl Clusters {
    fn signed(name: &str) -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("ceremonies/kubernetes-clusters")
            .join(name);
        let mounts = mounts(&path);
        assert_eq!(mounts.len(), 12);
        let desk = Desk::new();
        std::fs::copy(path, desk.path().join("ceremony.toml")).unwrap();
        let said = desk.shell(
            "anchorite requests ceremony.toml > requests.sh
             dash requests.sh
             grep -c . requests/spki.sha256
             anchorite rehearse ceremony.toml --keep rehearsal > rehearsal.txt
             dash rehearsal/ledger/0001-*/out/handover.sh --rehearsal
             cp rehearsal/ledger/0001-*/out/root.pem root.pem",
        );
        assert!(said.contains("\n24\n"), "{said}");
        assert_eq!(said.matches("all five are true").count(), 24, "{said}");
        let out = desk.shell("echo rehearsal/ledger/0001-*/out");
        let out = out.trim().to_owned();
        Self { desk, mounts, out }
    }

    fn post(&self, path: &str, body: &Value) -> Result<Value, String> {
        self.desk.bao.post(path, body)
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.desk.path().join(name), text).unwrap();
    }

    /// The roles of the design, in a cluster's mounts.
    fn roles(&self, [etcd, k8s]: &[String; 2]) {
        let any = json!({ "allow_any_name": true, "enforce_hostnames": false });
        let bare = |name: &str| json!({ "allowed_domains": name, "allow_bare_domains": true, "allow_localhost": false });
        let mut client = any.clone();
        client["server_flag"] = json!(false);
        for (mount, role, mut fields) in [
            (etcd, "member", any),
            (etcd, "client", client),
            (k8s, "kubelet", bare("kubelet")),
            (k8s, "kube-apiserver", bare("kube-apiserver")),
        ] {
            fields["key_type"] = json!("ec");
            fields["key_bits"] = json!(256);
            fields["max_ttl"] = json!("720h");
            self.post(&format!("{mount}/roles/{role}"), &fields)
                .unwrap();
        }
    }

    /// A certificate of a role: `NAME.pem` with the intermediate after it, `NAME-key.pem`; the
    /// answer's `data`.
    fn issue(&self, mount: &str, role: &str, common_name: &str, name: &str) -> Value {
        let body = json!({
            "common_name": common_name, "ip_sans": "127.0.0.1,10.0.0.5", "ttl": "720h",
        });
        let mut answer = self.post(&format!("{mount}/issue/{role}"), &body).unwrap();
        let data = answer["data"].take();
        let text = |key: &str| data[key].as_str().unwrap();
        let chain = format!("{}\n{}\n", text("certificate"), text("issuing_ca"));
        self.write(&format!("{name}.pem"), &chain);
        self.write(&format!("{name}-key.pem"), text("private_key"));
        data
    }

    /// What a certificate of each mount is, by openssl.
    fn leaves_are_good(&self) {
        let root = std::fs::read_to_string(self.desk.path().join("root.pem")).unwrap();
        let root = &root[root.find("-----BEGIN").unwrap()..];
        let mut serials = BTreeSet::new();
        for mounts in &self.mounts {
            self.roles(mounts);
            for (mount, role) in mounts.iter().zip(["member", "kubelet"]) {
                let data = self.issue(mount, role, "kubelet", "leaf");
                serials.insert(data["serial_number"].to_string());
                let chain = data["ca_chain"].as_array().unwrap();
                assert_eq!(chain.len(), 2, "{mount}");
                assert_eq!(chain[1].as_str().unwrap().trim(), root.trim(), "{mount}");
                let said = self.desk.shell(&format!(
                    "openssl verify -x509_strict -CAfile root.pem \
                         -untrusted {}/{mount}/intermediate.pem leaf.pem
                     openssl x509 -noout -ext subjectAltName -in leaf.pem
                     openssl x509 -noout -checkend 2591000 -in leaf.pem
                     ! openssl x509 -noout -checkend 2592100 -in leaf.pem",
                    self.out
                ));
                for wanted in [
                    "leaf.pem: OK",
                    "IP Address:127.0.0.1, IP Address:10.0.0.5",
                    "will not expire",
                    "will expire",
                ] {
                    assert!(said.contains(wanted), "{mount}: no {wanted}: {said}");
                }
            }
        }
        assert_eq!(serials.len(), 24);
    }

    /// A member serves its next certificate without a restart.
    fn certificates_are_read_again(&self, etcd: &Etcd, mount: &str) {
        let served = etcd.real(
            "openssl s_client -connect 127.0.0.1:2379 -cert client.pem -key client-key.pem \
             </dev/null 2>/dev/null | openssl x509 -noout -serial",
        );
        let before = self.desk.shell(&served);
        self.issue(mount, "member", "node0", "node0");
        let after = self.desk.shell(&served);
        assert!(before.contains("serial="), "{before}");
        assert_ne!(after, before);
        let own = self.desk.shell("openssl x509 -noout -serial -in node0.pem");
        assert_eq!(after, own);
    }

    /// The roles and the policy keep what they promise.
    fn the_rest_is_refused(&self) {
        let [etcd, k8s] = &self.mounts[0];
        for name in ["admin", "localhost", "kubelet.example"] {
            let body = json!({ "common_name": name });
            let refused = self.post(&format!("{k8s}/issue/kubelet"), &body);
            let words = refused.unwrap_err();
            assert!(
                words.contains("not allowed by this role"),
                "{name}: {words}"
            );
        }
        let rule =
            format!("path \"{etcd}/issue/member\" {{ capabilities = [\"create\", \"update\"] }}");
        self.post("sys/policies/acl/member", &json!({ "policy": rule }))
            .unwrap();
        let said = self.desk.shell(&format!(
            "{ONE_TOKEN}
             VAULT_TOKEN=$(vault token create -field=token -policy=member)
             vault write -field=serial_number {etcd}/issue/member common_name=node1
             vault write {k8s}/issue/kubelet common_name=kubelet && exit 3 || :"
        ));
        assert!(said.contains("permission denied"), "{said}");
    }
}

/// A member's command; the page's addresses for the first one.
fn member(at: usize, all: usize, trusted: &str) -> String {
    let port = |at: usize, base: usize| format!("https://127.0.0.1:{}", base + 10_000 * at);
    let cluster: Vec<String> = (0..all)
        .map(|at| format!("node{at}={}", port(at, 2380)))
        .collect();
    let (client, peer, cluster) = (port(at, 2379), port(at, 2380), cluster.join(","));
    format!(
        "etcd --name node{at} --data-dir etcd-{at} \
         --listen-client-urls {client} --advertise-client-urls {client} \
         --cert-file node{at}.pem --key-file node{at}-key.pem \
         --client-cert-auth --trusted-ca-file {trusted} \
         --listen-peer-urls {peer} --initial-advertise-peer-urls {peer} --initial-cluster {cluster} \
         --peer-cert-file node{at}.pem --peer-key-file node{at}-key.pem \
         --peer-client-cert-auth --peer-trusted-ca-file {trusted}"
    )
}

/// `etcdctl` against the first member, with the root as its anchor.
fn etcdctl(certificate: &str, words: &str) -> String {
    format!(
        "etcdctl --command-timeout=3s --endpoints https://127.0.0.1:2379 --cacert root.pem \
         {certificate} {words}"
    )
}

/// Etcd's log says of both strangers why they were refused.
fn are_told(log: &str) {
    for reason in [
        "client didn't provide a certificate",
        "certificate signed by unknown authority",
    ] {
        assert!(log.contains(reason), "no {reason}: {log}");
    }
}

const OF_ETCD: &str = "--cert client.pem --key client-key.pem";
const OF_KUBERNETES: &str = "--cert kubelet.pem --key kubelet-key.pem";

#[test]
fn twelve_data_centres_and_an_etcd_that_trusts_its_own_ca_alone() {
    let all = Clusters::signed("twelve-datacentres.toml");
    all.leaves_are_good();
    all.the_rest_is_refused();
    let [etcd, k8s] = &all.mounts[7];
    assert_eq!(etcd, "nyc3-c1/pki/etcd");
    for node in ["node0", "node1"] {
        all.issue(etcd, "member", node, node);
    }
    all.issue(etcd, "client", "kube-apiserver", "client");
    all.issue(k8s, "kubelet", "kubelet", "kubelet");
    all.desk.shell(&format!(
        "cp {}/{etcd}/intermediate.pem etcd-ca.pem",
        all.out
    ));
    let commands = [0, 1].map(|at| member(at, 2, "etcd-ca.pem"));
    let members = Etcd::start(all.desk.path(), &commands.each_ref().map(String::as_str));
    let ask = |etcd: &Etcd, certificate: &str, words: &str| {
        let command = etcd.real(&etcdctl(certificate, words));
        all.desk.shell(&format!("{command} || echo REFUSED"))
    };
    // Two members agree: their peer certificates are good to each other.
    assert!(ask(&members, OF_ETCD, "put greeting hello").contains("OK"));
    assert!(ask(&members, OF_ETCD, "get greeting").contains("hello"));
    all.certificates_are_read_again(&members, etcd);
    for stranger in ["", OF_KUBERNETES] {
        let said = ask(&members, stranger, "get greeting");
        assert!(said.contains("REFUSED"), "{stranger}: {said}");
        assert!(!said.contains("hello"), "{stranger}: {said}");
    }
    are_told(&members.log());
    // The file of trust is read once: another one in its place changes nothing.
    all.desk.shell("cp root.pem etcd-ca.pem");
    assert!(ask(&members, OF_KUBERNETES, "get greeting").contains("REFUSED"));
    drop(members);

    // The trap: the root as trust anchor lets the other CA's clients in.
    let trapped = Etcd::start(all.desk.path(), &[&member(0, 1, "root.pem")]);
    assert!(ask(&trapped, OF_KUBERNETES, "put greeting trapped").contains("OK"));
    assert!(ask(&trapped, OF_KUBERNETES, "get greeting").contains("trapped"));
    // Those without a certificate stay outside even so.
    assert!(ask(&trapped, "", "get greeting").contains("REFUSED"));
}

#[test]
fn twelve_data_centres_with_mounts_by_kind() {
    let all = Clusters::signed("twelve-datacentres-by-kind.toml");
    assert_eq!(all.mounts[7], ["etcd/nyc3-c1/pki", "k8s/nyc3-c1/pki"]);
    all.leaves_are_good();
    all.the_rest_is_refused();
    let sheet = all.desk.shell(&format!("cat {}/HANDOVER.md", all.out));
    let trust = sheet.split("## Who should trust what").nth(1).unwrap();
    for mounts in &all.mounts {
        for mount in mounts {
            assert!(trust.contains(&format!("    {mount}/intermediate.pem\n")));
        }
    }
}

#[test]
fn the_page() {
    let page = page("kubernetes-clusters.md");
    let desk = Desk::new();
    let shell = |text: &str| desk.shell(&format!("{ONE_TOKEN}{text}"));
    shell(&blocks(&page, "sh").concat());
    let etcd = Etcd::start(desk.path(), &[&blocks(&page, "sh etcd")[0]]);
    let said = shell(&etcd.real(&blocks(&page, "sh after").concat()));
    for wanted in [
        "\ngreeting\nhello from nyc3-c1\n",
        "kubelet.pem: OK",
        "unable to get local issuer certificate",
        "member.pem: OK",
        "apiserver.pem: OK",
        "subject=O = system:nodes, CN = system:node:node1",
        "DNS:node1, DNS:node1.nyc3-c1.example, IP Address:127.0.0.1, IP Address:10.0.0.5",
        "common name admin not allowed by this role",
        "permission denied",
    ] {
        assert!(said.contains(wanted), "no {wanted}: {said}");
    }
    assert_eq!(
        said.matches("hello from").count(),
        1,
        "refused twice: {said}"
    );
    let prints: BTreeSet<&str> = said
        .lines()
        .filter(|line| line.contains("Fingerprint="))
        .collect();
    assert_eq!(prints.len(), 1, "{said}");
    are_told(&etcd.log());
}
