//! Transcripts: whatever stands in one, an answer; what is read is what plain JSON says; a torn
//! tail is cut where the whole lines end.
//!
//! A mutated line breaks the chain, so each input is tried twice: as it is, and with its lines
//! numbered and linked anew. The second way reaches what stands behind the chain.
#![no_main]

use anchorite::digest::Digest;
use anchorite::ledger::chain::{self, Head};
use anchorite::ledger::entry::Entry;
use anchorite::ledger::register::Register;
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fuzz_target!(|bytes: &[u8]| {
    judge(bytes);
    judge(&linked(bytes));
});

fn judge(bytes: &[u8]) {
    match chain::read(bytes) {
        Ok((entries, head)) => taken(bytes, &entries, &head),
        Err(broken) => {
            let lines = bytes.split_inclusive(|&b| b == b'\n').count();
            assert!((1..=lines).contains(&broken.line), "no such line: {broken}");
        }
    }
    if let Ok(whole) = chain::whole_length(bytes) {
        let (entries, head) = chain::read(&bytes[..whole]).expect("what is whole can be read");
        assert_eq!(head.n, entries.len() as u64);
    }
}

fn taken(bytes: &[u8], entries: &[Entry], head: &Head) {
    assert_eq!(
        chain::whole_length(bytes),
        Ok(bytes.len()),
        "all of it is whole"
    );
    let lines: Vec<&[u8]> = bytes.split_inclusive(|&b| b == b'\n').collect();
    assert_eq!(lines.len(), entries.len());
    assert_eq!(
        head.digest,
        lines.last().map_or(Digest::ZERO, |line| Digest::of(line))
    );
    for (line, entry) in lines.iter().zip(entries) {
        let plain: Value = serde_json::from_slice(line).expect("a line is JSON");
        assert_eq!(plain["n"], entry.n);
        assert_eq!(plain["prev"], entry.prev.to_string());
        assert_eq!(plain["actor"], entry.actor);
        assert_eq!(plain["time"], entry.time.to_string());
        if let Ok(event) = &entry.event {
            let written = serde_json::to_value(event).expect("an event is JSON");
            assert_eq!(plain["type"], written["type"]);
            assert_eq!(plain["data"], written["data"]);
            let _ = event.waived().count();
        }
    }
    let mut register = Register::default();
    if register.fold("fuzz", entries, |_| None).is_ok() {
        let _ = (
            register.next_crl_number(),
            register.last_crl(),
            register.next_crl_due(),
        );
    }
}

/// The lines with their `n` and `prev` as a writer would have put them.
fn linked(bytes: &[u8]) -> Vec<u8> {
    let mut all = Vec::with_capacity(bytes.len());
    let mut head = Head::START;
    for line in bytes.split_inclusive(|&b| b == b'\n') {
        let body = b"\"time\":";
        let Some(at) = line.windows(body.len()).position(|window| window == body) else {
            all.extend_from_slice(line);
            continue;
        };
        let n = head.n + 1;
        let mut whole = format!("{{\"n\":{n},\"prev\":\"{}\",", head.digest).into_bytes();
        whole.extend_from_slice(&line[at..]);
        head = Head {
            n,
            digest: Digest::of(&whole),
        };
        all.extend(whole);
    }
    all
}
