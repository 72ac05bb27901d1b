//! Keys and signatures of every kind that ssh-keygen makes, and forged ones.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair as RsaKeyPair;
use aws_lc_rs::signature::{
    Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RsaEncoding,
};
use std::fs;
use std::process::Command;

use crate::signer::{
    Keygen, MESSAGE, Parts, armored, key_octets, line, mpint, ours, string, unarmored,
};
use anchorite::ssh::{NAMESPACE, PersonKey};
use anchorite::x509::pem;

#[test]
fn every_kind_of_key_signs_and_only_its_own_signature_is_taken() {
    let keygen = Keygen::new();
    let kinds = [
        ("ed25519", "256"),
        ("ecdsa", "256"),
        ("ecdsa", "384"),
        ("ecdsa", "521"),
        ("rsa", "3072"),
        ("rsa", "4096"),
    ];
    let made: Vec<(String, String)> = kinds
        .iter()
        .map(|(kind, bits)| {
            let name = format!("{kind}{bits}");
            (keygen.key(&name, kind, bits), name)
        })
        .collect();
    for (at, (key, name)) in made.iter().enumerate() {
        for hash in ["sha256", "sha512"] {
            let option = format!("hashalg={hash}");
            let file = keygen.sign(name, NAMESPACE, MESSAGE, &["-O", &option]);
            assert_eq!(ours(key, MESSAGE, &file), Ok(()), "{name} {hash}");
            assert!(keygen.takes(key, MESSAGE, &file), "{name} {hash}");
        }
        let file = keygen.sign(name, NAMESPACE, MESSAGE, &[]);
        let other = &made[(at + 1) % made.len()].0;
        assert_eq!(
            ours(other, MESSAGE, &file).unwrap_err(),
            "it was made by another key"
        );
        assert!(!keygen.takes(other, MESSAGE, &file));
        let words = ours(key, b"another seal\n", &file).unwrap_err();
        assert!(words.contains("not of these bytes"), "{words}");
        assert!(!keygen.takes(key, b"another seal\n", &file));
        let file = keygen.sign(name, "git", MESSAGE, &[]);
        let words = ours(key, MESSAGE, &file).unwrap_err();
        assert_eq!(words, "it was made for \"git\", not for \"anchorite-seal\"");
        assert!(!keygen.takes(key, MESSAGE, &file));
    }
}

