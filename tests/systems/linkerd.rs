//! Linkerd end to end (vault.md 4c): anchor, Vault's intermediate, identity issuer, proxies; the
//! next anchor; and what Linkerd refuses, which the profile `linkerd` refuses when planning.

use std::path::{Path, PathBuf};

use serde_json::json;

use crate::common::desk::Desk;
use crate::common::howto;
use crate::common::linkerd::{Identity, certificates, path_length, proxies_take};

const READY: &str = include_str!("../../ceremonies/linkerd/linkerd.toml");
const NEW_ANCHOR: &str = include_str!("../../ceremonies/linkerd/linkerd-new-anchor.toml");
const NAME: (&str, &str) = ("common_name", "vault.linkerd.cluster.local");

/// An identity issuer as cert-manager has it from Vault: the parts of its Secret.
struct Issuer {
    name: String,
    folder: PathBuf,
}

impl Issuer {
    /// Makes a key and a request, and has the mount sign a CA of it.
    fn of(desk: &Desk, mount: &str, name: &str) -> Result<Self, String> {
        let own = |ending: &str| format!("{name}.{ending}");
        // cert-manager writes keys of this form.
        desk.good(
            "openssl",
            &[
                "ecparam",
                "-name",
                "prime256v1",
                "-genkey",
                "-noout",
                "-out",
                &own("key"),
            ],
        );
        let subject = "/CN=identity.linkerd.cluster.local";
        let request = ["req", "-new", "-key", &own("key"), "-subj", subject];
        let csr = desk.good("openssl", &request);
        let answer = desk.bao.post(
            &format!("{mount}/root/sign-intermediate"),
            &json!({
                "csr": csr,
                "common_name": "identity.linkerd.cluster.local",
                "alt_names": "identity.linkerd.cluster.local",
                "ttl": "48h",
                "exclude_cn_from_sans": true,
            }),
        )?;
        let data = &answer["data"];
        let chain = data["ca_chain"].as_array().expect("a chain");
        let mut chain: Vec<&str> = chain.iter().filter_map(|one| one.as_str()).collect();
        assert_eq!(chain[0], data["certificate"].as_str().unwrap());
        // The root goes into ca.crt, all else into tls.crt.
        let root = chain.pop().unwrap();
        let text = |list: &[&str]| list.iter().map(|one| format!("{}\n", one.trim())).collect();
        let text: &dyn Fn(&[&str]) -> String = &text;
        std::fs::write(desk.path(&own("crt")), text(&chain)).unwrap();
        std::fs::write(desk.path(&own("alone")), text(&chain[..1])).unwrap();
        std::fs::write(desk.path(&own("ca")), text(&[root])).unwrap();
        Ok(Self {
            name: name.to_owned(),
            folder: desk.path(""),
        })
    }

    fn file(&self, ending: &str) -> PathBuf {
        self.folder.join(format!("{}.{ending}", self.name))
    }

    /// What Linkerd says of it under these anchors.
    #[track_caller]
    fn under(&self, anchors: &Path) -> Result<(), String> {
        let (chain, key) = (self.file("crt"), self.file("key"));
        Identity {
            anchors,
            chain: &chain,
            key: &key,
        }
        .verdict()
    }

