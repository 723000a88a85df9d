//! Decides with what the page tests look for barriers: axe-core, of the version that its lock file names.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, bail};

use crate::process::run;
use crate::search::{find_program, path_directories};
use crate::signals::Signals;
use crate::{debian, workspace};

/// The script, installed.
#[derive(Debug)]
pub(crate) struct Axe(PathBuf);

impl Axe {
    /// Installs the script below the target directory, and npm by Debian's packages where that is missing and xtask may.
    ///
    /// # Errors
    ///
    /// If npm is missing and xtask may not install it (the message names the command that would), or it cannot install.
    pub(crate) fn install(signals: &Signals) -> anyhow::Result<Self> {
        let has_npm = || find_program(&["npm"], &path_directories()).is_some();
        if !has_npm() && debian::can_install() {
            debian::install(&["nodejs", "npm"], signals)?;
        }
        if !has_npm() {
            bail!(
                "the page tests need npm in PATH, to install axe-core; install it with `sudo apt-get install nodejs npm` (Debian), \
                 `sudo dnf install nodejs npm` (Fedora) or `brew install node` (macOS), then run this again"
            );
        }
        let (source, installed) = (workspace::root().join("xtask/axe"), workspace::tools().join("axe"));
        std::fs::create_dir_all(&installed).with_context(|| format!("{} cannot be made", installed.display()))?;
        for file in ["package.json", "package-lock.json"] {
            std::fs::copy(source.join(file), installed.join(file))
                .with_context(|| format!("{file} cannot be copied"))?;
        }
        let mut npm = Command::new("npm");
        run(npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]).current_dir(&installed), signals)?;
        Ok(Self(installed.join("node_modules/axe-core/axe.min.js")))
    }

    /// The environment by which tests find the script.
    pub(crate) fn environment(&self) -> [(&'static str, String); 1] {
        [("GRANTOR_TEST_AXE", self.0.display().to_string())]
    }
}
