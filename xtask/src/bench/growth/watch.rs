//! Decides how it is seen from outside what a detachment does: the state of the partitions and the locks on their table, looked at
//! up to fifty times a second by a block that commits each time, so that it stands in nobody's way itself.

use std::collections::BTreeMap;

use anyhow::Context;
use serde::Serialize;

use super::engine::TABLE;
use super::steady::Begin;
use crate::bench::database::Database;

/// Seconds between two looks, each of which is work for Postgres as well.
pub(super) const EVERY: f64 = 0.02;

/// It ends by itself after so many seconds.
const LIMIT: u32 = 3600;

/// Seconds without a sign after which the next is another step's.
const APART: f64 = 1.0;

/// What begins each line.
const MARK: &str = "bench|";

/// What was seen.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(super) struct Seen {
    /// State and when it was first seen, in seconds from the load's begin, for each partition.
    pub(super) states: BTreeMap<String, Vec<(String, f64)>>,
    pub(super) locks: Vec<Lock>,
    /// When somebody had to do with a partition that is detached, or took an index from it: from the first look to the last of
    /// each time.
    steps: Vec<(f64, f64)>,
}

/// A kind of lock that was held or waited for, other than those of requests themselves.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Lock {
    pub(super) on: String,
    pub(super) mode: String,
    pub(super) granted: bool,
    pub(super) looks: usize,
    /// The longest that one who waited had waited, in milliseconds.
    pub(super) waited_ms: f64,
    pub(super) first: f64,
    pub(super) last: f64,
}

/// Looks until all partitions are gone, and then for as long again: whoever compares the two times compares them with somebody
/// who looks.
pub(super) fn watch(database: &Database, partitions: &[String], begin: Begin) -> anyhow::Result<Seen> {
    let mut psql = database.psql();
    psql.args(["--command", "SET client_min_messages = notice", "--command", &block(partitions)]);
    let output = psql.output().context("cannot start psql")?;
    let text = String::from_utf8_lossy(&output.stderr);
    anyhow::ensure!(output.status.success(), "the watch ended: {}", text.lines().last().unwrap_or_default());
    Ok(Seen::read(&text, begin))
}

/// States are told when they change, locks and steps always. Requests have nothing to do with a partition that is detached.
fn block(partitions: &[String]) -> String {
    let names = partitions.iter().map(|name| format!("'{name}'")).collect::<Vec<_>>().join(", ");
    format!(
        "DO $$ DECLARE before text := ''; state text; indexes bigint; fewer bigint; held record; gone timestamptz; \
         begun timestamptz := clock_timestamp(); ends timestamptz := begun + '{LIMIT} s'; BEGIN LOOP \
         SELECT string_agg(name || '=' || CASE WHEN c.oid IS NULL THEN 'gone' WHEN i.inhrelid IS NULL THEN 'detached' \
         WHEN i.inhdetachpending THEN 'pending' ELSE 'attached' END, ' ' ORDER BY name) INTO state \
         FROM unnest(ARRAY[{names}]) AS name LEFT JOIN pg_class c ON c.relname = name \
         LEFT JOIN pg_inherits i ON i.inhrelid = c.oid; \
         IF state <> before THEN \
         RAISE NOTICE '{MARK}state|%|%', extract(epoch FROM clock_timestamp()), state; before := state; END IF; \
         SELECT count(*) INTO fewer FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid WHERE c.relname IN ({names}); \
         IF fewer < indexes OR state LIKE '%detached%' AND EXISTS (SELECT 1 FROM pg_locks l JOIN pg_class c \
         ON l.locktype = 'relation' AND c.oid = l.relation AND c.relname IN ({names}) WHERE l.pid <> pg_backend_pid()) THEN \
         RAISE NOTICE '{MARK}step|%', extract(epoch FROM clock_timestamp()); END IF; indexes := fewer; \
         FOR held IN SELECT CASE WHEN c.relname = '{TABLE}' THEN 'the table' WHEN c.relkind IN ('i', 'I') THEN 'an index' \
         WHEN c.oid IS NOT NULL THEN 'a partition' ELSE l.locktype END AS what, l.mode, l.granted, \
         coalesce(extract(epoch FROM clock_timestamp() - l.waitstart) * 1000, 0) AS waited \
         FROM pg_locks l LEFT JOIN pg_class c ON l.locktype = 'relation' AND c.oid = l.relation \
         WHERE CASE WHEN c.relname LIKE '{TABLE}%' THEN NOT l.granted OR l.mode NOT IN \
         ('AccessShareLock', 'RowShareLock', 'RowExclusiveLock') ELSE l.locktype <> 'relation' AND NOT l.granted END LOOP \
         RAISE NOTICE '{MARK}lock|%|%|%|%|%', extract(epoch FROM clock_timestamp()), held.what, held.mode, held.granted, \
         held.waited; END LOOP; \
         COMMIT; IF gone IS NULL AND state NOT LIKE '%ed%' AND state NOT LIKE '%pending%' THEN gone := clock_timestamp(); END IF; \
         EXIT WHEN clock_timestamp() > least(ends, gone + (gone - begun)); \
         PERFORM pg_sleep({EVERY}); END LOOP; END $$"
    )
}

