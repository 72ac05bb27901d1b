//! CA certificates of others, each with one thing about it.

use anchorite::check::CheckId as Id;
use anchorite::check::certificate::{CertificateContext, certificate};
use anchorite::check::{Finding, Outcome};
use anchorite::x509::extension::KeyUsage;
use anchorite::x509::extension_encode as extensions;
use anchorite::x509::pem;
use anchorite::x509::public_key::SignatureAlgorithm;
use anchorite::x509::tlv::{context, encode, sequence};
use der::Tag;

use crate::made::{Draft, Signer, extension, key_usage, name, standard};
use crate::{Case, findings};

const FAIL: Outcome = Outcome::Fail;
const NOTICE: Outcome = Outcome::Notice;
const PASS: Outcome = Outcome::Pass;

type Change = fn(&mut Draft);

pub(crate) fn judge(der: &[u8], context: &CertificateContext<'_>) -> Vec<Finding> {
    findings(certificate(der, context))
}

pub fn cases() -> Vec<Case> {
    let mut cases = containers();
    cases.extend(alone());
    cases
}

fn containers() -> Vec<Case> {
    let signer = Signer::p256();
    let der = Draft::root(&signer).sign(&signer);
    let one = pem::encode("CERTIFICATE", &der);
    let key = pem::encode("PRIVATE KEY", &[0x30, 0]);
    let mut trailing = der.clone();
    trailing.push(0);
    let mut large = Draft::root(&signer);
    large
        .extensions
        .push(extension(&[0x2a, 3, 4], false, &[0; 17_000]));
    let check = |bytes: &[u8]| judge(bytes, &CertificateContext::alone("root.pem"));
    let case = |id, wanted, name, bytes: &[u8]| Case::new(id, wanted, name, check(bytes));
    vec![
        case(Id::CertificateSize, PASS, "a real one", &der),
        case(Id::CertificateSize, FAIL, "17 KiB", &large.sign(&signer)),
        case(Id::CertificateSize, FAIL, "70 KB", &[b'A'; 70_000]),
        case(Id::CertificatePrivateKey, PASS, "PEM", one.as_bytes()),
        case(
            Id::CertificatePrivateKey,
            FAIL,
            "with its key",
            format!("{one}{key}").as_bytes(),
        ),
        case(Id::CertificateContainer, PASS, "PEM", one.as_bytes()),
        case(
            Id::CertificateContainer,
            FAIL,
            "two",
            format!("{one}{one}").as_bytes(),
        ),
        case(Id::CertificateDer, PASS, "DER", &der),
        case(Id::CertificateDer, FAIL, "an octet after it", &trailing),
        case(Id::CertificateDer, FAIL, "another SEQUENCE", &[0x30, 0]),
    ]
}

