//! Decides how Grantor runs while it is measured: `grantor serve` as released, with its defaults, on a database of its own, its
//! log in a file, on a processor of its own.

use std::fs::{self, File, OpenOptions};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use rustix::process::Signal;
use tempfile::TempDir;

use super::http::{self, Request};
use super::proc::Tree;
use super::settings;
use super::work::Work;
use crate::signals::Signals;
use crate::{loopback, process};

const START_LIMIT: Duration = Duration::from_secs(60);

/// Another process may take the port between our choice and the server's `bind`.
const PORT_ATTEMPTS: usize = 5;

/// How often a server that starts is asked whether it is ready.
const POLL: Duration = Duration::from_millis(2);

/// Every server follows what a command has changed within two seconds.
const FOLLOWS: Duration = Duration::from_millis(2500);

/// What begins the names of variables that would set the server otherwise.
const SETTINGS: &str = "GRANTOR__";

/// A way to run Grantor: which binary, and on which processor.
#[derive(Clone, Debug)]
pub(super) struct Binary {
    pub(super) program: PathBuf,
    pub(super) processor: Option<usize>,
}

/// What a server is started for and on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plan<'a> {
    pub(super) work: Work,
    /// SQLite in its own directory, unless it is said.
    pub(super) database_url: Option<&'a str>,
    /// The server whose issuer, secrets and contents it shares; without one it has its own.
    pub(super) beside: Option<Beside<'a>>,
    /// How long access tokens live, where they must outlast more than a run.
    pub(super) access_token: Option<&'static str>,
}

/// What a replica shares with those before it, besides the database.
#[derive(Clone, Copy, Debug)]
pub(super) struct Beside<'a> {
    pub(super) secrets: &'a str,
    /// Where everybody's issuer is: the first server's port, or a balancer's.
    pub(super) issuer_port: u16,
    /// Whether the contents are there already.
    pub(super) applied: bool,
}

/// A running server. Dropping it stops the process and deletes its data.
pub(super) struct Server {
    process: Child,
    port: u16,
    metrics_port: u16,
    binary: Binary,
    secrets: String,
    // Dropped after `drop` has stopped the process.
    data_dir: TempDir,
}

impl Server {
    /// Starts a server that is set up for `work`, on SQLite unless a database is named, and waits until it is ready.
    pub(super) fn start(
        binary: &Binary,
        work: Work,
        database_url: Option<&str>,
        signals: &Signals,
    ) -> anyhow::Result<Self> {
        Self::start_as(binary, &Plan { work, database_url, beside: None, access_token: None }, signals)
    }

    /// [`Server::start`], where more is to be said.
    pub(super) fn start_as(binary: &Binary, plan: &Plan, signals: &Signals) -> anyhow::Result<Self> {
        let data_dir =
            tempfile::Builder::new().prefix("grantor-bench-").tempdir().context("cannot make a temporary directory")?;
        let secrets = match plan.beside {
            Some(beside) => beside.secrets.to_owned(),
            None => new_secrets(binary)?,
        };
        fs::write(data_dir.path().join("encryption-secrets"), &secrets).context("cannot write the secret")?;
        for attempt in 0..PORT_ATTEMPTS {
            let (port, metrics_port) = (loopback::free_port()?, loopback::free_port()?);
            let issuer_port = plan.beside.map_or(port, |beside| beside.issuer_port);
            let text = settings::configuration([port, metrics_port, issuer_port], plan);
            fs::write(configuration(data_dir.path()), text).context("cannot write the configuration")?;
            if attempt == 0 && !plan.beside.is_some_and(|beside| beside.applied) {
                apply(binary, data_dir.path(), plan.work)?;
            }
            let mut process = launch(binary, data_dir.path())?;
            match wait_until_ready(&mut process, port, data_dir.path(), signals) {
                Ok(true) => return Ok(Self { process, port, metrics_port, binary: binary.clone(), secrets, data_dir }),
                Ok(false) => eprintln!("grantor did not start:\n{}", log_tail(data_dir.path())),
                Err(error) => {
                    process::stop("grantor", &mut process, Signal::KILL);
                    return Err(error);
                }
            }
        }
        bail!("grantor did not start; its log is above")
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    pub(super) fn tree(&self) -> Tree {
        Tree::of(self.process.id())
    }

    /// Where it keeps what it has, if that is a file.
    pub(super) fn sqlite_file(&self) -> PathBuf {
        self.data_dir.path().join(settings::SQLITE_FILE)
    }

    /// What another server needs to be its replica.
    pub(super) fn replica(&self) -> Beside<'_> {
        Beside { secrets: &self.secrets, issuer_port: self.port, applied: true }
    }

    /// Sets the running server up for another work, and waits until it has heard of it.
    pub(super) fn apply(&self, work: Work) -> anyhow::Result<()> {
        apply(&self.binary, self.data_dir.path(), work)?;
        sleep(FOLLOWS);
        Ok(())
    }

    /// The last line of the log that has these words.
    pub(super) fn logged(&self, words: &str) -> Option<String> {
        let text = fs::read_to_string(log(self.data_dir.path())).ok()?;
        text.lines().rfind(|line| line.contains(words)).map(str::to_owned)
    }

