//! The authorization code (RFC 6749 §4.1.2): no row, but a sealed record of the whole authorization.

use serde::{Deserialize, Serialize};

use crate::authorization::ClaimsRequest;
use crate::client::ClientId;
use crate::grant::GrantRef;
use crate::id::SessionId;
use crate::pkce::CodeChallenge;
use crate::resource::Audience;
use crate::scope::ScopeSet;
use crate::session::Authentication;
use crate::time::Timestamp;
use crate::user::Subject;

/// Longest code content, in bytes before sealing. What is larger is refused at the authorization endpoint.
pub const MAX_CONTENT: usize = 2048;

/// What a code carries. Redeeming it opens the grant of the same identifier, so that a second redemption meets the
/// first in storage.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AuthorizationCode {
    /// The grant that redeeming opens.
    #[serde(rename = "g")]
    pub grant: GrantRef,
    /// The only client that may redeem it.
    #[serde(rename = "c")]
    pub client_id: ClientId,
    /// Where it was sent.
    #[serde(rename = "r")]
    pub redirect_uri: String,
    /// Whether the request named the redirect URI, so that the token request must too.
    #[serde(rename = "rs")]
    pub redirect_uri_sent: bool,
    /// What the verifier must match.
    #[serde(rename = "p", default, skip_serializing_if = "Option::is_none")]
    pub challenge: Option<CodeChallenge>,
    /// What the person agreed to.
    #[serde(rename = "s")]
    pub scope: ScopeSet,
    /// Resources asked for.
    #[serde(rename = "a", default, skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<Audience>,
    /// Who agreed.
    #[serde(rename = "u")]
    pub subject: Subject,
    /// In which session.
    #[serde(rename = "i")]
    pub session: SessionId,
    /// Echoed in the ID token.
    #[serde(rename = "n", default, skip_serializing_if = "Option::is_none")]
    pub nonce: Option<String>,
    /// When and how the person signed in.
    #[serde(rename = "t")]
    pub authentication: Authentication,
    /// The `claims` parameter.
    #[serde(rename = "q", default, skip_serializing_if = "Option::is_none")]
    pub claims: Option<ClaimsRequest>,
    /// When it stops being redeemable; its reuse is still noticed after that.
    #[serde(rename = "e")]
    pub expires_at: Timestamp,
}
