//! Opening a grant: one insert under the code's identifier, so that of any number of redemptions one wins.

use std::sync::LazyLock;

use diesel::sql_types::{BigInt, Binary, Nullable, Text};
use grantor_domain::grant::NewGrant;
use grantor_ports::OpenOutcome;

use super::{PerTable, Template, table};
use crate::connection::Connection;
use crate::error::StatementError;
use crate::row::{RowName, json};
use crate::statement::Statement;
use crate::users;

/// The user is enabled and not signed out since, and the session, if there is one, has not ended.
const MAY_BE_SERVED: &str = "EXISTS (SELECT 1 FROM users WHERE subject = ? AND disabled_at IS NULL AND not_before <= ?) \
     AND NOT EXISTS (SELECT 1 FROM ended_sessions WHERE id = ?)";

static INSERT: Template = LazyLock::new(|| {
    PerTable::new(&format!(
        "INSERT INTO {{grants}} (id, client_id, subject, session_id, scope, resources, claims, auth_time, acr, amr, \
         sender, ends_with_session, secret_hash, generation, spent_at, expires_at, absolute_expires_at, revoked_at) \
         SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, NULL, ?, ?, NULL WHERE {MAY_BE_SERVED} \
         ON CONFLICT (id) DO NOTHING \
         RETURNING (SELECT users.claims FROM users WHERE users.subject = {{grants}}.subject) AS user_claims"
    ))
});

static SELECT: Template = LazyLock::new(|| {
    PerTable::new(&format!(
        "SELECT secret_hash, CASE WHEN revoked_at IS NULL AND {MAY_BE_SERVED} THEN CAST(1 AS BIGINT) ELSE CAST(0 AS BIGINT) END AS served, \
         (SELECT users.claims FROM users WHERE users.subject = {{grants}}.subject) AS user_claims \
         FROM {{grants}} WHERE id = ?"
    ))
});

#[derive(diesel::QueryableByName)]
struct OpenedRow {
    #[diesel(sql_type = Nullable<Text>)]
    user_claims: Option<String>,
}

#[derive(diesel::QueryableByName)]
struct FoundRow {
    #[diesel(sql_type = Binary)]
    secret_hash: Vec<u8>,
    #[diesel(sql_type = BigInt)]
    served: i64,
    #[diesel(sql_type = Nullable<Text>)]
    user_claims: Option<String>,
}

pub(super) fn open(connection: &mut Connection, new: &NewGrant) -> Result<OpenOutcome, StatementError> {
    let subject = new.terms.subject.as_str();
    if let Some(row) = connection.first::<OpenedRow>(&insert(new)?)? {
        return Ok(OpenOutcome::Opened(users::claims(subject, row.user_claims.as_deref())?));
    }
    let select = bind_may_be_served(SELECT.of(new.terms.reference.class), new);
    let Some(found) = connection.first::<FoundRow>(&select.bind(new.terms.reference.id.as_bytes()))? else {
        return Ok(OpenOutcome::SubjectRefused);
    };
    let row = RowName::bytes(table(new.terms.reference.class), new.terms.reference.id.as_bytes());
    let hash: [u8; 32] = row.array("secret_hash", &found.secret_hash)?;
    Ok(if hash != new.secret_hash {
        OpenOutcome::AlreadyRedeemed
    } else if found.served == 0 {
        OpenOutcome::SubjectRefused
    } else {
        OpenOutcome::Opened(users::claims(subject, found.user_claims.as_deref())?)
    })
}

static DELETE: Template = LazyLock::new(|| {
    PerTable::new("DELETE FROM {grants} WHERE id = ? AND secret_hash = ? AND generation = 0 AND revoked_at IS NULL")
});

/// Takes back a grant whose opening nobody heard of: no token was made from it. One that somebody met in between, and
/// so revoked, stays; one that somebody else opened has another secret.
pub(super) fn take_back(connection: &mut Connection, new: &NewGrant) -> Result<(), StatementError> {
    let reference = &new.terms.reference;
    let delete = DELETE.of(reference.class).bind(reference.id.as_bytes()).bind(&new.secret_hash);
    connection.execute(&delete).map(|_deleted| ())
}

fn insert(new: &NewGrant) -> Result<Statement, StatementError> {
    let terms = &new.terms;
    let statement = INSERT
        .of(terms.reference.class)
        .bind(terms.reference.id.as_bytes())
        .bind(terms.client_id.as_str())
        .bind(terms.subject.as_str())
        .bind(terms.session.as_ref().map(|id| id.as_bytes()))
        .bind(terms.scope.to_string())
        .bind(json(&terms.resources)?)
        .bind(terms.claims.as_ref().map(json).transpose()?)
        .bind(terms.authentication.time)
        .bind(terms.authentication.acr.clone())
        .bind(json(&terms.authentication.amr)?)
        .bind(terms.sender.clone())
        .bind(terms.ends_with_session)
        .bind(&new.secret_hash)
        .bind(new.expires_at)
        .bind(terms.absolute_expires_at);
    Ok(bind_may_be_served(statement, new))
}

fn bind_may_be_served(statement: Statement, new: &NewGrant) -> Statement {
    statement
        .bind(new.terms.subject.as_str())
        .bind(new.terms.authentication.time)
        .bind(new.terms.session.as_ref().map(|id| id.as_bytes()))
}
