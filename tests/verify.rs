//! Good ledgers verify, with our verifier and with stock tools.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "common/ledger.rs"]
#[allow(dead_code)]
mod ledger;

use std::path::Path;
use std::process::Command;

use anchorite::audit::{self, Verdict};
use anchorite::digest::Digest;
use anchorite::host::DiskStore;
use ledger::{FIRST, How, SECOND, World, csr};

fn script(folder: &Path, root: &Path) -> (i32, String) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/verify.sh");
    let output = Command::new("dash")
        .arg(script)
        .arg(folder)
        .arg(root)
        .output()
        .unwrap();
    let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.push_str(&String::from_utf8_lossy(&output.stderr));
    (output.status.code().unwrap(), text)
}

#[test]
fn a_good_ledger_is_verified_by_us_and_by_stock_tools() {
    let world = World::with_two();
    let copy = world.copy();
    let mut store = DiskStore::open_read_only(&copy.path).unwrap();
    for folder in ["0001-acme-root", "0002-acme-more"] {
        let report = audit::ceremony(&mut store, folder, &world.root(), None);
        assert_eq!(report.verdict, Verdict::Verified, "{}", report.to_text());
        let (code, text) = script(&copy.path.join(folder), &copy.root_pem());
        assert_eq!(code, 0, "{text}");
    }
    let report = audit::ledger(&mut store, &world.root(), None);
    assert_eq!(report.verdict, Verdict::Verified, "{}", report.to_text());
    assert_eq!(report.certificates, 4);
    assert_eq!(report.crl_number, Some(2));
}
