//! Decides which counter there is and how it is read: callgrind, a tool of valgrind, which runs a program on a processor of
//! its own making and so counts the same whatever the machine's load.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::Context;

use crate::signals::Signals;
use crate::{debian, process};

/// What `callgrind` calls the executed instructions, the only thing that it counts unless it is told otherwise.
const EVENTS: &str = "events: Ir";

/// The line with the sum, the last of a file that was written to its end.
const TOTALS: &str = "totals: ";

/// A valgrind of this machine.
pub(super) struct Valgrind(PathBuf);

impl Valgrind {
    /// Finds it in PATH, or installs Debian's package where xtask may: it starts no service.
    ///
    /// # Errors
    ///
    /// If it is missing and xtask may not install it: the message names the command that would.
    pub(super) fn find_or_install(signals: &Signals) -> anyhow::Result<Self> {
        debian::find_or_install("valgrind", "valgrind", signals).map(Self)
    }

    /// How many instructions `program` takes with these arguments, from its beginning to its end.
    ///
    /// # Errors
    ///
    /// If the program fails, or valgrind does.
    pub(super) fn count(&self, program: &Path, arguments: &[&str], signals: &Signals) -> anyhow::Result<u64> {
        let scratch = tempfile::tempdir().context("no temporary directory")?;
        let file = scratch.path().join("callgrind.out");
        let mut command = Command::new(&self.0);
        // Nobody's own settings: they might count something else.
        command.args(["--command-line-only=yes", "--quiet", "--tool=callgrind"]);
        command.arg(format!("--callgrind-out-file={}", file.display()));
        command.arg(program).args(arguments).stdin(Stdio::null());
        process::run(&mut command, signals)?;
        let profile = fs::read_to_string(&file).context("valgrind wrote no profile")?;
        instructions(&profile).context("valgrind's profile has no count of instructions")
    }
}

/// The sum of a profile; none if it was cut short, has several parts or counts anything else.
fn instructions(profile: &str) -> Option<u64> {
    let only = |beginning: &str| {
        let mut lines = profile.lines().filter_map(|line| line.strip_prefix(beginning));
        lines.next().filter(|_first| lines.next().is_none())
    };
    only(EVENTS).filter(|further_events| further_events.trim().is_empty())?;
    only(TOTALS)?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROFILE: &str = "\
# callgrind format
version: 1
creator: callgrind-3.19.0
pid: 9
cmd:  hot_paths refresh 100
part: 1

desc: I1 cache: 
desc: Trigger: Program termination

positions: line
events: Ir
summary: 4294967296

fn=(0) below main
0 17

totals: 4294967296
";

    #[test]
    fn the_sum_of_a_whole_profile_is_read() {
        assert_eq!(instructions(PROFILE), Some(4_294_967_296));
    }

    #[test]
    fn anything_else_is_no_count() {
        for (from, to) in [
            ("totals: 4294967296\n", ""),
            ("totals: 4294967296", "totals: much"),
            ("totals: 4294967296", "totals: 1\ntotals: 2"),
            ("totals: 4294967296", "totals: 1 2"),
            ("events: Ir", "events: Ir Dr Dw"),
            ("events: Ir\n", ""),
        ] {
            assert_eq!(instructions(&PROFILE.replace(from, to)), None, "{to:?}");
        }
        assert_eq!(instructions(""), None);
    }
}
