//! The change table: what replicas keep in memory and must read again.

use diesel::sql_types::{BigInt, Text};
use grantor_domain::client::ClientId;
use grantor_domain::time::Timestamp;
use grantor_ports::{Change, Changes, StoreFuture};

use crate::batch;
use crate::connection::Connection;
use crate::error::StatementError;
use crate::executor::Repeat;
use crate::row::RowName;
use crate::statement::{Bind, Statement};
use crate::store::Store;

pub(crate) const CLIENT: &str = "client";
const KEYS: &str = "keys";
const REGISTRY: &str = "registry";

/// Records a change, in the transaction that makes it.
pub(crate) fn record(connection: &mut Connection, change: &Change, now: Timestamp) -> Result<(), StatementError> {
    let (kind, name) = match change {
        Change::Client(id) => (CLIENT, id.as_str()),
        Change::Keys => (KEYS, ""),
        Change::Registry => (REGISTRY, ""),
    };
    let insert = Statement::new("INSERT INTO changes (at, kind, name) VALUES (?, ?, ?)");
    connection.execute(&insert.bind(now).bind(kind).bind(name)).map(|_one| ())
}

/// Records a change of each of these clients, in the transaction that makes it.
pub(crate) fn record_clients(connection: &mut Connection, ids: &[&str], now: Timestamp) -> Result<(), StatementError> {
    let rows: Vec<[Bind; 3]> = ids.iter().map(|id| [now.into(), CLIENT.into(), (*id).into()]).collect();
    batch::insert(connection, "changes (at, kind, name)", &rows, "").map(|_all| ())
}

#[derive(diesel::QueryableByName)]
struct ChangeRow {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Text)]
    name: String,
}

impl ChangeRow {
    /// None for what a newer version records: this one keeps nothing of that kind in memory.
    fn read(self) -> Result<Option<(i64, Change)>, StatementError> {
        let row = RowName::number("changes", self.id);
        Ok(match self.kind.as_str() {
            CLIENT => {
                let client = row.check("name", ClientId::parse(&self.name).ok_or("not a client id"))?;
                Some((self.id, Change::Client(client)))
            }
            KEYS => Some((self.id, Change::Keys)),
            REGISTRY => Some((self.id, Change::Registry)),
            _ => None,
        })
    }
}

impl Changes for Store {
    fn since(&self, since: Timestamp) -> StoreFuture<'_, Vec<(i64, Change)>> {
        // No index on the time: upkeep keeps the table at one hour of changes.
        let select = Statement::new("SELECT id, kind, name FROM changes WHERE at >= ? ORDER BY id").bind(since);
        self.run(Repeat::Once, move |connection| {
            let rows = connection.load::<ChangeRow>(&select)?;
            rows.into_iter().filter_map(|row| row.read().transpose()).collect()
        })
    }
}
