//! What an operator writes about a client, in the words of RFC 7591 §2 where it has them, and which combinations pass.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::client::{
    AccessTokenFormat, ApplicationType, AuthMethod, Client, ClientId, ExchangePolicy, IntrospectPolicy, RefreshPolicy,
};
use crate::grant::GrantType;
use crate::jwt::JwsAlgorithm;
use crate::pkce::PkcePolicy;
use crate::redirect_uri::{RedirectUriError, RegisteredRedirectUri};
use crate::resource::Audience;
use crate::scope::{ScopeSet, standard};

/// A client as written in a file and kept in storage, in the words of RFC 7591 §2 and OpenID Connect Registration §2 where
/// they have them. [`Client::try_from`] checks it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClientSettings {
    /// `client_id` (RFC 7591 §3.2.1); required.
    pub client_id: ClientId,
    /// `client_name` (RFC 7591 §2); the id where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_name: Option<String>,
    /// `application_type` (OpenID Connect Registration §2); `web` by default.
    #[serde(default)]
    pub application_type: ApplicationType,
    /// How it may authenticate: a set where RFC 7591 §2 has one `token_endpoint_auth_method`; the secret in header or body
    /// by default.
    #[serde(default = "secret_methods")]
    pub token_endpoint_auth_methods: Vec<AuthMethod>,
    /// `grant_types` (RFC 7591 §2); required, may be empty for a resource server.
    pub grant_types: Vec<GrantType>,
    /// `redirect_uris` (RFC 7591 §2).
    #[serde(default)]
    pub redirect_uris: Vec<String>,
    /// `scope` (RFC 7591 §2): what it may ask for.
    #[serde(default)]
    pub scope: ScopeSet,
    /// What it gets when it asks for nothing (RFC 6749 §3.3).
    #[serde(default)]
    pub default_scope: ScopeSet,
    /// A code needs PKCE (RFC 7636); the default. Always so for public clients (RFC 9700 §2.1.1).
    #[serde(default = "yes")]
    pub require_pkce: bool,
    /// `plain` passes as a challenge method, and is meant when none is given (RFC 7636 §4.3).
    #[serde(default)]
    pub allow_plain_pkce: bool,
    /// `jwt` (RFC 9068) or `opaque`; `jwt` by default. Grantor's own.
    #[serde(default)]
    pub access_token_format: AccessTokenFormat,
    /// Signs access tokens (RFC 9068 §2.1); ES256 by default. Grantor's own name.
    #[serde(default = "es256")]
    pub access_token_signed_response_alg: JwsAlgorithm,
    /// In seconds (`expires_in`, RFC 6749 §5.1); the server's default if it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_token_lifetime: Option<u32>,
    /// `rotate` or `fixed` (RFC 9700 §4.14.2); `rotate` by default. Grantor's own name.
    #[serde(default)]
    pub refresh_token_policy: RefreshPolicy,
    /// `id_token_signed_response_alg` (OpenID Connect Registration §2); RS256 by default.
    #[serde(default = "rs256")]
    pub id_token_signed_response_alg: JwsAlgorithm,
    /// Claims that the ID token carries besides UserInfo (OpenID Connect Core §5.4). Grantor's own.
    #[serde(default)]
    pub id_token_claims: Vec<String>,
    /// `aud` when no resource is asked (RFC 9068 §3).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_audience: Option<Audience>,
    /// Resources it may ask for (RFC 8707 §2).
    #[serde(default)]
    pub resources: Vec<Audience>,
    /// Audiences it is, as a resource server (RFC 7662 §2.2).
    #[serde(default)]
    pub audiences: Vec<Audience>,
    /// `own` or `any` (RFC 7662 §2.2); `own` by default.
    #[serde(default)]
    pub introspect: IntrospectPolicy,
    /// What it may exchange (RFC 8693).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exchange: Option<ExchangeSettings>,
    /// The password grant (RFC 6749 §4.3) needs no secret. Grantor's own.
    #[serde(default)]
    pub password_without_secret: bool,
    /// No consent page. Grantor's own.
    #[serde(default)]
    pub first_party: bool,
    /// `jwks` (RFC 7591 §2): public keys (RFC 7517 §5).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jwks: Option<Value>,
    /// Keys that this version does not know. Kept from storage, so that an older server serves what a newer one wrote;
    /// refused in a file.
    #[serde(flatten)]
    pub unknown: BTreeMap<String, Value>,
}

