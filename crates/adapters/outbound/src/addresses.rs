//! Which addresses may be asked: the public ones, and what the operator named.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// IPv4 networks that are nobody's public address (the special-purpose registry of RFC 6890).
const SPECIAL_V4: [Ipv4Net; 15] = [
    v4([0, 0, 0, 0], 8),
    v4([10, 0, 0, 0], 8),
    v4([100, 64, 0, 0], 10),
    v4([127, 0, 0, 0], 8),
    v4([169, 254, 0, 0], 16),
    v4([172, 16, 0, 0], 12),
    v4([192, 0, 0, 0], 24),
    v4([192, 0, 2, 0], 24),
    v4([192, 88, 99, 0], 24),
    v4([192, 168, 0, 0], 16),
    v4([198, 18, 0, 0], 15),
    v4([198, 51, 100, 0], 24),
    v4([203, 0, 113, 0], 24),
    v4([224, 0, 0, 0], 4),
    v4([240, 0, 0, 0], 4),
];

/// The public IPv6 addresses.
const PUBLIC_V6: Ipv6Net = v6([0x2000, 0], 3);

/// IPv6 networks within those that are none: protocol assignments with Teredo, documentation, 6to4 with whatever IPv4
/// address it holds, documentation again (RFC 6890, RFC 9637).
const SPECIAL_V6: [Ipv6Net; 4] =
    [v6([0x2001, 0], 23), v6([0x2001, 0x0db8], 32), v6([0x2002, 0], 16), v6([0x3fff, 0], 20)];

const fn v4([a, b, c, d]: [u8; 4], prefix: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), prefix)
}

const fn v6([first, second]: [u16; 2], prefix: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(first, second, 0, 0, 0, 0, 0, 0), prefix)
}

/// Whether an address is one that the whole Internet means by it.
fn is_public(ip: IpAddr) -> bool {
    match ip.to_canonical() {
        IpAddr::V4(ip) => !SPECIAL_V4.iter().any(|network| network.contains(&ip)),
        IpAddr::V6(ip) => PUBLIC_V6.contains(&ip) && !SPECIAL_V6.iter().any(|network| network.contains(&ip)),
    }
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
