//! Decides what growth costs: the same requests at few, at many and at very many live grants, and while what has expired is
//! removed. One database for all sizes: what the tokens rest on stays, and everything around it is written anew.

mod engine;
mod expiry;
mod felt;
mod fill;
mod ids;
mod partitions;
mod rows;
mod steady;
mod tokens;
mod watch;

use std::time::Instant;

use anyhow::{Context, ensure};
use serde::Serialize;

pub(super) use self::engine::Engine;
use self::expiry::Expiry;
use self::fill::{ASSUMED_ROW_BYTES, Part, Rows, check_room, fill};
use self::ids::{Spread, millis};
use self::partitions::Partition;
use self::rows::{Real, Template};
use self::tokens::{BUSY, Pool, Tokens, WIDE};
use super::database::Database;
use super::figures::{Figures, to_f64};
use super::measure::{Measured, Procedure};
use super::options::Store;
use super::report::{number, optional, or_dash, table};
use super::server::{Plan, Server};
use super::setup::Setup;
use super::target::Target;
use super::work::Work;

const CONNECTIONS: usize = 32;

/// Longer than the whole section takes.
const ACCESS_TOKEN: &str = "24h";

/// Partitions that are over but live, at most: four of the table's six.
const OLDER: u64 = 4;

/// The share of the made-up grants that is in them: one of so many.
const OLDER_SHARE: u64 = 4;

/// So many times more grants than those of the wide load, for it to be measured.
const WIDE_TIMES: u64 = 2;

/// What was measured.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct Growth {
    sizes: Vec<Size>,
    rows: Vec<Row>,
    expiries: Vec<Expiry>,
}

/// A table of one size.
#[derive(Clone, Debug, Serialize)]
struct Size {
    store: String,
    grants: u64,
    heap_bytes: f64,
    index_bytes: f64,
    rows_per_second: f64,
}

/// One work at one size.
#[derive(Clone, Debug, Serialize)]
struct Row {
    store: String,
    grants: u64,
    work: String,
    median: Figures,
    runs: Vec<Figures>,
}

/// Measures each store.
pub(super) fn run(setup: &Setup) -> anyhow::Result<Growth> {
    let mut growth = Growth::default();
    for store in setup.options.stores() {
        setup.signals.check()?;
        setup.tried(&format!("growth on {}", store.name()), on_store(setup, store, &mut growth))?;
    }
    Ok(growth)
}

fn on_store(setup: &Setup, store: Store, growth: &mut Growth) -> anyhow::Result<()> {
    let sizes = setup.options.grants(store);
    let database = setup.database(store)?;
    let url = database.as_ref().map(Database::url);
    let plan =
        Plan { work: Work::Refresh, database_url: url.as_deref(), beside: None, access_token: Some(ACCESS_TOKEN) };
    let server = Server::start_as(&setup.binary(), &plan, setup.signals)?;
    let engine = Engine::of(setup, database.as_ref(), &server)?;
    let mut row_bytes = ASSUMED_ROW_BYTES;
    let largest = sizes.iter().copied().max().unwrap_or_default();
    check_room(&engine, largest, row_bytes)?;
    let tokens = Tokens::make(setup, &server, &engine, is_wide(largest))?;
    let (template, marks) = template(&engine, &tokens)?;
    let database = database.as_ref();
    let mut grown = Grown { setup, store, server: &server, database, engine: &engine, tokens, template, marks };
    for grants in sizes {
        check_room(&engine, grants, row_bytes)?;
        let size = grown.fill(grants)?;
        row_bytes = row_bytes.max((size.heap_bytes + size.index_bytes) / to_f64(grants));
        growth.sizes.push(size);
        growth.rows.extend(grown.measure(grants)?);
    }
    let rate = growth.rows.iter().rfind(|row| row.store == store.name() && row.work == Work::Refresh.name());
    let rate = rate.map(|row| row.median.requests_per_second).unwrap_or_default();
    growth.expiries.extend(grown.expire(&plan, largest, rate)?);
    Ok(())
}

fn is_wide(grants: u64) -> bool {
    grants >= WIDE_TIMES * WIDE as u64
}

/// A server on a table that grows.
struct Grown<'a> {
    setup: &'a Setup<'a>,
    store: Store,
    server: &'a Server,
    database: Option<&'a Database<'a>>,
    engine: &'a Engine<'a>,
    tokens: Tokens,
    template: Template,
    /// The two times after which a row like the template's is of no use.
    marks: [String; 2],
}