/// What a client may exchange (RFC 8693), as written; see [`ExchangePolicy`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExchangeSettings {
    /// Audiences it may ask for (RFC 8693 §2.1).
    #[serde(default)]
    pub audiences: Vec<Audience>,
    /// Act as the subject (RFC 8693 §1.1).
    #[serde(default)]
    pub impersonation: bool,
    /// Act for the subject (RFC 8693 §1.1).
    #[serde(default)]
    pub delegation: bool,
    /// Take ID tokens as subject tokens (RFC 8693 §3).
    #[serde(default)]
    pub id_tokens: bool,
    /// The most that an exchanged token may carry; none: whatever the client may ask for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<ScopeSet>,
    /// Whose tokens it may exchange, the client itself only if named; none: its own and those that name it as audience.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject_clients: Option<Vec<ClientId>>,
}

const fn yes() -> bool {
    true
}

const fn es256() -> JwsAlgorithm {
    JwsAlgorithm::ES256
}

const fn rs256() -> JwsAlgorithm {
    JwsAlgorithm::RS256
}

fn secret_methods() -> Vec<AuthMethod> {
    vec![AuthMethod::ClientSecretBasic, AuthMethod::ClientSecretPost]
}

/// A combination of settings that is not safe or makes no sense; the message names the setting and what to change. The
/// rules are those of the sections named, or Grantor's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InvalidClientSettings {
    /// An access token signed with HS256 could be forged by whoever may check it (RFC 9068 §2.1 recommends asymmetric keys).
    AccessTokenAlgorithmSymmetric,
    /// `none` beside another method: a client with credentials must always show them (RFC 6749 §3.2.1).
    AuthMethodsContradict,
    /// `client_credentials` or token exchange for a public client (RFC 6749 §4.4, RFC 8693 §2.1).
    ConfidentialGrantForPublicClient(GrantType),
    /// The default scope is wider than what is allowed (RFC 6749 §3.3).
    DefaultScopeNotAllowed,
    /// A policy of token exchange without the grant type (RFC 8693 §2.1).
    ExchangeWithoutGrantType,
    /// Token exchange without a policy.
    ExchangeWithoutPolicy,
    /// `fixed` for a public client (RFC 9700 §2.2.2).
    FixedRefreshForPublicClient,
    /// `private_key_jwt` without `jwks` (OpenID Connect Core §9).
    KeysMissing,
    /// A lifetime of zero: a token that never was.
    LifetimeZero,
    /// No method at all; a public client says `none` (RFC 7591 §2).
    NoAuthMethod,
    /// `password_without_secret` without the password grant (RFC 6749 §4.3).
    PasswordWithoutSecretWithoutPassword,
    /// A redirect URI that cannot be registered, and why (RFC 6749 §3.1.2).
    RedirectUri(String, RedirectUriError),
    /// A code has nowhere to go (RFC 6749 §3.1.2.2).
    RedirectUriMissing,
    /// HS256 without a secret (OpenID Connect Core §10.1).
    SymmetricWithoutSecret,
    /// A key nobody knows, by its name.
    UnknownKey(String),
}

impl fmt::Display for InvalidClientSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AccessTokenAlgorithmSymmetric => f.write_str("access_token_signed_response_alg must not be HS256"),
            Self::AuthMethodsContradict => {
                f.write_str("token_endpoint_auth_methods: \"none\" cannot stand beside another method")
            }
            Self::ConfidentialGrantForPublicClient(grant) => {
                write!(f, "grant_types: {} needs a client with credentials", grant.as_str())
            }
            Self::DefaultScopeNotAllowed => f.write_str("default_scope must be part of scope"),
            Self::ExchangeWithoutGrantType => {
                write!(f, "its exchange policy needs {} in grant_types", GrantType::TokenExchange.as_str())
            }
            Self::ExchangeWithoutPolicy => {
                write!(f, "grant_types: {} needs the exchange table, its policy", GrantType::TokenExchange.as_str())
            }
            Self::FixedRefreshForPublicClient => {
                f.write_str("refresh_token_policy = \"fixed\" is not safe for a public client (RFC 9700 section 2.2.2)")
            }
            Self::KeysMissing => f.write_str("private_key_jwt needs jwks"),
            Self::LifetimeZero => f.write_str("access_token_lifetime must be at least one second"),
            Self::NoAuthMethod => f.write_str("token_endpoint_auth_methods must not be empty"),
            Self::PasswordWithoutSecretWithoutPassword => {
                f.write_str("password_without_secret needs the password grant type")
            }
            Self::RedirectUri(uri, error) => write!(f, "redirect_uris: {uri:?}: {error}"),
            Self::RedirectUriMissing => {
                f.write_str("redirect_uris must not be empty with the authorization_code grant type")
            }
            Self::SymmetricWithoutSecret => {
                f.write_str("id_token_signed_response_alg = \"HS256\" needs a client secret")
            }
            Self::UnknownKey(key) => write!(f, "unknown key {key:?}"),
        }
    }
}

