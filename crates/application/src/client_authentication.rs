//! Proving the client (RFC 6749 §2.3, RFC 7523 §2.2): which of the ways it may have used it did use, and whether that
//! is enough.

use std::sync::Arc;

use grantor_domain::client::{
    AssertionLimits, AuthMethod, AuthenticatedClient, ClientAssertion, ClientId, ClientKeySource, Evidence, JWT_BEARER,
    assertion_client, authenticate, authenticate_with_assertion,
};
use grantor_domain::error::{Reason, Refusal};
use grantor_domain::grant::GrantType;
use grantor_domain::jwt::{Claims, JoseHeader, JwsAlgorithm};
use grantor_domain::secret::Secret;
use grantor_ports::{ClientSecrets, CryptoFailure, Spend, Unavailable};

use crate::cache::RegisteredClient;
use crate::failure::Outcome;
use crate::service::Service;

/// What the Authorization header held.
#[derive(Clone, Debug)]
pub enum BasicCredentials {
    /// Something that is no form-encoded id and secret (RFC 6749 §2.3.1).
    Malformed,
    /// An id and a secret.
    Read {
        /// The id.
        client_id: String,
        /// The secret.
        secret: Secret,
    },
}

/// A client assertion (RFC 7521 §4.2).
#[derive(Clone, Debug)]
pub struct PresentedAssertion {
    /// `client_assertion_type`.
    pub kind: Option<String>,
    /// `client_assertion`.
    pub assertion: Secret,
}

/// Everything about a request that may prove the client.
#[derive(Clone, Debug, Default)]
pub struct PresentedCredentials {
    /// The Authorization header, if it is of the Basic scheme.
    pub basic: Option<BasicCredentials>,
    /// `client_id` of the body.
    pub client_id: Option<String>,
    /// `client_secret` of the body.
    pub client_secret: Option<Secret>,
    /// The assertion of the body.
    pub assertion: Option<PresentedAssertion>,
}

/// Where the client authenticates, and what for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Purpose<'a> {
    /// Path of the endpoint.
    pub(crate) path: &'a str,
    /// The grant asked for, at the token endpoint.
    pub(crate) grant_type: Option<GrantType>,
}

/// An authenticated client together with its stored secrets, which may have to sign.
pub(crate) struct ProvenClient {
    pub(crate) authenticated: AuthenticatedClient,
    pub(crate) registered: Arc<RegisteredClient>,
}

impl std::ops::Deref for ProvenClient {
    type Target = AuthenticatedClient;

    fn deref(&self) -> &AuthenticatedClient {
        &self.authenticated
    }
}

/// The one method that a request uses.
enum Presented<'a> {
    Assertion { claimed: Option<ClientId>, assertion: &'a PresentedAssertion },
    Nothing { client_id: &'a str },
    Secret { client_id: &'a str, secret: &'a Secret, method: AuthMethod },
}

impl PresentedCredentials {
    /// "The client MUST NOT use more than one authentication method in each request" (RFC 6749 §2.3); `client_id`
    /// beside another method is no second one, but must agree.
    fn single(&self) -> Result<Presented<'_>, Refusal> {
        let failed = |cause: &'static str| Refusal::because(Reason::ClientAuthenticationFailed, cause);
        let presented = match (&self.basic, &self.client_secret, &self.assertion) {
            (Some(BasicCredentials::Malformed), None, None) => {
                return Err(failed("the Authorization header is malformed"));
            }
            (Some(BasicCredentials::Read { client_id, secret }), None, None) => {
                Presented::Secret { client_id, secret, method: AuthMethod::ClientSecretBasic }
            }
            (None, Some(secret), None) => {
                let client_id = self.client_id.as_deref().ok_or_else(|| failed("client_id is missing"))?;
                Presented::Secret { client_id, secret, method: AuthMethod::ClientSecretPost }
            }
            (None, None, Some(assertion)) => {
                Presented::Assertion { claimed: assertion_client(assertion.assertion.expose()), assertion }
            }
            (None, None, None) => Presented::Nothing {
                client_id: self.client_id.as_deref().ok_or_else(|| failed("nothing names a client"))?,
            },
            _ => return Err(Refusal::new(Reason::ClientAuthenticationRepeated)),
        };
        let named = match &presented {
            Presented::Assertion { claimed, .. } => claimed.as_ref().map(ClientId::as_str),
            Presented::Nothing { client_id } | Presented::Secret { client_id, .. } => Some(*client_id),
        };
        match (&self.client_id, named) {
            (Some(beside), Some(named)) if beside != named => Err(Refusal::new(Reason::ClientIdMismatch)),
            _ => Ok(presented),
        }
    }
}

impl Service {
    /// Proves the client, or refuses. An unknown client costs the same as a wrong secret.
    pub(crate) async fn authenticate(
        &self,
        credentials: &PresentedCredentials,
        purpose: Purpose<'_>,
    ) -> Outcome<ProvenClient> {
        match credentials.single()? {
            Presented::Assertion { claimed, assertion } => {
                self.authenticate_by_assertion(claimed, assertion, purpose).await
            }
            Presented::Nothing { client_id } => {
                let registered = self.registered(client_id).await?;
                prove(registered, Evidence::Nothing, purpose)
            }
            Presented::Secret { client_id, secret, method } => {
                let registered = self.registered(client_id).await?;
                let matched = self
                    .compare(|secrets| match &registered {
                        Some(registered) => registered.knows(secret, secrets),
                        None => secrets.matches(&[], secret),
                    })
                    .await?;
                prove(registered, Evidence::Secret { method, matched }, purpose)
            }
        }
    }

