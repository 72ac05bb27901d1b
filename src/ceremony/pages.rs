//! What the screen shows, rendered from the bytes that will be signed. 80 columns, no colour,
//! every foreign text escaped.

use super::destruction::AnnouncedKey;
use super::job::Job;
use crate::ledger::kinds::KeySource;
use crate::plan::adopt::AdoptPlan;
use crate::plan::{Product, Step};
use crate::ports::{PinTries, TokenIdentity, TokenKey};
use crate::x509::escape::escape;
use crate::x509::facts::{CertificateFacts, CrlFacts, RequestFacts, RevokedFact};
use crate::x509::public_key::{PublicKey, RootKey, SignatureAlgorithm};
use crate::x509::raw::RawCrl;
use crate::x509::request::RequestError;
use crate::x509::show::{self, joined, line, wrapped};
use crate::x509::tbs::{CertificateTbs, CertificationRequestInfo, CrlTbs};
use crate::x509::tlv::DerError;

/// The most lines of an adoption on the screen; the plan has them all.
const SHOWN: usize = 40;

const RULE: &str =
    "--------------------------------------------------------------------------------";

/// The token, before its PIN is asked for.
pub fn token(identity: &TokenIdentity, tries: PinTries, job: &Job) -> String {
    let plan = &job.prepared.plan;
    let mut page = vec![
        RULE.to_owned(),
        if job.rehearsal {
            format!("REHEARSAL of {}", escape(&plan.title))
        } else {
            escape(&plan.title)
        },
        RULE.to_owned(),
        line("ceremony", &plan.id),
        line("token", &escape(&identity.label)),
        model(identity),
        line("serial", &escape(&identity.serial)),
        line("firmware", &escape(&identity.firmware)),
        line("assurance", identity.assurance.word()),
        line("module", &escape(&identity.module)),
        line("module sha-256", &identity.module_sha256.to_string()),
    ];
    match tries {
        PinTries::Full => {}
        PinTries::Low => page.push(
            "The token says that a wrong PIN was given before: few tries are left.".to_owned(),
        ),
        PinTries::Final => page.push(
            "The token says that ONE try is left. A wrong PIN now locks it for good.".to_owned(),
        ),
        PinTries::Locked => page.push("The token says that its PIN is locked.".to_owned()),
    }
    joined(&page)
}

/// What was observed of the laptop: told, recorded, never called proof.
pub fn environment(findings: &[String]) -> String {
    if findings.is_empty() {
        return "The laptop: nothing was observed that a witness should know.\n".to_owned();
    }
    let mut page = vec!["The laptop, as observed (recorded, not proof):".to_owned()];
    for finding in findings {
        page.extend(wrapped("  - ", finding));
    }
    joined(&page)
}

/// What is about to happen, before the first approval.
pub fn start(job: &Job, issued: usize) -> String {
    let plan = &job.prepared.plan;
    let mut page = vec![format!("{} steps:", plan.steps.len())];
    for (at, step) in plan.steps.iter().enumerate() {
        page.extend(wrapped(&format!("  {}. ", at + 1), &escape(&step.title)));
    }
    if issued > 0 {
        page.push(format!(
            "{issued} of the certificates and CRLs are issued already; they are not signed again."
        ));
    }
    joined(&page)
}

/// A step's head.
pub fn step(number: usize, of: usize, step: &Step) -> String {
    let mut page = vec![
        RULE.to_owned(),
        format!("Step {number} of {of}: {}", escape(&step.title)),
        RULE.to_owned(),
    ];
    if let Some(text) = &step.read_aloud {
        page.push("Read aloud:".to_owned());
        page.extend(wrapped("  ", &escape(text)));
    }
    joined(&page)
}

/// Before the root key is generated.
pub fn generate(kind: RootKey, token: &TokenIdentity) -> String {
    joined(&[
        line("key", kind.word()),
        line(
            "in token",
            &format!(
                "{} (serial {})",
                escape(&token.label),
                escape(&token.serial)
            ),
        ),
        "IRREVERSIBLE: the key is made in the token, never leaves it, and signs only.".to_owned(),
    ])
}