impl std::error::Error for InvalidClientSettings {}

impl ClientSettings {
    /// Refuses keys that this version does not know, so that a typing error is not silently ignored.
    ///
    /// # Errors
    /// [`InvalidClientSettings::UnknownKey`] names the first.
    pub fn refuse_unknown_keys(&self) -> Result<(), InvalidClientSettings> {
        self.unknown.keys().next().map_or(Ok(()), |key| Err(InvalidClientSettings::UnknownKey(key.clone())))
    }

    /// Whether the client authenticates with a secret (RFC 6749 §2.3.1), by one of its methods at least.
    #[must_use]
    pub fn uses_secret(&self) -> bool {
        self.token_endpoint_auth_methods.iter().any(|method| method.uses_secret())
    }

    fn is_public(&self) -> bool {
        self.token_endpoint_auth_methods == [AuthMethod::None]
    }

    fn check(&self) -> Result<(), InvalidClientSettings> {
        use InvalidClientSettings as Invalid;
        let methods = &self.token_endpoint_auth_methods;
        let grants = &self.grant_types;
        let exchanges = grants.contains(&GrantType::TokenExchange);
        let public = self.is_public();
        let confidential_grant =
            grants.iter().find(|grant| matches!(grant, GrantType::ClientCredentials | GrantType::TokenExchange));
        let failures = [
            (methods.is_empty(), Invalid::NoAuthMethod),
            (methods.contains(&AuthMethod::None) && !public, Invalid::AuthMethodsContradict),
            (methods.contains(&AuthMethod::PrivateKeyJwt) && self.jwks.is_none(), Invalid::KeysMissing),
            (self.access_token_signed_response_alg.is_symmetric(), Invalid::AccessTokenAlgorithmSymmetric),
            (self.id_token_signed_response_alg.is_symmetric() && !self.uses_secret(), Invalid::SymmetricWithoutSecret),
            (self.access_token_lifetime == Some(0), Invalid::LifetimeZero),
            (public && self.refresh_token_policy == RefreshPolicy::Fixed, Invalid::FixedRefreshForPublicClient),
            (
                grants.contains(&GrantType::AuthorizationCode) && self.redirect_uris.is_empty(),
                Invalid::RedirectUriMissing,
            ),
            (exchanges && self.exchange.is_none(), Invalid::ExchangeWithoutPolicy),
            (!exchanges && self.exchange.is_some(), Invalid::ExchangeWithoutGrantType),
            (
                self.password_without_secret && !grants.contains(&GrantType::Password),
                Invalid::PasswordWithoutSecretWithoutPassword,
            ),
            (!self.default_scope.is_subset(&self.scope), Invalid::DefaultScopeNotAllowed),
        ];
        if let (true, Some(grant)) = (public, confidential_grant) {
            return Err(Invalid::ConfidentialGrantForPublicClient(*grant));
        }
        failures.into_iter().find(|(failed, _)| *failed).map_or(Ok(()), |(_, failure)| Err(failure))
    }
}

impl TryFrom<ClientSettings> for Client {
    type Error = InvalidClientSettings;

