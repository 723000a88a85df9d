//! Whether what a client presented proves who it is (RFC 6749 §2.3, RFC 7523 §2.2).

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::client::{Client, ClientAssertion};
use crate::error::{Reason, Refusal};
use crate::grant::GrantType;

/// A method of client authentication (OpenID Connect Core §9, RFC 7591 §2 `token_endpoint_auth_method`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuthMethod {
    /// Id and secret in the Authorization header (RFC 6749 §2.3.1).
    ClientSecretBasic,
    /// A JWT that the client signs with its secret (RFC 7523 §2.2, Core §9).
    ClientSecretJwt,
    /// Id and secret in the body (RFC 6749 §2.3.1).
    ClientSecretPost,
    /// No credentials: a public client (RFC 6749 §2.1).
    None,
    /// A JWT that the client signs with its private key (RFC 7523 §2.2, Core §9).
    PrivateKeyJwt,
}

impl AuthMethod {
    /// Every method, in alphabetical order: `token_endpoint_auth_methods_supported` (RFC 8414 §2).
    pub const ALL: [Self; 5] =
        [Self::ClientSecretBasic, Self::ClientSecretJwt, Self::ClientSecretPost, Self::None, Self::PrivateKeyJwt];

    /// The name in discovery and registration (RFC 8414 §2, RFC 7591 §2).
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ClientSecretBasic => "client_secret_basic",
            Self::ClientSecretJwt => "client_secret_jwt",
            Self::ClientSecretPost => "client_secret_post",
            Self::None => "none",
            Self::PrivateKeyJwt => "private_key_jwt",
        }
    }

    /// Whether a client that uses the method holds a secret (RFC 6749 §2.3.1).
    #[must_use]
    pub const fn uses_secret(self) -> bool {
        matches!(self, Self::ClientSecretBasic | Self::ClientSecretJwt | Self::ClientSecretPost)
    }
}

/// What the client showed (RFC 6749 §2.3), once the cryptography is done: this crate compares no secret.
#[derive(Clone, Copy, Debug)]
pub enum Evidence {
    /// Nothing but its id (RFC 6749 §3.2.1).
    Nothing,
    /// A secret, and whether it is one of the client's (RFC 6749 §2.3.1).
    Secret {
        /// How it came: in the header or in the body.
        method: AuthMethod,
        /// Whether it matched; `false` for a client that does not exist.
        matched: bool,
    },
}

/// A client that proved who it is, or is public and may be believed for what it asks.
///
/// Only [`authenticate`] and [`authenticate_with_assertion`] make one, and every grant's rule asks for one: "the
/// authorization server MUST NOT rely on public client authentication for the purpose of identifying the client" (RFC
/// 6749 §2.3), which [`Self::method`] tells apart.
#[derive(Clone, Debug)]
pub struct AuthenticatedClient {
    client: Arc<Client>,
    method: AuthMethod,
}

impl AuthenticatedClient {
    /// The client, as registered.
    #[must_use]
    pub const fn client(&self) -> &Arc<Client> {
        &self.client
    }

    /// How it authenticated; [`AuthMethod::None`] if it showed no more than its id.
    #[must_use]
    pub const fn method(&self) -> AuthMethod {
        self.method
    }

    /// Checks that the client may use this grant (`grant_types`, RFC 7591 §2).
    ///
    /// # Errors
    /// `unauthorized_client` (RFC 6749 §5.2).
    pub fn require_grant(&self, grant_type: GrantType) -> Result<(), Refusal> {
        if self.client.may_use(grant_type) { Ok(()) } else { Err(Refusal::new(Reason::GrantTypeNotAllowed)) }
    }
}

