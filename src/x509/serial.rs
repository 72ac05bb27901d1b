//! Serial numbers: 16 octets, positive, from two sources of random numbers.

use std::fmt;

use sha2::Digest as _;

use super::tlv::{DerError, Element, unsigned, unsigned_octets};

/// A certificate's serial number: its content octets without a leading zero.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Serial(Vec<u8>);

impl Serial {
    /// Octets of a serial that we make.
    pub const OCTETS: usize = 16;

    /// A new serial: SHA-256 over what the system and the token gave, cut to 16 octets, the
    /// first forced to 0x40..0x7f so that the number is positive and always 16 octets long.
    pub fn from_random(system: &[u8], token: &[u8]) -> Self {
        let mut hash = sha2::Sha256::new();
        hash.update(system);
        hash.update(token);
        let mut octets = hash.finalize()[..Self::OCTETS].to_vec();
        octets[0] = (octets[0] & 0x3f) | 0x40;
        Self(octets)
    }

    /// The mark that stands for a serial in templates.
    pub fn template_mark() -> Self {
        let mut octets = vec![0; Self::OCTETS];
        octets[0] = 0x40;
        Self(octets)
    }

    /// Whether it has the form of the serials we make.
    pub fn is_ours(&self) -> bool {
        self.0.len() == Self::OCTETS && matches!(self.0.first(), Some(0x40..=0x7f))
    }

    /// Reads a positive INTEGER of at most 20 octets (RFC 5280 4.1.2.2).
    pub fn from_der(element: &Element<'_>) -> Result<Self, DerError> {
        let octets = unsigned_octets(element, "serialNumber")?;
        if element.value.len() > 20 || octets == [0] {
            return Err(DerError::new("serialNumber: zero or longer than 20 octets"));
        }
        Ok(Self(octets.to_vec()))
    }

    /// INTEGER, DER.
    pub fn to_der(&self) -> Vec<u8> {
        unsigned(&self.0)
    }

    /// Reads hex, with or without colons between its octets, as openssl, Vault and we print it.
    pub fn parse(text: &str) -> Option<Self> {
        let digits: String = text.split(':').collect();
        let even = if digits.len().is_multiple_of(2) {
            ""
        } else {
            "0"
        };
        let octets = crate::digest::unhex(&format!("{even}{digits}").to_ascii_lowercase())?;
        let zeros = octets.iter().take_while(|octet| **octet == 0).count();
        let octets = octets[zeros..].to_vec();
        // As a positive INTEGER it takes one octet more where its first bit is set.
        let sign = usize::from(octets.first()? >> 7);
        (octets.len() + sign <= 20).then_some(Self(octets))
    }

    /// The octets.
    pub fn octets(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Display for Serial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&crate::digest::hex(&self.0))
    }
}

impl fmt::Debug for Serial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Serial({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::x509::tlv::elements;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn ours_are_always_positive_and_16_octets(a in any::<[u8; 16]>(), b in any::<[u8; 16]>()) {
            let serial = Serial::from_random(&a, &b);
            prop_assert!(serial.is_ours());
            let der = serial.to_der();
            prop_assert_eq!(der.len(), 18);
            prop_assert_eq!(Serial::from_der(&elements(&der).unwrap()[0]).unwrap(), serial);
        }
    }

    #[test]
    fn hex_is_read_as_tools_print_it() {
        let serial = Serial::parse("4F:a1:07").unwrap();
        assert_eq!(serial.octets(), [0x4f, 0xa1, 0x07]);
        for same in ["4fa107", "4FA107", "0x4fa107", "00:4f:a1:07", "004FA107"] {
            let read = Serial::parse(same);
            assert_eq!(read.is_some(), same != "0x4fa107", "{same}");
            assert!(read.is_none_or(|read| read == serial), "{same}");
        }
        assert_eq!(Serial::parse("1").unwrap().octets(), [1]);
        assert!(Serial::parse(&"7f".repeat(20)).is_some());
        assert!(Serial::parse(&"ff".repeat(20)).is_none());
        for bad in ["", ":", "0", "00:00", "4g", "-1", &"7f".repeat(21)] {
            assert!(Serial::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn bounds() {
        let read = |der: &[u8]| Serial::from_der(&elements(der).unwrap()[0]);
        let mut longest = vec![2, 20, 0x7f];
        longest.extend([0xff; 19]);
        assert!(read(&longest).is_ok());
        let mut too_long = vec![2, 21, 0x00, 0x80];
        too_long.extend([0xff; 19]);
        assert!(read(&too_long).is_err());
        assert!(read(&[2, 1, 0]).is_err());
        assert!(read(&[2, 1, 0xff]).is_err());
        assert!(read(&[2, 1, 1]).is_ok());
    }
}
