//! Decides what was asked for: one bar after the other, each with the figures that it is judged by.

use super::Found;
use super::judge::{Bar, Bound, Reached};
use super::plan::{COMPANY, HALVES, LOADED, LOADS, MANY_AND_ONE, PEER};
use crate::bench::figures::Figures;
use crate::bench::options::Store;
use crate::bench::pair::{Pair, ratio};
use crate::bench::peer::PeerStore;
use crate::bench::report::{GRANTOR, Row, number};
use crate::bench::work::Work;

/// Every bar, whether or not it could be measured.
pub(super) fn bars(found: &Found) -> Vec<Bar> {
    let cheap = [
        fewer_us(found, Work::ClientCredentialsEs256, PeerStore::Memory, 7.0),
        near_the_ceiling(found),
        more_requests(found, Work::RefreshOpaque),
        less_work(found, Work::RefreshOpaque),
        more_requests(found, Work::Refresh),
        less_work(found, Work::Refresh),
        fewer_us(found, Work::Code, PeerStore::Memory, 5.0),
        fewer_us(found, Work::Code, PeerStore::Postgres, 8.0),
    ];
    let mut bars = cheap.to_vec();
    bars.extend(on_sqlite(found));
    bars.extend(LOADED.into_iter().flat_map(|work| LOADS.map(|connections| one_statement(found, work, connections))));
    bars.extend(HALVES.map(|(work, store)| even(found, work, store)));
    bars.extend([(Work::Refresh, 500.0), (Work::Code, 700.0)].map(|(work, most)| little_log(found, work, most)));
    bars.extend([Store::Sqlite, Store::Postgres].map(|store| soon_ready(found, store)));
    bars.push(little_memory(found));
    bars
}

fn fewer_us(found: &Found, work: Work, store: PeerStore, least: f64) -> Bar {
    let bound = Bound::AtLeast(least);
    let place = place(store);
    Bar {
        work: if work.writes() { format!("{} on postgres", work.name()) } else { work.name().to_owned() },
        asked: format!("{bound} × fewer server µs than {PEER} {place}"),
        bound,
        reached: duel(found, work, store).and_then(|pair| times(&pair.theirs, &pair.ours, COST)),
    }
}

fn near_the_ceiling(found: &Found) -> Bar {
    let bound = Bound::AtMost(1.35);
    Bar {
        work: Work::ClientCredentialsEs256.name().to_owned(),
        asked: format!("{bound} × the server µs of the bare ceiling"),
        bound,
        reached: found.ceiling.as_ref().and_then(|pair| times(&pair.ours, &pair.theirs, COST)),
    }
}

fn more_requests(found: &Found, work: Work) -> Bar {
    let bound = Bound::AtLeast(10.0);
    Bar {
        work: format!("{} on postgres", work.name()),
        asked: format!("{bound} × the requests/s of {PEER} on postgres, both on every processor"),
        bound,
        reached: duel(found, work, PeerStore::Postgres).and_then(|pair| times(&pair.ours, &pair.theirs, RATE)),
    }
}

/// The same, had the generator processors of its own: what it takes of those two is none of the servers'.
fn less_work(found: &Found, work: Work) -> Bar {
    let bound = Bound::AtLeast(10.0);
    Bar {
        work: format!("{} on postgres", work.name()),
        asked: format!("{bound} × fewer µs of server and Postgres than {PEER} on postgres, both on every processor"),
        bound,
        reached: duel(found, work, PeerStore::Postgres).and_then(|pair| times(&pair.theirs, &pair.ours, WORK_OF_BOTH)),
    }
}

fn on_sqlite(found: &Found) -> [Bar; 2] {
    let [many, one] = MANY_AND_ONE;
    let bar = |bound, asked, reached| Bar { work: format!("{} on sqlite", COMPANY.name()), asked, bound, reached };
    let (more, least) = (Bound::AtLeast(3.0), Bound::AtLeast(8000.0));
    let pair = found.company.as_ref();
    [
        bar(
            more,
            format!("with {many} connections {more} × the requests/s of {one}"),
            pair.and_then(|pair| times(&pair.ours, &pair.theirs, RATE)),
        ),
        bar(
            least,
            format!("with {many} connections {least} requests/s"),
            pair.map(|pair| {
                let value = pair.ours.median.requests_per_second;
                Reached { value, shown: number(value, 0) }
            }),
        ),
    ]
}

fn one_statement(found: &Found, work: Work, connections: usize) -> Bar {
    let row = found.loaded.iter().find(|row| (row.work, row.connections) == (work, connections));
    let bound = Bound::AtMost(1.1);
    Bar {
        work: format!("{} on postgres", work.name()),
        asked: format!("with {connections} connections {bound} statements for a batch"),
        bound,
        reached: row.and_then(Row::statements_per_batch).map(|value| Reached { value, shown: number(value, 2) }),
    }
}

