//! Decides the words and flags of `cargo xtask probe`, and the bounds of what it may do.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, ensure};
use clap::{Args, ValueEnum};

use super::client::{Authentication, Client, read_secret};
use super::endpoint::Endpoint;
use super::outage::{self, Commands, Load, Timing};
use super::race;
use super::target::Target;

/// The flags by which the probe starts a server itself, and so knows all that others must be told.
const STARTED: [&str; 2] = ["grantor", "peer"];

/// What a grantor that is started for the probe stores in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Store {
    Sqlite,
    Postgres,
}

/// `probe race`.
#[derive(Args, Debug)]
pub(crate) struct RaceOptions {
    /// What the values are
    #[arg(long)]
    pub(crate) kind: race::Kind,
    /// Requests for each value
    #[arg(long, value_name = "K", default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=100))]
    pub(crate) at_once: u16,
    /// Try no more values than this
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub(crate) limit: u16,
    /// One-time values, one per line; each is spent
    #[arg(long, value_name = "FILE", required_unless_present_any = STARTED, conflicts_with_all = STARTED)]
    pub(crate) values: Option<PathBuf>,
    /// The redirect URI that the codes were asked for with
    #[arg(long, value_name = "URI", conflicts_with_all = STARTED)]
    redirect_uri: Option<String>,
    /// The PKCE verifier of the codes
    #[arg(long, value_name = "TEXT", conflicts_with_all = STARTED)]
    code_verifier: Option<String>,
    /// Where to ask whether access tokens are active (RFC 7662)
    #[arg(long, value_name = "URL", conflicts_with_all = STARTED)]
    introspection_url: Option<String>,
    /// Where to end, at last, the grants that still live (RFC 7009)
    #[arg(long, value_name = "URL", conflicts_with_all = STARTED)]
    revocation_url: Option<String>,
    /// What the started grantor stores in
    #[arg(long, value_enum, default_value_t = Store::Sqlite, conflicts_with_all = ["token_url", "peer"])]
    pub(crate) store: Store,
    #[command(flatten)]
    pub(crate) server: ServerOptions,
}

/// `probe outage`.
#[derive(Args, Debug)]
pub(crate) struct OutageOptions {
    /// What the load consists of
    #[arg(long)]
    pub(crate) kind: outage::Kind,
    /// Workers, each with a connection and, for refresh tokens, a value of its own
    #[arg(long, value_name = "W", default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) workers: u16,
    /// How long the load lasts
    #[arg(long, value_name = "S", default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..=600))]
    seconds: u64,
    /// How long a worker waits after a success; after a failure it is 100 ms
    #[arg(long, value_name = "MS", default_value_t = 20, value_parser = clap::value_parser!(u64).range(0..=60_000))]
    pause: u64,
    /// All workers together send no more than this
    #[arg(long, value_name = "N", default_value_t = 200_000, value_parser = clap::value_parser!(u64).range(1..=10_000_000))]
    requests: u64,
    /// Refresh tokens, one per line; each worker takes one
    #[arg(long, value_name = "FILE", conflicts_with_all = STARTED)]
    pub(crate) values: Option<PathBuf>,
    /// A shell command that takes the database away; without it do so by hand
    #[arg(long, value_name = "CMD", requires = "restore", conflicts_with_all = STARTED)]
    during: Option<String>,
    /// A shell command that brings it back; it is run even if the probe is stopped before
    #[arg(long, value_name = "CMD", requires = "during", conflicts_with_all = STARTED)]
    restore: Option<String>,
    /// When the database goes away, from the start of the load
    #[arg(long, value_name = "S", default_value_t = 5)]
    during_at: u64,
    /// When it comes back
    #[arg(long, value_name = "S", default_value_t = 10)]
    restore_at: u64,
    #[command(flatten)]
    pub(crate) server: ServerOptions,
}

