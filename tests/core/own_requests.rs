//! `certificate-request`: what a root asks another CA for, under every key that a root can have.

use anchorite::audit::Verdict;
use anchorite::digest::{Digest, hex, unhex};
use anchorite::ledger::entry::Event;
use anchorite::ledger::kinds::BodyKind;
use anchorite::ledger::register::Certainty;
use anchorite::plan::make::Draft;
use anchorite::plan::request::OwnRequest;
use anchorite::ports::{Store as _, TokenError};
use anchorite::x509::certificate::Certificate;
use anchorite::x509::key_usage::KeyUsage;
use anchorite::x509::public_key::{PublicKey, RootKey};
use anchorite::x509::request::Request;

use crate::play::ceremony::{FIRST, first_job, job, later, try_prepare, webtrust};
use crate::play::ports::{Crash, Manner};
use crate::play::token::Faults;
use crate::play::world::{Setting, World};
use crate::{SEALED, every_intent_was_approved, products, whole};

pub const STEP: &str = "[[step]]\nid = \"ask\"\ndo = \"certificate-request\"\n";

/// A new root that asks in the ceremony that makes it.
pub fn asking() -> String {
    let at = FIRST.find("[[step]]\nid = \"etcd\"").unwrap();
    let end = FIRST.find("[[step]]\nid = \"crl\"").unwrap();
    format!("{}{STEP}\n{}", &FIRST[..at], &FIRST[end..])
}

/// What a file of a ceremony holds, and what the ledger says of it.
fn judge(world: &mut World, folder: &str, spot: &str) {
    let root = world.view().root.unwrap();
    let file = world.bytes(&format!("{folder}/out/requests/ask.csr"));
    let request = Request::from_bytes(&file).unwrap();
    assert_eq!(request.der, products(world, folder)["ask"], "{spot}");
    let fields = &root.fields;
    assert_eq!(request.subject, fields.subject, "{spot}");
    assert_eq!(request.spki, fields.spki, "{spot}");
    assert_eq!(request.algorithm, root.algorithm, "{spot}");
    assert_eq!(request.other_attributes, [""; 0], "{spot}");
    // The very extensions of the root, but its own key as its issuer's.
    let own = fields.extensions.iter();
    let own: Vec<_> = own.filter(|one| one.oid != "2.5.29.35").cloned().collect();
    assert_eq!(request.extensions, own, "{spot}");
    let key = PublicKey::from_spki(&fields.spki).unwrap();
    let algorithm = anchorite::x509::root::algorithm_of(&root).unwrap();
    let signed = key.verifies(algorithm, &request.info, &request.signature);
    assert!(signed, "{spot}");
    world.is_verified(&root, spot);
    every_intent_was_approved(world, folder);
}

#[test]
fn a_new_root_of_every_key_asks_and_so_does_one_that_exists() {
    for key in RootKey::ALL {
        let line = format!("key = \"{}\"", key.word());
        let source = asking().replace("key = \"ec:P-384\"", &line);
        let mut world = whole(&source);
        judge(&mut world, SEALED, key.word());
        let next = job(&later("later", STEP), world.view(), 2);
        let session = world.plain(&next, false);
        assert!(session.result.is_ok(), "{:?}", session.result.err());
        judge(&mut world, "0002-later", key.word());
        // Nothing of it depends on the day.
        let objects = |folder: &str| products(&world, folder)["ask"].clone();
        let info = |folder: &str| Request::from_der(&objects(folder)).unwrap().info;
        assert_eq!(info(SEALED), info("0002-later"), "{}", key.word());
    }
}

#[test]
fn a_pss_root_asks_with_pss() {
    let line = "key = \"rsa:3072\"\nsignature = \"pss\"\ndigest = \"sha256\"";
    let mut world = whole(&asking().replace("key = \"ec:P-384\"", line));
    judge(&mut world, SEALED, "pss");
}

#[test]
fn a_root_that_answers_ocsp_asks_for_that_too() {
    let line = "key = \"ec:P-384\"\nkey_usage = [\"digitalSignature\"]";
    let mut world = whole(&asking().replace("key = \"ec:P-384\"", line));
    judge(&mut world, SEALED, "digitalSignature");
}

