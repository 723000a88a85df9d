//! Decides how our own server is tried: a grantor on a store of its own, values got through its pages, the same probe as for any
//! server, and then what we promise is held against what it showed.

mod expectations;
mod mint;
mod pages;

use std::path::Path;
use std::process::Command;

use anyhow::bail;

use self::mint::Mint;
use super::database::Database;
use super::endpoint::Endpoint;
use super::options::{OutageOptions, RaceOptions, Store};
use super::{outage, print, race};
use crate::dev_server::DevServer;
use crate::postgres::Postgres;
use crate::process;
use crate::signals::Signals;

/// `probe race --grantor`.
pub(super) fn try_race(grantor: &Path, options: &RaceOptions, signals: &Signals) -> anyhow::Result<()> {
    introduce(grantor)?;
    // Made first, so dropped last: the server must not meet a database that is gone.
    let postgres = match options.store {
        Store::Sqlite => None,
        Store::Postgres => Some(Postgres::start(signals)?),
    };
    let server = DevServer::start(grantor, postgres.as_ref().map(Postgres::url).as_deref(), &[], signals)?;
    let mut mint = Mint::open(&Endpoint::parse(server.issuer(), false)?, options.server.patience());
    let values = match options.kind {
        race::Kind::Code => mint.codes(options.limit.into())?,
        race::Kind::Refresh => mint.refresh_tokens(options.limit.into())?,
    };
    let report = race::run(mint.target(), options.kind, &values, options.at_once.into(), signals)?;
    print(&report, options.server.json)?;
    hold(&expectations::of_race(&report, options.kind, options.at_once.into()), &server)
}

/// `probe outage --grantor`.
pub(super) fn try_outage(grantor: &Path, options: &OutageOptions, signals: &Signals) -> anyhow::Result<()> {
    let timing = options.timing()?;
    introduce(grantor)?;
    let mut postgres = Postgres::start(signals)?;
    let server = DevServer::start(grantor, Some(&postgres.url()), &[], signals)?;
    let mut mint = Mint::open(&Endpoint::parse(server.issuer(), false)?, options.server.patience());
    let values = match options.kind {
        outage::Kind::ClientCredentials => vec![None; options.workers.into()],
        outage::Kind::Refresh => mint.refresh_tokens(options.workers.into())?.into_iter().map(Some).collect(),
    };
    let mut database = Database { postgres: &mut postgres, timing };
    let report = outage::run(mint.target(), options.kind, values, options.load(), &mut database, signals)?;
    print(&report, options.server.json)?;
    hold(&expectations::of_outage(&report, options.kind), &server)
}

/// Says which build is tried, so that what follows can be quoted.
fn introduce(grantor: &Path) -> anyhow::Result<()> {
    eprint!("{}", process::capture(Command::new(grantor).arg("--version"))?);
    Ok(())
}

/// Fails if a promise was broken, and names it.
fn hold(broken: &[String], server: &DevServer) -> anyhow::Result<()> {
    if broken.is_empty() {
        eprintln!("every promise is kept");
        return Ok(());
    }
    bail!("these promises are broken:\n  {}\nthe end of the server's log:\n{}", broken.join("\n  "), server.log_tail())
}
