//! A plain connection, to look at what the store did and to do to the database what no store would.

use diesel::connection::SimpleConnection as _;
use diesel::sql_types::Text;
use diesel::{Connection as _, PgConnection, QueryResult, QueryableByName, RunQueryDsl as _, SqliteConnection};
use grantor_store::Engine;

/// A connection of the test's own.
pub(crate) enum Client {
    Postgres(PgConnection),
    Sqlite(SqliteConnection),
}

/// The one column that [`Client::texts`] reads.
#[derive(QueryableByName)]
struct Cell {
    #[diesel(sql_type = Text)]
    cell: String,
}

impl Client {
    pub(crate) fn connect(engine: Engine, url: &str) -> Self {
        match engine {
            Engine::Postgres => Self::Postgres(PgConnection::establish(url).unwrap()),
            Engine::Sqlite => {
                let mut file = SqliteConnection::establish(url.strip_prefix("sqlite:").unwrap()).unwrap();
                file.batch_execute("PRAGMA busy_timeout = 5000").unwrap();
                Self::Sqlite(file)
            }
        }
    }

    /// Runs statements that must work.
    pub(crate) fn run(&mut self, sql: &str) {
        self.try_run(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
    }

    /// Runs statements.
    pub(crate) fn try_run(&mut self, sql: &str) -> QueryResult<()> {
        match self {
            Self::Postgres(connection) => connection.batch_execute(sql),
            Self::Sqlite(connection) => connection.batch_execute(sql),
        }
    }

    /// The rows of a query whose one column is a text named `cell`.
    pub(crate) fn texts(&mut self, sql: &str) -> Vec<String> {
        let query = diesel::sql_query(sql);
        let cells: Vec<Cell> = match self {
            Self::Postgres(connection) => query.load(connection),
            Self::Sqlite(connection) => query.load(connection),
        }
        .unwrap_or_else(|error| panic!("{sql}: {error}"));
        cells.into_iter().map(|row| row.cell).collect()
    }

    /// The number that a query of one row gives.
    pub(crate) fn number(&mut self, expression: &str) -> i64 {
        self.texts(&format!("SELECT CAST(({expression}) AS TEXT) AS cell"))[0].parse().unwrap()
    }
}
