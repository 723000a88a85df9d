//! The four hot paths by name, and what an answer on each must hold.

use actix_web::web::Bytes;
use serde_json::Value;

/// A path to be counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HotPath {
    /// `client_credentials`: a JWT signed with ES256.
    ClientCredentials,
    /// `authorization_code` with PKCE: an access token, a refresh token and an ID token signed with ES256.
    CodeExchange,
    /// Introspection of a live JWT.
    Introspection,
    /// `refresh_token` with rotation, without an ID token.
    Refresh,
}

impl HotPath {
    /// The path of this name.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        match name {
            "client_credentials" => Some(Self::ClientCredentials),
            "code_exchange" => Some(Self::CodeExchange),
            "introspection" => Some(Self::Introspection),
            "refresh" => Some(Self::Refresh),
            _ => None,
        }
    }

    /// Requires the body of an answer to be that of the whole path, no more and no less.
    pub(crate) fn check(self, body: &Bytes) {
        let answer: Value = serde_json::from_slice(body).expect("an answer is JSON");
        let members: &[&str] = match self {
            Self::ClientCredentials => &["access_token"],
            Self::CodeExchange => &["access_token", "id_token", "refresh_token"],
            Self::Introspection => &["active"],
            Self::Refresh => &["access_token", "refresh_token"],
        };
        for member in ["access_token", "active", "id_token", "refresh_token"] {
            assert_eq!(answer.get(member).is_some(), members.contains(&member), "{self:?}: {member} of {answer}");
        }
        for jwt in [answer.get("access_token"), answer.get("id_token")].into_iter().flatten() {
            assert!(jwt.as_str().is_some_and(is_es256), "{self:?}: no JWT signed with ES256: {answer}");
        }
        if self == Self::Introspection {
            assert_eq!(answer.get("active"), Some(&Value::Bool(true)), "{answer}");
        }
    }
}

/// Whether a token is a JWT whose header says ES256.
fn is_es256(token: &str) -> bool {
    grantor_domain::jwt::JoseHeader::peek(token)
        .is_some_and(|header| header.algorithm == Some(grantor_domain::jwt::JwsAlgorithm::ES256))
}
