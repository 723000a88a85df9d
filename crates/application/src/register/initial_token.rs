//! Initial access tokens (RFC 7591 §3): an operator gives one to whoever may register a client. Sealed, and nowhere stored.

use std::fmt;
use std::time::Duration;

use grantor_domain::error::{Reason, Refusal};
use grantor_domain::id::TokenId;
use grantor_domain::secret::{Secret, sha256};
use grantor_domain::time::Timestamp;
use grantor_ports::{Sealed, SpentToken};
use serde::{Deserialize, Serialize};

use crate::audit::Object;
use crate::failure::Outcome;
use crate::service::Service;

/// How often an initial access token may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum InitialTokenUse {
    /// For any number of clients.
    #[serde(rename = "m")]
    Many,
    /// For one client.
    #[serde(rename = "o")]
    Once,
}

/// An initial access token would outlive the key that seals it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LifetimeTooLong(Duration);

impl fmt::Display for LifetimeTooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let days = self.0.as_secs() / (24 * 3600);
        write!(f, "a registration token lives {days} days at most (lifetimes.grant_max)")
    }
}

impl std::error::Error for LifetimeTooLong {}

/// What is sealed in one.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct InitialToken {
    #[serde(rename = "i")]
    pub(super) id: TokenId,
    #[serde(rename = "e")]
    expires_at: Timestamp,
    #[serde(rename = "u")]
    usage: InitialTokenUse,
}

impl InitialToken {
    /// What registering with it uses up, if it is good for one client.
    pub(super) fn spent(&self) -> Option<SpentToken> {
        let key = sha256(format!("initial access token\n{}", self.id).as_bytes());
        (self.usage == InitialTokenUse::Once).then_some(SpentToken { key, expires_at: self.expires_at })
    }
}

impl Service {
    /// Makes an initial access token.
    ///
    /// # Errors
    /// If the library fails.
    pub fn new_initial_token(
        &self,
        lifetime: Duration,
        usage: InitialTokenUse,
    ) -> Outcome<Result<Secret, LifetimeTooLong>> {
        let most = self.settings.lifetimes.grant_max;
        let made = if lifetime > most {
            Ok(Err(LifetimeTooLong(most)))
        } else {
            self.seal_initial_token(lifetime, usage).map(Ok)
        };
        self.audit_administration("client.registration_token", Object::Registrations, made)
    }

    fn seal_initial_token(&self, lifetime: Duration, usage: InitialTokenUse) -> Outcome<Secret> {
        let now = self.now();
        let token =
            InitialToken { id: TokenId::new(now, &self.ports.random.array()), expires_at: now.plus(lifetime), usage };
        Ok(Secret::new(self.ports.sealer.seal(Sealed::InitialToken, &serde_json::to_vec(&token)?, now)?))
    }

    pub(super) fn read_initial_token(&self, text: Option<&Secret>, now: Timestamp) -> Result<InitialToken, Refusal> {
        let text = text.ok_or(Refusal::new(Reason::AccessTokenMissing))?;
        let token: InitialToken = self.open_sealed(Sealed::InitialToken, text.expose(), Reason::AccessTokenInvalid)?;
        if token.expires_at > now {
            Ok(token)
        } else {
            Err(Refusal::because(Reason::AccessTokenInvalid, "the initial access token has expired"))
        }
    }
}
