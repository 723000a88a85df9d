//! Tokens of ours that somebody presents: read whatever their envelope, their seal or signature checked.

use grantor_domain::error::{Reason, Refusal};
use grantor_domain::jwt::{Claims, JwtType};
use grantor_domain::token::access_token::AccessToken;
use grantor_ports::{NotOurs, Sealed, VerifiedJwt};
use serde::de::DeserializeOwned;

use crate::failure::Outcome;
use crate::service::Service;

impl Service {
    /// What this sealed text of ours carries; refused for `reason` if it is none, or of another kind.
    pub(crate) fn open_sealed<T: DeserializeOwned>(
        &self,
        kind: Sealed,
        text: &str,
        reason: Reason,
    ) -> Result<T, Refusal> {
        let content = self
            .ports
            .sealer
            .open(kind, text)
            .map_err(|problem| Refusal::because(reason, format!("the seal does not open: {problem:?}")))?;
        serde_json::from_slice(&content)
            .map_err(|error| Refusal::because(reason, format!("the content cannot be read: {error}")))
    }

    /// Reads an access token of ours, JWT or opaque. Whether it has expired or was revoked is not looked at.
    pub(crate) async fn read_access_token(&self, text: &str) -> Outcome<AccessToken> {
        let invalid = |cause: &'static str| Refusal::because(Reason::AccessTokenInvalid, cause);
        let payload = if text.contains('.') {
            let jwt = self.verify_own_jwt(text).await?;
            // An ID token is no access token, however well it is signed (RFC 8725 §3.11, RFC 9068 §4).
            if jwt.kind != Some(JwtType::AccessToken) {
                return Err(invalid("the JWT is no access token").into());
            }
            jwt.payload
        } else {
            self.ports.sealer.open(Sealed::AccessToken, text).map_err(|_not_ours| invalid("the seal does not open"))?
        };
        let token = Claims::from_payload(&payload).as_ref().and_then(AccessToken::from_claims);
        let token = token.ok_or_else(|| invalid("the claims are not those of an access token"))?;
        if token.issuer != self.settings.issuer {
            return Err(invalid("another issuer made it").into());
        }
        Ok(token)
    }

    /// Verifies a JWT of ours. A key that this replica does not know may be a second old on another: storage is asked
    /// before it is called unknown.
    pub(crate) async fn verify_own_jwt(&self, text: &str) -> Outcome<VerifiedJwt> {
        let mut verified = self.ports.signer.verify(text, self.now());
        if verified == Err(NotOurs::UnknownKey) {
            verified = self.verify_by_new_key(text).await?;
        }
        verified.map_err(|problem| {
            Refusal::because(Reason::AccessTokenInvalid, format!("not one of ours: {problem:?}")).into()
        })
    }
}
