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

/// Longest code content, in bytes of JSON before sealing. What is larger is refused at the authorization endpoint. A
/// bound of Grantor's own; see docs/architecture.md.
pub const MAX_CONTENT: usize = 2048;

/// What a code carries: everything that RFC 6749 §4.1.3 and RFC 7636 §4.4 ask the server to remember of it. Redeeming it
/// opens the grant of the same identifier, so that a second redemption meets the first in storage; that, and the
/// one-letter names of serde, are Grantor's own (see docs/architecture.md).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AuthorizationCode {
    /// The grant that redeeming opens, under an identifier made for this code. Grantor's own.
    #[serde(rename = "g")]
    pub grant: GrantRef,
    /// The only client that may redeem it (RFC 6749 §4.1.3).
    #[serde(rename = "c")]
    pub client_id: ClientId,
    /// Where it was sent (RFC 6749 §4.1.2).
    #[serde(rename = "r")]
    pub redirect_uri: String,
    /// Whether the request named the redirect URI, so that the token request must too (RFC 6749 §4.1.3).
    #[serde(rename = "rs")]
    pub redirect_uri_sent: bool,
    /// What the verifier must match (RFC 7636 §4.4); none if the client sent no challenge.
    #[serde(rename = "p", default, skip_serializing_if = "Option::is_none")]
    pub challenge: Option<CodeChallenge>,
    /// What the person agreed to (RFC 6749 §3.3).
    #[serde(rename = "s")]
    pub scope: ScopeSet,
    /// Resources asked for (RFC 8707 §2.1).
    #[serde(rename = "a", default, skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<Audience>,
    /// Who agreed: `sub` of the tokens (OpenID Connect Core §2).
    #[serde(rename = "u")]
    pub subject: Subject,
    /// In which session: `sid` of the ID token (OpenID Connect Front-Channel Logout §3).
    #[serde(rename = "i")]
    pub session: SessionId,
    /// Echoed in the ID token (OpenID Connect Core §3.1.2.1); none if it was not sent.
    #[serde(rename = "n", default, skip_serializing_if = "Option::is_none")]
    pub nonce: Option<String>,
    /// When and how the person signed in (OpenID Connect Core §2).
    #[serde(rename = "t")]
    pub authentication: Authentication,
    /// The `claims` parameter (OpenID Connect Core §5.5).
    #[serde(rename = "q", default, skip_serializing_if = "Option::is_none")]
    pub claims: Option<ClaimsRequest>,
    /// When it stops being redeemable, "shortly after it is issued" (RFC 6749 §4.1.2); its reuse is still noticed after
    /// that.
    #[serde(rename = "e")]
    pub expires_at: Timestamp,
}
