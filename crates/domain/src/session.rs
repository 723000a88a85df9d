//! A signed-in browser: who signed in, when, and how (OpenID Connect Core §2, §3.1.2.3).

use serde::{Deserialize, Serialize};

use crate::id::SessionId;
use crate::time::Timestamp;
use crate::user::Subject;

/// The `acr` of a sign-in by password alone (OpenID Connect Core §2): a name of Grantor's own, listed in discovery.
pub const ACR_PASSWORD: &str = "urn:grantor:acr:password";

/// Every `acr` that a sign-in here can have: `acr_values_supported` (OpenID Connect Discovery §3).
pub const ACR_VALUES: [&str; 1] = [ACR_PASSWORD];

/// How a person proved to be who they are (OpenID Connect Core §2: `auth_time`, `acr`, `amr`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Authentication {
    /// When: `auth_time`, which travels in whole seconds (Core §2).
    pub time: Timestamp,
    /// The level reached: `acr` (Core §2), a name that discovery lists; left out of tokens when there is none.
    pub acr: Option<String>,
    /// The methods used: `amr` (Core §2), in the words of RFC 8176 §2.
    pub amr: Vec<String>,
}

impl Authentication {
    /// A sign-in by password at `time` (`pwd`, RFC 8176 §2).
    #[must_use]
    pub fn by_password(time: Timestamp) -> Self {
        Self { time, acr: Some(ACR_PASSWORD.to_owned()), amr: vec!["pwd".to_owned()] }
    }
}

/// A session that storage confirmed as live: not expired, not ended, its user enabled and not signed out since. What
/// OpenID Connect Core §3.1.2.3 calls an End-User who is already authenticated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Names the session in grants, and to clients as `sid` (OpenID Connect Front-Channel Logout §3).
    pub id: SessionId,
    /// Who signed in: `sub` (Core §2).
    pub subject: Subject,
    /// When and how they did: what `max_age` and `prompt=login` are measured by (Core §3.1.2.1).
    pub authentication: Authentication,
    /// When the browser must sign in again. The expiry of a session ends no grant. Grantor's own; see
    /// docs/architecture.md.
    pub expires_at: Timestamp,
}
