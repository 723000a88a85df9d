//! The lease of upkeep: a row that one replica holds at a time, taken by one conditional write.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use grantor_domain::time::Timestamp;

use crate::connection::Connection;
use crate::error::StatementError;
use crate::statement::Statement;
use crate::turn::holder;

const NAME: &str = "maintenance";

/// Longer than upkeep takes; a holder that died is replaced after it.
const LENGTH: Duration = Duration::from_secs(15 * 60);

/// The lease, as one replica sees it.
#[derive(Default)]
pub(crate) struct Lease {
    /// When it was taken, if it could not be given back since, or nobody knows whether it was taken: while it is held upkeep
    /// that failed would not be tried again.
    owed: Mutex<Option<Timestamp>>,
}

impl Lease {
    /// Takes the lease if nobody holds it.
    pub(super) fn acquire(&self, connection: &mut Connection, now: Timestamp) -> Result<bool, StatementError> {
        let mut owed = self.owed();
        if let Some(taken_at) = *owed {
            give_back(connection, taken_at)?;
        }
        let upsert = Statement::new(
            "INSERT INTO leases (name, holder, held_until) VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE \
             SET holder = excluded.holder, held_until = excluded.held_until WHERE leases.held_until <= ?",
        )
        .bind(NAME)
        .bind(holder())
        .bind(now.plus(LENGTH))
        .bind(now);
        let taken = connection.execute(&upsert);
        *owed = taken.is_err().then_some(now);
        Ok(taken? == 1)
    }

    /// Gives back the lease that was acquired at `now`; does nothing if it has run out and somebody else has it. If that fails it is
    /// done before the next acquisition.
    pub(super) fn release(&self, connection: &mut Connection, now: Timestamp) -> Result<(), StatementError> {
        let released = give_back(connection, now);
        *self.owed() = released.is_err().then_some(now);
        released
    }

    fn owed(&self) -> MutexGuard<'_, Option<Timestamp>> {
        self.owed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn give_back(connection: &mut Connection, taken_at: Timestamp) -> Result<(), StatementError> {
    let update = Statement::new("UPDATE leases SET held_until = ? WHERE name = ? AND holder = ? AND held_until = ?")
        .bind(taken_at)
        .bind(NAME)
        .bind(holder())
        .bind(taken_at.plus(LENGTH));
    connection.execute(&update).map(|_given_back| ())
}
