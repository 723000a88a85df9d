//! Decides how a command is run: in the foreground, under a heading with its duration, and ended when xtask is told to stop.

use std::io::{self, IsTerminal};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use rustix::process::{Pid, Signal, kill_process, kill_process_group};

use crate::signals::Signals;

/// How often a running child is looked at.
pub(crate) const POLL: Duration = Duration::from_millis(20);

/// How long a command may take to end after it was told to.
const GRACE: Duration = Duration::from_secs(10);

/// Prints `title`, does `work`, prints how long it took whether or not it succeeded.
pub(crate) fn step<T>(title: &str, work: impl FnOnce() -> anyhow::Result<T>) -> anyhow::Result<T> {
    println!("\n=== {title}");
    let start = Instant::now();
    let outcome = work();
    let verdict = if outcome.is_ok() { "done" } else { "FAILED" };
    println!("=== {title}: {verdict} in {:.1} s", start.elapsed().as_secs_f64());
    outcome.with_context(|| format!("{title} failed"))
}

/// Runs `command` to its end with our own input and output; anything but success is an error that names the command.
pub(crate) fn run(command: &mut Command, signals: &Signals) -> anyhow::Result<()> {
    let group = Group::of_this_run();
    if matches!(group, Group::ItsOwn) {
        command.process_group(0);
    }
    let mut child = command.spawn().with_context(|| format!("cannot start {}", describe(command)))?;
    let status = wait(&mut child, group, signals).with_context(|| format!("cannot wait for {}", describe(command)))?;
    signals.check()?;
    if !status.success() {
        bail!("{} ended with {status}", describe(command));
    }
    Ok(())
}

/// Runs `command` to its end and returns what it printed; on failure the error carries what it complained of.
pub(crate) fn capture(command: &mut Command) -> anyhow::Result<String> {
    let output = command.output().with_context(|| format!("cannot start {}", describe(command)))?;
    if !output.status.success() {
        let complaint = String::from_utf8_lossy(&output.stderr);
        bail!("{} ended with {}: {}", describe(command), output.status, complaint.trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Waits up to `limit` for `child`; `None` when it still runs then.
pub(crate) fn wait_at_most(child: &mut Child, limit: Duration) -> io::Result<Option<ExitStatus>> {
    let deadline = Instant::now() + limit;
    loop {
        let status = child.try_wait()?;
        if status.is_some() || Instant::now() >= deadline {
            return Ok(status);
        }
        sleep(POLL);
    }
}

/// The process group a command runs in, which decides whom a signal reaches.
#[derive(Clone, Copy)]
enum Group {
    /// Ours: at a terminal, where the command must be able to read it and gets Ctrl-C by itself.
    Ours,
    /// Its own: elsewhere, so that ending the command ends whatever it started (`cargo test` does not pass signals on).
    ItsOwn,
}

impl Group {
    fn of_this_run() -> Self {
        if io::stdin().is_terminal() { Self::Ours } else { Self::ItsOwn }
    }

    fn told_to_end(self, signals: &Signals) -> bool {
        match self {
            Self::Ours => signals.terminated(),
            Self::ItsOwn => signals.terminated() || signals.interrupted(),
        }
    }

    fn send(self, child: &Child, signal: Signal) {
        let pid = Pid::from_child(child);
        let sent = match self {
            Self::Ours => kill_process(pid, signal),
            Self::ItsOwn => kill_process_group(pid, signal),
        };
        if let Err(error) = sent {
            eprintln!("warning: cannot signal process {}: {error}", child.id());
        }
    }
}

fn wait(child: &mut Child, group: Group, signals: &Signals) -> io::Result<ExitStatus> {
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        if group.told_to_end(signals) {
            break;
        }
        sleep(POLL);
    }
    group.send(child, Signal::TERM);
    if let Some(status) = wait_at_most(child, GRACE)? {
        return Ok(status);
    }
    group.send(child, Signal::KILL);
    child.wait()
}

/// The command as one would type it, near enough for a message. Arguments that hold a URL with a password stay out of it.
fn describe(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let shown = words.map(|word| {
        let word = word.to_string_lossy();
        if word.contains("://") { "<URL>".to_owned() } else { word.into_owned() }
    });
    format!("`{}`", shown.collect::<Vec<_>>().join(" "))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test states what it expects by failing")]

    use super::*;

    #[test]
    fn a_failing_command_is_named() {
        let error = run(Command::new("sh").args(["-c", "exit 3"]), &Signals::catch().unwrap()).unwrap_err();
        assert_eq!(error.to_string(), "`sh -c exit 3` ended with exit status: 3");
    }

    #[test]
    fn captured_complaints_reach_the_error() {
        let error = capture(Command::new("sh").args(["-c", "echo no >&2; false"])).unwrap_err();
        assert!(error.to_string().ends_with(": no"), "{error}");
    }

    #[test]
    fn a_database_password_is_not_repeated() {
        let mut command = Command::new("grantor");
        command.args(["migrate", "run", "--database-url", "postgres://u:hush@h/d"]);
        assert_eq!(describe(&command), "`grantor migrate run --database-url <URL>`");
    }
}
