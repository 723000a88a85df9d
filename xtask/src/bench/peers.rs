//! Decides how Grantor is compared with peers: each work by Grantor and by each peer that knows it, run by run in turn, with the
//! same requests and the same numbers of connections.

use anyhow::{Context, ensure};

use super::figures::Figures;
use super::matrix;
use super::measure::Procedure;
use super::options::Store;
use super::pair::{Contender, Pair, in_turn, ratio};
use super::peer::{self, Peer, PeerStore, Slices, Start};
use super::report::{GRANTOR, Row, number, optional, or_dash, table};
use super::setup::Setup;
use super::target::{Nothing, Supply, Target};
use super::work::{Use, Work};

/// Unless others are chosen.
const CONNECTIONS: usize = 32;

/// Values to find out with how many a run needs, for works that use each once.
const FIRST: usize = 2000;

/// Values of a run for works where each answer brings the next, and for those that use each again and again; more, where so
/// many connections share them.
const IN_TURN: usize = 1000;
const IN_TURN_EACH: usize = 4;

/// A peer's runs have values for as much as this times what it did when that was found out: it was cold then.
const RESERVE: f64 = 2.5;

/// Measures each work by Grantor and each peer, with each number of connections. What cannot be measured is noted.
pub(super) fn run(setup: &Setup) -> anyhow::Result<Vec<Pair>> {
    let prepared = prepare(setup)?;
    let mut pairs = Vec::new();
    for work in setup.options.works() {
        for connections in setup.options.chosen_connections(CONNECTIONS) {
            for peer in prepared.iter().filter(|peer| peer.does(work)) {
                for &store in peer.stores().iter().filter(|store| is_chosen(setup, **store)) {
                    setup.signals.check()?;
                    let case = Case { setup, peer, work, store };
                    let pair = case.beside_grantor(our_store(setup), connections);
                    pairs.extend(setup.tried(&format!("{}, {connections} connections", case.title()), pair)?);
                }
            }
        }
    }
    Ok(pairs)
}

/// The peers that were asked for. One that was named must be there; of all of them those are measured that can be.
fn prepare(setup: &Setup) -> anyhow::Result<Vec<Peer>> {
    if !setup.options.all_peers {
        return setup.options.peers.iter().map(|name| prepare_one(setup, name)).collect();
    }
    let mut prepared = Vec::new();
    for name in peer::all()? {
        prepared.extend(prepare_if_possible(setup, &name)?);
    }
    ensure!(!prepared.is_empty(), "no peer of xtask/peers can run on this machine");
    Ok(prepared)
}

/// A peer, unless this machine lacks what it needs: that is noted.
pub(super) fn prepare_if_possible(setup: &Setup, name: &str) -> anyhow::Result<Option<Peer>> {
    setup.tried(&format!("{name} is not measured"), prepare_one(setup, name))
}

fn prepare_one(setup: &Setup, name: &str) -> anyhow::Result<Peer> {
    let peer = Peer::prepare(name, setup.signals)?;
    setup.note_runtime(peer.runtime());
    Ok(peer)
}

/// Postgres, unless that was not chosen: it is what the peers have, too.
pub(super) fn our_store(setup: &Setup) -> Store {
    if setup.options.stores().contains(&Store::Postgres) { Store::Postgres } else { Store::Sqlite }
}

fn is_chosen(setup: &Setup, store: PeerStore) -> bool {
    let like = match store {
        PeerStore::Memory => Store::Sqlite,
        PeerStore::Postgres => Store::Postgres,
    };
    setup.options.stores().contains(&like)
}

/// One work of one peer on one store.
pub(super) struct Case<'a> {
    pub(super) setup: &'a Setup<'a>,
    pub(super) peer: &'a Peer,
    pub(super) work: Work,
    pub(super) store: PeerStore,
}

