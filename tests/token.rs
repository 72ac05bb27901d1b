//! The token room against real SoftHSM.
//!
//! A process has one PKCS#11 module, and SoftHSM takes its folder from the environment. So
//! every test runs itself again as a child with a folder of its own; see `alone`.

#![allow(clippy::disallowed_methods, reason = "tests stand outside the rooms")]
#![cfg(feature = "token")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anchorite::digest::{Digest, hex};
use anchorite::ports::{
    Assurance, KeyId, KeyQuery, KeySpec, Pin, PinTries, Token, TokenError, TokenKey,
};
use anchorite::token::{Module, Pkcs11Token, make_token};
use anchorite::x509::public_key::{KeyKind, RootKey, SignatureAlgorithm};
use zeroize::Zeroizing;

const CHILD: &str = "ANCHORITE_TEST_CHILD";
const LABEL: &str = "test-root";
const USER_PIN: &str = "correct horse";
const SO_PIN: &str = "so battery staple";

fn softhsm() -> PathBuf {
    [
        "/usr/lib/softhsm/libsofthsm2.so",
        "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
        "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
        "/usr/lib64/softhsm/libsofthsm.so",
        "/usr/local/lib/softhsm/libsofthsm2.so",
    ]
    .iter()
    .map(PathBuf::from)
    .find(|path| path.exists())
    .expect("SoftHSM is not installed; these tests need it: apt-get install softhsm2")
}

/// Runs `body` in a child process of this test with its own, empty SoftHSM folder.
fn alone(test: &str, body: fn()) {
    if env::var(CHILD).as_deref() == Ok(test) {
        return body();
    }
    softhsm();
    let folder = tempfile::tempdir().unwrap();
    let conf = folder.path().join("softhsm2.conf");
    let tokens = folder.path().join("tokens");
    fs::create_dir(&tokens).unwrap();
    fs::write(
        &conf,
        format!(
            "directories.tokendir = {}\nobjectstore.backend = file\nlog.level = ERROR\n",
            tokens.display()
        ),
    )
    .unwrap();
    in_child(test, &conf);
}

