//! Certificates, CRLs and requests as a person reads them: [`super::facts`] as lines of text.
//!
//! Every line is escaped and fits 80 columns where its values do.

use super::facts::{CertificateFacts, CrlFacts, ExtensionFact, RequestFacts, RevokedFact, Time};

/// The lines of a certificate, or of a template of one.
pub fn certificate(facts: &CertificateFacts) -> Vec<String> {
    let issuer = if facts.self_issued {
        "itself"
    } else {
        &facts.issuer
    };
    let mut lines = vec![line("subject", &facts.subject), line("issuer", issuer)];
    lines.extend(version(facts.version, 3));
    lines.push(line("key", &facts.key));
    if let Some(digest) = facts.spki_sha256 {
        lines.push(line("SPKI sha-256", &digest.to_string()));
    }
    let serial = facts.serial.as_deref();
    lines.push(line(
        "serial",
        serial.unwrap_or("16 random octets, made on the day"),
    ));
    lines.extend(dates(
        &facts.validity,
        "validity",
        [
            ("not before", &facts.not_before),
            ("not after", &facts.not_after),
        ],
    ));
    lines.push(line("signed with", &facts.signed_with));
    let unique_ids = facts.unique_ids.iter();
    lines.extend(unique_ids.map(|octets| line("unique id", &format!("({octets} octets)"))));
    lines.extend(facts.extensions.iter().flat_map(extension));
    lines
}

/// The lines of a CRL, or of a template of one.
pub fn crl(facts: &CrlFacts) -> Vec<String> {
    let mut lines = vec![line("issuer", &facts.issuer)];
    lines.extend(version(facts.version, 2));
    lines.extend(dates(
        &facts.validity,
        "next update",
        [
            ("this update", &facts.this_update),
            ("next update", &facts.next_update),
        ],
    ));
    let revoked = match facts.revoked_count {
        0 => "none".to_owned(),
        count => count.to_string(),
    };
    lines.push(line("revoked", &revoked));
    lines.push(line("signed with", &facts.signed_with));
    lines.extend(facts.extensions.iter().flat_map(extension));
    lines
}

/// What a CRL lists for the first time, and how many entries it carries over; of an empty list,
/// nothing.
pub fn listed(new: &[RevokedFact], count: usize) -> Vec<String> {
    if count == 0 {
        return Vec::new();
    }
    let carried = count.saturating_sub(new.len()).to_string();
    let mut lines = vec![
        line("carried over", &carried),
        line("new", &new.len().to_string()),
    ];
    for entry in new {
        lines.push(format!("  {}", entry.serial));
        for fact in &entry.extensions {
            let words = format!("{}: {}{}", fact.name, fact.value, critical(fact));
            lines.extend(wrapped("    ", &words));
        }
    }
    lines
}

/// The lines of a CRL's entries.
pub fn revoked(facts: &CrlFacts) -> Vec<String> {
    let words = |entry: &RevokedFact| {
        let mut words = format!("{}  {}", entry.serial, entry.date.readable());
        for fact in &entry.extensions {
            words.push_str(&format!(
                "  {}: {}{}",
                fact.name,
                fact.value,
                critical(fact)
            ));
        }
        wrapped("  ", &words)
    };
    let mut lines: Vec<String> = facts.revoked.iter().flat_map(words).collect();
    if facts.revoked.len() < facts.revoked_count {
        let more = facts.revoked_count - facts.revoked.len();
        lines.push(format!("  and {more} more"));
    }
    lines
}

/// Told where it is another one than ours have.
fn version(found: Option<u8>, ours: u8) -> Option<String> {
    let words = found.map_or("unreadable".to_owned(), |number| number.to_string());
    (found != Some(ours)).then(|| line("version", &words))
}

/// The lines of a request: what it is of, and what it asks for.
pub fn request(facts: &RequestFacts) -> Vec<String> {
    let mut lines = vec![
        line("subject", &facts.subject),
        line("key", &facts.key),
        line("signed with", &facts.signed_with),
    ];
    for fact in &facts.extensions {
        let words = format!("{}: {}{}", fact.name, fact.value, critical(fact));
        lines.extend(wrapped(&line("asks for", ""), &words));
    }
    for name in &facts.attributes {
        lines.push(line("asks for", &format!("attribute {name}")));
    }
    lines
}

