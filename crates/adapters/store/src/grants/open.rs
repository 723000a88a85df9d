//! Opening a grant: one insert under the code's identifier, so that of any number of redemptions one wins.

use std::collections::HashMap;
use std::sync::LazyLock;

use diesel::sql_types::{BigInt, Binary, Nullable, Text};
use grantor_domain::grant::NewGrant;
use grantor_ports::OpenOutcome;

use super::{PerTable, Template, table};
use crate::connection::Connection;
use crate::error::StatementError;
use crate::executor::{Groupable, Repeat, TakeBack};
use crate::row::{RowName, json};
use crate::statement::{Bind, Statement};
use crate::users;

/// The user is enabled and not signed out since, and the session, if there is one, has not ended. Sub-selects of one
/// value, as in [`super::HONOURED`].
const MAY_BE_SERVED: &str = "(SELECT users.not_before FROM users WHERE users.subject = {v.subject} \
     AND users.disabled_at IS NULL) <= {v.auth_time} \
     AND (SELECT 1 FROM ended_sessions WHERE ended_sessions.id = {v.session_id}) IS NULL";

/// What the caller says of a grant, in the order of [`values`].
const COLUMNS: [&str; 15] = [
    "id",
    "client_id",
    "subject",
    "session_id",
    "scope",
    "resources",
    "claims",
    "auth_time",
    "acr",
    "amr",
    "sender",
    "ends_with_session",
    "secret_hash",
    "expires_at",
    "absolute_expires_at",
];

const RETURNING: &str = "ON CONFLICT (id) DO NOTHING RETURNING {grants}.id, \
     (SELECT users.claims FROM users WHERE users.subject = {grants}.subject) AS user_claims";

static INSERT: Template =
    LazyLock::new(|| PerTable::single(&format!("{} WHERE {MAY_BE_SERVED} {RETURNING}", insert_select())));

/// In the order of their identifiers, as everybody else: two that open the same grants wait for each other in one
/// direction only.
static INSERT_MANY: Template = LazyLock::new(|| {
    let (places, names) = (vec!["?"; COLUMNS.len()].join(", "), COLUMNS.join(", "));
    let from = format!("FROM unnest({places}) AS v ({names}) WHERE {MAY_BE_SERVED} ORDER BY v.id");
    PerTable::many(&format!("{} {from} {RETURNING}", insert_select()))
});

fn insert_select() -> String {
    let values: Vec<String> = COLUMNS.iter().map(|name| format!("{{v.{name}}}")).collect();
    format!(
        "INSERT INTO {{grants}} ({}, generation, spent_at, revoked_at) SELECT {}, 0, NULL, NULL",
        COLUMNS.join(", "),
        values.join(", ")
    )
}

static SELECT: Template = LazyLock::new(|| {
    PerTable::single(&format!(
        "SELECT secret_hash, \
         CASE WHEN revoked_at IS NULL AND {MAY_BE_SERVED} THEN CAST(1 AS BIGINT) ELSE CAST(0 AS BIGINT) END AS served, \
         (SELECT users.claims FROM users WHERE users.subject = {{grants}}.subject) AS user_claims \
         FROM {{grants}} WHERE id = {{v.id}}"
    ))
});

#[derive(diesel::QueryableByName)]
struct OpenedRow {
    #[diesel(sql_type = Binary)]
    id: Vec<u8>,
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

impl Groupable for NewGrant {
    type Outcome = OpenOutcome;
    type Key = [u8; 16];

    // It recognises its own earlier attempt by the secret's hash.
    const REPEAT: Repeat = Repeat::Once;

    fn key(&self) -> [u8; 16] {
        *self.terms.reference.id.as_bytes()
    }

