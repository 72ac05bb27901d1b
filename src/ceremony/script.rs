//! The script people read: the plan as text, and as one self-contained page to be printed.
//! Its words are what approvals are typed from.

use super::prepare::Prepared;
use crate::check::{Finding, Outcome};
use crate::digest::Digest;
use crate::plan::{
    IntermediatePlan, Plan, Policy, Product, RootPlan, Step, StepKind, Validity, template,
};
use crate::x509::escape::escape;
use crate::x509::show::{self, Stage, line, wrapped};
use crate::x509::tbs::{CertificateTbs, CrlTbs};
use crate::x509::time::UtcTime;

const RULE: &str =
    "--------------------------------------------------------------------------------";

/// The plan as text. `known` says whether the ledger's state is known; with `today` the
/// validity stands there in dates, without it the text is a function of the plan alone.
pub fn text(prepared: &Prepared, known: bool, today: Option<UtcTime>) -> String {
    let plan = &prepared.plan;
    let mut lines = head(prepared, known);
    for (at, step) in plan.steps.iter().enumerate() {
        lines.push(String::new());
        lines.push(RULE.to_owned());
        lines.push(format!(
            "Step {} of {}: {}",
            at + 1,
            plan.steps.len(),
            escape(&step.title)
        ));
        lines.push(line("id", &step.id));
        lines.push(line("does", step.kind.word()));
        if let Some(text) = &step.read_aloud {
            lines.extend(wrapped("Read aloud: ", &escape(text)));
        }
        lines.extend(products(prepared, step, today));
    }
    lines.push(String::new());
    lines.push(RULE.to_owned());
    if !plan
        .steps
        .iter()
        .any(|step| matches!(step.kind, StepKind::IssueCrl(_)))
        && matches!(plan.root, RootPlan::New(_))
    {
        lines.extend(wrapped(
            "Note: ",
            "no step issues a CRL. Clients that check the whole chain (openssl -crl_check_all) refuse it until the root's first CRL is published.",
        ));
    }
    lines.push("Files that the lock covers:".to_owned());
    lines.extend(
        String::from_utf8_lossy(&prepared.lock_bytes)
            .lines()
            .map(|line| format!("  {}", escape(line))),
    );
    lines.push(String::new());
    lines.extend(digest("Lock", prepared.lock_digest()));
    if !known {
        lines.push(String::new());
        lines.extend(wrapped(
            "Note: ",
            "without --ledger the CRL number, and what the root has issued before, are not known. This lock is not the one that run will ask for.",
        ));
    }
    let mut text = lines.join("\n");
    text.push('\n');
    text
}

fn head(prepared: &Prepared, known: bool) -> Vec<String> {
    let plan = &prepared.plan;
    let mut lines = vec![
        escape(&plan.title),
        RULE.to_owned(),
        line("ceremony", &plan.id),
        line("policy", plan.policy.word()),
        line(
            "seal",
            match plan.seal {
                crate::plan::SealMode::Direct => "direct: signed by the root itself",
                crate::plan::SealMode::None => "none: signed by people alone",
            },
        ),
        line("token", &escape(&plan.token_label)),
        line("root", &plan.root.subject().to_string()),
    ];
    lines.push(match &plan.root {
        RootPlan::New(new) => line(
            "root key",
            &format!("{}, generated in this ceremony", new.key.word()),
        ),
        RootPlan::Existing(root) => line("root sha-256", &root.digest().to_string()),
    });
    lines.extend(root_notices(prepared));
    lines.push(line(
        "ledger",
        &match (known, plan.ledger.ceremonies) {
            (false, _) => "not given".to_owned(),
            (true, 0) => "empty".to_owned(),
            (true, count) => format!("{count} sealed before, head below"),
        },
    ));
    if plan.ledger.head != Digest::ZERO {
        lines.push(line("ledger head", &plan.ledger.head.to_string()));
    }
    for waiver in &plan.waivers {
        let words = format!(
            "{} in step {}, by {}: {}",
            waiver.check,
            waiver.step,
            waiver.by,
            escape(&waiver.reason)
        );
        lines.extend(wrapped(&line("waives", ""), &words));
    }
    for person in &plan.people {
        let signs = if person.key.is_some() {
            ", signs the seal"
        } else {
            ""
        };
        lines.push(line(
            "person",
            &format!("{} ({}{signs})", person.id, person.role),
        ));
    }
    lines
}