impl Grown<'_> {
    /// Writes the table anew.
    fn fill(&mut self, grants: u64) -> anyhow::Result<Size> {
        let (engine, store) = (self.engine, self.store.name());
        let real = self.tokens.rows(engine, is_wide(grants))?;
        let parts = parts(engine, grants, &real)?;
        println!("{store}: {} grants, of which {} are real", number(to_f64(grants), 0), real.len());
        let rows_per_second =
            fill(engine, &parts, Rows { template: &self.template, real: &real, anew: true }, self.setup.signals)?;
        let begin = Instant::now();
        engine.settle()?;
        let found = engine.number(&format!("SELECT count(*) FROM {}", engine::TABLE))?;
        ensure!(found == to_f64(grants), "{found} grants are there instead of {grants}");
        let size = engine.size()?;
        let each = |bytes: f64| bytes / to_f64(grants);
        println!(
            "{store}: written at {} rows a second, settled in {:.0} s; {:.0} bytes a grant and {:.0} of its index",
            number(rows_per_second, 0),
            begin.elapsed().as_secs_f64(),
            each(size.heap),
            each(size.index)
        );
        Ok(Size { store: store.to_owned(), grants, heap_bytes: size.heap, index_bytes: size.index, rows_per_second })
    }

    fn measure(&mut self, grants: u64) -> anyhow::Result<Vec<Row>> {
        let works = [
            (Work::Refresh, Work::Refresh.name().to_owned(), Some(self.tokens.refresh.clone())),
            (
                Work::Refresh,
                format!("refresh of {} grants in turn", number(to_f64(WIDE as u64), 0)),
                self.tokens.wide.clone().filter(|_| is_wide(grants)),
            ),
            (Work::TokenExchange, Work::TokenExchange.name().to_owned(), Some(self.tokens.exchange.clone())),
            (Work::IntrospectOpaque, Work::IntrospectOpaque.name().to_owned(), Some(self.tokens.introspect.clone())),
        ];
        let mut rows = Vec::new();
        for (work, name, pool) in works {
            if let Some(pool) = pool {
                rows.extend(self.measure_one(grants, work, name, pool)?);
            }
        }
        Ok(rows)
    }

    fn measure_one(&self, grants: u64, work: Work, name: String, mut pool: Pool) -> anyhow::Result<Option<Row>> {
        let target = Target::of_server(self.server, work, self.database);
        let store = self.store.name().to_owned();
        let title = format!("{name} on {store}, {} grants", number(to_f64(grants), 0));
        let measured = if pool.is_wide() {
            self.after_checkpoints(&title, &target, &mut pool)
        } else {
            self.checkpoint().and_then(|()| self.setup.procedure().measure(&title, &target, &mut pool, CONNECTIONS))
        };
        let measured = self.setup.noted(&title, measured)?;
        Ok(measured.map(|measured| Row { store, grants, work: name, median: measured.median, runs: measured.runs }))
    }

    /// Each run after a checkpoint of its own, so that no page that it comes to is in the log already.
    fn after_checkpoints(&self, title: &str, target: &Target, pool: &mut Pool) -> anyhow::Result<Measured> {
        let one = Procedure { runs: 1, ..self.setup.procedure() };
        let mut runs = Vec::new();
        for _run in 0..self.setup.options.runs() {
            self.checkpoint()?;
            runs.extend(one.measure(title, target, pool, CONNECTIONS)?.runs);
        }
        Ok(Measured { median: Figures::median(&runs), runs })
    }

    fn checkpoint(&self) -> anyhow::Result<()> {
        self.database.map_or(Ok(()), Database::checkpoint)
    }
}

/// What made-up grants look like: like the first that there is.
fn template(engine: &Engine, tokens: &Tokens) -> anyhow::Result<(Template, [String; 2])> {
    let [hash, expires_at, absolute_expires_at] = engine.marks()?;
    let (_, line) = tokens.busy_rows.lines().next().context("there are no grants")?;
    Ok((Template::new(line, &hash)?, [expires_at, absolute_expires_at]))
}

