//! The ID token (OpenID Connect Core §2): what a client learns about the person who signed in.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256, Sha512};

use crate::client::{Client, ClientId};
use crate::grant::{Grant, GrantRef};
use crate::id::SessionId;
use crate::jwt::JwsAlgorithm;
use crate::resource::Audience;
use crate::scope::ScopeSet;
use crate::time::{Timestamp, numeric_date, optional_numeric_date};
use crate::token::access_token::IssueContext;
use crate::token::pairwise::PairwiseSubject;
use crate::user::{StandardClaims, Subject};

/// What an ID token says besides what the grant does (OpenID Connect Core §2, §3.1.3.6).
#[derive(Clone, Copy, Debug, Default)]
pub struct IdTokenRequest<'a> {
    /// `nonce`: echoed exactly, and only if it was sent (Core §2). Never on refresh (Core §12.2).
    pub nonce: Option<&'a str>,
    /// The access token that comes in the same answer, as text: `at_hash` ties the two together (Core §3.1.3.6).
    pub access_token: Option<&'a str>,
    /// `sid`: by what the client knows the session (Front-Channel Logout §3).
    pub sid: Option<SessionId>,
    /// What the client is told instead of the subject, if its subjects are pairwise (Core §8.1).
    pub pairwise: Option<&'a PairwiseSubject>,
}

/// The claims of an ID token (Core §2), which is what it is serialized to: `iss`, `sub`, `aud`, `exp`, `iat`, `auth_time`, and
/// where there is something to say `acr`, `amr`, `nonce`, `at_hash` and `sid` (Front-Channel Logout §3).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct IdToken<'a> {
    iss: &'a Audience,
    sub: &'a Subject,
    aud: &'a ClientId,
    #[serde(serialize_with = "numeric_date")]
    exp: Timestamp,
    #[serde(serialize_with = "numeric_date")]
    iat: Timestamp,
    #[serde(serialize_with = "numeric_date")]
    auth_time: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    acr: Option<&'a str>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    amr: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    sid: Option<SessionId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    nonce: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    at_hash: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<&'a ScopeSet>,
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "optional_numeric_date")]
    nbf: Option<Timestamp>,
    /// The grant that a token exchange starts from, for clients that may exchange ID tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    grants: Option<[GrantRef; 1]>,
    /// Likewise whom it is about, sealed, where `sub` does not tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<&'a str>,
    /// Standard claims about the person (Core §5.1), none of which is called like one above.
    #[serde(flatten)]
    about: Map<String, Value>,
}

impl<'a> IdToken<'a> {
    /// The ID token for `client` about the subject of `grant`.
    ///
    /// Scope claims go to UserInfo (Core §5.4) unless the client is registered to find them here, or asked for them with
    /// the `claims` parameter (Core §5.5).
    #[must_use]
    pub fn of_grant(
        grant: &'a Grant,
        user: &StandardClaims,
        client: &'a Client,
        request: IdTokenRequest<'a>,
        context: IssueContext<'a>,
    ) -> Self {
        let terms = &grant.terms;
        let wants = |name: &str| client.id_token_claims.iter().any(|wanted| wanted == name);
        let may_exchange = client.exchange.as_ref().is_some_and(|policy| policy.id_tokens);
        let mut about = user.released_by(&terms.scope);
        about.retain(|name, _| wants(name));
        if let Some(requested) = &terms.claims {
            about.extend(user.named(&requested.id_token_names()));
        }
        Self {
            iss: context.issuer,
            sub: request.pairwise.map_or(&terms.subject, |pairwise| &pairwise.sub),
            aud: &client.id,
            exp: context.now.plus(context.lifetimes.id_token),
            iat: context.now,
            auth_time: terms.authentication.time,
            acr: terms.authentication.acr.as_deref().filter(|acr| !acr.is_empty()),
            amr: &terms.authentication.amr,
            sid: request.sid,
            nonce: request.nonce,
            at_hash: request.access_token.map(|token| at_hash(client.id_token_algorithm, token)),
            scope: wants("scope").then_some(&terms.scope),
            nbf: wants("nbf").then_some(context.now),
            grants: may_exchange.then_some([terms.reference]),
            account: request.pairwise.filter(|_| may_exchange).map(|pairwise| pairwise.account.as_str()),
            about,
        }
    }
}

/// `at_hash` of an access token: the left half of the hash that the ID token's algorithm uses, base64url (Core §3.1.3.6):
/// SHA-512 for Ed25519 (RFC 8032 §5.1), SHA-256 for the others.
#[must_use]
pub fn at_hash(algorithm: JwsAlgorithm, access_token: &str) -> String {
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
    use crate::grant::testing::{client, grant, issued_at};

    fn issue(scope: &str, id_token_claims: &[&str], request: IdTokenRequest<'_>) -> Map<String, Value> {
        let user: StandardClaims =
            serde_json::from_value(json!({"name": "Alice", "email": "a@example.test", "email_verified": true}))
                .unwrap();
        let mut client = client();
        client.id_token_claims = id_token_claims.iter().map(|name| (*name).to_owned()).collect();
        let grant = grant(scope);
        let token = IdToken::of_grant(&grant, &user, &client, request, issued_at(Timestamp::from_secs(5000)));
        serde_json::from_slice(&serde_json::to_vec(&token).unwrap()).unwrap()
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
    fn no_claim_about_the_person_is_called_like_one_of_the_token() {
        // It would be in the token twice, and readers differ in which they believe.
        let mut client = client();
        client.id_token_claims = ["nbf", "scope"].map(str::to_owned).into();
        client.exchange.as_mut().unwrap().id_tokens = true;
        let (grant, sid) = (grant("openid"), Some(SessionId::from_bytes([1; 16])));
        let pairwise = PairwiseSubject { sub: Subject::parse("known-so").unwrap(), account: "sealed".to_owned() };
        let request = IdTokenRequest { nonce: Some("n"), access_token: Some("t"), sid, pairwise: Some(&pairwise) };
        let context = issued_at(Timestamp::from_secs(5000));
        let token = IdToken::of_grant(&grant, &StandardClaims::default(), &client, request, context);
        let found: Map<String, Value> = serde_json::from_slice(&serde_json::to_vec(&token).unwrap()).unwrap();
        assert_eq!((found.get("sub"), found.get("account")), (Some(&json!("known-so")), Some(&json!("sealed"))));
        assert_eq!(found.len(), 15, "all that there can be: {found:?}");
        for name in found.keys() {
            assert_eq!(StandardClaims::scope_of(name), None, "{name}");
        }
    }

    #[test]
    fn the_example_of_the_specification_hashes_alike() {
        // The access token of Core appendix A.3, whose at_hash is printed there.
        assert_eq!(
            at_hash(JwsAlgorithm::RS256, "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y"),
            "77QmUPtjPfzWtF2AnpK9RQ"
        );
    }

    #[test]
    fn the_nonce_is_echoed_exactly() {
        let found = issue("openid", &[], IdTokenRequest { nonce: Some(" n=1 "), ..IdTokenRequest::default() });
        assert_eq!(found.get("nonce"), Some(&json!(" n=1 ")));
    }
}
