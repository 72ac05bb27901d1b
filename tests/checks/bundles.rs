//! Bundles for `set-signed`, each with one thing about it.

use anchorite::check::CheckId as Id;
use anchorite::check::bundle::{BundleContext, bundle};
use anchorite::check::consumer::Consumer;
use anchorite::check::{Finding, Outcome};
use anchorite::plan::profile::{ANY_EXTENDED_KEY_USAGE, CLIENT_AUTH, SERVER_AUTH};
use anchorite::x509::extension_encode as encode_extension;
use anchorite::x509::key_usage::KeyUsage;
use anchorite::x509::pem;
use anchorite::x509::public_key::{RootKey, SignatureAlgorithm};
use anchorite::x509::request::Request;

use crate::made::{Draft, Signer, key_usage, time};
use crate::requests::{ECDSA_SHA1, Parts};
use crate::{Case, findings};

const FAIL: Outcome = Outcome::Fail;
const PASS: Outcome = Outcome::Pass;

pub fn cases() -> Vec<Case> {
    let (root, own, other) = (Signer::p256(), Signer::p256(), Signer::p256());
    let draft = Draft::root(&root);
    let real = draft.certificate(&root);
    let stranger = Draft::root(&other).certificate(&other);
    let root_pem = pem::encode("CERTIFICATE", &real.der);
    let below = Draft::below(&root, &own);
    let child = pem::encode("CERTIFICATE", &below.sign(&root));
    // The right names, another key's signature: set-signed takes it.
    let forged = pem::encode("CERTIFICATE", &below.sign(&other));
    let mut broken = below.sign(&root);
    if let Some(last) = broken.last_mut() {
        *last ^= 1;
    }
    let broken = pem::encode("CERTIFICATE", &broken);
    let key = pem::encode("PRIVATE KEY", &[0x30, 0]);
    let request = pem::encode("CERTIFICATE REQUEST", &real.der);
    let judge = |text: &str, root| -> Vec<Finding> {
        let context = BundleContext {
            root,
            ..BundleContext::alone("bundle.pem")
        };
        findings(bundle(text.as_bytes(), &context))
    };
    let good = format!("{child}{root_pem}");
    let alone = |id, wanted, name, text: String| Case::new(id, wanted, name, judge(&text, None));
    let mut cases: Vec<Case> = [
        Id::BundleContainer,
        Id::BundleOrder,
        Id::BundleLink,
        Id::BundleRoot,
    ]
    .into_iter()
    .map(|id| Case::new(id, PASS, "a good pair", judge(&good, Some(&real))))
    .collect();
    let words = format!("child\n{child}root\n{root_pem}\n");
    cases.extend([
        alone(Id::BundleContainer, PASS, "words between", words),
        alone(Id::BundleContainer, FAIL, "nothing", String::new()),
        alone(Id::BundleContainer, FAIL, "after", format!("{good}# end\n")),
        alone(Id::BundleContainer, FAIL, "a key", format!("{good}{key}")),
        alone(
            Id::BundleContainer,
            FAIL,
            "a request",
            format!("{request}{good}"),
        ),
        alone(Id::BundleContainer, FAIL, "twice", format!("{child}{good}")),
        alone(Id::BundleContainer, FAIL, "64 KiB", "a".repeat(65_537)),
        alone(
            Id::BundleOrder,
            FAIL,
            "root first",
            format!("{root_pem}{child}"),
        ),
        alone(Id::BundleOrder, FAIL, "a root alone", root_pem.clone()),
        alone(
            Id::BundleOrder,
            FAIL,
            "two roots of one name",
            format!("{good}{}", pem::encode("CERTIFICATE", &stranger.der)),
        ),
        alone(
            Id::BundleLink,
            FAIL,
            "another key",
            format!("{forged}{root_pem}"),
        ),
        alone(
            Id::BundleLink,
            FAIL,
            "damaged",
            format!("{broken}{root_pem}"),
        ),
        alone(Id::BundleRoot, FAIL, "no root", child.clone()),
        alone(Id::BundleRoot, PASS, "any root", good.clone()),
        Case::new(
            Id::BundleRoot,
            FAIL,
            "another root than the given one",
            judge(&good, Some(&stranger)),
        ),
    ]);
    cases.extend(dates());
    cases.extend(requests());
    cases.extend(vault());
    cases.extend(linkerd());
    cases.extend(others());
    cases
}

const NOTICE: Outcome = Outcome::Notice;

/// A root and what stands below it, each to be changed before it is signed.
struct Pair {
    root: Signer,
    own: Signer,
    above: Draft,
    below: Draft,
}