/// ssh-keygen takes some of these; the rule is ours.
#[test]
fn other_keys_are_refused_with_their_reason() {
    let keygen = Keygen::new();
    let refusal = |key: &str| PersonKey::parse(key).unwrap_err().to_string();
    let small = refusal(&keygen.key("rsa2048", "rsa", "2048"));
    assert!(small.contains("RSA key of 2048 bits"), "{small}");
    let almost = refusal(&keygen.key("rsa3064", "rsa", "3064"));
    assert!(almost.contains("RSA key of 3064 bits"), "{almost}");

    let good = keygen.key("rsa3072", "rsa", "3072");
    let octets = key_octets(&good);
    // The exponent 65537, and the modulus after it.
    let rest = octets.strip_prefix(&string(b"ssh-rsa")[..]).unwrap();
    let modulus = rest.strip_prefix(&string(&[1, 0, 1])[..]).unwrap();
    let rsa = |exponent: &[u8], modulus: &[u8]| {
        let octets = [&string(b"ssh-rsa"), exponent, modulus].concat();
        PersonKey::parse(&line("ssh-rsa", &octets)).map_err(|why| why.to_string())
    };
    for exponent in [&[3][..], &[37], &[1, 0, 1], &[0xff; 4]] {
        assert!(rsa(&mpint(exponent), modulus).is_ok(), "{exponent:?}");
    }
    for exponent in [
        string(&[]),
        string(&[0]),
        string(&[0x80]),
        string(&[1]),
        string(&[2]),
        string(&[0, 3]),
        string(&[1, 0, 0]),
        mpint(&[1, 0, 0, 0, 1]),
    ] {
        assert!(rsa(&exponent, modulus).is_err(), "{exponent:?}");
    }
    let mut even = modulus.to_vec();
    *even.last_mut().unwrap() ^= 1;
    let words = rsa(&mpint(&[3]), &even).unwrap_err();
    assert!(words.contains("modulus is even"), "{words}");
    // A modulus below zero, and one of too many bits.
    assert!(rsa(&mpint(&[3]), &string(&modulus[5..])).is_err());
    let bits = |octets: usize| rsa(&mpint(&[3]), &mpint(&vec![0xff; octets]));
    assert!(bits(1024).is_ok());
    assert!(bits(1025).unwrap_err().contains("8200 bits"));

    // A point with its sign alone: one key would have two lines.
    let point = key_octets(&keygen.key("ecdsa", "ecdsa", "256"));
    let (start, point) = point.split_at(point.len() - 65);
    let short = [&[2 + point[64] % 2], &point[1..33]].concat();
    let start = &start[..start.len() - 4];
    let compressed = [start, &string(&short)].concat();
    assert!(PersonKey::parse(&line("ecdsa-sha2-nistp256", &compressed)).is_err());
    let mut beside = point.to_vec();
    beside[64] ^= 1;
    let beside = [start, &string(&beside)].concat();
    let words = refusal(&line("ecdsa-sha2-nistp256", &beside));
    assert!(words.contains("not on the curve"), "{words}");

    // Newer versions of ssh-keygen make no DSA keys.
    let dsa = [string(b"ssh-dss"), mpint(&[0xff; 128])].concat();
    assert!(refusal(&line("ssh-dss", &dsa)).contains("DSA"));

    let ca = keygen.key("ca", "ed25519", "256");
    assert!(PersonKey::parse(&ca).is_ok());
    keygen.key("user", "ed25519", "256");
    let made = Command::new("ssh-keygen")
        .args(["-q", "-s"])
        .arg(keygen.path("ca"))
        .args(["-I", "alice", "-n", "alice"])
        .arg(keygen.path("user.pub"))
        .status();
    assert!(made.unwrap().success());
    let certificate = fs::read_to_string(keygen.path("user-cert.pub")).unwrap();
    assert!(refusal(&certificate).contains("certificate"));
    // A signature that brings the certificate in the key's place.
    let file = keygen.sign("user-cert.pub", NAMESPACE, MESSAGE, &[]);
    let user = fs::read_to_string(keygen.path("user.pub")).unwrap();
    assert!(ours(&user, MESSAGE, &file).is_err());
    assert!(!keygen.takes(&user, MESSAGE, &file));
}

/// Where ssh-keygen takes more than we do, and why we do not.
const LAXER: [(&str, &str); 3] = [
    ("text after it", "it looks no further than the first END"),
    ("two armors", "the same"),
    (
        "version 0",
        "it knows no version 0 either, and takes what is not above 1",
    ),
];

