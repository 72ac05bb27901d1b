//! The rows: bundles as people put them together, what a certificate in one says, and what its
//! root is.

use anchorite::x509::extension_encode as encode_extension;
use anchorite::x509::key_usage::KeyUsage;
use anchorite::x509::pem;
use anchorite::x509::public_key::{RootKey, SignatureAlgorithm};

use super::Answer::{Keyless, Refuses, Takes, Warns};
use super::mount::{as_printable, block, dates, length, on_one_line, purposes, stranger};
use super::{Row, Told};
use crate::made::{Draft, Signer, extension, key_usage, standard};

const fn told(fail: &'static [&'static str], notice: &'static [&'static str]) -> Told {
    Told { fail, notice }
}

const GOOD: Told = told(&[], &[]);
const CONTAINER: Told = told(&["BUNDLE-CONTAINER"], &[]);
const ORDER: Told = told(&["BUNDLE-ORDER", "BUNDLE-LINK"], &[]);
const LINK: Told = told(&["BUNDLE-LINK"], &[]);
const SERIAL: Told = told(&["CERT-SERIAL"], &[]);
const DATES: Told = told(&["BUNDLE-DATES"], &[]);
const KEY: Told = told(&["CERT-KEY", "BUNDLE-VAULT"], &[]);
const HASH: Told = told(&["CERT-ALGORITHM", "BUNDLE-VAULT"], &[]);

pub const BAD_PEM: &str = "invalid PEM data";
const NO_CA: &str = "Refusing to import non-CA certificate";
const KEYS: &str = "private keys found in the PEM bundle";
const UNREAD: &str = "with empty PublicKey";

/// Order, number and wrapping of the certificates.
pub const FILES: &[Row] = &[
    (
        "intermediate alone",
        Takes,
        told(&["BUNDLE-ROOT"], &[]),
        |m| m.own(),
    ),
    ("intermediate and root", Takes, GOOD, |m| m.good()),
    ("root first", Takes, ORDER, |m| m.above() + &m.own()),
    ("root twice", Takes, CONTAINER, |m| {
        let root = m.above();
        m.own() + &root + &root
    }),
    ("with an unrelated CA", Takes, ORDER, |m| {
        m.own() + &stranger()
    }),
    ("three tiers", Takes, GOOD, |m| m.tiers(&[0, 1, 2])),
    ("three tiers, the upper two exchanged", Takes, ORDER, |m| {
        m.tiers(&[0, 2, 1])
    }),
    ("three tiers from the root down", Takes, ORDER, |m| {
        m.tiers(&[2, 1, 0])
    }),
    ("three tiers without the middle", Takes, ORDER, |m| {
        m.tiers(&[0, 2])
    }),
    (
        "root alone",
        Keyless,
        told(&["BUNDLE-ORDER", "BUNDLE-REQUEST"], &[]),
        |m| m.above(),
    ),
    ("no newline at the end", Takes, GOOD, |m| {
        m.good().trim_end().to_owned()
    }),
    ("CRLF", Takes, GOOD, |m| m.good().replace('\n', "\r\n")),
    ("text before and between", Takes, GOOD, |m| {
        format!(
            "Certificate:\n    Data:\n{}# the root\n{}",
            m.own(),
            m.above()
        )
    }),
    ("bag attributes", Takes, GOOD, |m| {
        format!(
            "Bag Attributes\n    localKeyID: 01\nsubject=CN = I\n{}",
            m.good()
        )
    }),
    ("headers of RFC 1421", Takes, CONTAINER, |m| {
        m.good().replacen(
            "CERTIFICATE-----\n",
            "CERTIFICATE-----\nComment: ours\n\n",
            1,
        )
    }),
    ("label X509 CERTIFICATE", Takes, GOOD, |m| {
        m.good().replace(" CERTIFICATE", " X509 CERTIFICATE")
    }),
    ("each body on one line", Takes, GOOD, |m| {
        on_one_line(&m.good())
    }),
    ("with a CRL", Takes, CONTAINER, |m| {
        m.good() + &pem::encode("X509 CRL", &[0x30, 0])
    }),
    (
        "text after the last block",
        Refuses(BAD_PEM),
        CONTAINER,
        |m| m.good() + "# end\n",
    ),
    // The first block is lost without a word: Go finds no frame at the line's beginning.
    ("byte order mark", Keyless, CONTAINER, |m| {
        format!("\u{feff}{}", m.good())
    }),
    ("indented", Refuses(BAD_PEM), CONTAINER, |m| {
        m.good().lines().map(|line| format!("  {line}\n")).collect()
    }),
    (
        "line feeds written as two characters",
        Refuses(BAD_PEM),
        CONTAINER,
        |m| m.good().replace('\n', "\\n"),
    ),
    ("bare base64", Refuses(BAD_PEM), CONTAINER, |m| {
        let body = m.own();
        body.lines()
            .filter(|line| !line.contains("-----"))
            .collect()
    }),
    (
        "END and BEGIN on one line",
        Refuses(BAD_PEM),
        CONTAINER,
        |m| m.own().trim_end().to_owned() + &m.above(),
    ),
    ("with a private key", Refuses(KEYS), CONTAINER, |m| {
        m.good() + &pem::encode("PRIVATE KEY", &[0x30, 0])
    }),
    ("with a request", Refuses(KEYS), CONTAINER, |m| {
        m.good() + &m.csr
    }),
    ("with PKCS #7", Refuses(KEYS), CONTAINER, |m| {
        m.good() + &pem::encode("PKCS7", &[0x30, 0])
    }),
    (
        "openssl's trusted certificate",
        Refuses(KEYS),
        CONTAINER,
        |m| m.good().replace(" CERTIFICATE", " TRUSTED CERTIFICATE"),
    ),
    (
        "a path in place of its file",
        Refuses("too short"),
        CONTAINER,
        |_| "/media/stick/bundle.pem".to_owned(),
    ),
    ("empty", Refuses("parameters were empty"), CONTAINER, |_| {
        String::new()
    }),
    (
        "two certificates over the request's key",
        Warns("multiple certs matching keys"),
        ORDER,
        |m| m.own() + &m.own_with(|own| own.serial[5] = 7) + &m.above(),
    ),
];

