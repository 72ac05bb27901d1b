//! What tokens hold besides the root key in use: notes, copies, and the end of the key.

use anchorite::ceremony::ledger_view::LedgerView;
use anchorite::ceremony::prepare::PrepareError;
use anchorite::check::copy::{self, CopyContext};
use anchorite::check::note::{NoteContext, notes};
use anchorite::check::{CheckId, Finding, Outcome};
use anchorite::digest::Digest;
use anchorite::ledger::note::Note;
use anchorite::ports::{Assurance, KeyId, TokenIdentity, TokenKey};
use anchorite::x509::public_key::RootKey;

use crate::Case;
use crate::play::ceremony::{FIRST, try_prepare};
use crate::play::token::{Pair, good_attributes};

pub fn cases() -> Vec<Case> {
    let mut cases = noted();
    cases.extend(copied());
    cases.extend(destroyed());
    cases
}

fn noted() -> Vec<Case> {
    use CheckId::LedgerNote as Id;
    use Outcome::{Fail, Notice, Pass};
    let key = Digest::of(b"key");
    let seals = [Digest::of(b"one"), Digest::of(b"two")];
    let note = |seal: &[u8], ceremonies| {
        let note = Note {
            key,
            seal: Digest::of(seal),
            ceremonies,
            crl_number: 1,
        };
        note.to_text().into_bytes()
    };
    let judged = |texts: &[Vec<u8>], unreadable: Option<&str>| {
        let context = NoteContext {
            key,
            seals: &seals,
            rebuilt: unreadable == Some("rebuilt"),
            unreadable: unreadable.filter(|why| *why != "rebuilt"),
        };
        match notes(texts, &context) {
            Ok(findings) => findings,
            Err(refusal) => refusal.findings,
        }
    };
    let other = Note {
        key: Digest::of(b"other"),
        seal: Digest::of(b"far"),
        ceremonies: 9,
        crl_number: 9,
    };
    let other = other.to_text().into_bytes();
    let case = |wanted, name, found: Vec<Finding>| Case::new(Id, wanted, name, found);
    vec![
        case(Pass, "newest", judged(&[note(b"two", 2)], None)),
        case(Pass, "ancestor", judged(&[note(b"one", 1)], None)),
        case(
            Pass,
            "a crash left the older one",
            judged(&[note(b"two", 2), note(b"one", 1)], None),
        ),
        case(Fail, "a later ceremony", judged(&[note(b"three", 3)], None)),
        case(
            Fail,
            "a fork",
            judged(&[note(b"TWO", 2), note(b"one", 1)], None),
        ),
        case(Notice, "no note", judged(&[], None)),
        case(Notice, "of another key", judged(&[other], None)),
        case(Notice, "unreadable", judged(&[b"anchorite".to_vec()], None)),
        case(
            Notice,
            "rebuilt",
            judged(&[note(b"three", 3)], Some("rebuilt")),
        ),
        case(Notice, "keeps none", judged(&[], Some("CKR_X"))),
    ]
}

fn identity(serial: &str) -> TokenIdentity {
    TokenIdentity {
        label: "acme".to_owned(),
        manufacturer: "m".to_owned(),
        model: "m".to_owned(),
        serial: serial.to_owned(),
        firmware: "1.0".to_owned(),
        hardware: "1.0".to_owned(),
        module: "/m.so".to_owned(),
        module_sha256: Digest::of(b"m"),
        assurance: Assurance::Software,
    }
}

fn copied() -> Vec<Case> {
    use CheckId::{CopyKept, CopyKey, CopyToken};
    use Outcome::{Fail, Notice, Pass};
    let root = Pair::generate(RootKey::P256).public();
    let other = Pair::generate(RootKey::P256).public();
    let key = |public: &anchorite::x509::public_key::PublicKey, changes: &[(&str, &str)]| {
        let mut attributes = good_attributes();
        for (name, value) in changes {
            attributes.insert((*name).to_owned(), (*value).to_owned());
        }
        TokenKey {
            id: KeyId(vec![1]),
            label: "x".to_owned(),
            public_key: public.clone(),
            attributes,
        }
    };
    let judged = |serial: &str, keys: Vec<TokenKey>| {
        let context = CopyContext {
            first: &identity("1"),
            second: &identity(serial),
            root: &root,
        };
        match copy::key(keys, &context) {
            Ok((_, findings)) => findings,
            Err(refusal) => refusal.findings,
        }
    };
    let one = |changes: &[(&str, &str)]| judged("2", vec![key(&root, changes)]);
    let foreign = [
        ("CKA_LOCAL", "false"),
        ("CKA_ALWAYS_SENSITIVE", "false"),
        ("CKA_NEVER_EXTRACTABLE", "false"),
    ];
    vec![
        Case::new(CopyToken, Pass, "another serial", one(&[])),
        Case::new(
            CopyToken,
            Fail,
            "the same serial",
            judged("1", vec![key(&root, &[])]),
        ),
        Case::new(CopyKey, Pass, "the root's", one(&[])),
        Case::new(
            CopyKey,
            Pass,
            "beside another",
            judged("2", vec![key(&other, &[]), key(&root, &[])]),
        ),
        Case::new(CopyKey, Fail, "no key", judged("2", Vec::new())),
        Case::new(
            CopyKey,
            Fail,
            "another key",
            judged("2", vec![key(&other, &[])]),
        ),
        Case::new(
            CopyKey,
            Fail,
            "twice",
            judged("2", vec![key(&root, &[]), key(&root, &[])]),
        ),
        Case::new(CopyKept, Pass, "as generated", one(&[])),
        Case::new(
            CopyKept,
            Fail,
            "extractable",
            one(&[("CKA_EXTRACTABLE", "true")]),
        ),
        Case::new(
            CopyKept,
            Fail,
            "not sensitive",
            one(&[("CKA_SENSITIVE", "false")]),
        ),
        Case::new(
            CopyKept,
            Fail,
            "readable",
            one(&[("CKA_VALUE", "READABLE")]),
        ),
        Case::new(CopyKept, Pass, "cloned", one(&foreign)),
        Case::new(
            CopyKept,
            Notice,
            "cloned, told",
            one(&foreign)
                .into_iter()
                .filter(|finding| finding.outcome != Pass)
                .collect(),
        ),
    ]
}

fn destroyed() -> Vec<Case> {
    let found = |crl: &str| -> Vec<Finding> {
        let source = FIRST.replace("next_update = \"6mo\"", crl);
        let source = format!("{source}\n[[step]]\nid = \"end\"\ndo = \"destroy-key\"\n");
        match try_prepare(&source, LedgerView::default()) {
            Ok(prepared) => prepared
                .planned
                .into_iter()
                .flat_map(|one| one.found.unwrap())
                .collect(),
            Err(PrepareError::Refused(list)) => {
                list.into_iter().flat_map(|one| one.findings).collect()
            }
            Err(error) => panic!("{error}"),
        }
    };
    let id = CheckId::DestroyFinalCrl;
    vec![
        Case::new(id, Outcome::Pass, "final", found("final = true")),
        Case::new(
            id,
            Outcome::Fail,
            "half a year",
            found("next_update = \"6mo\""),
        ),
    ]
}