/// What goes where: most grants beside the real ones, some into older partitions.
fn parts(engine: &Engine, grants: u64, real: &Real) -> anyhow::Result<Vec<Part>> {
    let (first, last) = real.bounds()?;
    let (from_ms, to_ms) = (millis(first), millis(last) + 1);
    let made = grants.checked_sub(real.len() as u64);
    let made = made.with_context(|| format!("{} grants are real ones already; choose more", real.len()))?;
    let older = made / OLDER_SHARE / OLDER;
    let beside = Spread { from_ms, to_ms, count: made - older * OLDER };
    if matches!(engine, Engine::Sqlite { .. }) {
        let spread =
            Spread { from_ms: from_ms.saturating_sub(100 * 24 * 3_600_000), to_ms: from_ms, count: older * OLDER };
        return Ok([spread, beside].map(|spread| Part { table: engine::TABLE.to_owned(), spread }).to_vec());
    }
    let mut all = partitions::ensure_older(engine, from_ms, OLDER)?;
    let own = all.pop().context("no partition has the grants")?;
    let old = |old: Partition| (old, Spread { from_ms: old.from_ms, to_ms: old.to_ms, count: older });
    let all = all.into_iter().map(old).chain([(own, beside)]);
    Ok(all.map(|(partition, spread)| Part { table: partition.name(), spread }).collect())
}

/// The tables of this section.
pub(super) fn page(growth: &Growth) -> String {
    let columns = [
        "work",
        "store",
        "live grants",
        "requests/s",
        "p50 ms",
        "p99 ms",
        "server µs",
        "Postgres µs",
        "both, × the fewest grants",
        "p99, × the fewest grants",
        "WAL bytes",
        "others",
    ];
    let works = table(&columns, &growth.rows.iter().map(|row| cells(row, &growth.rows)).collect::<Vec<_>>());
    let size_cells = |size: &Size| {
        let each = |bytes: f64| number(bytes / to_f64(size.grants), 0);
        vec![
            size.store.clone(),
            number(to_f64(size.grants), 0),
            each(size.heap_bytes),
            each(size.index_bytes),
            number((size.heap_bytes + size.index_bytes) / 1e9, 2),
        ]
    };
    let columns = ["store", "live grants", "heap bytes a grant", "index bytes a grant", "GB in all"];
    let sizes = table(&columns, &growth.sizes.iter().map(size_cells).collect::<Vec<_>>());
    let (busy, connections) = (number(to_f64(BUSY as u64), 0), CONNECTIONS);
    format!(
        "{connections} connections use the tokens of {busy} real grants for each work, which lie between made-up ones evenly all \
         over heap and index; a fourth of the made-up ones is in four older partitions. *In turn* means that each run \
         begins after a checkpoint and comes to each grant once: the log takes every page whole that is not in it already.\n\n{works}\n{sizes}\n{}",
        expiry::page(&growth.expiries)
    )
}

fn cells(row: &Row, all: &[Row]) -> Vec<String> {
    let figures = &row.median;
    // A refresh of many grants in turn is compared with one of few.
    let alike = all.iter().filter(|other| other.store == row.store && row.work.starts_with(&other.work));
    let base = alike.min_by_key(|other| other.grants);
    let times = |of: fn(&Figures) -> Option<f64>| {
        let times = base.and_then(|base| Some(of(figures)? / of(&base.median)?));
        or_dash(times.map(|times| format!("{times:.2} ×")))
    };
    vec![
        row.work.clone(),
        row.store.clone(),
        number(to_f64(row.grants), 0),
        number(figures.requests_per_second, 0),
        number(figures.p50_ms, 2),
        number(figures.p99_ms, 2),
        optional(figures.server_us, 1),
        optional(figures.postgres_us, 1),
        times(Figures::all_us),
        times(|figures| Some(figures.p99_ms)),
        optional(figures.wal_bytes, 0),
        number(figures.others_busy, 2),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(work: &str, grants: u64, server_us: f64) -> Row {
        let median = Figures { server_us: Some(server_us), p99_ms: 1.0, ..Figures::default() };
        Row { store: "postgres".to_owned(), grants, work: work.to_owned(), median, runs: Vec::new() }
    }

    #[test]
    fn costs_are_compared_with_those_at_the_fewest_grants() {
        let all = [row("refresh", 10, 100.0), row("refresh", 20, 130.0), row("refresh in turn", 20, 150.0)];
        let times: Vec<_> = all.iter().filter_map(|row| cells(row, &all).get(8).cloned()).collect();
        assert_eq!(times, ["1.00 ×", "1.30 ×", "1.50 ×"]);
    }

    #[test]
    fn the_wide_load_needs_many_grants() {
        assert!(!is_wide(10_000) && is_wide(1_000_000));
    }
}
