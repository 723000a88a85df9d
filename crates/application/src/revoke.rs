//! Revocation (RFC 7009): one statement; a token that is unknown is as good as revoked.

use grantor_domain::error::{Reason, Refusal};
use grantor_domain::grant::refresh_token::key;
use grantor_domain::secret::Secret;

use crate::audit::{AuditEvent, RevokedBy};
use crate::client_authentication::{PresentedCredentials, Purpose};
use crate::failure::{Failure, Outcome};
use crate::service::Service;

/// A revocation request as it arrived. `token_type_hint` is not in it: the token itself tells its kind.
#[derive(Clone, Debug)]
pub struct RevocationRequest {
    /// What may prove the client.
    pub credentials: PresentedCredentials,
    /// `token`.
    pub token: Option<Secret>,
}

impl Service {
    /// Revokes a token of the client's own. A refresh token ends its grant and every access token of it.
    ///
    /// # Errors
    /// If the client does not authenticate, sends no token, presents another client's token, or storage is away.
    pub async fn revoke(&self, request: &RevocationRequest) -> Outcome<()> {
        let purpose = Purpose { path: &self.settings.endpoints.revocation, grant_type: None };
        let client = self.authenticate(&request.credentials, purpose).await?;
        let text =
            request.token.as_ref().ok_or_else(|| Refusal::parameter(Reason::ParameterMissing, "token"))?.expose();
        if let Ok(token) = self.ports.sealer.open_refresh_token(text) {
            // Another client's refresh token does not match the key, so nothing happens to it.
            let held = key(&token, &client.id);
            if self.ports.grants.revoke_held(&held, self.now()).await? {
                let (by, client) = (RevokedBy::Client, Some(&client.id));
                self.audit(AuditEvent::GrantRevoked { by, client, subject: None, grant: held.reference });
            }
            return Ok(());
        }
        match self.read_access_token(text).await {
            Ok(token) if token.client_id == client.id => {
                self.ports.grants.revoke_token(token.id, token.expires_at).await?;
                // It is revoked; that nobody can tell any more whom it was about changes nothing.
                let account = self.account_of(&token).unwrap_or(token.subject);
                let client = &client.id;
                self.audit(AuditEvent::TokenRevoked { client, subject: &account, token: token.id });
                Ok(())
            }
            Ok(_) => Err(Refusal::new(Reason::TokenOfAnotherClient).into()),
            Err(Failure::Refused(_)) => Ok(()),
            Err(failure) => Err(failure),
        }
    }
}
