//! Decides what a server under measurement stores in on Postgres, a fresh database of one throwaway cluster, and how what
//! it costs there is counted: statements by `pg_stat_statements`, write-ahead log by its position.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, anyhow};

use super::proc::Tree;
use crate::postgres::Postgres;
use crate::process;
use crate::search::is_program;
use crate::signals::Signals;

/// Counts statements; in Debian's package of the server.
const PRELOADED: &str = "shared_preload_libraries=pg_stat_statements";

/// The throwaway cluster, at its default durability.
pub(super) struct Cluster {
    postgres: Postgres,
    psql: PathBuf,
    counts_statements: bool,
    made: std::cell::Cell<u32>,
}

/// A database of the cluster, dropped with all that is in it.
pub(super) struct Database<'a> {
    cluster: &'a Cluster,
    name: String,
}

/// What has been counted so far.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Counters {
    /// Statements of clients of this database, `BEGIN` and `COMMIT` included; nothing where nobody counts.
    pub(super) statements: Option<f64>,
    /// Position in the write-ahead log, in bytes.
    pub(super) wal_bytes: f64,
}

impl Cluster {
    pub(super) fn start(signals: &Signals) -> anyhow::Result<Self> {
        let (postgres, counts_statements) = match Postgres::start_with(&[PRELOADED], signals) {
            Ok(postgres) => (postgres, true),
            Err(error) => {
                eprintln!("warning: no pg_stat_statements, so nobody counts statements on Postgres: {error:#}");
                (Postgres::start(signals)?, false)
            }
        };
        let own = postgres.program("psql");
        let psql = if is_program(&own) { own } else { "psql".into() };
        let cluster = Self { postgres, psql, counts_statements, made: std::cell::Cell::new(0) };
        if counts_statements {
            cluster.sql("CREATE EXTENSION pg_stat_statements")?;
        }
        Ok(cluster)
    }

    /// Makes a database; its pages are on disk when this returns, so that no checkpoint of it falls into a run.
    pub(super) fn database(&self) -> anyhow::Result<Database<'_>> {
        self.made.set(self.made.get() + 1);
        let name = format!("bench{}", self.made.get());
        self.sql(&format!("CREATE DATABASE {name}"))?;
        self.sql("CHECKPOINT")?;
        Ok(Database { cluster: self, name })
    }

    /// As the page names it.
    pub(super) fn version(&self) -> anyhow::Result<String> {
        Ok(self.sql("SHOW server_version")?.trim().to_owned())
    }

    /// The postmaster and its processes.
    pub(super) fn tree(&self) -> Tree {
        Tree::of(self.postgres.process())
    }

    /// Runs a statement in the database that is always there, so that it counts for no other.
    fn sql(&self, statement: &str) -> anyhow::Result<String> {
        let mut command = Command::new(&self.psql);
        command.args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--command", statement]);
        process::capture(command.arg(self.postgres.url()))
    }
}

impl Database<'_> {
    pub(super) fn url(&self) -> String {
        self.cluster.postgres.url_of(&self.name)
    }

    pub(super) fn tree(&self) -> Tree {
        self.cluster.tree()
    }

    pub(super) fn counters(&self) -> anyhow::Result<Counters> {
        let statements = if self.cluster.counts_statements {
            format!(
                "(SELECT coalesce(sum(calls), 0) FROM pg_stat_statements WHERE dbid = \
                 (SELECT oid FROM pg_database WHERE datname = '{}'))",
                self.name
            )
        } else {
            "''".to_owned()
        };
        let text = self.cluster.sql(&format!("SELECT {statements}, pg_current_wal_insert_lsn() - '0/0'::pg_lsn"))?;
        parse_counters(text.trim()).with_context(|| format!("psql printed {text:?}"))
    }

    /// Runs statements here, each by itself, and gives what they print: columns with `|` between them.
    pub(super) fn sql(&self, statements: &[&str]) -> anyhow::Result<String> {
        let mut command = self.psql();
        command.args(["--tuples-only", "--no-align"]);
        for statement in statements {
            command.args(["--command", statement]);
        }
        process::capture(&mut command)
    }

    /// A psql in this database that ends with an error as soon as there is one.
    pub(super) fn psql(&self) -> Command {
        let mut command = Command::new(&self.cluster.psql);
        command.args(["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--dbname"]).arg(self.url());
        command
    }

    /// Writes out what is dirty, so that a checkpoint is the last run's and not the next one's.
    pub(super) fn checkpoint(&self) -> anyhow::Result<()> {
        self.cluster.sql("CHECKPOINT").map(drop)
    }
}

impl Drop for Database<'_> {
    fn drop(&mut self) {
        if let Err(error) = self.cluster.sql(&format!("DROP DATABASE {} WITH (FORCE)", self.name)) {
            eprintln!("warning: {error:#}");
        }
    }
}

fn parse_counters(text: &str) -> anyhow::Result<Counters> {
    let (statements, wal) = text.split_once('|').ok_or_else(|| anyhow!("not two columns"))?;
    let statements = if statements.is_empty() { None } else { Some(statements.parse()?) };
    Ok(Counters { statements, wal_bytes: wal.parse()? })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test states what it expects by failing")]

    use super::*;

    #[test]
    fn counters_are_read() {
        let counters = |statements, wal_bytes| Counters { statements, wal_bytes };
        assert_eq!(parse_counters("12|345").unwrap(), counters(Some(12.0), 345.0));
        assert_eq!(parse_counters("|345").unwrap(), counters(None, 345.0));
        assert!(parse_counters("345").is_err());
    }
}
