//! Decides what was asked for: one bar after the other, each with the figures that it is judged by.

use super::Found;
use super::judge::{Bar, Bound, Reached};
use super::plan::{CONNECTIONS, FEW_AND_MANY, HALVES, LOADS, PEER};
use crate::bench::ceiling::CEILING;
use crate::bench::figures::Figures;
use crate::bench::options::Store;
use crate::bench::peer::PeerStore;
use crate::bench::report::{GRANTOR, Row, number};
use crate::bench::work::Work;

/// Every bar, whether or not it could be measured.
pub(super) fn bars(found: &Found) -> Vec<Bar> {
    let beside_the_ceiling = found.ceiling.iter().find(|row| row.server == GRANTOR);
    let code = ours(&found.pinned, Work::Code, Store::Postgres, CONNECTIONS);
    let client_credentials = ours(&found.pinned, Work::ClientCredentialsEs256, Store::Sqlite, CONNECTIONS);
    let cheap = [
        fewer_us(found, Work::ClientCredentialsEs256, client_credentials, (PeerStore::Memory, 7.0)),
        near_the_ceiling(found, beside_the_ceiling),
        more_requests(found, Work::RefreshOpaque),
        more_requests(found, Work::Refresh),
        fewer_us(found, Work::Code, code, (PeerStore::Memory, 5.0)),
        fewer_us(found, Work::Code, code, (PeerStore::Postgres, 8.0)),
    ];
    let mut bars = cheap.to_vec();
    bars.extend(on_sqlite(found));
    let written = [Work::Refresh, Work::Code];
    bars.extend(written.into_iter().flat_map(|work| LOADS.map(|connections| one_statement(found, work, connections))));
    bars.extend(HALVES.map(|(work, store)| even(found, work, store)));
    bars.extend([(Work::Refresh, 500.0), (Work::Code, 700.0)].map(|(work, most)| little_log(found, work, most)));
    bars.extend([Store::Sqlite, Store::Postgres].map(|store| soon_ready(found, store)));
    bars.push(little_memory(found));
    bars
}

fn fewer_us(found: &Found, work: Work, ours: Option<&Row>, (store, least): (PeerStore, f64)) -> Bar {
    let bound = Bound::AtLeast(least);
    let place = place(store);
    Bar {
        work: if work.writes() { format!("{} on postgres", work.name()) } else { work.name().to_owned() },
        asked: format!("{bound} × fewer server µs than {PEER} {place}"),
        bound,
        reached: ratio(server_us(theirs(&found.pinned, work, store)), server_us(ours), 1, "µs"),
    }
}

fn near_the_ceiling(found: &Found, ours: Option<&Row>) -> Bar {
    let ceiling = found.ceiling.iter().find(|row| row.server == CEILING);
    let bound = Bound::AtMost(1.35);
    Bar {
        work: Work::ClientCredentialsEs256.name().to_owned(),
        asked: format!("{bound} × the server µs of the bare ceiling"),
        bound,
        reached: ratio(server_us(ours), server_us(ceiling), 1, "µs"),
    }
}

fn more_requests(found: &Found, work: Work) -> Bar {
    let rate = |row: Option<&Row>| row.map(|row| row.median.requests_per_second);
    let ours = rate(ours(&found.unpinned, work, Store::Postgres, CONNECTIONS));
    let theirs = rate(theirs(&found.unpinned, work, PeerStore::Postgres));
    let bound = Bound::AtLeast(10.0);
    Bar {
        work: format!("{} on postgres", work.name()),
        asked: format!("{bound} × the requests/s of {PEER} on postgres, both on every processor"),
        bound,
        reached: ratio(ours, theirs, 0, "requests/s"),
    }
}

fn on_sqlite(found: &Found) -> [Bar; 2] {
    let [few, many] = FEW_AND_MANY;
    let rate = |connections| {
        let row = ours(&found.pinned, Work::Refresh, Store::Sqlite, connections);
        row.map(|row| row.median.requests_per_second)
    };
    let bar = |bound, asked, reached| Bar { work: "refresh on sqlite".to_owned(), asked, bound, reached };
    let (times, least) = (Bound::AtLeast(3.0), Bound::AtLeast(8000.0));
    [
        bar(
            times,
            format!("with {many} connections {times} × the requests/s of {few}"),
            ratio(rate(many), rate(few), 0, "requests/s"),
        ),
        bar(
            least,
            format!("with {many} connections {least} requests/s"),
            rate(many).map(|rate| Reached { value: rate, shown: number(rate, 0) }),
        ),
    ]
}