/// Which server, and as whom.
#[derive(Args, Debug)]
pub(crate) struct ServerOptions {
    /// The token endpoint, by plain http
    #[arg(long, value_name = "URL", required_unless_present_any = STARTED, conflicts_with_all = STARTED)]
    token_url: Option<String>,
    /// The client's identifier
    #[arg(long, value_name = "ID", required_unless_present_any = STARTED, conflicts_with_all = STARTED)]
    client: Option<String>,
    /// A file with the client's secret; a client without a secret is a public one
    #[arg(long, value_name = "FILE", conflicts_with_all = ["secret_env", "grantor", "peer"])]
    secret_file: Option<PathBuf>,
    /// A variable of the environment with the client's secret
    #[arg(long, value_name = "NAME", conflicts_with_all = STARTED)]
    secret_env: Option<String>,
    /// How the client sends its secret
    #[arg(long, value_enum, default_value_t = Authentication::Basic, conflicts_with_all = STARTED)]
    client_auth: Authentication,
    /// A further parameter of every token request; may be given several times
    #[arg(long = "parameter", value_name = "NAME=VALUE", value_parser = pair, conflicts_with_all = STARTED)]
    parameters: Vec<(String, String)>,
    /// How long one answer may take before it counts as none
    #[arg(long, value_name = "S", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=300))]
    patience: u64,
    /// Try a server on another machine, too: it is load, and it ends grants
    #[arg(long, conflicts_with_all = STARTED)]
    allow_remote: bool,
    /// Start this grantor on a store of its own, get values from it, and fail unless it does what it promises
    #[arg(long, value_name = "PATH")]
    pub(crate) grantor: Option<PathBuf>,
    /// Start this peer of xtask/peers on a throwaway Postgres, and get values from it
    #[arg(long, value_name = "NAME", conflicts_with = "grantor")]
    pub(crate) peer: Option<String>,
    /// Print the report as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

impl RaceOptions {
    /// The server that the flags name.
    pub(crate) fn target(&self) -> anyhow::Result<Target> {
        let mut target = self.server.target()?;
        target.introspection = self.server.endpoint("--introspection-url", self.introspection_url.as_deref())?;
        target.revocation = self.server.endpoint("--revocation-url", self.revocation_url.as_deref())?;
        let with_code = [("redirect_uri", &self.redirect_uri), ("code_verifier", &self.code_verifier)];
        target.with_code =
            with_code.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value.clone()?))).collect();
        Ok(target)
    }
}

impl OutageOptions {
    /// The server that the flags name.
    pub(crate) fn target(&self) -> anyhow::Result<Target> {
        self.server.target()
    }

    pub(crate) fn load(&self) -> Load {
        Load {
            duration: Duration::from_secs(self.seconds),
            pause: Duration::from_millis(self.pause),
            requests_max: self.requests,
        }
    }

    /// When the interruption begins and ends.
    pub(crate) fn timing(&self) -> anyhow::Result<Timing> {
        ensure!(
            self.during_at < self.restore_at && self.restore_at < self.seconds,
            "--during-at must be before --restore-at, and that before the end of the load (--seconds)"
        );
        Ok(Timing { begin: Duration::from_secs(self.during_at), end: Duration::from_secs(self.restore_at) })
    }

    /// The commands that interrupt, where they are named.
    pub(crate) fn commands(&self) -> anyhow::Result<Commands> {
        // Without commands nothing happens at these times, so they need not fit.
        let timing =
            if self.during.is_some() { self.timing()? } else { Timing { begin: Duration::ZERO, end: Duration::ZERO } };
        Ok(Commands { timing, during: self.during.clone(), restore: self.restore.clone() })
    }
}

impl ServerOptions {
    fn target(&self) -> anyhow::Result<Target> {
        let token = self.endpoint("--token-url", self.token_url.as_deref())?.context("--token-url is missing")?;
        let secret = read_secret(self.secret_file.as_deref(), self.secret_env.as_deref())?;
        let id = self.client.as_deref().context("--client is missing")?;
        Ok(Target {
            token,
            introspection: None,
            revocation: None,
            client: Client::new(id, secret, self.client_auth),
            with_code: Vec::new(),
            always: self.parameters.clone(),
            patience: self.patience(),
        })
    }

    pub(crate) fn patience(&self) -> Duration {
        Duration::from_secs(self.patience)
    }

