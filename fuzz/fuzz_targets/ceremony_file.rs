//! Ceremony files: whatever is typed, an answer; an error has its place inside the text; what
//! is planned is written and read back as the same plan.
#![no_main]

use std::collections::BTreeMap;

use anchorite::plan::LedgerState;
use anchorite::plan::document::PlanDocument;
use anchorite::plan::error::PlanError;
use anchorite::plan::file::FileError;
use anchorite::plan::make::Draft;
use anchorite::plan::past::Past;
use anchorite::x509::request::Request;
use anchorite_fuzz::assert_escaped;
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

const REQUEST: &[u8] = include_bytes!("../../tests/fixtures/requests/etcd.csr");

/// Every request that a file names is this one.
static READ: LazyLock<Request> =
    LazyLock::new(|| Request::from_bytes(REQUEST).expect("the fixture is a request"));

fuzz_target!(|bytes: &[u8]| {
    let Ok(source) = std::str::from_utf8(bytes) else {
        return;
    };
    match Draft::parse(source) {
        Ok(draft) => planned(source, &draft),
        Err(error) => inside(source, &error),
    }
});

fn planned(source: &str, draft: &Draft<'_>) {
    if let Err(error) = draft.wanted_requests() {
        inside(source, &error);
    }
    let paths = draft.input_paths();
    let inputs: BTreeMap<String, Vec<u8>> = paths
        .into_iter()
        .map(|path| (path, REQUEST.to_vec()))
        .collect();
    let requests = draft
        .requests()
        .into_iter()
        .map(|path| (path, READ.clone()))
        .collect();
    match draft.plan(&inputs, &requests, LedgerState::EMPTY, &Past::default()) {
        Ok(plan) => {
            let document = PlanDocument::of(&plan);
            let bytes = document.to_bytes();
            assert_eq!(PlanDocument::from_bytes(&bytes).as_ref(), Ok(&document));
        }
        Err(PlanError::File(error)) => inside(source, &error),
        Err(_) => {}
    }
}

/// The place is in the text: at most one past the end of its line, or of the file.
fn inside(source: &str, error: &FileError) {
    assert_escaped(&error.to_string());
    let line = source.split('\n').nth(error.line - 1);
    let length = line.expect("the line is in the text").chars().count();
    assert!(
        (1..=length + 1).contains(&error.column),
        "no such column: {error}"
    );
}