#[test]
fn forged_signatures_are_refused_and_nothing_that_ssh_keygen_refuses_is_taken() {
    let keygen = Keygen::new();
    let pair = Ed25519KeyPair::generate().unwrap();
    let octets = [string(b"ssh-ed25519"), string(pair.public_key().as_ref())].concat();
    let key = line("ssh-ed25519", &octets);
    let signed = |change: &dyn Fn(&mut Parts)| {
        let mut parts = Parts::new(octets.clone());
        change(&mut parts);
        let signature = pair.sign(&parts.signed(MESSAGE));
        parts.signature = [string(b"ssh-ed25519"), string(signature.as_ref())].concat();
        parts
    };
    let good = signed(&|_| {});
    let file = String::from_utf8(good.file()).unwrap();
    let with = |change: &dyn Fn(&mut Parts)| {
        let mut parts = good.clone();
        change(&mut parts);
        parts.file()
    };
    let lie = |at: usize| {
        let mut blob = good.blob();
        blob[at] += 1;
        armored(&blob)
    };
    let cases: Vec<(&str, Vec<u8>, bool)> = vec![
        ("as it is", good.file(), true),
        ("CRLF", file.replace('\n', "\r\n").into_bytes(), false),
        (
            "no newline at its end",
            file.trim_end().as_bytes().to_vec(),
            true,
        ),
        ("one long line", long(&good.blob()), true),
        (
            "reserved, not signed",
            with(&|p| p.reserved = b"x".to_vec()),
            true,
        ),
        (
            "reserved, signed",
            signed(&|p| p.reserved = b"x".to_vec()).file(),
            false,
        ),
        ("empty", Vec::new(), false),
        ("text before it", format!("x\n{file}").into_bytes(), false),
        ("text after it", format!("{file}x\n").into_bytes(), false),
        ("two armors", format!("{file}{file}").into_bytes(), false),
        (
            "a space in the header's line",
            file.replacen("-\n", "- x\n", 1).into_bytes(),
            false,
        ),
        (
            "octets after it",
            armored(&[good.blob(), vec![0]].concat()),
            false,
        ),
        (
            "octets in the signature",
            with(&|p| p.signature.push(0)),
            false,
        ),
        ("octets in the key", with(&|p| p.key.push(0)), false),
        ("the key's length", lie(13), false),
        ("version 0", with(&|p| p.version = 0), false),
        ("version 2", with(&|p| p.version = 2), false),
        (
            "no namespace",
            signed(&|p| p.namespace.clear()).file(),
            false,
        ),
        (
            "a longer namespace",
            signed(&|p| p.namespace.push(b'2')).file(),
            false,
        ),
        (
            "a namespace with a zero",
            signed(&|p| p.namespace.push(0)).file(),
            false,
        ),
        (
            "another namespace, changed to ours",
            with_namespace(&signed(&|p| p.namespace = b"git".to_vec())),
            false,
        ),
        ("sha1", signed(&|p| p.hash = b"sha1".to_vec()).file(), false),
        (
            "sha384",
            signed(&|p| p.hash = b"sha384".to_vec()).file(),
            false,
        ),
        (
            "another hash, not signed",
            with(&|p| p.hash = b"sha256".to_vec()),
            false,
        ),
        ("no signature", with(&|p| p.signature.clear()), false),
        ("another algorithm", with(&|p| p.signature[4] = b'x'), false),
        (
            "a header alone",
            b"-----BEGIN SSH SIGNATURE-----\n".to_vec(),
            false,
        ),
        ("a CMS", pem::encode("CMS", b"\x30\x00").into_bytes(), false),
    ];
    for (name, file, taken) in cases {
        let ours = ours(&key, MESSAGE, &file);
        assert_eq!(ours.is_ok(), taken, "{name}: {ours:?}");
        let theirs = keygen.takes(&key, MESSAGE, &file);
        let laxer = LAXER.iter().any(|(one, _)| *one == name);
        assert!(theirs == taken || (laxer && !taken), "{name}: {theirs}");
    }
}

fn with_namespace(parts: &Parts) -> Vec<u8> {
    Parts {
        namespace: NAMESPACE.as_bytes().to_vec(),
        ..parts.clone()
    }
    .file()
}

fn long(blob: &[u8]) -> Vec<u8> {
    let text = pem::base64(blob);
    format!("-----BEGIN SSH SIGNATURE-----\n{text}\n-----END SSH SIGNATURE-----\n").into_bytes()
}

