//! UserInfo (OpenID Connect Core §5.3): the claims that the access token's scope releases.

use grantor_domain::client::ClientId;
use grantor_domain::error::{Reason, Refusal};
use grantor_domain::jwt::JwtType;
use grantor_domain::secret::Secret;
use grantor_ports::{Liveness, TokenDependencies};
use serde_json::{Map, Value};

use crate::failure::Outcome;
use crate::service::Service;

/// The answer of UserInfo.
#[derive(Clone, Debug, PartialEq)]
pub struct UserInfo {
    /// What it says.
    pub body: UserInfoBody,
    /// Whose access token it was.
    pub client_id: ClientId,
}

/// How UserInfo says it (OpenID Connect Core §5.3.2).
#[derive(Clone, Debug, PartialEq)]
pub enum UserInfoBody {
    /// The claims as JSON.
    Json(Map<String, Value>),
    /// A JWT, for a client that is registered for it.
    Jwt(String),
}

impl Service {
    /// The client that an access token of ours was issued to, whether or not it is still good: its scripts may read
    /// why it was refused.
    pub async fn client_of(&self, token: &Secret) -> Option<ClientId> {
        self.read_access_token(token.expose()).await.ok().map(|token| token.client_id)
    }

    /// The claims about the person behind an access token.
    ///
    /// # Errors
    /// `invalid_token`, `insufficient_scope` (RFC 6750 §3.1), or an outage.
    pub async fn userinfo(&self, token: Option<&Secret>) -> Outcome<UserInfo> {
        let now = self.now();
        let text = token.ok_or(Refusal::new(Reason::AccessTokenMissing))?;
        let token = self.read_access_token(text.expose()).await?;
        let invalid = |cause: &'static str| Refusal::because(Reason::AccessTokenInvalid, cause);
        if token.expires_at <= now {
            return Err(invalid("the token has expired").into());
        }
        if !token.scope.is_openid() {
            return Err(Refusal::new(Reason::InsufficientScope).into());
        }
        if !token.is_for(&self.settings.issuer) {
            return Err(invalid("the token is not meant for this server").into());
        }
        let mut tokens = vec![token.id];
        tokens.extend(&token.ancestors);
        let account = self.account_of(&token)?;
        let rests_on = TokenDependencies { grants: &token.grants, tokens: &tokens, claims_of: Some(&account) };
        let Liveness::Live { claims, requested } = self.ports.grants.liveness(rests_on, now).await? else {
            return Err(invalid("the token or its grant was revoked").into());
        };
        let mut answer = claims.released_by(&token.scope);
        // What a client asked for by name was allowed to that client: a token made by exchange carries its scope alone.
        let first_hand = token.ancestors.is_empty() && token.actor.is_none();
        if let Some(requested) = requested.filter(|_| first_hand) {
            answer.extend(claims.named(&requested.userinfo_names()));
        }
        answer.insert("sub".to_owned(), Value::from(token.subject));
        let body = self.userinfo_body(answer, &token.client_id).await?;
        Ok(UserInfo { body, client_id: token.client_id })
    }

    async fn userinfo_body(&self, mut claims: Map<String, Value>, client_id: &ClientId) -> Outcome<UserInfoBody> {
        let registered = self.registered(client_id.as_str()).await?;
        let signing = registered.and_then(|registered| Some((registered.client.userinfo_algorithm?, registered)));
        let Some((algorithm, registered)) = signing else { return Ok(UserInfoBody::Json(claims)) };
        claims.insert("iss".to_owned(), Value::from(self.settings.issuer.as_str()));
        claims.insert("aud".to_owned(), Value::from(client_id.as_str()));
        let claims = serde_json::to_vec(&claims)?;
        Ok(UserInfoBody::Jwt(self.sign_for_client(JwtType::IdToken, &claims, algorithm, &registered.secrets)?))
    }
}
