//! Decides what of deploy/ is checked by the programs that will read it: the units by systemd, the alerts by
//! Prometheus. What takes a running server is a test of the server's.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, anyhow, bail};

use crate::search::{find_program, path_directories};
use crate::signals::Signals;
use crate::{debian, neighbours, process, workspace};

/// The units of deploy/systemd.
const UNITS: [&str; 2] = ["grantor.service", "grantor-migrate.service"];

/// The program that they start, where an operator installs it.
const PROGRAM: &str = "/usr/local/bin/grantor";

/// The exposure that `systemd-analyze security` may find, in tenths of 10; 96 is that of a service without any limits.
const THRESHOLD: u32 = 15;

/// Checks the units, and what Prometheus reads.
///
/// # Errors
///
/// If a check complains, or a program that checks is missing and cannot be installed.
pub(crate) fn check(signals: &Signals) -> anyhow::Result<()> {
    if cfg!(target_os = "linux") {
        check_units(&systemd_analyze(signals)?)?;
    } else {
        println!("systemd is Linux's: the units are not checked here");
    }
    check_alerts(&neighbours::promtool(signals)?, signals)
}

/// That the configuration and the alerts can be read, and that each alert fires when it should.
fn check_alerts(promtool: &Path, signals: &Signals) -> anyhow::Result<()> {
    for words in [["check", "config", "prometheus.yml"], ["test", "rules", "alerts_test.yaml"]] {
        process::run(Command::new(promtool).args(words).current_dir(directory().join("prometheus")), signals)?;
    }
    Ok(())
}

fn check_units(systemd_analyze: &Path) -> anyhow::Result<()> {
    let scratch = tempfile::tempdir().context("no temporary directory")?;
    for unit in UNITS {
        let source = directory().join("systemd").join(unit);
        let text = fs::read_to_string(&source).with_context(|| format!("cannot read {}", source.display()))?;
        let copy = scratch.path().join(unit);
        fs::write(&copy, startable(&text)?).with_context(|| format!("cannot write {}", copy.display()))?;
        verify(systemd_analyze, &copy)?;
        check_exposure(systemd_analyze, &source)?;
    }
    Ok(())
}

/// Ends well although it complains of an unknown key, so whatever it says counts.
fn verify(systemd_analyze: &Path, unit: &Path) -> anyhow::Result<()> {
    let mut command = Command::new(systemd_analyze);
    command.args(["verify", "--man=no", "--recursive-errors=no"]).arg(unit);
    let output = command.output().context("cannot start systemd-analyze")?;
    let said = [output.stdout, output.stderr].concat();
    if !output.status.success() || !said.is_empty() {
        bail!("systemd-analyze verify: {}\n{}", output.status, String::from_utf8_lossy(&said));
    }
    Ok(())
}

fn check_exposure(systemd_analyze: &Path, unit: &Path) -> anyhow::Result<()> {
    let mut command = Command::new(systemd_analyze);
    command.args(["security", "--no-pager", "--offline=true"]).arg(format!("--threshold={THRESHOLD}")).arg(unit);
    let output = command.output().context("cannot start systemd-analyze")?;
    let table = String::from_utf8_lossy(&output.stdout);
    if !output.status.success() {
        bail!("{} is exposed too much:\n{table}{}", unit.display(), String::from_utf8_lossy(&output.stderr));
    }
    println!("{}", table.lines().last().unwrap_or_default());
    Ok(())
}

/// The unit with a program that is there: systemd looks whether it can be started. That `grantor` understands the words
/// after it is a test of the server's.
fn startable(unit: &str) -> anyhow::Result<String> {
    let ours = std::env::current_exe().context("the path of this program is not known")?;
    let start = format!("ExecStart={PROGRAM} ");
    if !unit.contains(&start) {
        bail!("a unit does not start {PROGRAM}");
    }
    Ok(unit.replace(&start, &format!("ExecStart={} ", ours.display())))
}

fn systemd_analyze(signals: &Signals) -> anyhow::Result<PathBuf> {
    if let Some(found) = find_systemd_analyze() {
        return Ok(found);
    }
    if !debian::can_install() {
        bail!("no systemd-analyze in PATH; install the package `systemd`, then run this again");
    }
    debian::install(&["systemd"], signals)?;
    find_systemd_analyze().ok_or_else(|| anyhow!("the package `systemd` is installed, but brought no systemd-analyze"))
}

fn find_systemd_analyze() -> Option<PathBuf> {
    find_program(&["systemd-analyze"], &path_directories())
}

fn directory() -> PathBuf {
    workspace::root().join("deploy")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test states what it expects by failing")]

    use super::*;

    #[test]
    fn a_unit_that_starts_something_else_is_refused() {
        assert!(startable("[Service]\nExecStart=/usr/bin/grantor serve\n").is_err());
        let unit = startable("[Service]\nExecStart=/usr/local/bin/grantor serve\n").unwrap();
        assert!(unit.contains(" serve\n") && !unit.contains(PROGRAM), "{unit}");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn what_systemd_merely_warns_of_is_refused() {
        let analyze = find_systemd_analyze().expect("no systemd-analyze: run `cargo xtask test`");
        let scratch = tempfile::tempdir().unwrap();
        let unit = scratch.path().join("grantor.service");
        let text = startable("[Service]\nExecStart=/usr/local/bin/grantor serve\n").unwrap();
        fs::write(&unit, &text).unwrap();
        verify(&analyze, &unit).unwrap();
        fs::write(&unit, format!("{text}ProtectHom=yes\n")).unwrap();
        let error = verify(&analyze, &unit).unwrap_err().to_string();
        assert!(error.contains("ProtectHom"), "{error}");
    }
}