#[test]
fn a_request_is_no_certificate() {
    let mut world = whole(&asking());
    let register = world.view().register;
    assert_eq!(register.issued.len(), 1);
    assert_eq!(register.requests.len(), 1);
    let one = &register.requests[0];
    assert_eq!((&*one.ceremony, &*one.product), ("acme-root", "ask"));
    let entries = world.entries(SEALED);
    let issued = entries.iter().find_map(|entry| match &entry.event {
        Ok(Event::Issued {
            kind,
            serial,
            crl_number,
            ..
        }) if *kind == BodyKind::Request => Some((serial.clone(), *crl_number)),
        _ => None,
    });
    assert_eq!(issued, Some((None, None)));
    let sheet = String::from_utf8(world.bytes(&format!("{SEALED}/out/HANDOVER.md"))).unwrap();
    assert!(sheet.contains("requests/ask.csr"), "{sheet}");
    let root = world.view().root.unwrap();
    let text = world.verify_ledger(&root).to_text();
    assert!(text.contains("request for the root's own key"), "{text}");
    let text: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains("certificates 1 "), "{text}");
}

/// What is seen before the day, and on it.
#[test]
fn the_plan_and_the_pages() {
    use anchorite::ceremony::plan_report::PlanReport;
    use anchorite::ceremony::script;
    let mut world = World::new();
    let first = first_job(&asking(), 1);
    let shown = |prepared| script::text(&PlanReport::of(prepared, true, None));
    let of_step = |text: String, title: &str| {
        let rest = &text[text.find(title).unwrap()..];
        rest[..rest.find("digest:").unwrap()].to_owned()
    };
    let title = "Request a certificate for the root key";
    let plan = of_step(shown(&first.prepared), title);
    let session = world.plain(&first, false);
    assert!(session.result.is_ok());
    let page = session
        .pages
        .iter()
        .find(|page| page.starts_with("To be signed: request"));
    let redacted = crate::redacted(&format!("{plan}\n{}", page.unwrap()));
    insta::assert_snapshot!("own_request", redacted);
    // Of a root that exists the key is known before the day.
    let root = world.view().root.unwrap();
    let next = try_prepare(&later("later", STEP), world.view()).unwrap();
    let plan = of_step(shown(&next), title);
    let digest = Digest::of(&root.fields.spki);
    assert!(plan.contains(&digest.to_string()), "{plan}");
    let json = serde_json::to_value(PlanReport::of(&next, true, None)).unwrap();
    let facts = &json["steps"][0]["products"][0]["own_request"];
    assert_eq!(facts["spki_sha256"], digest.to_string());
}

#[test]
fn it_comes_after_the_root_and_once() {
    let at = FIRST.find("[[step]]").unwrap();
    for (source, words) in [
        (
            FIRST.replace(
                "[[step]]\nid = \"root\"",
                &format!("{STEP}[[step]]\nid = \"root\""),
            ),
            "issue-root must come before it",
        ),
        (
            format!("{FIRST}{STEP}{}", STEP.replace("ask", "again")),
            "this can be done once in a ceremony",
        ),
        (
            format!("{FIRST}{STEP}mount = \"pki\"\n"),
            "mount does not belong to this step",
        ),
        (
            format!("{}{STEP}", &FIRST[..at]),
            "issue-root must come before it",
        ),
    ] {
        let error = Draft::parse(&source).err().unwrap();
        assert!(error.to_string().contains(words), "{error}");
    }
}

#[test]
fn nothing_is_asked_for_after_the_final_crl() {
    let mut world = whole(&asking());
    let last = "[[step]]\nid = \"crl\"\ndo = \"issue-crl\"\nfinal = true\n";
    let session = job(&later("end", last), world.view(), 2);
    assert!(world.plain(&session, false).result.is_ok());
    let Err(anchorite::ceremony::prepare::PrepareError::Refused(list)) =
        try_prepare(&later("later", STEP), world.view())
    else {
        panic!("it was planned");
    };
    assert_eq!(list[0].id.public(), "CRL-AFTER-FINAL");
}

