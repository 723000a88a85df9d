//! Decides how a token endpoint is tried: one-time values redeemed by many at once, and a database that goes away.
//!
//! The server is told by its URLs and nothing of it is assumed beyond the specifications, so that anybody can see what any server
//! does. What our own promises is held against it only where the probe has started it itself (`own`).

mod client;
mod database;
mod endpoint;
mod http;
mod options;
mod outage;
mod outcome;
mod own;
mod peer;
mod race;
mod response;
mod tally;
mod target;
#[cfg(test)]
mod testing;

use std::fmt;
use std::io::Write;
use std::path::Path;

use anyhow::{Context, ensure};
use clap::Subcommand;
use serde::Serialize;

use self::options::{OutageOptions, RaceOptions};
use crate::files;
use crate::signals::Signals;

/// What to try.
#[derive(Debug, Subcommand)]
pub(crate) enum Probe {
    /// Redeem one-time values, each from many requests at once, and see what they were worth
    ///
    /// For each value K requests are sent over K open connections and held one byte short, and then released together. What they
    /// get is counted. Then whatever was handed out is used: access tokens are asked about (with --introspection-url), refresh
    /// tokens are redeemed. Then the value is replayed, and what was handed out is used once more.
    ///
    /// Every value is spent, and grants may end. Works with any server, by plain http to this machine, for example:
    ///
    ///   cargo xtask probe race --kind code --token-url http://127.0.0.1:8080/oauth/token --client c1 --secret-file secret
    ///   --values codes --redirect-uri "$redirect_uri"
    ///
    /// With --grantor PATH a grantor is started, values are got through its pages, and the exit status says whether it kept our
    /// promises: a code is redeemed once and its replays end the grant; racing refreshes get one and the same successor. With
    /// --peer NAME a server of xtask/peers is started and tried.
    #[command(verbatim_doc_comment)]
    Race(Box<RaceOptions>),
    /// Keep up a load while the database goes away and comes back, and see who was told what
    ///
    /// W workers each send one request after the other. For refresh tokens each has a value of its own and goes on with the
    /// successor. Take the database away in the meantime by hand, or by --during and --restore. At the end each worker's last
    /// refresh token is used once more: a grant whose last token is refused is lost.
    ///
    /// Works with any server, by plain http to this machine, for example:
    ///
    ///   cargo xtask probe outage --kind refresh --token-url http://127.0.0.1:8080/oauth/token --client c1 --secret-file secret
    ///   --values tokens --during 'pg_ctl -D data -m immediate stop' --restore 'pg_ctl -D data -l log start'
    ///
    /// With --grantor PATH a grantor is started on a throwaway Postgres, which is stopped as by a crash, and the exit status says
    /// whether it kept our promises: every failure is 503 with Retry-After or a network error, and no grant is lost. With
    /// --peer NAME a server of xtask/peers is started and tried in the same way.
    #[command(verbatim_doc_comment)]
    Outage(Box<OutageOptions>),
}

/// `cargo xtask probe`.
pub(crate) fn run(probe: &Probe, signals: &Signals) -> anyhow::Result<()> {
    match probe {
        Probe::Race(options) => try_race(options, signals),
        Probe::Outage(options) => try_outage(options, signals),
    }
}

fn try_race(options: &RaceOptions, signals: &Signals) -> anyhow::Result<()> {
    if let Some(grantor) = &options.server.grantor {
        return own::try_race(grantor, options, signals);
    }
    if let Some(peer) = &options.server.peer {
        return peer::try_race(peer, options, signals);
    }
    let target = options.target()?;
    let values = values(options.values.as_deref(), options.limit.into())?;
    target.require_reachable()?;
    let report = race::run(&target, options.kind, &values, options.at_once.into(), signals)?;
    print(&report, options.server.json)
}

fn try_outage(options: &OutageOptions, signals: &Signals) -> anyhow::Result<()> {
    if let Some(grantor) = &options.server.grantor {
        return own::try_outage(grantor, options, signals);
    }
    if let Some(peer) = &options.server.peer {
        return peer::try_outage(peer, options, signals);
    }
    let target = options.target()?;
    let workers = usize::from(options.workers);
    let values = match options.kind {
        outage::Kind::ClientCredentials => vec![None; workers],
        outage::Kind::Refresh => one_for_each(values(options.values.as_deref(), workers)?, workers)?,
    };
    target.require_reachable()?;
    let report = outage::run(&target, options.kind, values, options.load(), &mut options.commands()?, signals)?;
    print(&report, options.server.json)
}

/// The first one-time values of a file, one per line.
fn values(file: Option<&Path>, limit: usize) -> anyhow::Result<Vec<String>> {
    let file = file.context("--values is missing")?;
    let text = files::read(file)?;
    let values: Vec<String> =
        text.lines().map(str::trim).filter(|line| !line.is_empty()).take(limit).map(str::to_owned).collect();
    ensure!(!values.is_empty(), "{} has no values", file.display());
    Ok(values)
}

/// The values of as many workers.
fn one_for_each(values: Vec<String>, workers: usize) -> anyhow::Result<Vec<Option<String>>> {
    ensure!(values.len() == workers, "{} values are too few for {workers} workers", values.len());
    Ok(values.into_iter().map(Some).collect())
}

/// The report goes to standard output; everything else to standard error.
fn print(report: &(impl fmt::Display + Serialize), json: bool) -> anyhow::Result<()> {
    let text = if json { format!("{}\n", serde_json::to_string_pretty(report)?) } else { report.to_string() };
    std::io::stdout().write_all(text.as_bytes()).context("cannot print the report")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_the_first_lines_that_have_any() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("values");
        std::fs::write(&file, "one\n\n two \nthree\n").unwrap();
        assert_eq!(values(Some(&file), 2).unwrap(), ["one", "two"]);
        assert!(values(None, 2).unwrap_err().to_string().contains("--values"));
        std::fs::write(&file, "\n").unwrap();
        assert!(values(Some(&file), 2).is_err());
    }
}
