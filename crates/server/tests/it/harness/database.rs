//! A fresh Postgres database on the cluster that the test run started.

use std::process::{Command, Output};

use super::free_port;

/// A database of its own, dropped in the end with the cluster.
pub(crate) struct Database {
    url: String,
    name: String,
    /// The URL of the database that is always there, to create and rename others from.
    server: String,
}

impl Database {
    /// Creates an empty database.
    pub(crate) fn create() -> Self {
        Self::create_at(
            &std::env::var("GRANTOR_TEST_POSTGRES_URL").expect("no Postgres to test with: run `cargo xtask test`"),
        )
    }

    /// Creates an empty database on another cluster, named by the URL of a database that it has.
    pub(crate) fn create_at(server: &str) -> Self {
        // A port that was free a moment ago is as good a unique number as any, together with the process.
        let name = format!("grantor_{}_{}", std::process::id(), free_port());
        let (prefix, _) = server.rsplit_once('/').unwrap();
        let database = Self { url: format!("{prefix}/{name}"), name, server: server.to_owned() };
        database.administer(&format!("CREATE DATABASE {}", database.name));
        database
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Keeps everything as it is now for [`Self::restore`]. Nobody may be connected.
    pub(crate) fn back_up(&self) {
        self.administer(&format!("CREATE DATABASE {0}_backup TEMPLATE {0}", self.name));
    }

    /// Goes back to what [`Self::back_up`] kept. Nobody may be connected.
    pub(crate) fn restore(&self) {
        self.administer(&format!("DROP DATABASE {}", self.name));
        self.administer(&format!("ALTER DATABASE {0}_backup RENAME TO {0}", self.name));
    }

    fn administer(&self, sql: &str) {
        let output = psql(&self.server, sql);
        assert!(output.status.success(), "{sql}: {}", String::from_utf8_lossy(&output.stderr));
    }

    /// Runs SQL and gives what it printed, unaligned and without headers.
    pub(crate) fn sql(&self, sql: &str) -> String {
        let output = psql(&self.url, sql);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }
}

fn psql(url: &str, sql: &str) -> Output {
    let bin = std::env::var("GRANTOR_TEST_POSTGRES_BIN").expect("no Postgres to test with: run `cargo xtask test`");
    Command::new(std::path::Path::new(&bin).join("psql"))
        .args(["--no-psqlrc", "--tuples-only", "--no-align", "--set", "ON_ERROR_STOP=1", "--command", sql, url])
        .output()
        .unwrap()
}