fn even(found: &Found, work: Work, store: Store) -> Bar {
    let place = (work, store.name());
    let half = found.halves.iter().find(|half| (half.row.work, half.row.store.as_str()) == place);
    let bound = Bound::AtMost(5.0);
    Bar {
        work: format!("{} on {}", work.name(), store.name()),
        asked: format!("p99 {bound} × p50, at half of saturation"),
        bound,
        reached: half.and_then(|half| {
            let (ratio, figures) = (half.unevenness()?, &half.row.median);
            let shown = format!("{ratio}, {} against {} ms", number(figures.p99_ms, 2), number(figures.p50_ms, 2));
            Some(Reached { value: ratio.median, shown })
        }),
    }
}

/// The most of all numbers of connections.
fn little_log(found: &Found, work: Work, most: f64) -> Bar {
    let rows = found.loaded.iter().filter(|row| row.work == work);
    let written = rows.filter_map(|row| Some((row.median.wal_bytes?, row.connections)));
    let bound = Bound::AtMost(most);
    Bar {
        work: format!("{} on postgres", work.name()),
        asked: format!("{bound} bytes of WAL a request"),
        bound,
        reached: written.max_by(|(one, _), (other, _)| one.total_cmp(other)).map(|(value, connections)| Reached {
            value,
            shown: format!("{} with {connections} connections", number(value, 0)),
        }),
    }
}

fn soon_ready(found: &Found, store: Store) -> Bar {
    let start = found.starts.iter().find(|start| start.store == store.name());
    let bound = Bound::AtMost(0.3);
    Bar {
        work: format!("start on {}", store.name()),
        asked: format!("{bound} s until it is ready, on an existing database"),
        bound,
        reached: start.map(|start| {
            let value = start.ready_seconds;
            Reached { value, shown: format!("{} s", number(value, 3)) }
        }),
    }
}

/// The most of every single run.
fn little_memory(found: &Found) -> Bar {
    let pairs = found.duels.iter().chain(&found.ceiling).chain(&found.company);
    let rows = pairs.flat_map(|pair| [&pair.ours, &pair.theirs]).filter(|row| row.server == GRANTOR);
    let rows = rows.chain(&found.loaded).chain(found.halves.iter().map(|half| &half.row));
    let runs = rows.flat_map(|row| {
        let place = format!("{} on {}, {} connections", row.work.name(), row.store, row.connections);
        row.runs.iter().filter_map(move |run| Some((run.resident_kib?, place.clone())))
    });
    let starts = found
        .starts
        .iter()
        .map(|start| (start.peak_kib, format!("the peak of refresh on {} before its starts", start.store)));
    let bound = Bound::AtMost(64.0);
    Bar {
        work: "every one of these".to_owned(),
        asked: format!("{bound} MiB in use under full load"),
        bound,
        reached: runs.chain(starts).max_by(|(one, _), (other, _)| one.total_cmp(other)).map(|(kib, place)| {
            let value = kib / 1024.0;
            Reached { value, shown: format!("{} MiB: {place}", number(value, 1)) }
        }),
    }
}

/// The pair of a work, by the peer's store.
fn duel(found: &Found, work: Work, store: PeerStore) -> Option<&Pair> {
    found.duels.iter().find(|pair| (pair.theirs.work, pair.theirs.store.as_str()) == (work, store.name()))
}

fn place(store: PeerStore) -> &'static str {
    match store {
        PeerStore::Memory => "in memory",
        PeerStore::Postgres => "on postgres",
    }
}

