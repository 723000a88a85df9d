//! Statements over many rows at once, a bounded number each: thousands of rows are a handful of statements, and none of
//! them has more values than an engine takes (32,766 on SQLite, 65,535 on Postgres).

use crate::connection::{Connection, Row};
use crate::error::StatementError;
use crate::statement::{Bind, Statement};

/// Rows a statement.
const ROWS: usize = 500;

/// The rows of `select`, which ends where the list of names follows: `… WHERE name IN`.
pub(crate) fn load_in<R: Row>(
    connection: &mut Connection,
    select: &str,
    names: &[&str],
) -> Result<Vec<R>, StatementError> {
    let mut rows = Vec::new();
    for chunk in names.chunks(ROWS) {
        let statement = Statement::new(format!("{select} ({})", places(chunk.len()))).bind_all(chunk.iter().copied());
        rows.extend(connection.load(&statement)?);
    }
    Ok(rows)
}

/// How many rows `change` changed. `before` are its values that stand before the names; like a select, it ends where
/// their list follows.
pub(crate) fn execute_in(
    connection: &mut Connection,
    change: &str,
    before: &[Bind],
    names: &[&str],
) -> Result<usize, StatementError> {
    let mut changed = 0;
    for chunk in names.chunks(ROWS) {
        let statement = Statement::new(format!("{change} ({})", places(chunk.len())));
        let statement = statement.bind_all(before.iter().cloned()).bind_all(chunk.iter().copied());
        changed += connection.execute(&statement)?;
    }
    Ok(changed)
}

/// How many of `rows` were inserted (or changed, if `on_conflict` says so).
pub(crate) fn insert<const COLUMNS: usize>(
    connection: &mut Connection,
    into: &str,
    rows: &[[Bind; COLUMNS]],
    on_conflict: &str,
) -> Result<usize, StatementError> {
    let row = format!("({})", places(COLUMNS));
    let mut inserted = 0;
    for chunk in rows.chunks(ROWS) {
        let values = vec![row.as_str(); chunk.len()].join(", ");
        let statement = Statement::new(format!("INSERT INTO {into} VALUES {values} {on_conflict}"));
        inserted += connection.execute(&statement.bind_all(chunk.iter().flatten().cloned()))?;
    }
    Ok(inserted)
}

fn places(count: usize) -> String {
    vec!["?"; count].join(", ")
}
