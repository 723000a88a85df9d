//! The access token: what it says (RFC 9068 §2.2), and what its life depends on.
//!
//! A JWT and an opaque token say the same; only the envelope differs. Besides the standard claims it names every
//! grant it rests on and every token it came from, so that one statement tells whether it is still good.

use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::client::{Client, ClientId};
use crate::grant::{Grant, GrantRef};
use crate::id::TokenId;
use crate::jwt::Claims;
use crate::registry::Registry;
use crate::resource::Audience;
use crate::scope::ScopeSet;
use crate::time::{Timestamp, numeric_date, optional_numeric_date};
use crate::token::pairwise::PairwiseSubject;
use crate::token::{lifetime::Lifetimes, target};

/// An access token of ours: the claims of RFC 9068 §2.2, and what its life depends on. Serialized it is the claims, as both
/// formats carry them. Its `Debug` shows claims, never the token.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AccessToken {
    /// `iss` (RFC 9068 §2.2).
    #[serde(rename = "iss")]
    pub issuer: Audience,
    /// `sub`: a user, as the client knows them (OpenID Connect Core §8), or the client itself for client_credentials (RFC 9068
    /// §2.2).
    #[serde(rename = "sub")]
    pub subject: String,
    /// `aud` (RFC 9068 §2.2, §3): at least one when we made it.
    #[serde(rename = "aud", serialize_with = "one_or_many")]
    pub audience: Vec<Audience>,
    /// `client_id`: whom it was issued to (RFC 9068 §2.2, RFC 8693 §4.3).
    pub client_id: ClientId,
    /// `scope` (RFC 9068 §2.2.3, RFC 8693 §4.2); left out of the claims if it is empty.
    #[serde(skip_serializing_if = "ScopeSet::is_empty")]
    pub scope: ScopeSet,
    /// `jti` (RFC 9068 §2.2): what revoking this one token names.
    #[serde(rename = "jti")]
    pub id: TokenId,
    /// `iat` (RFC 9068 §2.2), in whole seconds on the wire.
    #[serde(rename = "iat", serialize_with = "numeric_date")]
    pub issued_at: Timestamp,
    /// `exp` (RFC 9068 §2.2), in whole seconds on the wire, rounded down. From then on the token is worth nothing.
    #[serde(rename = "exp", serialize_with = "numeric_date")]
    pub expires_at: Timestamp,
    /// `auth_time`, where a person signed in (RFC 9068 §2.2.1).
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "optional_numeric_date")]
    pub auth_time: Option<Timestamp>,
    /// `acr`, where a person signed in and reached a named level (RFC 9068 §2.2.1).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acr: Option<String>,
    /// Every grant it rests on: all must be live. The private claim `grants`, Grantor's own; see docs/architecture.md.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub grants: Vec<GrantRef>,
    /// Every token it came from: none may be revoked. The private claim `ancestors`, Grantor's own; see
    /// docs/architecture.md.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ancestors: Vec<TokenId>,
    /// The user, sealed, where `sub` is pairwise (OpenID Connect Core §8.1) or nothing else says that it is a user. The private
    /// claim `account`, Grantor's own; see
    /// docs/architecture.md.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// `act` (RFC 8693 §4.1): who acts for the subject, prior actors nested inside; none unless it was exchanged.
    #[serde(rename = "act", skip_serializing_if = "Option::is_none")]
    pub actor: Option<Value>,
}

/// What every token of one answer shares. Grantor's own grouping of RFC 9068 §2.2 and OpenID Connect Core §2.
#[derive(Clone, Copy, Debug)]
pub struct IssueContext<'a> {
    /// Who issues: `iss` (RFC 8414 §2).
    pub issuer: &'a Audience,
    /// When: `iat` (RFC 9068 §2.2).
    pub now: Timestamp,
    /// Names the access token: `jti` (RFC 9068 §2.2).
    pub token_id: TokenId,
    /// How long tokens live where the client says nothing.
    pub lifetimes: &'a Lifetimes,
    /// What scopes and resources are registered.
    pub registry: &'a Registry,
}

impl AccessToken {
    /// An access token of a grant (RFC 9068 §2.2). It never outlives the grant's row, which says whether it is revoked.
    /// `scope` and `resources` are those of this answer, which may be narrower than the grant's (RFC 6749 §6, RFC 8707
    /// §2.2).
    #[must_use]
    pub fn of_grant(
        grant: &Grant,
        scope: &ScopeSet,
        resources: &[Audience],
        client: &Client,
        context: IssueContext<'_>,
    ) -> Self {
        let terms = &grant.terms;
        let life = context.lifetimes.access_token(client);
        let (audience, scope) = target(scope, resources, client, context);
        Self {
            issuer: context.issuer.clone(),
            subject: terms.subject.as_str().to_owned(),
            audience,
            client_id: client.id.clone(),
            scope,
            id: context.token_id,
            issued_at: context.now,
            expires_at: context.now.plus(life).min(terms.absolute_expires_at),
            auth_time: Some(terms.authentication.time),
            acr: terms.authentication.acr.clone(),
            grants: vec![terms.reference],
            ancestors: Vec::new(),
            account: None,
            actor: None,
        }
    }

    /// An access token of the client itself (RFC 6749 §4.4): its `sub` is the client id (RFC 9068 §2.2).
    #[must_use]
    pub fn of_client(client: &Client, scope: &ScopeSet, resources: &[Audience], context: IssueContext<'_>) -> Self {
        let (audience, scope) = target(scope, resources, client, context);
        Self {
            issuer: context.issuer.clone(),
            subject: client.id.as_str().to_owned(),
            audience,
            client_id: client.id.clone(),
            scope,
            id: context.token_id,
            issued_at: context.now,
            expires_at: context.now.plus(context.lifetimes.access_token(client)),
            auth_time: None,
            acr: None,
            grants: Vec::new(),
            ancestors: Vec::new(),
            account: None,
            actor: None,
        }
    }