fn products(prepared: &Prepared, step: &Step, today: Option<UtcTime>) -> Vec<String> {
    let mut lines = Vec::new();
    match &step.kind {
        StepKind::GenerateRootKey => {
            lines.push(
                "IRREVERSIBLE: the key never leaves the token. You will type the token's"
                    .to_owned(),
            );
            lines.push("label.".to_owned());
            return lines;
        }
        StepKind::IssueRoot(product) => lines.extend(certificate(product, &prepared.plan, today)),
        StepKind::IssueIntermediates(list) => {
            for one in list {
                lines.push(String::new());
                lines.push(line("mount", &escape(&one.mount)));
                lines.push(line("request", &escape(&one.request)));
                lines.push(line("profile", &escape(&one.profile.name)));
                lines.extend(certificate(&one.product, &prepared.plan, today));
                lines.extend(findings(prepared, one));
            }
        }
        StepKind::IssueCrl(crl) => {
            let body = CrlTbs(crl.product.template.0.clone());
            let words = validity(crl.product.validity, &prepared.plan, today);
            lines.extend(show::crl(&body, Stage::Template, &words).unwrap_or_default());
        }
    }
    lines.push(String::new());
    if prepared.plan.policy == Policy::Webtrust {
        for product in step.kind.products() {
            let what = format!("{}'s template", escape(&product.name));
            lines.extend(digest(&what, product.template.digest()));
        }
    } else if let Some(approval) = step.approval_digest() {
        let many = step.kind.products().len() > 1;
        let what = if many {
            format!("Step {} (all its templates)", step.id)
        } else {
            format!("Step {} (its template)", step.id)
        };
        lines.extend(digest(&what, approval));
    }
    lines
}

fn certificate(product: &Product, plan: &Plan, today: Option<UtcTime>) -> Vec<String> {
    let body = CertificateTbs(product.template.0.clone());
    let words = validity(product.validity, plan, today);
    let mut lines = show::certificate(&body, Stage::Template, &words).unwrap_or_default();
    lines.push(line("template", &product.template.digest().to_string()));
    lines
}

/// In dates: what it would be if the ceremony were today.
fn validity(validity: Validity, plan: &Plan, today: Option<UtcTime>) -> String {
    match (validity, &plan.root) {
        (Validity::For(span), _) => match today {
            Some(today) => {
                let end = template::last_second(today, span);
                format!("{span}; issued today: {} to {}", today.date(), end.date())
            }
            None => span.to_string(),
        },
        (Validity::UntilIssuer, RootPlan::Existing(root)) => {
            format!("{}: {}", validity.words(), root.fields.not_after.readable())
        }
        (Validity::UntilIssuer, RootPlan::New(_)) => validity.words(),
    }
}

/// What people should know of an existing root; what is as it must be is not told.
fn root_notices(prepared: &Prepared) -> Vec<String> {
    let requests: Vec<&str> = prepared
        .plan
        .intermediates()
        .map(|one| one.request.as_str())
        .collect();
    prepared
        .findings
        .iter()
        .filter(|(path, _)| !requests.contains(&path.as_str()))
        .flat_map(|(_, found)| found)
        .filter(|finding| finding.outcome == Outcome::Notice)
        .flat_map(finding)
        .collect()
}

fn findings(prepared: &Prepared, one: &IntermediatePlan) -> Vec<String> {
    let Some((_, found)) = prepared
        .findings
        .iter()
        .find(|(path, _)| *path == one.request)
    else {
        return Vec::new();
    };
    let mut lines = vec!["Checks:".to_owned()];
    lines.extend(found.iter().flat_map(finding));
    lines
}

/// One finding, `  pass    REQ-POP  words`.
pub fn finding(finding: &Finding) -> Vec<String> {
    let word = match finding.outcome {
        Outcome::Pass => "pass",
        Outcome::Notice => "NOTICE",
        Outcome::Waived => "WAIVED",
        Outcome::Fail => "FAIL",
    };
    let first = format!("  {word:<6}  {}  ", finding.id.public());
    if finding.words.contains(' ') {
        wrapped(&first, &finding.words)
    } else {
        vec![format!("{first}{}", finding.words)]
    }
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
pub fn page(prepared: &Prepared, known: bool, today: Option<UtcTime>) -> String {
    let body = html(&text(prepared, known, today));
    let title = html(&escape(&prepared.plan.title));
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
