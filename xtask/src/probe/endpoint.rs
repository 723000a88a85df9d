//! Decides which servers may be tried: those at loopback, and others only where `--allow-remote` says that whoever runs the
//! probe may put this load on them. The address that was judged is the address that is connected to.

use std::net::{SocketAddr, ToSocketAddrs};

use anyhow::{Context, bail, ensure};
use url::{Host, Url};

/// One URL of a server: where to connect to, and what to ask there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Endpoint {
    /// Where to connect to.
    pub(crate) address: SocketAddr,
    /// Host and port, as the URL spells them.
    pub(crate) host: String,
    /// Path and query.
    pub(crate) path: String,
}

impl Endpoint {
    /// Reads a URL and resolves its host.
    ///
    /// # Errors
    ///
    /// If it is not plain http, carries credentials, cannot be resolved, or leads to another machine without `allow_remote`.
    pub(crate) fn parse(text: &str, allow_remote: bool) -> anyhow::Result<Self> {
        // The text is repeated nowhere: somebody may have put a password into it.
        let url = Url::parse(text).context("not a URL")?;
        ensure!(url.username().is_empty() && url.password().is_none(), "a URL with credentials in it: use --client");
        ensure!(
            url.scheme() == "http",
            "the probe speaks plain http only; end TLS before it, by a proxy on this machine, for a server that has https alone"
        );
        let port = url.port_or_known_default().context("a URL without a port")?;
        let (name, host) = match url.host().context("a URL without a host")? {
            Host::Ipv6(address) => (address.to_string(), format!("[{address}]:{port}")),
            other => (other.to_string(), format!("{other}:{port}")),
        };
        let address = resolve(&name, port, allow_remote)?;
        let path = url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()));
        Ok(Self { address, host, path })
    }

    /// Another path of the same server.
    pub(crate) fn at(&self, path: &str) -> Self {
        Self { path: path.to_owned(), ..self.clone() }
    }

    /// The URL without its query.
    pub(crate) fn shown(&self) -> String {
        let path = self.path.split('?').next().unwrap_or_default();
        format!("http://{}{path}", self.host)
    }
}

fn resolve(name: &str, port: u16, allow_remote: bool) -> anyhow::Result<SocketAddr> {
    let addresses: Vec<SocketAddr> =
        (name, port).to_socket_addrs().with_context(|| format!("cannot resolve {name}"))?.collect();
    let local = addresses.iter().find(|address| address.ip().is_loopback());
    match local.or_else(|| addresses.first().filter(|_| allow_remote)) {
        Some(address) => Ok(*address),
        None if addresses.is_empty() => bail!("{name} has no address"),
        None => bail!(
            "{name} is another machine, and a probe is load that spends one-time values and ends grants: give --allow-remote if \
             the server is yours to try"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refused(url: &str, complaint: &str) {
        let error = format!("{:#}", Endpoint::parse(url, false).unwrap_err());
        assert!(error.contains(complaint), "{error}");
        assert!(!error.contains("hush"), "{error}");
    }

    #[test]
    fn loopback_is_taken_apart() {
        let endpoint = Endpoint::parse("http://127.0.0.1:8080/oauth/token?realm=a", false).unwrap();
        assert_eq!(endpoint.address, SocketAddr::from(([127, 0, 0, 1], 8080)));
        assert_eq!((endpoint.host.as_str(), endpoint.path.as_str()), ("127.0.0.1:8080", "/oauth/token?realm=a"));
        assert_eq!(endpoint.shown(), "http://127.0.0.1:8080/oauth/token");
        assert_eq!(endpoint.at("/x").path, "/x");
        assert_eq!(Endpoint::parse("http://[::1]:81", false).unwrap().host, "[::1]:81");
    }

    #[test]
    fn another_machine_is_refused_unless_it_is_allowed() {
        refused("http://192.0.2.1/token", "--allow-remote");
        refused("http://0.0.0.0:8080/token", "--allow-remote");
        assert!(Endpoint::parse("http://192.0.2.1/token", true).is_ok());
    }

    #[test]
    fn what_cannot_be_spoken_to_is_refused_without_repeating_it() {
        refused("hush", "not a URL");
        refused("https://127.0.0.1/token", "plain http only");
        refused("http://me:hush@127.0.0.1/token", "credentials");
    }
}
