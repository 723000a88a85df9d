//! Tokens that somebody else made: verified with the keys of the issuer whom the client's policy trusts, or shown to the validator
//! whom it names.

use grantor_domain::client::{TokenValidator, TrustedIssuer};
use grantor_domain::error::{Reason, Refusal};
use grantor_domain::grant::foreign_token::{read_answer, read_jwt};
use grantor_domain::grant::token_exchange::{LiveToken, TokenOrigin};
use grantor_domain::jwt::{Claims, JoseHeader, JwtType, peek_claims};
use grantor_domain::time::Timestamp;
use grantor_domain::user::Subject;
use grantor_ports::{FetchRequest, Unavailable};
use serde_json::Value;

use crate::client_authentication::ProvenClient;
use crate::failure::Outcome;
use crate::service::Service;

impl Service {
    /// Whom the policy trusts that this JWT says it is from; nothing about it is proven. None for a token of our own.
    pub(super) fn issuer_trusted_for<'a>(&self, client: &'a ProvenClient, jwt: &str) -> Option<&'a TrustedIssuer> {
        let claims = peek_claims(jwt)?;
        let issuer = claims.text("iss").filter(|issuer| *issuer != self.settings.issuer.as_str())?;
        let policy = client.exchange.as_ref()?;
        policy.trusted_issuers.iter().find(|trusted| trusted.issuer.as_str() == issuer)
    }

    /// Reads a JWT of a trusted issuer.
    pub(super) async fn load_foreign_jwt(
        &self,
        client: &ProvenClient,
        jwt: &str,
        trusted: &TrustedIssuer,
        now: Timestamp,
    ) -> Outcome<LiveToken> {
        let header = JoseHeader::peek(jwt);
        let is_asymmetric =
            header.as_ref().and_then(|header| header.algorithm).is_some_and(|algorithm| !algorithm.is_symmetric());
        if !is_asymmetric {
            return Err(invalid("the algorithm is none that a public key checks").into());
        }
        let (kind, key_id) = header.map_or((None, None), |header| (header.kind, header.key_id));
        if !kind.as_deref().is_none_or(may_be_exchanged) {
            return Err(invalid("its typ is that of a JWT for something else").into());
        }
        let jwks_uri = match &trusted.jwks_uri {
            Some(uri) => uri.as_str().to_owned(),
            None => self.jwks_uri_of(trusted, now).await?,
        };
        let jwks = self.key_sets.find(&*self.ports.fetch, &jwks_uri, key_id.as_deref(), now).await?;
        let payload =
            self.ports.client_keys.verify(&jwks, jwt).ok_or_else(|| invalid("the signature does not hold"))?;
        let claims = Claims::from_payload(&payload).ok_or_else(|| invalid("the claims are no JSON object"))?;
        let token = read_jwt(&claims, trusted, client, (&self.settings.issuer, now))?;
        self.require_subject(token).await
    }

    /// Asks the validator about a token of its type.
    pub(super) async fn load_validated(
        &self,
        client: &ProvenClient,
        token: &str,
        validator: &TokenValidator,
        now: Timestamp,
    ) -> Outcome<LiveToken> {
        let form = [("token", token), ("token_type_hint", validator.subject_token_type.as_str())];
        let request = FetchRequest { url: validator.url.as_str(), form: Some(&form) };
        let away = |source| Unavailable::because("the validator of a token cannot be asked", source);
        let answer = self.ports.fetch.fetch(request).await.map_err(away)?;
        let answer = Claims::from_payload(&answer.body).filter(|_| answer.status == 200);
        // What it does not say with a good status says nothing about the token.
        let answer = answer.ok_or(Unavailable::new("the validator of a token does not answer as one"))?;
        let token = read_answer(&answer, &validator.map, client, now)?;
        self.require_subject(token).await
    }

    /// Where the issuer's metadata say that its keys are.
    async fn jwks_uri_of(&self, trusted: &TrustedIssuer, now: Timestamp) -> Outcome<String> {
        let issuer = trusted.issuer.as_str();
        let url = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
        let metadata = self.issuers.find(&*self.ports.fetch, &url, None, now).await?;
        let text = |name: &str| metadata.get(name).and_then(Value::as_str);
        // "MUST be identical" (OpenID Connect Discovery §4.3): else one issuer speaks for another.
        if text("issuer") != Some(issuer) {
            return Err(Unavailable::new("the metadata of a trusted issuer name another").into());
        }
        let jwks_uri = text("jwks_uri").ok_or(Unavailable::new("the metadata of a trusted issuer have no jwks_uri"))?;
        Ok(jwks_uri.to_owned())
    }

    /// A token that names a user of ours counts only while that user may be served, and any other only if what it names is nobody
    /// of ours.
    async fn require_subject(&self, token: LiveToken) -> Outcome<LiveToken> {
        let subject = Subject::parse(&token.subject).map_err(|_unusable| invalid("the subject is none of ours"))?;
        let found = self.ports.users.by_subject(&subject).await?;
        match (token.is_about_a_user, found) {
            (true, Some(found)) => {
                let TokenOrigin::Elsewhere { issued_at: Some(issued_at) } = token.origin else {
                    return Err(invalid(
                        "iat is missing: nobody can tell whether it was made before what ended the rest",
                    )
                    .into());
                };
                if !found.user.honours(issued_at) {
                    return Err(invalid("the subject may not be served, or not for what was made then").into());
                }
            }
            (true, None) => return Err(invalid("the subject is no user").into()),
            (false, Some(_)) => return Err(invalid("the subject has the name of a user").into()),
            (false, None) if self.registered(&token.subject).await?.is_some() => {
                return Err(invalid("the subject has the name of a client").into());
            }
            (false, None) => {}
        }
        Ok(token)
    }
}

/// Whether a JWT of this `typ` may stand for its subject: an access token (RFC 9068 §2.1), or just some `JWT` (RFC 8725 §3.11).
fn may_be_exchanged(kind: &str) -> bool {
    matches!(JwtType::parse(kind), Some(JwtType::AccessToken | JwtType::IdToken))
}

fn invalid(cause: &'static str) -> Refusal {
    Refusal::because(Reason::SubjectTokenInvalid, cause)
}
