//! Whose request it is: the address of the connection, or, if that is a proxy of the operator's, the one that the proxy
//! names. What anybody else writes into those headers counts for nothing.

use std::net::{IpAddr, SocketAddr};

use actix_web::HttpRequest;
use actix_web::http::header::HeaderMap;
use ipnet::IpNet;

/// The header in which proxies name the client. Only one is read: a proxy that sets the one may pass the other on as a
/// client wrote it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ForwardedHeader {
    /// `Forwarded` (RFC 7239 §4).
    Forwarded,
    /// `X-Forwarded-For`.
    #[default]
    XForwardedFor,
}

/// The proxies in front, and how they name the client.
#[derive(Clone, Debug, Default)]
pub struct TrustedProxies {
    /// Their addresses.
    pub networks: Vec<IpNet>,
    /// The header that they write.
    pub header: ForwardedHeader,
}

impl TrustedProxies {
    /// The address that a request comes from; none if the connection has none.
    pub(crate) fn client_address(&self, request: &HttpRequest) -> Option<IpAddr> {
        let peer = request.peer_addr()?.ip().to_canonical();
        Some(self.behind(peer, request.headers()))
    }

    /// Follows the proxies back, from the one that is connected: each vouches for the hop before it, as far as it is one
    /// of ours. What cannot be read ends the walk where it is.
    fn behind(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let hops = headers.get_all(self.header.name()).flat_map(|value| value.as_bytes().split(|byte| *byte == b','));
        let hops: Vec<_> = hops.map(|element| self.header.address(std::str::from_utf8(element).ok()?)).collect();
        let mut address = peer;
        for hop in hops.into_iter().rev() {
            match hop {
                Some(hop) if self.trusts(address) => address = hop,
                _ => break,
            }
        }
        address
    }

    fn trusts(&self, address: IpAddr) -> bool {
        self.networks.iter().any(|network| network.contains(&address))
    }
}

impl ForwardedHeader {
    const fn name(self) -> &'static str {
        match self {
            Self::Forwarded => "forwarded",
            Self::XForwardedFor => "x-forwarded-for",
        }
    }

    /// The address in one element of the header; none for a name that hides it (RFC 7239 §6).
    fn address(self, element: &str) -> Option<IpAddr> {
        match self {
            Self::XForwardedFor => node(element.trim()),
            Self::Forwarded => {
                let mut pairs = element.split(';').filter_map(|pair| pair.split_once('='));
                let (_, value) = pairs.find(|(name, _)| name.trim().eq_ignore_ascii_case("for"))?;
                node(value.trim().trim_matches('"'))
            }
        }
    }
}

/// An address, with or without a port, an IPv6 one with or without brackets.
fn node(text: &str) -> Option<IpAddr> {
    let with_port = || text.parse::<SocketAddr>().ok().map(|address| address.ip());
    let bare = text.trim_start_matches('[').trim_end_matches(']');
    bare.parse::<IpAddr>().ok().or_else(with_port).map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;
    use actix_web::test::TestRequest;

    use super::*;

    fn proxies(header: ForwardedHeader) -> TrustedProxies {
        let networks = ["127.0.0.1/32", "10.0.0.0/8"].map(|network| network.parse().unwrap()).to_vec();
        TrustedProxies { networks, header }
    }

    #[track_caller]
    fn check(header: ForwardedHeader, peer: &str, lines: &[&str], expect: &str) {
        let mut request = TestRequest::default().peer_addr(peer.parse().unwrap());
        for line in lines {
            request = request.append_header((header.name(), *line));
        }
        let found = proxies(header).client_address(&request.to_http_request());
        assert_eq!(found, Some(expect.parse().unwrap()), "{lines:?}");
    }

    #[test]
    fn only_our_proxies_are_believed() {
        let header = ForwardedHeader::XForwardedFor;
        check(header, "127.0.0.1:1", &["192.0.2.7"], "192.0.2.7");
        check(header, "192.0.2.1:1", &["203.0.113.9"], "192.0.2.1");
        check(header, "127.0.0.1:1", &[], "127.0.0.1");
        check(header, "127.0.0.1:1", &["203.0.113.9, 192.0.2.7"], "192.0.2.7");
        check(header, "127.0.0.1:1", &["192.0.2.7, 10.1.2.3"], "192.0.2.7");
        check(header, "127.0.0.1:1", &["203.0.113.9", "192.0.2.7", "10.1.2.3"], "192.0.2.7");
        check(header, "127.0.0.1:1", &["10.9.9.9, 10.1.2.3"], "10.9.9.9");
        check(header, "127.0.0.1:1", &["192.0.2.7, unknown"], "127.0.0.1");
        check(header, "[::ffff:127.0.0.1]:1", &["[2001:db8::1]:4711"], "2001:db8::1");
    }

    #[test]
    fn what_a_client_wrote_before_it_hides_nothing() {
        let check = |lines: &[&[u8]], expect: &str| {
            let mut request = TestRequest::default().peer_addr("127.0.0.1:1".parse().unwrap());
            for line in lines {
                request = request.append_header(("x-forwarded-for", HeaderValue::from_bytes(line).unwrap()));
            }
            let found = proxies(ForwardedHeader::XForwardedFor).client_address(&request.to_http_request());
            assert_eq!(found, Some(expect.parse().unwrap()), "{lines:?}");
        };
        check(&[b"\xe9, 203.0.113.9"], "203.0.113.9");
        check(&[b"6.6.6.6", b"\xe9, 203.0.113.9"], "203.0.113.9");
        check(&[b"6.6.6.6, \xe9"], "127.0.0.1");
    }

    #[test]
    fn forwarded_names_the_client_by_for() {
        let header = ForwardedHeader::Forwarded;
        check(header, "127.0.0.1:1", &["for=192.0.2.60;proto=http;by=203.0.113.43"], "192.0.2.60");
        check(header, "127.0.0.1:1", &["For=\"[2001:db8:cafe::17]:4711\""], "2001:db8:cafe::17");
        check(header, "127.0.0.1:1", &["for=198.51.100.1, for=192.0.2.43, for=10.0.0.2"], "192.0.2.43");
        check(header, "127.0.0.1:1", &["for=_hidden"], "127.0.0.1");
        check(header, "127.0.0.1:1", &["proto=https"], "127.0.0.1");
    }

    #[test]
    fn the_other_header_counts_for_nothing() {
        let request = TestRequest::default().peer_addr("127.0.0.1:1".parse().unwrap());
        let request = request.insert_header(("forwarded", "for=203.0.113.9")).to_http_request();
        let found = proxies(ForwardedHeader::XForwardedFor).client_address(&request);
        assert_eq!(found, Some("127.0.0.1".parse().unwrap()));
    }
}
