//! A partition that is detached is made small before it is dropped. To delete a file of gigabytes can keep a file system
//! busy, and with it the log that every commit waits for, for a good part of a second and more. So what fills it is deleted
//! from its end, a piece a visit, and Postgres gives the end that became empty back.

use diesel::sql_types::Text;
use grantor_domain::time::Timestamp;
use tracing::warn;

use super::pages::{count, delete_last};
use crate::connection::Connection;
use crate::error::StatementError;
use crate::statement::Statement;

/// How many pages are given back at once, and how many are dropped at once: 32 MiB.
const PIECE: i64 = 4096;

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
    /// As large as before.
    NotNow,
}

/// Makes a detached partition smaller, unless it is small. Rows that are live are kept.
pub(super) fn shrink(connection: &mut Connection, name: &str, now: Timestamp) -> Result<Shrunk, StatementError> {
    let pages_before = count(connection, name)?;
    if pages_before <= PIECE {
        return Ok(Shrunk::Enough);
    }
    if let Some(removal) = removal_of_an_index(connection, name)? {
        connection.batch(&removal)?;
        return Ok(Shrunk::Somewhat);
    }
    // It gives back what the last visit deleted, not this one: until then whoever could still see that has ended. Where
    // nothing was deleted yet it reads what nobody has vacuumed, so with pauses, as autovacuum does.
    connection.batch("SET vacuum_cost_delay = '2ms'")?;
    connection.batch(&format!("VACUUM (TRUNCATE) {name}"))?;
    let pages_left = count(connection, name)?;
    let deleted = delete_last(connection, name, (PIECE, pages_left), now)?;
    if deleted == 0 && pages_left >= pages_before {
        warn!(
            partition = name,
            "a detached partition could not be made smaller: a transaction is older than what was deleted, or rows in it are \
             live; trying again later"
        );
        return Ok(Shrunk::NotNow);
    }
    Ok(Shrunk::Somewhat)
}

/// The statement that removes one of a table's indexes, if it has any: they cannot become smaller, and nobody needs them.
fn removal_of_an_index(connection: &mut Connection, name: &str) -> Result<Option<String>, StatementError> {
    let select = Statement::new(
        "SELECT CASE WHEN pg_constraint.conname IS NULL THEN format('DROP INDEX %s', CAST(indexrelid AS regclass)) \
         ELSE format('ALTER TABLE %s DROP CONSTRAINT %I', CAST(indrelid AS regclass), pg_constraint.conname) END AS text \
         FROM pg_index LEFT JOIN pg_constraint ON pg_constraint.conindid = pg_index.indexrelid \
         WHERE indrelid = to_regclass(?) ORDER BY indexrelid LIMIT 1",
    )
    .bind(name);
    Ok(connection.first::<TextRow>(&select)?.map(|row| row.text))
}
