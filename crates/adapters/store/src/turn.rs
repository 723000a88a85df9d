//! Turns: who writes many rows in one transaction holds one row first, that all of its kind hold. Two that wrote the
//! same rows in different orders would stop each other, and one that inserts a row sees nothing of another that does.

use grantor_domain::time::Timestamp;

use crate::connection::Connection;
use crate::error::StatementError;
use crate::statement::Statement;

/// Waits for whoever has the turn of this name, and has it until the transaction ends, which it begins.
pub(crate) fn take(connection: &mut Connection, name: &str, now: Timestamp) -> Result<(), StatementError> {
    let upsert = Statement::new(
        "INSERT INTO leases (name, holder, held_until) VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE \
         SET holder = excluded.holder, held_until = excluded.held_until",
    );
    connection.execute(&upsert.bind(name).bind(holder()).bind(now)).map(|_one| ())
}

/// For people who look into the table; two hosts may have the same.
pub(crate) fn holder() -> String {
    format!("process {}", std::process::id())
}
