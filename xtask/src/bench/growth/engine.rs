//! Decides how the tables of a running Grantor are filled and looked at from outside, on either engine: by its own command line
//! program, in the text that this program itself writes rows in.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context;

use crate::bench::database::Database;
use crate::bench::figures::to_f64;
use crate::bench::server::Server;
use crate::bench::setup::Setup;
use crate::{debian, process};

/// Everything is about the table of grants with refresh tokens.
pub(super) const TABLE: &str = "grants_long";

/// How long the program waits for a lock of the server's.
const BUSY: &str = ".timeout 60000";

/// Where the grants are.
pub(in crate::bench) enum Engine<'a> {
    Postgres(&'a Database<'a>),
    Sqlite { program: PathBuf, file: PathBuf },
}

/// What the grants take on the disk.
#[derive(Clone, Copy, Debug)]
pub(super) struct Size {
    pub(super) heap: f64,
    pub(super) index: f64,
}

impl<'a> Engine<'a> {
    /// That of a running server.
    pub(in crate::bench) fn of(
        setup: &Setup,
        database: Option<&'a Database<'a>>,
        server: &Server,
    ) -> anyhow::Result<Self> {
        Ok(match database {
            Some(database) => Self::Postgres(database),
            None => Self::Sqlite {
                program: debian::find_or_install("sqlite3", "sqlite3", setup.signals)?,
                file: server.sqlite_file(),
            },
        })
    }

    /// What statements print, columns with `|` between them.
    pub(in crate::bench) fn ask(&self, statements: &[&str]) -> anyhow::Result<String> {
        match self {
            Self::Postgres(database) => database.sql(statements),
            Self::Sqlite { .. } => {
                let mut command = self.program();
                command.args(statements);
                process::capture(&mut command)
            }
        }
    }

    /// What one statement says with one number.
    pub(in crate::bench) fn number(&self, statement: &str) -> anyhow::Result<f64> {
        let text = self.ask(&[statement])?;
        text.trim().parse().with_context(|| format!("{statement} said {text:?}"))
    }

    /// A program that reads statements from its input, and ends as soon as one fails.
    pub(super) fn program(&self) -> Command {
        match self {
            Self::Postgres(database) => database.psql(),
            Self::Sqlite { program, file } => {
                let mut command = Command::new(program);
                // What is made up may be lost with the machine; the server's own connections are as durable as ever.
                command.args(["-batch", "-bail", "-cmd", BUSY, "-cmd", "PRAGMA synchronous = OFF"]).arg(file);
                command
            }
        }
    }

    /// Notes all grants that are there as those that tokens were issued for.
    pub(super) fn note_real(&self) -> anyhow::Result<()> {
        let make = format!("CREATE TABLE bench_real AS SELECT id FROM {TABLE}");
        self.ask(&["DROP TABLE IF EXISTS bench_real", &make]).map(drop)
    }

    /// Those grants as they are now, a row a line.
    pub(super) fn real(&self) -> anyhow::Result<String> {
        let select = format!("SELECT g.* FROM bench_real AS r JOIN {TABLE} AS g ON g.id = r.id ORDER BY g.id");
        match self {
            Self::Postgres(database) => database.sql(&[&format!("COPY ({select}) TO STDOUT")]),
            Self::Sqlite { .. } => self.ask(&[&format!(".mode insert {TABLE}"), &select]),
        }
    }

    /// What marks the first grant: its secret's hash, and the two times after which it is of no use.
    pub(super) fn marks(&self) -> anyhow::Result<[String; 3]> {
        let hex = match self {
            Self::Postgres(_) => "encode(secret_hash, 'hex')",
            Self::Sqlite { .. } => "hex(secret_hash)",
        };
        let columns = format!("SELECT {hex}, expires_at, absolute_expires_at FROM {TABLE} ORDER BY id LIMIT 1");
        let text = self.ask(&[&columns])?;
        let marks: Vec<String> = text.trim().split('|').map(str::to_owned).collect();
        marks.try_into().map_err(|found| anyhow::anyhow!("no hash and two times: {found:?}"))
    }

    /// Brings the table into the state that it would be in some time after it was filled.
    pub(super) fn settle(&self) -> anyhow::Result<()> {
        match self {
            Self::Postgres(_) => self.ask(&[&format!("VACUUM ANALYZE {TABLE}"), "CHECKPOINT"]).map(drop),
            Self::Sqlite { .. } => self.ask(&["VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"]).map(drop),
        }
    }

    /// What the grants take; on SQLite the key is the table.
    pub(super) fn size(&self) -> anyhow::Result<Size> {
        match self {
            Self::Postgres(_) => {
                let sum = |of: &str| {
                    format!("SELECT coalesce(sum({of}(relid)), 0) FROM pg_partition_tree('{TABLE}') WHERE isleaf")
                };
                Ok(Size { heap: self.number(&sum("pg_table_size"))?, index: self.number(&sum("pg_indexes_size"))? })
            }
            Self::Sqlite { file, .. } => {
                let length = file.metadata().with_context(|| format!("cannot look at {}", file.display()))?.len();
                Ok(Size { heap: to_f64(length), index: 0.0 })
            }
        }
    }

    /// Bytes that are free where the grants are.
    pub(super) fn free_bytes(&self) -> anyhow::Result<f64> {
        let place = match self {
            // `postgres` may keep its directory to itself, not the one above it.
            Self::Postgres(_) => {
                let data = self.ask(&["SHOW data_directory"])?;
                Path::new(data.trim()).parent().context("no data directory")?.to_owned()
            }
            Self::Sqlite { file, .. } => file.clone(),
        };
        let text = process::capture(Command::new("df").args(["--output=avail", "--block-size=1"]).arg(&place))?;
        let line = text.lines().nth(1).context("df printed nothing")?;
        line.trim().parse().with_context(|| format!("df printed {text:?}"))
    }
}
