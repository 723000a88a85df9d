//! Decides how Grantor is compared with peers: each work by Grantor and then by each peer that knows it, in one run, on one
//! machine, with the same requests and the same numbers of connections.

use anyhow::{Context, ensure};

use super::figures::Figures;
use super::matrix;
use super::measure::Procedure;
use super::options::Store;
use super::pair::{Contender, Pair, in_turn};
use super::peer::{self, Peer, PeerStore, Slices, Start};
use super::report::{GRANTOR, Row, number, table};
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

/// Measures each work by Grantor and each peer, with each number of connections.
pub(super) fn run(setup: &Setup) -> anyhow::Result<Vec<Row>> {
    let prepared = prepare(setup)?;
    let connections = setup.options.chosen_connections(CONNECTIONS);
    let mut rows = Vec::new();
    for work in setup.options.works() {
        let able: Vec<&Peer> = prepared.iter().filter(|peer| peer.does(work)).collect();
        if able.is_empty() {
            continue;
        }
        rows.extend(matrix::measure(setup, work, our_store(setup), &connections)?);
        for peer in able {
            for &store in peer.stores().iter().filter(|store| is_chosen(setup, **store)) {
                setup.signals.check()?;
                rows.extend(Case { setup, peer, work, store }.measure(&connections)?);
            }
        }
    }
    Ok(rows)
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

    /// Measures it with each number of connections. What cannot be measured is noted.
    pub(super) fn measure(&self, connections: &[usize]) -> anyhow::Result<Vec<Row>> {
        let setup = self.setup;
        let title = self.title();
        let mut rows = Vec::new();
        let done = self.on_peer_for_runs(connections, |target, supply| {
            for &connections in connections {
                let measured = self.procedure().measure(&title, target, supply, connections);
                if let Some(measured) = setup.noted(&format!("{title}, {connections} connections"), measured)? {
                    rows.push(Row::new(&self.peer.title(), self.work, self.store.name(), connections, measured));
                }
            }
            Ok(())
        });
        setup.tried(&title, done)?;
        Ok(rows)
    }

    /// Measures it in turn with Grantor, on the store that is named.
    pub(super) fn beside_grantor(&self, store: Store, connections: usize) -> anyhow::Result<Pair> {
        self.on_peer_for_runs(&[connections], |peer, supply| {
            matrix::on_grantor(self.setup, self.work, store, |grantor, mint| {
                let course = self.procedure().course(&self.title(), peer, supply, connections)?;
                let theirs = Contender { server: self.peer.title(), store: self.store.name(), course };
                let ours = matrix::contender(self.setup, GRANTOR, store, grantor, mint, connections)?;
                in_turn(self.setup, ours, theirs)
            })
        })
    }

    /// Does something with a peer that has values for all runs with these numbers of connections.
    fn on_peer_for_runs<T>(
        &self,
        connections: &[usize],
        measure: impl FnOnce(&Target, &mut dyn Supply) -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        let count = self.values_of_a_run(connections)?;
        let supplies = connections.len() * (self.setup.options.runs() + 1);
        self.on_peer(Minted { count, supplies }, measure)
    }

    /// As for Grantor, but for a longer warm-up: what is compiled while it runs is slow at first.
    fn procedure(&self) -> Procedure<'_> {
        Procedure { warm_up_seconds: self.setup.options.peer_warm_up, ..self.setup.procedure() }
    }

    fn values_of_a_run(&self, connections: &[usize]) -> anyhow::Result<usize> {
        let most = connections.iter().copied().max().unwrap_or_default();
        match self.work.usage() {
            Use::Once => self.at_once(most).context("trial"),
            _ => Ok(IN_TURN.max(IN_TURN_EACH * most)),
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

/// The table of this section: figures, and how often Grantor's each peer's are.
pub(super) fn page(rows: &[Row]) -> String {
    table(&COLUMNS, &rows.iter().map(|row| cells(row, rows)).collect::<Vec<_>>())
}

fn cells(row: &Row, rows: &[Row]) -> Vec<String> {
    let figures = &row.median;
    let optional = |value: Option<f64>, places: usize| value.map_or("–".to_owned(), |value| number(value, places));
    let is_ours =
        |other: &&Row| other.server == GRANTOR && (other.work, other.connections) == (row.work, row.connections);
    let ours = rows.iter().find(is_ours).map(|ours| &ours.median);
    let times = |value: Option<f64>| value.map_or("–".to_owned(), |times| format!("{times:.1} ×"));
    let ratio = |over: Option<f64>, under: Option<f64>| Some(over? / under.filter(|under| *under > 0.0)?);
    let rates = ratio(ours.map(|ours| ours.requests_per_second), Some(figures.requests_per_second));
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
        times(ratio(figures.server_us, ours.and_then(|ours| ours.server_us))),
        times(ratio(figures.all_us(), ours.and_then(Figures::all_us))),
        times(rates),
        number(figures.failed + figures.socket_errors, 0),
        number(figures.others_busy, 2),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::measure::Measured;

    #[test]
    fn ratios_are_to_grantor_at_the_same_work_and_connections() {
        let row = |server: &str, work, connections, rate, server_us| {
            let median = Figures { requests_per_second: rate, server_us: Some(server_us), ..Figures::default() };
            Row::new(server, work, "postgres", connections, Measured { median, runs: Vec::new() })
        };
        let rows = [
            row(GRANTOR, Work::Code, 32, 1.0, 1.0),
            row(GRANTOR, Work::Refresh, 1, 1.0, 1.0),
            row(GRANTOR, Work::Refresh, 32, 1000.0, 50.0),
            row("peer", Work::Refresh, 32, 100.0, 400.0),
        ];
        let [_, _, ours, peers] = rows.each_ref().map(|row| cells(row, &rows));
        assert_eq!(ours.len(), COLUMNS.len());
        let ratios = |cells: Vec<String>| -> Vec<_> { cells.into_iter().filter(|cell| cell.ends_with('×')).collect() };
        assert_eq!(ratios(ours), ["1.0 ×", "1.0 ×", "1.0 ×"]);
        assert_eq!(ratios(peers), ["8.0 ×", "8.0 ×", "10.0 ×"]);
    }
}