    /// A proxy's certificate with its chain, as the identity service issues it.
    fn proxy(&self, desk: &Desk) -> PathBuf {
        let own = |ending: &str| format!("{}.{ending}", self.name);
        let host = "web.emojivoto.serviceaccount.identity.linkerd.cluster.local";
        let extensions = format!(
            "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\n\
             extendedKeyUsage=serverAuth,clientAuth\nsubjectAltName=DNS:{host}\n"
        );
        std::fs::write(desk.path("proxy.conf"), extensions).unwrap();
        let new = [
            "req",
            "-new",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
        ];
        let to = [
            "-nodes",
            "-keyout",
            "proxy.key",
            "-subj",
            "/",
            "-out",
            "proxy.csr",
        ];
        desk.good("openssl", &[&new[..], &to].concat());
        let (issuer, key) = (own("alone"), own("key"));
        let sign = [
            "x509",
            "-req",
            "-in",
            "proxy.csr",
            "-CA",
            &issuer,
            "-CAkey",
            &key,
        ];
        let with = [
            "-days",
            "1",
            "-set_serial",
            "0x4b1d",
            "-extfile",
            "proxy.conf",
        ];
        let leaf = desk.good("openssl", &[&sign[..], &with].concat());
        let leaf = &leaf[leaf.find("-----BEGIN").unwrap()..leaf.rfind("-----END").unwrap()];
        let chain = std::fs::read_to_string(self.file("crt")).unwrap();
        let text = format!("{leaf}-----END CERTIFICATE-----\n{chain}");
        std::fs::write(desk.path(&own("proxy")), text).unwrap();
        self.file("proxy")
    }
}

/// A ready ceremony for a mount of this test, with the request that its script has made.
fn ready(desk: &Desk, id: &str, text: &str, mount: &str) -> String {
    assert!(text.contains("\"pki/linkerd\""));
    let text = text.replace("\"pki/linkerd\"", &format!("\"{mount}\""));
    std::fs::write(desk.path(&format!("{id}.toml")), &text).unwrap();
    let program = env!("CARGO_BIN_EXE_anchorite");
    let script = format!("'{program}' requests {id}.toml > requests.sh && dash requests.sh");
    desk.good("dash", &["-c", &script]);
    desk.on_an_empty_ledger(id, &text)
}

/// From nothing to an anchor and a mount that signs issuers.
fn first_anchor(desk: &Desk, mount: &str) -> String {
    let out = ready(desk, "linkerd-root-g1", READY, mount);
    desk.hand_over(&out);
    out
}

/// What the script does of a hand-over, far quicker: the mount's first issuer is its default.
fn import(desk: &Desk, mount: &str, out: &str) {
    let bundle = desk.read(out, &format!("{mount}/bundle.pem"));
    let path = format!("{mount}/intermediate/set-signed");
    let answer = desk.bao.post(&path, &json!({ "certificate": bundle }));
    answer.unwrap();
}

#[test]
fn from_nothing_to_proxies() {
    let desk = Desk::new();
    let mount = desk.mount_path("linkerd");
    let out = first_anchor(&desk, &mount);
    let bundle = desk.path(&format!("{out}/trust-bundle.pem"));
    let root = desk.path(&format!("{out}/root.pem"));
    let issuer = Issuer::of(&desk, &mount, "identity").unwrap();

    assert_eq!(issuer.under(&bundle), Ok(()));
    let proxy = issuer.proxy(&desk);
    assert_eq!(proxies_take(&bundle, &proxy), Ok(()));
    // What cert-manager writes into ca.crt is the root: the bundle for Vault ends in it.
    assert_eq!(certificates(&issuer.file("ca")), certificates(&root));
    assert_eq!(certificates(&bundle), certificates(&root));
    assert_eq!(certificates(&issuer.file("crt")).unwrap().len(), 2);
    let intermediate = desk.path(&format!("{out}/{mount}/intermediate.pem"));
    assert_eq!(path_length(&intermediate), Some(1));
    assert_eq!(path_length(&issuer.file("crt")), Some(0));

    // A Secret without Vault's intermediate, and a mesh that trusts another root.
    let alone = Identity {
        anchors: &bundle,
        chain: &issuer.file("alone"),
        key: &issuer.file("key"),
    };
    let said = alone.verdict().unwrap_err();
    assert!(said.contains("unable to get local issuer"), "{said}");
    let other = Desk::new();
    let mount = other.mount_path("linkerd");
    let strange = ready(&other, "linkerd-root-g1", READY, &mount);
    let said = issuer.under(&other.path(&format!("{strange}/root.pem")));
    assert!(said.is_err());
}

