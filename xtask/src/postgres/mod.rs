//! Decides what Postgres the tests talk to: a throwaway cluster in a temporary directory, on loopback only, durable as in
//! production (tests that kill a server rely on that), gone with xtask however xtask ends.

mod account;
mod server_binaries;

use std::fs::{self, File};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use rustix::process::Signal;
use tempfile::TempDir;

use self::account::Account;
use self::server_binaries::ServerBinaries;
use crate::signals::Signals;
use crate::{loopback, process};

/// The superuser that tests connect as; authentication is `trust`, from loopback.
const SUPERUSER: &str = "grantor";

/// Every test binary, server process and pool of a parallel run takes its share.
const MAX_CONNECTIONS: u16 = 400;

const START_LIMIT: Duration = Duration::from_secs(60);

/// Another process may take the port between our choice and Postgres's `bind`.
const PORT_ATTEMPTS: usize = 5;

/// A running throwaway cluster. Dropping it stops the server and deletes the data.
pub(crate) struct Postgres {
    server: Child,
    port: u16,
    account: Account,
    binaries: ServerBinaries,
    /// Those it was started with, each as `name=value`.
    settings: Vec<String>,
    // Dropped after `drop` has stopped the server.
    directory: TempDir,
}

impl Postgres {
    /// Finds (or, as root on Debian, installs) the server binaries, makes a cluster and waits until it accepts connections.
    pub(crate) fn start(signals: &Signals) -> anyhow::Result<Self> {
        Self::start_with(&[], signals)
    }

    /// [`Postgres::start`] with further settings, each as `name=value`.
    pub(crate) fn start_with(settings: &[&str], signals: &Signals) -> anyhow::Result<Self> {
        let binaries = ServerBinaries::find_or_install(signals)?;
        let account = Account::for_postgres()?;
        let directory = tempfile::Builder::new()
            .prefix("grantor-postgres-")
            .tempdir()
            .context("cannot make a temporary directory")?;
        account.hand_over(directory.path())?;
        make_cluster(&binaries, &account, directory.path())?;
        for _ in 0..PORT_ATTEMPTS {
            let port = loopback::free_port()?;
            let mut server = launch(&binaries, &account, directory.path(), port, settings)?;
            let outcome = wait_until_ready(&mut server, directory.path(), signals);
            if let Ok(true) = outcome {
                eprintln!("Postgres from {} on port {port} of 127.0.0.1", binaries.directory().display());
                let settings = settings.iter().map(|setting| (*setting).to_owned()).collect();
                return Ok(Self { server, port, account, binaries, settings, directory });
            }
            stop(&mut server);
            outcome?;
        }
        bail!("Postgres did not start: {}", log_tail(directory.path()))
    }

    /// Takes it away as a crash does: every connection ends, nothing is written out, and the next start recovers.
    pub(crate) fn stop(&mut self) {
        stop(&mut self.server);
    }

    /// Starts it again after [`Postgres::stop`], on the same port and data, and waits until it accepts connections.
    pub(crate) fn start_again(&mut self, signals: &Signals) -> anyhow::Result<()> {
        let directory = self.directory.path();
        let settings: Vec<&str> = self.settings.iter().map(String::as_str).collect();
        self.server = launch(&self.binaries, &self.account, directory, self.port, &settings)?;
        let is_ready = wait_until_ready(&mut self.server, directory, signals)?;
        ensure!(is_ready, "Postgres did not start again: {}", log_tail(directory));
        Ok(())
    }

    /// The URL of the database that is always there, as the superuser.
    pub(crate) fn url(&self) -> String {
        self.url_of("postgres")
    }

    /// The URL of a database, as the superuser.
    pub(crate) fn url_of(&self, database: &str) -> String {
        format!("postgres://{SUPERUSER}@127.0.0.1:{}/{database}", self.port)
    }

