//! Decides how a server is measured that runs already, beside Grantor: its endpoints are those of its discovery document, its
//! client and values are what the caller has made there.

use anyhow::{Context, ensure};
use serde_json::Value;
use url::Url;

use super::http::{self, Request};
use super::matrix::{contender, on_grantor};
use super::options::Options;
use super::pair::{Contender, Pair, in_turn};
use super::peer::Slices;
use super::peers::our_store;
use super::proc::Tree;
use super::report::GRANTOR;
use super::setup::Setup;
use super::target::{Nothing, Paths, Supply, Target};
use super::work::{Endpoint, Use, Work};

const DISCOVERY: &str = "/.well-known/openid-configuration";

/// Measures the chosen works by Grantor and by that server, with each number of connections. What cannot be measured is noted.
pub(super) fn run(setup: &Setup, address: &Url) -> anyhow::Result<Vec<Pair>> {
    let port = port(address)?;
    let paths = paths(address, port)?;
    let options = setup.options;
    let mut pairs = Vec::new();
    for work in options.works() {
        if let Some(missing) = missing(options, work, &paths) {
            println!("{}: left out, {missing}", work.name());
            continue;
        }
        let target = Target { tree: options.pid.map(Tree::of), foreign: true, ..Target::new(port, work, &paths, None) };
        let mut supply = supply(options, work)?;
        for connections in options.connections() {
            let title = format!("{} of {address}", work.name());
            let store = our_store(setup);
            let pair = on_grantor(setup, work, store, |grantor, mint| {
                let course = setup.procedure().course(&title, &target, supply.as_mut(), connections)?;
                let theirs = Contender { server: address.to_string(), store: "–", course };
                in_turn(setup, contender(setup, GRANTOR, store, grantor, mint, connections)?, theirs)
            });
            pairs.extend(setup.tried(&format!("{title}, {connections} connections"), pair)?);
        }
    }
    Ok(pairs)
}

fn port(address: &Url) -> anyhow::Result<u16> {
    let is_ours = address.scheme() == "http" && matches!(address.host_str(), Some("127.0.0.1" | "localhost"));
    ensure!(is_ours, "{address} is not http on 127.0.0.1: the generator and what it measures share this machine");
    address.port_or_known_default().context("the address has no port")
}

/// The endpoints that the discovery document names.
fn paths(address: &Url, port: u16) -> anyhow::Result<Paths> {
    let discovery = format!("{}{DISCOVERY}", address.path().trim_end_matches('/'));
    let answer = http::send(port, Request { path: &discovery, ..Request::default() })?;
    let document: Value = serde_json::from_str(&answer.body).with_context(|| format!("no JSON at {discovery}"))?;
    let path = |member: &str| {
        let address = document.get(member).and_then(Value::as_str).and_then(|address| Url::parse(address).ok());
        address.map(|address| address.path().to_owned()).unwrap_or_default()
    };
    Ok(Paths {
        token: path("token_endpoint"),
        introspection: path("introspection_endpoint"),
        revocation: path("revocation_endpoint"),
        userinfo: path("userinfo_endpoint"),
        jwks: path("jwks_uri"),
        discovery,
    })
}

/// Why a work cannot be measured.
fn missing(options: &Options, work: Work, paths: &Paths) -> Option<&'static str> {
    if work.endpoint() == Endpoint::Authorization {
        return Some("it needs a browser that is signed in");
    }
    if work.usage() != Use::Never && options.values.is_none() {
        return Some("it needs --values");
    }
    paths.of(work.endpoint()).is_empty().then_some("the discovery document has no such endpoint")
}

fn supply(options: &Options, work: Work) -> anyhow::Result<Box<dyn Supply>> {
    let Some(file) = options.values.as_ref().filter(|_| work.usage() != Use::Never) else {
        return Ok(Box::new(Nothing));
    };
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    let count = text.lines().count();
    let again = work.usage() == Use::Cycle;
    // A warm-up and the runs, with each number of connections.
    let supplies = options.connections().len() * (options.runs() + 1);
    let at_most = if again { count } else { count / supplies };
    Ok(Box::new(Slices::new(file.clone(), count, at_most, again)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test states what it expects by failing")]

    use super::*;

    #[test]
    fn only_this_machine_is_measured() {
        let check = |address: &str| port(&Url::parse(address).unwrap());
        assert_eq!(check("http://127.0.0.1:8080/realms/r").unwrap(), 8080);
        assert_eq!(check("http://localhost").unwrap(), 80);
        assert!(check("https://127.0.0.1:8080").is_err());
        assert!(check("http://id.example").is_err());
    }
}
