//! Checks of a CRL body: on the very bytes that will be signed.

use x509_cert::certificate::Rfc5280;
use x509_cert::crl::TbsCertList as TbsWritten;
use x509_parser::prelude::FromDer;
use x509_parser::revocation_list::TbsCertList;

use super::{CheckId, Cleared, Finding, Findings, Refusal, body, crl_list};
use crate::ledger::register::Register;
use crate::plan::{CrlPlan, Validity};
use crate::x509::certificate::Issuer;
use crate::x509::crl::CrlFields;
use crate::x509::public_key::SignatureAlgorithm;
use crate::x509::raw::RawCrl;
use crate::x509::tbs::CrlTbs;
use crate::x509::template::{Dates, Template, of_crl};
use crate::x509::time::UtcTime;

/// What a CRL body is checked against.
pub struct CrlContext<'a> {
    /// What was planned.
    pub plan: &'a CrlPlan,
    /// The root.
    pub issuer: &'a Issuer,
    /// The algorithm the root signs with.
    pub algorithm: SignatureAlgorithm,
    /// The time: now, or that of the intent where one is repeated.
    pub now: UtcTime,
    /// Everything issued before this CRL.
    pub register: &'a Register,
}

/// Checks a CRL body.
pub fn crl(
    tbs: CrlTbs,
    context: &CrlContext<'_>,
) -> Result<(Cleared<CrlTbs>, Vec<Finding>), Refusal> {
    let mut findings = Findings::default();
    let product = &context.plan.product;
    let name = &product.name;
    let fields = match CrlFields::from_tbs(&tbs.0) {
        Ok(fields) => fields,
        Err(error) => return Err(findings.refuse(CheckId::TbsDer, error.to_string(), name)),
    };
    body::readers(&mut findings, second_reader_agrees(&tbs.0, &fields));
    let signer = (fields.algorithm.as_slice(), &fields.issuer);
    body::signer(&mut findings, signer, context.algorithm, context.issuer);
    findings.require(
        CheckId::TbsKeyIds,
        fields.authority_key_identifier().as_ref() == Some(&context.issuer.key_identifier),
        "the authority key identifier",
    );
    check_dates(&fields, context, &mut findings);
    let expected = context.register.next_crl_number();
    findings.require(
        CheckId::CrlNumber,
        fields.number() == Some(context.plan.number) && context.plan.number >= expected,
        format!(
            "number {}, the register's next is {expected}",
            context.plan.number
        ),
    );
    crl_list::judge(&tbs.0, context.plan, context.register, &mut findings);
    let planned = &product.template;
    let marked = dates_of(planned).and_then(|dates| of_crl(&tbs, dates, &product.unknown).ok());
    body::template(&mut findings, marked, planned);
    findings.clear(tbs, name)
}

/// Checks once more that a cleared CRL is of this day: people may have taken their time to
/// approve it, and `verify` wants it dated on the day of its intent.
pub fn still_fresh(cleared: &Cleared<CrlTbs>, now: UtcTime, subject: &str) -> Result<(), Refusal> {
    let head = RawCrl::from_tbs(&cleared.get().0).and_then(|raw| CrlFields::head(&raw));
    let start = match head {
        Ok(fields) => fields.this_update,
        Err(error) => {
            return Err(Findings::default().refuse(CheckId::TbsDer, error.to_string(), subject));
        }
    };
    body::still_fresh(CheckId::CrlDates, ("this update", start), now, subject)
}

fn check_dates(fields: &CrlFields, context: &CrlContext<'_>, findings: &mut Findings) {
    let last = context.register.last_crl().map(|crl| crl.this_update);
    let last = last.max(context.plan.after);
    let issuer = context.issuer;
    let validity = context.plan.product.validity;
    let planned = validity.end(fields.this_update, issuer.not_after);
    // The final CRL outlives its root on purpose (RFC 5280 5.1.2.5 has no other way to say so).
    let within = fields.next_update <= issuer.not_after || validity == Validity::NoEnd;
    findings.require(
        CheckId::CrlDates,
        last.is_none_or(|last| fields.this_update > last)
            && body::is_fresh(fields.this_update, context.now)
            && fields.this_update >= issuer.not_before
            && fields.next_update == planned
            && fields.next_update > fields.this_update
            && within,
        last.map_or_else(
            || format!("{} to {}", fields.this_update, fields.next_update),
            |last| {
                format!(
                    "{} to {}; the last CRL is of {last}",
                    fields.this_update, fields.next_update
                )
            },
        ),
    );
}

/// The dates that stand in a CRL's template.
pub fn dates_of(template: &Template) -> Option<Dates> {
    let fields = CrlFields::head(&RawCrl::from_tbs(&template.0).ok()?).ok()?;
    Some(Dates {
        start: fields.this_update,
        end: fields.next_update,
    })
}

/// Of everything but the entries: those are read one at a time.
fn second_reader_agrees(bytes: &[u8], fields: &CrlFields) -> bool {
    let Ok(bytes) = RawCrl::from_tbs(bytes).map(|raw| raw.without_entries()) else {
        return false;
    };
    let Ok((rest, read)) = TbsCertList::from_der(&bytes) else {
        return false;
    };
    let oids = read
        .extensions()
        .iter()
        .map(|extension| extension.oid.to_id_string());
    rest.is_empty()
        && body::is_rewritten::<TbsWritten<Rfc5280>>(&bytes)
        && read.issuer.as_raw() == fields.issuer.as_der()
        && read.this_update.timestamp() == fields.this_update.unix()
        && read
            .next_update
            .is_some_and(|time| time.timestamp() == fields.next_update.unix())
        && oids.eq(fields
            .extensions
            .iter()
            .map(|extension| extension.oid.clone()))
}
