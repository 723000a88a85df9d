//! The first start: schema, partitions, keys and the first clients and users, once for a database however many
//! processes start at the same moment.

use std::fmt;

use diesel::sql_types::Text;
use grantor_domain::time::Timestamp;
use grantor_ports::{ClientRecord, KeyRecord, PortFuture, Unavailable, UserCredentials};

use crate::connection::{Connection, End};
use crate::error::StatementError;
use crate::maintenance::{self, Retention};
use crate::statement::Statement;
use crate::store::Store;
use crate::{clients, keys, migrations, users};

/// What a new database starts with.
#[derive(Clone, Debug, Default)]
pub struct Installation {
    /// The key ring.
    pub keys: Vec<KeyRecord>,
    /// Clients; one whose name is taken is left out.
    pub clients: Vec<ClientRecord>,
    /// Users; one whose name is taken is left out.
    pub users: Vec<UserCredentials>,
}

/// Says that the installation was done.
const MARKER: &str = "installed";

/// Why nothing was installed.
#[derive(Debug)]
pub enum InstallError<E> {
    /// What to install could not be made.
    Make(E),
    /// Storage was away, or refused a migration.
    Store(Unavailable),
}

impl<E: fmt::Display> fmt::Display for InstallError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Make(error) => error.fmt(f),
            Self::Store(error) => error.fmt(f),
        }
    }
}

impl<E: std::error::Error + 'static> std::error::Error for InstallError<E> {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Make(error) => Some(error),
            Self::Store(error) => Some(error),
        }
    }
}

impl Store {
    /// Migrates, sees to the partitions of `now` and, once for a database, installs what `make` makes, whole or not at
    /// all, under the migration lock. Says whether this call installed.
    ///
    /// `make` runs on a thread of the store's, and only if it is needed: making keys takes time. If it fails, the next
    /// start tries again.
    pub fn install<'a, E: Send + 'static>(
        &'a self,
        now: Timestamp,
        retention: &Retention,
        make: impl FnOnce() -> Result<Installation, E> + Send + 'static,
    ) -> PortFuture<'a, Result<bool, InstallError<E>>> {
        let retention = *retention;
        let installed = self.run_aside(move |connection| {
            migrations::under_lock(connection, |connection| {
                migrations::run_pending(connection)?;
                maintenance::ensure_partitions(connection, now, &retention)?;
                if is_installed(connection)? {
                    return Ok(End::Commit(Ok(false)));
                }
                match make() {
                    Ok(installation) => insert(connection, &installation, now),
                    Err(error) => Ok(End::Commit(Err(error))),
                }
            })
        });
        Box::pin(async move { installed.await.map_err(InstallError::Store)?.map_err(InstallError::Make) })
    }
}

#[derive(diesel::QueryableByName)]
struct MarkerRow {
    #[diesel(sql_type = Text)]
    #[expect(dead_code, reason = "only its presence counts")]
    name: String,
}

fn is_installed(connection: &mut Connection) -> Result<bool, StatementError> {
    let select = Statement::new("SELECT name FROM markers WHERE name = ?").bind(MARKER);
    Ok(connection.first::<MarkerRow>(&select)?.is_some())
}

/// Inserts everything and the marker; nothing if somebody was faster, where an engine has no lock to keep them apart.
fn insert<E>(
    connection: &mut Connection,
    installation: &Installation,
    now: Timestamp,
) -> Result<End<Result<bool, E>>, StatementError> {
    let marker = Statement::new("INSERT INTO markers (name, at) VALUES (?, ?) ON CONFLICT (name) DO NOTHING");
    if connection.execute(&marker.bind(MARKER).bind(now))? == 0 {
        return Ok(End::Rollback(Ok(false)));
    }
    if !keys::insert(connection, &installation.keys)? {
        return Err(StatementError::Refused("the database has keys, but no marker of an installation".to_owned()));
    }
    for client in &installation.clients {
        clients::insert_absent(connection, client, now)?;
    }
    for user in &installation.users {
        users::insert_absent(connection, user)?;
    }
    Ok(End::Commit(Ok(true)))
}
