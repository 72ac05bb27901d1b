//! The CRL after a ceremony's own: it names the intermediates. Its body is built here and
//! signed by the kept token, which another PKCS#11 program asks: the tool revokes nothing yet.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anchorite::plan::profile::crl_extensions;
use anchorite::x509::algorithm::SignatureAlgorithm;
use anchorite::x509::certificate::Certificate;
use anchorite::x509::crl::Crl;
use anchorite::x509::pem;
use anchorite::x509::public_key::PublicKey;
use anchorite::x509::root;
use anchorite::x509::serial::Serial;
use anchorite::x509::tbs::signed_object;
use anchorite::x509::time::UtcTime;
use anchorite::x509::tlv::{SEQUENCE, context, encode, sequence, sequence_of};

use crate::common::real::{Stage, softhsm, stderr};

/// `reasonCode` keyCompromise as an Extension (RFC 5280 5.3.1).
const KEY_COMPROMISE: [u8; 12] = [0x30, 10, 6, 3, 0x55, 0x1d, 0x15, 4, 3, 10, 1, 1];

/// Writes the CRL that revokes these certificates of the root in `out`.
pub fn make(stage: &Stage, folder: &str, out: &Path, certificates: &[PathBuf]) -> PathBuf {
    let root = Certificate::from_file(&fs::read(out.join("root.pem")).unwrap()).unwrap();
    let algorithm = root::algorithm_of(&root).unwrap();
    let last = Crl::from_der(&fs::read(out.join("root.crl.der")).unwrap()).unwrap();
    let mut serials: Vec<Serial> = certificates
        .iter()
        .map(|path| Certificate::from_file(&fs::read(path).unwrap()).unwrap())
        .map(|certificate| certificate.fields.serial)
        .collect();
    serials.sort_by(|a, b| a.octets().cmp(b.octets()));
    let tbs = body_after(&last, &serials);
    let signature = sign(stage, folder, algorithm, &tbs);
    let key = PublicKey::from_spki(&root.fields.spki).unwrap();
    assert!(key.verifies(algorithm, &tbs, &signature), "{folder}");
    let der = signed_object(&tbs, algorithm, &signature);
    let path = stage.path(&format!("{folder}/revoking.crl"));
    fs::write(&path, pem::encode("X509 CRL", &der)).unwrap();
    path
}

/// One number higher, and at least a second later: NSS refuses another CRL of one second.
fn body_after(last: &Crl, serials: &[Serial]) -> Vec<u8> {
    std::thread::sleep(Duration::from_millis(1100));
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let now = UtcTime::from_unix(i64::try_from(now.as_secs()).unwrap()).to_der();
    let entry =
        |serial: &Serial| sequence(&[&serial.to_der(), &now, &sequence(&[&KEY_COMPROMISE])]);
    let entries: Vec<Vec<u8>> = serials.iter().map(entry).collect();
    let authority = last.fields.authority_key_identifier().unwrap();
    let extensions = crl_extensions(&authority, last.fields.number().unwrap() + 1).unwrap();
    let parts = |list: &[Vec<u8>]| {
        encode(
            SEQUENCE,
            &list.iter().map(Vec::as_slice).collect::<Vec<_>>(),
        )
    };
    let head = sequence_of(&last.tbs, "TBSCertList").unwrap();
    let [version, algorithm, issuer, _, next_update, ..] = head.as_slice() else {
        panic!("a TBSCertList has more fields");
    };
    sequence(&[
        version.raw,
        algorithm.raw,
        issuer.raw,
        &now,
        next_update.raw,
        &parts(&entries),
        &encode(context(0), &[&parts(&extensions)]),
    ])
}

fn sign(stage: &Stage, folder: &str, algorithm: SignatureAlgorithm, tbs: &[u8]) -> Vec<u8> {
    use SignatureAlgorithm as A;
    let hash = algorithm.hash();
    let (octets, bits) = (hash.octets(), hash.octets() * 8);
    let (input, mechanism) = match algorithm {
        A::EcdsaSha256 | A::EcdsaSha384 | A::EcdsaSha512 => (
            hash.hash(tbs),
            "ECDSA --signature-format openssl".to_owned(),
        ),
        A::Ed25519 => (tbs.to_vec(), "EDDSA".to_owned()),
        _ if algorithm.is_pss() => (
            hash.hash(tbs),
            format!(
                "RSA-PKCS-PSS --hash-algorithm SHA{bits} --mgf MGF1-SHA{bits} \
                 --salt-len {octets}"
            ),
        ),
        _ => (tbs.to_vec(), format!("SHA{bits}-RSA-PKCS")),
    };
    fs::write(stage.path(&format!("{folder}/body")), input).unwrap();
    let module = softhsm();
    let line = format!(
        "--module {module} --login --pin rehearsal --sign --mechanism {mechanism} \
         --input-file body --output-file signature"
    );
    let output = stage
        .command("pkcs11-tool")
        .args(line.split_whitespace())
        .current_dir(stage.path(folder))
        .env(
            "SOFTHSM2_CONF",
            stage.path(&format!("{folder}/kept/softhsm2.conf")),
        )
        .output()
        .unwrap();
    assert!(output.status.success(), "{line}: {}", stderr(&output));
    fs::read(stage.path(&format!("{folder}/signature"))).unwrap()
}
