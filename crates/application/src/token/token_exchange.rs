//! Token exchange: find out whether each presented token is good, one statement each, then let the domain decide.

use grantor_domain::client::{AccessTokenFormat, ClientId};
use grantor_domain::error::{Reason, Refusal};
use grantor_domain::grant::GrantRef;
use grantor_domain::grant::refresh_token::key;
use grantor_domain::grant::token_exchange::{
    DeclaredToken, DeclaredType, LiveToken, Parameters, Presented, TokenOrigin, TokenType, exchange, read,
};
use grantor_domain::jwt::{Claims, JwtType};
use grantor_domain::resource::Audience;
use grantor_domain::scope::ScopeSet;
use grantor_domain::time::Timestamp;
use grantor_domain::token::pairwise::PairwiseSubject;
use grantor_ports::{Liveness, TokenDependencies};

use crate::client_authentication::ProvenClient;
use crate::failure::{Failure, Outcome};
use crate::issue::{Issued, TokenAnswer};
use crate::service::Service;

impl Service {
    /// Exchanges a token of ours, or of somebody whom the client's policy trusts (RFC 8693).
    pub(super) async fn exchange_token(&self, client: &ProvenClient, parameters: &Parameters) -> Outcome<TokenAnswer> {
        let now = self.now();
        let request = read(parameters, client)?;
        let subject = self.load(client, &request.subject, now).await.map_err(blame(Reason::SubjectTokenInvalid))?;
        let actor = match &request.actor {
            Some(actor) => {
                let mut actor = self.load(client, actor, now).await.map_err(blame(Reason::ActorTokenInvalid))?;
                // `act` names them as the client knows them, too.
                if let Some(told) = self.told_of(client, &actor)? {
                    actor.subject = told.sub.into();
                }
                Some(actor)
            }
            None => None,
        };
        let (told, is_about_a_user) = (self.told_of(client, &subject)?, subject.is_about_a_user);
        let presented = Presented { subject, actor };
        let registry = self.registry();
        let context = self.issue_context(now, &registry);
        let mut token = exchange(&request, parameters.scope.as_deref(), presented, client, context)?;
        let issued = Issued::from(&token);
        match told {
            Some(told) => token.tell(told),
            // Nothing else would say so: whoever exchanges it next may be one who is told a pairwise subject.
            None if is_about_a_user && token.auth_time.is_none() => {
                token.account = Some(self.seal_account(&token.subject)?);
            }
            None => {}
        }
        let format = match request.requested {
            TokenType::Jwt => AccessTokenFormat::Jwt,
            _ => client.access_token_format,
        };
        Ok(TokenAnswer {
            access_token: self.encode_access_token(&token, client, format)?,
            expires_in: token.expires_in(),
            issued,
            refresh_token: None,
            scope: token.scope,
            id_token: None,
            issued_token_type: Some(request.requested),
        })
    }

    /// What the client is told instead of the person that a token is about.
    fn told_of(&self, client: &ProvenClient, token: &LiveToken) -> Outcome<Option<PairwiseSubject>> {
        if token.is_about_a_user { self.pairwise(client, &token.subject) } else { Ok(None) }
    }

    async fn load(&self, client: &ProvenClient, declared: &DeclaredToken, now: Timestamp) -> Outcome<LiveToken> {
        let text = declared.token.expose();
        let kind = match &declared.kind {
            DeclaredType::Standard(kind) => *kind,
            DeclaredType::Validated(validator) => return self.load_validated(client, text, validator, now).await,
        };
        if let (TokenType::Jwt, Some(trusted)) = (kind, self.issuer_trusted_for(client, text)) {
            return self.load_foreign_jwt(client, text, trusted, now).await;
        }
        match kind {
            TokenType::AccessToken => self.load_access_token(text, now).await,
            TokenType::Jwt if text.contains('.') => self.load_access_token(text, now).await,
            TokenType::Jwt => Err(Refusal::because(Reason::SubjectTokenInvalid, "the token is no JWT").into()),
            TokenType::RefreshToken => self.load_refresh_token(client, text, now).await,
            TokenType::IdToken => self.load_id_token(client, text, now).await,
        }
    }

