//! Decides which partitions the made-up grants go to on Postgres: the one of the real grants, and older ones that are named and
//! bounded as Grantor's own are (`crates/adapters/store/src/maintenance/partition.rs`), so that its upkeep takes them for its own.

use anyhow::Context;

use super::engine::{Engine, TABLE};
use super::ids::edge;

/// A partition, by its bounds in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Partition {
    pub(super) from_ms: u64,
    pub(super) to_ms: u64,
}

impl Partition {
    pub(super) fn name(self) -> String {
        format!("{TABLE}_{}_{}", self.from_ms, self.to_ms)
    }

    pub(super) fn parse(name: &str) -> Option<Self> {
        let (from, to) = name.strip_prefix(TABLE)?.strip_prefix('_')?.split_once('_')?;
        Some(Self { from_ms: from.parse().ok()?, to_ms: to.parse().ok()? })
    }

    pub(super) fn contains(self, millis: u64) -> bool {
        (self.from_ms..self.to_ms).contains(&millis)
    }

    fn width(self) -> u64 {
        self.to_ms - self.from_ms
    }

    /// The `number` partitions of the same width that end where this one begins, the oldest first.
    pub(super) fn before(self, number: u64) -> Vec<Self> {
        let back = |steps: u64| self.from_ms.saturating_sub(steps * self.width());
        (1..=number).rev().map(|steps| Self { from_ms: back(steps), to_ms: back(steps - 1) }).collect()
    }

    /// Makes it as Grantor does; it is no part of the table yet.
    pub(super) fn create(self, engine: &Engine) -> anyhow::Result<()> {
        let name = self.name();
        engine.ask(&[&format!("CREATE TABLE {name} (LIKE {TABLE} INCLUDING ALL) WITH (fillfactor = 80)")]).map(drop)
    }

    pub(super) fn attach(self, engine: &Engine) -> anyhow::Result<()> {
        let (name, from, to) = (self.name(), edge(self.from_ms), edge(self.to_ms));
        let attach =
            format!("ALTER TABLE {TABLE} ATTACH PARTITION {name} FOR VALUES FROM ('\\x{from}') TO ('\\x{to}')");
        engine.ask(&[&attach]).map(drop)
    }
}

/// Those that the table has, in their order.
pub(super) fn attached(engine: &Engine) -> anyhow::Result<Vec<Partition>> {
    let text =
        engine.ask(&[&format!("SELECT inhrelid::regclass FROM pg_inherits WHERE inhparent = '{TABLE}'::regclass")])?;
    let mut found: Vec<Partition> = text.lines().filter_map(|name| Partition::parse(name.trim())).collect();
    found.sort_unstable();
    Ok(found)
}

/// Sees to it that there are `older` partitions before the one that holds `millis`; gives them and that one, in their order.
pub(super) fn ensure_older(engine: &Engine, millis: u64, older: u64) -> anyhow::Result<Vec<Partition>> {
    let mut all = attached(engine)?;
    let own = *all.iter().find(|partition| partition.contains(millis)).context("no partition has the grants")?;
    let first = *all.first().context("no partitions")?;
    let there = u64::try_from(all.iter().filter(|partition| **partition < own).count()).unwrap_or(u64::MAX);
    for partition in first.before(older.saturating_sub(there)) {
        partition.create(engine)?;
        partition.attach(engine)?;
        all.push(partition);
    }
    all.sort_unstable();
    all.retain(|partition| *partition <= own);
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARTITION: Partition = Partition { from_ms: 1000, to_ms: 1100 };

    #[test]
    fn names_read_back() {
        assert_eq!(PARTITION.name(), "grants_long_1000_1100");
        assert_eq!(Partition::parse("grants_long_1000_1100"), Some(PARTITION));
        assert_eq!(Partition::parse("grants_short_1000_1100"), None);
    }

    #[test]
    fn older_ones_adjoin() {
        let older = PARTITION.before(2);
        assert_eq!(older, [Partition { from_ms: 800, to_ms: 900 }, Partition { from_ms: 900, to_ms: 1000 }]);
    }
}