#[test]
fn rsa_signs_sha2_alone() {
    let keygen = Keygen::new();
    let key = keygen.key("rsa", "rsa", "3072");
    let pkcs1 = fs::read(keygen.path("rsa")).unwrap();
    let pkcs1 = openssl(&["rsa", "-outform", "DER", "-traditional"], &pkcs1);
    let pair = RsaKeyPair::from_der(&pkcs1).unwrap();
    let sign = |method: &'static dyn RsaEncoding, message: &[u8]| {
        let mut signature = vec![0; pair.public_modulus_len()];
        let random = SystemRandom::new();
        pair.sign(method, &random, message, &mut signature).unwrap();
        signature
    };
    let parts = Parts::new(key_octets(&key));
    let made = |algorithm: &[u8], signature: &[u8]| {
        let signature = [string(algorithm), string(signature)].concat();
        Parts {
            signature,
            ..parts.clone()
        }
        .file()
    };
    let signed = parts.signed(MESSAGE);
    let (sha256, sha512) = (
        sign(&RSA_PKCS1_SHA256, &signed),
        sign(&RSA_PKCS1_SHA512, &signed),
    );
    fs::write(keygen.path("data"), &signed).unwrap();
    let private = keygen.path("rsa");
    let args = ["dgst", "-sha1", "-sign", private.to_str().unwrap()];
    let sha1 = openssl(&args, &signed);
    let cases = [
        ("rsa-sha2-256", &sha256, true),
        ("rsa-sha2-512", &sha512, true),
        ("rsa-sha2-256", &sha512, false),
        ("rsa-sha2-512", &sha256, false),
        ("rsa-sha2-384", &sign(&RSA_PKCS1_SHA384, &signed), false),
        ("ssh-rsa", &sha1, false),
        ("ssh-rsa", &sha256, false),
        ("rsa-sha2-256", &sha1, false),
        ("ssh-ed25519", &sha512, false),
    ];
    for (algorithm, signature, taken) in cases {
        let file = made(algorithm.as_bytes(), signature);
        let found = ours(&key, MESSAGE, &file);
        assert_eq!(found.is_ok(), taken, "{algorithm}: {found:?}");
        assert_eq!(keygen.takes(&key, MESSAGE, &file), taken, "{algorithm}");
    }

    // Agents that leave out a leading zero: about one in 256 has one.
    let (message, mut signature) = (0..5000u32)
        .map(|at| format!("seal {at}\n").into_bytes())
        .map(|message| {
            (
                message.clone(),
                sign(&RSA_PKCS1_SHA512, &parts.signed(&message)),
            )
        })
        .find(|(_, signature)| signature[0] == 0)
        .unwrap();
    signature.remove(0);
    let file = made(b"rsa-sha2-512", &signature);
    assert_eq!(ours(&key, &message, &file), Ok(()));
    assert!(keygen.takes(&key, &message, &file));
    let file = made(b"rsa-sha2-512", &[&[0, 0], &signature[..]].concat());
    assert!(ours(&key, &message, &file).is_err());
    assert!(!keygen.takes(&key, &message, &file));
}

/// Runs openssl on its input.
fn openssl(args: &[&str], input: &[u8]) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("in");
    fs::write(&path, input).unwrap();
    let output = Command::new("openssl")
        .args(args)
        .stdin(fs::File::open(&path).unwrap())
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    output.stdout
}

#[test]
fn an_ecdsa_signature_has_two_numbers_of_its_curve() {
    let keygen = Keygen::new();
    let key = keygen.key("ecdsa", "ecdsa", "256");
    let blob = unarmored(&keygen.sign("ecdsa", NAMESPACE, MESSAGE, &[]));
    let octets = key_octets(&key);
    let mut parts = Parts::new(octets);
    let name = string(b"ecdsa-sha2-nistp256");
    let at = blob
        .windows(name.len())
        .rposition(|one| one == name)
        .unwrap();
    let (r, s) = numbers(&blob[at + name.len() + 4..]);
    let padded = [string(&[&[0, 0], r].concat()), mpint(s)].concat();
    let mut judged = |numbers: &[u8]| {
        parts.signature = [name.clone(), string(numbers)].concat();
        let file = parts.file();
        let theirs = keygen.takes(&key, MESSAGE, &file);
        let ours = ours(&key, MESSAGE, &file).is_ok();
        // It passes over zeros before a number, which no signer writes.
        assert!(
            ours == theirs || (numbers == padded && !ours),
            "{numbers:?}"
        );
        ours
    };
    assert!(judged(&[mpint(r), mpint(s)].concat()));
    let zero = string(&[]);
    for bad in [
        [mpint(s), mpint(r)].concat(),
        [zero.clone(), mpint(s)].concat(),
        [mpint(r), zero.clone()].concat(),
        [zero.clone(), zero].concat(),
        padded.clone(),
        [mpint(r), mpint(s), vec![0]].concat(),
        [mpint(r), mpint(&[1; 33])].concat(),
        mpint(r),
        Vec::new(),
    ] {
        assert!(!judged(&bad), "{bad:?}");
    }
}

/// The two numbers of a signature, with the zero that may stand before them.
fn numbers(octets: &[u8]) -> (&[u8], &[u8]) {
    let length = |octets: &[u8]| usize::from(octets[3]);
    let (r, rest) = octets[4..].split_at(length(octets));
    (r, &rest[4..][..length(rest)])
}
