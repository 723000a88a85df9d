//! Decides what it costs to remove what has expired: partitions or rows whose time is long over are added, and a second server is
//! started on the same database, whose upkeep removes them while the first one answers a steady load. The start of a server that
//! finds nothing to do is measured as well: it needs the processor too.

use std::fs;
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use serde::Serialize;

use super::Grown;
use super::engine::{Engine, TABLE};
use super::felt::{Felt, LINGERING, Seconds};
use super::fill::{Part, Rows, fill};
use super::ids::{Spread, edge};
use super::partitions::{Partition, attached};
use super::rows::Real;
use super::steady::{Begin, Latency, Steady, epoch_seconds, meanwhile};
use super::watch::{EVERY, Seen, watch};
use crate::bench::figures::to_f64;
use crate::bench::report::{number, table};
use crate::bench::server::{Binary, Plan, Server};

/// `lifetimes.grant_max`, by default, and what upkeep allows for clocks that differ, twice.
const LIFE_MS: u64 = (400 * 24 + 2) * 3_600_000;

/// A time after which a row is of no use, long past.
const LONG_PAST: &str = "1000000000000";

/// How many partitions are past due: upkeep drops one at a time.
const PAST_DUE: u64 = 1;

/// What is past due has one of so many of all grants: a partition is a fourth of a grant's life wide.
const SHARE: u64 = 4;

/// SQLite removes rows one by one, so fewer, or it would take minutes.
const MOST_ROWS: u64 = 200_000;

/// Seconds of load before a server is started, and after it was stopped.
const QUIET_SECONDS: u64 = 20;

/// How long upkeep may take that finds nothing, or nothing any more.
const UPKEEP: Duration = Duration::from_secs(30);

/// How long it may take to remove rows one by one.
const PATIENCE: f64 = 300.0;

/// One removal under load.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Expiry {
    store: String,
    grants: u64,
    /// What was removed.
    partitions: usize,
    rows: u64,
    /// Of requests meanwhile.
    rate: f64,
    failed: u64,
    /// From its start until a server that finds nothing to do is ready, and the latencies of that time.
    start_seconds: f64,
    start: Latency,
    /// From its start until a server had removed everything.
    upkeep_seconds: f64,
    upkeep: Latency,
    /// From the first sign of a removal to the last.
    removal_seconds: f64,
    felt: Felt,
    seen: Option<Seen>,
    log: String,
}

impl Grown<'_> {
    /// Measures a removal; `most` is how many refreshes a second there are at most.
    pub(super) fn expire(&self, plan: &Plan, grants: u64, most: f64) -> anyhow::Result<Option<Expiry>> {
        let store = self.store.name();
        println!("{store}: refreshing while expired grants are removed");
        let second = Second { grown: self, plan, rate: (most / 2.0).max(100.0) };
        let (started, control) = second.load(|begin| second.start(begin, |_, server| self.wait_for_upkeep(server)))?;
        let expired = Expired::add(self, grants)?;
        let ((started_at, _, (watched, log)), steady) = second.load(|begin| {
            second.start(begin, |begin, server| {
                let watched = expired.watch(self, begin)?;
                Ok((watched, self.wait_for_upkeep(server)?))
            })
        })?;
        let Watched { span: (begin, end), steps, seen } = watched;
        let failed = control.failed + steady.failed;
        if failed > 0 {
            let first = control.failure.as_ref().or(steady.failure.as_ref()).map_or("", String::as_str);
            self.setup.note(format!("{failed} refreshes failed while expired grants were removed on {store}: {first}"));
        }
        let expiry = Expiry {
            store: store.to_owned(),
            grants,
            partitions: expired.partitions.len(),
            rows: expired.rows,
            rate: steady.rate(),
            failed,
            start_seconds: started.1 - started.0,
            start: control.between(started.0, started.1),
            upkeep_seconds: end - started_at,
            upkeep: steady.between(started_at, end),
            removal_seconds: end - begin,
            felt: Felt::by(&steady, started_at, &steps),
            seen,
            log,
        };
        println!("{}", page(std::slice::from_ref(&expiry)));
        Ok(Some(expiry))
    }

    fn tokens_left(&self) -> anyhow::Result<Vec<String>> {
        let text = fs::read_to_string(self.tokens.refresh.file()).context("cannot read the refresh tokens")?;
        Ok(text.lines().map(str::to_owned).collect())
    }

    /// Waits until a second server has said what its upkeep did. Before that it holds the lease, and whoever stops it keeps all
    /// others from upkeep for a quarter of an hour.
    fn wait_for_upkeep(&self, second: &Server) -> anyhow::Result<String> {
        let begin = Instant::now();
        loop {
            if let Some(line) = second.logged("storage is in order") {
                return Ok(line);
            }
            if begin.elapsed() >= UPKEEP {
                let first = ["upkeep of storage", "storage is in order"].map(|words| self.server.logged(words));
                bail!(
                    "the second server had no upkeep to do: somebody else holds its lease; the first one said {first:?}"
                );
            }
            sleep(Duration::from_millis(10));
        }
    }
}

