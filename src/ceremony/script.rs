//! The script people read: the plan as text, and as one self-contained page to be printed.
//! Its words are what approvals are typed from.

use super::plan_report::{PlanReport, PlannedFact, ProductFact, ProfileFact, StepFact};
use crate::check::{Finding, Outcome};
use crate::digest::Digest;
use crate::plan::document::RevokeDocument;
use crate::x509::escape::escape;
use crate::x509::show::{self, line, wrapped};
use crate::x509::time::UtcTime;

const RULE: &str =
    "--------------------------------------------------------------------------------";

/// The plan as text.
pub fn text(report: &PlanReport) -> String {
    let mut lines = head(report);
    lines.extend(report.profiles.iter().flat_map(profile));
    for (at, step) in report.steps.iter().enumerate() {
        lines.push(String::new());
        lines.push(RULE.to_owned());
        lines.push(format!(
            "Step {} of {}: {}",
            at + 1,
            report.steps.len(),
            step.title
        ));
        lines.push(line("id", &step.id));
        lines.push(line("does", step.does));
        if let Some(text) = &step.read_aloud {
            lines.extend(wrapped("Read aloud: ", text));
        }
        lines.extend(products(step));
    }
    lines.push(String::new());
    lines.push(RULE.to_owned());
    if report.lacks_first_crl {
        lines.extend(wrapped(
            "Note: ",
            "no step issues a CRL. Clients that check the whole chain (openssl -crl_check_all) refuse it until the root's first CRL is published.",
        ));
    }
    lines.extend(wrapped(
        "Checks: ",
        "those that pass are counted; plan --json and the transcript name each.",
    ));
    lines.push(String::new());
    lines.push("Files that the lock covers:".to_owned());
    let files = report.files.iter();
    lines.extend(files.map(|file| format!("  {}  {}", file.sha256, file.path)));
    lines.push(String::new());
    lines.extend(digest("Lock", report.lock.sha256));
    if !report.ledger.known {
        lines.push(String::new());
        lines.extend(wrapped(
            "Note: ",
            "without --ledger the CRL number, and what the root has issued before, are not known. This lock is not the one that run will ask for.",
        ));
    }
    show::joined(&lines)
}

fn head(report: &PlanReport) -> Vec<String> {
    let seal = match report.seal {
        "direct" => "direct: signed by the root itself",
        _ => "none: signed by people alone",
    };
    let mut lines = vec![
        report.title.clone(),
        RULE.to_owned(),
        line("ceremony", &report.ceremony),
        line("policy", report.policy),
        line("seal", seal),
        line("token", &report.token),
        line("root", &report.root.subject),
    ];
    if let Some(key) = report.root.new_key {
        let words = format!("{key}, generated in this ceremony");
        lines.push(line("root key", &words));
    }
    if let Some(sha256) = report.root.sha256 {
        lines.push(line("root sha-256", &sha256.to_string()));
    }
    // What is as it must be of an existing root is not told.
    let notices = report.root.findings.iter();
    lines.extend(
        notices
            .filter(|one| one.outcome == Outcome::Notice)
            .flat_map(finding),
    );
    let ledger = match (report.ledger.known, report.ledger.ceremonies) {
        (false, _) => "not given".to_owned(),
        (true, 0) => "empty".to_owned(),
        (true, count) => format!("{count} sealed before, head below"),
    };
    lines.push(line("ledger", &ledger));
    if report.ledger.head != Digest::ZERO {
        lines.push(line("ledger head", &report.ledger.head.to_string()));
    }
    if let Some(trust) = &report.trust_bundle {
        lines.push(line("trust bundle", &format!("{}, this root", trust.name)));
        for anchor in &trust.also {
            lines.push(line("and", &anchor.subject));
            lines.push(line(
                "",
                &format!("{}, ends {}", anchor.path, anchor.not_after),
            ));
            lines.push(line("sha-256", &anchor.sha256.to_string()));
        }
    }
    for waiver in &report.waivers {
        let words = format!(
            "{} in step {}, by {}: {}",
            waiver.check, waiver.step, waiver.by, waiver.reason
        );
        lines.extend(wrapped(&line("waives", ""), &words));
        if waiver.puts_aside == 0 {
            let words = "nothing in this plan: left in, it may hide a later mistake";
            lines.push(line("puts aside", words));
        }
    }
    for person in &report.people {
        let signs = if person.signs { ", signs the seal" } else { "" };
        let words = format!("{} ({}{signs})", person.id, person.role);
        lines.push(line("person", &words));
    }
    lines
}

fn products(step: &StepFact) -> Vec<String> {
    if step.does == "generate-root-key" {
        return vec![
            "IRREVERSIBLE: the key never leaves the token. You will type the token's".to_owned(),
            "label.".to_owned(),
        ];
    }
    let mut lines: Vec<String> = step.revoke.iter().flat_map(revocation).collect();
    lines.extend(step.products.iter().flat_map(product));
    if !step.adopts.is_empty() {
        lines.push("What is written down as adopted, not as witnessed:".to_owned());
        let adopts = step.adopts.iter();
        lines.extend(adopts.flat_map(|line| wrapped("  ", line)));
    }
    if !step.planned.is_empty() {
        lines.push(String::new());
    }
    lines.extend(step.planned.iter().flat_map(planned));
    lines.push(String::new());
    for approval in &step.approvals {
        lines.extend(digest(&approval.what, approval.digest.sha256));
    }
    lines
}