fn in_child(test: &str, conf: &Path) {
    let output = Command::new(env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture", "--test-threads=1"])
        .env(CHILD, test)
        .env("SOFTHSM2_CONF", conf)
        .output()
        .unwrap();
    let stdout = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && stdout.contains("1 passed"),
        "{test}: {}\n{stdout}\n{}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
}

fn pin(text: &str) -> Pin {
    Pin::new(Zeroizing::new(text.to_owned()))
}

fn module() -> Module {
    Module::open(&softhsm(), None).unwrap()
}

fn with_token(label: &str) -> Module {
    let module = module();
    make_token(&module, label, &pin(SO_PIN), &pin(USER_PIN)).unwrap();
    module
}

fn logged_in() -> (Module, Pkcs11Token) {
    let module = with_token(LABEL);
    let mut token = module.open_token(LABEL, None).unwrap();
    token.login(&pin(USER_PIN)).unwrap();
    (module, token)
}

fn spec(key: RootKey, label: &str, id: u8) -> KeySpec {
    KeySpec {
        key,
        label: label.to_owned(),
        id: KeyId(vec![id; 16]),
    }
}

fn error<T>(result: Result<T, TokenError>) -> TokenError {
    match result {
        Ok(_) => panic!("an error was expected"),
        Err(error) => error,
    }
}

fn assert_locked_in(key: &TokenKey, spec: &KeySpec) {
    let mut expected = vec![
        ("CKA_CLASS", "CKO_PRIVATE_KEY"),
        ("CKA_TOKEN", "true"),
        ("CKA_PRIVATE", "true"),
        ("CKA_SENSITIVE", "true"),
        ("CKA_ALWAYS_SENSITIVE", "true"),
        ("CKA_EXTRACTABLE", "false"),
        ("CKA_NEVER_EXTRACTABLE", "true"),
        ("CKA_LOCAL", "true"),
        ("CKA_SIGN", "true"),
        ("CKA_SIGN_RECOVER", "false"),
        ("CKA_DECRYPT", "false"),
        ("CKA_UNWRAP", "false"),
        ("CKA_DERIVE", "false"),
        ("CKA_MODIFIABLE", "false"),
        ("CKA_COPYABLE", "false"),
        // SoftHSM's own: nothing we ask changes it.
        ("CKA_DESTROYABLE", "true"),
        ("CKA_ALWAYS_AUTHENTICATE", "false"),
        ("CKA_LABEL", spec.label.as_str()),
    ];
    match spec.key.kind() {
        KeyKind::Rsa { .. } => expected.extend([
            ("CKA_KEY_TYPE", "CKK_RSA"),
            ("CKA_KEY_GEN_MECHANISM", "CKM_RSA_PKCS_KEY_PAIR_GEN"),
            ("CKA_PRIVATE_EXPONENT", "sensitive"),
            ("CKA_PRIME_1", "sensitive"),
            ("CKA_PRIME_2", "sensitive"),
            ("CKA_EXPONENT_1", "sensitive"),
            ("CKA_EXPONENT_2", "sensitive"),
            ("CKA_COEFFICIENT", "sensitive"),
        ]),
        KeyKind::Ec(_) => expected.extend([
            ("CKA_KEY_TYPE", "CKK_EC"),
            ("CKA_KEY_GEN_MECHANISM", "CKM_EC_KEY_PAIR_GEN"),
            ("CKA_VALUE", "sensitive"),
        ]),
        KeyKind::Ed25519 => expected.extend([
            ("CKA_KEY_TYPE", "CKK_EC_EDWARDS"),
            ("CKA_KEY_GEN_MECHANISM", "CKM_EC_EDWARDS_KEY_PAIR_GEN"),
            ("CKA_VALUE", "sensitive"),
        ]),
    }
    for (name, value) in &expected {
        assert_eq!(
            key.attributes.get(*name).map(String::as_str),
            Some(*value),
            "{name}"
        );
    }
    assert_eq!(key.attributes["CKA_ID"], hex(&spec.id.0));
    assert_eq!(key.attributes.len(), expected.len() + 1);
}

#[test]
fn every_root_key_is_made_locked_in_and_signs() {
    alone("every_root_key_is_made_locked_in_and_signs", || {
        let (module, mut token) = logged_in();
        for (number, key) in (1..).zip(RootKey::ALL) {
            let spec = spec(key, key.word(), number);
            let made = token.generate_key(&spec).unwrap();
            assert_eq!(made.public_key.kind(), key.kind());
            assert_eq!(made.id, spec.id);
            assert_eq!(made.label, key.word());
            assert_locked_in(&made, &spec);
            for algorithm in SignatureAlgorithm::ALL {
                if algorithm.fits(key.kind()) {
                    let message = b"bytes of any length".repeat(100);
                    let signature = token.sign(&spec.id, algorithm, &message).unwrap();
                    assert!(made.public_key.verifies(algorithm, &message, &signature));
                    assert!(!made.public_key.verifies(algorithm, b"other", &signature));
                } else {
                    let refused = error(token.sign(&spec.id, algorithm, b""));
                    assert!(matches!(refused, TokenError::UnusableKey { .. }));
                }
            }
        }
        // The same keys after a new login, by a new session.
        drop(token);
        let mut token = module.open_token(LABEL, None).unwrap();
        token.login(&pin(USER_PIN)).unwrap();
        let all = token.find_keys(&KeyQuery::All).unwrap();
        let kinds: Vec<_> = all.iter().map(|key| key.public_key.kind()).collect();
        assert_eq!(kinds, RootKey::ALL.map(RootKey::kind));
        token.logout().unwrap();
        drop(token);
        module.close().unwrap();
    });
}

#[test]
fn ecdsa_signatures_verify_whatever_their_leading_octets() {
    alone(
        "ecdsa_signatures_verify_whatever_their_leading_octets",
        || {
            let (_module, mut token) = logged_in();
            // P-521's octets begin with zeros half the time: its first holds one bit.
            for (id, kind) in [(1, RootKey::P256), (2, RootKey::P521)] {
                let spec = spec(kind, kind.word(), id);
                let key = token.generate_key(&spec).unwrap().public_key;
                let algorithm = kind.default_algorithm();
                for number in 0..300u32 {
                    let message = number.to_be_bytes();
                    let signature = token.sign(&spec.id, algorithm, &message).unwrap();
                    assert!(key.verifies(algorithm, &message, &signature), "{number}");
                }
            }
        },
    );
}

#[test]
fn a_token_says_who_it_is() {
    alone("a_token_says_who_it_is", || {
        let module = with_token(LABEL);
        let token = module.open_token(LABEL, None).unwrap();
        let identity = token.identity().clone();
        assert_eq!(identity.label, LABEL);
        assert_eq!(identity.manufacturer, "SoftHSM project");
        assert_eq!(identity.model, "SoftHSM v2");
        assert_eq!(identity.serial.len(), 16);
        assert_eq!(identity.assurance, Assurance::Software);
        assert_eq!(
            identity.module_sha256,
            Digest::of(&fs::read(softhsm()).unwrap())
        );
        assert!(module.open_token(LABEL, Some(&identity.serial)).is_ok());

        let listed = module.tokens().unwrap();
        let ours: Vec<_> = listed.iter().filter(|token| token.initialised).collect();
        assert_eq!(ours.len(), 1);
        assert_eq!(ours[0].identity, identity);
        assert_eq!(ours[0].pin_tries, PinTries::Full);
        assert!(ours[0].user_pin_set && ours[0].login_required);
        for needed in ["CKM_RSA_PKCS", "CKM_ECDSA", "CKM_EC_KEY_PAIR_GEN"] {
            assert!(
                ours[0].mechanisms.iter().any(|name| name == needed),
                "{needed}"
            );
        }
        // SoftHSM always shows one more slot to initialise.
        assert_eq!(listed.len(), 2);
    });
}

#[test]
fn a_wrong_pin_is_said_with_the_tries_left_and_nothing_of_the_pin() {
    alone(
        "a_wrong_pin_is_said_with_the_tries_left_and_nothing_of_the_pin",
        || {
            let module = with_token(LABEL);
            let mut token = module.open_token(LABEL, None).unwrap();
            assert_eq!(token.pin_tries().unwrap(), PinTries::Full);
            for wrong in ["wrong horse", "", "x", &"long".repeat(100)] {
                let refused = error(token.login(&pin(wrong)));
                assert_eq!(
                    refused,
                    TokenError::WrongPin {
                        tries: PinTries::Low
                    },
                    "{wrong}"
                );
                assert_eq!(refused.to_string(), "the token refused the PIN");
            }
            assert_eq!(token.pin_tries().unwrap(), PinTries::Low);
            token.login(&pin(USER_PIN)).unwrap();
            assert_eq!(token.pin_tries().unwrap(), PinTries::Full);
            // This PIN would not be checked, so it must not count as right.
            assert_eq!(
                error(token.login(&pin("wrong horse"))).to_string(),
                "the token failed in C_Login: CKR_USER_ALREADY_LOGGED_IN"
            );
        },
    );
}

#[test]
fn what_is_no_module_is_not_loaded() {
    alone("what_is_no_module_is_not_loaded", || {
        let folder = tempfile::tempdir().unwrap();
        let text = folder.path().join("text.so");
        fs::write(&text, "no module\n").unwrap();

        let missing = error(Module::open(&folder.path().join("missing.so"), None));
        assert!(missing.to_string().contains("No such file"), "{missing}");
        assert!(matches!(missing, TokenError::NoModule { .. }));
        let a_folder = error(Module::open(folder.path(), None));
        assert!(
            matches!(a_folder, TokenError::NoModule { .. }),
            "{a_folder}"
        );
        // The loader would find a bare name in its own folders.
        let bare = error(Module::open(Path::new("libc.so.6"), None));
        assert!(matches!(bare, TokenError::NoModule { .. }), "{bare}");
        for no_module in [text.as_path(), Path::new("/bin/ls")] {
            let refused = error(Module::open(no_module, None));
            assert!(
                matches!(refused, TokenError::NotAModule { .. }),
                "{refused}"
            );
        }
        // A library, but not of PKCS#11.
        let maps = fs::read_to_string("/proc/self/maps").unwrap();
        let libc = maps
            .split_whitespace()
            .find(|word| word.contains("/libc.so") || word.contains("/libc-"))
            .unwrap();
        let refused = error(Module::open(Path::new(libc), None));
        assert!(
            refused.to_string().ends_with("it has no C_GetFunctionList"),
            "{refused}"
        );
    });
}

#[test]
fn a_changed_module_is_refused_before_it_is_loaded() {
    alone("a_changed_module_is_refused_before_it_is_loaded", || {
        let found = Digest::of(&fs::read(softhsm()).unwrap());
        let expected = Digest::of(b"another module");
        assert_eq!(
            error(Module::open(&softhsm(), Some(expected))),
            TokenError::ModuleChanged {
                module: softhsm().display().to_string(),
                found,
                expected,
            }
        );
        let loaded = || {
            fs::read_to_string("/proc/self/maps")
                .unwrap()
                .contains("softhsm")
        };
        assert!(!loaded());
        let module = Module::open(&softhsm(), Some(found)).unwrap();
        assert!(loaded());
        assert_eq!(module.digest(), found);
        assert_eq!(
            error(Module::open(&softhsm(), Some(found))).to_string(),
            "the token failed in C_Initialize: CKR_CRYPTOKI_ALREADY_INITIALIZED"
        );
        module.close().unwrap();
    });
}

#[test]
fn the_token_is_found_by_label_and_serial_or_not_at_all() {
    alone(
        "the_token_is_found_by_label_and_serial_or_not_at_all",
        || {
            let module = module();
            assert!(matches!(
                error(module.open_token(LABEL, None)),
                TokenError::NoToken { .. }
            ));
            make_token(&module, LABEL, &pin(SO_PIN), &pin(USER_PIN)).unwrap();
            make_token(&module, "h\u{1b}stile", &pin(SO_PIN), &pin(USER_PIN)).unwrap();
            let TokenError::WrongToken { label, found } = error(module.open_token("other", None))
            else {
                panic!("WrongToken was expected");
            };
            assert_eq!(label, "other");
            assert!(
                found.contains("\"test-root\"") && found.contains("\"h\\u{1b}stile\""),
                "{found}"
            );

            let serial = module
                .open_token(LABEL, None)
                .unwrap()
                .identity()
                .serial
                .clone();
            assert_eq!(
                error(module.open_token(LABEL, Some("0000"))),
                TokenError::WrongSerial {
                    label: LABEL.to_owned(),
                    found: format!("\"{serial}\""),
                    expected: "0000".to_owned(),
                }
            );

            make_token(&module, LABEL, &pin(SO_PIN), &pin("another pin")).unwrap();
            assert_eq!(
                error(module.open_token(LABEL, None)),
                TokenError::AmbiguousToken {
                    label: LABEL.to_owned(),
                    count: 2,
                }
            );
            let mut first = module.open_token(LABEL, Some(&serial)).unwrap();
            assert_eq!(first.identity().serial, serial);
            first.login(&pin(USER_PIN)).unwrap();

            let long = "x".repeat(33);
            let refused = error(make_token(&module, &long, &pin(SO_PIN), &pin(USER_PIN)));
            assert!(matches!(refused, TokenError::Failed { .. }), "{refused}");
        },
    );
}

#[test]
fn keys_are_found_by_id_and_label_and_only_after_login() {
    alone(
        "keys_are_found_by_id_and_label_and_only_after_login",
        || {
            let (module, mut token) = logged_in();
            let first = spec(RootKey::P256, "root", 1);
            let second = spec(RootKey::P384, "root", 2);
            let first_key = token.generate_key(&first).unwrap().public_key;
            let second_key = token.generate_key(&second).unwrap().public_key;

            let found = token
                .find_keys(&KeyQuery::Label("root".to_owned()))
                .unwrap();
            let keys: Vec<_> = found.iter().map(|key| key.public_key.clone()).collect();
            assert_eq!(keys, [first_key, second_key.clone()]);
            let by_id = token.find_keys(&KeyQuery::Id(second.id.clone())).unwrap();
            assert_eq!(by_id.len(), 1);
            assert_eq!(by_id[0].public_key, second_key);
            assert!(
                token
                    .find_keys(&KeyQuery::Label("rot".to_owned()))
                    .unwrap()
                    .is_empty()
            );

            let again = error(token.generate_key(&first));
            assert!(matches!(again, TokenError::UnusableKey { .. }), "{again}");
            let unknown = KeyId(vec![9, 9]);
            let algorithm = SignatureAlgorithm::EcdsaSha256;
            assert_eq!(
                error(token.sign(&unknown, algorithm, b"")),
                TokenError::NoKey {
                    id: "0909".to_owned()
                }
            );

            token.logout().unwrap();
            assert!(token.find_keys(&KeyQuery::All).unwrap().is_empty());
            for refused in [
                error(token.sign(&first.id, algorithm, b"")),
                error(
                    token
                        .generate_key(&spec(RootKey::P256, "root", 3))
                        .map(drop),
                ),
            ] {
                assert!(
                    refused.to_string().ends_with("CKR_USER_NOT_LOGGED_IN"),
                    "{refused}"
                );
            }
            drop(token);
            module.close().unwrap();
        },
    );
}

#[test]
fn random_octets_have_the_length_asked_for() {
    alone("random_octets_have_the_length_asked_for", || {
        let module = with_token(LABEL);
        let mut token = module.open_token(LABEL, None).unwrap();
        for length in [0, 1, 16, 32, 4096] {
            assert_eq!(token.random(length).unwrap().len(), length);
        }
        assert_ne!(token.random(32).unwrap(), token.random(32).unwrap());
        assert!(token.random(1 << 20).is_err());
    });
}

/// What another program can leave in a token.
#[test]
fn keys_made_by_others_are_seen_for_what_they_are() {
    alone("keys_made_by_others_are_seen_for_what_they_are", || {
        with_token(LABEL).close().unwrap();
        // Two pairs with one id; a pair without its public half; a curve that is not taken;
        // a key that wants the PIN for each signature; a key that may leave the token.
        generate(&["EC:prime256v1", "--id", "0a"]);
        generate(&["EC:prime256v1", "--id", "0a"]);
        generate(&["EC:prime256v1", "--id", "0b"]);
        pkcs11_tool(&["--delete-object", "--type", "pubkey", "--id", "0b"]);
        generate(&["EC:secp256k1", "--id", "0c"]);
        generate(&["EC:secp384r1", "--id", "0d", "--always-auth"]);
        generate(&["RSA:2048", "--id", "0e", "--extractable"]);
        // By the curve's name, where we say its OID.
        generate(&["EC:edwards25519", "--id", "0f"]);

        let module = module();
        let mut token = module.open_token(LABEL, None).unwrap();
        token.login(&pin(USER_PIN)).unwrap();
        let algorithm = SignatureAlgorithm::EcdsaSha256;
        for (id, words) in [
            (0x0a, "several different public keys have its id"),
            (0x0b, "no public key with its id shows CKA_EC_POINT"),
            (0x0c, "are no curve that is taken"),
        ] {
            let refused = error(token.find_keys(&KeyQuery::Id(KeyId(vec![id]))));
            assert!(
                matches!(refused, TokenError::UnusableKey { .. }),
                "{refused}"
            );
            assert!(refused.to_string().ends_with(words), "{refused}");
        }
        for (id, words) in [
            (0x0a, "2 keys have this id"),
            (0x0c, "are no curve that is taken"),
            (0x0d, "it wants the PIN again for every signature"),
        ] {
            let refused = error(token.sign(&KeyId(vec![id]), algorithm, b""));
            assert!(refused.to_string().ends_with(words), "{refused}");
        }
        let usable = token.find_keys(&KeyQuery::All).unwrap();
        let ids: Vec<_> = usable.iter().map(|key| hex(&key.id.0)).collect();
        assert_eq!(ids, ["0d", "0e", "0f"]);
        assert_eq!(usable[0].attributes["CKA_ALWAYS_AUTHENTICATE"], "true");
        let loose = &usable[1].attributes;
        assert_eq!(loose["CKA_EXTRACTABLE"], "true");
        assert_eq!(loose["CKA_NEVER_EXTRACTABLE"], "false");
        assert_eq!(loose["CKA_PRIVATE_EXPONENT"], "sensitive");
        let signature = token
            .sign(&KeyId(vec![0x0f]), SignatureAlgorithm::Ed25519, b"x")
            .unwrap();
        let edwards = &usable[2].public_key;
        assert!(edwards.verifies(SignatureAlgorithm::Ed25519, b"x", &signature));
    });
}

/// The check of the private numbers must be able to fail. No tool makes such a key, so the
/// test asks SoftHSM itself.
#[test]
fn a_key_that_can_be_read_is_called_readable() {
    use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
    use cryptoki::mechanism::Mechanism;
    use cryptoki::object::Attribute;
    use cryptoki::session::UserType;

    alone("a_key_that_can_be_read_is_called_readable", || {
        with_token(LABEL).close().unwrap();
        let raw = Pkcs11::new(softhsm()).unwrap();
        raw.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK))
            .unwrap();
        let slot = raw.get_slots_with_initialized_token().unwrap()[0];
        let session = raw.open_rw_session(slot).unwrap();
        session
            .login(UserType::User, Some(&USER_PIN.to_owned().into()))
            .unwrap();
        let make = |mechanism, id: u8, parameters: Vec<Attribute>| {
            let mut public = vec![Attribute::Token(true), Attribute::Id(vec![id])];
            public.extend(parameters);
            let private = [
                Attribute::Token(true),
                Attribute::Private(true),
                Attribute::Sensitive(false),
                Attribute::Extractable(true),
                Attribute::Sign(true),
                Attribute::Id(vec![id]),
            ];
            session
                .generate_key_pair(&mechanism, &public, &private)
                .unwrap();
        };
        let p256 = vec![6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7];
        make(Mechanism::EccKeyPairGen, 1, vec![Attribute::EcParams(p256)]);
        make(
            Mechanism::RsaPkcsKeyPairGen,
            2,
            vec![
                Attribute::ModulusBits(2048.into()),
                Attribute::PublicExponent(vec![1, 0, 1]),
            ],
        );
        drop(session);
        raw.finalize().unwrap();

        let module = module();
        let mut token = module.open_token(LABEL, None).unwrap();
        token.login(&pin(USER_PIN)).unwrap();
        let keys = token.find_keys(&KeyQuery::All).unwrap();
        assert_eq!(keys[0].attributes["CKA_SENSITIVE"], "false");
        assert_eq!(keys[0].attributes["CKA_VALUE"], "READABLE");
        for name in ["CKA_PRIVATE_EXPONENT", "CKA_PRIME_1", "CKA_COEFFICIENT"] {
            assert_eq!(keys[1].attributes[name], "READABLE", "{name}");
        }
    });
}

