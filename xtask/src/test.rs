//! Decides what "everything" is when the tests run: xtask's own checks, then every test of the workspace beside a Postgres, a
//! browser and the programs that Grantor is run with.

use std::ffi::OsString;
use std::process::Command;

use anyhow::Context;

use crate::axe::Axe;
use crate::browser::Browser;
use crate::neighbours::Neighbours;
use crate::postgres::Postgres;
use crate::process::{run as run_command, step};
use crate::signals::Signals;
use crate::{deploy, examples, quotes, sections, tidy, workspace};

/// `cargo xtask test`: tidy, quotes, sections and what is checked of deploy/, then [`cargo_test`], and every example unless `args` choose among the tests.
pub(crate) fn run(args: &[OsString], signals: &Signals) -> anyhow::Result<()> {
    step("tidy", tidy::check)?;
    step("quotes", quotes::check)?;
    step("sections", sections::check)?;
    step("deploy", || deploy::check(signals))?;
    cargo_test(args, signals)?;
    if args.is_empty() { step("examples", || examples::run(signals)) } else { Ok(()) }
}

/// `cargo test` with `args`, on the whole workspace unless they name a package.
pub(crate) fn cargo_test(args: &[OsString], signals: &Signals) -> anyhow::Result<()> {
    let browser = step("browser", || Browser::find_or_install(signals))?;
    let axe = step("axe", || Axe::install(signals))?;
    let neighbours = step("neighbours", || Neighbours::find_or_unpack(signals))?;
    let postgres = step("postgres", || Postgres::start(signals))?;
    step("test", || {
        let mut command = workspace::cargo();
        command.arg("test");
        if !chooses_packages(args) {
            command.arg("--workspace");
        }
        command.args(args).envs(postgres.environment()).envs(browser.environment()).envs(axe.environment());
        command.envs(neighbours.environment());
        run_command(&mut command, signals)
    })
}

/// `cargo xtask postgres`: any command, in the caller's directory, beside the throwaway Postgres.
pub(crate) fn with_postgres(command: &[OsString], signals: &Signals) -> anyhow::Result<()> {
    let (program, args) = command.split_first().context("no command to run")?;
    let postgres = Postgres::start(signals)?;
    run_command(Command::new(program).args(args).envs(postgres.environment()), signals)
}

/// Whether `args`, up to the dashes that start the test binaries' own, already say which packages are meant.
fn chooses_packages(args: &[OsString]) -> bool {
    let cargos = args.iter().map(|arg| arg.to_string_lossy()).take_while(|arg| arg != "--");
    let mut choices = cargos
        .filter(|arg| arg.starts_with("-p") || arg.starts_with("--package") || arg == "--workspace" || arg == "--all");
    choices.next().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(args: &[&str], expect: bool) {
        let args: Vec<OsString> = args.iter().map(OsString::from).collect();
        assert_eq!(chooses_packages(&args), expect);
    }

    #[test]
    fn the_workspace_is_meant_unless_a_package_is_named() {
        check(&[], false);
        check(&["--test", "contract", "rotation"], false);
        check(&["-p", "grantor-store"], true);
        check(&["--package=grantor-store"], true);
        check(&["--", "-p"], false);
    }
}
