use proptest::prelude::*;

use super::*;
use crate::x509::pem;

/// Made by ssh-keygen of OpenSSH 9.2 over "seal\n".
const KEY: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIILkauQecdmRZyVRcThQiWdUP86nlxVjIkG2a5VKjzAU";
const SIGNATURE: &str = "\
-----BEGIN SSH SIGNATURE-----\n\
U1NIU0lHAAAAAQAAADMAAAALc3NoLWVkMjU1MTkAAAAgguRq5B5x2ZFnJVFxOFCJZ1Q/zq\n\
eXFWMiQbZrlUqPMBQAAAAOYW5jaG9yaXRlLXNlYWwAAAAAAAAABnNoYTUxMgAAAFMAAAAL\n\
c3NoLWVkMjU1MTkAAABAiCvWpplVwoY0lsApOFvgIXxHH68alx2/fNXZLvH9RyMUydstPE\n\
jBk8F7qjNDY8OKCmi1+qvMwVzGC8rGIQXkCQ==\n\
-----END SSH SIGNATURE-----\n\
";
const MESSAGE: &[u8] = b"seal\n";

fn key() -> PersonKey {
    PersonKey::parse(KEY).unwrap()
}

fn judged(file: impl AsRef<[u8]>) -> Result<(), SignatureRefusal> {
    verify(&key(), NAMESPACE, MESSAGE, file.as_ref())
}

/// The signature with its octets changed.
fn with(change: impl FnOnce(&mut Vec<u8>)) -> String {
    let mut blob = pem::decode_one(SIGNATURE.as_bytes(), &["SSH SIGNATURE"]).unwrap();
    change(&mut blob);
    pem::encode("SSH SIGNATURE", &blob)
}

#[test]
fn one_armor_in_any_columns_and_nothing_beside_it() {
    assert_eq!(judged(SIGNATURE), Ok(()));
    assert_eq!(
        verify_by_some_key(NAMESPACE, MESSAGE, SIGNATURE.as_bytes()),
        Ok(())
    );
    assert_eq!(judged(with(|_| {})), Ok(()), "64 columns");
    let converted = SIGNATURE.replace('\n', "\r\n");
    assert_eq!(judged(converted), Err(SignatureRefusal::CarriageReturn));
    assert_eq!(judged(SIGNATURE.trim_end()), Ok(()));
    assert_eq!(judged(""), Err(SignatureRefusal::Empty));
    for before in ["\n", " ", "text\n", "\u{feff}", "0"] {
        let file = format!("{before}{SIGNATURE}");
        assert_eq!(judged(file), Err(SignatureRefusal::NoHeader), "{before:?}");
    }
    for after in ["text\n", SIGNATURE, "-----"] {
        let found = judged(format!("{SIGNATURE}{after}"));
        assert!(
            matches!(found, Err(SignatureRefusal::Armor(_))),
            "{found:?}"
        );
    }
    let long = SIGNATURE.replace("-----END", &format!("{}\n-----END", "A".repeat(FILE_LIMIT)));
    assert!(matches!(judged(long), Err(SignatureRefusal::TooLarge(_))));
    let other = SIGNATURE.replace("SSH SIGNATURE", "CERTIFICATE");
    assert_eq!(judged(other), Err(SignatureRefusal::NoHeader));
}

#[test]
fn no_length_may_lie_and_nothing_may_follow() {
    // Lengths of: the key, the key's own octets, the signature, the signature's own octets.
    let starts = [10, 10 + 4 + 15, 0, 0];
    let blob = pem::decode_one(SIGNATURE.as_bytes(), &["SSH SIGNATURE"]).unwrap();
    let end = blob.len();
    let places = [starts[0], starts[1], end - 4 - 64 - 15 - 4, end - 4 - 64];
    for place in places {
        let length = |blob: &[u8]| blob[place + 3];
        for change in [1_i16, -1, 20] {
            let lying = with(|blob| {
                blob[place + 3] = u8::try_from(i16::from(length(blob)) + change).unwrap();
            });
            assert_eq!(
                judged(lying),
                Err(SignatureRefusal::Malformed),
                "{place} {change}"
            );
        }
    }
    assert_eq!(
        judged(with(|blob| blob.push(0))),
        Err(SignatureRefusal::Malformed)
    );
    for version in [0, 2, 255] {
        let other = with(|blob| blob[9] = version);
        assert_eq!(judged(other), Err(SignatureRefusal::Malformed), "{version}");
    }
}

