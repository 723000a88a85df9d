//! Upkeep: partitions ahead of time, and the end of what has expired. Identifiers are ordered by time and every life is
//! bounded, so what has expired is the left edge of each table, and nothing needs to be searched for.

mod counts;
mod expiry;
mod lease;
mod pages;
mod partition;
mod postgres;
mod shrink;

use std::time::Duration;

pub(crate) use counts::PartitionCounts;
use grantor_domain::time::Timestamp;
use grantor_domain::token::lifetime::{LifetimeClass, Lifetimes, SHORT_MAX};
use grantor_ports::StoreFuture;
pub(crate) use lease::Lease;

use self::postgres::Removed;
use crate::connection::{Connection, End};
use crate::error::StatementError;
use crate::migrations;
use crate::store::Store;
use crate::target::Engine;

/// How long what is stored may live at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// A grant of the long table.
    pub grant_max: Duration,
    /// A session that nobody renews.
    pub session: Duration,
}

impl Retention {
    const fn life(&self, class: LifetimeClass) -> Duration {
        match class {
            LifetimeClass::Long => self.grant_max,
            LifetimeClass::Short => SHORT_MAX,
        }
    }
}

impl From<&Lifetimes> for Retention {
    fn from(lifetimes: &Lifetimes) -> Self {
        Self { grant_max: lifetimes.grant_max, session: lifetimes.session }
    }
}

/// What upkeep did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Maintained {
    /// Another replica is at it; nothing was done.
    pub skipped: bool,
    /// Partitions made.
    pub created: Vec<String>,
    /// The partition dropped; one at a time.
    pub dropped: Option<String>,
    /// The partition made smaller, because it is too large to be dropped at once.
    pub shrunk: Option<String>,
    /// More may be past: come back in a moment, not in an hour.
    pub is_more_left: bool,
    /// Rows deleted.
    pub deleted: u64,
}

impl Store {
    /// Makes the partitions that will be needed and removes what has expired. Call it at start and every hour, and
    /// soon when more is left, on every replica: a lease lets one do it. Needs a migrated database.
    pub fn maintain(&self, now: Timestamp, retention: &Retention) -> StoreFuture<'_, Maintained> {
        let (retention, counts, lease) = (*retention, self.partitions(), self.lease());
        self.run_aside(move |connection| {
            if !lease.acquire(connection, now)? {
                counts.note(connection)?;
                return Ok(Maintained { skipped: true, ..Maintained::default() });
            }
            let done = upkeep(connection, now, &retention);
            let released = lease.release(connection, now);
            let done = done?;
            released?;
            counts.note(connection)?;
            Ok(done)
        })
    }
}

fn upkeep(connection: &mut Connection, now: Timestamp, retention: &Retention) -> Result<Maintained, StatementError> {
    let created = migrations::under_lock(connection, |connection| {
        ensure_partitions(connection, now, retention).map(End::Commit)
    })?;
    let Removed { dropped, shrunk, is_more_left } = match connection.engine() {
        Engine::Postgres => postgres::remove_expired(connection, now, retention)?,
        Engine::Sqlite => Removed::default(),
    };
    let deleted = expiry::delete_expired(connection, now, retention)?;
    Ok(Maintained { skipped: false, created, dropped, shrunk, is_more_left, deleted })
}

/// Sees to it that grants of `now` and of some time to come have a partition. Part of a transaction under the migration
/// lock. Says which it made.
pub(crate) fn ensure_partitions(
    connection: &mut Connection,
    now: Timestamp,
    retention: &Retention,
) -> Result<Vec<String>, StatementError> {
    match connection.engine() {
        Engine::Postgres => postgres::create_missing(connection, now, retention),
        Engine::Sqlite => Ok(Vec::new()),
    }
}