/// The root key, read back.
pub fn key_ready(how: KeySource, key: &TokenKey) -> String {
    let mut page = vec![
        format!("The root key was {how}:"),
        line("key", &key.public_key.kind().to_string()),
        line("SPKI sha-256", &key.public_key.digest().to_string()),
    ];
    let mut told: Vec<String> = Vec::new();
    for (name, value) in &key.attributes {
        if matches!(value.as_str(), "true" | "false" | "sensitive") {
            told.push(format!("{}={value}", name.trim_start_matches("CKA_")));
        }
    }
    page.extend(wrapped("  ", &told.join(" ")));
    joined(&page)
}

/// What is taken over with a root, before it is approved.
pub fn adoption(plan: &AdoptPlan) -> String {
    let mut page = vec!["To be written down as adopted, not as witnessed:".to_owned()];
    let statement = plan.statement();
    let more = statement.len().saturating_sub(SHOWN);
    for line in statement.iter().take(SHOWN) {
        page.extend(wrapped("  ", line));
    }
    if more > 0 {
        page.push(format!("  and {more} lines more, as the plan has them"));
    }
    page.push(
        "The token will sign a random number to prove that it holds the root's key.".to_owned(),
    );
    joined(&page)
}

/// After it.
pub fn adopted(plan: &AdoptPlan, proof: &str) -> String {
    // The root itself is one of them.
    let count = plan.adoption.certificates.len() - 1;
    let mut page = vec![
        "The token proved that it holds the root's key:".to_owned(),
        format!("  {proof}"),
        format!("Adopted: the root, and {count} certificates that it issued before."),
    ];
    if let Some(crl) = &plan.adoption.crl {
        let unlisted = plan.adoption.unlisted.len();
        page.push(format!(
            "Adopted: CRL number {}, which lists {}; the next one lists {unlisted} more.",
            crl.number, crl.listed
        ));
    }
    joined(&page)
}

/// A certificate, from the very bytes.
pub fn certificate(
    (at, of): (usize, usize),
    product: &Product,
    body: &CertificateTbs,
    dropped: &[String],
    again: bool,
) -> Result<String, DerError> {
    let count = if of > 1 {
        format!(" ({at} of {of})")
    } else {
        String::new()
    };
    let mut page = vec![format!(
        "To be signed{count}: certificate {}",
        escape(&product.name)
    )];
    page.extend(show::certificate(&CertificateFacts::of(body)?));
    page.extend(again.then(repeated));
    if !dropped.is_empty() {
        page.push("The request also asked for this, and will not get it:".to_owned());
        for words in dropped {
            page.extend(wrapped("  - ", words));
        }
    }
    Ok(joined(&page))
}

/// A CRL, from the very bytes.
pub fn crl(product: &Product, body: &CrlTbs, again: bool) -> Result<String, DerError> {
    let mut page = vec![format!("To be signed: CRL {}", escape(&product.name))];
    let facts = CrlFacts::of(body)?;
    page.extend(show::crl(&facts));
    let raw = RawCrl::from_tbs(&body.0)?;
    let new = raw.entries().filter(|entry| {
        let entry = entry.as_ref();
        entry.is_ok_and(|one| one.date.raw == raw.this_update.raw)
    });
    let new: Vec<RevokedFact> = new.map(RevokedFact::of).collect();
    page.extend(show::listed(&new, facts.revoked_count));
    page.extend(again.then(repeated));
    Ok(joined(&page))
}

/// A request for the root's own key, from the very bytes.
pub fn request(
    product: &Product,
    body: &CertificationRequestInfo,
    algorithm: SignatureAlgorithm,
    again: bool,
) -> Result<String, RequestError> {
    let mut page = vec![format!(
        "To be signed: request {}, with which another CA can certify the root's own key",
        escape(&product.name)
    )];
    page.extend(show::own_request(&RequestFacts::of_info(
        body, None, algorithm,
    )?));
    page.extend(again.then(repeated));
    Ok(joined(&page))
}