    fn alone(&self, connection: &mut Connection) -> Result<OpenOutcome, StatementError> {
        let subject = self.terms.subject.as_str();
        let insert = bind_may_be_served(INSERT.of(self.terms.reference.class).bind_all(values(self)?), self);
        if let Some(row) = connection.first::<OpenedRow>(&insert)? {
            return Ok(OpenOutcome::Opened(users::claims(subject, row.user_claims.as_deref())?));
        }
        let select = bind_may_be_served(SELECT.of(self.terms.reference.class), self);
        let Some(found) = connection.first::<FoundRow>(&select.bind(self.terms.reference.id.as_bytes()))? else {
            // Nobody is served, or the row that was in the way was an attempt that nobody heard of, taken back in between.
            return Ok(match connection.first::<OpenedRow>(&insert)? {
                Some(row) => OpenOutcome::Opened(users::claims(subject, row.user_claims.as_deref())?),
                None => OpenOutcome::SubjectRefused,
            });
        };
        let row = RowName::bytes(table(self.terms.reference.class), self.terms.reference.id.as_bytes());
        let hash: [u8; 32] = row.array("secret_hash", &found.secret_hash)?;
        Ok(if hash != self.secret_hash {
            OpenOutcome::AlreadyRedeemed
        } else if found.served == 0 {
            OpenOutcome::SubjectRefused
        } else {
            OpenOutcome::Opened(users::claims(subject, found.user_claims.as_deref())?)
        })
    }

    fn in_one_statement(
        connection: &mut Connection,
        pieces: &[&Self],
    ) -> Result<Vec<Option<OpenOutcome>>, StatementError> {
        let Some(class) = pieces.first().map(|first| first.terms.reference.class) else { return Ok(Vec::new()) };
        let rows: Vec<[Bind; COLUMNS.len()]> = pieces.iter().map(|piece| values(piece)).collect::<Result<_, _>>()?;
        let insert = INSERT_MANY.of(class).bind_columns(rows);
        let opened = connection.load::<OpenedRow>(&insert)?;
        let mut claims: HashMap<Vec<u8>, Option<String>> =
            opened.into_iter().map(|row| (row.id, row.user_claims)).collect();
        let outcome = |piece: &&Self| {
            let text = claims.remove(piece.key().as_slice())?;
            // Claims that cannot be read are their own caller's concern, who asks again alone and is told.
            users::claims(piece.terms.subject.as_str(), text.as_deref()).ok().map(OpenOutcome::Opened)
        };
        Ok(pieces.iter().map(outcome).collect())
    }

    /// If its caller has given up, its client was told to try again: the code must still be there for it. No token was
    /// made from the grant. One that somebody met in between, and so revoked, stays; one that somebody else opened has
    /// another secret.
    fn take_back(&self) -> Option<TakeBack> {
        static DELETE: Template = LazyLock::new(|| {
            PerTable::single(
                "DELETE FROM {grants} WHERE id = {v.id} AND secret_hash = {v.secret_hash} AND generation = 0 \
                 AND revoked_at IS NULL",
            )
        });
        let reference = &self.terms.reference;
        let delete = DELETE.of(reference.class).bind(reference.id.as_bytes()).bind(&self.secret_hash);
        Some(Box::new(move |connection| connection.execute(&delete).map(|_deleted| ())))
    }
}

/// The values of [`COLUMNS`].
fn values(new: &NewGrant) -> Result<[Bind; COLUMNS.len()], StatementError> {
    let terms = &new.terms;
    Ok([
        terms.reference.id.as_bytes().into(),
        terms.client_id.as_str().into(),
        terms.subject.as_str().into(),
        terms.session.as_ref().map(|id| id.as_bytes()).into(),
        terms.scope.to_string().into(),
        json(&terms.resources)?.into(),
        terms.claims.as_ref().map(json).transpose()?.into(),
        terms.authentication.time.into(),
        terms.authentication.acr.clone().into(),
        json(&terms.authentication.amr)?.into(),
        terms.sender.clone().into(),
        terms.ends_with_session.into(),
        (&new.secret_hash).into(),
        new.expires_at.into(),
        terms.absolute_expires_at.into(),
    ])
}

fn bind_may_be_served(statement: Statement, new: &NewGrant) -> Statement {
    statement
        .bind(new.terms.subject.as_str())
        .bind(new.terms.authentication.time)
        .bind(new.terms.session.as_ref().map(|id| id.as_bytes()))
}
