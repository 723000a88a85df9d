//! A partition's pages: how many there are, whether anything on them is live, and the end of what is not. All of it in small
//! parts with a rest after each, so that nobody waits long behind one.

use std::thread::sleep;
use std::time::Instant;

use diesel::sql_types::BigInt;
use grantor_domain::time::Timestamp;

use super::expiry::CLOCK_MARGIN;
use crate::connection::Connection;
use crate::error::StatementError;
use crate::statement::Statement;

/// How many pages are read at once: 8 MiB, a few milliseconds' work.
const READ_AT_ONCE: i64 = 1024;

/// How many are emptied at once: 1 MiB, a few milliseconds' work and as much log.
const DELETED_AT_ONCE: i64 = 128;

/// The rest after each of those, as a multiple of how long it took: nobody waits for this, and requests need the processor
/// and the log. To read has shorter rests: as long as it lasts, no older version of any row is cleared away.
const REST_FROM_DELETING: u32 = 9;

#[derive(diesel::QueryableByName)]
struct NumberRow {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

/// How many bytes a table has, with what is too long for its pages and without its indexes.
pub(super) fn bytes(connection: &mut Connection, name: &str) -> Result<i64, StatementError> {
    let size = Statement::new("SELECT pg_table_size(CAST(? AS regclass)) AS number").bind(name);
    Ok(connection.first::<NumberRow>(&size)?.map_or(0, |row| row.number))
}

/// How many pages a table has.
pub(super) fn count(connection: &mut Connection, name: &str) -> Result<i64, StatementError> {
    let size = Statement::new(
        "SELECT pg_relation_size(CAST(? AS regclass)) / CAST(current_setting('block_size') AS BIGINT) AS number",
    )
    .bind(name);
    Ok(connection.first::<NumberRow>(&size)?.map_or(0, |row| row.number))
}

/// Whether something in a partition is still live: after a shorter `lifetimes.grant_max` was configured. All of it must be
/// read to know that nothing is, so it is read in parts, with a rest as long as each took, but as it was at one moment:
/// a rotation may move a row to a page that was read already. Nothing becomes live later.
pub(super) fn holds_live(connection: &mut Connection, name: &str, now: Timestamp) -> Result<bool, StatementError> {
    connection.batch("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")?;
    let found = finds_live(connection, name, now);
    let ended = connection.batch("COMMIT");
    let found = found?;
    ended.map(|()| found)
}

fn finds_live(connection: &mut Connection, name: &str, now: Timestamp) -> Result<bool, StatementError> {
    let pages = count(connection, name)?;
    let mut from = 0;
    while from < pages {
        let (begin, to) = (Instant::now(), from.saturating_add(READ_AT_ONCE));
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

/// Deletes what the last `number` of a partition's `pages` hold and is not live, from the end on. Says how many rows that was.
pub(super) fn delete_last(
    connection: &mut Connection,
    name: &str,
    (number, pages): (i64, i64),
    now: Timestamp,
) -> Result<usize, StatementError> {
    let mut deleted = 0;
    let (first, mut to) = (pages.saturating_sub(number).max(0), pages);
    while to > first {
        let (begin, from) = (Instant::now(), to.saturating_sub(DELETED_AT_ONCE).max(first));
        let delete = Statement::new(format!(
            "DELETE FROM {name} WHERE ctid >= '({from},0)' AND ctid < '({to},0)' AND absolute_expires_at <= ?"
        ))
        .bind(now.minus(CLOCK_MARGIN));
        deleted += connection.execute(&delete)?;
        to = from;
        sleep(begin.elapsed() * REST_FROM_DELETING);
    }
    Ok(deleted)
}
