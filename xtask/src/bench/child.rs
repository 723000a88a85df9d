//! Decides how a server that is not Grantor runs while it is measured: on a processor of its own, in a process group of its own
//! that ends with us, and ready when it says so.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use rustix::process::{Pid, Signal, kill_process_group};

use super::proc::Tree;
use crate::process;
use crate::signals::Signals;

/// The line by which a peer says that it listens and has made its values.
const READY: &str = "READY";

/// How often a request to stop is looked for while a server starts.
const POLL: Duration = Duration::from_millis(100);

/// A running server. Dropping it ends the process and what it has started.
pub(crate) struct Running {
    process: Child,
    log: PathBuf,
    printed: Receiver<String>,
}

impl Running {
    /// Starts `words` in `directory`, pinned to a processor unless there is none; everything it prints goes to `log`.
    pub(super) fn start(
        words: &[String],
        directory: &Path,
        environment: &[(&str, String)],
        processor: Option<usize>,
        log: PathBuf,
    ) -> anyhow::Result<Self> {
        let (program, arguments) = words.split_first().context("there is no command to start")?;
        let mut command = match processor {
            Some(processor) => {
                let mut command = process::dies_with_us(Path::new("taskset"), "TERM");
                command.arg("--cpu-list").arg(processor.to_string()).arg(program);
                command
            }
            None => process::dies_with_us(Path::new(program), "TERM"),
        };
        command.args(arguments).current_dir(directory).envs(environment.iter().map(|(name, value)| (name, value)));
        // Loopback is reached directly, whatever proxy the machine has.
        command.env("NO_PROXY", "127.0.0.1").env("no_proxy", "127.0.0.1");
        let errors = File::create(&log).with_context(|| format!("cannot write {}", log.display()))?;
        command.process_group(0).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(errors);
        let mut process = command.spawn().with_context(|| format!("cannot start {program}"))?;
        let output = process.stdout.take().context("its output cannot be read")?;
        let (sender, printed) = channel();
        let copy = fs::OpenOptions::new().append(true).open(&log).context("cannot write the log")?;
        thread::spawn(move || forward(output, copy, &sender));
        Ok(Self { process, log, printed })
    }

    pub(super) fn tree(&self) -> Tree {
        Tree::of(self.process.id())
    }

    /// Waits until the server says that it is ready.
    pub(super) fn wait_until_ready(&mut self, limit: Duration, signals: &Signals) -> anyhow::Result<()> {
        let deadline = Instant::now() + limit;
        while Instant::now() < deadline {
            signals.check()?;
            match self.printed.recv_timeout(POLL) {
                Ok(line) if line.trim() == READY || line.starts_with("READY ") => return Ok(()),
                Ok(_) | Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => bail!("it ended:\n{}", self.log_tail()),
            }
        }
        bail!("it is not ready after {} s:\n{}", limit.as_secs(), self.log_tail())
    }

    /// Waits until the server answers `GET path` with 200.
    pub(super) fn wait_until_answers(&mut self, answers: impl Fn() -> bool, signals: &Signals) -> anyhow::Result<()> {
        while self.process.try_wait()?.is_none() {
            signals.check()?;
            if answers() {
                return Ok(());
            }
            thread::sleep(process::POLL);
        }
        bail!("it ended:\n{}", self.log_tail())
    }

    fn log_tail(&self) -> String {
        let log = fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines.get(lines.len().saturating_sub(20)..).unwrap_or_default().join("\n")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        process::stop("the server", &mut self.process, Signal::TERM);
        // What it has started and not ended itself; usually nobody is left.
        let _ = kill_process_group(Pid::from_child(&self.process), Signal::KILL);
    }
}

/// Copies what is printed into the log, and to whoever waits for a line.
fn forward(output: impl std::io::Read, mut log: File, waiting: &std::sync::mpsc::Sender<String>) {
    for line in BufReader::new(output).lines().map_while(Result::ok) {
        let _ = writeln!(log, "{line}");
        let _ = waiting.send(line);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test states what it expects by failing")]

    use super::*;

    fn check(script: &str, limit: Duration) -> anyhow::Result<()> {
        let directory = tempfile::tempdir().unwrap();
        let words = ["sh".to_owned(), "-c".to_owned(), script.to_owned()];
        let environment = [("PORT", "9".to_owned())];
        let log = directory.path().join("log");
        let mut running = Running::start(&words, directory.path(), &environment, None, log).unwrap();
        running.wait_until_ready(limit, &Signals::catch().unwrap())
    }

    #[test]
    fn a_server_is_ready_when_it_says_so() {
        check("echo port $PORT; echo READY; exec sleep 60", Duration::from_secs(30)).unwrap();
    }

    #[test]
    fn a_server_that_ends_says_why() {
        let error = check("echo no room >&2; exit 1", Duration::from_secs(30)).unwrap_err();
        assert_eq!(error.to_string(), "it ended:\nno room");
        let error = check("exec sleep 60", Duration::ZERO).unwrap_err();
        assert!(error.to_string().starts_with("it is not ready after 0 s"), "{error}");
    }
}
