//! Whether a sector agrees that a client is one of its own (OpenID Connect Registration §5): else anybody could learn the
//! pairwise subjects of somebody else's users by naming their sector.

use std::fmt;

use grantor_domain::client::{ClientSettings, sector_names_all};
use grantor_ports::{FetchFailure, FetchRequest};

use crate::service::Service;

/// Why a sector identifier does not count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SectorProblem {
    /// There is no file, for this reason.
    Unreachable(String),
    /// The file is no JSON array of texts, or lacks one of the redirect URIs.
    NotNamed,
}

impl fmt::Display for SectorProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable(why) => write!(f, "what is at sector_identifier_uri cannot be had: {why}"),
            Self::NotNamed => {
                f.write_str("what is at sector_identifier_uri is no JSON array that names every one of redirect_uris")
            }
        }
    }
}

impl Service {
    /// Asks the sector of a client for its redirect URIs, unless storage has the same of it already.
    pub(crate) async fn check_sector(
        &self,
        stored: Option<&ClientSettings>,
        settings: &ClientSettings,
    ) -> Result<(), SectorProblem> {
        let Some(uri) = &settings.sector_identifier_uri else { return Ok(()) };
        let is_known = |stored: &ClientSettings| {
            stored.sector_identifier_uri.as_ref() == Some(uri) && stored.redirect_uris == settings.redirect_uris
        };
        if stored.is_some_and(is_known) {
            return Ok(());
        }
        let unreachable = |failure: FetchFailure| SectorProblem::Unreachable(failure.to_string());
        let request = FetchRequest { url: uri.as_str(), form: None };
        let answer = self.ports.fetch.fetch(request).await.map_err(unreachable)?;
        if answer.status != 200 {
            return Err(SectorProblem::Unreachable(format!("it answers with status {}", answer.status)));
        }
        if sector_names_all(&answer.body, &settings.redirect_uris) { Ok(()) } else { Err(SectorProblem::NotNamed) }
    }
}
