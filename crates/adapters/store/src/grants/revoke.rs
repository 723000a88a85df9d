//! The ends of grants and of single access tokens.

use std::sync::LazyLock;

use grantor_domain::grant::GrantRef;
use grantor_domain::grant::refresh_token::GrantKey;
use grantor_domain::id::TokenId;
use grantor_domain::time::Timestamp;
use grantor_domain::token::lifetime::LifetimeClass;
use grantor_ports::GrantScope;

use super::{HELD, PerTable, Template, bind_held, table};
use crate::connection::{Connection, End};
use crate::error::StatementError;
use crate::statement::Statement;

static REVOKE: Template =
    LazyLock::new(|| PerTable::new("UPDATE {grants} SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL"));

static REVOKE_HELD: Template = LazyLock::new(|| {
    PerTable::new(&format!("UPDATE {{grants}} SET revoked_at = ? WHERE revoked_at IS NULL AND {HELD}"))
});

pub(super) fn revoke(connection: &mut Connection, grant: GrantRef, now: Timestamp) -> Result<bool, StatementError> {
    let update = REVOKE.of(grant.class).bind(now).bind(grant.id.as_bytes());
    Ok(connection.execute(&update)? == 1)
}

pub(super) fn revoke_held(connection: &mut Connection, key: &GrantKey, now: Timestamp) -> Result<bool, StatementError> {
    let update = bind_held(REVOKE_HELD.of(key.reference.class).bind(now), key);
    Ok(connection.execute(&update)? == 1)
}

/// Reads both tables from end to end: administration does this rarely, and an index on client, subject or session
/// would be one more page to write for every grant opened.
pub(super) fn revoke_all(
    connection: &mut Connection,
    scope: &GrantScope,
    now: Timestamp,
) -> Result<u64, StatementError> {
    connection.transaction(|connection| {
        let mut revoked = 0;
        for class in [LifetimeClass::Long, LifetimeClass::Short] {
            let column = match scope {
                GrantScope::Client(_) => "client_id",
                GrantScope::Session(_) => "session_id",
                GrantScope::Subject(_) => "subject",
            };
            let grants = table(class);
            let update =
                Statement::new(format!("UPDATE {grants} SET revoked_at = ? WHERE revoked_at IS NULL AND {column} = ?"))
                    .bind(now);
            let update = match scope {
                GrantScope::Client(id) => update.bind(id.as_str()),
                GrantScope::Session(id) => update.bind(id.as_bytes()),
                GrantScope::Subject(subject) => update.bind(subject.as_str()),
            };
            revoked += connection.execute(&update)? as u64;
        }
        Ok(End::Commit(revoked))
    })
}

pub(super) fn revoke_token(
    connection: &mut Connection,
    token: TokenId,
    expires_at: Timestamp,
) -> Result<(), StatementError> {
    let insert =
        Statement::new("INSERT INTO revoked_tokens (id, expires_at) VALUES (?, ?) ON CONFLICT (id) DO NOTHING")
            .bind(token.as_bytes())
            .bind(expires_at);
    connection.execute(&insert).map(|_written| ())
}
