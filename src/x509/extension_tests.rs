//! What one library writes the other reads; what is not DER is refused.

use super::super::extension_encode::*;
use super::super::name_constraints::Subtree;
use super::super::network::Network;
use super::super::tlv::sequence;
use super::*;
use der::oid::ObjectIdentifier;

fn read(raw: &[u8]) -> ExtensionValue {
    let list = Extension::list(&sequence(&[raw])).unwrap();
    list[0].read().unwrap()
}

#[test]
fn what_one_library_writes_the_other_reads() {
    let id = vec![7; 20];
    assert_eq!(
        read(&authority_key_identifier(&id).unwrap()),
        ExtensionValue::AuthorityKeyIdentifier(Some(id.clone()), false)
    );
    assert_eq!(
        read(&subject_key_identifier(&id).unwrap()),
        ExtensionValue::SubjectKeyIdentifier(id)
    );
    let usages = vec![
        KeyUsage::DigitalSignature,
        KeyUsage::KeyCertSign,
        KeyUsage::CrlSign,
    ];
    assert_eq!(
        read(&key_usage(&usages).unwrap()),
        ExtensionValue::KeyUsage(usages)
    );
    let oids = vec![
        "1.3.6.1.5.5.7.3.1".to_owned(),
        "1.3.6.1.5.5.7.3.2".to_owned(),
    ];
    assert_eq!(
        read(&extended_key_usage(&oids).unwrap()),
        ExtensionValue::ExtendedKeyUsage(oids)
    );
    for path_length in [None, Some(0), Some(2)] {
        assert_eq!(
            read(&basic_constraints(path_length).unwrap()),
            ExtensionValue::BasicConstraints {
                ca: true,
                path_length: path_length.map(u32::from)
            }
        );
    }
    let url = "http://pki.example/root.crl";
    assert_eq!(
        read(&crl_distribution_point(url).unwrap()),
        ExtensionValue::CrlDistributionPoints(vec![url.to_owned()])
    );
    assert_eq!(
        read(&authority_info_access(Some(url), None).unwrap()),
        ExtensionValue::AuthorityInfoAccess(vec![(CA_ISSUERS.to_owned(), url.to_owned())])
    );
    let constraints = NameConstraints {
        permitted: vec![
            Subtree::Dns("svc.example".to_owned()),
            Subtree::Ip(Network::parse("10.0.0.0/8").unwrap()),
            Subtree::Email("ops@svc.example".to_owned()),
            Subtree::Uri(".svc.example".to_owned()),
        ],
        excluded: vec![Subtree::Ip(Network::ALL_V6)],
    };
    assert_eq!(
        read(&name_constraints(&constraints).unwrap()),
        ExtensionValue::NameConstraints(constraints)
    );
    let policies = [None, Some(url.to_owned())].map(|cps| CertificatePolicy {
        oid: if cps.is_some() {
            "2.5.29.32.0"
        } else {
            "1.2.3"
        }
        .to_owned(),
        cps,
        more: false,
    });
    assert_eq!(
        read(&certificate_policies(&policies).unwrap()),
        ExtensionValue::CertificatePolicies(policies.to_vec())
    );
    for number in [0, 1, 127, 128, u64::MAX] {
        match read(&crl_number(number)) {
            ExtensionValue::CrlNumber(read) => assert_eq!(read.to_u64(), Some(number)),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn twice_the_same_extension_is_refused() {
    let one = crl_number(1);
    assert!(Extension::list(&sequence(&[&one, &one])).is_err());
}

#[test]
fn false_written_out_is_not_der() {
    let raw = sequence(&[
        &oid::der(ObjectIdentifier::new_unwrap("2.5.29.14")),
        &tlv::encode(Tag::Boolean, &[&[0]]),
        &tlv::encode(Tag::OctetString, &[&[4, 0]]),
    ]);
    assert!(Extension::list(&sequence(&[&raw])).is_err());
}
