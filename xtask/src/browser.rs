//! Decides which browser the page tests drive: Chromium by chromedriver, both of one installation.

use std::path::PathBuf;

use anyhow::{anyhow, bail};

use crate::debian;
use crate::search::{find_program, path_directories};
use crate::signals::Signals;

/// Names that Chromium and its builds go by; the ones that update with the driver first.
const CHROMIUM: [&str; 4] = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];

/// Where distributions put the driver when they keep it out of PATH.
const DRIVER_DIRECTORIES: [&str; 2] = ["/usr/lib/chromium", "/usr/lib/chromium-browser"];

/// A browser and the driver that speaks WebDriver for it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Browser {
    chromium: PathBuf,
    chromedriver: PathBuf,
}

impl Browser {
    /// Finds both on this machine, or installs Debian's packages where xtask may.
    ///
    /// # Errors
    ///
    /// If one is missing and xtask may not install it: the message names the command that would.
    pub(crate) fn find_or_install(signals: &Signals) -> anyhow::Result<Self> {
        if let Some(found) = Self::find() {
            return Ok(found);
        }
        if !debian::can_install() {
            bail!(
                "the page tests need Chromium and chromedriver in PATH; install them with `sudo apt-get install chromium \
                 chromium-driver` (Debian), `sudo dnf install chromium chromedriver` (Fedora) or `brew install --cask chromium \
                 chromedriver` (macOS), then run this again"
            );
        }
        debian::install(&["chromium", "chromium-driver"], signals)?;
        Self::find().ok_or_else(|| {
            anyhow!("`chromium` and `chromium-driver` are installed, but brought no chromium or chromedriver")
        })
    }

    /// The environment by which tests find the two programs.
    pub(crate) fn environment(&self) -> Vec<(&'static str, String)> {
        vec![
            ("GRANTOR_TEST_CHROMEDRIVER", self.chromedriver.display().to_string()),
            ("GRANTOR_TEST_CHROMIUM", self.chromium.display().to_string()),
        ]
    }

    fn find() -> Option<Self> {
        let path = path_directories();
        let drivers: Vec<PathBuf> = path.iter().cloned().chain(DRIVER_DIRECTORIES.map(PathBuf::from)).collect();
        Self::find_in(&path, &drivers)
    }

    fn find_in(path: &[PathBuf], drivers: &[PathBuf]) -> Option<Self> {
        let chromium = find_program(&CHROMIUM, path)?;
        let chromedriver = find_program(&["chromedriver"], drivers)?;
        Some(Self { chromium, chromedriver })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test states what it expects by failing")]

    use super::*;
    use crate::search::testing::programs;

    #[test]
    fn the_driver_may_live_outside_path() {
        let scratch = tempfile::tempdir().unwrap();
        let path = programs(&scratch.path().join("path"), &["google-chrome", "chromium"]);
        let lib = programs(&scratch.path().join("lib"), &["chromedriver"]);
        let found = Browser::find_in(std::slice::from_ref(&path), &[path.clone(), lib.clone()]);
        assert_eq!(found, Some(Browser { chromium: path.join("chromium"), chromedriver: lib.join("chromedriver") }));
    }

    #[test]
    fn a_browser_without_its_driver_does_not_count() {
        let scratch = tempfile::tempdir().unwrap();
        let path = programs(scratch.path(), &["chromium"]);
        assert_eq!(Browser::find_in(std::slice::from_ref(&path), std::slice::from_ref(&path)), None);
    }
}
