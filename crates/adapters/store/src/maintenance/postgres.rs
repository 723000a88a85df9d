//! Partitions on Postgres: made as tables of their own and attached, detached without holding anybody up, then dropped.

use std::thread::sleep;
use std::time::Instant;

use diesel::sql_types::{BigInt, Text};
use grantor_domain::time::Timestamp;
use grantor_domain::token::lifetime::LifetimeClass;
use tracing::warn;

use super::Retention;
use super::expiry::CLOCK_MARGIN;
use super::partition::{Partition, edge, missing, width};
use crate::connection::Connection;
use crate::error::StatementError;
use crate::grants::table;
use crate::statement::Statement;

const CLASSES: [LifetimeClass; 2] = [LifetimeClass::Long, LifetimeClass::Short];

/// How much of a partition is read at once: 8 MiB, a few milliseconds' work.
const PAGES_AT_ONCE: i64 = 1024;

/// How a partition belongs to its table.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Attached,
    /// A detachment began and did not finish; until it does, no other can begin.
    Pending,
    /// Not part of the table any more, but not dropped yet.
    Detached,
}

#[derive(diesel::QueryableByName)]
struct PartitionRow {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = BigInt)]
    state: i64,
}

#[derive(diesel::QueryableByName)]
struct NumberRow {
    #[diesel(sql_type = BigInt)]
    number: i64,
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

/// What a visit dropped.
#[derive(Default)]
pub(super) struct Dropped {
    pub(super) name: Option<String>,
    /// Whether more may be past.
    pub(super) is_more_left: bool,
}

/// Drops one partition that is past, outside any transaction; the others wait for a visit of their own. To delete a
/// large file can keep a file system, and with it the log that every commit waits for, busy for a good part of a second.
/// What fails, because somebody holds a lock, is tried again in an hour.
pub(super) fn drop_one_expired(
    connection: &mut Connection,
    now: Timestamp,
    retention: &Retention,
) -> Result<Dropped, StatementError> {
    let mut past = Vec::new();
    for class in CLASSES {
        past.extend(partitions(connection, class)?.into_iter().filter_map(|(partition, state)| {
            let is_due = state == State::Pending || partition.is_past(retention.life(class), now);
            is_due.then_some((state != State::Pending, partition, class, state))
        }));
    }
    // Whatever is pending goes first: it stands in the way of every other.
    past.sort_by_key(|(is_not_pending, partition, ..)| (*is_not_pending, *partition));
    let mut left = past.into_iter();
    while let Some((_, partition, class, state)) = left.next() {
        let name = partition.name(class);
        match drop_unless_live(connection, (class, &name, state), now) {
            Ok(true) => return Ok(Dropped { name: Some(name), is_more_left: left.next().is_some() }),
            Ok(false) => {}
            Err(error @ (StatementError::Lost(_) | StatementError::Connect(_))) => return Err(error),
            Err(error) => warn!(partition = name, %error, "a partition could not be dropped; trying again later"),
        }
    }
    Ok(Dropped::default())
}

/// Detaches and drops a partition, unless something in it is still live. Says whether it is gone.
fn drop_unless_live(
    connection: &mut Connection,
    (class, name, state): (LifetimeClass, &str, State),
    now: Timestamp,
) -> Result<bool, StatementError> {
    let parent = table(class);
    if state == State::Pending {
        connection.batch(&format!("ALTER TABLE {parent} DETACH PARTITION {name} FINALIZE"))?;
    }
    if holds_live(connection, name, now)? {
        return Ok(false);
    }
    if state == State::Attached {
        connection.batch(&format!("ALTER TABLE {parent} DETACH PARTITION {name} CONCURRENTLY"))?;
    }
    connection.batch(&format!("DROP TABLE {name}"))?;
    Ok(true)
}

/// Whether something in a partition is still live: after a shorter `lifetimes.grant_max` was configured. All of it must be
/// read to know that nothing is, so it is read in pieces, with a rest as long as each took, but as it was at one moment:
/// a rotation may move a row to a page that was read already. Nothing becomes live later.
fn holds_live(connection: &mut Connection, name: &str, now: Timestamp) -> Result<bool, StatementError> {
    connection.batch("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")?;
    let found = finds_live(connection, name, now);
    let ended = connection.batch("COMMIT");
    let found = found?;
    ended.map(|()| found)
}

fn finds_live(connection: &mut Connection, name: &str, now: Timestamp) -> Result<bool, StatementError> {
    let size = Statement::new(
        "SELECT pg_relation_size(CAST(? AS regclass)) / CAST(current_setting('block_size') AS BIGINT) AS number",
    )
    .bind(name);
    let pages = connection.first::<NumberRow>(&size)?.map_or(0, |row| row.number);
    let mut from = 0;
    while from < pages {
        let (begin, to) = (Instant::now(), from.saturating_add(PAGES_AT_ONCE));
        let live = Statement::new(format!(
            "SELECT CAST(count(*) AS BIGINT) AS number FROM {name} \
             WHERE ctid >= '({from},0)' AND ctid < '({to},0)' AND absolute_expires_at > ?"
        ))
        .bind(now.minus(CLOCK_MARGIN));
        if connection.first::<NumberRow>(&live)?.is_some_and(|row| row.number > 0) {
            return Ok(true);
        }
        from = to;
        sleep(begin.elapsed());
    }
    Ok(false)
}
