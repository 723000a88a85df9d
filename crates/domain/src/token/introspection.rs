//! Introspection (RFC 7662 §2.2, §4): who may see a token, and what the answer says.

use serde::Serialize;

use crate::client::{Client, ClientId, IntrospectPolicy};
use crate::grant::{Grant, GrantTerms};
use crate::resource::Audience;
use crate::scope::ScopeSet;
use crate::time::{Timestamp, numeric_date};
use crate::token::access_token::AccessToken;
use crate::user::Subject;

/// Whether the caller may see this access token: it is the caller's, the caller is one of its audiences, or the caller
/// is registered to see any. RFC 7662 §4 leaves the choice to the server, and §2.2 the answer about what it may not see:
/// [`Introspection::inactive`].
#[must_use]
pub fn may_see(caller: &Client, token: &AccessToken) -> bool {
    caller.introspect == IntrospectPolicy::Any
        || token.client_id == caller.id
        || caller.audiences.iter().any(|audience| token.is_for(audience))
}

/// An answer (RFC 7662 §2.2), which is what it is serialized to.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Introspection {
    active: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    token_type: Option<&'static str>,
    #[serde(flatten)]
    token: Option<Token>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
enum Token {
    Access(Box<AccessToken>),
    Refresh(RefreshTokenClaims),
}

#[derive(Clone, Debug, PartialEq, Serialize)]
struct RefreshTokenClaims {
    iss: Audience,
    sub: Subject,
    client_id: ClientId,
    #[serde(serialize_with = "numeric_date")]
    exp: Timestamp,
    #[serde(serialize_with = "numeric_date")]
    iat: Timestamp,
    #[serde(skip_serializing_if = "ScopeSet::is_empty")]
    scope: ScopeSet,
}

impl Introspection {
    /// The answer about a token that is not active, unknown, or none of the caller's business: nothing else is told apart
    /// (RFC 7662 §2.2).
    #[must_use]
    pub const fn inactive() -> Self {
        Self { active: false, token_type: None, token: None }
    }

    /// The answer about a live access token: its claims, `active` and `token_type` (RFC 7662 §2.2). What it rests on is
    /// nobody else's business.
    #[must_use]
    pub fn of_access_token(token: AccessToken) -> Self {
        let shown = AccessToken { grants: Vec::new(), ancestors: Vec::new(), account: None, ..token };
        Self { active: true, token_type: Some("Bearer"), token: Some(Token::Access(Box::new(shown))) }
    }

    /// The answer about a live refresh token, to its own client (RFC 7662 §2.2). `exp` is when it stops working if it is
    /// not used, `iat` when its predecessor was spent. `pairwise` is what the client is told instead of the grant's subject, if it
    /// is (OpenID Connect Core §8.1).
    #[must_use]
    pub fn of_refresh_token(grant: Grant, pairwise: Option<Subject>, issuer: &Audience) -> Self {
        let iat = issued_at(&grant);
        let GrantTerms { subject, client_id, scope, .. } = grant.terms;
        let sub = pairwise.unwrap_or(subject);
        let claims = RefreshTokenClaims { iss: issuer.clone(), sub, client_id, exp: grant.expires_at, iat, scope };
        Self { active: true, token_type: None, token: Some(Token::Refresh(claims)) }
    }
}

fn issued_at(grant: &Grant) -> Timestamp {
    grant.spent_at.unwrap_or_else(|| grant.terms.reference.id.made_at())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::grant::testing::{client, grant, issued_at};
    use crate::id::{GrantId, TokenId};

    fn token() -> AccessToken {
        let api = Audience::parse("urn:api").unwrap();
        AccessToken::of_grant(
            &grant("a"),
            &grant("a").terms.scope,
            &[api],
            &client(),
            issued_at(Timestamp::from_secs(1)),
        )
    }

    #[test]
    fn a_caller_sees_its_own_its_audiences_or_any() {
        let mut caller = client();
        assert!(may_see(&caller, &token()));
        caller.id = ClientId::parse("stranger").unwrap();
        assert!(!may_see(&caller, &token()));
        caller.audiences = vec![Audience::parse("urn:api").unwrap()];
        assert!(may_see(&caller, &token()));
        caller.audiences.clear();
        caller.introspect = IntrospectPolicy::Any;
        assert!(may_see(&caller, &token()));
    }

    #[test]
    fn private_claims_stay_private() {
        let mut expected = serde_json::to_value(token()).unwrap();
        let claims = expected.as_object_mut().unwrap();
        assert!(claims.remove("grants").is_some());
        claims.insert("active".to_owned(), json!(true));
        claims.insert("token_type".to_owned(), json!("Bearer"));
        let account = Some("sealed".to_owned());
        let exchanged = AccessToken { ancestors: vec![TokenId::from_bytes([2; 16])], account, ..token() };
        assert_eq!(serde_json::to_value(Introspection::of_access_token(exchanged)).unwrap(), expected);
    }

    #[test]
    fn of_an_inactive_token_nothing_is_said() {
        assert_eq!(serde_json::to_value(Introspection::inactive()).unwrap(), json!({"active": false}));
    }

    #[test]
    fn a_refresh_token_that_never_rotated_dates_from_its_grant() {
        let mut grant = grant("a");
        grant.terms.reference.id = GrantId::new(Timestamp::from_secs(1_700_000_000), &[0; 10]);
        let answer = Introspection::of_refresh_token(grant, None, &Audience::parse("urn:i").unwrap());
        assert_eq!(serde_json::to_value(answer).unwrap().get("iat"), Some(&json!(1_700_000_000)));
    }
}
