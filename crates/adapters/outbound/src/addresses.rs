//! Which addresses may be asked: the public ones, and what the operator named.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use ipnet::IpNet;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// IPv4 networks that are nobody's public address (the special-purpose registry of RFC 6890).
const SPECIAL_V4: [([u8; 4], u8); 15] = [
    ([0, 0, 0, 0], 8),
    ([10, 0, 0, 0], 8),
    ([100, 64, 0, 0], 10),
    ([127, 0, 0, 0], 8),
    ([169, 254, 0, 0], 16),
    ([172, 16, 0, 0], 12),
    ([192, 0, 0, 0], 24),
    ([192, 0, 2, 0], 24),
    ([192, 88, 99, 0], 24),
    ([192, 168, 0, 0], 16),
    ([198, 18, 0, 0], 15),
    ([198, 51, 100, 0], 24),
    ([203, 0, 113, 0], 24),
    ([224, 0, 0, 0], 4),
    ([240, 0, 0, 0], 4),
];

/// IPv6 networks within 2000::/3, the public addresses, that are none: protocol assignments with Teredo, documentation,
/// 6to4 with whatever IPv4 address it holds, documentation again (RFC 6890, RFC 9637).
const SPECIAL_V6: [([u16; 2], u8); 4] =
    [([0x2001, 0], 23), ([0x2001, 0x0db8], 32), ([0x2002, 0], 16), ([0x3fff, 0], 20)];

/// Whether an address is one that the whole Internet means by it.
fn is_public(ip: IpAddr) -> bool {
    match ip.to_canonical() {
        IpAddr::V4(ip) => !SPECIAL_V4.iter().any(|(network, prefix)| within_v4(ip, *network, *prefix)),
        IpAddr::V6(ip) => {
            within_v6(ip, [0x2000, 0], 3)
                && !SPECIAL_V6.iter().any(|(network, prefix)| within_v6(ip, *network, *prefix))
        }
    }
}

fn within_v4(ip: Ipv4Addr, network: [u8; 4], prefix: u8) -> bool {
    let mask = u32::MAX.checked_shl(32 - u32::from(prefix)).unwrap_or(0);
    ip.to_bits() & mask == u32::from_be_bytes(network)
}

fn within_v6(ip: Ipv6Addr, [first, second]: [u16; 2], prefix: u8) -> bool {
    let mask = u128::MAX.checked_shl(128 - u32::from(prefix)).unwrap_or(0);
    ip.to_bits() & mask == Ipv6Addr::new(first, second, 0, 0, 0, 0, 0, 0).to_bits()
}

/// Whom one kind of request may ask.
#[derive(Clone, Debug)]
pub(crate) struct Allowed {
    /// Networks that may be asked though they are private.
    private: Arc<[IpNet]>,
    /// Whether public addresses may be asked, too.
    public: bool,
}

impl Allowed {
    /// Public addresses, and these networks.
    pub(crate) fn everybody_and(private: &[IpNet]) -> Self {
        Self { private: private.into(), public: true }
    }

    /// These networks alone.
    pub(crate) fn only(private: &[IpNet]) -> Self {
        Self { private: private.into(), public: false }
    }

    /// Whether this address may be asked.
    pub(crate) fn admits(&self, ip: IpAddr) -> bool {
        let ip = ip.to_canonical();
        self.private.iter().any(|network| network.contains(&ip)) || (self.public && is_public(ip))
    }
}

/// Looks a name up and gives what may be asked of it. The connection is made to just that, so nothing is looked up a second
/// time, when the name may mean something else.
impl Resolve for Allowed {
    fn resolve(&self, name: Name) -> Resolving {
        let allowed = self.clone();
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let admitted: Vec<_> = found.iter().copied().filter(|address| allowed.admits(address.ip())).collect();
            if admitted.is_empty() && !found.is_empty() {
                return Err("the name leads to addresses that may not be asked (outbound.private_networks)".into());
            }
            Ok(Box::new(admitted.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_public_addresses_are_asked() {
        let allowed = Allowed::everybody_and(&[]);
        for ip in ["1.1.1.1", "8.8.8.8", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "2a00:1450::1"] {
            assert!(allowed.admits(ip.parse().unwrap()), "{ip}");
        }
        for ip in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "127.0.0.1",
            "127.255.255.254",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "192.168.1.1",
            "198.19.0.1",
            "203.0.113.7",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "64:ff9b::a00:1",
            "100::1",
            "fc00::1",
            "fd12:3456::1",
            "fe80::1",
            "ff02::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::1",
            "3fff::1",
        ] {
            assert!(!allowed.admits(ip.parse().unwrap()), "{ip}");
        }
    }

    #[test]
    fn named_networks_are_asked_too() {
        let private = ["10.0.0.0/8".parse().unwrap(), "fd00::/8".parse().unwrap()];
        let allowed = Allowed::everybody_and(&private);
        for (ip, expect) in [
            ("10.1.2.3", true),
            ("::ffff:10.1.2.3", true),
            ("fd00::1", true),
            ("192.168.0.1", false),
            ("1.1.1.1", true),
        ] {
            assert_eq!(allowed.admits(ip.parse().unwrap()), expect, "{ip}");
        }
        let only = Allowed::only(&private);
        assert!(only.admits("10.1.2.3".parse().unwrap()) && !only.admits("1.1.1.1".parse().unwrap()));
    }
}
