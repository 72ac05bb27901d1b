//! What each consumer makes of a bundle, beside what holds for all of them.

use super::super::certificate::Found;
use super::super::consumer::{Consumer, Place};
use super::super::judged::Judged;
use super::super::plan::DAY;
use super::super::{CheckId, Findings};
use super::{BundleContext, is_followed_by_issuer, readable};
use crate::plan::profile::ANY_EXTENDED_KEY_USAGE;
use crate::x509::extension::ExtensionValue;
use crate::x509::key_usage::KeyUsage;
use crate::x509::oid;
use crate::x509::public_key::{PublicKey, SignatureAlgorithm, algorithm_refusal};
use crate::x509::time::UtcTime;

/// The certificates that can be read, from the first to the root.
struct Chain<'a> {
    members: Vec<Member<'a>>,
    /// Whether each one's issuer stands after it.
    is_one_line: bool,
}

struct Member<'a> {
    /// Its number, from 1.
    number: usize,
    found: Found<'a>,
}

/// What the bundle is to Vault, and to the consumers that a person named.
pub(super) fn judge(ders: &[Vec<u8>], context: &BundleContext<'_>, findings: &mut Findings) {
    let chain = Chain::of(ders);
    if chain.members.is_empty() {
        return;
    }
    for consumer in Consumer::readers(context.consumers) {
        let mut judged = Judged::default();
        chain.algorithms(consumer, &mut judged);
        chain.purposes(consumer, &mut judged);
        chain.tiers(consumer, &mut judged);
        let (id, good) = match consumer {
            Consumer::Vault => (CheckId::BundleVault, chain.vault(&mut judged)),
            Consumer::Linkerd => {
                let good = chain.linkerd(context.now, &mut judged);
                (CheckId::BundleLinkerd, good)
            }
            Consumer::CertManager => (CheckId::BundleCertManager, chain.cert_manager(&mut judged)),
            Consumer::Etcd => (CheckId::BundleEtcd, ETCD.to_owned()),
            Consumer::Go => (CheckId::BundleGo, "every key and signature".to_owned()),
        };
        findings.judged(id, judged, good);
    }
}

const ETCD: &str = "give --trusted-ca-file the intermediate alone: with the root in it, clients of every CA below the root are let in";

impl<'a> Chain<'a> {
    fn of(ders: &'a [Vec<u8>]) -> Self {
        let read = |(at, der): (usize, &'a Vec<u8>)| {
            let found = Found::read(der).ok()?;
            let number = at + 1;
            Some(Member { number, found })
        };
        let pairs = ders.len().saturating_sub(1);
        Self {
            members: ders.iter().enumerate().filter_map(read).collect(),
            is_one_line: (0..pairs).all(|at| is_followed_by_issuer(ders, at)),
        }
    }

    /// What no consumer can read is refused for each of them.
    fn algorithms(&self, consumer: Consumer, judged: &mut Judged) {
        for member in &self.members {
            let found = &member.found;
            let key = match PublicKey::from_spki(found.raw.spki.raw) {
                Err(error) => Some(error.to_string()),
                Ok(key) => consumer.key_refusal(member.place(), key.kind()),
            };
            let signature = match SignatureAlgorithm::from_der(found.parts.algorithm) {
                None => Some(format!(
                    "signed with {}",
                    algorithm_refusal(found.parts.algorithm)
                )),
                Some(algorithm) => consumer.signature_refusal(member.place(), algorithm),
            };
            for words in key.into_iter().chain(signature) {
                judged.fault(member.says(&words));
            }
        }
    }

    /// A certificate with extended key usages bounds those of everything below it.
    fn purposes(&self, consumer: Consumer, judged: &mut Judged) {
        for member in &self.members {
            let Some(own) = member.purposes() else {
                continue;
            };
            let has = |wanted: &str| own.iter().any(|one| one == wanted);
            if consumer.takes_any_purpose() && has(ANY_EXTENDED_KEY_USAGE) {
                continue;
            }
            for wanted in consumer.purposes() {
                let words = format!("its extended key usages lack {}", oid::name(wanted));
                judged.must(has(wanted), member.says(&words));
            }
        }
    }

