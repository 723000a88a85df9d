//! Decides which reverse proxies the samples of deploy/ are run with: those of the machine, else Debian's.

use std::path::PathBuf;

use crate::debian;
use crate::signals::Signals;

/// The two proxies that there is a sample for.
#[derive(Debug)]
pub(crate) struct Proxies {
    caddy: PathBuf,
    nginx: PathBuf,
}

impl Proxies {
    /// Finds both, or unpacks Debian's packages where xtask may.
    ///
    /// # Errors
    ///
    /// If one is missing and cannot be had: the message names the package.
    pub(crate) fn find_or_unpack(signals: &Signals) -> anyhow::Result<Self> {
        Ok(Self {
            caddy: debian::find_or_unpack("caddy", "caddy", signals)?,
            nginx: debian::find_or_unpack("nginx", "nginx", signals)?,
        })
    }

    /// The environment by which tests find the two programs.
    pub(crate) fn environment(&self) -> Vec<(&'static str, String)> {
        vec![
            ("GRANTOR_TEST_CADDY", self.caddy.display().to_string()),
            ("GRANTOR_TEST_NGINX", self.nginx.display().to_string()),
        ]
    }
}
