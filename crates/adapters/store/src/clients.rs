//! Clients: each is one row of two JSON texts, so that a setting added later needs no migration.

use diesel::sql_types::Text;
use grantor_domain::client::ClientId;
use grantor_domain::time::Timestamp;
use grantor_ports::{Change, ClientRecord, Clients, StoreFuture};

use crate::changes;
use crate::connection::{Connection, End};
use crate::error::StatementError;
use crate::executor::Repeat;
use crate::row::{RowName, json};
use crate::statement::Statement;
use crate::store::Store;

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

/// Takes the client's name in the namespace that it shares with users, and holds it until the transaction ends. It
/// changes no row if a user has the name.
fn claim_name(id: &ClientId) -> Statement {
    Statement::new(
        "INSERT INTO principals (name, kind) VALUES (?, 'client') \
         ON CONFLICT (name) DO UPDATE SET kind = excluded.kind WHERE principals.kind = excluded.kind",
    )
    .bind(id.as_str())
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

/// Inserts a client whose name nobody has; leaves everything alone otherwise. Part of a transaction.
pub(crate) fn insert_absent(
    connection: &mut Connection,
    record: &ClientRecord,
    now: Timestamp,
) -> Result<(), StatementError> {
    let claim =
        Statement::new("INSERT INTO principals (name, kind) VALUES (?, 'client') ON CONFLICT (name) DO NOTHING");
    if connection.execute(&claim.bind(record.settings.client_id.as_str()))? == 1 {
        connection.execute(&upsert(record, now)?)?;
    }
    Ok(())
}

impl Clients for Store {
    fn find<'a>(&'a self, id: &'a ClientId) -> StoreFuture<'a, Option<ClientRecord>> {
        let select = Statement::new("SELECT id, settings, secrets FROM clients WHERE id = ?").bind(id.as_str());
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

    fn put<'a>(&'a self, record: &'a ClientRecord, now: Timestamp) -> StoreFuture<'a, bool> {
        let record = record.clone();
        self.run(Repeat::Once, move |connection| put(connection, &record, now))
    }
}

fn put(connection: &mut Connection, record: &ClientRecord, now: Timestamp) -> Result<bool, StatementError> {
    let id = &record.settings.client_id;
    let upsert = upsert(record, now)?;
    connection.transaction(|connection| {
        if connection.execute(&claim_name(id))? == 0 {
            return Ok(End::Rollback(false));
        }
        connection.execute(&upsert)?;
        changes::record(connection, &Change::Client(id.clone()), now)?;
        Ok(End::Commit(true))
    })
}
