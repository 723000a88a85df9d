//! Whether what a client presented proves who it is (RFC 6749 §2.3, RFC 7523 §2.2).

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::client::{Client, ClientAssertion};
use crate::error::{Reason, Refusal};
use crate::grant::GrantType;

/// A method of client authentication (OpenID Connect Core §9).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuthMethod {
    /// Id and secret in the Authorization header.
    ClientSecretBasic,
    /// A JWT that the client signs with its secret.
    ClientSecretJwt,
    /// Id and secret in the body.
    ClientSecretPost,
    /// No credentials: a public client.
    None,
    /// A JWT that the client signs with its private key.
    PrivateKeyJwt,
}

impl AuthMethod {
    /// Every method, in alphabetical order.
    pub const ALL: [Self; 5] =
        [Self::ClientSecretBasic, Self::ClientSecretJwt, Self::ClientSecretPost, Self::None, Self::PrivateKeyJwt];

    /// The name in discovery and registration.
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

    /// Whether the client holds a secret.
    #[must_use]
    pub const fn uses_secret(self) -> bool {
        matches!(self, Self::ClientSecretBasic | Self::ClientSecretJwt | Self::ClientSecretPost)
    }
}

/// What the client showed, once the cryptography is done.
#[derive(Clone, Copy, Debug)]
pub enum Evidence {
    /// Nothing but its id.
    Nothing,
    /// A secret, and whether it is one of the client's.
    Secret {
        /// How it came.
        method: AuthMethod,
        /// Whether it matched.
        matched: bool,
    },
}

/// A client that proved who it is, or is public and may be believed for what it asks.
///
/// Only [`authenticate`] and [`authenticate_with_assertion`] make one.
#[derive(Clone, Debug)]
pub struct AuthenticatedClient {
    client: Arc<Client>,
    method: AuthMethod,
}

impl AuthenticatedClient {
    /// The client.
    #[must_use]
    pub const fn client(&self) -> &Arc<Client> {
        &self.client
    }

    /// How it authenticated.
    #[must_use]
    pub const fn method(&self) -> AuthMethod {
        self.method
    }

    /// Checks that the client may use this grant.
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
/// that asks: a client may be allowed to come without its secret for the password grant alone.
///
/// # Errors
/// `invalid_client`, the same whatever was wrong; the cause is for the log.
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

/// Accepts a client whose assertion was verified and whose claims passed [`ClientAssertion::read`]. Its `jti` must
/// still be spent.
///
/// # Errors
/// `invalid_client` if the assertion is another client's or the method is not one of the client's.
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