    /// Stops the server, starts it again on the same data, and says how long that took from the start of its process
    /// until it was ready.
    pub(super) fn restart(&mut self, signals: &Signals) -> anyhow::Result<Duration> {
        process::stop("grantor", &mut self.process, Signal::INT);
        let begin = Instant::now();
        self.process = launch(&self.binary, self.data_dir.path())?;
        let ready = wait_until_ready(&mut self.process, self.port, self.data_dir.path(), signals)?;
        let took = begin.elapsed();
        anyhow::ensure!(ready, "grantor did not start again:\n{}", log_tail(self.data_dir.path()));
        Ok(took)
    }

    /// One of its metrics, summed over its labels.
    pub(super) fn metric(&self, name: &str) -> anyhow::Result<f64> {
        let answer = http::send(self.metrics_port, Request { path: "/metrics", ..Request::default() })?;
        metric(&answer.body, name).with_context(|| format!("no metric {name}"))
    }

    /// Empties the log, which grows by a line a request: the disk is for what the server stores.
    pub(super) fn forget_log(&self) -> anyhow::Result<()> {
        File::create(log(self.data_dir.path())).map(drop).context("cannot empty the server's log")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // As at a terminal: whoever gets SIGTERM answers for a while yet.
        process::stop("grantor", &mut self.process, Signal::INT);
    }
}

/// The content of a secrets file that nobody else has.
pub(super) fn new_secrets(binary: &Binary) -> anyhow::Result<String> {
    process::capture(command(&binary.program).args(["keys", "generate-secret"]))
}

fn apply(binary: &Binary, data_dir: &Path, work: Work) -> anyhow::Result<()> {
    let contents = data_dir.join("contents.toml");
    fs::write(&contents, settings::contents(work)).context("cannot write contents")?;
    process::capture(administer(binary, data_dir).arg("apply").arg("-f").arg(contents)).map(drop)
}

fn configuration(data_dir: &Path) -> PathBuf {
    data_dir.join("grantor.toml")
}

fn log(data_dir: &Path) -> PathBuf {
    data_dir.join("log")
}

fn log_tail(data_dir: &Path) -> String {
    let log = fs::read_to_string(log(data_dir)).unwrap_or_default();
    let lines: Vec<&str> = log.lines().collect();
    lines.get(lines.len().saturating_sub(10)..).unwrap_or_default().join("\n")
}

/// The program, in an environment without settings.
fn command(program: &Path) -> Command {
    without_settings(Command::new(program))
}

fn without_settings(mut command: Command) -> Command {
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.as_encoded_bytes().starts_with(SETTINGS.as_bytes())) {
        command.env_remove(name);
    }
    command
}

fn administer(binary: &Binary, data_dir: &Path) -> Command {
    let mut command = command(&binary.program);
    command.arg("--config").arg(configuration(data_dir));
    command
}

fn launch(binary: &Binary, data_dir: &Path) -> anyhow::Result<Child> {
    // Appended to, so that a log that was emptied begins at its beginning.
    let log = OpenOptions::new().create(true).append(true).open(log(data_dir)).context("cannot open the log file")?;
    let mut command = without_settings(match binary.processor {
        // Both programs become the next one, so that the process is the server's.
        Some(processor) => {
            let mut command = process::dies_with_us(Path::new("taskset"), "KILL");
            command.arg("--cpu-list").arg(processor.to_string()).arg(&binary.program);
            command
        }
        None => process::dies_with_us(&binary.program, "KILL"),
    });
    command.arg("serve").arg("--config").arg(configuration(data_dir));
    // A group of its own: Ctrl-C at a terminal ends the generator first, and then we end the server.
    command.process_group(0).stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
    command.spawn().context("cannot start grantor")
}

/// `true` once the server is ready, `false` if it ended instead.
fn wait_until_ready(process: &mut Child, port: u16, data_dir: &Path, signals: &Signals) -> anyhow::Result<bool> {
    let deadline = Instant::now() + START_LIMIT;
    while process.try_wait().context("cannot wait for grantor")?.is_none() {
        signals.check()?;
        if loopback::answers(port, "/readyz") {
            return Ok(true);
        }
        if Instant::now() >= deadline {
            bail!("grantor is not ready after {} s:\n{}", START_LIMIT.as_secs(), log_tail(data_dir));
        }
        sleep(POLL);
    }
    Ok(false)
}

/// A metric of the text format, summed over its labels.
fn metric(text: &str, name: &str) -> Option<f64> {
    let lines = text.lines().filter_map(|line| line.strip_prefix(name));
    let values = lines.filter(|rest| rest.starts_with(' ') || rest.starts_with('{'));
    let values: Vec<f64> = values.filter_map(|rest| rest.rsplit_once(' ')?.1.parse().ok()).collect();
    (!values.is_empty()).then(|| values.iter().sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_are_summed_by_their_whole_name() {
        let text = "# TYPE a counter\na 1\nab 10\na_total{x=\"y z\"} 2\na_total{x=\"z\"} 3\n";
        assert_eq!(metric(text, "a"), Some(1.0));
        assert_eq!(metric(text, "a_total"), Some(5.0));
        assert_eq!(metric(text, "b"), None);
    }
}