/// Roots that are judged alone.
fn alone() -> Vec<Case> {
    let table: &[(Id, Outcome, &'static str, Change)] = &[
        (
            Id::CertificateExtensions,
            FAIL,
            "padding inside an extension",
            |d| {
                d.replace(19, standard(19, true, &[0x30, 0x81, 3, 1, 1, 0xff]));
            },
        ),
        (Id::CertificateDer, FAIL, "TRUE as 1", |d| {
            let oid = [6, 3, 0x55, 0x1d, 19];
            d.replace(
                19,
                sequence(&[&oid, &[1, 1, 1], &[4, 5, 0x30, 3, 1, 1, 0xff]]),
            );
        }),
        (Id::CertificateVersion, PASS, "version 3", |_| {}),
        (Id::CertificateVersion, FAIL, "version 1", |d| {
            d.version.clear();
            d.extensions.clear();
        }),
        (Id::CertificateVersion, FAIL, "version 2", |d| {
            d.version = encode(context(0), &[&[2, 1, 1]]);
        }),
        (Id::CertificateSerial, PASS, "20 octets", |d| {
            d.serial = [&[2, 20, 0x7f][..], &[0x5a; 19]].concat();
        }),
        (Id::CertificateSerial, FAIL, "21 octets", |d| {
            d.serial = [&[2, 21, 0, 0x80][..], &[0x5a; 19]].concat();
        }),
        (Id::CertificateSerial, FAIL, "zero", |d| {
            d.serial = vec![2, 1, 0]
        }),
        (Id::CertificateSerial, FAIL, "negative", |d| {
            d.serial = vec![2, 8, 0x80, 1, 2, 3, 4, 5, 6, 7];
        }),
        (Id::CertificateSerial, NOTICE, "7 octets", |d| {
            d.serial = vec![2, 7, 1, 2, 3, 4, 5, 6, 7];
        }),
        (Id::CertificateSerial, NOTICE, "counted", |d| {
            d.serial = vec![2, 9, 1, 0, 0, 0, 0, 0, 0, 0, 7];
        }),
        (Id::CertificateAlgorithm, PASS, "ECDSA, SHA-256", |_| {}),
        (Id::CertificateAlgorithm, FAIL, "two algorithms", |d| {
            d.outer = SignatureAlgorithm::EcdsaSha384.to_der();
        }),
        (Id::CertificateAlgorithm, FAIL, "NULL after ECDSA", |d| {
            d.algorithm.splice(
                ..,
                sequence(&[&[6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2], &[5, 0]]),
            );
            d.outer = d.algorithm.clone();
        }),
        (Id::CertificateAlgorithm, FAIL, "SHA-1", |d| {
            d.algorithm = sequence(&[&[6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 1]]);
            d.outer = d.algorithm.clone();
        }),
        (
            Id::CertificateAlgorithm,
            FAIL,
            "RSA's under an EC key",
            |d| {
                d.algorithm = SignatureAlgorithm::RsaSha256.to_der();
                d.outer = d.algorithm.clone();
            },
        ),
        (Id::CertificateKey, PASS, "P-256", |_| {}),
        (Id::CertificateKey, FAIL, "a point beside the curve", |d| {
            *d.spki.last_mut().unwrap() ^= 1;
        }),
        (Id::CertificateNames, PASS, "a common name", |_| {}),
        (Id::CertificateNames, FAIL, "no subject", |d| {
            d.subject = vec![0x30, 0];
        }),
        (Id::CertificateNames, FAIL, "a bidi mark", |d| {
            d.subject = name("Old\u{202e}Root");
            d.issuer = d.subject.clone();
        }),
        (Id::CertificateNames, NOTICE, "Cyrillic", |d| {
            d.subject = name("\u{41a}\u{43e}\u{440}\u{435}\u{43d}\u{44c}");
            d.issuer = d.subject.clone();
        }),
        (Id::CertificateValidity, PASS, "to 2060", |_| {}),
        (Id::CertificateValidity, FAIL, "backwards", |d| {
            d.dates(b"\x17\x0d200101000000Z", b"\x17\x0d190101000000Z");
        }),
        (Id::CertificateValidity, FAIL, "no seconds", |d| {
            d.dates(b"\x17\x0b2001010000Z", b"\x17\x0d300101000000Z");
        }),
        (
            Id::CertificateValidity,
            FAIL,
            "GeneralizedTime for 2030",
            |d| {
                d.dates(b"\x17\x0d200101000000Z", b"\x18\x0f20300101000000Z");
            },
        ),
        (Id::CertificateUniqueIds, PASS, "none", |_| {}),
        (Id::CertificateUniqueIds, FAIL, "an issuerUniqueID", |d| {
            d.unique = vec![0x81, 2, 0, 7];
        }),
        (Id::CertificateConstraints, PASS, "CA", |_| {}),
        (Id::CertificateConstraints, PASS, "path length 3", |d| {
            d.replace(19, extensions::basic_constraints(Some(3)).unwrap());
        }),
        (Id::CertificateConstraints, FAIL, "none", |d| d.remove(19)),
        (Id::CertificateConstraints, FAIL, "not critical", |d| {
            d.replace(19, standard(19, false, &[0x30, 3, 1, 1, 0xff]));
        }),
        (Id::CertificateConstraints, FAIL, "not a CA", |d| {
            d.replace(19, standard(19, true, &[0x30, 0]));
        }),
        (
            Id::CertificateKeyUsage,
            PASS,
            "with digitalSignature",
            |d| {
                let usages = [
                    KeyUsage::DigitalSignature,
                    KeyUsage::KeyCertSign,
                    KeyUsage::CrlSign,
                ];
                d.replace(15, key_usage(&usages));
            },
        ),
        (Id::CertificateKeyUsage, FAIL, "none", |d| d.remove(15)),
        (Id::CertificateKeyUsage, FAIL, "cRLSign alone", |d| {
            d.replace(15, key_usage(&[KeyUsage::CrlSign]));
        }),
        (Id::CertificateKeyUsage, NOTICE, "without cRLSign", |d| {
            d.replace(15, key_usage(&[KeyUsage::KeyCertSign]));
        }),
        (Id::CertificateKeyUsage, NOTICE, "not critical", |d| {
            d.replace(15, standard(15, false, &[3, 2, 1, 6]));
        }),
    ];
    let signer = Signer::p256();
    let mut cases: Vec<Case> = table
        .iter()
        .chain(more_extensions())
        .map(|&(id, wanted, name, change)| {
            let mut draft = Draft::root(&signer);
            change(&mut draft);
            let found = judge(&draft.sign(&signer), &CertificateContext::alone("root.pem"));
            Case::new(id, wanted, name, found)
        })
        .collect();
    let mut broken = Draft::root(&signer).sign(&signer);
    let at = broken
        .windows(8)
        .position(|part| part == b"Old Root")
        .unwrap();
    broken[at] = b'o';
    let at = broken
        .windows(8)
        .position(|part| part == b"Old Root")
        .unwrap();
    broken[at] = b'o';
    let found = judge(&broken, &CertificateContext::alone("root.pem"));
    cases.push(Case::new(
        Id::CertificateSignature,
        FAIL,
        "one letter changed",
        found,
    ));
    cases
}

/// A general subtree of one name, permitted.
fn permitted(name: &[u8], more: &[u8]) -> Vec<u8> {
    let list = encode(context(0), &[&sequence(&[name, more])]);
    standard(30, true, &sequence(&[&list]))
}

pub(crate) fn purposes(critical: bool, last: &[&[u8]]) -> Vec<u8> {
    let list: Vec<Vec<u8>> = last
        .iter()
        .map(|oid| encode(Tag::ObjectIdentifier, &[oid]))
        .collect();
    standard(37, critical, &crate::made::list(&list))
}

pub(crate) const SERVER: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 1];
pub(crate) const CLIENT: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 2];
const CODE: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 3];
const ANY: &[u8] = &[0x55, 0x1d, 0x25, 0];

