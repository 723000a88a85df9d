//! Decides the words and flags of `cargo xtask bench`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use url::Url;

use super::work::Work;

/// What to measure.
#[derive(Args, Debug)]
pub(crate) struct Options {
    /// Only this work; may be given several times
    #[arg(long = "work", value_name = "NAME")]
    works: Vec<Work>,
    /// Only this store; may be given several times
    #[arg(long = "store", value_name = "STORE")]
    stores: Vec<Store>,
    /// This many connections instead of 1, 32 and 256, of 32 beside peers and of 64 with more servers; may be given several
    /// times. The other sections have connections of their own
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u16).range(1..))]
    connections: Vec<u16>,
    /// How long a run takes
    #[arg(long, value_name = "SECONDS", default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) seconds: u64,
    /// How many runs the medians are of
    #[arg(long, value_name = "NUMBER", default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..))]
    runs: u64,
    /// Wait up to so long before each run until other processes leave the machine alone
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    patience: u64,
    /// Measure this binary instead of building the release
    #[arg(long, value_name = "PATH")]
    pub(super) grantor: Option<PathBuf>,
    /// Only this section; may be given several times [default: matrix if works are chosen, else matrix, half, passwords and start]
    #[arg(long = "section", value_name = "SECTION")]
    sections: Vec<Section>,
    /// Measure beside a bare HTTP server that only parses, signs and answers (xtask/ceiling); no other section unless chosen
    #[arg(long)]
    ceiling: bool,
    /// Measure beside this peer of xtask/peers; may be given several times; no other section unless chosen
    #[arg(long = "peer", value_name = "NAME", conflicts_with = "all_peers")]
    pub(super) peers: Vec<String>,
    /// Measure beside every peer of xtask/peers that this machine can run
    #[arg(long = "peers")]
    pub(super) all_peers: bool,
    /// How long a peer is under load before its runs: a peer that compiles while it runs is slow at first
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) peer_warm_up: u64,
    /// Measure what was asked for, all of it in one run, beside the bare server and node-oidc-provider: the section `bars`, and
    /// no other unless chosen
    #[arg(long)]
    bars: bool,
    /// Measure refresh, exchange and introspection among few, many and very many live grants, the removal of what has
    /// expired, and a start with many clients: the sections `growth` and `clients`, and no other unless chosen
    #[arg(long)]
    growth: bool,
    /// Measure one, two and three servers on one Postgres behind a balancer: the section `replicas`, and no other unless
    /// chosen
    #[arg(long)]
    replicas: bool,
    /// So many live grants; may be given several times [default: 10000, 1000000 and 20000000 on Postgres, 10000 and 5000000
    /// on SQLite]
    #[arg(long, value_name = "NUMBER")]
    grants: Vec<u64>,
    /// So many clients for the section `clients`
    #[arg(long, value_name = "NUMBER", default_value_t = 100_000, value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) clients: u64,
    /// Measure in turn with this other build of Grantor, and no other section; with 32 connections unless others are chosen
    #[arg(
        long,
        value_name = "PATH",
        conflicts_with_all = ["sections", "ceiling", "peers", "all_peers", "bars", "growth", "replicas", "url", "page"]
    )]
    pub(super) against: Option<PathBuf>,
    /// Measure beside a server that runs on this machine already, and no other section. Its client is `bench` as in
    /// xtask/peers. Grantor runs on processor 0: pin that server there with `taskset`, or let both run on all with
    /// `--unpinned`
    #[arg(long, conflicts_with_all = ["sections", "ceiling", "peers", "all_peers", "bars", "growth", "replicas", "page"])]
    pub(super) url: Option<Url>,
    /// The process of that server, whose processor time and memory count with those of its children
    #[arg(long, requires = "url")]
    pub(super) pid: Option<u32>,
    /// One-time values for that server, one a line: codes, refresh tokens or access tokens, as the work needs
    #[arg(long, requires = "url", value_name = "FILE")]
    pub(super) values: Option<PathBuf>,
    /// Do not pin server and generator to processors of their own
    #[arg(long)]
    pub(super) unpinned: bool,
    /// Write what was measured to docs/performance.md though works, stores or connections were chosen
    #[arg(long)]
    page: bool,
}

/// What the server stores in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Store {
    /// SQLite, in a file
    Sqlite,
    /// A throwaway Postgres
    Postgres,
}

impl Store {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        }
    }
}

/// A part of the page, measured by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Section {
    /// What was asked for, and whether it is met
    Bars,
    /// Every work on every store, with few, some and many connections
    Matrix,
    /// Latencies at half of saturation
    Half,
    /// Client credentials beside people who sign in with passwords
    Passwords,
    /// Start to ready, and memory
    Start,
    /// Few, many and very many live grants, and the removal of what has expired
    Growth,
    /// Start to ready, and memory, with many clients
    Clients,
    /// One, two and three servers on one Postgres
    Replicas,
}

impl Section {
    /// Whether it is measured where nothing is chosen: the others take long, or much of the disk.
    fn is_default(self) -> bool {
        match self {
            Self::Matrix | Self::Half | Self::Passwords | Self::Start => true,
            Self::Bars | Self::Growth | Self::Clients | Self::Replicas => false,
        }
    }
}

