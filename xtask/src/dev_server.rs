//! Decides how a server that something is tried with runs: `grantor dev`, with the defaults but for what its caller sets, on a
//! free port of 127.0.0.1, in a data directory of its own that is gone with it.

use std::fs::{self, File};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use rustix::process::Signal;
use tempfile::TempDir;

use crate::signals::Signals;
use crate::{loopback, process};

const START_LIMIT: Duration = Duration::from_secs(30);

/// Another process may take the port between our choice and the server's `bind`.
const PORT_ATTEMPTS: usize = 5;

/// What begins the names of variables that would set the server otherwise.
const SETTINGS: &str = "GRANTOR__";

/// How much of the log is shown when something fails.
const LOG_TAIL: usize = 20;

/// A running server. Dropping it stops the process and deletes its data.
pub(crate) struct DevServer {
    process: Child,
    issuer: String,
    // Dropped after `drop` has stopped the process.
    data_dir: TempDir,
}

impl DevServer {
    /// Starts a server, on SQLite unless a database is named, and waits until it is ready. `settings` are variables of its
    /// environment.
    pub(crate) fn start(
        grantor: &Path,
        database_url: Option<&str>,
        settings: &[(&str, &str)],
        signals: &Signals,
    ) -> anyhow::Result<Self> {
        for _ in 0..PORT_ATTEMPTS {
            let port = loopback::free_port()?;
            let mut server = Self::launch(grantor, port, database_url, settings)?;
            if server.wait_until_ready(port, signals)? {
                return Ok(server);
            }
            eprintln!("grantor did not start:\n{}", server.log_tail());
        }
        bail!("grantor did not start; its log is above")
    }

    pub(crate) fn issuer(&self) -> &str {
        &self.issuer
    }

    pub(crate) fn data_dir(&self) -> &Path {
        self.data_dir.path()
    }

    /// What it logged.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.data_dir().join("log")).unwrap_or_default()
    }

    /// The end of what it logged.
    pub(crate) fn log_tail(&self) -> String {
        let log = self.log();
        let lines: Vec<&str> = log.lines().collect();
        lines.get(lines.len().saturating_sub(LOG_TAIL)..).unwrap_or_default().join("\n")
    }

    fn launch(
        grantor: &Path,
        port: u16,
        database_url: Option<&str>,
        settings: &[(&str, &str)],
    ) -> anyhow::Result<Self> {
        let data_dir =
            tempfile::Builder::new().prefix("grantor-dev-").tempdir().context("cannot make a temporary directory")?;
        let log = File::create(data_dir.path().join("log")).context("cannot make the server's log file")?;
        let mut command = process::dies_with_us(grantor, "KILL");
        command.args(["dev", "--listen", &format!("127.0.0.1:{port}"), "--data-dir"]).arg(data_dir.path());
        if let Some(url) = database_url {
            command.args(["--database-url", url]);
        }
        for (name, _) in
            std::env::vars_os().filter(|(name, _)| name.as_encoded_bytes().starts_with(SETTINGS.as_bytes()))
        {
            command.env_remove(name);
        }
        command.envs(settings.iter().copied());
        // A group of its own: Ctrl-C at a terminal ends the programs first, and then we end the server.
        command.process_group(0).stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        let process = command.spawn().with_context(|| format!("cannot start {}", grantor.display()))?;
        Ok(Self { process, issuer: format!("http://127.0.0.1:{port}"), data_dir })
    }

    /// `true` once the server is ready, `false` if it ended instead.
    fn wait_until_ready(&mut self, port: u16, signals: &Signals) -> anyhow::Result<bool> {
        let deadline = Instant::now() + START_LIMIT;
        while self.process.try_wait().context("cannot wait for grantor")?.is_none() {
            signals.check()?;
            if loopback::answers(port, "/readyz") {
                return Ok(true);
            }
            if Instant::now() >= deadline {
                bail!("grantor is not ready after {} s:\n{}", START_LIMIT.as_secs(), self.log_tail());
            }
            sleep(process::POLL);
        }
        Ok(false)
    }
}

impl Drop for DevServer {
    fn drop(&mut self) {
        process::stop("grantor", &mut self.process, Signal::TERM);
    }
}
