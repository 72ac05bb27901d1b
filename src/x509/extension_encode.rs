//! Extensions written: with `x509-cert`'s types, so that `extension`'s reader, which is
//! `x509-parser`'s, does not make the same mistake twice.

use der::asn1::Any;
use der::asn1::{Ia5String, ObjectIdentifier, OctetString};
use der::flagset::FlagSet;
use der::{Encode, Tag};
use x509_cert::ext::pkix::certpolicy::{PolicyInformation, PolicyQualifierInfo};
use x509_cert::ext::pkix::constraints::name::GeneralSubtree;
use x509_cert::ext::pkix::name::{DistributionPointName, GeneralName};
use x509_cert::ext::pkix::{
    AccessDescription, AuthorityInfoAccessSyntax, AuthorityKeyIdentifier, BasicConstraints,
    CertificatePolicies, CrlDistributionPoints, ExtendedKeyUsage, KeyUsage as KeyUsageBits,
    KeyUsages, NameConstraints as NameConstraintsValue, SubjectKeyIdentifier,
    crl::dp::DistributionPoint,
};

use super::certificate_policy::{CPS, CertificatePolicy};
use super::crl::REASON;
use super::extension::{CA_ISSUERS, CERTIFICATE_POLICIES, CRL_NUMBER, NAME_CONSTRAINTS, OCSP};
use super::key_usage::KeyUsage;
use super::name_constraints::{NameConstraints, Subtree};
use super::oid;
use super::reason::RevocationReason;
use super::time::UtcTime;
use super::tlv::{self, DerError, sequence};

/// An Extension, DER: OID, TRUE only when critical, value.
fn extension(oid: &str, critical: bool, value: &[u8]) -> Vec<u8> {
    let oid = ObjectIdentifier::new(oid).map(oid::der).unwrap_or_default();
    let flag = if critical {
        tlv::encode(Tag::Boolean, &[&[0xff]])
    } else {
        Vec::new()
    };
    sequence(&[&oid, &flag, &tlv::encode(Tag::OctetString, &[value])])
}

/// authorityKeyIdentifier with the key identifier alone (RFC 5280 4.2.1.1).
pub fn authority_key_identifier(key_identifier: &[u8]) -> Result<Vec<u8>, DerError> {
    let value = AuthorityKeyIdentifier {
        key_identifier: Some(OctetString::new(key_identifier)?),
        authority_cert_issuer: None,
        authority_cert_serial_number: None,
    };
    Ok(extension("2.5.29.35", false, &value.to_der()?))
}

/// subjectKeyIdentifier (RFC 5280 4.2.1.2).
pub fn subject_key_identifier(key_identifier: &[u8]) -> Result<Vec<u8>, DerError> {
    let value = SubjectKeyIdentifier(OctetString::new(key_identifier)?);
    Ok(extension("2.5.29.14", false, &value.to_der()?))
}

/// keyUsage, critical (RFC 5280 4.2.1.3).
pub fn key_usage(usages: &[KeyUsage]) -> Result<Vec<u8>, DerError> {
    let mut bits: FlagSet<KeyUsages> = FlagSet::default();
    for bit in usages.iter().filter_map(|usage| usage.bit()) {
        bits |= bit;
    }
    Ok(extension("2.5.29.15", true, &KeyUsageBits(bits).to_der()?))
}

/// extKeyUsage, not critical (RFC 5280 4.2.1.12).
pub fn extended_key_usage(oids: &[String]) -> Result<Vec<u8>, DerError> {
    let oids = oids
        .iter()
        .map(|oid| ObjectIdentifier::new(oid).map_err(|_| DerError(format!("{oid}: no OID"))))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(extension(
        "2.5.29.37",
        false,
        &ExtendedKeyUsage(oids).to_der()?,
    ))
}

/// basicConstraints, critical, cA TRUE (RFC 5280 4.2.1.9).
pub fn basic_constraints(path_length: Option<u8>) -> Result<Vec<u8>, DerError> {
    let value = BasicConstraints {
        ca: true,
        path_len_constraint: path_length,
    };
    Ok(extension("2.5.29.19", true, &value.to_der()?))
}

/// cRLDistributionPoints: one full name with one URL (RFC 5280 4.2.1.13).
pub fn crl_distribution_point(url: &str) -> Result<Vec<u8>, DerError> {
    let point = DistributionPoint {
        distribution_point: Some(DistributionPointName::FullName(vec![uri(url)?])),
        reasons: None,
        crl_issuer: None,
    };
    Ok(extension(
        "2.5.29.31",
        false,
        &CrlDistributionPoints(vec![point]).to_der()?,
    ))
}

