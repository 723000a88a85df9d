//! Clients: each is one row of two JSON texts, so that a setting added later needs no migration.

use diesel::sql_types::Text;
use grantor_domain::client::ClientId;
use grantor_domain::time::Timestamp;
use grantor_ports::{Change, ClientRecord, Clients, GrantScope, StoreFuture};

use crate::connection::{Connection, End};
use crate::error::StatementError;
use crate::executor::Repeat;
use crate::grants::revoke;
use crate::row::{RowName, json};
use crate::statement::Statement;
use crate::store::Store;
use crate::{changes, removal};

#[derive(diesel::QueryableByName)]
pub(crate) struct ClientRow {
    #[diesel(sql_type = Text)]
    id: String,
    #[diesel(sql_type = Text)]
    settings: String,
    #[diesel(sql_type = Text)]
    secrets: String,
}

impl ClientRow {
    pub(crate) fn read(self) -> Result<ClientRecord, StatementError> {
        let row = RowName::text("clients", &self.id);
        Ok(ClientRecord {
            settings: row.json("settings", &self.settings)?,
            secrets: row.json("secrets", &self.secrets)?,
        })
    }
}

fn select(id: &ClientId) -> Statement {
    Statement::new("SELECT id, settings, secrets FROM clients WHERE id = ?").bind(id.as_str())
}

/// Writes the client's row.
pub(crate) fn upsert(record: &ClientRecord, now: Timestamp) -> Result<Statement, StatementError> {
    Ok(Statement::new(
        "INSERT INTO clients (id, settings, secrets, created_at, updated_at) VALUES (?, ?, ?, ?, ?) \
         ON CONFLICT (id) DO UPDATE SET settings = excluded.settings, secrets = excluded.secrets, \
         updated_at = excluded.updated_at",
    )
    .bind(record.settings.client_id.as_str())
    .bind(json(&record.settings)?)
    .bind(json(&record.secrets)?)
    .bind(now)
    .bind(now))
}

/// Whom an administrator vouches for did not register themselves any more. Part of the transaction that writes the client.
pub(crate) fn end_registration(connection: &mut Connection, record: &ClientRecord) -> Result<(), StatementError> {
    if !record.settings.self_registered {
        let delete = Statement::new("DELETE FROM registrations WHERE client_id = ?");
        connection.execute(&delete.bind(record.settings.client_id.as_str()))?;
    }
    Ok(())
}

/// Takes a name that nobody has or had.
pub(crate) fn claim_new_name(id: &ClientId) -> Statement {
    Statement::new("INSERT INTO principals (name, kind) VALUES (?, 'client') ON CONFLICT (name) DO NOTHING")
        .bind(id.as_str())
}

/// Holds a name that a client has or had until the transaction ends. It changes no row if a user has the name.
fn hold_name(id: &ClientId) -> Statement {
    Statement::new("UPDATE principals SET kind = kind WHERE name = ? AND kind = 'client'").bind(id.as_str())
}

/// Inserts a client whose name nobody has; leaves everything alone otherwise. Part of a transaction.
pub(crate) fn insert_absent(
    connection: &mut Connection,
    record: &ClientRecord,
    now: Timestamp,
) -> Result<(), StatementError> {
    if connection.execute(&claim_new_name(&record.settings.client_id))? == 1 {
        connection.execute(&upsert(record, now)?)?;
    }
    Ok(())
}

impl Clients for Store {
    fn find<'a>(&'a self, id: &'a ClientId) -> StoreFuture<'a, Option<ClientRecord>> {
        let select = select(id);
        self.run(Repeat::Once, move |connection| {
            connection.first::<ClientRow>(&select)?.map(ClientRow::read).transpose()
        })
    }

    fn list(&self) -> StoreFuture<'_, Vec<ClientRecord>> {
        self.run(Repeat::Once, |connection: &mut Connection| {
            let select = Statement::new("SELECT id, settings, secrets FROM clients ORDER BY id");
            connection.load::<ClientRow>(&select)?.into_iter().map(ClientRow::read).collect()
        })
    }

    fn insert<'a>(&'a self, record: &'a ClientRecord, now: Timestamp) -> StoreFuture<'a, bool> {
        self.write_client(record, now, Existing::Keep)
    }

    fn put<'a>(&'a self, record: &'a ClientRecord, now: Timestamp) -> StoreFuture<'a, bool> {
        self.write_client(record, now, Existing::Replace)
    }

    fn replace<'a>(
        &'a self,
        expected: &'a ClientRecord,
        record: &'a ClientRecord,
        now: Timestamp,
    ) -> StoreFuture<'a, bool> {
        let (expected, record) = (expected.clone(), record.clone());
        self.run(Repeat::Once, move |connection| replace(connection, &expected, &record, now))
    }

    fn delete<'a>(&'a self, id: &'a ClientId, now: Timestamp) -> StoreFuture<'a, Option<u64>> {
        let id = id.clone();
        // It reads every grant there is: too long for a request's connection.
        self.run_aside(move |connection| delete(connection, &id, now))
    }
}