/// A second server that is started under load.
struct Second<'a> {
    grown: &'a Grown<'a>,
    plan: &'a Plan<'a>,
    rate: f64,
}

impl Second<'_> {
    fn load<T>(&self, work: impl FnOnce(Begin) -> anyhow::Result<T>) -> anyhow::Result<(T, Steady)> {
        let tokens = self.grown.tokens_left()?;
        let (done, steady) = meanwhile(self.grown.server.port(), &tokens, self.rate, |begin| {
            sleep(Duration::from_secs(QUIET_SECONDS));
            let done = work(begin)?;
            sleep(Duration::from_secs(QUIET_SECONDS));
            Ok(done)
        })?;
        fs::write(self.grown.tokens.refresh.file(), steady.left.join("\n"))
            .context("cannot keep the refresh tokens")?;
        Ok((done, steady))
    }

    /// Starts it, waits for `until`, and says when that began and ended.
    fn start<T>(
        &self,
        begin: Begin,
        until: impl FnOnce(Begin, &Server) -> anyhow::Result<T>,
    ) -> anyhow::Result<(f64, f64, T)> {
        let setup = self.grown.setup;
        let file = format!("sqlite:{}", self.grown.server.sqlite_file().display());
        let database_url = Some(self.plan.database_url.unwrap_or(&file));
        let plan = Plan { database_url, beside: Some(self.grown.server.replica()), ..*self.plan };
        // Elsewhere, as another replica is.
        let binary = Binary { processor: setup.generator_processor(), ..setup.binary() };
        let started_at = begin.elapsed();
        let server = Server::start_as(&binary, &plan, setup.signals)?;
        let done = until(begin, &server)?;
        Ok((started_at, begin.elapsed(), done))
    }
}

/// What became of it.
struct Watched {
    /// From the first sign of its removal to the last.
    span: (f64, f64),
    steps: Vec<(f64, f64)>,
    seen: Option<Seen>,
}

/// What is there to be removed.
struct Expired {
    partitions: Vec<Partition>,
    rows: u64,
    /// Nothing is older than this but what is to be removed.
    before_ms: u64,
}

impl Expired {
    fn add(grown: &Grown, grants: u64) -> anyhow::Result<Self> {
        let engine = grown.engine;
        let now_ms = Duration::try_from_secs_f64(epoch_seconds()?).context("the clock is wrong")?.as_millis();
        let now_ms = u64::try_from(now_ms)?;
        let [expires_at, absolute_expires_at] = &grown.marks;
        let template = grown.template.with(absolute_expires_at, LONG_PAST).with(expires_at, LONG_PAST);
        let partitions = match engine {
            Engine::Postgres(_) => {
                // Between the current one and these lie as many as one life is long.
                attached(engine)?.first().context("no partitions")?.before(PAST_DUE)
            }
            Engine::Sqlite { .. } => Vec::new(),
        };
        let before_ms = now_ms.saturating_sub(LIFE_MS);
        let each = grants / SHARE;
        let mut parts = Vec::new();
        for partition in &partitions {
            partition.create(engine)?;
            let Partition { from_ms, to_ms } = *partition;
            parts.push(Part { table: partition.name(), spread: Spread { from_ms, to_ms, count: each } });
        }
        if parts.is_empty() {
            let count = each.min(MOST_ROWS);
            let spread = Spread { from_ms: before_ms.saturating_sub(LIFE_MS / 4), to_ms: before_ms, count };
            parts.push(Part { table: TABLE.to_owned(), spread });
        }
        let rows = Rows { template: &template, real: &Real::default(), anew: false };
        fill(engine, &parts, rows, grown.setup.signals)?;
        for partition in &partitions {
            partition.attach(engine)?;
        }
        match engine {
            Engine::Postgres(_) => engine.settle()?,
            // Its pages stay as they were filled: VACUUM would take as long as everything else.
            Engine::Sqlite { .. } => engine.ask(&["PRAGMA wal_checkpoint(TRUNCATE)"]).map(drop)?,
        }
        Ok(Self { partitions, rows: parts.iter().map(|part| part.spread.count).sum(), before_ms })
    }

