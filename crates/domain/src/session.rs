//! A signed-in browser: who signed in, when, and how (OpenID Connect Core §2, §3.1.2.3).

use serde::{Deserialize, Serialize};

use crate::id::SessionId;
use crate::time::Timestamp;
use crate::user::Subject;

/// How well a person proved to be who they are: `acr` (OpenID Connect Core §2), in names of Grantor's own. The later, the better.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Acr {
    /// By a password alone (OpenID Connect Core §2).
    #[default]
    #[serde(rename = "urn:grantor:acr:password")]
    Password,
    /// By two factors (`mfa`, RFC 8176 §2): a password and something that they have, or a passkey that knows its user.
    #[serde(rename = "urn:grantor:acr:mfa")]
    Mfa,
}

impl Acr {
    /// Every one that a sign-in here can have: `acr_values_supported` (OpenID Connect Discovery §3).
    pub const ALL: [Self; 2] = [Self::Password, Self::Mfa];

    /// The name in requests, tokens and discovery (OpenID Connect Core §2).
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Password => "urn:grantor:acr:password",
            Self::Mfa => "urn:grantor:acr:mfa",
        }
    }

    /// Reads a name; none for one that is not ours (OpenID Connect Core §2).
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|acr| acr.as_str() == text)
    }

    /// Whether nobody need do more than every sign-in does. Grantor's own.
    #[must_use]
    pub fn is_least(&self) -> bool {
        *self == Self::default()
    }
}

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
        Self { time, acr: Some(Acr::Password.as_str().to_owned()), amr: vec!["pwd".to_owned()] }
    }

    /// A sign-in by a passkey alone at `time`, whose authenticator verified its user. What holds the key nobody proved, so that
    /// `swk` claims the lesser of the two (RFC 8176 §2).
    #[must_use]
    pub fn by_passkey(time: Timestamp) -> Self {
        Self { time, acr: None, amr: Vec::new() }.and_passkey()
    }

    /// The same with a code beside it (`otp`, RFC 8176 §2): of an authenticator app, or written down. It is as old as the password:
    /// what wants a fresh sign-in wants that one fresh.
    #[must_use]
    pub fn and_code(self) -> Self {
        self.and(&["otp"])
    }

    /// The same with a passkey beside it (`swk`, `user`, RFC 8176 §2).
    #[must_use]
    pub fn and_passkey(self) -> Self {
        self.and(&["swk", "user"])
    }

    fn and(mut self, methods: &[&str]) -> Self {
        for method in methods.iter().chain(&["mfa"]) {
            if !self.amr.iter().any(|known| known == method) {
                self.amr.push((*method).to_owned());
            }
        }
        Self { acr: Some(Acr::Mfa.as_str().to_owned()), ..self }
    }

    /// The level that was reached (`acr`, Core §2).
    #[must_use]
    pub fn level(&self) -> Acr {
        self.acr.as_deref().and_then(Acr::parse).unwrap_or_default()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_factor_raises_the_level_and_leaves_the_time() {
        let time = Timestamp::from_secs(1_800_000_000);
        let password = Authentication::by_password(time);
        let both = password.clone().and_code();
        assert_eq!((password.level(), both.level(), both.time), (Acr::Password, Acr::Mfa, time));
        assert_eq!(both.amr, ["pwd", "otp", "mfa"]);
        assert_eq!(both.and_code().amr, ["pwd", "otp", "mfa"], "once is enough");
        assert_eq!(Authentication::by_passkey(time).amr, ["swk", "user", "mfa"]);
        assert_eq!(Authentication::by_passkey(time).level(), Acr::Mfa);
    }

    #[test]
    fn the_levels_have_names() {
        assert!(Acr::ALL.is_sorted());
        for acr in Acr::ALL {
            assert_eq!(Acr::parse(acr.as_str()), Some(acr));
            assert_eq!(serde_json::to_value(acr).unwrap(), acr.as_str());
        }
        assert_eq!(Acr::parse("urn:x"), None);
    }
}
