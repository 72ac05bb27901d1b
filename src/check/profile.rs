//! Checks of a profile: what is allowed and known to break clients is told or refused here, in
//! the words of what happens.

use super::plan::{DAY, by_policy, nested_usages};
use super::{CheckId, Findings, linkerd};
use crate::plan::profile::{ANY_EXTENDED_KEY_USAGE, CLIENT_AUTH, Profile, SERVER_AUTH};
use crate::plan::{Policy, RootPlan, Validity, template};
use crate::x509::name_constraints::{Subtree, words};
use crate::x509::oid;
use crate::x509::template::Dates;

/// Checks a profile for use under a root.
pub(super) fn profile(profile: &Profile, root: &RootPlan, policy: Policy) -> Findings {
    let mut findings = Findings::default();
    let length = profile.path_length.map_or_else(
        || "none: CAs may stand below it without end".to_owned(),
        |length| length.to_string(),
    );
    told(
        &mut findings,
        CheckId::ProfilePathLength,
        profile.path_length.is_some(),
        length,
    );
    validity(&mut findings, profile, root);
    extended_key_usage(&mut findings, &profile.extended_key_usage, policy);
    nested_usages(&mut findings, &profile.extended_key_usage, root);
    constraints(&mut findings, profile);
    let policies = profile.policies.len();
    let needed = policies > 0 || policy == Policy::Private;
    let words = match policies {
        0 => "none".to_owned(),
        1 => "one policy".to_owned(),
        many => format!("{many} policies"),
    };
    findings.require(CheckId::ProfilePolicies, needed, words);
    let url = profile.crl_url.as_deref();
    by_policy(
        &mut findings,
        CheckId::ProfileCrlUrl,
        url.is_some(),
        policy,
        url.unwrap_or("none: clients cannot learn where a revocation would be told"),
    );
    if linkerd::is_for(profile) {
        linkerd::profile(&mut findings, profile, root, policy);
    }
    findings
}

/// What does not hold is told, whatever the policy.
fn told(findings: &mut Findings, id: CheckId, holds: bool, words: impl Into<String>) {
    by_policy(findings, id, holds, Policy::Private, words);
}

/// The dates of a certificate of this profile: of one that ends with its root, the longest.
pub(super) fn dates(profile: &Profile, root: &RootPlan) -> Dates {
    match (profile.validity, root) {
        (Validity::For(_) | Validity::NoEnd | Validity::Dateless, _) => {
            template::dates(profile.validity, root)
        }
        (Validity::UntilIssuer, RootPlan::New(new)) => {
            template::dates(Validity::For(new.validity), root)
        }
        (Validity::UntilIssuer, RootPlan::Existing(root)) => Dates {
            start: root.fields.not_before,
            end: root.fields.not_after,
        },
    }
}

fn validity(findings: &mut Findings, profile: &Profile, root: &RootPlan) {
    let dates = dates(profile, root);
    let seconds = dates.end.unix() - dates.start.unix() + 1;
    // Eight calendar years with both their leap days.
    told(
        findings,
        CheckId::ProfileValidity,
        seconds <= 2922 * DAY,
        profile.validity.words(),
    );
}

fn extended_key_usage(findings: &mut Findings, own: &[String], policy: Policy) {
    let has = |oid: &str| own.iter().any(|one| one == oid);
    let any = has(ANY_EXTENDED_KEY_USAGE);
    findings.require(
        CheckId::ProfileExtendedUsageAny,
        !any,
        if any {
            "anyExtendedKeyUsage: OpenSSL, rustls-webpki and NSS refuse servers and clients below"
        } else {
            "no anyExtendedKeyUsage"
        },
    );
    let words = match (own.is_empty(), has(SERVER_AUTH), has(CLIENT_AUTH)) {
        _ if any => "anyExtendedKeyUsage".to_owned(),
        (true, ..) => "none: certificates for everything may stand below it".to_owned(),
        (_, false, _) => "no serverAuth: Go refuses server certificates below it".to_owned(),
        (_, _, false) => "no clientAuth: Go refuses client certificates below it".to_owned(),
        _ => "serverAuth and clientAuth".to_owned(),
    };
    let other: Vec<&str> = own
        .iter()
        .filter(|one| ![SERVER_AUTH, CLIENT_AUTH, ANY_EXTENDED_KEY_USAGE].contains(&one.as_str()))
        .map(|one| oid::name(one))
        .collect();
    let words = if other.is_empty() {
        words
    } else {
        format!("{words}; also for {}", other.join(", "))
    };
    match policy {
        // BR 7.1.2.10.6: serverAuth, beside it at most clientAuth.
        Policy::Webtrust => {
            let fits = has(SERVER_AUTH) && other.is_empty();
            findings.require(CheckId::ProfileExtendedUsage, fits, words);
        }
        Policy::Private => {
            let both = has(SERVER_AUTH) && has(CLIENT_AUTH) && other.is_empty() && !any;
            told(findings, CheckId::ProfileExtendedUsage, both, words);
        }
    }
}

fn constraints(findings: &mut Findings, profile: &Profile) {
    let constraints = &profile.constraints;
    let dotted: Vec<String> = constraints
        .subtrees()
        .filter(|one| matches!(one, Subtree::Dns(text) if text.starts_with('.')))
        .map(Subtree::to_string)
        .collect();
    findings.require(
        CheckId::ProfileConstraintsForm,
        dotted.is_empty(),
        if dotted.is_empty() {
            "no DNS name with a leading dot".to_owned()
        } else {
            format!(
                "{}: pyca refuses it; without the dot it covers all below too",
                dotted.join(", ")
            )
        },
    );
    let emptied: Vec<String> = constraints
        .permitted
        .iter()
        .filter(|one| constraints.excluded.iter().any(|other| other.covers(one)))
        .map(Subtree::to_string)
        .collect();
    let words = if !emptied.is_empty() {
        format!("permitted and excluded at once: {}", emptied.join(", "))
    } else if profile.leaves_ip_free() {
        "DNS names are constrained, IP addresses are free: exclude 0.0.0.0/0 and ::/0".to_owned()
    } else if profile.excludes_ip_by_itself() {
        format!(
            "all IP addresses excluded by itself, beside {}",
            words(&constraints.permitted)
        )
    } else if constraints.is_empty() {
        "none: any name may stand below it".to_owned()
    } else {
        format!("{} names", constraints.subtrees().count())
    };
    let holds = emptied.is_empty() && !profile.leaves_ip_free() && !profile.excludes_ip_by_itself();
    told(findings, CheckId::ProfileConstraints, holds, words);
}