    /// Tells the client a pairwise subject instead of the one that everybody is told (OpenID Connect Core §8.1).
    pub fn tell(&mut self, PairwiseSubject { sub, account }: PairwiseSubject) {
        self.subject = sub.into();
        self.account = Some(account);
    }

    /// `expires_in` of the answer, in seconds (RFC 6749 §5.1).
    #[must_use]
    pub fn expires_in(&self) -> i64 {
        self.expires_at.as_secs() - self.issued_at.as_secs()
    }

    /// Whether `audience` is among those the token is for: a resource server MUST find itself there (RFC 9068 §4).
    #[must_use]
    pub fn is_for(&self, audience: &Audience) -> bool {
        self.audience.contains(audience)
    }

    /// Reads claims whose seal or signature was checked. `None` if they are not those of an access token of ours, which
    /// have every claim that RFC 9068 §2.2 requires. Issuer, audience and expiry are for the reader to check (§4).
    ///
    /// ```
    /// use grantor_domain::jwt::Claims;
    /// use grantor_domain::resource::Audience;
    /// use grantor_domain::token::access_token::AccessToken;
    ///
    /// let payload = br#"{
    ///     "iss": "https://op.example", "sub": "alice", "aud": "https://api.example", "client_id": "web",
    ///     "exp": 1800003600, "iat": 1800000000, "jti": "01a31a2b-8400-7000-8000-000000000000", "scope": "read"
    /// }"#;
    /// let token = Claims::from_payload(payload).as_ref().and_then(AccessToken::from_claims).expect("one of ours");
    /// assert!(token.scope.contains("read"));
    /// assert!(token.is_for(&Audience::parse("https://api.example")?));
    /// assert_eq!(token.expires_in(), 3600);
    /// # Ok::<(), grantor_domain::resource::InvalidAudience>(())
    /// ```
    #[must_use]
    pub fn from_claims(claims: &Claims) -> Option<Self> {
        let id = |text: &str| TokenId::parse(text);
        Some(Self {
            issuer: Audience::parse(claims.text("iss")?).ok()?,
            subject: claims.text("sub")?.to_owned(),
            audience: claims.audience().into_iter().map(|a| Audience::parse(a).ok()).collect::<Option<_>>()?,
            client_id: ClientId::parse(claims.text("client_id")?)?,
            scope: ScopeSet::parse(claims.text("scope").unwrap_or_default()).ok()?,
            id: id(claims.text("jti")?)?,
            issued_at: claims.time("iat")?,
            expires_at: claims.time("exp")?,
            auth_time: claims.time("auth_time"),
            acr: claims.text("acr").map(str::to_owned),
            grants: claims.texts("grants").into_iter().map(GrantRef::parse).collect::<Option<_>>()?,
            ancestors: claims.texts("ancestors").into_iter().map(id).collect::<Option<_>>()?,
            account: claims.text("account").map(str::to_owned),
            actor: claims.get("act").cloned(),
        })
    }
}

/// `aud` with one value is that value, not a list (RFC 7519 §4.1.3): some readers know only that form.
fn one_or_many<S: Serializer>(audience: &[Audience], serializer: S) -> Result<S::Ok, S::Error> {
    match audience {
        [one] => one.serialize(serializer),
        many => many.serialize(serializer),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::*;
    use crate::grant::testing::{client, grant, issued_at};

    #[test]
    fn claims_read_back() {
        let issue = issued_at(Timestamp::from_secs(1000));
        let grant = grant("openid a");
        let mut token = AccessToken::of_grant(&grant, &grant.terms.scope, &[], &client(), issue);
        token.ancestors = vec![TokenId::from_bytes([8; 16])];
        token.actor = Some(json!({"sub": "other"}));
        let sub = crate::user::Subject::parse("known-so").unwrap();
        token.tell(PairwiseSubject { sub, account: "sealed".to_owned() });
        token.auth_time = token.auth_time.map(|time| Timestamp::from_secs(time.as_secs()));
        let payload = serde_json::to_vec(&token).unwrap();
        assert_eq!(AccessToken::from_claims(&Claims::from_payload(&payload).unwrap()), Some(token));
    }

    #[test]
    fn claims_are_those_of_the_specification() {
        let issue = issued_at(Timestamp::from_millis(1_000_999));
        let [one, two] = ["https://a.example", "https://b.example"].map(|text| Audience::parse(text).unwrap());
        let mut token = AccessToken::of_client(&client(), &ScopeSet::default(), &[one, two], issue);
        let expected = json!({
            "iss": "https://op.example",
            "sub": token.client_id,
            "aud": ["https://a.example", "https://b.example"],
            "client_id": token.client_id,
            "jti": token.id.to_string(),
            "iat": 1000,
            "exp": 1000 + token.expires_in(),
        });
        assert_eq!(serde_json::to_value(&token).unwrap(), expected);
        token.audience.truncate(1);
        assert_eq!(serde_json::to_value(&token).unwrap().get("aud"), Some(&json!("https://a.example")));
    }

    #[test]
    fn an_access_token_never_outlives_its_grant() {
        let grant = grant("a");
        let now = grant.terms.absolute_expires_at.minus(Duration::from_secs(10));
        let token = AccessToken::of_grant(&grant, &grant.terms.scope, &[], &client(), issued_at(now));
        assert_eq!(token.expires_in(), 10);
    }
}
