//! Decides how a command is run: in the foreground, under a heading with its duration, and ended when xtask is told to stop.

use std::io::{self, IsTerminal, Read};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow, bail};
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
    let (mut child, group) = start(command)?;
    finish(command, &mut child, group, None, signals)
}

/// Runs `command` as [`run`] does, but for no longer than `limit`, and returns what it printed.
pub(crate) fn run_and_read(command: &mut Command, limit: Duration, signals: &Signals) -> anyhow::Result<String> {
    let (mut child, group) = start(command.stdout(Stdio::piped()))?;
    let output = child.stdout.take();
    // Read while it runs: a full pipe would hold it up.
    let reader = thread::spawn(move || {
        let mut printed = Vec::new();
        output.map_or(Ok(0), |mut output| output.read_to_end(&mut printed)).map(|_length| printed)
    });
    finish(command, &mut child, group, Some(limit), signals)?;
    let printed = reader.join().map_err(|_panic| anyhow!("the output of {} is lost", describe(command)))?;
    let printed = printed.with_context(|| format!("cannot read the output of {}", describe(command)))?;
    Ok(String::from_utf8_lossy(&printed).into_owned())
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

/// `program`, told by the kernel with `signal` when xtask dies without a chance to stop it (util-linux only).
pub(crate) fn dies_with_us(program: &Path, signal: &str) -> Command {
    let prefix = ["--pdeathsig", signal, "--"];
    let known = Command::new("setpriv")
        .args(prefix)
        .arg("true")
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if !known {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(prefix).arg(program);
    command
}

/// Ends a server of ours with `signal`, and by force where that takes too long. `name` is for the warning if neither works.
pub(crate) fn stop(name: &str, server: &mut Child, signal: Signal) {
    if let Ok(Some(_)) = server.try_wait() {
        return;
    }
    if let Err(error) = kill_process(Pid::from_child(server), signal) {
        eprintln!("warning: cannot stop {name}: {error}");
    }
    if !matches!(wait_at_most(server, GRACE), Ok(Some(_))) {
        let killed = server.kill().and_then(|()| server.wait());
        if let Err(error) = killed {
            eprintln!("warning: {name} (process {}) may still run: {error}", server.id());
        }
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

fn start(command: &mut Command) -> anyhow::Result<(Child, Group)> {
    let group = Group::of_this_run();
    if matches!(group, Group::ItsOwn) {
        command.process_group(0);
    }
    let child = command.spawn().with_context(|| format!("cannot start {}", describe(command)))?;
    Ok((child, group))
}

/// Waits for the end of `child`, which `command` started, and brings it about when `limit` is over or xtask is told to stop.
fn finish(
    command: &Command,
    child: &mut Child,
    group: Group,
    limit: Option<Duration>,
    signals: &Signals,
) -> anyhow::Result<()> {
    let start = Instant::now();
    let is_late = || limit.is_some_and(|limit| start.elapsed() >= limit);
    let status = wait(child, group, || is_late() || group.told_to_end(signals))
        .with_context(|| format!("cannot wait for {}", describe(command)))?;
    signals.check()?;
    match limit {
        Some(limit) if is_late() => bail!("{} did not end within {} s", describe(command), limit.as_secs()),
        _ if !status.success() => bail!("{} ended with {status}", describe(command)),
        _ => Ok(()),
    }
}

fn wait(child: &mut Child, group: Group, is_over: impl Fn() -> bool) -> io::Result<ExitStatus> {
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        if is_over() {
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
    fn a_command_is_read_to_its_end() {
        let signals = Signals::catch().unwrap();
        let read = |script: &str, limit| run_and_read(Command::new("sh").args(["-c", script]), limit, &signals);
        assert_eq!(read("echo one; echo two", Duration::from_secs(60)).unwrap(), "one\ntwo\n");
        let error = read("echo one; exit 3", Duration::from_secs(60)).unwrap_err();
        assert!(error.to_string().ends_with("ended with exit status: 3"), "{error}");
        let error = read("exec sleep 60", Duration::ZERO).unwrap_err();
        assert!(error.to_string().ends_with("did not end within 0 s"), "{error}");
    }

    #[test]
    fn a_database_password_is_not_repeated() {
        let mut command = Command::new("grantor");
        command.args(["migrate", "run", "--database-url", "postgres://u:hush@h/d"]);
        assert_eq!(describe(&command), "`grantor migrate run --database-url <URL>`");
    }
}
