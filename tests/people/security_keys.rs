//! Security keys: an authenticator in software signs as a real one does, touched or not.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _,
};

use crate::signer::{Keygen, MESSAGE, Parts, line, mpint, ours, string};

const ED25519: &str = "sk-ssh-ed25519@openssh.com";
const ECDSA: &str = "sk-ecdsa-sha2-nistp256@openssh.com";

const UNTOUCHED: &str = "its security key was not touched";

enum Pair {
    Ed25519(Ed25519KeyPair),
    Ecdsa(EcdsaKeyPair),
}

/// How it signs.
#[derive(Clone, Copy)]
struct How {
    /// What the key was made for.
    registered: &'static str,
    application: &'static str,
    flags: u8,
    counter: u32,
    /// What the file says of the last two.
    told: (u8, u32),
}

const TOUCHED: How = How {
    registered: "ssh:",
    application: "ssh:",
    flags: 1,
    counter: 7,
    told: (1, 7),
};

impl Pair {
    fn kind(&self) -> &'static str {
        match self {
            Self::Ed25519(_) => ED25519,
            Self::Ecdsa(_) => ECDSA,
        }
    }

    fn octets(&self, application: &str) -> Vec<u8> {
        let key = match self {
            Self::Ed25519(pair) => string(pair.public_key().as_ref()),
            Self::Ecdsa(pair) => [string(b"nistp256"), string(pair.public_key().as_ref())].concat(),
        };
        [
            string(self.kind().as_bytes()),
            key,
            string(application.as_bytes()),
        ]
        .concat()
    }

    fn line(&self) -> String {
        line(self.kind(), &self.octets("ssh:"))
    }

    fn sign(&self, octets: &[u8]) -> Vec<u8> {
        match self {
            Self::Ed25519(pair) => pair.sign(octets).as_ref().to_vec(),
            Self::Ecdsa(pair) => {
                let signature = pair.sign(&SystemRandom::new(), octets).unwrap();
                let (r, s) = signature.as_ref().split_at(32);
                [mpint(r), mpint(s)].concat()
            }
        }
    }

    fn file(&self, how: How) -> Vec<u8> {
        let mut parts = Parts::new(self.octets(how.registered));
        let signed = [
            digest(&SHA256, how.application.as_bytes()).as_ref(),
            &[how.flags],
            &how.counter.to_be_bytes(),
            digest(&SHA256, &parts.signed(MESSAGE)).as_ref(),
        ]
        .concat();
        parts.signature = [
            string(self.kind().as_bytes()),
            string(&self.sign(&signed)),
            vec![how.told.0],
            how.told.1.to_be_bytes().to_vec(),
        ]
        .concat();
        parts.file()
    }
}

fn pairs() -> [Pair; 2] {
    let ecdsa = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
    [
        Pair::Ed25519(Ed25519KeyPair::generate().unwrap()),
        Pair::Ecdsa(ecdsa),
    ]
}

#[test]
fn a_touched_key_signs_and_one_that_was_not_does_not_count() {
    let keygen = Keygen::new();
    for pair in pairs() {
        let key = pair.line();
        let judged = |message: &[u8], file: &[u8]| {
            let found = ours(&key, message, file);
            let theirs = keygen.takes(&key, message, file);
            // ssh-keygen asks for no touch (OpenSSH 9.2).
            let untouched = found.as_ref().is_err_and(|why| why == UNTOUCHED);
            assert!(found.is_ok() == theirs || untouched, "{found:?}");
            found
        };
        // Touched; touched and its owner told by PIN or finger, with another counter.
        assert_eq!(judged(MESSAGE, &pair.file(TOUCHED)), Ok(()));
        let verified = How {
            flags: 5,
            counter: 0xffff_ffff,
            told: (5, 0xffff_ffff),
            ..TOUCHED
        };
        assert_eq!(judged(MESSAGE, &pair.file(verified)), Ok(()));
        let wrong = "it is not of these bytes, or the key did not make it";
        for flags in [0, 4, 0xfe] {
            let how = How {
                flags,
                told: (flags, 7),
                ..TOUCHED
            };
            let words = judged(MESSAGE, &pair.file(how)).unwrap_err();
            assert_eq!(words, UNTOUCHED);
            // The flag, written into the file afterwards.
            let how = How {
                told: (flags | 1, 7),
                ..how
            };
            assert_eq!(judged(MESSAGE, &pair.file(how)).unwrap_err(), wrong);
        }
        let changes = [
            How {
                application: "ssh:x",
                ..TOUCHED
            },
            How {
                told: (1, 8),
                ..TOUCHED
            },
            How {
                told: (5, 7),
                ..TOUCHED
            },
        ];
        for how in changes {
            assert_eq!(judged(MESSAGE, &pair.file(how)).unwrap_err(), wrong);
        }
        assert_eq!(judged(b"x", &pair.file(TOUCHED)).unwrap_err(), wrong);
        // The same key, registered for something else, is another key.
        let other = line(pair.kind(), &pair.octets("ssh:other"));
        let how = How {
            registered: "ssh:other",
            application: "ssh:other",
            ..TOUCHED
        };
        assert_eq!(ours(&other, MESSAGE, &pair.file(how)), Ok(()));
        assert!(keygen.takes(&other, MESSAGE, &pair.file(how)));
        let file = pair.file(TOUCHED);
        assert_eq!(
            ours(&other, MESSAGE, &file).unwrap_err(),
            "it was made by another key"
        );
        assert!(!keygen.takes(&other, MESSAGE, &file));
    }
}

#[test]
fn flags_and_counter_have_five_octets_and_the_plain_kind_has_none() {
    let keygen = Keygen::new();
    for pair in pairs() {
        let key = pair.line();
        let mut parts = Parts::new(pair.octets("ssh:"));
        let signed = parts.signed(MESSAGE);
        let by_device = [
            digest(&SHA256, b"ssh:").as_ref(),
            &[1],
            &7u32.to_be_bytes(),
            digest(&SHA256, &signed).as_ref(),
        ]
        .concat();
        let signature = string(&pair.sign(&by_device));
        let plain = string(&pair.sign(&signed));
        let trailer = [1, 0, 0, 0, 7];
        let name = |kind: &str| string(kind.as_bytes());
        let mut judged = |octets: Vec<u8>| {
            parts.signature = octets;
            let found = ours(&key, MESSAGE, &parts.file()).is_ok();
            assert_eq!(found, keygen.takes(&key, MESSAGE, &parts.file()));
            found
        };
        let own = pair.kind();
        let other = if own == ED25519 { ECDSA } else { ED25519 };
        assert!(judged(
            [name(own), signature.clone(), trailer.to_vec()].concat()
        ));
        for bad in [
            [name(own), signature.clone()].concat(),
            [name(own), signature.clone(), trailer[..4].to_vec()].concat(),
            [name(own), signature.clone(), trailer.to_vec(), vec![0]].concat(),
            [name(own), plain.clone(), trailer.to_vec()].concat(),
            [name(other), signature.clone(), trailer.to_vec()].concat(),
            [name("ssh-ed25519"), plain.clone()].concat(),
            [name("ecdsa-sha2-nistp256"), plain.clone()].concat(),
        ] {
            assert!(!judged(bad.clone()), "{bad:?}");
        }
    }
}
