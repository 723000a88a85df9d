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

/// A step of a plan, as each engine calls the column.
#[derive(QueryableByName)]
struct PostgresStep {
    #[diesel(sql_type = Text, column_name = "QUERY PLAN")]
    step: String,
}

#[derive(QueryableByName)]
struct SqliteStep {
    #[diesel(sql_type = Text)]
    detail: String,
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

    /// How the engine means to run a statement whose values it does not know.
    pub(crate) fn plan(&mut self, sql: &str) -> Vec<String> {
        match self {
            Self::Postgres(connection) => {
                let values = vec!["NULL"; sql.matches('$').count()].join(", ");
                // No partition holds what is compared with NULL, and the plan of none says nothing.
                connection
                    .batch_execute(&format!(
                        "SET plan_cache_mode = force_generic_plan; SET enable_partition_pruning = off; PREPARE planned AS {sql}"
                    ))
                    .unwrap();
                let explain = format!("EXPLAIN (COSTS OFF) EXECUTE planned ({values})");
                let steps: Vec<PostgresStep> = diesel::sql_query(explain).load(connection).unwrap();
                connection.batch_execute("DEALLOCATE planned").unwrap();
                steps.into_iter().map(|row| row.step).collect()
            }
            Self::Sqlite(connection) => {
                let steps: Vec<SqliteStep> =
                    diesel::sql_query(format!("EXPLAIN QUERY PLAN {sql}")).load(connection).unwrap();
                steps.into_iter().map(|row| row.detail).collect()
            }
        }
    }

    /// The number that a query of one row gives.
    pub(crate) fn number(&mut self, expression: &str) -> i64 {
        self.texts(&format!("SELECT CAST(({expression}) AS TEXT) AS cell"))[0].parse().unwrap()
    }
}
