//! Decides how what the server needs goes away and comes back: by hand, or by two commands that whoever runs the probe names.

use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, bail};

use crate::process;
use crate::signals::Signals;

/// How long a command may take.
const LIMIT: Duration = Duration::from_secs(120);

/// When an interruption begins and ends, from the start of the load.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Timing {
    pub(crate) begin: Duration,
    pub(crate) end: Duration,
}

/// Something that can be taken away from the server and given back.
pub(crate) trait Interruption {
    /// When; `None` where whoever runs the probe does it by hand.
    fn timing(&self) -> Option<Timing>;

    /// Takes it away.
    fn begin(&mut self, signals: &Signals) -> anyhow::Result<()>;

    /// Gives it back, and returns when it is there.
    fn end(&mut self, signals: &Signals) -> anyhow::Result<()>;
}

/// Two commands of the shell; without them the interruption is made by hand.
pub(crate) struct Commands {
    pub(crate) timing: Timing,
    pub(crate) during: Option<String>,
    pub(crate) restore: Option<String>,
}

impl Interruption for Commands {
    fn timing(&self) -> Option<Timing> {
        (self.during.is_some() || self.restore.is_some()).then_some(self.timing)
    }

    fn begin(&mut self, _signals: &Signals) -> anyhow::Result<()> {
        shell(self.during.as_deref())
    }

    fn end(&mut self, _signals: &Signals) -> anyhow::Result<()> {
        shell(self.restore.as_deref())
    }
}

/// Runs a command to its end, also when xtask is told to stop: what was taken away must come back. What it prints goes to our
/// standard error, because standard output is the report's.
fn shell(command: Option<&str>) -> anyhow::Result<()> {
    let Some(command) = command else { return Ok(()) };
    let mut shell = Command::new("sh");
    // A group of its own: Ctrl-C at a terminal must not reach it.
    shell.args(["-c", command]).process_group(0).stdin(Stdio::null()).stdout(Stdio::from(io::stderr()));
    let mut child = shell.spawn().with_context(|| format!("cannot start `{command}`"))?;
    match process::wait_at_most(&mut child, LIMIT).with_context(|| format!("cannot wait for `{command}`"))? {
        Some(status) if status.success() => Ok(()),
        Some(status) => bail!("`{command}` ended with {status}"),
        None => bail!("`{command}` still runs after {} s (process {})", LIMIT.as_secs(), child.id()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn commands(during: Option<&str>, restore: Option<&str>) -> Commands {
        let timing = Timing { begin: Duration::from_secs(1), end: Duration::from_secs(2) };
        Commands { timing, during: during.map(str::to_owned), restore: restore.map(str::to_owned) }
    }

    #[test]
    fn commands_are_run_by_the_shell() {
        let signals = Signals::catch().unwrap();
        let mut both = commands(Some("true"), Some("exit 3"));
        assert!(both.timing().is_some());
        both.begin(&signals).unwrap();
        assert!(both.end(&signals).unwrap_err().to_string().contains("exit status: 3"));
    }

    #[test]
    fn without_commands_it_is_done_by_hand() {
        assert_eq!(commands(None, None).timing(), None);
    }
}