#[test]
fn who_does_not_approve_it_signs_nothing() {
    let mut world = World::new();
    let first = first_job(&webtrust(&asking()), 1);
    let mut clean = World::new();
    assert!(clean.plain(&first, false).result.is_ok());
    let entries = clean.entries(SEALED);
    let mut questions = entries.iter().filter_map(|entry| match &entry.event {
        Ok(Event::Question { text, .. }) => Some(text),
        _ => None,
    });
    let at = questions.position(|text| text.contains("ask's template"));
    let at = at.expect("webtrust asks for each template by its name");
    let stop = Setting {
        // The PIN is asked for before.
        manner: Manner::StopAt(at + 2),
        ..Setting::default()
    };
    assert!(world.run(&first, false, &stop).result.is_err());
    let asked = |world: &World, folder: &str| {
        let entries = world.entries(folder);
        let kinds = entries.iter().filter(|entry| {
            matches!(&entry.event, Ok(Event::SignIntended { kind, .. }) if *kind == BodyKind::Request)
        });
        kinds.count()
    };
    let open = world.open_folder().unwrap();
    assert_eq!(asked(&world, &open), 0);
    assert!(world.plain(&first, true).result.is_ok());
    assert_eq!(asked(&world, SEALED), 1);
    let root = Certificate::from_der(&products(&world, SEALED)["root"]).unwrap();
    let report = world.verify_ledger(&root);
    assert_eq!(report.verdict, Verdict::Verified, "{}", report.to_text());
}

/// A ceremony whose token went away when it was to sign the request.
fn interrupted() -> World {
    let first = first_job(&asking(), 1);
    let calls = World::new().plain(&first, false).token_calls;
    let signs = (1..).zip(&calls).filter(|(_, call)| *call == "C_Sign");
    // The root's own comes before.
    let (at, _) = signs.clone().nth(1).unwrap();
    let failed = TokenError::Failed {
        function: "C_Sign".to_owned(),
        code: "CKR_DEVICE_REMOVED".to_owned(),
    };
    let setting = Setting {
        faults: Faults {
            fail_at: Some((at, failed)),
            ..Faults::default()
        },
        ..Setting::default()
    };
    let mut world = World::new();
    assert!(world.run(&first, false, &setting).result.is_err());
    world.crash(Crash::Dropped);
    world
}

/// What stood in the open ceremony's last entry is not signed unless it is the root's own.
#[test]
fn a_body_that_was_changed_over_night_is_not_signed() {
    let mut world = interrupted();
    let path = format!("{}/transcript.jsonl", world.open_folder().unwrap());
    let text = String::from_utf8(world.bytes(&path)).unwrap();
    let last = text.lines().last().unwrap();
    let body = last.split("\"tbs\":\"").nth(1).unwrap();
    let body = unhex(body.split('"').next().unwrap()).unwrap();
    let root = world.view().open_root.unwrap();
    let mut other = OwnRequest::of(&root.fields).unwrap();
    other.key_usage.push(KeyUsage::DigitalSignature);
    let forged = other.info().unwrap().0;
    let digest = |bytes: &[u8]| Digest::of(bytes).to_string();
    let changed = last
        .replace(&hex(&body), &hex(&forged))
        .replace(&digest(&body), &digest(&forged));
    assert_ne!(changed, last);
    let start = u64::try_from(text.len() - last.len() - 1).unwrap();
    world.store.truncate(&path, start).unwrap();
    let line = format!("{changed}\n");
    world.store.append(&path, line.as_bytes()).unwrap();
    world.store.sync_file(&path).unwrap();
    let before = world.hardware.borrow().signatures.len();
    let session = world.plain(&first_job(&asking(), 2), true);
    assert_eq!(session.refusal(), "OWN-REQUEST-WISHES");
    assert_eq!(world.hardware.borrow().signatures.len(), before);
}

#[test]
fn a_request_that_was_given_up_was_possibly_signed() {
    let mut world = interrupted();
    let open = world.open_folder().unwrap();
    let aborted = world.abort(&open).unwrap();
    assert_eq!(aborted.possibly_signed, ["ask"]);
    let root = world.view().root.unwrap();
    let register = world.view().register;
    let sure: Vec<Certainty> = register.requests.iter().map(|one| one.certainty).collect();
    assert_eq!(sure, [Certainty::PossiblySigned]);
    let report = world.verify(SEALED, &root);
    let consistent =
        matches!(&report.verdict, Verdict::Consistent(why) if why.starts_with("aborted"));
    assert!(consistent, "{}", report.to_text());
    assert!(report.to_text().contains("POSSIBLY signed"));
    // The next ceremony asks again, and the ledger holds.
    let next = job(&later("later", STEP), world.view(), 2);
    assert!(world.plain(&next, false).result.is_ok());
    judge(&mut world, "0002-later", "after an abort");
}
