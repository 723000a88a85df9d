//! Decides what must pass before a change is taken, in the order of how soon each step can tell.
//!
//! Most of a run on a fresh machine is building, so steps share what they build: all use the development profile, none sets
//! RUSTFLAGS, and where it can be they choose the whole workspace, since a package by itself has its dependencies built with other
//! features. The count of instructions is about optimised code, and shares what is built for build time and the C libraries.

use std::process::Command;

use crate::process::{run as run_command, step};
use crate::signals::Signals;
use crate::{cargo_deny, deploy, examples, instructions, interop, quotes, sections, test, tidy, workspace};

/// Programs that are workspaces of their own.
const OWN_WORKSPACES: [&str; 2] = ["xtask/ceiling/Cargo.toml", "xtask/interop/openidconnect/Cargo.toml"];

/// What cargo is told for the server with traces.
const TRACED: &[&str] = &["--locked", "-p", "grantor", "--features", "opentelemetry"];

/// Runs every step; the first that fails ends the run.
pub(crate) fn run(signals: &Signals) -> anyhow::Result<()> {
    step("format", || {
        run_command(&mut cargo(&["fmt", "--all", "--check"]), signals)?;
        for program in OWN_WORKSPACES {
            run_command(&mut cargo(&["fmt", "--check", "--manifest-path", program]), signals)?;
        }
        Ok(())
    })?;
    step("tidy", tidy::check)?;
    step("quotes", quotes::check)?;
    step("sections", sections::check)?;
    step("deploy", || deploy::check(signals))?;
    step("clippy", || {
        run_command(
            &mut cargo(&["clippy", "--locked", "--workspace", "--all-targets", "--", "-D", "warnings"]),
            signals,
        )
    })?;
    // A feature that the workspace does not build by default.
    step("clippy of opentelemetry", || {
        run_command(&mut cargo(&[&["clippy"], TRACED, &["--all-targets", "--", "-D", "warnings"]].concat()), signals)
    })?;
    step("test of opentelemetry", || {
        run_command(&mut cargo(&[&["test"], TRACED, &["--test", "it", "traces::"]].concat()), signals)
    })?;
    step("rustdoc", || {
        let mut command = cargo(&["doc", "--locked", "--workspace", "--no-deps"]);
        run_command(command.env("RUSTDOCFLAGS", "-D warnings"), signals)
    })?;
    step("cargo deny", || cargo_deny::check(signals))?;
    step("examples", || examples::run(signals))?;
    step("instructions", || instructions::run(false, signals))?;
    // Every failing test binary is worth seeing at once; a run takes too long to find them one by one.
    test::cargo_test(&["--locked".into(), "--no-fail-fast".into()], signals)?;
    // After the tests, which built the server that it runs.
    interop::run(&[], true, signals)
}

fn cargo(args: &[&str]) -> Command {
    let mut command = workspace::cargo();
    command.args(args);
    command
}
