//! One connection, to either engine: it runs [`Statement`]s, counts them, and remembers when it broke.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use diesel::connection::{AnsiTransactionManager, SimpleConnection, TransactionManager};
use diesel::deserialize::QueryableByName;
use diesel::pg::Pg;
use diesel::r2d2::R2D2Connection;
use diesel::result::Error as DieselError;
use diesel::sqlite::Sqlite;
use diesel::{PgConnection, QueryResult, RunQueryDsl, SqliteConnection};

use crate::error::StatementError;
use crate::statement::Statement;
use crate::target::{Engine, RawConnection};

/// A row that both engines can fill.
pub(crate) trait Row: QueryableByName<Pg> + QueryableByName<Sqlite> + 'static {}

impl<T: QueryableByName<Pg> + QueryableByName<Sqlite> + 'static> Row for T {}

/// A connection. Made by the pool's manager, or for one long piece of work.
pub(crate) struct Connection {
    raw: RawConnection,
    is_broken: bool,
    statements: Arc<AtomicU64>,
}

/// How a transaction ends when nothing went wrong.
pub(crate) enum End<T> {
    /// Everything it did counts.
    Commit(T),
    /// Nothing it did counts.
    Rollback(T),
}

impl Connection {
    pub(crate) const fn new(raw: RawConnection, statements: Arc<AtomicU64>) -> Self {
        Self { raw, is_broken: false, statements }
    }

    pub(crate) const fn engine(&self) -> Engine {
        match self.raw {
            RawConnection::Postgres(_) => Engine::Postgres,
            RawConnection::Sqlite(_) => Engine::Sqlite,
        }
    }

    /// For what diesel does better itself: migrations.
    pub(crate) const fn raw(&mut self) -> &mut RawConnection {
        &mut self.raw
    }

    /// The rows of a statement.
    pub(crate) fn load<R: Row>(&mut self, statement: &Statement) -> Result<Vec<R>, StatementError> {
        self.count();
        let rows = match &mut self.raw {
            RawConnection::Postgres(connection) => statement.load(connection),
            RawConnection::Sqlite(connection) => statement.load(connection),
        };
        self.note(rows)
    }

    /// The first row of a statement, if there is one.
    pub(crate) fn first<R: Row>(&mut self, statement: &Statement) -> Result<Option<R>, StatementError> {
        Ok(self.load(statement)?.into_iter().next())
    }

    /// How many rows a statement changed.
    pub(crate) fn execute(&mut self, statement: &Statement) -> Result<usize, StatementError> {
        self.count();
        let changed = match &mut self.raw {
            RawConnection::Postgres(connection) => statement.execute(connection),
            RawConnection::Sqlite(connection) => statement.execute(connection),
        };
        self.note(changed)
    }

    /// Runs text that no value is part of: definitions, settings of a transaction.
    pub(crate) fn batch(&mut self, sql: &str) -> Result<(), StatementError> {
        self.count();
        let done = match &mut self.raw {
            RawConnection::Postgres(connection) => connection.batch_execute(sql),
            RawConnection::Sqlite(connection) => connection.batch_execute(sql),
        };
        self.note(done)
    }

    /// Runs `work` in a transaction, which must begin with its write: on SQLite it takes the one writer's place at
    /// once, because one that read first could not take it any more.
    pub(crate) fn transaction<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<End<T>, StatementError>,
    ) -> Result<T, StatementError> {
        let begun = match &mut self.raw {
            RawConnection::Postgres(connection) => AnsiTransactionManager::begin_transaction_sql(connection, "BEGIN"),
            RawConnection::Sqlite(connection) => {
                AnsiTransactionManager::begin_transaction_sql(connection, "BEGIN IMMEDIATE")
            }
        };
        self.note(begun)?;
        let (commit, answer) = match work(self) {
            Ok(End::Commit(answer)) => (true, Ok(answer)),
            Ok(End::Rollback(answer)) => (false, Ok(answer)),
            Err(error) => (false, Err(error)),
        };
        let ended = self.end(commit);
        match answer {
            Ok(answer) => ended.map(|()| answer),
            // The first error says more than one about a rollback that could only fail after it.
            Err(error) => Err(error),
        }
    }

    fn end(&mut self, commit: bool) -> Result<(), StatementError> {
        let ended = match &mut self.raw {
            RawConnection::Postgres(connection) => end::<PgConnection>(connection, commit),
            RawConnection::Sqlite(connection) => end::<SqliteConnection>(connection, commit),
        };
        self.note(ended)
    }

    /// Asks for a sign of life.
    pub(crate) fn ping(&mut self) -> Result<(), StatementError> {
        self.load::<One>(&Statement::new("SELECT CAST(1 AS BIGINT) AS one")).map(|_rows| ())
    }

    /// Whether the connection is of no more use: it was closed, or left a transaction in an unknown state.
    pub(crate) fn is_broken(&mut self) -> bool {
        self.is_broken
            || match &mut self.raw {
                RawConnection::Postgres(connection) => connection.is_broken(),
                RawConnection::Sqlite(connection) => connection.is_broken(),
            }
    }

    /// Gives the connection up, whatever it says itself.
    pub(crate) const fn condemn(&mut self) {
        self.is_broken = true;
    }

    fn count(&self) {
        self.statements.fetch_add(1, Ordering::Relaxed);
    }

    fn note<T>(&mut self, result: QueryResult<T>) -> Result<T, StatementError> {
        result.map_err(|error: DieselError| {
            let error = StatementError::from(error);
            self.is_broken |= matches!(error, StatementError::Lost(_));
            error
        })
    }
}

fn end<C>(connection: &mut C, commit: bool) -> QueryResult<()>
where
    C: diesel::Connection<TransactionManager = AnsiTransactionManager>,
{
    if commit {
        AnsiTransactionManager::commit_transaction(connection)
    } else {
        AnsiTransactionManager::rollback_transaction(connection)
    }
}

#[derive(diesel::QueryableByName)]
struct One {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    #[expect(dead_code, reason = "only its presence counts")]
    one: i64,
}
