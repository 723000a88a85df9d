//! What a client registered about its request objects (OpenID Connect Registration §2, RFC 9101 §10.5).

use serde::{Deserialize, Serialize};

use crate::jwt::JwsAlgorithm;

/// How request objects are signed: `request_object_signing_alg` (OpenID Connect Registration §2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "&'static str")]
pub enum RequestObjectAlgorithm {
    /// With this algorithm.
    Signed(JwsAlgorithm),
    /// Not at all: `none` (RFC 7518 §3.6).
    Unsigned,
}

impl RequestObjectAlgorithm {
    /// The text that goes into `alg` (RFC 7515 §4.1.1).
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Signed(algorithm) => algorithm.as_str(),
            Self::Unsigned => "none",
        }
    }
}

impl TryFrom<String> for RequestObjectAlgorithm {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        match text.as_str() {
            "none" => Ok(Self::Unsigned),
            text => JwsAlgorithm::parse(text).map(Self::Signed).ok_or_else(|| format!("unknown algorithm {text:?}")),
        }
    }
}

impl From<RequestObjectAlgorithm> for &'static str {
    fn from(algorithm: RequestObjectAlgorithm) -> Self {
        algorithm.as_str()
    }
}

/// Which request objects of a client pass (OpenID Connect Core §6.1, RFC 9101 §10.5).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RequestObjectPolicy {
    /// The only algorithm they may have. None: any whose key is registered, so never an unsigned one.
    pub algorithm: Option<RequestObjectAlgorithm>,
    /// Every request must come as a signed one: `require_signed_request_object`.
    pub required: bool,
}
