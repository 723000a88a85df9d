//! A request object by value (OpenID Connect Core §6.1, RFC 9101): its signature is checked here, what it says by the domain.

use std::borrow::Cow;

use grantor_domain::authorization::Parameters;
use grantor_domain::authorization::request_object::{Proof, read, required_proof};
use grantor_domain::error::{Reason, Refusal};
use grantor_domain::jwt::{Claims, JoseHeader, peek_claims};

use crate::cache::RegisteredClient;
use crate::failure::Outcome;
use crate::service::Service;

impl Service {
    /// The parameters that count: those of the request object, if there is one.
    ///
    /// # Errors
    /// If it is not acceptable, or missing where the client must send one; or an outage.
    pub(super) async fn parameters_that_count<'a>(
        &self,
        sent: &'a Parameters,
        registered: &RegisteredClient,
    ) -> Outcome<Cow<'a, Parameters>> {
        let client = &registered.client;
        let Some(object) = &sent.request else {
            let is_missing = client.request_objects.required;
            let refusal = Refusal::new(Reason::RequestObjectRequired);
            return if is_missing { Err(refusal.into()) } else { Ok(Cow::Borrowed(sent)) };
        };
        // Never both (Core §6.1, RFC 9101 §5).
        if sent.request_uri.is_some() {
            return Err(Refusal::new(Reason::RequestUriUnsupported).into());
        }
        let invalid = |cause: &'static str| Refusal::because(Reason::RequestObjectInvalid, cause);
        let header = JoseHeader::peek(object).ok_or_else(|| invalid("it is no signed JWT"))?;
        let proof = required_proof(&header, client)?;
        let claims = match proof {
            Proof::Signature(algorithm) => {
                let payload = self.verify_by_client(registered, algorithm, object).await?;
                payload
                    .as_deref()
                    .and_then(Claims::from_payload)
                    .ok_or_else(|| invalid("the signature does not hold"))?
            }
            Proof::Nothing => peek_claims(object).ok_or_else(|| invalid("the claims are no JSON object"))?,
        };
        let context = (&self.settings.issuer, self.now());
        Ok(Cow::Owned(read(&claims, proof, sent, client, context)?))
    }
}
