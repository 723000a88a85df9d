//! Decides how a peer of `xtask/peers` is tried: on a throwaway Postgres, with values that its driver makes. Nothing is held against
//! it but what the report says.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;
use tempfile::TempDir;
use url::form_urlencoded;

use super::client::{Authentication, Client};
use super::database::Database;
use super::endpoint::Endpoint;
use super::options::{OutageOptions, RaceOptions};
use super::target::Target;
use super::{one_for_each, outage, print, race, values};
use crate::bench::{CLIENT, Peer, PeerStart, PeerStore, REDIRECT_URI, RunningPeer, SECRET, VERIFIER, Work};
use crate::postgres::Postgres;
use crate::signals::Signals;

/// The works whose values are tried, the first that the peer has: opaque tokens are asked about everywhere, JWTs are not.
const CODES: &[Work] = &[Work::CodeOpaque, Work::Code];
const REFRESH_TOKENS: &[Work] = &[Work::RefreshOpaque, Work::Refresh];
const CLIENT_CREDENTIALS: &[Work] = &[Work::ClientCredentialsOpaque, Work::ClientCredentialsEs256];

/// `probe race --peer`.
pub(super) fn try_race(name: &str, options: &RaceOptions, signals: &Signals) -> anyhow::Result<()> {
    let works = match options.kind {
        race::Kind::Code => CODES,
        race::Kind::Refresh => REFRESH_TOKENS,
    };
    let limit = usize::from(options.limit);
    let started = Started::with(name, (works, limit), options.server.patience(), signals)?;
    let values = values(Some(&started.minted()), limit)?;
    let report = race::run(&started.target, options.kind, &values, options.at_once.into(), signals)?;
    print(&report, options.server.json)
}

/// `probe outage --peer`.
pub(super) fn try_outage(name: &str, options: &OutageOptions, signals: &Signals) -> anyhow::Result<()> {
    let timing = options.timing()?;
    let workers = usize::from(options.workers);
    let (works, count) = match options.kind {
        outage::Kind::ClientCredentials => (CLIENT_CREDENTIALS, 0),
        outage::Kind::Refresh => (REFRESH_TOKENS, workers),
    };
    let mut started = Started::with(name, (works, count), options.server.patience(), signals)?;
    let values = match options.kind {
        outage::Kind::ClientCredentials => vec![None; workers],
        outage::Kind::Refresh => one_for_each(values(Some(&started.minted()), workers)?, workers)?,
    };
    let mut database = Database { postgres: &mut started.postgres, timing };
    let report = outage::run(&started.target, options.kind, values, options.load(), &mut database, signals)?;
    print(&report, options.server.json)
}

/// A peer that runs. It ends before its database does.
struct Started {
    _peer: RunningPeer,
    postgres: Postgres,
    scratch: TempDir,
    target: Target,
}

impl Started {
    /// Starts it with `count` values of the first of `works` that it has.
    fn with(
        name: &str,
        (works, count): (&[Work], usize),
        patience: Duration,
        signals: &Signals,
    ) -> anyhow::Result<Self> {
        let peer = Peer::prepare(name, signals)?;
        // So that what follows can be quoted.
        eprintln!("{}", peer.title());
        let work = works.iter().copied().find(|work| peer.does(*work));
        let work = work.with_context(|| format!("{} has none of these tokens", peer.title()))?;
        let postgres = Postgres::start(signals)?;
        let scratch = tempfile::tempdir().context("no temporary directory")?;
        let start = PeerStart {
            work,
            store: PeerStore::Postgres,
            database_url: Some(postgres.url()),
            mint: count,
            file: minted(&scratch),
            processor: None,
        };
        let (running, port) = peer.start(&start, signals)?;
        Ok(Self { _peer: running, postgres, scratch, target: target(&peer, work, port, patience)? })
    }

    /// The file of its values.
    fn minted(&self) -> PathBuf {
        minted(&self.scratch)
    }
}

fn minted(scratch: &TempDir) -> PathBuf {
    scratch.path().join("minted")
}

fn target(peer: &Peer, work: Work, port: u16, patience: Duration) -> anyhow::Result<Target> {
    let paths = peer.paths();
    let token = Endpoint::parse(&format!("http://127.0.0.1:{port}{}", paths.token), false)?;
    let introspection = Some(&paths.introspection).filter(|path| !path.is_empty()).map(|path| token.at(path));
    let always = form_urlencoded::parse(peer.parameters(work).unwrap_or_default().as_bytes()).into_owned().collect();
    let with_code = [("redirect_uri", REDIRECT_URI), ("code_verifier", VERIFIER)];
    let with_code = with_code.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    let client = Client::new(CLIENT, Some(SECRET.to_owned()), Authentication::Basic);
    Ok(Target { token, introspection, revocation: None, client, with_code, always, patience })
}