impl Options {
    pub(super) fn works(&self) -> Vec<Work> {
        Work::ALL.into_iter().filter(|work| self.works.is_empty() || self.works.contains(work)).collect()
    }

    pub(super) fn stores(&self) -> Vec<Store> {
        let all = [Store::Sqlite, Store::Postgres];
        all.into_iter().filter(|store| self.stores.is_empty() || self.stores.contains(store)).collect()
    }

    pub(super) fn connections(&self) -> Vec<usize> {
        let chosen: &[u16] = if self.connections.is_empty() { &[1, 32, 256] } else { &self.connections };
        chosen.iter().copied().map(usize::from).collect()
    }

    /// The numbers of connections that were chosen, or `default`.
    pub(super) fn chosen_connections(&self, default: usize) -> Vec<usize> {
        if self.connections.is_empty() { vec![default] } else { self.connections() }
    }

    pub(super) fn runs(&self) -> usize {
        usize::try_from(self.runs).unwrap_or(usize::MAX)
    }

    pub(super) fn patience(&self) -> Duration {
        Duration::from_secs(self.patience)
    }

    /// The numbers of live grants, ascending.
    pub(super) fn grants(&self, store: Store) -> Vec<u64> {
        let mut grants = match store {
            _ if !self.grants.is_empty() => self.grants.clone(),
            Store::Postgres => vec![10_000, 1_000_000, 20_000_000],
            Store::Sqlite => vec![10_000, 5_000_000],
        };
        grants.sort_unstable();
        grants.dedup();
        grants
    }

    pub(super) fn has(&self, section: Section) -> bool {
        let by_flag = match section {
            Section::Bars => self.bars,
            Section::Growth | Section::Clients => self.growth,
            Section::Replicas => self.replicas,
            Section::Matrix | Section::Half | Section::Passwords | Section::Start => false,
        };
        let has_comparison = self.ceiling || self.compares_with_peers() || self.url.is_some() || self.against.is_some();
        let has_flag = self.bars || self.growth || self.replicas;
        let by_default = !(has_comparison || has_flag) && self.sections.is_empty();
        let is_default = section == Section::Matrix || (self.works.is_empty() && section.is_default());
        by_flag || self.sections.contains(&section) || (by_default && is_default)
    }

    pub(super) fn compares_with_ceiling(&self) -> bool {
        self.ceiling
    }

    pub(super) fn compares_with_peers(&self) -> bool {
        self.all_peers || !self.peers.is_empty()
    }

    /// Whether the page is written: a selection is somebody's experiment.
    pub(super) fn writes_page(&self) -> bool {
        self.page
            || (self.works.is_empty()
                && self.stores.is_empty()
                && self.connections.is_empty()
                && self.grants.is_empty()
                && self.url.is_none()
                && self.against.is_none())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test states what it expects by failing")]

    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Words {
        #[command(flatten)]
        options: Options,
    }

    fn sections(words: &[&str]) -> Vec<Section> {
        let options = Words::try_parse_from([&["bench"], words].concat()).unwrap().options;
        Section::value_variants().iter().copied().filter(|section| options.has(*section)).collect()
    }

    #[test]
    fn all_sections_unless_something_is_chosen() {
        use Section::{Bars, Clients, Growth, Half, Matrix, Passwords, Replicas, Start};
        assert_eq!(sections(&[]), [Matrix, Half, Passwords, Start]);
        assert_eq!(sections(&["--work", "code"]), [Matrix]);
        assert_eq!(sections(&["--section", "half"]), [Half]);
        assert_eq!(sections(&["--ceiling"]), []);
        assert_eq!(sections(&["--peers", "--section", "matrix"]), [Matrix]);
        assert_eq!(sections(&["--growth", "--section", "start"]), [Start, Growth, Clients]);
        assert_eq!(sections(&["--bars"]), [Bars]);
        assert_eq!(sections(&["--replicas"]), [Replicas]);
        assert_eq!(sections(&["--url", "http://127.0.0.1:1"]), []);
        assert_eq!(sections(&["--against", "grantor"]), []);
    }

    #[test]
    fn sizes_are_in_their_order() {
        let grants =
            |words: &[&str], store| Words::try_parse_from([&["bench"], words].concat()).unwrap().options.grants(store);
        assert_eq!(grants(&["--grants", "20", "--grants", "10", "--grants", "20"], Store::Sqlite), [10, 20]);
        assert_eq!(grants(&[], Store::Sqlite), [10_000, 5_000_000]);
    }

    #[test]
    fn a_selection_leaves_the_page_alone() {
        let writes =
            |words: &[&str]| Words::try_parse_from([&["bench"], words].concat()).unwrap().options.writes_page();
        assert!(writes(&[]) && writes(&["--ceiling"]) && writes(&["--work", "code", "--page"]));
        assert!(!writes(&["--work", "code"]) && !writes(&["--connections", "32"]) && !writes(&["--url", "http://h"]));
        assert!(!writes(&["--against", "grantor"]));
    }
}
