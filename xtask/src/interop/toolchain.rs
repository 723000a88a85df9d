//! Decides which tools run the programs: those in PATH, else Debian's packages where xtask may install them.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{bail, ensure};

use crate::search::{find_program, path_directories};
use crate::signals::Signals;
use crate::{debian, process};

/// What runs a program that is not ours to compile with our own cargo.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Toolchain {
    Go,
    Node,
    Python,
}

impl Toolchain {
    /// Makes sure that its programs are in PATH: installs Debian's packages where they are missing and xtask may.
    ///
    /// # Errors
    ///
    /// If one is missing and xtask may not install it: the message names the commands that would.
    pub(super) fn require(self, signals: &Signals) -> anyhow::Result<()> {
        if self.works() {
            return Ok(());
        }
        if !debian::can_install() {
            bail!("{}", self.advice());
        }
        debian::install(self.packages(), signals)?;
        ensure!(self.works(), "{} are installed, but: {}", self.packages().join(" and "), self.advice());
        Ok(())
    }

    fn works(self) -> bool {
        self.is_in(&path_directories()) && (self != Self::Python || has_venv())
    }

    fn is_in(self, path: &[PathBuf]) -> bool {
        self.programs().iter().all(|name| find_program(&[*name], path).is_some())
    }

    /// The programs that must be there.
    fn programs(self) -> &'static [&'static str] {
        match self {
            Self::Go => &["go"],
            Self::Node => &["node", "npm"],
            Self::Python => &["python3"],
        }
    }

    /// Debian's packages that bring them.
    fn packages(self) -> &'static [&'static str] {
        match self {
            Self::Go => &["golang"],
            Self::Node => &["nodejs", "npm"],
            Self::Python => &["python3", "python3-venv"],
        }
    }

    fn advice(self) -> String {
        let (needed, fedora, macos) = match self {
            Self::Go => ("Go 1.26 or newer, as `go`", "golang", "go"),
            Self::Node => ("Node.js 20 or newer, as `node` and `npm`", "nodejs npm", "node"),
            Self::Python => ("Python 3.10 or newer with its module venv, as `python3`", "python3", "python"),
        };
        let debian = self.packages().join(" ");
        format!(
            "the client libraries need {needed} in PATH; install it with `sudo apt-get install {debian}` (Debian), \
             `sudo dnf install {fedora}` (Fedora) or `brew install {macos}` (macOS), then run this again"
        )
    }
}

/// Debian keeps a part of venv in a package of its own.
fn has_venv() -> bool {
    process::capture(Command::new("python3").args(["-c", "import ensurepip, venv"])).is_ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test states what it expects by failing")]

    use super::*;
    use crate::search::testing::programs;

    #[test]
    fn every_program_must_be_there() {
        let scratch = tempfile::tempdir().unwrap();
        let path = programs(scratch.path(), &["node", "go"]);
        assert!(!Toolchain::Node.is_in(std::slice::from_ref(&path)), "npm is missing");
        assert!(Toolchain::Go.is_in(&[path]));
    }

    #[test]
    fn the_advice_names_what_to_install() {
        for toolchain in [Toolchain::Go, Toolchain::Node, Toolchain::Python] {
            for package in toolchain.packages() {
                assert!(toolchain.advice().contains(package), "{}", toolchain.advice());
            }
        }
    }
}