impl Pair {
    fn of(root: Signer, own: Signer) -> Self {
        Self {
            above: Draft::root(&root),
            below: Draft::below(&root, &own),
            root,
            own,
        }
    }

    fn good() -> Self {
        Self::of(Signer::p256(), Signer::p256())
    }

    fn with(change: impl FnOnce(&mut Self)) -> Self {
        let mut pair = Self::good();
        change(&mut pair);
        pair
    }

    fn judge(&self, context: &BundleContext<'_>) -> Vec<Finding> {
        let below = pem::encode("CERTIFICATE", &self.below.sign(&self.root));
        let above = pem::encode("CERTIFICATE", &self.above.sign(&self.root));
        findings(bundle(format!("{below}{above}").as_bytes(), context))
    }

    /// For one consumer, on a day within all dates.
    fn judge_for(&self, consumer: Consumer) -> Vec<Finding> {
        self.judge(&BundleContext {
            consumers: &[consumer],
            now: Some(time("2026-11-27T12:00:00Z")),
            ..BundleContext::alone("bundle.pem")
        })
    }
}

fn dates() -> Vec<Case> {
    let pair = Pair::good();
    let id = Id::BundleDates;
    [
        (FAIL, "a second before it begins", "2019-12-31T23:59:59Z"),
        (PASS, "its first second", "2020-01-01T00:00:00Z"),
        (PASS, "its last second", "2060-01-01T00:00:00Z"),
        (FAIL, "a second after it ended", "2060-01-01T00:00:01Z"),
    ]
    .map(|(wanted, name, now)| {
        let now = Some(time(now));
        let context = BundleContext {
            now,
            ..BundleContext::alone("bundle.pem")
        };
        Case::new(id, wanted, name, pair.judge(&context))
    })
    .into()
}

fn requests() -> Vec<Case> {
    let id = Id::BundleRequest;
    let parts = Parts::good();
    let read = |parts: &Parts| Request::from_bytes(&parts.der()).unwrap();
    let (ours, stranger) = (read(&parts), read(&Parts::good()));
    let own = Signer {
        pair: parts.pair,
        algorithm: SignatureAlgorithm::EcdsaSha256,
    };
    let mut pair = Pair::of(Signer::p256(), own);
    pair.below.subject = ours.subject.as_der().to_vec();
    let judge = |pair: &Pair, request| {
        pair.judge(&BundleContext {
            request: Some(request),
            ..BundleContext::alone("bundle.pem")
        })
    };
    let mut cases = vec![
        Case::new(id, PASS, "its request", judge(&pair, &ours)),
        Case::new(id, FAIL, "another mount's request", judge(&pair, &stranger)),
    ];
    pair.below.subject = crate::made::name("Issuing CA 2");
    let findings = judge(&pair, &ours);
    cases.push(Case::new(id, NOTICE, "another subject", findings));
    cases
}

fn vault() -> Vec<Case> {
    let without_crl_sign = || key_usage(&[KeyUsage::KeyCertSign]);
    let case = |wanted, name, pair: Pair| {
        let findings = pair.judge(&BundleContext::alone("bundle.pem"));
        Case::new(Id::BundleVault, wanted, name, findings)
    };
    vec![
        case(PASS, "a good pair", Pair::good()),
        case(
            FAIL,
            "its own certificate cannot sign CRLs",
            Pair::with(|pair| pair.below.replace(15, without_crl_sign())),
        ),
        case(
            PASS,
            "the root cannot sign CRLs, which it does not do in Vault",
            Pair::with(|pair| pair.above.replace(15, without_crl_sign())),
        ),
        case(
            NOTICE,
            "name constraints",
            Pair::with(|pair| {
                let constraint = [0x30, 7, 0xa0, 5, 0x30, 3, 0x82, 1, b'a'];
                let extension = crate::made::standard(30, true, &constraint);
                pair.below.replace(30, extension);
            }),
        ),
        case(FAIL, "SHA-1", Pair::with(sign_with_sha1)),
    ]
}

fn sign_with_sha1(pair: &mut Pair) {
    pair.below.algorithm = ECDSA_SHA1.to_vec();
    pair.below.outer = ECDSA_SHA1.to_vec();
}

fn length(octets: Option<u8>) -> Vec<u8> {
    encode_extension::basic_constraints(octets).unwrap()
}

fn usages(oids: &[&str]) -> Vec<u8> {
    let oids: Vec<String> = oids.iter().map(|&oid| oid.to_owned()).collect();
    encode_extension::extended_key_usage(&oids).unwrap()
}