/// Told of every body that is not new.
fn repeated() -> String {
    "This repeats an intent from before the interruption: the same bytes.".to_owned()
}

/// Before a signature.
pub fn irreversible(count: usize) -> String {
    let what = if count == 1 {
        "a signature".to_owned()
    } else {
        format!("{count} signatures")
    };
    format!("IRREVERSIBLE: {what} of the root key cannot be taken back.\n")
}

/// After it.
pub fn issued(product: &str, what: &str) -> String {
    format!("Issued {}: {what}\n", escape(product))
}

/// What `destroy-key` announces, before the seal.
pub fn announced(label: &str, public: &PublicKey, copies: &[String]) -> String {
    let mut page = vec![
        "The root key will be destroyed AFTER this ceremony is sealed:".to_owned(),
        line("label", &escape(label)),
        line("SPKI sha-256", &public.digest().to_string()),
    ];
    page.extend(wrapped(
        "",
        "Until then nothing is lost: it is asked for twice more, and stopping keeps the key.",
    ));
    page.extend(listed(copies));
    joined(&page)
}

/// Before the two questions.
pub fn destroy(key: &AnnouncedKey) -> String {
    let mut page = vec![
        RULE.to_owned(),
        "The ceremony is sealed. THE ROOT KEY IS DESTROYED NOW.".to_owned(),
        RULE.to_owned(),
        line("label", &escape(&key.label)),
        line("id", &key.id),
        line("SPKI sha-256", &key.spki_sha256.to_string()),
    ];
    page.extend(wrapped(
        "",
        "This cannot be undone: nothing can be issued or revoked under this root ever again. Ctrl-C keeps the key.",
    ));
    page.extend(listed(&key.copies));
    joined(&page)
}

/// Copies that are not destroyed with the key.
fn listed(copies: &[String]) -> Vec<String> {
    if copies.is_empty() {
        let words = "The ledger knows of no copy of this key. What it does not know may exist.";
        return wrapped("", words);
    }
    let mut lines = wrapped(
        "",
        "COPIES of this key were confirmed; each still exists, unless somebody destroyed it, and must be destroyed by its vendor's tools:",
    );
    lines.extend(copies.iter().flat_map(|copy| wrapped("  - ", copy)));
    lines
}

/// After it.
pub fn destroyed(key: &AnnouncedKey) -> String {
    let mut page = vec!["The root key is gone: the token shows it no more.".to_owned()];
    if !key.copies.is_empty() {
        page.extend(listed(&key.copies));
    }
    joined(&page)
}

/// A destruction that was interrupted goes on.
pub fn destruction_goes_on(folder: &str, identity: &TokenIdentity) -> String {
    joined(&[
        RULE.to_owned(),
        format!("{folder} is sealed and announces that the root key is destroyed."),
        RULE.to_owned(),
        line("token", &escape(&identity.label)),
        line("serial", &escape(&identity.serial)),
    ])
}

fn model(identity: &TokenIdentity) -> String {
    let maker = escape(&identity.manufacturer);
    line("model", &format!("{maker} {}", escape(&identity.model)))
}

/// The token that holds a copy, before its PIN is asked for.
pub fn second_token(identity: &TokenIdentity) -> String {
    joined(&[
        "The token that holds the copy:".to_owned(),
        line("token", &escape(&identity.label)),
        model(identity),
        line("serial", &escape(&identity.serial)),
        line("assurance", identity.assurance.word()),
        line("module", &escape(&identity.module)),
        line("module sha-256", &identity.module_sha256.to_string()),
    ])
}

/// The copy has proved itself.
pub fn copy_confirmed(key: &TokenKey) -> String {
    joined(&[
        "This token holds the root key too: it signed a random number with it.".to_owned(),
        line("label", &escape(&key.label)),
        line("SPKI sha-256", &key.public_key.digest().to_string()),
    ])
}
