//! The schema's versions: embedded, the same names for both engines, run under a lock so that of several processes one
//! migrates and the others wait.

use std::collections::BTreeSet;

use diesel::migration::{Migration, MigrationSource, MigrationVersion};
use diesel::pg::Pg;
use diesel::sql_types::{BigInt, Nullable, Text};
use diesel::sqlite::Sqlite;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use grantor_ports::StoreFuture;

use crate::connection::{Connection, End};
use crate::error::{Cause, StatementError};
use crate::statement::Statement;
use crate::store::Store;
use crate::target::{Engine, RawConnection};

const POSTGRES: EmbeddedMigrations = embed_migrations!("../../../migrations/postgres");
const SQLITE: EmbeddedMigrations = embed_migrations!("../../../migrations/sqlite");

/// Names the migration lock among a database's advisory locks: "grantor" in ASCII.
const LOCK: i64 = 0x0067_7261_6e74_6f72;

/// One version of the schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MigrationStatus {
    /// Its number, which orders it.
    pub version: String,
    /// Its directory.
    pub name: String,
    /// Whether the database has it.
    pub applied: bool,
}

impl Store {
    /// Every version that this program knows, oldest first.
    pub fn migrations(&self) -> StoreFuture<'_, Vec<MigrationStatus>> {
        self.run_aside(status)
    }

    /// Whether the database lacks a version.
    pub fn has_pending_migrations(&self) -> StoreFuture<'_, bool> {
        self.run_aside(|connection| Ok(status(connection)?.iter().any(|migration| !migration.applied)))
    }

    /// Brings the database up to date, all or nothing. Says which versions it ran.
    pub fn run_migrations(&self) -> StoreFuture<'_, Vec<String>> {
        self.run_aside(|connection| under_lock(connection, |connection| Ok(End::Commit(run_pending(connection)?))))
    }

    /// Takes back the last version. Says which; none if there was none.
    pub fn revert_migration(&self) -> StoreFuture<'_, Option<String>> {
        self.run_aside(|connection| under_lock(connection, |connection| Ok(End::Commit(revert_last(connection)?))))
    }

    /// Takes back the last version and runs it again. Says which; none if there was none.
    pub fn redo_migration(&self) -> StoreFuture<'_, Option<String>> {
        self.run_aside(|connection| {
            under_lock(connection, |connection| {
                let reverted = revert_last(connection)?;
                if reverted.is_some() {
                    run_next(connection)?;
                }
                Ok(End::Commit(reverted))
            })
        })
    }
}

/// Runs `work` in one transaction that no other process's overlaps. Every statement that it runs sees what the process
/// before it committed.
pub(crate) fn under_lock<T>(
    connection: &mut Connection,
    work: impl FnOnce(&mut Connection) -> Result<End<T>, StatementError>,
) -> Result<T, StatementError> {
    connection.transaction(|connection| {
        if connection.engine() == Engine::Postgres && has_advisory_locks(connection)? {
            // Whoever holds it may be migrating a large table.
            connection.batch("SET LOCAL lock_timeout = '10min'")?;
            connection.execute(&Statement::new("SELECT pg_advisory_xact_lock(?)").bind(LOCK))?;
        }
        work(connection)
    })
}

/// Some engines that speak Postgres's protocol have none; there, the primary keys still keep two from doing the same.
fn has_advisory_locks(connection: &mut Connection) -> Result<bool, StatementError> {
    let count = Statement::new("SELECT COUNT(*) AS count FROM pg_proc WHERE proname = 'pg_advisory_xact_lock'");
    Ok(connection.first::<CountRow>(&count)?.is_some_and(|row| row.count > 0))
}

#[derive(diesel::QueryableByName)]
struct CountRow {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

#[derive(diesel::QueryableByName)]
struct NameRow {
    #[diesel(sql_type = Nullable<Text>)]
    name: Option<String>,
}

#[derive(diesel::QueryableByName)]
struct VersionRow {
    #[diesel(sql_type = Text)]
    version: String,
}

/// Looks without touching: diesel's own way creates its table, which two processes cannot do at once.
fn status(connection: &mut Connection) -> Result<Vec<MigrationStatus>, StatementError> {
    let exists = match connection.engine() {
        Engine::Postgres => "SELECT CAST(to_regclass('__diesel_schema_migrations') AS TEXT) AS name",
        Engine::Sqlite => "SELECT name FROM sqlite_master WHERE name = '__diesel_schema_migrations'",
    };
    let exists = connection.first::<NameRow>(&Statement::new(exists))?.is_some_and(|row| row.name.is_some());
    let applied: BTreeSet<String> = if exists {
        let select = Statement::new("SELECT CAST(version AS TEXT) AS version FROM __diesel_schema_migrations");
        connection.load::<VersionRow>(&select)?.into_iter().map(|row| row.version).collect()
    } else {
        BTreeSet::new()
    };
    let known = match connection.engine() {
        Engine::Postgres => names(MigrationSource::<Pg>::migrations(&POSTGRES)),
        Engine::Sqlite => names(MigrationSource::<Sqlite>::migrations(&SQLITE)),
    };
    let with_state = |(version, name)| MigrationStatus { applied: applied.contains(&version), version, name };
    Ok(known.map_err(StatementError::Migration)?.into_iter().map(with_state).collect())
}

fn names<DB: diesel::backend::Backend>(
    migrations: Result<Vec<Box<dyn Migration<DB>>>, Cause>,
) -> Result<Vec<(String, String)>, Cause> {
    let named =
        |migration: Box<dyn Migration<DB>>| (migration.name().version().to_string(), migration.name().to_string());
    let mut names: Vec<_> = migrations?.into_iter().map(named).collect();
    names.sort_unstable();
    Ok(names)
}

/// Runs what is pending. Part of a transaction under the lock.
pub(crate) fn run_pending(connection: &mut Connection) -> Result<Vec<String>, StatementError> {
    let run = match connection.raw() {
        RawConnection::Postgres(raw) => raw.run_pending_migrations(POSTGRES).map(|run| versions(&run)),
        RawConnection::Sqlite(raw) => raw.run_pending_migrations(SQLITE).map(|run| versions(&run)),
    };
    run.map_err(StatementError::Migration)
}

fn run_next(connection: &mut Connection) -> Result<(), StatementError> {
    let run = match connection.raw() {
        RawConnection::Postgres(raw) => raw.run_next_migration(POSTGRES).map(|_version| ()),
        RawConnection::Sqlite(raw) => raw.run_next_migration(SQLITE).map(|_version| ()),
    };
    run.map_err(StatementError::Migration)
}

fn revert_last(connection: &mut Connection) -> Result<Option<String>, StatementError> {
    if !status(connection)?.iter().any(|migration| migration.applied) {
        return Ok(None);
    }
    let reverted = match connection.raw() {
        RawConnection::Postgres(raw) => raw.revert_last_migration(POSTGRES).map(|version| version.to_string()),
        RawConnection::Sqlite(raw) => raw.revert_last_migration(SQLITE).map(|version| version.to_string()),
    };
    reverted.map(Some).map_err(StatementError::Migration)
}

fn versions(run: &[MigrationVersion<'_>]) -> Vec<String> {
    run.iter().map(ToString::to_string).collect()
}
