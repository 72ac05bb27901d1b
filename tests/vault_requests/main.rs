//! Every request that OpenBao can make, made by a real server, judged by `plan`; then one
//! ceremony over all that are good, and the server takes each certificate to its key.

#![allow(clippy::disallowed_methods, reason = "tests stand outside the rooms")]
#![cfg(feature = "token")]
// Helpers outside of #[test] functions may fail the test too.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod cases;
#[path = "../common/mod.rs"]
mod common;

use std::fs;
use std::sync::Arc;

use anchorite::x509::certificate::Certificate;
use anchorite::x509::pem;
use anchorite::x509::request::Request;
use cases::{Case, Verdict};
use common::bao::Bao;
use common::real::{Stage, stderr, stdout};
use serde_json::json;

const ROOT: &str = "format = \"anchorite/ceremony/0\"\nid = \"requests\"\ntitle = \"Requests\"\n\
    token = { label = \"acme\" }\n\
    root = { subject = { O = \"Acme\", CN = \"Acme Root\" }, key = \"ec:P-384\" }\n\
    step = [\n\
    { do = \"generate-root-key\" },\n{ do = \"issue-root\" },\n";

/// A ceremony file over these mounts; each has its request in `requests/`.
fn ceremony<'a>(names: impl IntoIterator<Item = &'a str>, more: &str) -> String {
    let mut text = ROOT.to_owned();
    for name in names {
        text += &format!(
            "{{ do = \"issue-intermediate\", id = \"{name}\", mount = \"{name}\", \
             request = \"requests/{name}.csr\", {more} }},\n"
        );
    }
    text + "{ do = \"issue-crl\" },\n]\n"
}

struct Place {
    stage: Stage,
    bao: Arc<Bao>,
}

impl Place {
    /// Asks the server; its request stands in `requests/`, or its error is returned.
    fn make(&self, case: &Case) -> Result<(), String> {
        let name = case.name;
        let mount = json!({ "type": "pki", "config": { "max_lease_ttl": "87600h" } });
        self.bao
            .post(&format!("sys/mounts/{name}"), &mount)
            .unwrap();
        let mut fields = case.fields.clone();
        if case.path.ends_with("existing") || case.path.ends_with("cross-sign") {
            let key = json!({ "key_type": "ec" });
            let made = self
                .bao
                .post(&format!("{name}/keys/generate/internal"), &key);
            fields["key_ref"] = made.unwrap()["data"]["key_id"].take();
        }
        let answer = self.bao.post(&format!("{name}/{}", case.path), &fields)?;
        let text = answer["data"]["csr"].as_str().unwrap();
        let bytes = if fields["format"] == "der" {
            // The PEM reader is the only base64 reader here.
            let pem = format!(
                "-----BEGIN CERTIFICATE REQUEST-----\n{}\n-----END CERTIFICATE REQUEST-----\n",
                lines_of_64(text)
            );
            pem::decode_one(pem.as_bytes(), &["CERTIFICATE REQUEST"]).unwrap()
        } else {
            text.as_bytes().to_vec()
        };
        fs::write(self.stage.path(&format!("requests/{name}.csr")), bytes).unwrap();
        Ok(())
    }

    /// The exit code of `plan`, and all it said.
    fn plan(&self, text: &str) -> (Option<i32>, String) {
        self.stage.write("one.toml", text);
        let output = self.stage.quiet(&["plan", "one.toml"]);
        (
            output.status.code(),
            format!("{}{}", stdout(&output), stderr(&output)),
        )
    }

    /// What `inspect` says of a request.
    fn inspect(&self, name: &str) -> String {
        let path = format!("requests/{name}.csr");
        stdout(&self.stage.quiet(&["inspect", &path]))
    }

    /// What is wrong with our verdict on a case.
    fn judge(&self, case: &Case) -> Option<String> {
        let made = self.make(case);
        if let Verdict::NotMade(words) = case.verdict {
            let said = made.err().unwrap_or_default();
            let right = said.contains(words);
            return (!right).then(|| format!("{}: made, or: {said}", case.name));
        }
        if let Err(said) = made {
            return Some(format!("{}: the server says {said}", case.name));
        }
        let (code, said) = self.plan(&ceremony([case.name], ""));
        let right = match case.verdict {
            // The plan counts the checks that pass; inspect names each. Both fold at 80 columns.
            Verdict::Good(words) => {
                let whole = format!("{said}{}", self.inspect(case.name));
                code == Some(0) && unfolded(&whole).contains(words)
            }
            Verdict::Refused(id, words) => {
                let mut lines = said.lines();
                let line = lines.find(|line| line.starts_with("refused: "));
                let by = |line: &str| line.starts_with(&format!("refused: {id}: "));
                code == Some(1) && line.is_some_and(|line| by(line) && line.contains(words))
            }
            Verdict::NotMade(_) => false,
        };
        if !right {
            return Some(format!("{}: exit {code:?}\n{said}", case.name));
        }
        self.leak(case, &said)
    }