impl Seen {
    fn read(text: &str, begin: Begin) -> Self {
        let mut seen = Self::default();
        for line in text.lines().filter_map(|line| line.split_once(MARK)).map(|(_, rest)| rest) {
            let fields: Vec<&str> = line.split('|').collect();
            match fields.as_slice() {
                ["state", at, states] => seen.note_states(begin.of_epoch(at.parse().unwrap_or_default()), states),
                ["step", at] => seen.note_step(begin.of_epoch(at.parse().unwrap_or_default())),
                ["lock", at, on, mode, granted, waited] => {
                    let at = begin.of_epoch(at.parse().unwrap_or_default());
                    seen.note_lock(at, [on, mode], *granted == "t", waited.parse().unwrap_or_default());
                }
                _ => {}
            }
        }
        seen
    }

    fn note_states(&mut self, at: f64, states: &str) {
        for (name, state) in states.split(' ').filter_map(|pair| pair.split_once('=')) {
            let known = self.states.entry(name.to_owned()).or_default();
            if known.last().is_none_or(|(last, _)| last != state) {
                known.push((state.to_owned(), at));
            }
        }
    }

    fn note_step(&mut self, at: f64) {
        match self.steps.last_mut() {
            Some((_, to)) if at - *to < APART => *to = at,
            _ => self.steps.push((at, at)),
        }
    }

    fn note_lock(&mut self, at: f64, [on, mode]: [&str; 2], granted: bool, waited_ms: f64) {
        let is_same = |lock: &&mut Lock| lock.on == on && lock.mode == mode && lock.granted == granted;
        if let Some(lock) = self.locks.iter_mut().find(is_same) {
            lock.looks += 1;
            lock.waited_ms = lock.waited_ms.max(waited_ms);
            lock.last = at;
            return;
        }
        let (on, mode) = (on.to_owned(), mode.to_owned());
        self.locks.push(Lock { on, mode, granted, looks: 1, waited_ms, first: at, last: at });
    }

    /// When anything was done to a partition, if all are gone.
    pub(super) fn steps(&self) -> Option<Vec<(f64, f64)>> {
        let (from, to) = self.span()?;
        Some([(from, from)].into_iter().chain(self.steps.iter().copied()).chain([(to, to)]).collect())
    }

    /// From the first sign of a detachment until the last partition was gone, if all are.
    pub(super) fn span(&self) -> Option<(f64, f64)> {
        let changed = self.states.values().flatten().filter(|(state, _)| state != "attached").map(|(_, at)| *at);
        let locked = self.locks.iter().filter(|lock| lock.on == "the table" && lock.granted).map(|lock| lock.first);
        let from = changed.chain(locked).min_by(f64::total_cmp)?;
        let gone = |states: &Vec<(String, f64)>| states.iter().find(|(state, _)| state == "gone").map(|(_, at)| *at);
        let to = self.states.values().map(gone).collect::<Option<Vec<f64>>>()?;
        Some((from, to.into_iter().max_by(f64::total_cmp)?))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::float_cmp, reason = "a test states what it expects by failing")]

    use super::*;

    #[test]
    fn notices_become_states_and_locks() {
        let begin = Begin::now().unwrap();
        let zero = -begin.of_epoch(0.0);
        let text = format!(
            "NOTICE:  bench|state|{}|a=attached b=attached\nnoise\n\
             NOTICE:  bench|lock|{}|the table|ShareUpdateExclusiveLock|t|0\n\
             NOTICE:  bench|lock|{}|virtualxid|ShareLock|f|7.5\n\
             NOTICE:  bench|state|{}|a=pending b=attached\n\
             NOTICE:  bench|lock|{}|the table|ShareUpdateExclusiveLock|t|0\n\
             NOTICE:  bench|step|{}\nNOTICE:  bench|step|{}\nNOTICE:  bench|step|{}\n\
             NOTICE:  bench|state|{}|a=gone b=gone\n",
            zero + 1.0,
            zero + 2.0,
            zero + 2.25,
            zero + 2.5,
            zero + 3.0,
            zero + 3.0,
            zero + 3.5,
            zero + 6.0,
            zero + 7.0,
        );
        let seen = Seen::read(&text, begin);
        let near = |found: f64, expect: f64| assert!((found - expect).abs() < 1e-3, "{found} is not {expect}");
        let (from, to) = seen.span().unwrap();
        near(from, 2.0);
        near(to, 7.0);
        let steps = seen.steps().unwrap();
        assert_eq!(steps.len(), 4);
        for ((from, to), expect) in steps.into_iter().zip([(2.0, 2.0), (3.0, 3.5), (6.0, 6.0), (7.0, 7.0)]) {
            near(from, expect.0);
            near(to, expect.1);
        }
        assert_eq!(seen.locks.len(), 2);
        let waited: Vec<_> = seen.locks.iter().map(|lock| (lock.looks, lock.waited_ms)).collect();
        assert_eq!(waited, [(2, 0.0), (1, 7.5)]);
        assert_eq!(seen.states.get("a").map(Vec::len), Some(3));
    }

    #[test]
    fn what_is_not_gone_has_no_span() {
        let begin = Begin::now().unwrap();
        assert_eq!(Seen::read("NOTICE:  bench|state|1|a=pending b=gone", begin).span(), None);
    }
}
