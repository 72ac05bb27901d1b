//! CRL numbers: up to 20 octets (RFC 5280 5.2.3), of which our own use eight.

use std::fmt;

use super::tlv::{self, DerError};
use der::Tag;

/// A cRLNumber: its content octets without a leading zero. Displays in decimal where it is one
/// that people count with, in hex where it is longer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CrlNumber(Vec<u8>);

impl CrlNumber {
    /// Reads the INTEGER that the extension holds: 0 to 2^159 - 1.
    pub fn from_der(der: &[u8]) -> Result<Self, DerError> {
        let element = tlv::single(der, Tag::Integer, "cRLNumber")?;
        let octets = tlv::unsigned_octets(&element, "cRLNumber")?;
        if element.value.len() > 20 {
            return Err(DerError::new("cRLNumber: longer than 20 octets"));
        }
        Ok(Self(octets.to_vec()))
    }

    /// The number, where it has at most 64 bits.
    pub fn to_u64(&self) -> Option<u64> {
        (self.0.len() <= 8).then(|| {
            self.0
                .iter()
                .fold(0, |number, &octet| number << 8 | u64::from(octet))
        })
    }
}

impl fmt::Display for CrlNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.to_u64() {
            Some(number) => number.fmt(f),
            None => write!(f, "0x{}", crate::digest::hex(&self.0)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_up_to_20_octets() {
        let read = CrlNumber::from_der;
        let mut most = vec![2, 20, 0x7f];
        most.extend([0xff; 19]);
        let most = read(&most).unwrap();
        assert_eq!(most.to_u64(), None);
        assert_eq!(most.to_string(), format!("0x7f{}", "ff".repeat(19)));
        let mut more = vec![2, 21, 0, 0x80];
        more.extend([0; 19]);
        assert!(read(&more).is_err());
        assert_eq!(read(&[2, 1, 0]).unwrap().to_string(), "0");
        assert_eq!(
            read(&[2, 9, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff])
                .unwrap()
                .to_u64(),
            Some(u64::MAX)
        );
        assert!(read(&[2, 1, 0x80]).is_err());
        assert!(read(&[2, 2, 0, 1]).is_err());
    }
}