    fn endpoint(&self, flag: &str, url: Option<&str>) -> anyhow::Result<Option<Endpoint>> {
        url.map(|url| Endpoint::parse(url, self.allow_remote)).transpose().with_context(|| flag.to_owned())
    }
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write NAME=VALUE")?;
    // The command line of a process is everybody's to read.
    if name == "client_secret" {
        return Err("a secret does not belong on a command line: use --secret-file or --secret-env".to_owned());
    }
    Ok((name.to_owned(), value.to_owned()))
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::probe::Probe;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(subcommand)]
        probe: Option<Probe>,
    }

    fn parse(line: &str) -> Result<Probe, String> {
        let line = Line::try_parse_from(std::iter::once("probe").chain(line.split(' ')));
        line.map_err(|error| error.to_string()).map(|line| line.probe.unwrap())
    }

    fn outage(line: &str) -> OutageOptions {
        match parse(line).unwrap() {
            Probe::Outage(options) => *options,
            Probe::Race(_) => panic!("{line} is an outage"),
        }
    }

    const RACE: &str = "race --kind code --values f --client c --token-url http://127.0.0.1:81/t";
    const OUTAGE: &str = "outage --kind refresh --values f --client c --token-url http://127.0.0.1:81/t";

    #[test]
    fn what_belongs_to_the_code_reaches_the_target() {
        let line = format!("{RACE} --redirect-uri r --parameter a=b=c --introspection-url http://127.0.0.1:81/i");
        let Probe::Race(options) = parse(&line).unwrap() else { panic!("{line} is a race") };
        let target = options.target().unwrap();
        assert_eq!(target.with_code, [("redirect_uri".to_owned(), "r".to_owned())]);
        assert_eq!(target.always, [("a".to_owned(), "b=c".to_owned())]);
        assert_eq!(target.introspection.unwrap().path, "/i");
        assert_eq!((options.at_once, options.limit), (10, 50));
    }

    #[test]
    fn a_url_that_is_refused_is_named_by_its_flag() {
        let line = format!("{RACE} --introspection-url http://192.0.2.1/i");
        let Probe::Race(options) = parse(&line).unwrap() else { panic!("{line} is a race") };
        assert!(options.target().unwrap_err().to_string().contains("--introspection-url"));
    }

    #[test]
    fn flags_that_contradict_or_miss_each_other_are_refused() {
        assert!(parse("race --kind code --values f --client c").unwrap_err().contains("--token-url"));
        assert!(parse(&format!("{RACE} --grantor g")).unwrap_err().contains("--grantor"));
        assert!(parse(&format!("{RACE} --store postgres")).unwrap_err().contains("--store"));
        assert!(parse("race --kind code --grantor g --redirect-uri r").unwrap_err().contains("--redirect-uri"));
        assert!(parse(&format!("{OUTAGE} --during x")).unwrap_err().contains("--restore"));
        assert!(parse(&format!("{RACE} --at-once 101")).is_err());
        assert!(parse("race --kind code --grantor g --peer p").is_err());
        assert!(parse("outage --kind refresh --peer p --values f").unwrap_err().contains("--values"));
        for started in ["race --kind code --grantor g", "race --kind code --peer p", "outage --kind refresh --peer p"] {
            assert!(parse(started).is_ok(), "{started}");
        }
    }

    #[test]
    fn a_secret_does_not_belong_on_the_command_line() {
        let refused = parse(&format!("{RACE} --parameter client_secret=hush")).unwrap_err();
        assert!(refused.contains("--secret-file"), "{refused}");
    }

    #[test]
    fn the_interruption_lies_within_the_load() {
        let hooks = format!("{OUTAGE} --during a --restore b");
        let timing = outage(&hooks).commands().unwrap().timing;
        assert_eq!(timing, Timing { begin: Duration::from_secs(5), end: Duration::from_secs(10) });
        assert!(outage(&format!("{hooks} --seconds 10")).commands().is_err());
        assert!(outage(&format!("{hooks} --during-at 10")).commands().is_err());
        assert!(outage(&format!("{OUTAGE} --seconds 3")).commands().is_ok());
    }
}
