//! Which addresses belong to proxies of ours.

use std::fmt;
use std::net::IpAddr;

use ipnet::IpNet;
use serde::de::{self, Deserialize, Deserializer};

use super::key::Setting;

/// Networks, each as `10.0.0.0/8`, `fd00::/8`, or a single address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Networks(pub Vec<IpNet>);

fn parse(text: &str) -> Option<IpNet> {
    let single = || text.parse::<IpAddr>().ok().map(IpNet::from);
    text.parse::<IpNet>().ok().or_else(single).map(|network| canonical(network.trunc()))
}

/// IPv4 networks written in IPv6 (`::ffff:10.0.0.0/104`) as what they are: so are the addresses that they are compared
/// with.
fn canonical(network: IpNet) -> IpNet {
    let mapped = match network {
        IpNet::V6(wide) if wide.prefix_len() >= 96 => {
            wide.network().to_ipv4_mapped().map(|ip| (ip, wide.prefix_len() - 96))
        }
        _ => None,
    };
    mapped.and_then(|(ip, length)| IpNet::new(ip.into(), length).ok()).unwrap_or(network)
}

impl Networks {
    /// Whether somebody is in it who is not this machine.
    #[must_use]
    pub fn has_others(&self) -> bool {
        self.0.iter().any(|network| !network.network().is_loopback())
    }

    /// Whether everybody is in it.
    #[must_use]
    pub fn has_everybody(&self) -> bool {
        self.0.iter().any(|network| network.prefix_len() == 0)
    }
}

impl<'de> Deserialize<'de> for Networks {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let texts = Vec::<String>::deserialize(deserializer)?;
        let network = |text: &String| {
            parse(text).ok_or_else(|| {
                de::Error::custom(format!("{text:?} is neither an address nor a network such as \"10.0.0.0/8\""))
            })
        };
        texts.iter().map(network).collect::<Result<_, _>>().map(Self)
    }
}

impl fmt::Display for Networks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let texts: Vec<_> = self.0.iter().map(|network| format!("\"{network}\"")).collect();
        write!(f, "[{}]", texts.join(", "))
    }
}

impl Setting for Networks {
    const KIND: &'static str = "list of networks";

    fn shown(&self) -> Option<String> {
        Some(self.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_is_written_in_one_of_two_ways() {
        let check = |text: &str, expect: Option<&str>| {
            assert_eq!(parse(text).map(|network| network.to_string()).as_deref(), expect, "{text}");
        };
        check("127.0.0.1", Some("127.0.0.1/32"));
        check("10.1.2.3/8", Some("10.0.0.0/8"));
        check("fd00::/8", Some("fd00::/8"));
        check("::1", Some("::1/128"));
        check("::ffff:10.0.0.0/104", Some("10.0.0.0/8"));
        check("10.0.0.0/33", None);
        check("proxy.example", None);
        check("", None);
    }
}