fn linkerd() -> Vec<Case> {
    let case = |wanted, name, pair: Pair| {
        let findings = pair.judge_for(Consumer::Linkerd);
        Case::new(Id::BundleLinkerd, wanted, name, findings)
    };
    let lengths = |above, below| {
        Pair::with(|pair| {
            pair.above.replace(19, length(above));
            pair.below.replace(19, length(below));
        })
    };
    let signer = Signer::new;
    let algorithm = SignatureAlgorithm::RsaSha256;
    let ends = |end: &str| {
        let start = time("2020-01-01T00:00:00Z").to_der();
        let end = time(end).to_der();
        Pair::with(|pair| pair.below.dates(&start, &end))
    };
    vec![
        case(PASS, "no bound", lengths(None, None)),
        case(PASS, "room for one", lengths(None, Some(1))),
        case(FAIL, "no room", lengths(None, Some(0))),
        case(PASS, "two below the root", lengths(Some(2), Some(1))),
        case(FAIL, "one below the root", lengths(Some(1), None)),
        case(
            FAIL,
            "a P-384 anchor",
            Pair::of(
                signer(RootKey::P384, SignatureAlgorithm::EcdsaSha384),
                Signer::p256(),
            ),
        ),
        case(
            FAIL,
            "a P-384 mount",
            Pair::of(
                Signer::p256(),
                signer(RootKey::P384, SignatureAlgorithm::EcdsaSha384),
            ),
        ),
        case(
            PASS,
            "an RSA 4096 anchor",
            Pair::of(signer(RootKey::Rsa4096, algorithm), Signer::p256()),
        ),
        case(
            FAIL,
            "an RSA 4096 anchor signed with SHA-512",
            Pair::of(
                signer(RootKey::Rsa4096, SignatureAlgorithm::RsaSha512),
                Signer::p256(),
            ),
        ),
        case(
            FAIL,
            "an RSA 3072 anchor",
            Pair::of(signer(RootKey::Rsa3072, algorithm), Signer::p256()),
        ),
        case(
            PASS,
            "servers and clients",
            Pair::with(|pair| pair.below.replace(37, usages(&[SERVER_AUTH, CLIENT_AUTH]))),
        ),
        case(
            FAIL,
            "servers alone",
            Pair::with(|pair| pair.below.replace(37, usages(&[SERVER_AUTH]))),
        ),
        case(
            FAIL,
            "any purpose, which its proxies do not know",
            Pair::with(|pair| pair.below.replace(37, usages(&[ANY_EXTENDED_KEY_USAGE]))),
        ),
        case(PASS, "60 days", ends("2027-01-26T12:00:00Z")),
        case(NOTICE, "a second less", ends("2027-01-26T11:59:59Z")),
    ]
}

fn others() -> Vec<Case> {
    let case = |id, consumer, wanted, name, pair: &Pair| {
        Case::new(id, wanted, name, pair.judge_for(consumer))
    };
    let good = Pair::good();
    let sha1 = Pair::with(sign_with_sha1);
    let any = Pair::with(|pair| pair.below.replace(37, usages(&[ANY_EXTENDED_KEY_USAGE])));
    let clients = Pair::with(|pair| pair.below.replace(37, usages(&[CLIENT_AUTH])));
    let (etcd, go) = (Consumer::Etcd, Consumer::Go);
    let mut cases = vec![
        case(Id::BundleEtcd, etcd, PASS, "a good pair", &good),
        case(Id::BundleEtcd, etcd, PASS, "any purpose", &any),
        case(Id::BundleEtcd, etcd, FAIL, "clients alone", &clients),
        case(Id::BundleGo, go, PASS, "clients alone", &clients),
        case(Id::BundleGo, go, FAIL, "SHA-1", &sha1),
    ];
    let (child, root) = (good.below.sign(&good.root), good.above.sign(&good.root));
    let second = Draft::below(&good.root, &good.own).sign(&good.root);
    for (wanted, name, ders) in [
        (PASS, "up to the root", vec![&child, &root]),
        (FAIL, "no root: ca.crt is the intermediate", vec![&child]),
        (FAIL, "two over one key", vec![&child, &second, &root]),
    ] {
        let text: String = ders
            .into_iter()
            .map(|der| pem::encode("CERTIFICATE", der))
            .collect();
        let context = BundleContext {
            consumers: &[Consumer::CertManager],
            ..BundleContext::alone("bundle.pem")
        };
        let findings = findings(bundle(text.as_bytes(), &context));
        cases.push(Case::new(Id::BundleCertManager, wanted, name, findings));
    }
    cases
}