fn generate(key: &[&str]) {
    pkcs11_tool(&[&["--keypairgen", "--key-type"], key].concat());
}

fn pkcs11_tool(arguments: &[&str]) {
    let output = Command::new("pkcs11-tool")
        .arg("--module")
        .arg(softhsm())
        .args(["--token-label", LABEL, "--login", "--pin", USER_PIN])
        .args(arguments)
        .output()
        .expect("pkcs11-tool is not installed; this test needs it: apt-get install opensc");
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {words}");
}

#[test]
fn the_script_makes_a_token_that_opens() {
    let test = "the_script_makes_a_token_that_opens";
    if env::var(CHILD).as_deref() == Ok(test) {
        let module = module();
        let mut token = module.open_token("it's a label", None).unwrap();
        return token.login(&pin("12345678")).unwrap();
    }
    softhsm();
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("a token's folder");
    let up = || {
        Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("softhsm/up.sh"))
            .arg(&place)
            .arg("it's a label")
            .output()
            .unwrap()
    };
    let made = up();
    assert!(
        made.status.success(),
        "{}",
        String::from_utf8_lossy(&made.stderr)
    );
    let line = String::from_utf8(made.stdout).unwrap();
    let shell = Command::new("sh")
        .args(["-euc", &format!("{line}\nprintf %s \"$SOFTHSM2_CONF\"")])
        .output()
        .unwrap();
    let conf = String::from_utf8(shell.stdout).unwrap();
    assert_eq!(Path::new(&conf), place.join("softhsm2.conf"));
    in_child(test, Path::new(&conf));
    assert_eq!(up().status.code(), Some(1), "a second time");
}

