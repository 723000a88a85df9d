//! What is told about a token that lets somebody register a client.

use std::fmt;

use grantor_domain::secret::Secret;
use serde::Serialize;

/// An initial access token (RFC 7591 §3). It is stored nowhere.
#[derive(Serialize)]
pub(super) struct InitialToken {
    registration_token: String,
}

impl From<Secret> for InitialToken {
    fn from(token: Secret) -> Self {
        Self { registration_token: token.expose().to_owned() }
    }
}

impl fmt::Display for InitialToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.registration_token)
    }
}
