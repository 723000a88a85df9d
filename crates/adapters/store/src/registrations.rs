//! Clients that registered themselves, and the end of those that nobody used.

use diesel::sql_types::{BigInt, Binary, Nullable, Text};
use grantor_domain::client::ClientId;
use grantor_domain::time::Timestamp;
use grantor_ports::{Change, ClientRecord, Registered, Registration, Registrations, SpentToken, StoreFuture};

use crate::clients::{claim_new_name, upsert};
use crate::connection::{Connection, End};
use crate::error::StatementError;
use crate::executor::Repeat;
use crate::guards::spend;
use crate::row::{RowName, time};
use crate::statement::Statement;
use crate::store::Store;
use crate::{batch, changes, removal};

/// How many registrations of one fingerprint are looked at.
const A_FEW: u32 = 10;

const COLUMNS: &str = "client_id, fingerprint, token_hash, registered_at, expires_at";

#[derive(diesel::QueryableByName)]
struct RegistrationRow {
    #[diesel(sql_type = Text)]
    client_id: String,
    #[diesel(sql_type = Binary)]
    fingerprint: Vec<u8>,
    #[diesel(sql_type = Binary)]
    token_hash: Vec<u8>,
    #[diesel(sql_type = BigInt)]
    registered_at: i64,
    #[diesel(sql_type = Nullable<BigInt>)]
    expires_at: Option<i64>,
}

impl RegistrationRow {
    fn read(self) -> Result<Registration, StatementError> {
        let row = RowName::text("registrations", &self.client_id);
        Ok(Registration {
            client_id: row.check("client_id", ClientId::parse(&self.client_id).ok_or("not a client id"))?,
            fingerprint: row.array("fingerprint", &self.fingerprint)?,
            token_hash: row.array("token_hash", &self.token_hash)?,
            registered_at: Timestamp::from_millis(self.registered_at),
            expires_at: time(self.expires_at),
        })
    }
}

#[derive(diesel::QueryableByName)]
struct CountRow {
    #[diesel(sql_type = BigInt)]
    registrations: i64,
}

#[derive(diesel::QueryableByName)]
struct IdRow {
    #[diesel(sql_type = Text)]
    client_id: String,
}

fn insert(registration: &Registration) -> Statement {
    let Registration { client_id, fingerprint, token_hash, registered_at, expires_at } = registration;
    Statement::new(format!("INSERT INTO registrations ({COLUMNS}) VALUES (?, ?, ?, ?, ?)"))
        .bind(client_id.as_str())
        .bind(fingerprint)
        .bind(token_hash)
        .bind(*registered_at)
        .bind(*expires_at)
}

impl Registrations for Store {
    fn register<'a>(
        &'a self,
        record: &'a ClientRecord,
        registration: &'a Registration,
        spent: Option<SpentToken>,
        most: u32,
    ) -> StoreFuture<'a, Registered> {
        let (record, registration) = (record.clone(), registration.clone());
        // Repeated it would find its own client, and call the name taken.
        self.run(Repeat::Never, move |connection| register(connection, &record, &registration, (spent, most)))
    }

    fn find<'a>(&'a self, id: &'a ClientId) -> StoreFuture<'a, Option<Registration>> {
        let select =
            Statement::new(format!("SELECT {COLUMNS} FROM registrations WHERE client_id = ?")).bind(id.as_str());
        self.run(Repeat::Once, move |connection| {
            connection.first::<RegistrationRow>(&select)?.map(RegistrationRow::read).transpose()
        })
    }

    fn unused<'a>(&'a self, fingerprint: &'a [u8; 32], now: Timestamp) -> StoreFuture<'a, Vec<Registration>> {
        let select = Statement::new(format!(
            "SELECT {COLUMNS} FROM registrations WHERE fingerprint = ? AND expires_at > ? ORDER BY client_id LIMIT {A_FEW}"
        ))
        .bind(fingerprint)
        .bind(now);
        self.run(Repeat::Once, move |connection| {
            connection.load::<RegistrationRow>(&select)?.into_iter().map(RegistrationRow::read).collect()
        })
    }

    fn renew<'a>(
        &'a self,
        expected: &'a Registration,
        record: &'a ClientRecord,
        registration: &'a Registration,
    ) -> StoreFuture<'a, bool> {
        let (expected, record, registration) = (expected.clone(), record.clone(), registration.clone());
        // Repeated it would find its own token hash, and say that somebody else was faster.
        self.run(Repeat::Never, move |connection| renew(connection, &expected, &record, &registration))
    }

    fn complete<'a>(&'a self, id: &'a ClientId) -> StoreFuture<'a, ()> {
        let update =
            Statement::new("UPDATE registrations SET expires_at = NULL WHERE client_id = ? AND expires_at IS NOT NULL")
                .bind(id.as_str());
        self.run(Repeat::Once, move |connection| connection.execute(&update).map(|_changed| ()))
    }

    fn remove_unused<'a>(&'a self, id: &'a ClientId, now: Timestamp) -> StoreFuture<'a, bool> {
        let delete = Statement::new(
            "DELETE FROM registrations WHERE client_id = ? AND expires_at IS NOT NULL RETURNING client_id",
        )
        .bind(id.as_str());
        // Repeated it would find nothing, and say that it was used.
        self.run(Repeat::Never, move |connection| Ok(remove(connection, &delete, now)? == 1))
    }
}

