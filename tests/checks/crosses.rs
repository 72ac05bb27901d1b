//! Certificates to be cross-signed, each rule on both sides of its bound.

use std::collections::BTreeMap;

use anchorite::check::CheckId as Id;
use anchorite::check::cross::{CrossContext, cross};
use anchorite::check::request::lists::KeyLists;
use anchorite::check::{Finding, Outcome};
use anchorite::ledger::register::Register;
use anchorite::plan::make::Draft as FileDraft;
use anchorite::plan::past::Past;
use anchorite::plan::{LedgerState, Policy, StepPlan};
use anchorite::x509::certificate::Certificate;
use anchorite::x509::extension_encode as extensions;
use anchorite::x509::name::Name;
use anchorite::x509::name_constraints::{NameConstraints, Subtree};
use anchorite::x509::serial::Serial;

use crate::certificates::{CLIENT, SERVER, purposes};
use crate::made::{Draft, Signer, name, time};
use crate::requests::issued;
use crate::successions::revoking;
use crate::{Case, findings};

const FAIL: Outcome = Outcome::Fail;
const PASS: Outcome = Outcome::Pass;

/// One certificate before one root.
struct Scene {
    root: Certificate,
    existing: Vec<u8>,
    issuer: Option<Vec<u8>>,
    profile: &'static str,
    register: Register,
    now: &'static str,
}

impl Scene {
    fn check(&self) -> Vec<Finding> {
        let issuer = self
            .issuer
            .as_ref()
            .map_or("", |_| "issuer = \"issuer.pem\"\n");
        let profile = if self.profile.is_empty() {
            String::new()
        } else {
            format!("profile = \"own\"\n[profile.own]\n{}", self.profile)
        };
        let source = format!(
            "format = \"anchorite/ceremony/0\"\nid = \"x\"\ntitle = \"x\"\n[token]\nlabel = \"x\"\n\
             [root]\ncertificate = \"root.pem\"\n[[step]]\ndo = \"cross-sign\"\n\
             certificate = \"other.pem\"\n{issuer}{profile}"
        );
        let draft = FileDraft::parse(&source).unwrap();
        let inputs = BTreeMap::from([
            ("root.pem".to_owned(), self.root.der.clone()),
            ("other.pem".to_owned(), self.existing.clone()),
        ]);
        let plan = draft
            .plan(
                &inputs,
                &BTreeMap::new(),
                LedgerState::EMPTY,
                &Past::default(),
            )
            .unwrap();
        let StepPlan::CrossSign(plan) = &plan.steps[0].kind else {
            panic!("no cross-sign");
        };
        findings(cross(
            &self.existing,
            &CrossContext {
                plan,
                issuer: self.issuer.as_deref(),
                root_subject: &self.root.fields.subject,
                root_spki: Some(&self.root.fields.spki),
                register: &self.register,
                claims: &[],
                lists: &KeyLists::NONE,
                policy: Policy::Private,
                now: Some(time(self.now)),
                waivers: &[],
            },
        ))
    }
}