    /// The client with this id, if there is one.
    pub(crate) async fn registered(&self, client_id: &str) -> Outcome<Option<Arc<RegisteredClient>>> {
        let Some(id) = ClientId::parse(client_id) else { return Ok(None) };
        let found = self.clients.find(&*self.ports.clients, &id, self.now()).await?;
        if found.as_ref().is_some_and(|found| found.client.sector.is_some()) && !self.ports.pairwise_subjects.has_salt()
        {
            self.reload_keys().await?;
        }
        Ok(found)
    }

    async fn authenticate_by_assertion(
        &self,
        claimed: Option<ClientId>,
        assertion: &PresentedAssertion,
        purpose: Purpose<'_>,
    ) -> Outcome<ProvenClient> {
        let refuse = |cause: &'static str| Refusal::because(Reason::AssertionInvalid, cause);
        if assertion.kind.as_deref() != Some(JWT_BEARER) {
            return Err(refuse("client_assertion_type is not jwt-bearer").into());
        }
        let claimed = claimed.ok_or_else(|| refuse("the assertion names no client"))?;
        let registered = self.registered(claimed.as_str()).await?.ok_or_else(|| refuse("no such client"))?;
        let (method, payload) = self.verify_assertion(&registered, assertion.assertion.expose()).await?;
        let claims = Claims::from_payload(&payload).ok_or_else(|| refuse("the claims are no JSON object"))?;
        let audiences = self.settings.assertion_audiences(purpose.path);
        let limits = AssertionLimits { audiences: &audiences, max_lifetime: self.settings.assertion_max_lifetime };
        let read = ClientAssertion::read(&claims, &limits, self.now())?;
        let authenticated = authenticate_with_assertion(Arc::clone(&registered.client), method, &read)?;
        match self.ports.replay_guard.spend(read.spend_key(), read.expires_at()).await? {
            Spend::First => Ok(ProvenClient { authenticated, registered }),
            Spend::Replayed => Err(Refusal::new(Reason::AssertionReplayed).into()),
        }
    }

    /// Compares with stored secrets. One that this replica cannot read was perhaps protected by a key that another made a
    /// moment ago; one that stays unreadable is an outage, never a wrong secret.
    async fn compare<T>(&self, comparison: impl Fn(&dyn ClientSecrets) -> Result<T, CryptoFailure>) -> Outcome<T> {
        if let Ok(compared) = comparison(&*self.ports.client_secrets) {
            return Ok(compared);
        }
        self.reload_keys().await?;
        let again = comparison(&*self.ports.client_secrets);
        Ok(again.map_err(|unreadable| Unavailable::because("a client secret cannot be compared", unreadable))?)
    }

    /// Checks the signature with what the client is registered for: its secret, or its public keys.
    async fn verify_assertion(&self, registered: &RegisteredClient, jwt: &str) -> Outcome<(AuthMethod, Vec<u8>)> {
        let refuse = |cause: &'static str| Refusal::because(Reason::AssertionInvalid, cause);
        let header = JoseHeader::peek(jwt).ok_or_else(|| refuse("the header cannot be read"))?;
        let algorithm = header.algorithm.ok_or_else(|| refuse("the algorithm is not supported"))?;
        if registered.client.assertion_algorithm.is_some_and(|registered| registered != algorithm) {
            return Err(refuse("the algorithm is not the registered one").into());
        }
        let method = if algorithm.is_symmetric() { AuthMethod::ClientSecretJwt } else { AuthMethod::PrivateKeyJwt };
        let payload = self.verify_by_client(registered, algorithm, jwt).await?;
        Ok((method, payload.ok_or_else(|| refuse("the signature does not hold"))?))
    }

    /// The payload of a JWT that the client signed, with its secret or a key that it registered; none if it did not.
    pub(crate) async fn verify_by_client(
        &self,
        registered: &RegisteredClient,
        algorithm: JwsAlgorithm,
        jwt: &str,
    ) -> Outcome<Option<Vec<u8>>> {
        if algorithm.is_symmetric() {
            self.compare(|secrets| secrets.verify(&registered.secrets, jwt)).await
        } else {
            let keys = &*self.ports.client_keys;
            Ok(match &registered.client.keys {
                ClientKeySource::None => None,
                ClientKeySource::Inline(jwks) => keys.verify(jwks, jwt),
                ClientKeySource::Remote(uri) => {
                    let key_id = JoseHeader::peek(jwt).and_then(|header| header.key_id);
                    let fetch = &*self.ports.fetch;
                    let jwks = self.key_sets.find(fetch, uri.as_str(), key_id.as_deref(), self.now()).await?;
                    keys.verify(&jwks, jwt)
                }
            })
        }
    }
}

fn prove(registered: Option<Arc<RegisteredClient>>, evidence: Evidence, purpose: Purpose<'_>) -> Outcome<ProvenClient> {
    let registered =
        registered.ok_or_else(|| Refusal::because(Reason::ClientAuthenticationFailed, "there is no such client"))?;
    let authenticated = authenticate(Arc::clone(&registered.client), evidence, purpose.grant_type)?;
    Ok(ProvenClient { authenticated, registered })
}