/// authorityInfoAccess: caIssuers, then OCSP (RFC 5280 4.2.2.1).
pub fn authority_info_access(
    issuer_url: Option<&str>,
    ocsp_url: Option<&str>,
) -> Result<Vec<u8>, DerError> {
    let mut list = Vec::new();
    for (method, url) in [(CA_ISSUERS, issuer_url), (OCSP, ocsp_url)] {
        if let Some(url) = url {
            list.push(AccessDescription {
                access_method: ObjectIdentifier::new(method)
                    .map_err(|_| DerError(format!("{method}: no OID")))?,
                access_location: uri(url)?,
            });
        }
    }
    let value = AuthorityInfoAccessSyntax(list).to_der()?;
    Ok(extension("1.3.6.1.5.5.7.1.1", false, &value))
}

/// nameConstraints, critical; a minimum of 0 is never written (RFC 5280 4.2.1.10).
pub fn name_constraints(constraints: &NameConstraints) -> Result<Vec<u8>, DerError> {
    let subtrees = |list: &[Subtree]| -> Result<Option<Vec<GeneralSubtree>>, DerError> {
        let list: Vec<GeneralSubtree> = list.iter().map(subtree).collect::<Result<_, _>>()?;
        Ok((!list.is_empty()).then_some(list))
    };
    let value = NameConstraintsValue {
        permitted_subtrees: subtrees(&constraints.permitted)?,
        excluded_subtrees: subtrees(&constraints.excluded)?,
    };
    Ok(extension(NAME_CONSTRAINTS, true, &value.to_der()?))
}

fn subtree(subtree: &Subtree) -> Result<GeneralSubtree, DerError> {
    let base = match subtree {
        Subtree::Dns(text) => GeneralName::DnsName(Ia5String::new(text)?),
        Subtree::Email(text) => GeneralName::Rfc822Name(Ia5String::new(text)?),
        Subtree::Uri(text) => uri(text)?,
        Subtree::Ip(network) => GeneralName::IpAddress(OctetString::new(network.to_octets())?),
        Subtree::Foreign(_) => return Err(DerError(format!("{subtree}: not written here"))),
    };
    Ok(GeneralSubtree {
        base,
        minimum: 0,
        maximum: None,
    })
}

/// certificatePolicies, not critical, each with its CPS at most (RFC 5280 4.2.1.4).
pub fn certificate_policies(policies: &[CertificatePolicy]) -> Result<Vec<u8>, DerError> {
    let list = policies.iter().map(policy).collect::<Result<_, _>>()?;
    let value = CertificatePolicies(list).to_der()?;
    Ok(extension(CERTIFICATE_POLICIES, false, &value))
}

fn policy(policy: &CertificatePolicy) -> Result<PolicyInformation, DerError> {
    let oid =
        |text: &str| ObjectIdentifier::new(text).map_err(|_| DerError(format!("{text}: no OID")));
    let qualifier = |cps: &String| -> Result<Vec<PolicyQualifierInfo>, DerError> {
        Ok(vec![PolicyQualifierInfo {
            policy_qualifier_id: oid(CPS)?,
            qualifier: Some(Any::encode_from(&Ia5String::new(cps)?)?),
        }])
    };
    Ok(PolicyInformation {
        policy_identifier: oid(&policy.oid)?,
        policy_qualifiers: policy.cps.as_ref().map(qualifier).transpose()?,
    })
}

/// cRLNumber (RFC 5280 5.2.3).
pub fn crl_number(number: u64) -> Vec<u8> {
    extension(CRL_NUMBER, false, &tlv::unsigned(&number.to_be_bytes()))
}

/// reasonCode, an ENUMERATED (RFC 5280 5.3.1).
pub fn reason_code(reason: RevocationReason) -> Vec<u8> {
    let value = tlv::encode(Tag::Enumerated, &[&[reason.number()]]);
    extension(REASON, false, &value)
}

/// invalidityDate, always a GeneralizedTime (RFC 5280 5.3.2).
pub fn invalidity_date(date: UtcTime) -> Vec<u8> {
    extension("2.5.29.24", false, &date.to_generalized_der())
}

fn uri(url: &str) -> Result<GeneralName, DerError> {
    Ok(GeneralName::UniformResourceIdentifier(Ia5String::new(url)?))
}