#[test]
fn path_lengths_go_down_by_one() {
    let desk = Desk::new();
    for (name, profile, lengths) in [
        (
            "two",
            "[profile.own]\nbase = \"linkerd\"\npath_length = 2\n",
            Some((2, 1)),
        ),
        ("one", "[profile.own]\nbase = \"linkerd\"\n", Some((1, 0))),
        ("zero", "[profile.own]\nbase = \"vault\"\n", None),
    ] {
        let mount = desk.mount(name);
        desk.generate(&mount, "internal", &[NAME], "linkerd.csr");
        let text = one_intermediate(name, "key = \"ec:P-256\"", &mount);
        let out = desk.on_an_empty_ledger(name, &format!("{text}{profile}"));
        import(&desk, &mount, &out);
        let issuer = Issuer::of(&desk, &mount, name);
        match (lengths, issuer) {
            (Some((above, below)), Ok(issuer)) => {
                let own = desk.path(&format!("{out}/{mount}/intermediate.pem"));
                assert_eq!(path_length(&own), Some(above));
                assert_eq!(path_length(&issuer.file("crt")), Some(below));
            }
            (None, Err(said)) => {
                assert!(said.contains("max path length of zero"), "{said}");
            }
            (_, issuer) => panic!("{name}: {:?}", issuer.err()),
        }
    }
}

/// The next anchor: clients trust both, the mount's key is signed by the new one, and only then
/// is the old one taken away.
#[test]
fn one_anchor_follows_another() {
    let desk = Desk::new();
    let mount = desk.mount_path("linkerd");
    let first = first_anchor(&desk, &mount);
    desk.take(&first, "root.pem", "old-root.pem");
    let old = Issuer::of(&desk, &mount, "old").unwrap();
    let old_proxy = old.proxy(&desk);

    let default = desk.default_issuer(&mount);
    let key = desk.key_of(&mount, &default);
    let second = ready(&desk, "linkerd-root-g2", NEW_ANCHOR, &mount);
    let [both, new_root] =
        ["trust-bundle.pem", "root.pem"].map(|name| desk.path(&format!("{second}/{name}")));
    let old_root = desk.path("old-root.pem");
    let anchors = [&new_root, &old_root].map(|path| certificates(path).unwrap().remove(0));
    assert_ne!(anchors[0], anchors[1]);
    assert_eq!(certificates(&both).unwrap(), anchors);
    assert_eq!(in_line(&desk.read(&second, "trust-bundle.yaml")), anchors);

    // The bundle first: nothing else has changed, and nothing breaks.
    assert_eq!(old.under(&both), Ok(()));
    assert_eq!(proxies_take(&both, &old_proxy), Ok(()));

    desk.hand_over(&second);
    assert_ne!(desk.default_issuer(&mount), default);
    assert_eq!(desk.key_of(&mount, "default"), key, "the same key");
    let new = Issuer::of(&desk, &mount, "new").unwrap();
    let new_proxy = new.proxy(&desk);
    assert_eq!(certificates(&new.file("ca")), certificates(&new_root));
    for (issuer, proxy) in [(&old, &old_proxy), (&new, &new_proxy)] {
        assert_eq!(issuer.under(&both), Ok(()));
        assert_eq!(proxies_take(&both, proxy), Ok(()));
    }

    // The new anchor alone, and a proxy that was not restarted and has the old one alone.
    assert_eq!(new.under(&new_root), Ok(()));
    assert_eq!(proxies_take(&new_root, &new_proxy), Ok(()));
    assert!(old.under(&new_root).is_err());
    assert!(proxies_take(&new_root, &old_proxy).is_err());
    assert!(new.under(&old_root).is_err());
    assert!(proxies_take(&old_root, &new_proxy).is_err());
}