/// The same of a request of our own, with the digest of its key.
pub fn own_request(facts: &RequestFacts) -> Vec<String> {
    let mut lines = request(facts);
    let digest = facts.spki_sha256.iter();
    lines.splice(
        2..2,
        digest.map(|one| line("SPKI sha-256", &one.to_string())),
    );
    lines
}

fn dates(validity: &Option<String>, name: &str, dates: [(&str, &Option<Time>); 2]) -> Vec<String> {
    if let Some(words) = validity {
        return vec![line(name, words)];
    }
    dates
        .into_iter()
        .map(|(name, date)| {
            let words = date.as_ref().map_or("none".to_owned(), Time::readable);
            line(name, &words)
        })
        .collect()
}

/// A name and its value from column 17, so that 64 hex digits end at column 80.
pub fn line(name: &str, value: &str) -> String {
    format!("{name:<14}  {value}")
}

fn extension(fact: &ExtensionFact) -> Vec<String> {
    let name = match fact.oid.as_str() {
        "2.5.29.35" => "issuer key id",
        "2.5.29.14" => "key id",
        "2.5.29.15" => "key usage",
        "2.5.29.37" => "extended usage",
        "2.5.29.19" => "constraints",
        "2.5.29.31" => "CRL at",
        "1.3.6.1.5.5.7.1.1" => "issuer info at",
        "2.5.29.20" => "CRL number",
        "2.5.29.17" => "other names",
        "2.5.29.18" => "issuer names",
        "2.5.29.27" => "changes since",
        "2.5.29.28" => "scope",
        "2.5.29.30" => "names below",
        "2.5.29.32" => "policies",
        "2.5.29.36" => "policy limits",
        "2.5.29.46" => "delta CRL at",
        "2.5.29.54" => "any policy",
        _ => &fact.name,
    };
    let Some((first, rest)) = fact.lines.split_first() else {
        return vec![line(name, &format!("{}{}", fact.value, critical(fact)))];
    };
    let first = wrapped(&line(name, ""), &format!("{first}{}", critical(fact)));
    let rest = rest.iter().flat_map(|words| wrapped(&line("", ""), words));
    first.into_iter().chain(rest).collect()
}

fn critical(fact: &ExtensionFact) -> &'static str {
    if fact.critical { " (critical)" } else { "" }
}

/// Lines as one text, each with its LF.
pub fn joined(lines: &[String]) -> String {
    let mut page = lines.join("\n");
    page.push('\n');
    page
}

/// Text in lines of at most 80 columns; later lines stand under the first one's text, or as far
/// to the left as a long word (a digest) needs.
pub fn wrapped(first: &str, text: &str) -> Vec<String> {
    let indent = " ".repeat(first.chars().count());
    let mut lines = Vec::new();
    let mut current = first.to_owned();
    let mut empty = true;
    for word in text.split(' ') {
        let length = word.chars().count();
        if !empty && current.chars().count() + 1 + length > 80 {
            let room = 80usize.saturating_sub(length).min(indent.len());
            lines.push(std::mem::replace(&mut current, " ".repeat(room)));
            empty = true;
        }
        if !empty {
            current.push(' ');
        }
        current.push_str(word);
        empty = false;
    }
    lines.push(current);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_text_is_wrapped_under_itself() {
        let text = "word ".repeat(30);
        let lines = wrapped("  - ", text.trim());
        assert!(lines.len() > 1);
        assert!(lines.iter().all(|line| line.chars().count() <= 80));
        assert!(lines[1].starts_with("    word"));
        let digest = "ab".repeat(32);
        let lines = wrapped("  NOTICE  REQ-SPKI  ", &format!("SPKI sha-256 {digest}"));
        assert_eq!(lines[1], format!("{}{digest}", " ".repeat(16)));
    }
}