#[test]
fn notes_are_kept_one_for_each_label() {
    alone("notes_are_kept_one_for_each_label", || {
        let (module, mut token) = logged_in();
        assert_eq!(token.read_notes("a").unwrap(), Vec::<Vec<u8>>::new());
        for text in [&b"first"[..], b"second"] {
            token.write_note("a", text).unwrap();
            token.write_note("b", b"other").unwrap();
            assert_eq!(token.read_notes("a").unwrap(), [text.to_vec()]);
        }
        assert_eq!(token.read_notes("b").unwrap(), [b"other".to_vec()]);
        token.logout().unwrap();
        assert!(token.read_notes("a").is_err(), "not without a login");
        token.login(&pin(USER_PIN)).unwrap();
        drop(token);
        let mut token = module.open_token(LABEL, None).unwrap();
        token.login(&pin(USER_PIN)).unwrap();
        assert_eq!(token.read_notes("a").unwrap(), [b"second".to_vec()]);
    });
}

#[test]
fn a_destroyed_key_is_gone_and_the_others_stay() {
    alone("a_destroyed_key_is_gone_and_the_others_stay", || {
        let (_module, mut token) = logged_in();
        for key in [RootKey::P384, RootKey::Ed25519] {
            let gone = spec(key, "gone", 1);
            let other = spec(RootKey::P256, "other", 2);
            token.generate_key(&gone).unwrap();
            token.generate_key(&other).unwrap();
            token.destroy_key(&gone.id).unwrap();
            assert_eq!(objects("gone"), 0, "neither half is left");
            assert_eq!(objects("other"), 2);
            let left = token.find_keys(&KeyQuery::All).unwrap();
            assert_eq!(left.len(), 1);
            assert_eq!(left[0].id, other.id);
            // Nothing to do is done.
            token.destroy_key(&gone.id).unwrap();
            token.destroy_key(&other.id).unwrap();
        }
        assert_eq!(token.find_keys(&KeyQuery::All).unwrap().len(), 0);
    });
}

/// How many objects pkcs11-tool shows with this label.
fn objects(label: &str) -> usize {
    let output = Command::new("pkcs11-tool")
        .arg("--module")
        .arg(softhsm())
        .args(["--token-label", LABEL, "--login", "--pin", USER_PIN])
        .arg("--list-objects")
        .output()
        .expect("pkcs11-tool is not installed; this test needs it: apt-get install opensc");
    let words = String::from_utf8_lossy(&output.stdout);
    let wanted = format!("label:      {label}");
    words.lines().filter(|line| line.trim() == wanted).count()
}
