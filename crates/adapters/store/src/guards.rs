//! What must not happen twice, and sign-ins that failed.

use diesel::sql_types::BigInt;
use grantor_domain::time::Timestamp;
use grantor_ports::{Attempts, FailedAttempt, ReplayGuard, Spend, StoreFuture};

use crate::executor::Repeat;
use crate::statement::Statement;
use crate::store::Store;

impl ReplayGuard for Store {
    fn spend<'a>(&'a self, key: &'a [u8; 32], expires_at: Timestamp) -> StoreFuture<'a, Spend> {
        let insert = Statement::new(
            "INSERT INTO replay_guard (expires_at, digest) VALUES (?, ?) ON CONFLICT (expires_at, digest) DO NOTHING",
        )
        .bind(expires_at)
        .bind(key);
        // Never repeated: it would find its own row and call an honest request a replay.
        self.run(Repeat::Never, move |connection| {
            Ok(if connection.execute(&insert)? == 1 { Spend::First } else { Spend::Replayed })
        })
    }
}

#[derive(diesel::QueryableByName)]
struct CountRow {
    #[diesel(sql_type = BigInt)]
    failures: i64,
}

impl Attempts for Store {
    fn record<'a>(&'a self, attempt: &'a FailedAttempt) -> StoreFuture<'a, ()> {
        let insert = Statement::new("INSERT INTO attempts (at, username_key, address) VALUES (?, ?, ?)")
            .bind(attempt.at)
            .bind(&attempt.username_key)
            .bind(attempt.address.clone());
        // Not repeated: a failure counted twice would throttle a person twice as early.
        self.run(Repeat::Never, move |connection| connection.execute(&insert).map(|_one| ()))
    }

    fn count<'a>(&'a self, username_key: &'a [u8; 32], since: Timestamp) -> StoreFuture<'a, u64> {
        let select = Statement::new("SELECT COUNT(*) AS failures FROM attempts WHERE username_key = ? AND at >= ?")
            .bind(username_key)
            .bind(since);
        // No index on the name, which nobody else asks for: it may read many rows, too long for a request's connection.
        self.run_aside(move |connection| {
            let counted = connection.first::<CountRow>(&select)?;
            Ok(counted.map_or(0, |CountRow { failures }| failures.unsigned_abs()))
        })
    }

    fn forget<'a>(&'a self, username_key: &'a [u8; 32]) -> StoreFuture<'a, u64> {
        let delete = Statement::new("DELETE FROM attempts WHERE username_key = ?").bind(username_key);
        self.run_aside(move |connection| connection.execute(&delete).map(|forgotten| forgotten as u64))
    }
}