    fn try_from(settings: ClientSettings) -> Result<Self, Self::Error> {
        settings.check()?;
        let redirect_uris = settings
            .redirect_uris
            .iter()
            .map(|uri| {
                RegisteredRedirectUri::parse(uri)
                    .map_err(|error| InvalidClientSettings::RedirectUri(uri.clone(), error))
            })
            .collect::<Result<_, _>>()?;
        let pkce = PkcePolicy {
            required: settings.require_pkce || settings.is_public(),
            plain_allowed: settings.allow_plain_pkce,
        };
        Ok(Self {
            name: settings.client_name.unwrap_or_else(|| settings.client_id.as_str().to_owned()),
            id: settings.client_id,
            application_type: settings.application_type,
            auth_methods: settings.token_endpoint_auth_methods,
            grant_types: settings.grant_types,
            redirect_uris,
            default_scope: settings.default_scope.without(standard::OFFLINE_ACCESS),
            scope: settings.scope,
            pkce,
            access_token_format: settings.access_token_format,
            access_token_algorithm: settings.access_token_signed_response_alg,
            access_token_lifetime: settings.access_token_lifetime.map(|secs| Duration::from_secs(u64::from(secs))),
            refresh_policy: settings.refresh_token_policy,
            id_token_algorithm: settings.id_token_signed_response_alg,
            id_token_claims: settings.id_token_claims,
            default_audience: settings.default_audience,
            resources: settings.resources,
            audiences: settings.audiences,
            introspect: settings.introspect,
            exchange: settings.exchange.map(|policy| ExchangePolicy {
                audiences: policy.audiences,
                impersonation: policy.impersonation,
                delegation: policy.delegation,
                id_tokens: policy.id_tokens,
                scope: policy.scope,
                subject_clients: policy.subject_clients,
            }),
            password_without_secret: settings.password_without_secret,
            first_party: settings.first_party,
            jwks: settings.jwks,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(changes: Value) -> Result<Client, InvalidClientSettings> {
        let mut settings = json!({"client_id": "a", "grant_types": ["authorization_code", "refresh_token"], "redirect_uris": ["https://a.example/cb"]});
        for (key, value) in changes.as_object().unwrap() {
            settings[key] = value.clone();
        }
        let settings: ClientSettings = serde_json::from_value(settings).unwrap();
        settings.refuse_unknown_keys()?;
        Client::try_from(settings)
    }

    #[test]
    fn defaults_are_the_safe_ones() {
        let client = read(json!({})).unwrap();
        assert!(
            client.pkce.required
                && !client.pkce.plain_allowed
                && !client.first_party
                && !client.password_without_secret
        );
        assert_eq!(
            (client.access_token_algorithm, client.id_token_algorithm),
            (JwsAlgorithm::ES256, JwsAlgorithm::RS256)
        );
        assert_eq!(client.refresh_policy, RefreshPolicy::Rotate);
    }

    #[test]
    fn unsafe_combinations_are_refused() {
        use InvalidClientSettings as Invalid;
        let check = |changes: Value, expect: Invalid| assert_eq!(read(changes).unwrap_err(), expect);
        check(json!({"token_endpoint_auth_methods": []}), Invalid::NoAuthMethod);
        check(json!({"token_endpoint_auth_methods": ["none", "client_secret_basic"]}), Invalid::AuthMethodsContradict);
        check(json!({"token_endpoint_auth_methods": ["private_key_jwt"]}), Invalid::KeysMissing);
        check(
            json!({"token_endpoint_auth_methods": ["none"], "refresh_token_policy": "fixed"}),
            Invalid::FixedRefreshForPublicClient,
        );
        check(
            json!({"token_endpoint_auth_methods": ["none"], "grant_types": ["client_credentials"]}),
            Invalid::ConfidentialGrantForPublicClient(GrantType::ClientCredentials),
        );
        check(
            json!({"token_endpoint_auth_methods": ["none"], "id_token_signed_response_alg": "HS256"}),
            Invalid::SymmetricWithoutSecret,
        );
        check(json!({"access_token_signed_response_alg": "HS256"}), Invalid::AccessTokenAlgorithmSymmetric);
        check(json!({"redirect_uris": []}), Invalid::RedirectUriMissing);
        check(json!({"exchange": {}}), Invalid::ExchangeWithoutGrantType);
        check(json!({"grant_types": [GrantType::TokenExchange.as_str()]}), Invalid::ExchangeWithoutPolicy);
        check(json!({"default_scope": "a"}), Invalid::DefaultScopeNotAllowed);
        check(json!({"password_without_secret": true}), Invalid::PasswordWithoutSecretWithoutPassword);
        check(json!({"access_token_lifetime": 0}), Invalid::LifetimeZero);
        check(json!({"colour": "red"}), Invalid::UnknownKey("colour".to_owned()));
    }

    /// A server of the version before must read what this one writes, unless what is new is used.
    #[test]
    fn an_exchange_policy_is_written_as_before_where_nothing_new_is_used() {
        let policy = ExchangeSettings { impersonation: true, ..ExchangeSettings::default() };
        let expect = json!({"audiences": [], "impersonation": true, "delegation": false, "id_tokens": false});
        assert_eq!(serde_json::to_value(&policy).unwrap(), expect);
    }

    #[test]
    fn a_public_client_always_needs_pkce() {
        assert!(read(json!({"token_endpoint_auth_methods": ["none"], "require_pkce": false})).unwrap().pkce.required);
    }
}