fn one_statement(found: &Found, work: Work, connections: usize) -> Bar {
    let row = ours(&found.pinned, work, Store::Postgres, connections);
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
    let of = |figure: fn(&Figures) -> f64| half.map(|half| figure(&half.row.median));
    let bound = Bound::AtMost(5.0);
    Bar {
        work: format!("{} on {}", work.name(), store.name()),
        asked: format!("p99 {bound} × p50, at half of saturation"),
        bound,
        reached: ratio(of(|figures| figures.p99_ms), of(|figures| figures.p50_ms), 2, "ms"),
    }
}

/// The most of all numbers of connections.
fn little_log(found: &Found, work: Work, most: f64) -> Bar {
    let rows = found.pinned.iter().filter(|row| row.server == GRANTOR && row.work == work);
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
    let rows = found.pinned.iter().chain(&found.unpinned).chain(&found.ceiling);
    let rows = rows.chain(found.halves.iter().map(|half| &half.row)).filter(|row| row.server == GRANTOR);
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

fn server_us(row: Option<&Row>) -> Option<f64> {
    row?.median.server_us
}

fn ours(rows: &[Row], work: Work, store: Store, connections: usize) -> Option<&Row> {
    let place = (work, store.name(), connections);
    rows.iter().find(|row| row.server == GRANTOR && (row.work, row.store.as_str(), row.connections) == place)
}

fn theirs(rows: &[Row], work: Work, store: PeerStore) -> Option<&Row> {
    rows.iter().find(|row| row.server != GRANTOR && (row.work, row.store.as_str()) == (work, store.name()))
}

fn place(store: PeerStore) -> &'static str {
    match store {
        PeerStore::Memory => "in memory",
        PeerStore::Postgres => "on postgres",
    }
}

/// How often one figure is the other, and both.
fn ratio(over: Option<f64>, under: Option<f64>, places: usize, unit: &str) -> Option<Reached> {
    let (over, under) = (over?, under.filter(|under| *under > 0.0)?);
    let value = over / under;
    let shown = format!("{value:.2} × ({} to {} {unit})", number(over, places), number(under, places));
    Some(Reached { value, shown })
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
        assert_eq!(bars.len(), 22);
    }

    #[test]
    fn costs_are_compared_with_the_peers_on_each_store() {
        let found = Found {
            pinned: vec![
                row(GRANTOR, Work::Code, "postgres", 32, costs(100.0)),
                row("node-oidc-provider 9", Work::Code, "memory", 32, costs(900.0)),
                row("node-oidc-provider 9", Work::Code, "postgres", 32, costs(600.0)),
            ],
            ceiling: vec![
                row(GRANTOR, Work::ClientCredentialsEs256, "none", 32, costs(50.0)),
                row(CEILING, Work::ClientCredentialsEs256, "none", 32, costs(40.0)),
            ],
            ..Found::default()
        };
        assert_eq!(line(&found, "code", "in memory"), ["9.00 × (900.0 to 100.0 µs)", "yes"]);
        assert_eq!(line(&found, "code", "provider on postgres"), ["6.00 × (600.0 to 100.0 µs)", "no, 25 % short"]);
        assert_eq!(line(&found, "client", "ceiling"), ["1.25 × (50.0 to 40.0 µs)", "yes"]);
    }

    #[test]
    fn rates_are_compared_on_every_processor() {
        let rated = |server: &str, rate| {
            let figures = Figures { requests_per_second: rate, ..Figures::default() };
            row(server, Work::RefreshOpaque, "postgres", 32, figures)
        };
        let pinned = vec![rated(GRANTOR, 1.0)];
        let unpinned = vec![rated(GRANTOR, 11_000.0), rated("node-oidc-provider 9", 1000.0)];
        let found = Found { pinned, unpinned, ..Found::default() };
        let expect = ["11.00 × (11,000 to 1,000 requests/s)", "yes"];
        assert_eq!(line(&found, "refresh-opaque", "every processor"), expect);
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
        let half = Figures { p50_ms: 1.0, p99_ms: 5.5, ..Figures::default() };
        let found = Found {
            pinned: vec![written(256, 421.0, 1024.0), written(32, 384.0, 66.0 * 1024.0)],
            halves: vec![Half { most: 1.0, row: row(GRANTOR, Work::Code, "sqlite", 256, half) }],
            starts: vec![start],
            ..Found::default()
        };
        assert_eq!(line(&found, "code", "WAL"), ["421 with 256 connections", "yes"]);
        let memory = ["66.0 MiB: code on postgres, 32 connections", "no, 3 % over"];
        assert_eq!(line(&found, "every", "MiB"), memory);
        assert_eq!(line(&found, "code on sqlite", "p99"), ["5.50 × (5.50 to 1.00 ms)", "no, 10 % over"]);
        assert_eq!(line(&found, "start", "ready"), ["0.310 s", "no, 3 % over"]);
    }
}
