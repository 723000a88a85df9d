//! Remembered consent: one row a scope value, so that what two requests add at once adds up.

use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Text};
use grantor_domain::authorization::RememberedConsent;
use grantor_domain::client::ClientId;
use grantor_domain::scope::{MAX_LENGTH, ScopeSet};
use grantor_domain::time::Timestamp;
use grantor_domain::user::Subject;
use grantor_ports::{Consents, RememberedClient, StoreFuture};

use crate::error::StatementError;
use crate::executor::Repeat;
use crate::row::RowName;
use crate::statement::Statement;
use crate::store::Store;

/// The row of a consent to no scope at all; as a text of scopes it is empty.
const NOTHING: &str = "";

#[derive(QueryableByName)]
struct ConsentRow {
    #[diesel(sql_type = Text)]
    scope_value: String,
}

/// A row with the client whom it is for, and its time.
#[derive(QueryableByName)]
struct ClientConsentRow {
    #[diesel(sql_type = Text)]
    client_id: String,
    #[diesel(embed)]
    consent: ConsentRow,
    #[diesel(sql_type = BigInt)]
    granted_at: i64,
}

/// The union, from rows that come newest first. One that would be longer than any scope may be is cut: what was allowed
/// longest ago is asked again.
fn read<'a>(
    subject: &str,
    rows: impl IntoIterator<Item = &'a ConsentRow>,
) -> Result<Option<RememberedConsent>, StatementError> {
    let mut rows = rows.into_iter().peekable();
    if rows.peek().is_none() {
        return Ok(None);
    }
    let mut allowed = String::new();
    for ConsentRow { scope_value } in rows {
        if allowed.len() + scope_value.len() >= MAX_LENGTH {
            break;
        }
        allowed.push_str(scope_value);
        allowed.push(' ');
    }
    let row = RowName::text("consents", subject);
    row.check("scope_value", ScopeSet::parse(&allowed)).map(RememberedConsent).map(Some)
}

/// Each client's, from rows that come by client and newest first.
fn read_each(subject: &str, rows: &[ClientConsentRow]) -> Result<Vec<RememberedClient>, StatementError> {
    let mut clients = Vec::new();
    for of_one in rows.chunk_by(|left, right| left.client_id == right.client_id) {
        let consent = read(subject, of_one.iter().map(|row| &row.consent))?;
        let (Some(consent), Some(oldest)) = (consent, of_one.last()) else { continue };
        let row = RowName::text("consents", subject);
        let client = row.check("client_id", ClientId::try_from(oldest.client_id.clone()))?;
        clients.push(RememberedClient { client, consent, since: Timestamp::from_millis(oldest.granted_at) });
    }
    Ok(clients)
}

impl Consents for Store {
    fn find<'a>(&'a self, subject: &'a Subject, client: &'a ClientId) -> StoreFuture<'a, Option<RememberedConsent>> {
        let subject = subject.clone();
        let select = Statement::new(
            "SELECT scope_value FROM consents WHERE subject = ? AND client_id = ? ORDER BY granted_at DESC, scope_value",
        )
        .bind(subject.as_str())
        .bind(client.as_str());
        self.run(Repeat::Once, move |connection| read(subject.as_str(), &connection.load::<ConsentRow>(&select)?))
    }

    fn remember<'a>(
        &'a self,
        subject: &'a Subject,
        client: &'a ClientId,
        scope: &'a ScopeSet,
        now: Timestamp,
    ) -> StoreFuture<'a, ()> {
        // In one order everywhere, so that two statements with the same values wait for each other and never deadlock.
        let mut values: Vec<&str> = scope.iter().collect();
        values.sort_unstable();
        if values.is_empty() {
            values.push(NOTHING);
        }
        let places = vec!["(?, ?, ?, ?)"; values.len()].join(", ");
        let mut insert = Statement::new(format!(
            "INSERT INTO consents (subject, client_id, scope_value, granted_at) VALUES {places} \
             ON CONFLICT (subject, client_id, scope_value) DO NOTHING"
        ));
        for value in values {
            insert = insert.bind(subject.as_str()).bind(client.as_str()).bind(value).bind(now);
        }
        self.run(Repeat::Once, move |connection| connection.execute(&insert).map(|_added| ()))
    }

    fn of<'a>(&'a self, subject: &'a Subject) -> StoreFuture<'a, Vec<RememberedClient>> {
        let subject = subject.clone();
        let select = Statement::new(
            "SELECT client_id, scope_value, granted_at FROM consents WHERE subject = ? \
             ORDER BY client_id, granted_at DESC, scope_value",
        )
        .bind(subject.as_str());
        self.run(Repeat::Once, move |connection| {
            read_each(subject.as_str(), &connection.load::<ClientConsentRow>(&select)?)
        })
    }

    fn withdraw<'a>(&'a self, subject: &'a Subject, client: &'a ClientId) -> StoreFuture<'a, ()> {
        let delete = Statement::new("DELETE FROM consents WHERE subject = ? AND client_id = ?")
            .bind(subject.as_str())
            .bind(client.as_str());
        self.run(Repeat::Once, move |connection| connection.execute(&delete).map(|_rows| ()))
    }

    fn forget<'a>(&'a self, client: &'a ClientId) -> StoreFuture<'a, ()> {
        let delete = Statement::new("DELETE FROM consents WHERE client_id = ?").bind(client.as_str());
        // It reads every consent there is: too long for a request's connection.
        self.run_aside(move |connection| connection.execute(&delete).map(|_rows| ()))
    }
}
