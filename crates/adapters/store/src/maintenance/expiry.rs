//! Expired rows: each table's left edge, a bounded number a statement, so that nobody waits long behind one.

use std::time::{Duration, Instant};

use grantor_domain::grant::device_code::LIFETIME;
use grantor_domain::time::Timestamp;
use grantor_domain::token::lifetime::LifetimeClass;

use super::Retention;
use super::partition::edge;
use crate::connection::Connection;
use crate::error::StatementError;
use crate::grants::table;
use crate::registrations;
use crate::statement::Statement;
use crate::target::Engine;

/// Clocks of replicas differ: what has expired here may be needed there a little longer.
pub(super) const CLOCK_MARGIN: Duration = Duration::from_secs(3600);

/// Rows a statement.
const BATCH: usize = 1000;

/// Shortest pause between two of them.
const SHORTEST_PAUSE: Duration = Duration::from_millis(10);

/// Upkeep gives up after this and goes on in an hour.
const PATIENCE: Duration = Duration::from_secs(10 * 60);

/// How long failed sign-ins are kept.
const ATTEMPTS: Duration = Duration::from_secs(30 * 24 * 3600);

/// How long changes are kept: many times what a replica reads again.
const CHANGES: Duration = Duration::from_secs(3600);

/// Deletes what has expired. Says how many rows that was.
pub(super) fn delete_expired(
    connection: &mut Connection,
    now: Timestamp,
    retention: &Retention,
) -> Result<u64, StatementError> {
    let mut deletes = other_tables(now, retention);
    if connection.engine() == Engine::Sqlite {
        deletes.extend([LifetimeClass::Long, LifetimeClass::Short].map(|class| grants(class, now, retention)));
    }
    let end = Instant::now() + PATIENCE;
    let mut deleted = 0;
    for delete in deletes {
        deleted += repeatedly(end, || connection.execute(&delete))?;
    }
    let times = (now, now.minus(CLOCK_MARGIN));
    deleted += repeatedly(end, || registrations::remove_unused(connection, times, BATCH))?;
    Ok(deleted)
}

/// Deletes until there is no whole batch left, or it takes too long. Says how many rows that was.
fn repeatedly(end: Instant, mut delete: impl FnMut() -> Result<usize, StatementError>) -> Result<u64, StatementError> {
    let mut deleted = 0;
    loop {
        let began = Instant::now();
        let rows = delete()?;
        deleted += rows as u64;
        if rows < BATCH || Instant::now() >= end {
            return Ok(deleted);
        }
        // As much time for requests as was taken from them: SQLite's writers do not queue, and whoever begins again at once keeps
        // the others out.
        std::thread::sleep(began.elapsed().max(SHORTEST_PAUSE));
    }
}

fn other_tables(now: Timestamp, retention: &Retention) -> Vec<Statement> {
    let expired = now.minus(CLOCK_MARGIN);
    // Identifiers are as old as what they name; a session that was renewed or is kept for long is passed over.
    let by_id = |table: &str, expiry: &str, life: Duration| {
        Statement::new(format!(
            "DELETE FROM {table} WHERE id IN \
             (SELECT id FROM {table} WHERE id < ? AND {expiry} < ? ORDER BY id LIMIT {BATCH})"
        ))
        .bind(&edge(expired.minus(life)))
        .bind(expired)
    };
    // Numbered in the order of their times: if the lowest are too young, so are all.
    let by_number = |table: &str, kept: Duration| {
        Statement::new(format!(
            "DELETE FROM {table} WHERE at < ? AND id IN (SELECT id FROM {table} ORDER BY id LIMIT {BATCH})"
        ))
        .bind(now.minus(kept))
    };
    vec![
        Statement::new(format!(
            "DELETE FROM replay_guard WHERE (expires_at, digest) IN \
             (SELECT expires_at, digest FROM replay_guard WHERE expires_at < ? ORDER BY expires_at, digest LIMIT {BATCH})"
        ))
        .bind(expired),
        Statement::new(format!(
            "DELETE FROM revoked_tokens WHERE id IN \
             (SELECT id FROM revoked_tokens WHERE expires_at < ? ORDER BY expires_at LIMIT {BATCH})"
        ))
        .bind(expired),
        by_id("ended_sessions", "keep_until", retention.grant_max),
        by_id("device_requests", "expires_at", LIFETIME),
        by_id("sessions", "expires_at", retention.session),
        // Those of sessions that are gone.
        Statement::new(format!(
            "DELETE FROM session_clients WHERE (session_id, client_id) IN (SELECT session_id, client_id FROM session_clients \
             WHERE session_id < ? AND NOT EXISTS (SELECT 1 FROM sessions WHERE sessions.id = session_clients.session_id) \
             ORDER BY session_id, client_id LIMIT {BATCH})"
        ))
        .bind(&edge(expired.minus(retention.session))),
        by_number("attempts", ATTEMPTS),
        by_number("changes", CHANGES),
    ]
}

/// Where there are no partitions to drop.
fn grants(class: LifetimeClass, now: Timestamp, retention: &Retention) -> Statement {
    let expired = now.minus(CLOCK_MARGIN);
    let grants = table(class);
    Statement::new(format!(
        "DELETE FROM {grants} WHERE id IN \
         (SELECT id FROM {grants} WHERE id < ? AND absolute_expires_at < ? ORDER BY id LIMIT {BATCH})"
    ))
    .bind(&edge(expired.minus(retention.life(class))))
    .bind(expired)
}
