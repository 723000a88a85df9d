//! Introspection (RFC 7662): at most one statement, and no hint to those whom a token does not concern.

use grantor_domain::error::{Reason, Refusal};
use grantor_domain::grant::refresh_token::key;
use grantor_domain::token::introspection::{Introspection, may_see};
use grantor_ports::{Liveness, TokenDependencies};

use crate::client_authentication::{PresentedCredentials, ProvenClient, Purpose};
use crate::failure::{Failure, Outcome};
use crate::service::Service;

/// An introspection request as it arrived. `token_type_hint` is not in it: the token itself tells its kind.
#[derive(Clone, Debug)]
pub struct IntrospectionRequest {
    /// What may prove the caller.
    pub credentials: PresentedCredentials,
    /// `token`.
    pub token: Option<grantor_domain::secret::Secret>,
}

impl Service {
    /// Tells the caller about a token.
    ///
    /// # Errors
    /// If the caller does not authenticate, sends no token, or storage is away.
    pub async fn introspect(&self, request: &IntrospectionRequest) -> Outcome<Introspection> {
        let purpose = Purpose { path: &self.settings.endpoints.introspection, grant_type: None };
        let caller = self.authenticate(&request.credentials, purpose).await?;
        if caller.is_public() {
            return Err(Refusal::because(Reason::ClientAuthenticationFailed, "introspection needs credentials").into());
        }
        let token = request.token.as_ref().ok_or_else(|| Refusal::parameter(Reason::ParameterMissing, "token"))?;
        match self.ports.sealer.open_refresh_token(token.expose()) {
            Ok(refresh_token) => self.introspect_refresh_token(&caller, &refresh_token).await,
            Err(_not_a_refresh_token) => self.introspect_access_token(&caller, token.expose()).await,
        }
    }

    async fn introspect_access_token(&self, caller: &ProvenClient, text: &str) -> Outcome<Introspection> {
        let now = self.now();
        let token = match self.read_access_token(text).await {
            Ok(token) if token.expires_at > now && may_see(caller, &token) => token,
            Ok(_) | Err(Failure::Refused(_)) => return Ok(Introspection::inactive()),
            Err(failure) => return Err(failure),
        };
        let mut tokens = vec![token.id];
        tokens.extend(&token.ancestors);
        let rests_on = TokenDependencies { grants: &token.grants, tokens: &tokens, claims_of: None };
        if self.ports.grants.liveness(rests_on, now).await? == Liveness::Dead {
            return Ok(Introspection::inactive());
        }
        // A token that a client got for itself rests on no grant: it ends with the client.
        let client = self.registered(token.client_id.as_str()).await?;
        Ok(client.map_or_else(Introspection::inactive, |_registered| Introspection::of_access_token(token)))
    }

    async fn introspect_refresh_token(
        &self,
        caller: &ProvenClient,
        token: &grantor_domain::token::refresh_token::RefreshToken,
    ) -> Outcome<Introspection> {
        let found = self.ports.grants.find(&key(token, &caller.id), self.now()).await?;
        Ok(match found.filter(|live| token.generation >= live.grant.generation) {
            Some(live) => {
                let pairwise = self.pairwise_sub(caller, live.grant.terms.subject.as_str())?;
                Introspection::of_refresh_token(live.grant, pairwise, &self.settings.issuer)
            }
            None => Introspection::inactive(),
        })
    }
}