/// What is done about a client that has the name already.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Existing {
    Keep,
    Replace,
}

/// What writing a client came to.
enum Written {
    Done,
    /// Nothing is written yet: the name is that of a client which was deleted.
    NameOfDeleted,
    NameTaken,
}

impl Store {
    fn write_client<'a>(
        &'a self,
        record: &'a ClientRecord,
        now: Timestamp,
        existing: Existing,
    ) -> StoreFuture<'a, bool> {
        let (written, again) = (record.clone(), record.clone());
        // An insert is not repeated: it would find its own client and call the name taken.
        let repeat = if existing == Existing::Keep { Repeat::Never } else { Repeat::Once };
        Box::pin(async move {
            Ok(match self.run(repeat, move |connection| write(connection, &written, now, existing)).await? {
                Written::Done => true,
                Written::NameTaken => false,
                // It reads every grant there is: too long for a request's connection.
                Written::NameOfDeleted => {
                    self.run_aside(move |connection| write_over_deleted(connection, &again, now, existing)).await?
                }
            })
        })
    }
}

fn write(
    connection: &mut Connection,
    record: &ClientRecord,
    now: Timestamp,
    existing: Existing,
) -> Result<Written, StatementError> {
    let id = &record.settings.client_id;
    let upsert = upsert(record, now)?;
    connection.transaction(|connection| {
        if connection.execute(&claim_new_name(id))? == 0 {
            if connection.execute(&hold_name(id))? == 0 {
                return Ok(End::Rollback(Written::NameTaken));
            }
            let is_there = connection.first::<ClientRow>(&select(id))?.is_some();
            if !is_there {
                return Ok(End::Rollback(Written::NameOfDeleted));
            }
            if existing == Existing::Keep {
                return Ok(End::Rollback(Written::NameTaken));
            }
        }
        connection.execute(&upsert)?;
        end_registration(connection, record)?;
        changes::record(connection, &Change::Client(id.clone()), now)?;
        Ok(End::Commit(Written::Done))
    })
}

/// Writes a client under the name of one that was deleted, and ends whatever was opened for that one at the last moment.
/// `false` if somebody else was faster and that client is to be kept.
fn write_over_deleted(
    connection: &mut Connection,
    record: &ClientRecord,
    now: Timestamp,
    existing: Existing,
) -> Result<bool, StatementError> {
    let id = &record.settings.client_id;
    let upsert = upsert(record, now)?;
    connection.transaction(|connection| {
        connection.execute(&hold_name(id))?;
        if connection.first::<ClientRow>(&select(id))?.is_none() {
            removal::given_to_clients(connection, &[id.as_str()], now)?;
        } else if existing == Existing::Keep {
            return Ok(End::Rollback(false));
        }
        connection.execute(&upsert)?;
        end_registration(connection, record)?;
        changes::record(connection, &Change::Client(id.clone()), now)?;
        Ok(End::Commit(true))
    })
}

/// The row is written before it is read, so that nobody else changes it in between.
fn replace(
    connection: &mut Connection,
    expected: &ClientRecord,
    record: &ClientRecord,
    now: Timestamp,
) -> Result<bool, StatementError> {
    let id = &record.settings.client_id;
    let upsert = upsert(record, now)?;
    let hold = Statement::new("UPDATE clients SET updated_at = ? WHERE id = ? RETURNING id, settings, secrets")
        .bind(now)
        .bind(id.as_str());
    connection.transaction(|connection| {
        let found = connection.first::<ClientRow>(&hold)?.map(ClientRow::read).transpose()?;
        if found.is_none_or(|found| found != *expected && found != *record) {
            return Ok(End::Rollback(false));
        }
        connection.execute(&upsert)?;
        end_registration(connection, record)?;
        changes::record(connection, &Change::Client(id.clone()), now)?;
        Ok(End::Commit(true))
    })
}

/// What it was given ends first, a piece at a time, so that nobody waits for all of it; the transaction ends what was opened since.
fn delete(connection: &mut Connection, id: &ClientId, now: Timestamp) -> Result<Option<u64>, StatementError> {
    if connection.first::<ClientRow>(&select(id))?.is_none() {
        return Ok(None);
    }
    let ended = revoke::revoke_all(connection, &GrantScope::Client(id.clone()), now)?;
    connection.transaction(|connection| {
        // Whoever writes a client of this name now waits, and finds that it was deleted.
        connection.execute(&hold_name(id))?;
        let removed = removal::clients(connection, &[id.as_str()], now)?;
        Ok(if removed.objects == 0 { End::Rollback(None) } else { End::Commit(Some(ended + removed.grants)) })
    })
}