fn more_extensions() -> &'static [(Id, Outcome, &'static str, Change)] {
    &[
        (Id::CertificateExtendedUsage, PASS, "none", |_| {}),
        (
            Id::CertificateExtendedUsage,
            PASS,
            "server and client",
            |d| {
                d.extensions.push(purposes(false, &[SERVER, CLIENT]));
            },
        ),
        (Id::CertificateExtendedUsage, NOTICE, "any", |d| {
            d.extensions.push(purposes(false, &[ANY]));
        }),
        (Id::CertificateExtendedUsage, NOTICE, "critical", |d| {
            d.extensions.push(purposes(true, &[SERVER]));
        }),
        (
            Id::CertificateExtendedUsage,
            NOTICE,
            "codeSigning alone",
            |d| {
                d.extensions.push(purposes(false, &[CODE]));
            },
        ),
        (Id::CertificateExtendedUsage, FAIL, "twice the same", |d| {
            d.extensions.push(purposes(false, &[SERVER, SERVER]));
        }),
        (Id::CertificateNameConstraints, PASS, "a DNS name", |d| {
            d.extensions.push(permitted(b"\x82\x04a.de", b""));
        }),
        (Id::CertificateNameConstraints, FAIL, "a leading dot", |d| {
            d.extensions.push(permitted(b"\x82\x05.a.de", b""));
        }),
        (
            Id::CertificateNameConstraints,
            FAIL,
            "a directoryName",
            |d| {
                let name = encode(context(4), &[&name("Acme")]);
                d.extensions.push(permitted(&name, b""));
            },
        ),
        (
            Id::CertificateNameConstraints,
            FAIL,
            "a registeredID",
            |d| {
                d.extensions.push(permitted(b"\x88\x03\x2a\x03\x04", b""));
            },
        ),
        (Id::CertificateNameConstraints, FAIL, "minimum 0", |d| {
            d.extensions
                .push(permitted(b"\x82\x04a.de", b"\x80\x01\x00"));
        }),
        (Id::CertificateNameConstraints, FAIL, "not critical", |d| {
            let mut one = permitted(b"\x82\x04a.de", b"");
            one.splice(7..10, []);
            one[1] -= 3;
            d.extensions.push(one);
        }),
        (Id::CertificateExtensions, PASS, "ours", |_| {}),
        (Id::CertificateExtensions, FAIL, "one twice", |d| {
            let again = d.extensions[0].clone();
            d.extensions.push(again);
        }),
        (
            Id::CertificateExtensions,
            FAIL,
            "unknown and critical",
            |d| {
                d.extensions.push(extension(&[0x2a, 3, 4], true, &[5, 0]));
            },
        ),
        (Id::CertificateExtensions, NOTICE, "unknown", |d| {
            d.extensions.push(extension(&[0x2a, 3, 4], false, &[5, 0]));
        }),
        (
            Id::CertificateExtensions,
            NOTICE,
            "Netscape's comment",
            |d| {
                let oid = [0x60, 0x86, 0x48, 1, 0x86, 0xf8, 0x42, 1, 13];
                d.extensions.push(extension(&oid, false, b"\x16\x02hi"));
            },
        ),
        (Id::CertificateExtensions, NOTICE, "inhibitAnyPolicy", |d| {
            d.extensions.push(standard(54, true, &[2, 1, 0]));
        }),
        (
            Id::CertificateExtensions,
            FAIL,
            "a critical key identifier",
            |d| {
                d.replace(14, standard(14, true, &[4, 2, 1, 2]));
            },
        ),
        (Id::CertificateExtensions, FAIL, "FALSE written out", |d| {
            let oid = [6, 3, 0x55, 0x1d, 14];
            d.replace(14, sequence(&[&oid, &[1, 1, 0], &[4, 4, 4, 2, 1, 2]]));
        }),
        (
            Id::CertificateExtensions,
            FAIL,
            "octets after the value",
            |d| {
                d.replace(14, standard(14, false, &[4, 2, 1, 2, 0]));
            },
        ),
        (Id::CertificateKeyIds, PASS, "32 octets", |d| {
            d.replace(14, extensions::subject_key_identifier(&[7; 32]).unwrap());
        }),
        (
            Id::CertificateKeyIds,
            FAIL,
            "no subject key identifier",
            |d| {
                d.remove(14);
            },
        ),
        (Id::CertificateKeyIds, FAIL, "another issuer's key", |d| {
            let other = extensions::authority_key_identifier(&[7; 20]).unwrap();
            d.extensions.push(other);
        }),
        (
            Id::CertificateKeyIds,
            NOTICE,
            "issuer and serial too",
            |d| {
                d.replace(14, extensions::subject_key_identifier(&[7; 2]).unwrap());
                let issuer = encode(context(1), &[&encode(context(4), &[&name("Old Root")])]);
                let value = sequence(&[&[0x80, 2, 7, 7], &issuer, &[0x82, 1, 5]]);
                d.extensions.push(standard(35, false, &value));
            },
        ),
        (Id::CertificateSignature, PASS, "its own", |_| {}),
        (Id::CertificateIssuer, PASS, "itself", |_| {}),
    ]
}