impl Case<'_> {
    /// For the lines that say how far it is.
    pub(super) fn title(&self) -> String {
        format!("{} of {} on {}", self.work.name(), self.peer.title(), self.store.name())
    }

    /// Measures it in turn with Grantor, on the store that is named.
    pub(super) fn beside_grantor(&self, store: Store, connections: usize) -> anyhow::Result<Pair> {
        let count = self.values_of_a_run(connections)?;
        let minted = Minted { count, supplies: self.setup.options.runs() + 1 };
        self.on_peer(minted, |peer, supply| {
            matrix::on_grantor(self.setup, self.work, store, |grantor, mint| {
                let course = self.procedure().course(&self.title(), peer, supply, connections)?;
                let theirs = Contender { server: self.peer.title(), store: self.store.name(), course };
                let ours = matrix::contender(self.setup, GRANTOR, store, grantor, mint, connections)?;
                in_turn(self.setup, ours, theirs)
            })
        })
    }

    /// As for Grantor, but for a longer warm-up: what is compiled while it runs is slow at first.
    fn procedure(&self) -> Procedure<'_> {
        Procedure { warm_up_seconds: self.setup.options.peer_warm_up, ..self.setup.procedure() }
    }

    fn values_of_a_run(&self, connections: usize) -> anyhow::Result<usize> {
        match self.work.usage() {
            Use::Once => self.at_once(connections).context("trial"),
            _ => Ok(IN_TURN.max(IN_TURN_EACH * connections)),
        }
    }

    /// How many values each run needs of a work that uses each once.
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "rates are small"
    )]
    fn at_once(&self, connections: usize) -> anyhow::Result<usize> {
        let minted = Minted { count: FIRST, supplies: 1 };
        let rate = self.on_peer(minted, |target, supply| self.procedure().warm_up(target, supply, connections))?;
        Ok((rate * self.setup.options.seconds as f64 * RESERVE) as usize + FIRST)
    }

    /// Does something with a peer that runs.
    fn on_peer<T>(
        &self,
        minted: Minted,
        measure: impl FnOnce(&Target, &mut dyn Supply) -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        let Self { setup, peer, work, store } = *self;
        let database = match store {
            PeerStore::Memory => None,
            PeerStore::Postgres => Some(setup.cluster()?.database()?),
        };
        let mint = match work.usage() {
            Use::Never => 0,
            Use::Cycle => minted.count,
            Use::Once | Use::Rotate => minted.count * minted.supplies,
        };
        let file = setup.generator.scratch().join("minted");
        let start = Start {
            work,
            store,
            database_url: database.as_ref().map(|database| database.url()),
            mint,
            file: file.clone(),
            processor: setup.server_processor(),
        };
        println!("{} on {}: starts, and makes {mint} values", peer.title(), store.name());
        let (running, port) = peer.start(&start, setup.signals)?;
        if let Some(database) = &database {
            database.checkpoint()?;
        }
        let target = Target {
            tree: Some(running.tree()),
            database: database.as_ref(),
            ..Target::new(port, work, peer.paths(), peer.parameters(work))
        };
        match work.usage() {
            Use::Never => measure(&target, &mut Nothing),
            usage => measure(&target, &mut Slices::new(file, mint, minted.count, usage == Use::Cycle)),
        }
    }
}

/// Values that a peer makes when it starts.
#[derive(Clone, Copy)]
struct Minted {
    /// For a run, or a warm-up.
    count: usize,
    /// How many of these there are.
    supplies: usize,
}

const COLUMNS: [&str; 18] = [
    "work",
    "server",
    "store",
    "connections",
    "requests/s",
    "p50 ms",
    "p99 ms",
    "p99.9 ms",
    "server µs",
    "Postgres µs",
    "statements",
    "WAL bytes",
    "RSS MiB",
    "server µs ×",
    "with Postgres ×",
    "requests/s ×",
    "non-2xx",
    "others",
];

/// The table of this section: figures, and how many times as much as Grantor's they are.
pub(super) fn page(pairs: &[Pair]) -> String {
    let alike =
        |one: &Pair, next: &Pair| (one.ours.work, one.ours.connections) == (next.ours.work, next.ours.connections);
    let lines = pairs.chunk_by(alike).flat_map(|pairs| ours(pairs).into_iter().chain(pairs.iter().map(theirs)));
    format!(
        "Runs of Grantor and of a peer are made in turn, while both stay up. *×* says how many times as much processor time the peer \
         takes, and how many times as many requests/s Grantor does: the median of what it was in each two runs beside one another. \
         What Postgres does for one of them after its run counts on the other's. Grantor's own figures are medians of all its \
         runs.\n\n{}",
        table(&COLUMNS, &lines.collect::<Vec<_>>())
    )
}

