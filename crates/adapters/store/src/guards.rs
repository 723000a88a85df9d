//! What must not happen twice, and sign-ins that failed.

use std::collections::HashSet;

use diesel::sql_types::{BigInt, Binary, Nullable};
use grantor_domain::throttle::{FailureTally, Failures};
use grantor_domain::time::Timestamp;
use grantor_ports::{Attempts, FailedAttempt, FailureKeys, ReplayGuard, Spend, StoreFuture};

use crate::connection::Connection;
use crate::error::StatementError;
use crate::executor::{Groupable, Repeat};
use crate::statement::Statement;
use crate::store::Store;

impl ReplayGuard for Store {
    fn spend<'a>(&'a self, key: &'a [u8; 32], expires_at: Timestamp) -> StoreFuture<'a, Spend> {
        self.join(self.spending(), Spending { digest: *key, expires_at })
    }
}

/// Uses a value up. It changes no row if that was done before.
pub(crate) fn spend(digest: &[u8; 32], expires_at: Timestamp) -> Statement {
    Statement::new(
        "INSERT INTO replay_guard (expires_at, digest) VALUES (?, ?) ON CONFLICT (expires_at, digest) DO NOTHING",
    )
    .bind(expires_at)
    .bind(digest)
}

/// A value that is used up.
pub(crate) struct Spending {
    digest: [u8; 32],
    expires_at: Timestamp,
}

#[derive(diesel::QueryableByName)]
struct SpentRow {
    #[diesel(sql_type = BigInt)]
    expires_at: i64,
    #[diesel(sql_type = Binary)]
    digest: Vec<u8>,
}

impl Groupable for Spending {
    type Outcome = Spend;
    type Key = (Timestamp, [u8; 32]);

    // It would find its own row and call an honest request a replay.
    const REPEAT: Repeat = Repeat::Never;

    fn key(&self) -> Self::Key {
        (self.expires_at, self.digest)
    }

    fn alone(&self, connection: &mut Connection) -> Result<Spend, StatementError> {
        Ok(if connection.execute(&spend(&self.digest, self.expires_at))? == 1 { Spend::First } else { Spend::Replayed })
    }

    /// In the order of their keys, as everybody else: two that spend the same values wait for each other in one direction.
    fn in_one_statement(connection: &mut Connection, pieces: &[&Self]) -> Result<Vec<Option<Spend>>, StatementError> {
        let insert = Statement::new(
            "INSERT INTO replay_guard (expires_at, digest) \
             SELECT v.expires_at, v.digest FROM unnest(?, ?) AS v (expires_at, digest) ORDER BY v.expires_at, v.digest \
             ON CONFLICT (expires_at, digest) DO NOTHING RETURNING replay_guard.expires_at, replay_guard.digest",
        )
        .bind_column(pieces.iter().map(|piece| piece.expires_at))
        .bind_column(pieces.iter().map(|piece| &piece.digest));
        let rows = connection.load::<SpentRow>(&insert)?;
        let first: HashSet<(i64, Vec<u8>)> = rows.into_iter().map(|row| (row.expires_at, row.digest)).collect();
        let is_first = |piece: &&Self| first.contains(&(piece.expires_at.as_millis(), piece.digest.to_vec()));
        let spend = |piece| Some(if is_first(piece) { Spend::First } else { Spend::Replayed });
        Ok(pieces.iter().map(spend).collect())
    }
}

#[derive(diesel::QueryableByName)]
struct CountRow {
    #[diesel(sql_type = BigInt)]
    failures: i64,
}

/// Counts failures under a name, from a place, and both, in one pass; as text, to be part of another statement.
macro_rules! tally_sql {
    () => {
        "SELECT COUNT(*) FILTER (WHERE is_name AND is_here) AS name_here, \
         MAX(at) FILTER (WHERE is_name AND is_here) AS name_here_at, \
         COUNT(*) FILTER (WHERE is_name) AS name, MAX(at) FILTER (WHERE is_name) AS name_at, \
         COUNT(*) FILTER (WHERE is_here) AS here, MAX(at) FILTER (WHERE is_here) AS here_at \
         FROM (SELECT at, username_key = ? AS is_name, place_key = ? AS is_here FROM attempts \
         WHERE (username_key = ? OR place_key = ?) AND at >= ?) AS counted"
    };
}
pub(crate) use tally_sql;