/// A profile with every field, its value and where that comes from.
fn profile(profile: &ProfileFact) -> Vec<String> {
    let words = if profile.built_in {
        format!("{}, built in: {}", profile.name, profile.purpose)
    } else {
        let (name, base, purpose) = (&profile.name, profile.base, profile.purpose);
        format!("{name}, from the built-in {base}: {purpose}")
    };
    let mut lines = vec![String::new(), RULE.to_owned()];
    lines.extend(wrapped("Profile ", &words));
    for field in &profile.fields {
        let words = format!("{} ({})", field.value, field.because);
        lines.extend(wrapped(&format!("{:<18}  ", field.field), &words));
    }
    lines
}

fn planned(planned: &PlannedFact) -> Vec<String> {
    let mut lines = vec![format!("Checks of {}:", planned.what)];
    lines.extend(findings(&planned.findings));
    lines
}

fn product(product: &ProductFact) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(mount) = &product.mount {
        lines.push(String::new());
        lines.push(line("mount", mount));
    }
    for (name, value) in [("request", &product.request), ("profile", &product.profile)] {
        lines.extend(value.iter().map(|value| line(name, value)));
    }
    if let Some(told) = &product.cert_manager {
        lines.extend(wrapped(&format!("{:<14}  ", "cert-manager"), told));
    }
    if let Some(facts) = &product.certificate {
        lines.extend(show::certificate(facts));
        lines.push(line("template", &product.template_sha256.to_string()));
    }
    if let Some(facts) = &product.crl {
        lines.extend(show::crl(facts));
        lines.extend(show::listed(&facts.revoked, facts.revoked_count));
    }
    if let Some(facts) = &product.own_request {
        lines.extend(show::own_request(facts));
        lines.push(line("template", &product.template_sha256.to_string()));
    }
    if !product.findings.is_empty() {
        lines.push("Checks:".to_owned());
        lines.extend(findings(&product.findings));
    }
    lines
}

/// What a witness has to weigh in full; what passed is counted, so that it hides nothing.
fn findings(findings: &[Finding]) -> Vec<String> {
    let told = findings.iter().filter(|one| one.outcome != Outcome::Pass);
    let mut lines: Vec<String> = told.clone().flat_map(finding).collect();
    match findings.len() - told.count() {
        0 => {}
        1 => lines.push("  pass    1 check".to_owned()),
        passed => lines.push(format!("  pass    {passed} checks")),
    }
    lines
}

/// One finding, `  pass    REQ-POP  words`.
pub fn finding(finding: &Finding) -> Vec<String> {
    outcome(finding.outcome, finding.id.public(), &finding.words)
}

/// The same of a rule of any room.
pub fn outcome(outcome: Outcome, id: &str, words: &str) -> Vec<String> {
    let word = match outcome {
        Outcome::Pass => "pass",
        Outcome::Notice => "NOTICE",
        Outcome::Waived => "WAIVED",
        Outcome::Fail => "FAIL",
    };
    let first = format!("  {word:<6}  {id}  ");
    if words.contains(' ') {
        wrapped(&first, words)
    } else {
        vec![format!("{first}{words}")]
    }
}

/// What is to be revoked, escaped, as plan and screen show it.
pub fn revocation(revoke: &RevokeDocument) -> Vec<String> {
    let unknown = "not known: only its serial number is given";
    let mut lines = vec![
        line("revokes", revoke.subject.as_deref().unwrap_or(unknown)),
        line("serial", &revoke.serial),
    ];
    let dates = [
        ("not before", &revoke.not_before),
        ("not after", &revoke.not_after),
    ];
    for (name, date) in dates {
        lines.extend(date.iter().map(|date| line(name, &readable(date))));
    }
    if let Some(origin) = &revoke.origin {
        let mount = origin.mount.iter();
        lines.extend(mount.map(|mount| line("mount", mount)));
        let words = format!("ceremony {}, {}", origin.ceremony, origin.product);
        lines.push(line("issued in", &words));
    }
    if revoke.foreign {
        let words = "in no ceremony of this ledger (foreign = true)";
        lines.push(line("issued in", words));
    }
    lines.push(line("reason", revoke.reason.word()));
    let invalid = revoke.invalidity_date.iter();
    lines.extend(invalid.map(|date| line("invalid since", &readable(date))));
    lines
}

/// A moment of the plan as people read it.
fn readable(date: &str) -> String {
    UtcTime::parse(date).map_or_else(|| escape(date), UtcTime::readable)
}

/// A finding that people have to weigh.
pub fn told(one: &Finding) -> Vec<String> {
    if one.outcome == Outcome::Pass {
        return Vec::new();
    }
    finding(one)
}

/// A digest as hex and as numbered words, four to a line.
pub fn digest(what: &str, digest: Digest) -> Vec<String> {
    let mut lines = vec![format!("{what}, digest:"), format!("  {digest}")];
    for (row, words) in digest.words().chunks(4).enumerate() {
        let cells: Vec<String> = words
            .iter()
            .enumerate()
            .map(|(at, word)| format!("{:>4} {word:<13}", row * 4 + at + 1))
            .collect();
        lines.push(cells.concat().trim_end().to_owned());
    }
    lines
}

/// The page: nothing in it is fetched from anywhere.
pub fn page(report: &PlanReport) -> String {
    let body = html(&text(report));
    let title = html(&report.title);
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>{title}</title>\n\
         <style>body {{ margin: 2em }} pre {{ font: 10pt/1.35 monospace }}\n\
         .sign td {{ border: 1px solid; height: 2.5em; min-width: 14em }}</style>\n</head>\n<body>\n\
         <pre>{body}</pre>\n\
         <table class=\"sign\"><tr><td>Name, role</td><td>Time</td><td>Signature, or \"do not agree\"</td></tr>\n\
         <tr><td></td><td></td><td></td></tr><tr><td></td><td></td><td></td></tr></table>\n\
         </body>\n</html>\n"
    )
}

fn html(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
