//! The laptop's clock, a second on each side of what it is held against.

use anchorite::check::clock::{ClockContext, WRITTEN, clock};
use anchorite::check::{CheckId, Outcome};
use anchorite::x509::time::UtcTime;

use crate::{Case, findings};

pub fn cases() -> Vec<Case> {
    use CheckId as Id;
    use Outcome::{Fail, Pass};
    let time = |text: &str| UtcTime::parse(text).unwrap();
    let (start, end) = (time("2027-01-01T00:00:00Z"), time("2046-12-31T23:59:59Z"));
    let (last, crl) = (time("2030-05-01T10:00:00Z"), time("2030-04-01T10:00:00Z"));
    let none = ClockContext::default();
    let ledger = ClockContext {
        last_entry: Some(last),
        ..none
    };
    let list = ClockContext {
        last_crl: Some(crl),
        ..none
    };
    let root = ClockContext {
        root: Some((start, end)),
        ..none
    };
    let case = |id, wanted, name, now, context: &ClockContext| {
        Case::new(id, wanted, name, findings(clock(now, context)))
    };
    let epoch = UtcTime::from_unix(0);
    vec![
        case(Id::ClockProgram, Pass, "its very day", WRITTEN, &none),
        case(
            Id::ClockProgram,
            Fail,
            "a second before",
            WRITTEN.offset(-1),
            &none,
        ),
        case(Id::ClockProgram, Fail, "1970", epoch, &none),
        case(Id::ClockLedger, Pass, "an empty ledger", WRITTEN, &none),
        case(Id::ClockLedger, Pass, "the same second", last, &ledger),
        case(
            Id::ClockLedger,
            Fail,
            "a second before",
            last.offset(-1),
            &ledger,
        ),
        case(Id::ClockCrl, Pass, "the same second", crl, &list),
        case(Id::ClockCrl, Fail, "a second before", crl.offset(-1), &list),
        case(Id::ClockRoot, Pass, "no root yet", WRITTEN, &none),
        case(Id::ClockRoot, Pass, "its first second", start, &root),
        case(
            Id::ClockRoot,
            Fail,
            "a second before",
            start.offset(-1),
            &root,
        ),
        case(Id::ClockRoot, Pass, "its last second", end, &root),
        case(Id::ClockRoot, Fail, "a second after", end.offset(1), &root),
        case(
            Id::ClockRoot,
            Fail,
            "2050",
            time("2050-01-01T00:00:00Z"),
            &root,
        ),
    ]
}