    async fn load_access_token(&self, text: &str, now: Timestamp) -> Outcome<LiveToken> {
        let token = self.read_access_token(text).await?;
        if token.expires_at <= now {
            return Err(Refusal::because(Reason::SubjectTokenInvalid, "the token has expired").into());
        }
        let account = self.account_of(&token)?;
        let live = LiveToken { subject: account, ..LiveToken::from(token) };
        self.require_live(&live, now).await?;
        Ok(live)
    }

    /// A refresh token stands for its grant: only its own client holds it, and only the current one counts.
    async fn load_refresh_token(&self, client: &ProvenClient, text: &str, now: Timestamp) -> Outcome<LiveToken> {
        let invalid = |cause: String| Refusal::because(Reason::SubjectTokenInvalid, cause);
        let token = self
            .ports
            .sealer
            .open_refresh_token(text)
            .map_err(|problem| invalid(format!("not one of ours: {problem:?}")))?;
        let found = self.ports.grants.find(&key(&token, &client.id), now).await?;
        let live = found.ok_or_else(|| invalid("no such live grant".to_owned()))?;
        if token.generation < live.grant.generation {
            return Err(invalid("the refresh token was used before".to_owned()).into());
        }
        let terms = live.grant.terms;
        Ok(LiveToken {
            subject: terms.subject.as_str().to_owned(),
            client_id: terms.client_id,
            audience: Vec::new(),
            scope: terms.scope,
            expires_at: terms.absolute_expires_at,
            auth_time: Some(terms.authentication.time),
            acr: terms.authentication.acr,
            grants: vec![terms.reference],
            lineage: Vec::new(),
            actor: None,
            may_act: None,
            is_about_a_user: true,
            origin: TokenOrigin::Here,
        })
    }

    /// An ID token counts only if it was signed with a key that its client does not hold, and names its grant.
    async fn load_id_token(&self, client: &ProvenClient, text: &str, now: Timestamp) -> Outcome<LiveToken> {
        let jwt = self.verify_own_jwt(text).await?;
        let claims = Claims::from_payload(&jwt.payload).filter(|_| jwt.kind == Some(JwtType::IdToken));
        let mut live = claims
            .as_ref()
            .and_then(|claims| read_id_token(claims, &self.settings.issuer))
            .filter(|live| live.client_id == client.id && live.expires_at > now)
            .ok_or_else(|| {
                Refusal::because(Reason::SubjectTokenInvalid, "no live ID token of this client that names its grant")
            })?;
        let sealed = claims.as_ref().and_then(|claims| claims.text("account"));
        live.subject = self.account(&live.subject, sealed)?;
        self.require_live(&live, now).await?;
        Ok(live)
    }

    async fn require_live(&self, token: &LiveToken, now: Timestamp) -> Outcome<()> {
        let rests_on = TokenDependencies { grants: &token.grants, tokens: &token.lineage, claims_of: None };
        match self.ports.grants.liveness(rests_on, now).await? {
            Liveness::Live { .. } => Ok(()),
            Liveness::Dead => {
                Err(Refusal::because(Reason::SubjectTokenInvalid, "the token or its grant was revoked").into())
            }
        }
    }
}

fn read_id_token(claims: &Claims, issuer: &Audience) -> Option<LiveToken> {
    let audience = claims.audience();
    let ([audience], true) = (audience.as_slice(), claims.text("iss") == Some(issuer.as_str())) else { return None };
    let grants: Vec<_> = claims.texts("grants").into_iter().map(GrantRef::parse).collect::<Option<_>>()?;
    if grants.is_empty() {
        return None;
    }
    Some(LiveToken {
        subject: claims.text("sub")?.to_owned(),
        client_id: ClientId::parse(audience)?,
        audience: Vec::new(),
        scope: ScopeSet::parse(claims.text("scope").unwrap_or_default()).ok()?,
        expires_at: claims.time("exp")?,
        auth_time: claims.time("auth_time"),
        acr: claims.text("acr").map(str::to_owned),
        grants,
        lineage: Vec::new(),
        actor: None,
        may_act: claims.get("may_act").cloned(),
        is_about_a_user: true,
        origin: TokenOrigin::Here,
    })
}

/// Whatever is wrong with a presented token is `invalid_request` over that parameter (RFC 8693 §2.2.2); an outage stays
/// an outage.
fn blame(reason: Reason) -> impl Fn(Failure) -> Failure {
    move |failure| match failure {
        Failure::Refused(refusal) => Failure::Refused(Refusal { reason, ..refusal }),
        other => other,
    }
}
