//! Partitions on Postgres: made as tables of their own and attached, detached without holding anybody up, made small, then
//! dropped.

use std::time::Duration;

use diesel::sql_types::{BigInt, Text};
use grantor_domain::time::Timestamp;
use grantor_domain::token::lifetime::LifetimeClass;
use tracing::warn;

use super::Retention;
use super::pages::holds_live;
use super::partition::{Partition, edge, missing, width};
use super::shrink::{Shrunk, shrink};
use crate::connection::Connection;
use crate::error::StatementError;
use crate::grants::table;
use crate::statement::Statement;

const CLASSES: [LifetimeClass; 2] = [LifetimeClass::Long, LifetimeClass::Short];

/// How long it is tried to make a partition smaller: one that cannot be, because somebody's transaction never ends or the
/// server is set so, is dropped as it is.
const PATIENCE: Duration = Duration::from_secs(7 * 24 * 3600);

/// How a partition belongs to its table, in the order in which they are seen to.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum State {
    /// A detachment began and did not finish; until it does, no other can begin.
    Pending,
    /// Not part of the table any more, but not dropped yet.
    Detached,
    Attached,
}

#[derive(diesel::QueryableByName)]
struct PartitionRow {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = BigInt)]
    state: i64,
}

/// What the catalogue knows of a table's partitions. Tables whose names are not ours are left alone.
fn partitions(connection: &mut Connection, class: LifetimeClass) -> Result<Vec<(Partition, State)>, StatementError> {
    let select = Statement::new(
        "SELECT CAST(child.relname AS TEXT) AS name, CAST(CASE WHEN pg_inherits.inhrelid IS NULL THEN 2 \
         WHEN pg_inherits.inhdetachpending THEN 1 ELSE 0 END AS BIGINT) AS state \
         FROM pg_class AS parent JOIN pg_class AS child \
         ON child.relnamespace = parent.relnamespace AND child.relkind = 'r' \
         AND starts_with(CAST(child.relname AS TEXT), ?) \
         LEFT JOIN pg_inherits ON pg_inherits.inhrelid = child.oid AND pg_inherits.inhparent = parent.oid \
         WHERE parent.oid = to_regclass(?)",
    )
    .bind(format!("{}_", table(class)))
    .bind(table(class));
    let state = |number| match number {
        0 => State::Attached,
        1 => State::Pending,
        _ => State::Detached,
    };
    let known = |row: PartitionRow| Some((Partition::parse(class, &row.name)?, state(row.state)));
    Ok(connection.load::<PartitionRow>(&select)?.into_iter().filter_map(known).collect())
}

/// Makes what is missing, in the caller's transaction. A new table is attached, not created as a partition, which would
/// hold up every statement on the parent.
pub(super) fn create_missing(
    connection: &mut Connection,
    now: Timestamp,
    retention: &Retention,
) -> Result<Vec<String>, StatementError> {
    let mut created = Vec::new();
    for class in CLASSES {
        let existing: Vec<Partition> = partitions(connection, class)?
            .into_iter()
            .filter(|(_, state)| *state != State::Detached)
            .map(|(partition, _)| partition)
            .collect();
        for partition in missing(&existing, now, width(retention.life(class))) {
            let (parent, name) = (table(class), partition.name(class));
            // Room on each page, so that a rotation writes the row's next version beside it and no index.
            connection.batch(&format!("CREATE TABLE {name} (LIKE {parent} INCLUDING ALL) WITH (fillfactor = 80)"))?;
            connection.batch(&format!(
                "ALTER TABLE {parent} ATTACH PARTITION {name} FOR VALUES FROM ('{}') TO ('{}')",
                bytea(edge(partition.from)),
                bytea(edge(partition.to))
            ))?;
            created.push(name);
        }
    }
    Ok(created)
}

