//! Decides the words and flags of `cargo xtask`. Those that pass through to `grantor` are spelled as `grantor` spells them.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::bench;
use crate::interop::Library;
use crate::probe::Probe;

/// Developer tasks of Grantor.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) task: Task,
}

/// One developer task.
#[derive(Debug, Subcommand)]
pub(crate) enum Task {
    /// Run, revert, redo or list the migrations, by `grantor migrate`
    Migrate {
        /// What to do with the migrations
        action: MigrateAction,
        #[command(flatten)]
        storage: Storage,
    },
    /// Load the demo set (deploy/demo.toml), by `grantor apply`; only where the issuer is on loopback
    ///
    /// The demo set's passwords and secrets are public, so an issuer that others can reach is refused. The issuer is read
    /// from GRANTOR__ISSUER or, without it, from grantor.toml in the data directory.
    Seed(Storage),
    /// Run every test and example of the workspace, on a Postgres and a browser of its own
    ///
    /// Postgres server binaries, Chromium and chromedriver are found on this machine or, as root with apt-get, installed; so are
    /// nginx, Caddy and promtool, but unpacked into the build directory, because installed they would serve this machine.
    /// The Postgres is a throwaway one on a free port of 127.0.0.1, gone when the tests are done.
    Test {
        /// Passed to `cargo test`, for example: -- -p grantor-store --test contract rotation
        #[arg(last = true)]
        args: Vec<OsString>,
    },
    /// Run a command beside the throwaway Postgres that the tests use, with the same environment
    ///
    /// The command sees GRANTOR_TEST_POSTGRES_URL (superuser `grantor`; make databases of your own there) and
    /// GRANTOR_TEST_POSTGRES_BIN (the directory of the server's binaries). As root it also sees GRANTOR_TEST_POSTGRES_UID and
    /// GRANTOR_TEST_POSTGRES_GID: the account to run further servers under, because Postgres refuses to be root.
    Postgres {
        /// The command and its arguments, for example: -- cargo test -p grantor-store
        #[arg(last = true, required = true)]
        command: Vec<OsString>,
    },
    /// Drive the running binary with client libraries, on SQLite and on Postgres, and write docs/interop.md
    ///
    /// Each library's program is in xtask/interop; its packages are installed, at the versions of its lock file, below the
    /// build directory. Node.js, Python and Go are found on this machine or, as root with apt-get, installed.
    Interop {
        /// Only this library, and leave docs/interop.md alone; may be given several times
        #[arg(long = "library", value_name = "NAME")]
        libraries: Vec<Library>,
        /// Fail if docs/interop.md says otherwise, instead of writing it
        #[arg(long, conflicts_with = "libraries")]
        check: bool,
    },
    /// Measure the release build under load, and write docs/performance.md
    Bench(Box<bench::Options>),
    /// Find out how a token endpoint behaves: any server's, told by its URL
    #[command(subcommand)]
    Probe(Probe),
    /// Count the instructions of a request on each hot path, and fail if one takes over 10 % more than its baseline
    ///
    /// Counted by valgrind, so the machine's load does not matter. docs/instructions.md says what is counted and what is not.
    Instructions {
        /// Make what is counted the baseline, xtask/instructions.toml
        #[arg(long)]
        bless: bool,
    },
    /// Everything that must pass: format, tidy, quotes, sections, lints, docs, instructions of the hot paths,
    /// dependency checks, examples, tests, client libraries
    Ci,
}

/// What `grantor migrate` can do.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum MigrateAction {
    /// Apply every migration that is pending
    Run,
    /// Take back the newest one
    Revert,
    /// Take back the newest one and apply it again
    Redo,
    /// List which are applied and which pending
    Status,
}

impl MigrateAction {
    /// The word as `grantor migrate` takes it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Run => "run",
            Self::Revert => "revert",
            Self::Redo => "redo",
            Self::Status => "status",
        }
    }
}

/// Which storage a command works on; without either flag `grantor`'s own defaults hold.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct Storage {
    /// Work on this database, for example postgres://user@127.0.0.1/grantor, instead of the configured one
    #[arg(long, value_name = "URL")]
    pub(crate) database_url: Option<String>,
    /// The data directory with grantor.toml in it [default: .grantor]
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
}

impl Storage {
    /// The flags as `grantor` takes them.
    pub(crate) fn flags(&self) -> Vec<OsString> {
        let mut flags = Vec::new();
        if let Some(url) = &self.database_url {
            flags.extend(["--database-url".into(), url.into()]);
        }
        if let Some(directory) = &self.data_dir {
            flags.extend(["--data-dir".into(), directory.into()]);
        }
        flags
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "a test states what it expects by failing")]

    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn migrate_passes_both_flags_through() {
        let cli = Cli::try_parse_from([
            "cargo xtask",
            "migrate",
            "redo",
            "--database-url",
            "postgres://h/d",
            "--data-dir",
            "there",
        ]);
        let Task::Migrate { action, storage } = cli.unwrap().task else {
            panic!("`migrate` is the migrate task");
        };
        assert_eq!(action.word(), "redo");
        assert_eq!(storage.flags(), ["--database-url", "postgres://h/d", "--data-dir", "there"]);
    }

    #[test]
    fn no_flag_is_made_up() {
        assert!(Storage::default().flags().is_empty());
    }

    #[test]
    fn a_chosen_library_leaves_the_page_alone() {
        let parse = |words: &[&str]| Cli::try_parse_from(["cargo xtask", "interop"].iter().chain(words));
        let Task::Interop { libraries, check } =
            parse(&["--library", "go", "--library", "openid-client"]).unwrap().task
        else {
            panic!("`interop` is the interop task");
        };
        assert_eq!((libraries, check), (vec![Library::Go, Library::OpenidClient], false));
        assert!(parse(&["--check", "--library", "go"]).is_err());
        assert!(parse(&["--library", "no-such-library"]).is_err());
    }

    #[test]
    fn test_takes_cargo_test_arguments_after_the_dashes() {
        let cli = Cli::try_parse_from(["cargo xtask", "test", "--", "-p", "grantor-store", "--", "--nocapture"]);
        let Task::Test { args } = cli.unwrap().task else {
            panic!("`test` is the test task");
        };
        assert_eq!(args, ["-p", "grantor-store", "--", "--nocapture"]);
    }
}