/// Grantor's line above those of the peers that it was compared with.
fn ours(pairs: &[Pair]) -> Option<Vec<String>> {
    let row = &pairs.first()?.ours;
    let runs: Vec<Figures> = pairs.iter().flat_map(|pair| pair.ours.runs.iter().cloned()).collect();
    let row = Row { median: Figures::median(&runs), runs, ..row.clone() };
    Some(cells(&row, &row.runs))
}

fn theirs(pair: &Pair) -> Vec<String> {
    cells(&pair.theirs, &pair.ours.runs)
}

/// A line: figures, and what they are to those of Grantor's runs.
fn cells(row: &Row, ours: &[Figures]) -> Vec<String> {
    let figures = &row.median;
    let times = |over: &[Figures], under: &[Figures], figure: fn(&Figures) -> Option<f64>| {
        or_dash(ratio(over, under, figure).map(|ratio| format!("{:.1} ×", ratio.median)))
    };
    vec![
        row.work.name().to_owned(),
        row.server.clone(),
        row.store.clone(),
        row.connections.to_string(),
        number(figures.requests_per_second, 0),
        number(figures.p50_ms, 2),
        number(figures.p99_ms, 2),
        number(figures.p999_ms, 2),
        optional(figures.server_us, 1),
        optional(figures.postgres_us, 1),
        optional(figures.statements, 2),
        optional(figures.wal_bytes, 0),
        optional(figures.resident_kib.map(|kib| kib / 1024.0), 0),
        times(&row.runs, ours, |figures| figures.server_us),
        times(&row.runs, ours, Figures::all_us),
        times(ours, &row.runs, |figures| Some(figures.requests_per_second)),
        number(figures.failed + figures.socket_errors, 0),
        number(figures.others_busy, 2),
    ]
}

#[cfg(test)]
mod tests {
    #![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test states what it expects by failing")]

    use super::*;
    use crate::bench::measure::Measured;

    #[test]
    fn a_peer_is_compared_with_the_runs_of_grantor_beside_its_own() {
        let row = |server: &str, work, runs: &[(f64, f64)]| {
            let run = |&(rate, server_us)| Figures {
                requests_per_second: rate,
                server_us: Some(server_us),
                ..Figures::default()
            };
            let runs: Vec<Figures> = runs.iter().map(run).collect();
            Row::new(server, work, "postgres", 32, Measured { median: Figures::median(&runs), runs })
        };
        let pairs = [
            Pair {
                ours: row(GRANTOR, Work::Refresh, &[(1000.0, 50.0)]),
                theirs: row("slow", Work::Refresh, &[(100.0, 400.0)]),
            },
            Pair {
                ours: row(GRANTOR, Work::Refresh, &[(500.0, 100.0)]),
                theirs: row("slower", Work::Refresh, &[(10.0, 900.0)]),
            },
            Pair { ours: row(GRANTOR, Work::Code, &[(1.0, 1.0)]), theirs: row("slow", Work::Code, &[(1.0, 2.0)]) },
        ];
        let page = page(&pairs);
        let (_, rows) = page.split_once("--:|\n").unwrap();
        let lines: Vec<Vec<&str>> = rows.lines().map(|line| line.split(" | ").collect()).collect();
        let shown: Vec<_> = lines.iter().map(|line| (line[1], line[4], line[13], line[15])).collect();
        let expect = [
            ("grantor", "750", "1.0 ×", "1.0 ×"),
            ("slow", "100", "8.0 ×", "10.0 ×"),
            ("slower", "10", "9.0 ×", "50.0 ×"),
            ("grantor", "1", "1.0 ×", "1.0 ×"),
            ("slow", "1", "2.0 ×", "1.0 ×"),
        ];
        assert_eq!(shown, expect, "{page}");
    }
}