/// How many partitions a table has.
pub(super) fn count_attached(connection: &mut Connection, class: LifetimeClass) -> Result<u64, StatementError> {
    let attached = partitions(connection, class)?.into_iter().filter(|(_, state)| *state == State::Attached);
    Ok(u64::try_from(attached.count()).unwrap_or(u64::MAX))
}

fn bytea(bytes: [u8; 16]) -> String {
    format!("\\x{:032x}", u128::from_be_bytes(bytes))
}

/// What a visit removed.
#[derive(Default)]
pub(super) struct Removed {
    /// The partition that is gone.
    pub(super) dropped: Option<String>,
    /// The one that is smaller now.
    pub(super) shrunk: Option<String>,
    /// Whether more may be past.
    pub(super) is_more_left: bool,
}

/// What became of one partition.
enum Fate {
    Dropped,
    Shrunk,
    Kept,
}

/// Drops one partition that is past or makes it smaller, outside any transaction; everything else waits for a visit of its
/// own, so that the disk has rest. What fails, because somebody holds a lock, is tried again in an hour.
pub(super) fn remove_expired(
    connection: &mut Connection,
    now: Timestamp,
    retention: &Retention,
) -> Result<Removed, StatementError> {
    let mut past = Vec::new();
    for class in CLASSES {
        past.extend(partitions(connection, class)?.into_iter().filter_map(|(partition, state)| {
            let is_due = state == State::Pending || partition.is_past(retention.life(class), now);
            is_due.then_some((state, partition, class))
        }));
    }
    // Whatever is pending stands in the way of every other; then what was begun is finished.
    past.sort_by_key(|(state, partition, _)| (*state, *partition));
    let mut left = past.into_iter();
    while let Some((state, partition, class)) = left.next() {
        let name = partition.name(class);
        let patience_ends_at = partition.to.plus(retention.life(class)).plus(PATIENCE);
        match remove_unless_live(connection, (class, &name, state), (now, now >= patience_ends_at)) {
            Ok(Fate::Dropped) => {
                return Ok(Removed { dropped: Some(name), shrunk: None, is_more_left: left.next().is_some() });
            }
            Ok(Fate::Shrunk) => return Ok(Removed { dropped: None, shrunk: Some(name), is_more_left: true }),
            Ok(Fate::Kept) => {}
            Err(error @ (StatementError::Lost(_) | StatementError::Connect(_))) => return Err(error),
            Err(error) => warn!(partition = name, %error, "a partition could not be removed; trying again later"),
        }
    }
    Ok(Removed::default())
}

/// Detaches a partition, unless something in it is still live, and drops it once it is small or patience has ended.
fn remove_unless_live(
    connection: &mut Connection,
    (class, name, state): (LifetimeClass, &str, State),
    (now, is_patience_over): (Timestamp, bool),
) -> Result<Fate, StatementError> {
    let parent = table(class);
    let is_over = match state {
        State::Pending => {
            connection.batch(&format!("ALTER TABLE {parent} DETACH PARTITION {name} FINALIZE"))?;
            false
        }
        State::Attached if holds_live(connection, name, now)? => return Ok(Fate::Kept),
        State::Attached => {
            connection.batch(&format!("ALTER TABLE {parent} DETACH PARTITION {name} CONCURRENTLY"))?;
            true
        }
        // Perhaps by hand.
        State::Detached => false,
    };
    match shrink(connection, name, (now, is_over))? {
        Shrunk::Somewhat => return Ok(Fate::Shrunk),
        Shrunk::NotNow if !is_patience_over => {
            warn!(
                partition = name,
                "a detached partition could not be made smaller: something in it is live, or a transaction is older than what \
                 was deleted from it; trying again later"
            );
            return Ok(Fate::Kept);
        }
        Shrunk::NotNow | Shrunk::Enough => {}
    }
    if !is_over && holds_live(connection, name, now)? {
        return Ok(Fate::Kept);
    }
    connection.batch(&format!("DROP TABLE {name}"))?;
    Ok(Fate::Dropped)
}
