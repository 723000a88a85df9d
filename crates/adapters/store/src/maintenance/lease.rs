//! The lease of upkeep: a row that one replica holds at a time, taken by one conditional write.

use std::time::Duration;

use grantor_domain::time::Timestamp;

use crate::connection::Connection;
use crate::error::StatementError;
use crate::statement::Statement;
use crate::turn::holder;

const NAME: &str = "maintenance";

/// Longer than upkeep takes; a holder that died is replaced after it.
const LENGTH: Duration = Duration::from_secs(15 * 60);

/// Takes the lease if nobody holds it.
pub(super) fn acquire(connection: &mut Connection, now: Timestamp) -> Result<bool, StatementError> {
    let upsert = Statement::new(
        "INSERT INTO leases (name, holder, held_until) VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE \
         SET holder = excluded.holder, held_until = excluded.held_until WHERE leases.held_until <= ?",
    )
    .bind(NAME)
    .bind(holder())
    .bind(now.plus(LENGTH))
    .bind(now);
    Ok(connection.execute(&upsert)? == 1)
}

/// Gives back the lease that was acquired at `now`; does nothing if it has run out and somebody else has it.
pub(super) fn release(connection: &mut Connection, now: Timestamp) -> Result<(), StatementError> {
    let update = Statement::new("UPDATE leases SET held_until = ? WHERE name = ? AND holder = ? AND held_until = ?")
        .bind(now)
        .bind(NAME)
        .bind(holder())
        .bind(now.plus(LENGTH));
    connection.execute(&update).map(|_given_back| ())
}
