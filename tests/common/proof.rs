//! What must be true of a ceremony's folder, shown with stock tools, and of its transcript.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anchorite::digest::{Digest, unhex};
use anchorite::x509::certificate::CertificateFields;
use serde_json::Value;

use super::real::{Stage, stderr, stdout};

/// Every file below a folder, as paths relative to it.
pub fn files_below(folder: &Path) -> Vec<PathBuf> {
    fn walk(root: &Path, folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if entry.file_type().unwrap().is_dir() {
                walk(root, &path, found);
            } else {
                found.push(path.strip_prefix(root).unwrap().to_owned());
            }
        }
    }
    let mut found = Vec::new();
    walk(folder, folder, &mut found);
    found.sort();
    found
}

/// The entries of a ceremony's transcript, its chain checked.
pub fn entries(stage: &Stage, folder: &str) -> Vec<Value> {
    let text = stage.read(&format!("ledger/{folder}/transcript.jsonl"));
    let mut before = Digest::ZERO;
    let mut entries = Vec::new();
    for (row, line) in text.split_inclusive('\n').enumerate() {
        assert!(line.ends_with('\n'), "a torn tail: {line}");
        let entry: Value = serde_json::from_str(line).unwrap();
        assert_eq!(entry["n"], row + 1);
        assert_eq!(entry["prev"], before.to_string());
        before = Digest::of(line.as_bytes());
        entries.push(entry);
    }
    entries
}

/// Serial numbers by product, from the bodies that were meant to be signed. Asserts what holds
/// in every transcript, open or sealed: each signature has its intent before it, no product is
/// signed twice, and no serial stands in two bodies.
pub fn serials(entries: &[Value]) -> BTreeMap<String, String> {
    let mut intents: BTreeMap<u64, (&str, &str)> = BTreeMap::new();
    let mut signed = BTreeSet::new();
    let mut bodies: BTreeMap<String, String> = BTreeMap::new();
    let mut serials = BTreeMap::new();
    for entry in entries {
        let (n, data) = (entry["n"].as_u64().unwrap(), &entry["data"]);
        let text = |name: &str| data[name].as_str().unwrap_or_default();
        match entry["type"].as_str().unwrap() {
            "sign-intended" => {
                let product = text("product");
                let digest = text("tbs_sha256");
                let earlier = intents.values().find(|(name, _)| *name == product);
                if let Some((_, body)) = earlier {
                    assert_eq!(*body, digest, "{product}: another body after an intent");
                    let again = data["again_of"].as_u64().expect("again_of");
                    assert_eq!(intents[&again].0, product);
                }
                assert!(
                    !signed.contains(product),
                    "{product}: intended after signed"
                );
                intents.insert(n, (product, digest));
                let body = unhex(text("tbs")).filter(|_| text("kind") == "certificate");
                if let Some(tbs) = body {
                    let fields = CertificateFields::from_tbs(&tbs).unwrap();
                    let serial = fields.serial.to_string();
                    let body = bodies
                        .entry(serial.clone())
                        .or_insert_with(|| digest.into());
                    assert_eq!(body, digest, "one serial, two bodies");
                    serials.insert(product.to_owned(), serial);
                }
            }
            "signed" => {
                let product = text("product");
                let intent = data["intent"].as_u64().unwrap();
                assert!(intent < n);
                assert_eq!(intents.get(&intent).map(|one| one.0), Some(product));
                assert!(signed.insert(product.to_owned()), "{product} signed twice");
            }
            _ => {}
        }
    }
    serials
}

/// Shows with sha256sum, openssl and certtool that a sealed ceremony's folder is whole, under
/// the root at `root` (a path on the stage).
pub fn verify(stage: &Stage, folder: &str, root: &str, mounts: &[&str]) {
    let place = format!("ledger/{folder}");
    stage.tool(&place, "sha256sum --check --strict --quiet SHA256SUMS");
    let root = stage.path(root).display().to_string();
    let seal = stage.tool(
        &place,
        &format!(
            "openssl cms -verify -binary -inform DER -in SEAL.txt.root.p7s -content SEAL.txt \
             -CAfile '{root}' -purpose any -out /dev/null"
        ),
    );
    assert!(seal.contains("Verification successful"), "{seal}");
    let printed = stage.tool(
        &place,
        "openssl cms -cmsout -print -inform DER -in SEAL.txt.root.p7s",
    );
    let attributes = printed.split("signedAttrs:").nth(1).unwrap();
    assert!(attributes.contains("messageDigest"), "{printed}");
    for crl in ["root.crl -inform PEM", "root.crl.der -inform DER"] {
        let crl = stage.tool(
            &format!("{place}/out"),
            &format!("openssl crl -noout -CAfile '{root}' -in {crl}"),
        );
        assert!(crl.contains("verify OK"), "{crl}");
    }
    stage.tool(
        &place,
        &format!("openssl verify -x509_strict -check_ss_sig -CAfile '{root}' '{root}'"),
    );
    for mount in mounts {
        for file in ["intermediate.pem", "bundle.pem"] {
            let file = format!("out/{mount}/{file}");
            let checks = "-x509_strict -crl_check_all -CRLfile out/root.crl";
            stage.tool(
                &place,
                &format!("openssl verify {checks} -CAfile '{root}' {file}"),
            );
        }
        let certtool = format!(
            "certtool --verify --load-ca-certificate '{root}' --infile out/{mount}/intermediate.pem"
        );
        let said = stage.tool(&place, &certtool);
        assert!(
            said.contains("Chain verification output: Verified."),
            "{said}"
        );
    }
    for path in files_below(&stage.path(&place)) {
        let name = path.display().to_string();
        assert!(!name.ends_with(".part"), "{name} is left");
    }
    // What the tool itself says, and the script that needs no tool of ours.
    for path in [&place, "ledger"] {
        let verified = stage.quiet(&["verify", path, "--root", &root]);
        let said = format!("{}{}", stdout(&verified), stderr(&verified));
        assert_eq!(verified.status.code(), Some(0), "{said}");
    }
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/verify.sh");
    stage.tool(".", &format!("sh '{script}' {place} '{root}'"));
    assert!(
        stage
            .read(&format!("{place}/SEAL.txt"))
            .contains("completed")
    );
}
