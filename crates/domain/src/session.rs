//! A signed-in browser: who signed in, when, and how.

use serde::{Deserialize, Serialize};

use crate::id::SessionId;
use crate::time::Timestamp;
use crate::user::Subject;

/// The `acr` of a sign-in by password alone.
pub const ACR_PASSWORD: &str = "urn:grantor:acr:password";

/// How a person proved to be who they are (OpenID Connect Core §2: `auth_time`, `acr`, `amr`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Authentication {
    /// When.
    pub time: Timestamp,
    /// The level reached, as a name that discovery lists; left out of tokens when there is none.
    pub acr: Option<String>,
    /// The methods used, in the words of RFC 8176.
    pub amr: Vec<String>,
}

impl Authentication {
    /// A sign-in by password at `time` (RFC 8176 `pwd`).
    #[must_use]
    pub fn by_password(time: Timestamp) -> Self {
        Self { time, acr: Some(ACR_PASSWORD.to_owned()), amr: vec!["pwd".to_owned()] }
    }
}

/// A session that storage confirmed as live: not expired, not ended, its user enabled and not signed out since.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Names the session in grants, and to clients as `sid`.
    pub id: SessionId,
    /// Who signed in.
    pub subject: Subject,
    /// When and how.
    pub authentication: Authentication,
    /// When the browser must sign in again. The expiry of a session ends no grant.
    pub expires_at: Timestamp,
}