#[test]
fn each_changed_bit_is_refused() {
    let blob = pem::decode_one(SIGNATURE.as_bytes(), &["SSH SIGNATURE"]).unwrap();
    for at in 0..blob.len() {
        for bit in 0..8 {
            let changed = with(|blob| blob[at] ^= 1 << bit);
            assert!(judged(changed).is_err(), "octet {at}, bit {bit}");
        }
    }
}

#[test]
fn keys_that_are_none() {
    let body = KEY.split_once(' ').unwrap().1;
    let said: Vec<String> = [
        "".to_owned(),
        "ssh-ed25519".to_owned(),
        body.to_owned(),
        format!("ssh-rsa {body}"),
        format!("ssh-ed25519-cert-v01@openssh.com {body}"),
        format!("ssh-dss {body}"),
        format!("ssh-ed448 {body}"),
        format!("no-touch-required {KEY}"),
        format!("ssh-ed25519 {}", &body[..body.len() - 4]),
        format!("ssh-ed25519 {body}AAAA"),
        format!("ssh-ed25519 {}A{}", &body[..30], &body[31..]),
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
            .to_owned(),
        "A".repeat(5000),
    ]
    .iter()
    .map(|text| match PersonKey::parse(text) {
        Ok(_) => panic!("{text} was taken"),
        Err(why) => why.to_string(),
    })
    .collect();
    insta::assert_snapshot!(said.join("\n"));
    for text in [
        format!("{KEY} alice"),
        format!("{KEY}\n"),
        format!("  {KEY}  a b c"),
    ] {
        assert_eq!(PersonKey::parse(&text).unwrap().data, key().data);
    }
}

/// `ssh-key` reads these.
#[test]
fn a_key_has_one_encoding() {
    let octets = key().data.ed25519().unwrap().0;
    let named = |name: &str| {
        let mut blob = Vec::new();
        wire::put(&mut blob, name.as_bytes());
        blob
    };
    let mut lying = named("ssh-ed25519");
    wire::put(&mut lying, &octets);
    let at = lying.len() - octets.len() - 1;
    assert_eq!(pem::base64(&lying), KEY.split_once(' ').unwrap().1);
    lying[at] += 1;
    let lying = format!("ssh-ed25519 {}", pem::base64(&lying));
    assert!(ssh_key::PublicKey::from_openssh(&lying).is_ok());
    let refused = Err(KeyRefusal::Malformed("not in its one encoding"));
    assert_eq!(PersonKey::parse(&lying).map(|_| ()), refused);

    // A signature's algorithm in the place of the key's type.
    let mut other = named("rsa-sha2-512");
    wire::put(&mut other, &[1, 0, 1]);
    wire::put(&mut other, &[&[0][..], &[0xff; 384]].concat());
    let other = format!("ssh-rsa {}", pem::base64(&other));
    assert!(ssh_key::PublicKey::from_openssh(&other).is_ok());
    assert_eq!(PersonKey::parse(&other).map(|_| ()), refused);
}

proptest! {
    #[test]
    fn no_octets_make_it_panic(octets in proptest::collection::vec(any::<u8>(), 0..400)) {
        prop_assert!(judged(&octets).is_err());
        prop_assert!(judged(pem::encode("SSH SIGNATURE", &octets)).is_err());
        let framed = [b"SSHSIG\0\0\0\x01", &octets[..]].concat();
        prop_assert!(judged(pem::encode("SSH SIGNATURE", &framed)).is_err());
        let framed = with(|blob| {
            let at = octets.len() % blob.len();
            blob.truncate(at);
            blob.extend(&octets);
        });
        prop_assert!(judged(framed).is_err());
    }

    #[test]
    fn no_text_of_a_key_makes_it_panic(text in ".{0,200}", octets in proptest::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(PersonKey::parse(&text).is_err());
        for kind in ["ssh-ed25519", "ssh-rsa", "ecdsa-sha2-nistp256", "sk-ssh-ed25519@openssh.com", "sk-ecdsa-sha2-nistp256@openssh.com"] {
            let mut blob = Vec::new();
            wire::put(&mut blob, kind.as_bytes());
            blob.extend(&octets);
            let _ = PersonKey::parse(&format!("{kind} {}", pem::base64(&blob)));
        }
    }
}