/// The anchors in a Bundle's sources, as trust-manager would read them.
fn in_line(yaml: &str) -> Vec<rustls_pki_types::CertificateDer<'static>> {
    let folder = tempfile::tempdir().unwrap();
    let sources = yaml.split("    - inLine: |\n").skip(1);
    let texts = sources.map(|source| {
        let lines = source
            .lines()
            .map_while(|line| line.strip_prefix("        "));
        lines.map(|line| format!("{line}\n")).collect::<String>()
    });
    let lists = texts.map(|text| {
        let path = folder.path().join("source.pem");
        std::fs::write(&path, text).unwrap();
        certificates(&path).unwrap()
    });
    lists.flatten().collect()
}

/// A ceremony of one intermediate with the profile `own`, which the text ends before.
fn one_intermediate(id: &str, root: &str, mount: &str) -> String {
    format!(
        "format = \"anchorite/ceremony/0\"\nid = \"{id}\"\ntitle = \"{id}\"\n\
         [token]\nlabel = \"mesh\"\n[root]\nsubject = {{ CN = \"root.linkerd.cluster.local\" }}\n{root}\n\
         [[step]]\ndo = \"generate-root-key\"\n[[step]]\ndo = \"issue-root\"\n\
         [[step]]\nid = \"linkerd\"\ndo = \"issue-intermediate\"\nmount = \"{mount}\"\n\
         request = \"linkerd.csr\"\nprofile = \"own\"\n\
         [[step]]\ndo = \"issue-crl\"\n"
    )
}

/// Whatever Linkerd refuses of root and mount, the profile refuses when planning; whatever it
/// takes is planned.
#[test]
fn the_profile_knows_what_linkerd_takes() {
    const P256: [(&str, &str); 2] = [("key_type", "ec"), ("key_bits", "256")];
    let sha256 = "digest = \"sha256\"";
    let rsa = |bits: u32| format!("key = \"rsa:{bits}\"\n{sha256}");
    type Case = (
        &'static str,
        String,
        [(&'static str, &'static str); 2],
        bool,
    );
    let cases: [Case; 7] = [
        ("p256", "key = \"ec:P-256\"".to_owned(), P256, true),
        (
            "p256-rsa",
            "key = \"ec:P-256\"".to_owned(),
            [("key_type", "rsa"), ("key_bits", "2048")],
            true,
        ),
        (
            "p256-p384",
            "key = \"ec:P-256\"".to_owned(),
            [("key_type", "ec"), ("key_bits", "384")],
            false,
        ),
        ("rsa-4096", rsa(4096), P256, true),
        ("rsa-3072", rsa(3072), P256, false),
        ("p384", "key = \"ec:P-384\"".to_owned(), P256, false),
        ("ed25519", "key = \"ed25519\"".to_owned(), P256, false),
    ];
    let desk = Desk::new();
    for (name, root, key, taken) in &cases {
        let mount = desk.mount(name);
        let fields = [&[NAME][..], key].concat();
        desk.generate(&mount, "internal", &fields, "linkerd.csr");
        let text = one_intermediate(name, root, &mount);
        let own = |base: &str| format!("{text}[profile.own]\nbase = \"{base}\"\n");
        std::fs::write(desk.path("mesh.toml"), own("linkerd")).unwrap();
        let (planned, said) = desk.run(env!("CARGO_BIN_EXE_anchorite"), &["plan", "mesh.toml"]);
        assert_eq!(planned, *taken, "{name}: {said}");
        assert!(planned || said.contains("-LINKERD"), "{name}: {said}");

        let out = desk.on_an_empty_ledger(name, &own("vault-issuing-cas"));
        import(&desk, &mount, &out);
        let issuer = Issuer::of(&desk, &mount, name).unwrap();
        let said = issuer.under(&desk.path(&format!("{out}/root.pem")));
        assert_eq!(said.is_ok(), *taken, "{name}: {said:?}");
    }
}

/// Every command of the page, in its order.
#[test]
fn the_page() {
    let said = howto::Desk::new().page("linkerd.md");
    for wanted in [
        "pathlen:1",
        "pathlen:0",
        "proxy.pem: OK",
        "new-issuer.pem: OK",
    ] {
        assert!(said.contains(wanted), "{said}");
    }
}
