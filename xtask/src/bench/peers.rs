//! Decides how Grantor is compared with peers: each work by Grantor and then by each peer that knows it, in one run, on one
//! machine, with the same requests and the same number of connections.

use anyhow::Context;

use super::matrix;
use super::measure::{Measured, Procedure};
use super::options::Store;
use super::peer::{self, Peer, PeerStore, Slices, Start};
use super::report::{GRANTOR, Row, number, table};
use super::setup::Setup;
use super::target::{Nothing, Supply, Target};
use super::work::{Use, Work};

const CONNECTIONS: usize = 32;

/// Values to find out with how many a run needs, for works that use each once.
const FIRST: usize = 2000;

/// Values of a run for works where each answer brings the next, and for those that use each again and again.
const IN_TURN: usize = 1000;

/// A peer's runs have values for as much as this times what it did when that was found out: it was cold then.
const RESERVE: f64 = 2.5;

/// Measures each work by Grantor and each peer.
pub(super) fn run(setup: &Setup) -> anyhow::Result<Vec<Row>> {
    let mut names = setup.options.peers.clone();
    if setup.options.all_peers {
        names = peer::all()?;
    }
    let prepared = names.iter().map(|name| Peer::prepare(name, setup.signals)).collect::<anyhow::Result<Vec<_>>>()?;
    let mut rows = Vec::new();
    for work in setup.options.works() {
        let able: Vec<&Peer> = prepared.iter().filter(|peer| peer.does(work)).collect();
        if able.is_empty() {
            continue;
        }
        rows.extend(matrix::measure(setup, work, our_store(setup), &[CONNECTIONS])?);
        for peer in able {
            for &store in peer.stores().iter().filter(|store| is_chosen(setup, **store)) {
                setup.signals.check()?;
                rows.extend(measure(setup, peer, work, store)?);
            }
        }
    }
    Ok(rows)
}

/// Postgres, unless that was not chosen: it is what the peers have, too.
fn our_store(setup: &Setup) -> Store {
    if setup.options.stores().contains(&Store::Postgres) { Store::Postgres } else { Store::Sqlite }
}

fn is_chosen(setup: &Setup, store: PeerStore) -> bool {
    let like = match store {
        PeerStore::Memory => Store::Sqlite,
        PeerStore::Postgres => Store::Postgres,
    };
    setup.options.stores().contains(&like)
}

fn measure(setup: &Setup, peer: &Peer, work: Work, store: PeerStore) -> anyhow::Result<Option<Row>> {
    let title = format!("{} of {} on {}", work.name(), peer.title(), store.name());
    let count = match work.usage() {
        Use::Once => at_once(setup, peer, work, store).with_context(|| format!("{title}: trial")),
        _ => Ok(IN_TURN),
    };
    let measured = count.and_then(|count| {
        on_peer(setup, peer, work, store, count, |target, supply| {
            procedure(setup).measure(&title, target, supply, CONNECTIONS)
        })
    });
    let measured: Option<Measured> = setup.noted(&title, measured)?;
    Ok(measured.map(|measured| Row::new(&peer.title(), work, store.name(), CONNECTIONS, measured)))
}

/// As for Grantor, but for a longer warm-up: what is compiled while it runs is slow at first.
fn procedure<'a>(setup: &'a Setup) -> Procedure<'a> {
    Procedure { warm_up_seconds: setup.options.peer_warm_up, ..setup.procedure() }
}

/// How many values each run needs of a work that uses each once.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "rates are small"
)]
fn at_once(setup: &Setup, peer: &Peer, work: Work, store: PeerStore) -> anyhow::Result<usize> {
    let rate = on_peer(setup, peer, work, store, FIRST, |target, supply| {
        procedure(setup).warm_up(target, supply, CONNECTIONS)
    })?;
    Ok((rate * setup.options.seconds as f64 * RESERVE) as usize + FIRST)
}

/// Does something with a peer that runs, with `count` values for each run and for the warm-up.
fn on_peer<T>(
    setup: &Setup,
    peer: &Peer,
    work: Work,
    store: PeerStore,
    count: usize,
    measure: impl FnOnce(&Target, &mut dyn Supply) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let database = match store {
        PeerStore::Memory => None,
        PeerStore::Postgres => Some(setup.cluster()?.database()?),
    };
    let mint = match work.usage() {
        Use::Never => 0,
        Use::Cycle => count,
        Use::Once | Use::Rotate => count * (setup.options.runs() + 1),
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
        usage => measure(&target, &mut Slices::new(file, mint, count, usage == Use::Cycle)),
    }
}

/// The table of this section: figures, and how often Grantor's each peer's are.
pub(super) fn page(rows: &[Row]) -> String {
    let columns = [
        "work",
        "server",
        "store",
        "requests/s",
        "p50 ms",
        "p99 ms",
        "server µs",
        "Postgres µs",
        "statements",
        "WAL bytes",
        "RSS MiB",
        "server µs ×",
        "with Postgres ×",
        "requests/s ×",
        "others",
    ];
    table(&columns, &rows.iter().map(|row| cells(row, rows)).collect::<Vec<_>>())
}

fn cells(row: &Row, rows: &[Row]) -> Vec<String> {
    let figures = &row.median;
    let optional = |value: Option<f64>, places: usize| value.map_or("–".to_owned(), |value| number(value, places));
    let ours = rows.iter().find(|other| other.server == GRANTOR && other.work == row.work).map(|ours| &ours.median);
    let times = |value: Option<f64>| value.map_or("–".to_owned(), |times| format!("{times:.1} ×"));
    let ratio = |over: Option<f64>, under: Option<f64>| Some(over? / under.filter(|under| *under > 0.0)?);
    let rates = ratio(ours.map(|ours| ours.requests_per_second), Some(figures.requests_per_second));
    vec![
        row.work.name().to_owned(),
        row.server.clone(),
        row.store.clone(),
        number(figures.requests_per_second, 0),
        number(figures.p50_ms, 2),
        number(figures.p99_ms, 2),
        optional(figures.server_us, 1),
        optional(figures.postgres_us, 1),
        optional(figures.statements, 2),
        optional(figures.wal_bytes, 0),
        optional(figures.resident_kib.map(|kib| kib / 1024.0), 0),
        times(ratio(figures.server_us, ours.and_then(|ours| ours.server_us))),
        times(ratio(figures.all_us(), ours.and_then(super::figures::Figures::all_us))),
        times(rates),
        number(figures.others_busy, 2),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::figures::Figures;

    #[test]
    fn ratios_are_to_grantor_at_the_same_work() {
        let row = |server: &str, work, rate, server_us| {
            let median = Figures { requests_per_second: rate, server_us: Some(server_us), ..Figures::default() };
            Row::new(server, work, "postgres", 32, Measured { median, runs: Vec::new() })
        };
        let rows = [
            row(GRANTOR, Work::Code, 1.0, 1.0),
            row(GRANTOR, Work::Refresh, 1000.0, 50.0),
            row("peer", Work::Refresh, 100.0, 400.0),
        ];
        let ratios = |row| cells(row, &rows).split_off(11);
        let [_, ours, peers] = &rows;
        assert_eq!(ratios(ours), ["1.0 ×", "1.0 ×", "1.0 ×", "0.00"]);
        assert_eq!(ratios(peers), ["8.0 ×", "8.0 ×", "10.0 ×", "0.00"]);
    }
}
