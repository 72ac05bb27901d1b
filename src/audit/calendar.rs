//! What is due, as a calendar that every office program reads (RFC 5545): the next CRL, and the
//! end of each certificate that is still in use.

use super::life::{Life, State};
use crate::x509::time::UtcTime;

/// Octets of a line, its line end not counted (RFC 5545 3.1).
const WIDTH: usize = 75;

/// One date with what to say of it.
struct Happening {
    uid: String,
    sequence: u64,
    at: UtcTime,
    summary: String,
    description: String,
    /// Days before it.
    alarms: &'static [u32],
}

/// The calendar of a life. `rehearsal` stands before every title.
pub fn calendar(life: &Life, rehearsal: bool) -> String {
    let mut text = String::new();
    let mut put = |line: &str| text.push_str(&folded(line));
    put("BEGIN:VCALENDAR");
    put("VERSION:2.0");
    put(&format!(
        "PRODID:-//anchorite//anchorite {}//EN",
        env!("CARGO_PKG_VERSION")
    ));
    put("CALSCALE:GREGORIAN");
    for one in happenings(life) {
        put("BEGIN:VEVENT");
        put(&format!("UID:{}", one.uid));
        put(&format!("SEQUENCE:{}", one.sequence));
        put(&format!("DTSTAMP:{}", stamp(life.at)));
        put(&format!("DTSTART:{}", stamp(one.at)));
        let before = if rehearsal { "REHEARSAL: " } else { "" };
        put(&format!("SUMMARY:{before}{}", escaped(&one.summary)));
        put(&format!("DESCRIPTION:{}", escaped(&one.description)));
        put("TRANSP:TRANSPARENT");
        for days in one.alarms {
            put("BEGIN:VALARM");
            put("ACTION:DISPLAY");
            put(&format!(
                "DESCRIPTION:{before}in {days} days: {}",
                escaped(&one.summary)
            ));
            put(&format!("TRIGGER:-P{days}D"));
            put("END:VALARM");
        }
        put("END:VEVENT");
    }
    put("END:VCALENDAR");
    text
}

/// A later calendar of the same root has the same ids: what is imported again moves.
fn happenings(life: &Life) -> Vec<Happening> {
    let root = life.root.sha256.to_string();
    let root = &root[..32];
    let mut found = Vec::new();
    if let Some(due) = life
        .next_crl
        .as_ref()
        .filter(|due| due.by != UtcTime::NO_END)
    {
        let number = life.crls.iter().filter(|crl| !crl.possibly_signed);
        found.push(Happening {
            uid: format!("crl-{root}@anchorite.invalid"),
            sequence: number.map(|crl| crl.number).max().unwrap_or(0),
            at: due.by,
            summary: format!("The CRL of {} expires", life.root.subject),
            description: "A ceremony must sign the next one before, and it must be published: without a valid CRL every certificate below the root is refused.".to_owned(),
            alarms: &[60, 30, 7],
        });
    }
    for one in &life.certificates {
        let gone = matches!(one.state, State::Revoked | State::Expired);
        if gone || one.serial == life.root.serial || one.not_after == UtcTime::NO_END {
            continue;
        }
        let mount = one.mount.as_deref().unwrap_or("no mount");
        let sure = if one.possibly_signed {
            " Possibly signed: no signature was kept."
        } else {
            ""
        };
        found.push(Happening {
            uid: format!("certificate-{}-{root}@anchorite.invalid", one.serial),
            sequence: 0,
            at: one.not_after,
            summary: format!("{} expires", one.subject),
            description: format!(
                "Mount: {mount}. Serial: {}. Ceremony: {}.{sure}",
                one.serial, one.ceremony
            ),
            alarms: &[180, 90, 30],
        });
    }
    if life.root.state != State::Expired && life.root.not_after != UtcTime::NO_END {
        found.push(Happening {
            uid: format!("root-{root}@anchorite.invalid"),
            sequence: 0,
            at: life.root.not_after,
            summary: format!("The root {} expires", life.root.subject),
            description: "Nothing that it signed outlives it: its successor must be trusted everywhere before.".to_owned(),
            alarms: &[730, 365],
        });
    }
    found
}

/// `20270403T090000Z`
fn stamp(time: UtcTime) -> String {
    time.to_string().replace(['-', ':'], "")
}

/// TEXT (RFC 5545 3.3.11).
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '\\' | ';' | ',' => {
                out.push('\\');
                out.push(c);
            }
            '\n' => out.push_str("\\n"),
            c => out.push(c),
        }
    }
    out
}

/// A content line in parts of at most 75 octets, no character cut, each ended with CR LF.
fn folded(line: &str) -> String {
    let mut out = String::new();
    let mut width = 0;
    for c in line.chars() {
        if width + c.len_utf8() > WIDTH {
            out.push_str("\r\n ");
            width = 1;
        }
        out.push(c);
        width += c.len_utf8();
    }
    out.push_str("\r\n");
    out
}
