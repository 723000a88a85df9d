//! Introspection (RFC 7662 §2.2, §4): who may see a token, and what the answer says.

use serde_json::{Map, Value, json};

use crate::client::{Client, IntrospectPolicy};
use crate::grant::Grant;
use crate::resource::Audience;
use crate::time::Timestamp;
use crate::token::access_token::AccessToken;

/// Whether the caller may see this access token: it is the caller's, the caller is one of its audiences, or the caller
/// is registered to see any. RFC 7662 §4 leaves the choice to the server, and §2.2 the answer about what it may not see:
/// [`inactive`].
#[must_use]
pub fn may_see(caller: &Client, token: &AccessToken) -> bool {
    caller.introspect == IntrospectPolicy::Any
        || token.client_id == caller.id
        || caller.audiences.iter().any(|audience| token.is_for(audience))
}

/// The answer about a token that is not active, unknown, or none of the caller's business: nothing else is told apart
/// (RFC 7662 §2.2).
#[must_use]
pub fn inactive() -> Map<String, Value> {
    Map::from_iter([("active".to_owned(), Value::Bool(false))])
}

/// The answer about a live access token: its claims, `active` and `token_type` (RFC 7662 §2.2). What it rests on is
/// nobody else's business.
#[must_use]
pub fn active_access_token(token: &AccessToken) -> Map<String, Value> {
    let mut answer = token.to_claims();
    answer.remove("grants");
    answer.remove("ancestors");
    answer.insert("active".to_owned(), Value::Bool(true));
    answer.insert("token_type".to_owned(), json!("Bearer"));
    answer
}

/// The answer about a live refresh token, to its own client (RFC 7662 §2.2). `exp` is when it stops working if it is not
/// used, `iat` when its predecessor was spent.
#[must_use]
pub fn active_refresh_token(grant: &Grant, issuer: &Audience) -> Map<String, Value> {
    let terms = &grant.terms;
    let mut answer = Map::new();
    let mut put = |name: &str, value: Value| answer.insert(name.to_owned(), value);
    put("active", Value::Bool(true));
    put("iss", json!(issuer));
    put("sub", json!(terms.subject));
    put("client_id", json!(terms.client_id));
    put("exp", json!(grant.expires_at.as_secs()));
    put("iat", json!(issued_at(grant).as_secs()));
    if !terms.scope.is_empty() {
        put("scope", json!(terms.scope));
    }
    answer
}

fn issued_at(grant: &Grant) -> Timestamp {
    grant.spent_at.unwrap_or_else(|| grant.terms.reference.id.made_at())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grant::testing::{client, grant};
    use crate::id::{GrantId, TokenId};
    use crate::registry::Registry;
    use crate::token::access_token::IssueContext;
    use crate::token::lifetime::Lifetimes;

    fn token() -> AccessToken {
        let (issuer, lifetimes) = (Audience::parse("https://op.example").unwrap(), Lifetimes::default());
        let context = IssueContext {
            issuer: &issuer,
            now: Timestamp::from_secs(1),
            token_id: TokenId::from_bytes([1; 16]),
            lifetimes: &lifetimes,
            registry: &Registry::default(),
        };
        let api = Audience::parse("urn:api").unwrap();
        AccessToken::of_grant(&grant("a"), &grant("a").terms.scope, &[api], &client(), context)
    }

    #[test]
    fn a_caller_sees_its_own_its_audiences_or_any() {
        let mut caller = client();
        assert!(may_see(&caller, &token()));
        caller.id = crate::client::ClientId::parse("stranger").unwrap();
        assert!(!may_see(&caller, &token()));
        caller.audiences = vec![Audience::parse("urn:api").unwrap()];
        assert!(may_see(&caller, &token()));
        caller.audiences.clear();
        caller.introspect = IntrospectPolicy::Any;
        assert!(may_see(&caller, &token()));
    }

    #[test]
    fn private_claims_stay_private() {
        let answer = active_access_token(&token());
        assert!(!answer.contains_key("grants") && answer.contains_key("iss"));
    }

    #[test]
    fn a_refresh_token_that_never_rotated_dates_from_its_grant() {
        let mut grant = grant("a");
        grant.terms.reference.id = GrantId::new(Timestamp::from_secs(1_700_000_000), &[0; 10]);
        assert_eq!(
            active_refresh_token(&grant, &Audience::parse("urn:i").unwrap()).get("iat"),
            Some(&json!(1_700_000_000))
        );
    }
}