pub fn cases() -> Vec<Case> {
    let (ours, theirs, above) = (Signer::p256(), Signer::p256(), Signer::p256());
    let root = Draft::root(&ours).certificate(&ours);
    let mut plain = Draft::root(&theirs);
    (plain.subject, plain.issuer) = (name("Other Root"), name("Other Root"));
    let scene = |draft: &Draft| Scene {
        root: root.clone(),
        existing: draft.sign(&theirs),
        issuer: None,
        profile: "",
        register: Register::default(),
        now: "2026-10-03T00:00:00Z",
    };
    let mut cases = Vec::new();
    let mut add = |id, wanted, words, scene: Scene| {
        cases.push(Case::new(id, wanted, words, scene.check()));
    };
    add(Id::CrossSignature, PASS, "self-signed", scene(&plain));
    let below = Draft::below(&above, &theirs);
    let signed_above = || Scene {
        existing: below.sign(&above),
        ..scene(&plain)
    };
    add(Id::CrossSignature, FAIL, "no issuer given", signed_above());
    let given = Scene {
        issuer: Some(Draft::root(&above).sign(&above)),
        ..signed_above()
    };
    add(Id::CrossSignature, PASS, "its issuer is given", given);
    for (now, wanted) in [
        ("2060-01-01T00:00:00Z", PASS),
        ("2060-01-01T00:00:01Z", FAIL),
    ] {
        let scene = Scene {
            now,
            ..scene(&plain)
        };
        add(Id::CrossExpired, wanted, "its last second", scene);
    }
    add(Id::CrossName, PASS, "another name", scene(&plain));
    add(
        Id::CrossName,
        PASS,
        "a root of our name with another key",
        scene(&Draft::root(&theirs)),
    );
    let own = Scene {
        existing: root.der.clone(),
        ..scene(&plain)
    };
    add(Id::CrossName, FAIL, "the root itself", own);
    let mut renamed = plain.clone();
    renamed.spki = ours.pair.public().spki().to_vec();
    renamed.replace(
        14,
        extensions::subject_key_identifier(&ours.key_id()).unwrap(),
    );
    let own_key = Scene {
        existing: renamed.sign(&ours),
        ..scene(&plain)
    };
    add(
        Id::CrossKey,
        FAIL,
        "the root's key under another name",
        own_key,
    );
    add(Id::CrossKey, PASS, "a key of its own", scene(&plain));
    let with = |subject: &str, key: &Signer| Scene {
        register: issued(
            Name::from_der(&name(subject)).unwrap(),
            key.pair.public().spki(),
        ),
        ..scene(&plain)
    };
    add(Id::CrossKey, PASS, "a renewal", with("Other Root", &theirs));
    add(
        Id::CrossKey,
        FAIL,
        "known under another name",
        with("Third", &theirs),
    );
    add(
        Id::CrossNameTaken,
        PASS,
        "a renewal",
        with("Other Root", &theirs),
    );
    add(
        Id::CrossNameTaken,
        FAIL,
        "of another key",
        with("Other Root", &above),
    );
    add(Id::CrossRevoked, PASS, "known", with("Other Root", &theirs));
    let known = with("Other Root", &theirs);
    let revoked = Scene {
        register: revoking(known.register.clone(), &Serial::template_mark()),
        ..known
    };
    add(Id::CrossRevoked, FAIL, "revoked", revoked);
    let mut short = plain.clone();
    short.replace(19, extensions::basic_constraints(Some(1)).unwrap());
    for (profile, wanted) in [
        ("", PASS),
        ("path_length = 1", PASS),
        ("path_length = 2", FAIL),
        ("path_length = \"none\"", FAIL),
    ] {
        let scene = Scene {
            profile,
            ..scene(&short)
        };
        add(Id::CrossPathLength, wanted, profile, scene);
    }
    let mut server = plain.clone();
    server.extensions.push(purposes(false, &[SERVER]));
    let mut both = plain.clone();
    both.extensions.push(purposes(false, &[SERVER, CLIENT]));
    add(Id::CrossExtendedUsage, PASS, "as it is", scene(&server));
    for (draft, wanted) in [(&both, PASS), (&server, FAIL), (&plain, PASS)] {
        let scene = Scene {
            profile: "path_length = 0",
            ..scene(draft)
        };
        add(Id::CrossExtendedUsage, wanted, "server and client", scene);
    }
    let mut limited = plain.clone();
    let dns = |text: &str| Subtree::Dns(text.to_owned());
    let constraints = NameConstraints {
        permitted: vec![dns("acme.example")],
        excluded: vec![dns("bad.acme.example")],
    };
    limited
        .extensions
        .push(extensions::name_constraints(&constraints).unwrap());
    for (profile, wanted) in [
        ("", PASS),
        (
            "permitted = { dns = [\"a.acme.example\"] }\nexcluded = { dns = [\"acme.example\"] }",
            PASS,
        ),
        ("permitted = { dns = [\"a.acme.example\"] }", FAIL),
        (
            "permitted = { dns = [\"example\"] }\nexcluded = { dns = [\"bad.acme.example\"] }",
            FAIL,
        ),
        ("excluded = { dns = [\"bad.acme.example\"] }", FAIL),
    ] {
        let scene = Scene {
            profile,
            ..scene(&limited)
        };
        add(Id::CrossConstraints, wanted, profile, scene);
    }
    cases
}