/// What a certificate says.
pub const CERTIFICATES: &[Row] = &[
    (
        "another key",
        Keyless,
        told(&["BUNDLE-REQUEST"], &[]),
        |m| {
            let other = Signer::p256();
            block(&Draft::below(&m.root, &other).sign(&m.root)) + &m.above()
        },
    ),
    ("signature damaged", Takes, LINK, |m| {
        let mut der = m.below().sign(&m.root);
        *der.last_mut().unwrap() ^= 1;
        block(&der) + &m.above()
    }),
    ("expired", Takes, DATES, |m| {
        m.with(|own, _| dates(own, "2020-01-01", "2021-01-01"))
    }),
    ("not yet valid", Takes, DATES, |m| {
        m.with(|own, _| dates(own, "2058-01-01", "2059-01-01"))
    }),
    ("outlives the root", Takes, LINK, |m| {
        m.with(|own, _| dates(own, "2020-01-01", "2060-01-02"))
    }),
    (
        "no key usage",
        Warns(NO_CRL),
        told(&["CERT-KEY-USAGE", "BUNDLE-VAULT"], &[]),
        |m| m.with(|own, _| own.remove(15)),
    ),
    (
        "no cRLSign",
        Warns(NO_CRL),
        told(&["BUNDLE-VAULT"], &["CERT-KEY-USAGE"]),
        |m| m.with(|own, _| own.replace(15, key_usage(&[KeyUsage::KeyCertSign]))),
    ),
    (
        "no keyCertSign",
        Takes,
        told(&["CERT-KEY-USAGE"], &[]),
        |m| m.with(|own, _| own.replace(15, key_usage(&[KeyUsage::CrlSign]))),
    ),
    (
        "basic constraints not critical",
        Takes,
        told(&["CERT-CONSTRAINTS"], &[]),
        |m| m.with(|own, _| own.replace(19, standard(19, false, &[0x30, 3, 1, 1, 0xff]))),
    ),
    (
        "key usage not critical",
        Takes,
        told(&[], &["CERT-KEY-USAGE"]),
        |m| m.with(|own, _| own.replace(15, standard(15, false, &[3, 2, 1, 6]))),
    ),
    (
        "codeSigning alone",
        Takes,
        told(&[], &["CERT-EXTENDED-USAGE"]),
        |m| m.with(|own, _| own.replace(37, purposes(&["1.3.6.1.5.5.7.3.3"]))),
    ),
    ("serverAuth and clientAuth", Takes, GOOD, |m| {
        let both = ["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"];
        m.with(|own, _| own.replace(37, purposes(&both)))
    }),
    ("path length 0", Takes, GOOD, |m| {
        m.with(|own, _| own.replace(19, length(0)))
    }),
    ("path length 1", Takes, GOOD, |m| {
        m.with(|own, _| own.replace(19, length(1)))
    }),
    ("root with path length 0", Takes, LINK_AND_ROOT, |m| {
        m.with(|own, root| {
            own.replace(19, length(0));
            root.replace(19, length(0));
        })
    }),
    (
        "no SKI",
        Warns("ebuilding the CRL failed"),
        told(&["CERT-KEY-IDS", "BUNDLE-LINK"], &[]),
        |m| m.with(|own, _| own.remove(14)),
    ),
    ("no AKI", Takes, LINK, |m| m.with(|own, _| own.remove(35))),
    ("another AKI", Takes, LINK, |m| {
        let id = encode_extension::authority_key_identifier(&[7; 20]).unwrap();
        m.with(|own, _| own.replace(35, id.clone()))
    }),
    (
        "name constraints",
        Takes,
        told(&[], &["BUNDLE-VAULT"]),
        |m| {
            let names = [0x30, 7, 0xa0, 5, 0x30, 3, 0x82, 1, b'a'];
            m.with(|own, _| own.replace(30, standard(30, true, &names)))
        },
    ),
    (
        "unknown critical extension",
        Takes,
        told(&["CERT-EXTENSIONS"], &[]),
        |m| m.with(|own, _| own.extensions.push(extension(&[0x2a, 3, 4], true, &[5, 0]))),
    ),
    ("serial 0", Takes, SERIAL, |m| {
        m.with(|own, _| own.serial = vec![2, 1, 0])
    }),
    ("serial of 21 octets", Takes, SERIAL, |m| {
        m.with(|own, _| own.serial = [&[2, 21][..], &[0x41; 21]].concat())
    }),
    (
        "negative serial",
        Refuses("negative serial number"),
        SERIAL,
        |m| m.with(|own, _| own.serial = vec![2, 1, 0x85]),
    ),
    (
        "another subject",
        Takes,
        told(&[], &["BUNDLE-REQUEST"]),
        |m| m.with(|own, _| own.subject = crate::made::name("Issuing CA 2")),
    ),
    (
        "empty subject",
        Takes,
        told(&["CERT-NAMES"], &["BUNDLE-REQUEST"]),
        |m| m.with(|own, _| own.subject = vec![0x30, 0]),
    ),
    ("issuer in another string type", Takes, ORDER, |m| {
        m.with(|own, _| own.issuer = as_printable(&own.issuer))
    }),
    (
        "CA:FALSE",
        Refuses(NO_CA),
        told(&["CERT-CONSTRAINTS"], &[]),
        |m| m.with(|own, _| own.replace(19, standard(19, true, &[0x30, 0]))),
    ),
    (
        "no basic constraints",
        Refuses(NO_CA),
        told(&["CERT-CONSTRAINTS"], &[]),
        |m| m.with(|own, _| own.remove(19)),
    ),
    (
        "version 1",
        Refuses(NO_CA),
        told(&["CERT-VERSION"], &[]),
        |m| {
            m.with(|own, _| {
                own.version.clear();
                own.extensions.clear();
            })
        },
    ),
    (
        "octets after the DER",
        Refuses("trailing data"),
        told(&["CERT-DER"], &[]),
        |m| block(&[m.below().sign(&m.root), vec![0]].concat()) + &m.above(),
    ),
];

