//! Decides with which programs the samples of deploy/ are tried: those of the machine, else Debian's.

use std::path::PathBuf;

use crate::debian;
use crate::signals::Signals;

/// The programs that there are samples for.
#[derive(Debug)]
pub(crate) struct Neighbours {
    caddy: PathBuf,
    nginx: PathBuf,
    promtool: PathBuf,
}

impl Neighbours {
    /// Finds them, or unpacks Debian's packages where xtask may.
    ///
    /// # Errors
    ///
    /// If one is missing and cannot be had: the message names the package.
    pub(crate) fn find_or_unpack(signals: &Signals) -> anyhow::Result<Self> {
        Ok(Self {
            caddy: debian::find_or_unpack("caddy", "caddy", signals)?,
            nginx: debian::find_or_unpack("nginx", "nginx", signals)?,
            promtool: promtool(signals)?,
        })
    }

    /// The environment by which tests find the programs.
    pub(crate) fn environment(&self) -> Vec<(&'static str, String)> {
        vec![
            ("GRANTOR_TEST_CADDY", self.caddy.display().to_string()),
            ("GRANTOR_TEST_NGINX", self.nginx.display().to_string()),
            ("GRANTOR_TEST_PROMTOOL", self.promtool.display().to_string()),
        ]
    }
}

/// What checks rules and expressions for Prometheus, found or unpacked.
///
/// # Errors
///
/// As [`Neighbours::find_or_unpack`].
pub(crate) fn promtool(signals: &Signals) -> anyhow::Result<PathBuf> {
    debian::find_or_unpack("promtool", "prometheus", signals)
}
