//! A range of IP addresses: in the words of the ceremony file, and as name constraints have it
//! (RFC 5280 4.2.1.10).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Addresses with a common prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    prefix: u8,
}

impl Network {
    /// Every IPv4 address.
    pub const ALL_V4: Self = Self {
        address: IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        prefix: 0,
    };
    /// Every IPv6 address.
    pub const ALL_V6: Self = Self {
        address: IpAddr::V6(Ipv6Addr::UNSPECIFIED),
        prefix: 0,
    };

    /// Reads `10.0.0.0/8` or `fd00::/8`; the error says what was meant.
    pub fn parse(text: &str) -> Result<Self, String> {
        let form = || "an IP range is an address and a prefix: \"10.0.0.0/8\", \"fd00::/8\"";
        let (address, prefix) = text.split_once('/').ok_or_else(form)?;
        let address: IpAddr = address.parse().map_err(|_| form())?;
        let plain = !prefix.is_empty() && prefix.bytes().all(|b| b.is_ascii_digit());
        let prefix: u8 = prefix.parse().ok().filter(|_| plain).ok_or_else(form)?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        if prefix > most {
            return Err(form().to_owned());
        }
        let network = Self { address, prefix };
        let base = Self {
            address: network.base(),
            prefix,
        };
        if base != network {
            return Err(format!("the range begins at {base}: write that"));
        }
        Ok(network)
    }

    /// From address and mask as a certificate has them; the mask is ones, then zeros.
    pub fn from_octets(octets: &[u8]) -> Option<Self> {
        let half = octets.len() / 2;
        let (address, mask) = octets.split_at(half);
        let address = match half {
            4 => IpAddr::from(<[u8; 4]>::try_from(address).ok()?),
            16 => IpAddr::from(<[u8; 16]>::try_from(address).ok()?),
            _ => return None,
        };
        let network = Self {
            address,
            prefix: mask_prefix(mask)?,
        };
        (network.base() == address).then_some(network)
    }

    /// Address and mask: 8 or 32 octets.
    pub fn to_octets(self) -> Vec<u8> {
        match self.address {
            IpAddr::V4(address) => [address.octets().to_vec(), self.mask(4)].concat(),
            IpAddr::V6(address) => [address.octets().to_vec(), self.mask(16)].concat(),
        }
    }

    /// Whether every address of `other` is one of these.
    pub fn covers(self, other: Self) -> bool {
        let widened = Self {
            address: other.address,
            prefix: self.prefix,
        };
        self.address.is_ipv4() == other.address.is_ipv4()
            && self.prefix <= other.prefix
            && widened.base() == self.address
    }

    fn mask(self, octets: usize) -> Vec<u8> {
        (0..octets)
            .map(|at| {
                let ones = usize::from(self.prefix).saturating_sub(at * 8).min(8);
                // `ones` is at most 8.
                (0xff00u16 >> ones) as u8
            })
            .collect()
    }

    fn base(self) -> IpAddr {
        let and = |octets: &[u8]| -> Vec<u8> {
            let mask = self.mask(octets.len());
            octets
                .iter()
                .zip(mask)
                .map(|(one, mask)| one & mask)
                .collect()
        };
        match self.address {
            IpAddr::V4(address) => {
                <[u8; 4]>::try_from(and(&address.octets())).map_or(self.address, IpAddr::from)
            }
            IpAddr::V6(address) => {
                <[u8; 16]>::try_from(and(&address.octets())).map_or(self.address, IpAddr::from)
            }
        }
    }
}

impl std::fmt::Display for Network {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

/// How many ones a mask begins with, where only zeros follow.
pub(super) fn mask_prefix(mask: &[u8]) -> Option<u8> {
    let ones: u32 = mask.iter().map(|octet| octet.leading_ones()).sum();
    let all: u32 = mask.iter().map(|octet| octet.count_ones()).sum();
    let gap = mask.windows(2).any(|pair| pair[0] != 0xff && pair[1] != 0);
    u8::try_from(ones).ok().filter(|_| ones == all && !gap)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_and_written() {
        for text in [
            "10.0.0.0/8",
            "0.0.0.0/0",
            "192.168.7.0/25",
            "10.1.2.3/32",
            "fd00::/8",
            "::/0",
        ] {
            let network = Network::parse(text).unwrap();
            assert_eq!(network.to_string(), text);
            assert_eq!(Network::from_octets(&network.to_octets()), Some(network));
        }
        for text in [
            "10.0.0.0",
            "10.0.0.0/33",
            "10.0.0.0/+8",
            "10.0.0/8",
            "::/129",
            "10.0.0.0/",
            "x/8",
        ] {
            assert!(Network::parse(text).is_err(), "{text}");
        }
        assert!(
            Network::parse("10.1.0.0/8")
                .unwrap_err()
                .contains("10.0.0.0/8")
        );
        // A mask with a hole, an address beyond its mask, a wrong length.
        assert_eq!(Network::from_octets(&[10, 0, 0, 0, 255, 0, 255, 0]), None);
        assert_eq!(Network::from_octets(&[10, 1, 0, 0, 255, 0, 0, 0]), None);
        assert_eq!(Network::from_octets(&[10, 0, 0, 0]), None);
    }
}
