//! The ID token (OpenID Connect Core §2): what a client learns about the person who signed in.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256, Sha512};

use crate::client::Client;
use crate::grant::Grant;
use crate::jwt::JwsAlgorithm;
use crate::token::access_token::IssueContext;
use crate::user::StandardClaims;

/// What an ID token says besides what the grant does (OpenID Connect Core §2, §3.1.3.6).
#[derive(Clone, Copy, Debug, Default)]
pub struct IdTokenRequest<'a> {
    /// `nonce`: echoed exactly, and only if it was sent (Core §2). Never on refresh (Core §12.2).
    pub nonce: Option<&'a str>,
    /// The access token that comes in the same answer, as text: `at_hash` ties the two together (Core §3.1.3.6).
    pub access_token: Option<&'a str>,
}

/// The claims of an ID token for `client` about the subject of `grant` (Core §2): `iss`, `sub`, `aud`, `exp`, `iat`,
/// `auth_time`, and where there is something to say `acr`, `amr`, `nonce`, `at_hash` and `sid` (Front-Channel Logout §3).
///
/// Scope claims go to UserInfo (Core §5.4) unless the client is registered to find them here, or asked for them with
/// the `claims` parameter (Core §5.5).
#[must_use]
pub fn claims(
    grant: &Grant,
    user: &StandardClaims,
    client: &Client,
    request: IdTokenRequest<'_>,
    context: IssueContext<'_>,
) -> Map<String, Value> {
    let terms = &grant.terms;
    let mut claims = user.released_by(&terms.scope);
    claims.retain(|name, _| client.id_token_claims.contains(name));
    if let Some(requested) = &terms.claims {
        claims.extend(user.named(&requested.id_token_names()));
    }
    let mut put = |name: &str, value: Value| claims.insert(name.to_owned(), value);
    put("iss", json!(context.issuer));
    put("sub", json!(terms.subject));
    put("aud", json!(client.id));
    put("exp", json!(context.now.plus(context.lifetimes.id_token).as_secs()));
    put("iat", json!(context.now.as_secs()));
    put("auth_time", json!(terms.authentication.time.as_secs()));
    if let Some(acr) = terms.authentication.acr.as_deref().filter(|acr| !acr.is_empty()) {
        put("acr", json!(acr));
    }
    if !terms.authentication.amr.is_empty() {
        put("amr", json!(terms.authentication.amr));
    }
    if let Some(session) = terms.session {
        put("sid", json!(session));
    }
    if let Some(nonce) = request.nonce {
        put("nonce", json!(nonce));
    }
    if let Some(token) = request.access_token {
        put("at_hash", json!(half_hash(client.id_token_algorithm, token)));
    }
    if client.id_token_claims.iter().any(|name| name == "scope") {
        put("scope", json!(terms.scope));
    }
    if client.id_token_claims.iter().any(|name| name == "nbf") {
        put("nbf", json!(context.now.as_secs()));
    }
    if client.exchange.as_ref().is_some_and(|policy| policy.id_tokens) {
        put("grants", json!([terms.reference.to_string()]));
    }
    claims
}

/// The left half of the hash that the ID token's algorithm uses, base64url (Core §3.1.3.6): SHA-512 for Ed25519
/// (RFC 8032 §5.1), SHA-256 for the others.
fn half_hash(algorithm: JwsAlgorithm, access_token: &str) -> String {
    match algorithm {
        JwsAlgorithm::EdDSA => left_half(&Sha512::digest(access_token.as_bytes())),
        JwsAlgorithm::ES256 | JwsAlgorithm::HS256 | JwsAlgorithm::PS256 | JwsAlgorithm::RS256 => {
            left_half(&Sha256::digest(access_token.as_bytes()))
        }
    }
}

fn left_half(digest: &[u8]) -> String {
    let (left, _) = digest.split_at(digest.len() / 2);
    URL_SAFE_NO_PAD.encode(left)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::grant::testing::{client, grant};
    use crate::id::TokenId;
    use crate::registry::Registry;
    use crate::resource::Audience;
    use crate::time::Timestamp;
    use crate::token::lifetime::Lifetimes;

    fn issue(scope: &str, id_token_claims: &[&str], request: IdTokenRequest<'_>) -> Map<String, Value> {
        let user: StandardClaims =
            serde_json::from_value(json!({"name": "Alice", "email": "a@example.test", "email_verified": true}))
                .unwrap();
        let mut client = client();
        client.id_token_claims = id_token_claims.iter().map(|name| (*name).to_owned()).collect();
        let (issuer, lifetimes) = (Audience::parse("https://op.example").unwrap(), Lifetimes::default());
        let context = IssueContext {
            issuer: &issuer,
            now: Timestamp::from_secs(5000),
            token_id: TokenId::from_bytes([1; 16]),
            lifetimes: &lifetimes,
            registry: &Registry::default(),
        };
        claims(&grant(scope), &user, &client, request, context)
    }

    #[test]
    fn scope_claims_stay_out_unless_registered() {
        let found = issue("openid email profile", &[], IdTokenRequest::default());
        assert!(
            !found.contains_key("email")
                && !found.contains_key("scope")
                && !found.contains_key("nonce")
                && !found.contains_key("at_hash")
        );
        let found = issue("openid email", &["name", "email", "scope"], IdTokenRequest::default());
        assert_eq!(
            (found.get("email"), found.get("name"), found.get("scope")),
            (Some(&json!("a@example.test")), None, Some(&json!("openid email")))
        );
    }

    #[test]
    fn the_example_of_the_specification_hashes_alike() {
        // The access token of Core appendix A.3, whose at_hash is printed there.
        assert_eq!(
            half_hash(JwsAlgorithm::RS256, "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y"),
            "77QmUPtjPfzWtF2AnpK9RQ"
        );
    }

    #[test]
    fn the_nonce_is_echoed_exactly() {
        let found = issue("openid", &[], IdTokenRequest { nonce: Some(" n=1 "), access_token: None });
        assert_eq!(found.get("nonce"), Some(&json!(" n=1 ")));
    }
}