/// Gives the placeholders of [`tally_sql`] their values.
pub(crate) fn bind_tally(statement: Statement, keys: &FailureKeys, since: Timestamp) -> Statement {
    let pair = |statement: Statement| statement.bind(&keys.username).bind(keys.place.as_ref());
    pair(pair(statement)).bind(since)
}

#[derive(diesel::QueryableByName)]
pub(crate) struct TallyRow {
    #[diesel(sql_type = BigInt)]
    name_here: i64,
    #[diesel(sql_type = Nullable<BigInt>)]
    name_here_at: Option<i64>,
    #[diesel(sql_type = BigInt)]
    name: i64,
    #[diesel(sql_type = Nullable<BigInt>)]
    name_at: Option<i64>,
    #[diesel(sql_type = BigInt)]
    here: i64,
    #[diesel(sql_type = Nullable<BigInt>)]
    here_at: Option<i64>,
}

impl From<TallyRow> for FailureTally {
    fn from(row: TallyRow) -> Self {
        let failures = |count: i64, last: Option<i64>| Failures {
            count: count.unsigned_abs(),
            last: last.map(Timestamp::from_millis),
        };
        Self {
            name_here: failures(row.name_here, row.name_here_at),
            name: failures(row.name, row.name_at),
            here: failures(row.here, row.here_at),
        }
    }
}

impl Attempts for Store {
    fn record<'a>(&'a self, attempt: &'a FailedAttempt) -> StoreFuture<'a, ()> {
        let insert = Statement::new("INSERT INTO attempts (at, username_key, place_key, address) VALUES (?, ?, ?, ?)")
            .bind(attempt.at)
            .bind(&attempt.username_key)
            .bind(attempt.place_key.as_ref())
            .bind(attempt.address.clone());
        // Not repeated: a failure counted twice would throttle a person twice as early.
        self.run(Repeat::Never, move |connection| connection.execute(&insert).map(|_one| ()))
    }

    fn count<'a>(&'a self, username_key: &'a [u8; 32], since: Timestamp) -> StoreFuture<'a, u64> {
        let select = Statement::new("SELECT COUNT(*) AS failures FROM attempts WHERE username_key = ? AND at >= ?")
            .bind(username_key)
            .bind(since);
        self.run(Repeat::Once, move |connection| {
            let counted = connection.first::<CountRow>(&select)?;
            Ok(counted.map_or(0, |CountRow { failures }| failures.unsigned_abs()))
        })
    }

    fn tally<'a>(&'a self, keys: &'a FailureKeys, since: Timestamp) -> StoreFuture<'a, FailureTally> {
        let select = bind_tally(Statement::new(tally_sql!()), keys, since);
        self.run(Repeat::Once, move |connection| {
            Ok(connection.first::<TallyRow>(&select)?.map(FailureTally::from).unwrap_or_default())
        })
    }

    fn forgive<'a>(&'a self, keys: &'a FailureKeys) -> StoreFuture<'a, ()> {
        let delete = Statement::new("DELETE FROM attempts WHERE username_key = ? AND place_key IS NOT DISTINCT FROM ?")
            .bind(&keys.username)
            .bind(keys.place.as_ref());
        self.run(Repeat::Once, move |connection| connection.execute(&delete).map(|_forgiven| ()))
    }

    fn forget<'a>(&'a self, username_key: &'a [u8; 32]) -> StoreFuture<'a, u64> {
        let delete = Statement::new("DELETE FROM attempts WHERE username_key = ?").bind(username_key);
        self.run_aside(move |connection| connection.execute(&delete).map(|forgotten| forgotten as u64))
    }
}
