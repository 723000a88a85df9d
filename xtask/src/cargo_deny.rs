//! Decides which cargo-deny checks the dependencies: one pinned version, so that every machine and every day gives one verdict.

use std::path::PathBuf;
use std::process::Command;

use crate::search::{find_program, path_directories};
use crate::signals::Signals;
use crate::{process, workspace};

/// The newest version that the workspace's `rust-version` builds.
const VERSION: &str = "0.20.2";

/// Checks licences, bans and sources as `deny.toml` says. Advisories are left out: they change without a commit.
///
/// # Errors
///
/// If a check fails, or the tool is absent and cannot be built.
pub(crate) fn check(signals: &Signals) -> anyhow::Result<()> {
    let tool = find_or_install(signals)?;
    let mut command = Command::new(tool);
    command.current_dir(workspace::root()).args(["--locked", "check", "bans", "licenses", "sources"]);
    process::run(&mut command, signals)
}

/// A cargo-deny of the pinned version: in PATH, or built once into the build directory, where it overwrites nobody's own.
fn find_or_install(signals: &Signals) -> anyhow::Result<PathBuf> {
    let tools = workspace::tools();
    let mut directories = path_directories();
    directories.push(tools.join("bin"));
    for directory in directories {
        let candidate = find_program(&["cargo-deny"], &[directory]);
        if let Some(program) = candidate.filter(is_pinned) {
            return Ok(program);
        }
    }
    println!("installing cargo-deny {VERSION} into {}", tools.display());
    let mut command = workspace::cargo();
    // Optimised it takes minutes longer to build, which a check of one graph never makes up for.
    command
        .args(["install", "--quiet", "--debug", "--locked", "cargo-deny", "--version", VERSION, "--root"])
        .arg(&tools);
    command.env("CARGO_PROFILE_DEV_DEBUG", "false");
    process::run(&mut command, signals)?;
    Ok(tools.join("bin").join("cargo-deny"))
}

fn is_pinned(program: &PathBuf) -> bool {
    process::capture(Command::new(program).arg("--version")).is_ok_and(|printed| names_pinned_version(&printed))
}

fn names_pinned_version(printed: &str) -> bool {
    printed.split_whitespace().nth(1) == Some(VERSION)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_pinned_version_counts() {
        assert!(names_pinned_version(&format!("cargo-deny {VERSION}\n")));
        assert!(!names_pinned_version("cargo-deny 0.1.0\n"));
        assert!(!names_pinned_version(""));
    }
}