    fn tiers(&self, consumer: Consumer, judged: &mut Judged) {
        let wanted = consumer.tiers_below();
        judged.must(
            self.room().is_none_or(|room| room >= wanted),
            format!(
                "{}, and {} CA must fit below certificate 1",
                room_words(self.room()),
                wanted
            ),
        );
    }

    /// The tiers of CAs that fit below the first certificate; `None` is no bound. Self-issued
    /// certificates take no room (RFC 5280 4.2.1.9).
    fn room(&self) -> Option<u32> {
        let mut below = 0_u32;
        let mut least: Option<u32> = None;
        for member in &self.members {
            if let Some(length) = member.path_length() {
                let left = length.saturating_sub(below);
                least = Some(least.map_or(left, |least| least.min(left)));
            }
            if !member.found.is_self_issued() {
                below += 1;
            }
        }
        least
    }

    fn vault(&self, judged: &mut Judged) -> String {
        let first = self.members.first();
        if let Some(first) = first.filter(|first| !first.may_sign_crls()) {
            let words = "its key usage lacks cRLSign: the mount makes no CRL";
            judged.fault(first.says(words));
        }
        for member in self.members.iter().filter(|one| one.has_constraints()) {
            let words = "it has name constraints: the mount issues outside of them without a word, and no verifier takes that; bound its roles too";
            judged.odd(member.says(words));
        }
        room_words(self.room())
    }

    fn linkerd(&self, now: Option<UtcTime>, judged: &mut Judged) -> String {
        for member in &self.members {
            let end = UtcTime::from_der(&member.found.raw.not_after);
            if let (Some(now), Ok(end)) = (now, end) {
                let days = (end.unix() - now.unix()) / DAY;
                let words = format!("it ends in {days} days: linkerd check warns");
                judged.should(days >= Consumer::LINKERD_DAYS, member.says(&words));
            }
        }
        "an identity issuer fits below it".to_owned()
    }

    fn cert_manager(&self, judged: &mut Judged) -> String {
        judged.must(
            self.is_one_line,
            "it is no single line of certificates: cert-manager calls such a chain malformed or broken",
        );
        if let Some(last) = self
            .members
            .last()
            .filter(|last| !last.found.is_self_issued())
        {
            let name = readable(last.found.raw.subject.raw);
            judged.fault(format!("ca.crt would be {name}, which is not the root"));
        }
        "ca.crt gets the root, as long as the mount has no manual_chain".to_owned()
    }
}

impl Member<'_> {
    fn says(&self, words: &str) -> String {
        format!("certificate {}: {words}", self.number)
    }

    fn place(&self) -> Place {
        if self.found.is_self_issued() {
            Place::Root
        } else {
            Place::Intermediate
        }
    }

    fn path_length(&self) -> Option<u32> {
        match self.found.value("2.5.29.19") {
            Some(ExtensionValue::BasicConstraints { path_length, .. }) => path_length,
            _ => None,
        }
    }

    fn purposes(&self) -> Option<Vec<String>> {
        match self.found.value("2.5.29.37") {
            Some(ExtensionValue::ExtendedKeyUsage(own)) => Some(own),
            _ => None,
        }
    }

    /// Vault asks for the bit itself: no key usage is none to it.
    fn may_sign_crls(&self) -> bool {
        match self.found.value("2.5.29.15") {
            Some(ExtensionValue::KeyUsage(usages)) => usages.contains(&KeyUsage::CrlSign),
            _ => false,
        }
    }

    fn has_constraints(&self) -> bool {
        self.found.extension("2.5.29.30").is_some()
    }
}

fn room_words(room: Option<u32>) -> String {
    match room {
        None => "no path length: CAs may stand below it without end".to_owned(),
        Some(0) => "path length 0: it issues leaves alone".to_owned(),
        Some(1) => "room for one tier of CAs below it".to_owned(),
        Some(many) => format!("room for {many} tiers of CAs below it"),
    }
}
