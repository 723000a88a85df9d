//! One request, under the rules.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use grantor_ports::{Fetch, FetchFailure, FetchRequest, Fetched, PortFuture};
use ipnet::IpNet;
use reqwest::header::{CACHE_CONTROL, HeaderMap};
use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, ClientBuilder, Response};
use url::{Host, Url};

use crate::addresses::Allowed;

/// Longest answer read, in bytes.
const MAX_BODY: usize = 256 * 1024;

/// How requests to others are made.
#[derive(Clone, Debug)]
pub struct OutboundConfig {
    /// Networks that are asked though they are private, by plain http too.
    pub private_networks: Vec<IpNet>,
    /// Certificates of roots to believe besides those of the system, in PEM.
    pub root_certificates: Vec<u8>,
    /// How long a request may take, from its beginning to the last byte of its answer.
    pub timeout: Duration,
}

/// The certificates of roots cannot be read.
#[derive(Debug)]
pub struct OutboundError(reqwest::Error);

impl fmt::Display for OutboundError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("there are no certificates in PEM in it")
    }
}

impl std::error::Error for OutboundError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

/// Makes requests. One client for each way: what may be asked differs with it.
pub struct Outbound {
    /// None on a system without any root certificates.
    https: Option<Way>,
    http: Option<Way>,
}

struct Way {
    client: Client,
    allowed: Allowed,
}

impl Outbound {
    /// Prepares both ways; nobody is asked yet.
    ///
    /// # Errors
    /// If the certificates cannot be read.
    pub fn new(config: &OutboundConfig) -> Result<Self, OutboundError> {
        let roots = Certificate::from_pem_bundle(&config.root_certificates).map_err(OutboundError)?;
        let way = |builder: ClientBuilder, allowed: Allowed| {
            let client = builder
                .dns_resolver(allowed.clone())
                .redirect(Policy::none())
                .no_proxy()
                .timeout(config.timeout)
                .user_agent(concat!("grantor/", env!("CARGO_PKG_VERSION")))
                .build();
            client.ok().map(|client| Way { client, allowed })
        };
        let https = Client::builder().tls_certs_merge(roots).https_only(true);
        // Never asked by https, and so in need of no roots.
        let http = Client::builder().tls_certs_only([]);
        Ok(Self {
            https: way(https, Allowed::everybody_and(&config.private_networks)),
            http: way(http, Allowed::only(&config.private_networks)),
        })
    }

    /// The way to ask this address. A name is looked at when it is looked up, an address here.
    fn way(&self, url: &Url) -> Result<&Way, FetchFailure> {
        let way = match url.scheme() {
            "https" => self.https.as_ref().ok_or(FetchFailure::new(
                "no root certificates are known: install those of the system, or set outbound.root_file",
            ))?,
            "http" => self.http.as_ref().ok_or(FetchFailure::new("plain http is not available"))?,
            _ => return Err(FetchFailure::new("only https is asked")),
        };
        let ip = match url.host() {
            Some(Host::Ipv4(ip)) => Some(IpAddr::from(ip)),
            Some(Host::Ipv6(ip)) => Some(IpAddr::from(ip)),
            Some(Host::Domain(_)) => None,
            None => return Err(FetchFailure::new("the address has no host")),
        };
        match ip {
            Some(ip) if !way.allowed.admits(ip) => {
                Err(FetchFailure::new("this address may not be asked (outbound.private_networks)"))
            }
            _ => Ok(way),
        }
    }

    async fn ask(&self, request: FetchRequest<'_>) -> Result<Fetched, FetchFailure> {
        let url = Url::parse(request.url).map_err(|error| FetchFailure::because("this is no address", error))?;
        let client = &self.way(&url)?.client;
        let request = match request.form {
            Some(form) => client.post(url).form(form),
            None => client.get(url),
        };
        // The address may hold what is secret between a client and its own servers.
        let failed = |error: reqwest::Error| FetchFailure::because("there is no answer", error.without_url());
        let mut response = request.send().await.map_err(failed)?;
        let (status, max_age) = (response.status().as_u16(), max_age(response.headers()));
        Ok(Fetched { status, max_age, body: read(&mut response).await.map_err(failed)?.ok_or_else(too_long)? })
    }
}

impl Fetch for Outbound {
    fn fetch<'a>(&'a self, request: FetchRequest<'a>) -> PortFuture<'a, Result<Fetched, FetchFailure>> {
        Box::pin(self.ask(request))
    }
}

/// The body; none if it is too long.
async fn read(response: &mut Response) -> Result<Option<Vec<u8>>, reqwest::Error> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > MAX_BODY {
            return Ok(None);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Some(body))
}

fn too_long() -> FetchFailure {
    FetchFailure::new("the answer is longer than 256 KiB")
}

/// How long the answer may be kept (RFC 9111 §5.2.2.1).
fn max_age(headers: &HeaderMap) -> Option<Duration> {
    let directives = headers.get(CACHE_CONTROL)?.to_str().ok()?;
    let seconds = directives.split(',').find_map(|directive| directive.trim().strip_prefix("max-age="))?;
    seconds.parse().ok().map(Duration::from_secs)
}
