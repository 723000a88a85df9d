//! The token endpoint (RFC 6749 §3.2): proves the client, then hands the request to its grant type's file.

mod authorization_code;
mod client_credentials;
mod device_code;
mod foreign_token;
mod password;
mod refresh_token;
mod token_exchange;

use std::net::IpAddr;

use grantor_domain::grant::{GrantType, TokenRequest};

use crate::audit::AuditEvent;
use crate::client_authentication::{PresentedCredentials, Purpose};
use crate::failure::Outcome;
use crate::issue::TokenAnswer;
use crate::service::Service;

/// A token request as it arrived.
#[derive(Clone, Debug)]
pub struct TokenCall {
    /// What may prove the client.
    pub credentials: PresentedCredentials,
    /// What it asks for.
    pub request: TokenRequest,
    /// The path it was sent to.
    pub path: String,
    /// Where it came from, for the record of failed sign-ins.
    pub address: Option<IpAddr>,
}

impl Service {
    /// Answers a token request.
    ///
    /// # Errors
    /// A refusal of RFC 6749 §5.2, or an outage.
    pub async fn token(&self, call: &TokenCall) -> Outcome<TokenAnswer> {
        let purpose = Purpose { path: &call.path, grant_type: Some(call.request.grant_type()) };
        let client = self.authenticate(&call.credentials, purpose).await?;
        // Before anything that was presented is opened: else a client without the grant would be told about the token.
        client.require_grant(call.request.grant_type())?;
        // Of the others the authorization endpoint knows.
        if client.self_registered && call.request.grant_type() == GrantType::ClientCredentials {
            self.complete_registration(&client.id).await?;
        }
        let answer = match &call.request {
            TokenRequest::AuthorizationCode(parameters) => self.redeem_code(&client, parameters).await,
            TokenRequest::ClientCredentials(parameters) => self.issue_to_client(&client, parameters),
            TokenRequest::DeviceCode(parameters) => self.redeem_device_code(&client, parameters).await,
            TokenRequest::Password(parameters) => self.grant_by_password(&client, parameters, call.address).await,
            TokenRequest::RefreshToken(parameters) => self.refresh(&client, parameters).await,
            TokenRequest::TokenExchange(parameters) => self.exchange_token(&client, parameters).await,
        }?;
        let grant_type = call.request.grant_type();
        self.audit(AuditEvent::TokenIssued { grant_type, client: &client.id, answer: &answer });
        Ok(answer)
    }
}
