//! A client acting for itself: no storage at all.

use grantor_domain::grant::client_credentials::{Parameters, issue};
use grantor_domain::token::access_token::AccessToken;

use crate::client_authentication::ProvenClient;
use crate::failure::Outcome;
use crate::issue::{Issued, TokenAnswer};
use crate::service::Service;

impl Service {
    /// Issues an access token to the client itself (RFC 6749 §4.4).
    pub(super) fn issue_to_client(&self, client: &ProvenClient, parameters: &Parameters) -> Outcome<TokenAnswer> {
        let issue = issue(parameters, client, &self.settings.issuer)?;
        let registry = self.registry();
        let context = self.issue_context(self.now(), &registry);
        let token = AccessToken::of_client(client, &issue.scope, &issue.resources, context);
        Ok(TokenAnswer {
            access_token: self.encode_access_token(&token, client, client.access_token_format)?,
            expires_in: token.expires_in(),
            issued: Issued::from(&token),
            refresh_token: None,
            scope: token.scope,
            id_token: None,
            issued_token_type: None,
        })
    }
}
