//! Who reads the chains that are made here, and what each of them takes. All of them are
//! written in Go and verify with its crypto/x509; Linkerd's proxies verify with rustls-webpki
//! as well. What is said here was measured on the programs themselves.
//!
//! Keys and algorithms that no reader takes at all (brainpool, secp256k1, Ed448, keys typed
//! id-RSASSA-PSS, SHA-1) have neither a [`KeyKind`] nor a [`SignatureAlgorithm`] here.

use crate::plan::profile::{CLIENT_AUTH, SERVER_AUTH};
use crate::x509::public_key::{Curve, KeyKind, SignatureAlgorithm};

/// A program that is given a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Consumer {
    /// HashiCorp Vault or OpenBao: `set-signed`, and what the mount does afterwards.
    Vault,
    /// Linkerd: the root is its trust anchor, the mount signs its identity issuer.
    Linkerd,
    /// cert-manager with a Vault issuer.
    CertManager,
    /// etcd, for its members and clients.
    Etcd,
    /// Anything else that verifies with Go's crypto/x509.
    Go,
}

/// Where a certificate stands in a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// At its end: the trust anchor.
    Root,
    /// Below the root: a mount's own certificate, or one between.
    Intermediate,
}

impl Consumer {
    /// Every consumer.
    pub const ALL: [Self; 5] = [
        Self::Vault,
        Self::Linkerd,
        Self::CertManager,
        Self::Etcd,
        Self::Go,
    ];

    /// Fewer days than this before a certificate ends, and `linkerd check` warns.
    pub const LINKERD_DAYS: i64 = 60;

    /// Its word on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::Vault => "vault",
            Self::Linkerd => "linkerd",
            Self::CertManager => "cert-manager",
            Self::Etcd => "etcd",
            Self::Go => "go",
        }
    }

    /// The consumer of this word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.word() == word)
    }

    /// Who reads a bundle: Vault always, then those that were named, each once.
    pub fn readers(named: &[Self]) -> Vec<Self> {
        let is_one = |one: &Self| *one == Self::Vault || named.contains(one);
        Self::ALL.into_iter().filter(is_one).collect()
    }

    /// Why it refuses a certificate with such a key at this place.
    pub fn key_refusal(self, place: Place, key: KeyKind) -> Option<String> {
        match (self, place) {
            (Self::Linkerd, Place::Root) => linkerd_anchor_key(key),
            (Self::Linkerd, Place::Intermediate) => linkerd_signing_key(key),
            _ => None,
        }
    }

    /// Why it refuses a certificate at this place that is signed so.
    pub fn signature_refusal(self, place: Place, algorithm: SignatureAlgorithm) -> Option<String> {
        match (self, place) {
            // What stands between is verified like any other; only the ends have rules.
            (Self::Linkerd, Place::Root) if !is_linkerds(algorithm) => Some(format!(
                "signed with {}: Linkerd takes anchors signed with {} or {}",
                algorithm.name(),
                SignatureAlgorithm::EcdsaSha256.name(),
                SignatureAlgorithm::RsaSha256.name(),
            )),
            _ => None,
        }
    }

    /// How many tiers of CAs it puts below a mount's certificate.
    pub fn tiers_below(self) -> u32 {
        match self {
            // The identity issuer, signed by root/sign-intermediate.
            Self::Linkerd => 1,
            Self::Vault | Self::CertManager | Self::Etcd | Self::Go => 0,
        }
    }

    /// The extended key usages that its leaves need of every certificate above them.
    pub fn purposes(self) -> &'static [&'static str] {
        match self {
            // Members and proxies are servers and clients at once.
            Self::Linkerd | Self::Etcd => &[SERVER_AUTH, CLIENT_AUTH],
            Self::Vault | Self::CertManager | Self::Go => &[],
        }
    }

    /// Whether anyExtendedKeyUsage stands for these purposes: not to rustls-webpki.
    pub fn takes_any_purpose(self) -> bool {
        self != Self::Linkerd
    }
}

/// `linkerd check`: trust roots are using supported crypto algorithm.
fn linkerd_anchor_key(key: KeyKind) -> Option<String> {
    match key {
        KeyKind::Ec(Curve::P256) | KeyKind::Rsa { bits: 2048 | 4096 } => None,
        _ => Some(format!(
            "its key is {key}: Linkerd takes anchors with EC P-256, RSA 2048 or RSA 4096"
        )),
    }
}

/// `linkerd check`: the issuer is signed with ECDSA-SHA256 or SHA256-RSA. With what a mount
/// signs follows from its key; under RSA that is SHA-256 unless somebody asks for more.
fn linkerd_signing_key(key: KeyKind) -> Option<String> {
    match key {
        KeyKind::Ec(Curve::P256) | KeyKind::Rsa { .. } => None,
        _ => Some(format!(
            "its key is {key}: Linkerd takes an identity issuer that EC P-256 or RSA signed with SHA-256"
        )),
    }
}

fn is_linkerds(algorithm: SignatureAlgorithm) -> bool {
    matches!(
        algorithm,
        SignatureAlgorithm::EcdsaSha256 | SignatureAlgorithm::RsaSha256
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use SignatureAlgorithm as A;

    const KEYS: [KeyKind; 7] = [
        KeyKind::Rsa { bits: 2048 },
        KeyKind::Rsa { bits: 3072 },
        KeyKind::Rsa { bits: 4096 },
        KeyKind::Ec(Curve::P256),
        KeyKind::Ec(Curve::P384),
        KeyKind::Ec(Curve::P521),
        KeyKind::Ed25519,
    ];

    fn taken(place: Place) -> Vec<String> {
        let takes = |key: &KeyKind| Consumer::Linkerd.key_refusal(place, *key).is_none();
        let list = KEYS.into_iter().filter(takes);
        list.map(|key| key.to_string()).collect()
    }

    #[test]
    fn words_name_consumers() {
        for one in Consumer::ALL {
            assert_eq!(Consumer::parse(one.word()), Some(one));
        }
        assert_eq!(Consumer::parse("consul"), None);
    }

    /// As Linkerd's own `issuercerts` and `tls` packages decided on real chains.
    #[test]
    fn linkerd_takes_few_keys_and_two_algorithms() {
        assert_eq!(taken(Place::Root), ["RSA 2048", "RSA 4096", "EC P-256"]);
        assert_eq!(
            taken(Place::Intermediate),
            ["RSA 2048", "RSA 3072", "RSA 4096", "EC P-256"]
        );
        let takes = |place, algorithm: &A| {
            let refusal = Consumer::Linkerd.signature_refusal(place, *algorithm);
            refusal.is_none()
        };
        let anchors: Vec<A> = A::ALL
            .into_iter()
            .filter(|one| takes(Place::Root, one))
            .collect();
        assert_eq!(anchors, [A::RsaSha256, A::EcdsaSha256]);
        assert!(A::ALL.iter().all(|one| takes(Place::Intermediate, one)));
    }

    #[test]
    fn the_others_take_every_key_and_algorithm_that_is_taken_here() {
        let others = Consumer::ALL
            .into_iter()
            .filter(|one| *one != Consumer::Linkerd);
        for one in others {
            for place in [Place::Root, Place::Intermediate] {
                assert!(
                    KEYS.iter()
                        .all(|key| one.key_refusal(place, *key).is_none())
                );
                assert!(
                    A::ALL
                        .iter()
                        .all(|how| one.signature_refusal(place, *how).is_none())
                );
            }
        }
    }
}
