//! Turning a decided grant into tokens: the domain says what they say, the crypto ports sign and seal.

use grantor_domain::client::{AccessTokenFormat, Client, StoredSecret};
use grantor_domain::grant::token_exchange::TokenType;
use grantor_domain::grant::{Grant, GrantRef};
use grantor_domain::id::TokenId;
use grantor_domain::jwt::{JwsAlgorithm, JwtType};
use grantor_domain::resource::Audience;
use grantor_domain::scope::ScopeSet;
use grantor_domain::token::access_token::AccessToken;
use grantor_domain::token::id_token::{IdToken, IdTokenRequest};
use grantor_domain::user::StandardClaims;
use grantor_ports::Sealed;
use serde::Serialize;

use crate::client_authentication::ProvenClient;
use crate::failure::Outcome;
use crate::service::Service;

/// A successful token response (RFC 6749 §5.1). Deliberately without `Debug`: everything in it is a credential.
pub struct TokenAnswer {
    /// `access_token`.
    pub access_token: String,
    /// `expires_in`, in seconds.
    pub expires_in: i64,
    /// `refresh_token`.
    pub refresh_token: Option<String>,
    /// `scope`; left out if empty.
    pub scope: ScopeSet,
    /// `id_token` (OpenID Connect Core §3.1.3.3).
    pub id_token: Option<String>,
    /// `issued_token_type` (RFC 8693 §2.2.1).
    pub issued_token_type: Option<TokenType>,
    /// What the access token is, for the audit trail.
    pub(crate) issued: Issued,
}

/// An access token by its names.
pub(crate) struct Issued {
    pub(crate) id: TokenId,
    pub(crate) subject: String,
    pub(crate) grants: Vec<GrantRef>,
}

impl From<&AccessToken> for Issued {
    fn from(token: &AccessToken) -> Self {
        Self { id: token.id, subject: token.subject.clone(), grants: token.grants.clone() }
    }
}

/// What is issued from a grant.
pub(crate) struct Issuance<'a> {
    pub(crate) client: &'a ProvenClient,
    pub(crate) grant: &'a Grant,
    pub(crate) user: &'a StandardClaims,
    /// Scope of this answer's access token.
    pub(crate) scope: &'a ScopeSet,
    /// Resources of this answer's access token.
    pub(crate) resources: &'a [Audience],
    pub(crate) refresh_token: Option<String>,
    pub(crate) nonce: Option<&'a str>,
}

impl Service {
    /// Issues an access token of a grant, with an ID token if the grant is one of OpenID Connect.
    pub(crate) fn issue(&self, issuance: Issuance<'_>) -> Outcome<TokenAnswer> {
        let Issuance { client, grant, user, scope, resources, refresh_token, nonce } = issuance;
        let registry = self.registry();
        let context = self.issue_context(self.now(), &registry);
        let mut token = AccessToken::of_grant(grant, scope, resources, client, context);
        let issued = Issued::from(&token);
        let pairwise = self.pairwise(client, grant.terms.subject.as_str())?;
        if let Some(pairwise) = pairwise.clone() {
            token.tell(pairwise);
        }
        let access_token = self.encode_access_token(&token, client, client.access_token_format)?;
        let id_token = if grant.terms.scope.is_openid() {
            let sid = grant.terms.session.map(|session| self.sid(client, session)).transpose()?;
            let request = IdTokenRequest { nonce, access_token: Some(&access_token), sid, pairwise: pairwise.as_ref() };
            let claims = to_bytes(&IdToken::of_grant(grant, user, client, request, context))?;
            Some(self.sign_for_client(
                JwtType::IdToken,
                &claims,
                client.id_token_algorithm,
                &client.registered.secrets,
            )?)
        } else {
            None
        };
        Ok(TokenAnswer {
            expires_in: token.expires_in(),
            issued,
            access_token,
            refresh_token,
            scope: token.scope,
            id_token,
            issued_token_type: None,
        })
    }

    /// Puts an access token into its envelope.
    pub(crate) fn encode_access_token(
        &self,
        token: &AccessToken,
        client: &Client,
        format: AccessTokenFormat,
    ) -> Outcome<String> {
        let claims = to_bytes(token)?;
        Ok(match format {
            AccessTokenFormat::Jwt => {
                self.ports.signer.sign(client.access_token_algorithm, JwtType::AccessToken, &claims, token.issued_at)?
            }
            AccessTokenFormat::Opaque => self.ports.sealer.seal(Sealed::AccessToken, &claims, token.issued_at)?,
        })
    }

    /// Whether this algorithm needs a key of ours that nobody enabled.
    pub(crate) fn lacks_key_for(&self, algorithm: JwsAlgorithm) -> bool {
        !algorithm.is_symmetric() && !self.ports.signer.algorithms().contains(&algorithm)
    }

    /// Signs what only its client is to read: with our key, or with the client's secret.
    pub(crate) fn sign_for_client(
        &self,
        kind: JwtType,
        claims: &[u8],
        algorithm: JwsAlgorithm,
        secrets: &[StoredSecret],
    ) -> Outcome<String> {
        Ok(if algorithm.is_symmetric() {
            self.ports.client_secrets.sign(secrets, kind, claims)?
        } else {
            self.ports.signer.sign(algorithm, kind, claims, self.now())?
        })
    }
}

/// Claims as JSON, into a buffer that most fit in: growing it would copy them several times.
fn to_bytes(claims: &impl Serialize) -> serde_json::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(512);
    serde_json::to_writer(&mut bytes, claims)?;
    Ok(bytes)
}
