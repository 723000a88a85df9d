//! A partition that is detached is made small before it is dropped. To delete a file of gigabytes can keep a file system
//! busy, and with it the log that every commit waits for, for a good part of a second and more. So what fills it is deleted
//! from its end, a piece a visit, and Postgres gives the end that became empty back.

use diesel::sql_types::Text;
use grantor_domain::time::Timestamp;

use super::pages::{bytes, count, delete_last, holds_live};
use crate::connection::Connection;
use crate::error::StatementError;
use crate::statement::Statement;

/// How many pages are given back at once.
const PIECE: i64 = 4096;

/// How many bytes are dropped at once: as many.
const SMALL: i64 = 32 << 20;

#[derive(diesel::QueryableByName)]
struct TextRow {
    #[diesel(sql_type = Text)]
    text: String,
}

/// What a visit made of a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shrunk {
    /// Small enough to be dropped.
    Enough,
    /// Smaller than before, or about to be: come back in a moment.
    Somewhat,
    /// As large as before: something in it is live, or a transaction is older than what was deleted last.
    NotNow,
}

/// Makes a detached partition smaller, unless it is small. Where something in it is live it is left as it is; `is_over` says
/// that nothing is.
pub(super) fn shrink(
    connection: &mut Connection,
    name: &str,
    (now, is_over): (Timestamp, bool),
) -> Result<Shrunk, StatementError> {
    let bytes_before = bytes(connection, name)?;
    if bytes_before <= SMALL {
        return Ok(Shrunk::Enough);
    }
    if let Some(removal) = removal_of_an_index(connection, name)? {
        if !is_over && holds_live(connection, name, now)? {
            return Ok(Shrunk::NotNow);
        }
        // Where all tables are published, rows without a key could not be deleted otherwise.
        connection.batch(&format!("ALTER TABLE {name} REPLICA IDENTITY FULL"))?;
        connection.batch(&removal)?;
        return Ok(Shrunk::Somewhat);
    }
    // It gives back what the last visit deleted, not this one: by then most who could still see that have ended. Where
    // nothing was deleted yet it reads what nobody has vacuumed, so with pauses, as autovacuum does.
    connection.batch("SET vacuum_cost_delay = '2ms'")?;
    connection.batch(&format!("VACUUM (TRUNCATE) {name}"))?;
    let is_smaller = bytes(connection, name)? < bytes_before;
    let pages = count(connection, name)?;
    let deleted = delete_last(connection, name, (PIECE, pages), now)?;
    Ok(if is_smaller || deleted > 0 { Shrunk::Somewhat } else { Shrunk::NotNow })
}

/// The statement that removes one of a table's indexes, if it has any: they cannot become smaller, and nobody needs them.
fn removal_of_an_index(connection: &mut Connection, name: &str) -> Result<Option<String>, StatementError> {
    let select = Statement::new(
        "SELECT CASE WHEN pg_constraint.conname IS NULL THEN format('DROP INDEX %s', CAST(indexrelid AS regclass)) \
         ELSE format('ALTER TABLE %s DROP CONSTRAINT %I', CAST(indrelid AS regclass), pg_constraint.conname) END AS text \
         FROM pg_index LEFT JOIN pg_constraint ON pg_constraint.conindid = pg_index.indexrelid \
         AND pg_constraint.conrelid = pg_index.indrelid AND pg_constraint.contype IN ('p', 'u', 'x') \
         WHERE indrelid = to_regclass(?) ORDER BY indexrelid LIMIT 1",
    )
    .bind(name);
    Ok(connection.first::<TextRow>(&select)?.map(|row| row.text))
}