/// What is compared: a figure, to how many places it is shown, and its unit.
type Compared = (fn(&Figures) -> Option<f64>, usize, &'static str);

const COST: Compared = (|figures| figures.server_us, 1, "µs");
const WORK_OF_BOTH: Compared = (Figures::all_us, 1, "µs");
const RATE: Compared = (|figures| Some(figures.requests_per_second), 0, "requests/s");

/// How often one row's figure is the other's, and the medians of both.
fn times(over: &Row, under: &Row, (figure, places, unit): Compared) -> Option<Reached> {
    let ratio = ratio(&over.runs, &under.runs, figure)?;
    let shown = |row: &Row| figure(&row.median).map(|figure| number(figure, places));
    let shown = format!("{ratio}, {} against {} {unit}", shown(over)?, shown(under)?);
    Some(Reached { value: ratio.median, shown })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test states what it expects by failing")]

    use super::*;
    use crate::bench::half::Half;
    use crate::bench::measure::Measured;
    use crate::bench::start::Start;

    fn row(server: &str, work: Work, store: &str, connections: usize, median: Figures) -> Row {
        Row::new(server, work, store, connections, Measured { median: median.clone(), runs: vec![median] })
    }

    fn costs(server_us: f64) -> Figures {
        Figures { server_us: Some(server_us), ..Figures::default() }
    }

    /// What is measured of a bar, by the beginning of its work and what it asks.
    fn line(found: &Found, work: &str, words: &str) -> [String; 2] {
        let bar = bars(found).into_iter().find(|bar| bar.work.starts_with(work) && bar.asked.contains(words));
        let cells = bar.unwrap().cells();
        [2, 3].map(|at| cells.get(at).unwrap().clone())
    }

    #[test]
    fn nothing_is_met_before_it_is_measured() {
        let bars = bars(&Found::default());
        assert!(bars.iter().all(|bar| bar.cells().ends_with(&["–".to_owned(), "not measured".to_owned()])));
        assert_eq!(bars.len(), 24);
    }

    #[test]
    fn costs_are_compared_with_the_peers_on_each_store() {
        let duel = |store, theirs| Pair {
            ours: row(GRANTOR, Work::Code, "postgres", 32, costs(100.0)),
            theirs: row("node-oidc-provider 9", Work::Code, store, 32, costs(theirs)),
        };
        let work = Work::ClientCredentialsEs256;
        let ceiling = Pair {
            ours: row(GRANTOR, work, "sqlite", 32, costs(50.0)),
            theirs: row("bare", work, "none", 32, costs(40.0)),
        };
        let duels = vec![duel("memory", 900.0), duel("postgres", 600.0)];
        let found = Found { duels, ceiling: Some(ceiling), ..Found::default() };
        let nine = "9.00 × (9.00 to 9.00), 900.0 against 100.0 µs";
        assert_eq!(line(&found, "code", "in memory"), [nine, "yes"]);
        let six = "6.00 × (6.00 to 6.00), 600.0 against 100.0 µs";
        assert_eq!(line(&found, "code", "provider on postgres"), [six, "no, 25 % short"]);
        assert_eq!(line(&found, "client", "ceiling"), ["1.25 × (1.25 to 1.25), 50.0 against 40.0 µs", "yes"]);
    }

    #[test]
    fn rates_are_compared_with_the_peer_and_with_company() {
        let rated = |server: &str, work, store: &str, connections, rate| {
            let server_us = Some(1e6 / rate);
            let figures = Figures { requests_per_second: rate, server_us, ..Figures::default() };
            row(server, work, store, connections, figures)
        };
        let duel = Pair {
            ours: rated(GRANTOR, Work::RefreshOpaque, "postgres", 32, 11_000.0),
            theirs: rated("node-oidc-provider 9", Work::RefreshOpaque, "postgres", 32, 1000.0),
        };
        let company = Pair {
            ours: rated(GRANTOR, Work::Refresh, "sqlite", 64, 7200.0),
            theirs: rated(GRANTOR, Work::Refresh, "sqlite", 1, 2000.0),
        };
        let found = Found { duels: vec![duel], company: Some(company), ..Found::default() };
        let expect = ["11.00 × (11.00 to 11.00), 11,000 against 1,000 requests/s", "yes"];
        assert_eq!(line(&found, "refresh-opaque", "requests/s"), expect);
        let expect = ["11.00 × (11.00 to 11.00), 1,000.0 against 90.9 µs", "yes"];
        assert_eq!(line(&found, "refresh-opaque", "server and Postgres"), expect);
        let expect = ["3.60 × (3.60 to 3.60), 7,200 against 2,000 requests/s", "yes"];
        assert_eq!(line(&found, "refresh on sqlite", "of 1"), expect);
        assert_eq!(line(&found, "refresh on sqlite", "8,000"), ["7,200", "no, 10 % short"]);
    }

    #[test]
    fn the_worst_counts_where_a_bar_is_about_several() {
        let written = |connections, wal_bytes, kib| {
            let figures = Figures { wal_bytes: Some(wal_bytes), resident_kib: Some(kib), ..Figures::default() };
            row(GRANTOR, Work::Code, "postgres", connections, figures)
        };
        let start = Start {
            store: "sqlite".to_owned(),
            idle_kib: 0.0,
            peak_kib: 60.0 * 1024.0,
            requests_per_second: 0.0,
            ready_seconds: 0.31,
        };
        let paced = Figures { p50_ms: 1.0, p99_ms: 5.5, ..Figures::default() };
        let found = Found {
            loaded: vec![written(256, 421.0, 1024.0), written(32, 384.0, 66.0 * 1024.0)],
            halves: vec![Half { most: 1.0, row: row(GRANTOR, Work::Code, "sqlite", 256, paced) }],
            starts: vec![start],
            ..Found::default()
        };
        assert_eq!(line(&found, "code", "WAL"), ["421 with 256 connections", "yes"]);
        let memory = ["66.0 MiB: code on postgres, 32 connections", "no, 3 % over"];
        assert_eq!(line(&found, "every", "MiB"), memory);
        assert_eq!(
            line(&found, "code on sqlite", "p99"),
            ["5.50 × (5.50 to 5.50), 5.50 against 1.00 ms", "no, 10 % over"]
        );
        assert_eq!(line(&found, "start", "ready"), ["0.310 s", "no, 3 % over"]);
    }
}