fn register(
    connection: &mut Connection,
    record: &ClientRecord,
    registration: &Registration,
    (spent, most): (Option<SpentToken>, u32),
) -> Result<Registered, StatementError> {
    let (id, now) = (&registration.client_id, registration.registered_at);
    let upsert = upsert(record, now)?;
    let count = Statement::new("SELECT COUNT(*) AS registrations FROM registrations");
    connection.transaction(|connection| {
        if connection.execute(&claim_new_name(id))? == 0 {
            return Ok(End::Rollback(Registered::NameTaken));
        }
        let counted = connection.first::<CountRow>(&count)?;
        if counted.is_none_or(|row| row.registrations >= i64::from(most)) {
            return Ok(End::Rollback(Registered::TooMany));
        }
        if let Some(SpentToken { key, expires_at }) = spent
            && connection.execute(&spend(&key, expires_at))? == 0
        {
            return Ok(End::Rollback(Registered::TokenUsed));
        }
        connection.execute(&upsert)?;
        connection.execute(&insert(registration))?;
        changes::record(connection, &Change::Client(id.clone()), now)?;
        Ok(End::Commit(Registered::Done))
    })
}

/// The token hash is the version: each renewal draws another.
fn renew(
    connection: &mut Connection,
    expected: &Registration,
    record: &ClientRecord,
    registration: &Registration,
) -> Result<bool, StatementError> {
    let (id, now) = (&registration.client_id, registration.registered_at);
    let upsert = upsert(record, now)?;
    let update = Statement::new(
        "UPDATE registrations SET fingerprint = ?, token_hash = ?, registered_at = ?, expires_at = ? \
         WHERE client_id = ? AND token_hash = ? AND expires_at IS NOT NULL",
    )
    .bind(&registration.fingerprint)
    .bind(&registration.token_hash)
    .bind(registration.registered_at)
    .bind(registration.expires_at)
    .bind(id.as_str())
    .bind(&expected.token_hash);
    connection.transaction(|connection| {
        if connection.execute(&update)? == 0 {
            return Ok(End::Rollback(false));
        }
        connection.execute(&upsert)?;
        changes::record(connection, &Change::Client(id.clone()), now)?;
        Ok(End::Commit(true))
    })
}

/// Removes up to `most` clients that should have been used before `expired`, and frees their names: made up at random and never
/// used, they mean nothing to anybody. Says how many those were.
pub(crate) fn remove_unused(
    connection: &mut Connection,
    (now, expired): (Timestamp, Timestamp),
    most: usize,
) -> Result<usize, StatementError> {
    let delete = Statement::new(format!(
        "DELETE FROM registrations WHERE expires_at < ? AND client_id IN \
         (SELECT client_id FROM registrations WHERE expires_at < ? ORDER BY expires_at LIMIT {most}) RETURNING client_id"
    ))
    .bind(expired)
    .bind(expired);
    remove(connection, &delete, now)
}

/// Removes the clients whose registrations `delete` deletes and returns: nothing was given to them.
fn remove(connection: &mut Connection, delete: &Statement, now: Timestamp) -> Result<usize, StatementError> {
    connection.transaction(|connection| {
        let ids: Vec<_> = connection.load::<IdRow>(delete)?.into_iter().map(|row| row.client_id).collect();
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        removal::unused_clients(connection, &ids, now)?;
        batch::execute_in(connection, "DELETE FROM principals WHERE kind = 'client' AND name IN", &[], &ids)?;
        Ok(End::Commit(ids.len()))
    })
}