    /// Looks until it is removed, and then for as long again with nothing to remove.
    fn watch(&self, grown: &Grown, begin: Begin) -> anyhow::Result<Watched> {
        if let Engine::Postgres(database) = grown.engine {
            let names: Vec<String> = self.partitions.iter().map(|partition| partition.name()).collect();
            let seen = watch(database, &names, begin)?;
            let gone = seen.span().zip(seen.steps());
            let (span, steps) = gone.with_context(|| format!("the past partitions are not gone: {:?}", seen.states))?;
            return Ok(Watched { span, steps, seen: Some(seen) });
        }
        let edge = edge(self.before_ms);
        let left = format!("SELECT EXISTS (SELECT 1 FROM {TABLE} WHERE id < x'{edge}')");
        let from = begin.elapsed();
        let mut to = None;
        while to.is_none_or(|to| begin.elapsed() < to + (to - from)) {
            grown.setup.signals.check()?;
            if grown.engine.number(&left)? == 0.0 {
                to.get_or_insert_with(|| begin.elapsed());
            }
            ensure!(
                to.is_some() || begin.elapsed() - from < PATIENCE,
                "the expired rows are not gone after {PATIENCE} s"
            );
            sleep(Duration::from_millis(200));
        }
        let span = (from, to.unwrap_or(from));
        Ok(Watched { span, steps: vec![span], seen: None })
    }
}

/// The tables of this part.
pub(super) fn page(all: &[Expiry]) -> String {
    let cells = |expiry: &Expiry| {
        let removed = match expiry.partitions {
            0 => format!("{} rows", number(to_f64(expiry.rows), 0)),
            _ => format!("a partition, {} rows", number(to_f64(expiry.rows), 0)),
        };
        vec![
            expiry.store.clone(),
            number(to_f64(expiry.grants), 0),
            removed,
            number(expiry.removal_seconds, 3),
            number(expiry.upkeep_seconds, 2),
            number(expiry.rate, 0),
            number(expiry.start.p99_ms, 2),
            number(to_f64(expiry.failed), 0),
        ]
    };
    let columns = [
        "store",
        "live grants",
        "removed",
        "removal s",
        "start and removal s",
        "refreshes/s",
        "p99 ms while a server starts",
        "failed",
    ];
    let times = table(&columns, &all.iter().map(cells).collect::<Vec<_>>());
    let felt = all.iter().map(felt).collect::<String>();
    format!(
        "While half as many refreshes a second as there can be are due at fixed moments, a second server is started, whose upkeep \
         reads what is past and removes it. *Removal* is from the first sign of a detachment until the partition is gone (on SQLite \
         from when that server is ready until the last row is gone). One column is of the start of a server that finds nothing to do.\n\n{times}\n\
         Second by second: *a step* are those in which a step of the removal was done, and {LINGERING} s after each, because a file \
         system has its own time to free what it was given back; *between steps* are the others of the removal; and *nothing to \
         remove* are those after it, for as long as it was waited for, with the second server and whoever looks at the locks as \
         before, and {QUIET_SECONDS} s each before that server starts and after it was stopped. The time in which it starts and, on \
         Postgres, reads is none of these. Of each the middle one of all seconds' figures, and the worst. *Slow* are \
         seconds with more than twice the p99 of the middle one in which there was nothing to remove.\n{felt}{}",
        all.iter().filter_map(locks).collect::<String>()
    )
}

/// What the load felt of a removal.
fn felt(expiry: &Expiry) -> String {
    let cells = |(name, seconds): (&str, Seconds)| {
        vec![
            name.to_owned(),
            seconds.number.to_string(),
            number(seconds.p50_ms, 2),
            number(seconds.p99_ms, 2),
            format!("{:.0} %", 100.0 * seconds.slow),
            number(seconds.worst_p99_ms, 2),
            number(seconds.max_ms, 2),
        ]
    };
    let Felt { steps, between, control } = expiry.felt;
    let kinds = [("a step", steps), ("between steps", between), ("nothing to remove", control)];
    let rows: Vec<_> = kinds.into_iter().filter(|(_, seconds)| seconds.number > 0).map(cells).collect();
    let columns = [expiry.store.as_str(), "seconds", "p50 ms", "p99 ms", "slow", "worst p99 ms", "max ms"];
    format!("\n{}", table(&columns, &rows))
}

/// The lock footprint of a removal.
fn locks(expiry: &Expiry) -> Option<String> {
    let seen = expiry.seen.as_ref()?;
    let cells = |lock: &super::watch::Lock| {
        vec![
            lock.on.clone(),
            lock.mode.clone(),
            if lock.granted { "held" } else { "waited for" }.to_owned(),
            lock.looks.to_string(),
            number((lock.last - lock.first) * 1000.0, 0),
            number(lock.waited_ms, 1),
        ]
    };
    let columns = ["lock on", "mode", "", "times seen", "from first to last ms", "longest wait ms"];
    let rows: Vec<_> = seen.locks.iter().map(cells).collect();
    Some(format!(
        "\nThe locks from then on, with {} ms between two looks, and also when there was nothing left to remove: so those of \
         autovacuum on other partitions are here too. Those of requests themselves (up to `RowExclusiveLock`, granted) are left out, \
         unless they were waited for.\n\n{}",
        1000.0 * EVERY,
        table(&columns, &rows)
    ))
}