const LINK_AND_ROOT: Told = told(&["BUNDLE-LINK"], &["CERT-CONSTRAINTS"]);
const NO_CRL: &str = "CRL Signing KeyUsage";

/// Keys and algorithms of the root.
pub const ROOTS: &[Row] = &[
    ("P-384", Takes, GOOD, |m| {
        m.under(RootKey::P384, SignatureAlgorithm::EcdsaSha384)
    }),
    ("P-521", Takes, GOOD, |m| {
        m.under(RootKey::P521, SignatureAlgorithm::EcdsaSha512)
    }),
    ("Ed25519", Takes, GOOD, |m| {
        m.under(RootKey::Ed25519, SignatureAlgorithm::Ed25519)
    }),
    ("RSA 4096", Takes, GOOD, |m| {
        m.under(RootKey::Rsa4096, SignatureAlgorithm::RsaSha512)
    }),
    ("RSA 4096 with PSS", Takes, GOOD, |m| {
        m.under(RootKey::Rsa4096, SignatureAlgorithm::PssSha256)
    }),
    ("RSA 2048", Takes, told(&[], &["CERT-KEY"]), |m| {
        m.by_openssl("RSA -pkeyopt rsa_keygen_bits:2048", "-sha256")
    }),
    (
        "secp256k1",
        Refuses("unsupported elliptic curve"),
        KEY,
        |m| m.by_openssl("EC -pkeyopt ec_paramgen_curve:secp256k1", "-sha256"),
    ),
    (
        "brainpoolP256r1",
        Refuses("unsupported elliptic curve"),
        KEY,
        |m| m.by_openssl("EC -pkeyopt ec_paramgen_curve:brainpoolP256r1", "-sha256"),
    ),
    ("Ed448", Refuses(UNREAD), KEY, |m| m.by_openssl("ED448", "")),
    ("typed id-RSASSA-PSS", Refuses(UNREAD), KEY, |m| {
        m.by_openssl("RSA-PSS -pkeyopt rsa_keygen_bits:2048", "-sha256")
    }),
    ("SHA-1", Takes, HASH, |m| {
        m.by_openssl("EC -pkeyopt ec_paramgen_curve:P-256", "-sha1")
    }),
    ("SHA-224", Takes, HASH, |m| {
        m.by_openssl("EC -pkeyopt ec_paramgen_curve:P-256", "-sha224")
    }),
];