impl std::ops::Deref for AuthenticatedClient {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

/// Decides whether the evidence proves the client. `grant_type` is the grant asked for, if it is the token endpoint
/// that asks: a client may be allowed to come without its secret for the password grant alone (Grantor's own, for a
/// system that we replace).
///
/// # Errors
/// `invalid_client` (RFC 6749 §5.2), the same whatever was wrong; the cause is for the log.
pub fn authenticate(
    client: Arc<Client>,
    evidence: Evidence,
    grant_type: Option<GrantType>,
) -> Result<AuthenticatedClient, Refusal> {
    let failed = |cause: &'static str| Err(Refusal::because(Reason::ClientAuthenticationFailed, cause));
    let method = match evidence {
        Evidence::Secret { matched: false, .. } => return failed("the secret is wrong"),
        Evidence::Secret { method, matched: true } if client.auth_methods.contains(&method) => method,
        Evidence::Secret { .. } => return failed("the client is not registered for this method"),
        Evidence::Nothing if client.is_public() => AuthMethod::None,
        Evidence::Nothing if grant_type == Some(GrantType::Password) && client.password_without_secret => {
            AuthMethod::None
        }
        Evidence::Nothing => return failed("the client has credentials but showed none"),
    };
    Ok(AuthenticatedClient { client, method })
}

/// Accepts a client whose assertion was verified and whose claims passed [`ClientAssertion::read`] (RFC 7523 §2.2). Its
/// `jti` must still be spent.
///
/// # Errors
/// `invalid_client` (RFC 7523 §3.2) if the assertion is another client's or the method is not one of the client's.
pub fn authenticate_with_assertion(
    client: Arc<Client>,
    method: AuthMethod,
    assertion: &ClientAssertion,
) -> Result<AuthenticatedClient, Refusal> {
    if assertion.client_id() != &client.id {
        return Err(Refusal::because(Reason::AssertionInvalid, "iss and sub name another client"));
    }
    if !client.auth_methods.contains(&method) {
        return Err(Refusal::because(
            Reason::ClientAuthenticationFailed,
            "the client is not registered for this method",
        ));
    }
    Ok(AuthenticatedClient { client, method })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::client::ClientSettings;

    fn client(methods: Value, password_without_secret: bool) -> Arc<Client> {
        let settings: ClientSettings = serde_json::from_value(json!({
            "client_id": "c", "grant_types": ["password"], "token_endpoint_auth_methods": methods,
            "password_without_secret": password_without_secret,
        }))
        .unwrap();
        Arc::new(Client::try_from(settings).unwrap())
    }

    fn check(methods: Value, evidence: Evidence, expect: Option<AuthMethod>) {
        let found = authenticate(client(methods, false), evidence, Some(GrantType::Password));
        assert_eq!(found.map(|c| c.method()).ok(), expect, "{evidence:?}");
    }

    #[test]
    fn only_a_registered_method_with_the_right_secret_passes() {
        use AuthMethod::{ClientSecretBasic, ClientSecretPost, None as Public};
        let secret = |method, matched| Evidence::Secret { method, matched };
        check(json!(["client_secret_basic"]), secret(ClientSecretBasic, true), Some(ClientSecretBasic));
        check(json!(["client_secret_basic"]), secret(ClientSecretBasic, false), None);
        check(json!(["client_secret_basic"]), secret(ClientSecretPost, true), None);
        check(json!(["client_secret_basic"]), Evidence::Nothing, None);
        check(json!(["none"]), Evidence::Nothing, Some(Public));
        check(json!(["none"]), secret(ClientSecretPost, false), None);
    }

    #[test]
    fn coming_without_a_secret_is_for_the_password_grant_alone() {
        let client = client(json!(["client_secret_post"]), true);
        assert!(authenticate(client.clone(), Evidence::Nothing, Some(GrantType::Password)).is_ok());
        for other in [Some(GrantType::RefreshToken), Some(GrantType::AuthorizationCode), None] {
            assert!(authenticate(client.clone(), Evidence::Nothing, other).is_err(), "{other:?}");
        }
        let wrong = Evidence::Secret { method: AuthMethod::ClientSecretPost, matched: false };
        assert!(authenticate(client, wrong, Some(GrantType::Password)).is_err());
    }
}