    /// No octet of a private key that came along may be told.
    fn leak(&self, case: &Case, said: &str) -> Option<String> {
        let file = fs::read(self.stage.path(&format!("requests/{}.csr", case.name))).unwrap();
        let text = String::from_utf8_lossy(&file);
        let (start, end) = (
            text.find("PRIVATE KEY-----")?,
            text.rfind("PRIVATE KEY-----")?,
        );
        let body = text[start..end]
            .lines()
            .skip(1)
            .filter(|line| line.len() > 16);
        let told = body.map(|line| &line[..16]).any(|part| said.contains(part));
        told.then(|| format!("{}: the key is told", case.name))
    }

    /// The server maps the bundle to exactly one key, and the certificate is the request's.
    fn hand_back(&self, name: &str, out: &str) {
        let bundle = self.stage.read(&format!("{out}/{name}/bundle.pem"));
        let body = json!({ "certificate": bundle });
        let answer = self
            .bao
            .post(&format!("{name}/intermediate/set-signed"), &body)
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        let mapping = answer["data"]["mapping"].as_object().unwrap();
        let keyed = mapping.values().filter(|key| **key != json!(""));
        assert_eq!(keyed.count(), 1, "{name}: {mapping:?}");
        let read = |path: String| fs::read(self.stage.path(&path)).unwrap();
        let request = Request::from_bytes(&read(format!("requests/{name}.csr"))).unwrap();
        let certificate =
            Certificate::from_file(&read(format!("{out}/{name}/intermediate.pem"))).unwrap();
        assert_eq!(certificate.fields.spki, request.spki, "{name}");
        if !request.subject.is_empty() {
            assert_eq!(certificate.fields.subject, request.subject, "{name}");
        }
        self.stage.tool(
            ".",
            &format!(
                "openssl verify -x509_strict -CAfile {out}/root.pem {out}/{name}/intermediate.pem"
            ),
        );
    }
}

fn lines_of_64(text: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    let lines: Vec<String> = letters
        .chunks(64)
        .map(|line| line.iter().collect())
        .collect();
    lines.join("\n")
}

fn unfolded(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn every_request_that_openbao_makes_is_judged_rightly() {
    let place = Place {
        stage: Stage::empty("requests.toml"),
        bao: Bao::shared(),
    };
    let slow = std::env::var_os("ANCHORITE_SLOW").is_some_and(|set| !set.is_empty());
    let mut cases = cases::all(slow);
    if place.bao.is_vault() {
        let (openbaos, both): (Vec<Case>, Vec<Case>) =
            cases.into_iter().partition(cases::is_openbaos);
        cases = both;
        let left_out: Vec<&str> = openbaos.iter().map(|case: &Case| case.name).collect();
        eprintln!("left out, {}: {left_out:?}", cases::OPENBAOS);
    }
    let wrong: Vec<String> = cases.iter().filter_map(|case| place.judge(case)).collect();
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n\n")
    );

    // With a subject from the profile, a request without one is good.
    let more = "profile = \"named\"";
    let named = "[profile.named]\nbase = \"vault\"\nsubject = { O = \"Acme\", CN = \"Named\" }\n";
    let nameless = ceremony(["cn-empty"], more) + named;
    let (code, said) = place.plan(&nameless);
    assert_eq!(code, Some(0), "{said}");

    let good = cases
        .iter()
        .filter(|case| matches!(case.verdict, Verdict::Good(_)))
        .map(|case| case.name);
    let good: Vec<&str> = good.collect();
    place
        .stage
        .write("requests.toml", &ceremony(good.iter().copied(), ""));
    let rehearsed = place
        .stage
        .quiet(&["rehearse", "requests.toml", "--keep", "kept"]);
    assert_eq!(
        rehearsed.status.code(),
        Some(0),
        "{}{}",
        stdout(&rehearsed),
        stderr(&rehearsed)
    );
    for name in good {
        place.hand_back(name, "kept/ledger/0001-requests/out");
    }
}