    /// A program that comes with the server.
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.binaries.program(name)
    }

    /// The id of the server's first process.
    pub(crate) fn process(&self) -> u32 {
        self.server.id()
    }

    /// The environment by which tests find this cluster and the binaries to start others.
    pub(crate) fn environment(&self) -> Vec<(&'static str, String)> {
        let mut environment = vec![
            ("GRANTOR_TEST_POSTGRES_URL", self.url()),
            ("GRANTOR_TEST_POSTGRES_BIN", self.binaries.directory().display().to_string()),
        ];
        if let Account::Other { uid, gid } = self.account {
            environment.push(("GRANTOR_TEST_POSTGRES_UID", uid.to_string()));
            environment.push(("GRANTOR_TEST_POSTGRES_GID", gid.to_string()));
        }
        environment
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        stop(&mut self.server);
    }
}

fn make_cluster(binaries: &ServerBinaries, account: &Account, directory: &Path) -> anyhow::Result<()> {
    let sockets = directory.join("sockets");
    fs::create_dir(&sockets).context("cannot make the socket directory")?;
    account.hand_over(&sockets)?;
    let mut initdb = Command::new(binaries.program("initdb"));
    initdb.args(["--username", SUPERUSER, "--auth", "trust", "--encoding", "UTF8", "--locale", "C"]);
    // Only this first copy of the catalogue goes unsynced; the server itself runs with fsync on.
    initdb.args(["--no-sync", "--pgdata"]).arg(data(directory)).current_dir(directory);
    account.apply(&mut initdb);
    process::capture(&mut initdb)?;
    Ok(())
}

fn launch(
    binaries: &ServerBinaries,
    account: &Account,
    directory: &Path,
    port: u16,
    further: &[&str],
) -> anyhow::Result<Child> {
    let log = File::create(log(directory)).context("cannot make the server's log file")?;
    let mut command = process::dies_with_us(&binaries.program("postgres"), "QUIT");
    command.arg("-D").arg(data(directory)).arg("-p").arg(port.to_string());
    let settings = [
        "listen_addresses=127.0.0.1".to_owned(),
        format!("unix_socket_directories={}", directory.join("sockets").display()),
        format!("max_connections={MAX_CONNECTIONS}"),
        "fsync=on".to_owned(),
        "synchronous_commit=on".to_owned(),
    ];
    for setting in settings.iter().map(String::as_str).chain(further.iter().copied()) {
        command.arg("-c").arg(setting);
    }
    account.apply(&mut command);
    // A group of its own: Ctrl-C at a terminal ends the tests first, and then we end the server.
    command.process_group(0).current_dir(directory).stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
    command.spawn().context("cannot start postgres")
}

/// `true` once the server accepts connections, `false` if it ended instead.
fn wait_until_ready(server: &mut Child, directory: &Path, signals: &Signals) -> anyhow::Result<bool> {
    let deadline = Instant::now() + START_LIMIT;
    let status_file = data(directory).join("postmaster.pid");
    while server.try_wait().context("cannot wait for postgres")?.is_none() {
        signals.check()?;
        if says_ready(&fs::read_to_string(&status_file).unwrap_or_default()) {
            return Ok(true);
        }
        if Instant::now() >= deadline {
            bail!("Postgres is not ready after {} s: {}", START_LIMIT.as_secs(), log_tail(directory));
        }
        sleep(process::POLL);
    }
    Ok(false)
}

/// Line 8 of `postmaster.pid` is the server's status, as `pg_ctl --wait` reads it.
fn says_ready(postmaster_pid: &str) -> bool {
    postmaster_pid.lines().nth(7).is_some_and(|status| status.trim() == "ready")
}

/// Immediate shutdown: nothing is written out, because the data is about to be deleted or a crash is what is wanted.
fn stop(server: &mut Child) {
    process::stop("Postgres", server, Signal::QUIT);
}

fn data(directory: &Path) -> PathBuf {
    directory.join("data")
}

fn log(directory: &Path) -> PathBuf {
    directory.join("postgres.log")
}

fn log_tail(directory: &Path) -> String {
    let log = fs::read_to_string(log(directory)).unwrap_or_default();
    let lines: Vec<&str> = log.lines().collect();
    let tail = lines.get(lines.len().saturating_sub(10)..).unwrap_or_default();
    tail.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_eighth_line_tells_readiness() {
        let starting = "4711\n/data\n1700000000\n5433\n/sockets\n127.0.0.1\n 1 2\nstarting\n";
        assert!(!says_ready(""));
        assert!(!says_ready(starting));
        assert!(says_ready(&starting.replace("starting", "ready   ")));
    }
}
