//! What an operator writes about a client, in the words of RFC 7591 §2 where it has them, and which combinations pass.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::client::{
    AccessTokenFormat, ApplicationType, AuthMethod, Client, ClientId, ClientKeySource, ClientLinks, ExchangePolicy,
    IntrospectPolicy, InvalidClientSettings, LogoutUris, RefreshPolicy, RequestObjectAlgorithm, RequestObjectPolicy,
    Sector, SubjectType, TokenValidator, TrustedIssuer, WebUri,
};
use crate::grant::GrantType;
use crate::jwt::JwsAlgorithm;
use crate::pkce::PkcePolicy;
use crate::redirect_uri::RegisteredRedirectUri;
use crate::resource::Audience;
use crate::scope::{ScopeSet, standard};
use crate::session::Acr;

/// A client as written in a file and kept in storage, in the words of RFC 7591 §2 and OpenID Connect Registration §2 where
/// they have them. [`Client::try_from`] checks it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClientSettings {
    /// `client_id` (RFC 7591 §3.2.1); required.
    pub client_id: ClientId,
    /// `client_name` (RFC 7591 §2); the id where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_name: Option<String>,
    /// `client_uri` (RFC 7591 §2): its home page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_uri: Option<WebUri>,
    /// `logo_uri` (RFC 7591 §2): its picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logo_uri: Option<WebUri>,
    /// `policy_uri` (RFC 7591 §2): what it does with what it learns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy_uri: Option<WebUri>,
    /// `tos_uri` (RFC 7591 §2): its terms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tos_uri: Option<WebUri>,
    /// `contacts` (RFC 7591 §2): who answers for it, usually by email address; kept for the operator.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contacts: Vec<String>,
    /// `software_id` (RFC 7591 §2): which software it is, whatever its client id; kept for the operator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub software_id: Option<String>,
    /// `software_version` (RFC 7591 §2); kept likewise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub software_version: Option<String>,
    /// `initiate_login_uri` (OpenID Connect Registration §2): where others may have it begin a sign-in; kept likewise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub initiate_login_uri: Option<WebUri>,
    /// `application_type` (OpenID Connect Registration §2); `web` by default.
    #[serde(default)]
    pub application_type: ApplicationType,
    /// How it may authenticate: a set where RFC 7591 §2 has one `token_endpoint_auth_method`; the secret in header or body
    /// by default.
    #[serde(default = "secret_methods")]
    pub token_endpoint_auth_methods: Vec<AuthMethod>,
    /// `token_endpoint_auth_signing_alg` (OpenID Connect Registration §2): the only one for its assertions; left out: any whose
    /// secret or key is registered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_endpoint_auth_signing_alg: Option<JwsAlgorithm>,
    /// `grant_types` (RFC 7591 §2); required, may be empty for a resource server.
    pub grant_types: Vec<GrantType>,
    /// `redirect_uris` (RFC 7591 §2).
    #[serde(default)]
    pub redirect_uris: Vec<String>,
    /// `post_logout_redirect_uris` (OpenID Connect RP-Initiated Logout §3.1).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub post_logout_redirect_uris: Vec<String>,
    /// `backchannel_logout_uri` (OpenID Connect Back-Channel Logout §2.2): where it is told of the end of sessions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backchannel_logout_uri: Option<WebUri>,
    /// `frontchannel_logout_uri` (OpenID Connect Front-Channel Logout §2): what the browser opens when a session ends; of the
    /// same origin as one of its redirect URIs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frontchannel_logout_uri: Option<WebUri>,
    /// `backchannel_logout_session_required` (OpenID Connect Back-Channel Logout §2.2): it wants `sid`, which every logout token
    /// has.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub backchannel_logout_session_required: bool,
    /// `frontchannel_logout_session_required` (OpenID Connect Front-Channel Logout §2): it wants `iss` and `sid`, which are always
    /// sent.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub frontchannel_logout_session_required: bool,
    /// The end of a session ends the grants made in it that lack `offline_access` (OpenID Connect Core §11); the default.
    /// Grantor's own name.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub grants_end_with_session: bool,
    /// `scope` (RFC 7591 §2): what it may ask for.
    #[serde(default)]
    pub scope: ScopeSet,
    /// What it gets when it asks for nothing (RFC 6749 §3.3).
    #[serde(default)]
    pub default_scope: ScopeSet,
    /// `default_max_age` (OpenID Connect Registration §2), in seconds: `max_age` of requests that give none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_max_age: Option<u32>,
    /// `require_auth_time` (OpenID Connect Registration §2): it wants `auth_time`, which every ID token has.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub require_auth_time: bool,
    /// `default_acr_values` (OpenID Connect Registration §2): `acr_values` of requests that name none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub default_acr_values: Vec<String>,
    /// The least `acr` (OpenID Connect Core §2) that a person must reach for it, whatever its requests say; `urn:grantor:acr:password`
    /// by default. Grantor's own name.
    #[serde(default, skip_serializing_if = "Acr::is_least")]
    pub minimum_acr: Acr,
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
    /// `userinfo_signed_response_alg` (OpenID Connect Registration §2); left out: UserInfo is plain JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub userinfo_signed_response_alg: Option<JwsAlgorithm>,
    /// `subject_type` (OpenID Connect Registration §2); `public` by default.
    #[serde(default, skip_serializing_if = "SubjectType::is_default")]
    pub subject_type: SubjectType,
    /// `sector_identifier_uri` (OpenID Connect Registration §5): names the redirect URIs of clients that know a person by one
    /// pairwise subject.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sector_identifier_uri: Option<WebUri>,
    /// `request_object_signing_alg` (OpenID Connect Registration §2): the only one for its request objects; `none` lets unsigned
    /// ones pass. Left out: any whose key is registered, never `none`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_object_signing_alg: Option<RequestObjectAlgorithm>,
    /// `require_signed_request_object` (RFC 9101 §10.5).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub require_signed_request_object: bool,
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
    /// It registered itself (RFC 7591); an administrator who takes this back vouches for it. Grantor's own name.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub self_registered: bool,
    /// `jwks_uri` (RFC 7591 §2): where its public keys are, instead of `jwks`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jwks_uri: Option<WebUri>,
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
    /// Whose JWTs it may exchange besides ours.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub trusted_issuers: Vec<TrustedIssuer>,
    /// Who is asked about tokens of other types.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub validators: Vec<TokenValidator>,
}

const fn yes() -> bool {
    true
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde wants a reference")]
const fn is_yes(yes: &bool) -> bool {
    *yes
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

    /// Whether there is a key for the algorithm that its request objects must have, if one is named.
    pub(super) fn can_sign_request_objects(&self) -> bool {
        match self.request_object_signing_alg {
            None | Some(RequestObjectAlgorithm::Unsigned) => true,
            Some(RequestObjectAlgorithm::Signed(algorithm)) if algorithm.is_symmetric() => self.uses_secret(),
            Some(RequestObjectAlgorithm::Signed(_)) => self.has_keys(),
        }
    }

    /// Whether some method uses the algorithm that its assertions must have, if one is named and any method has assertions.
    fn can_sign_assertions(&self) -> bool {
        let has = |method| self.token_endpoint_auth_methods.contains(&method);
        match self.token_endpoint_auth_signing_alg {
            Some(algorithm) if algorithm.is_symmetric() => {
                has(AuthMethod::ClientSecretJwt) || !has(AuthMethod::PrivateKeyJwt)
            }
            Some(_) => has(AuthMethod::PrivateKeyJwt) || !has(AuthMethod::ClientSecretJwt),
            None => true,
        }
    }

    const fn has_keys(&self) -> bool {
        self.jwks.is_some() || self.jwks_uri.is_some()
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
            (self.jwks.is_some() && self.jwks_uri.is_some(), Invalid::KeysTwice),
            (methods.contains(&AuthMethod::PrivateKeyJwt) && !self.has_keys(), Invalid::KeysMissing),
            (!self.can_sign_assertions(), Invalid::AssertionAlgorithmMisfit),
            (self.access_token_signed_response_alg.is_symmetric(), Invalid::AccessTokenAlgorithmSymmetric),
            (
                self.id_token_signed_response_alg.is_symmetric() && !self.uses_secret(),
                Invalid::SymmetricWithoutSecret("id_token_signed_response_alg"),
            ),
            (
                self.userinfo_signed_response_alg.is_some_and(JwsAlgorithm::is_symmetric) && !self.uses_secret(),
                Invalid::SymmetricWithoutSecret("userinfo_signed_response_alg"),
            ),
            (!self.can_sign_request_objects(), Invalid::RequestObjectKeyMissing),
            (
                self.require_signed_request_object
                    && self.request_object_signing_alg == Some(RequestObjectAlgorithm::Unsigned),
                Invalid::RequestObjectUnsigned,
            ),
            (
                self.sector_identifier_uri.as_ref().is_some_and(|uri| !uri.as_str().starts_with("https:")),
                Invalid::SectorNotHttps,
            ),
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
        let redirect_uris: Vec<RegisteredRedirectUri> = settings
            .redirect_uris
            .iter()
            .map(|uri| {
                RegisteredRedirectUri::parse(uri)
                    .map_err(|error| InvalidClientSettings::RedirectUri(uri.clone(), error))
            })
            .collect::<Result<_, _>>()?;
        for uri in &settings.post_logout_redirect_uris {
            RegisteredRedirectUri::parse(uri)
                .map_err(|error| InvalidClientSettings::PostLogoutRedirectUri(uri.clone(), error))?;
        }
        if let Some(uri) = &settings.frontchannel_logout_uri
            && !redirect_uris.iter().any(|redirect_uri| redirect_uri.origin() == uri.origin())
        {
            return Err(InvalidClientSettings::FrontchannelLogoutElsewhere);
        }
        settings.exchange.iter().try_for_each(ExchangeSettings::check_trust)?;
        let sector = match settings.subject_type {
            SubjectType::Pairwise => Some(Sector::of(&settings)?),
            SubjectType::Public => None,
        };
        let pkce = PkcePolicy {
            required: settings.require_pkce || settings.is_public(),
            plain_allowed: settings.allow_plain_pkce,
        };
        Ok(Self {
            name: settings.client_name.unwrap_or_else(|| settings.client_id.as_str().to_owned()),
            id: settings.client_id,
            links: ClientLinks {
                client: settings.client_uri,
                logo: settings.logo_uri,
                policy: settings.policy_uri,
                terms: settings.tos_uri,
            },
            application_type: settings.application_type,
            auth_methods: settings.token_endpoint_auth_methods,
            assertion_algorithm: settings.token_endpoint_auth_signing_alg,
            grant_types: settings.grant_types,
            redirect_uris,
            post_logout_redirect_uris: settings.post_logout_redirect_uris,
            logout_uris: LogoutUris {
                backchannel: settings.backchannel_logout_uri,
                frontchannel: settings.frontchannel_logout_uri,
            },
            grants_end_with_session: settings.grants_end_with_session,
            default_scope: settings.default_scope.without(standard::OFFLINE_ACCESS),
            scope: settings.scope,
            default_max_age: settings.default_max_age.map(|secs| Duration::from_secs(u64::from(secs))),
            default_acr: settings.default_acr_values.iter().find_map(|value| Acr::parse(value)),
            minimum_acr: settings.minimum_acr,
            pkce,
            access_token_format: settings.access_token_format,
            access_token_algorithm: settings.access_token_signed_response_alg,
            access_token_lifetime: settings.access_token_lifetime.map(|secs| Duration::from_secs(u64::from(secs))),
            refresh_policy: settings.refresh_token_policy,
            id_token_algorithm: settings.id_token_signed_response_alg,
            userinfo_algorithm: settings.userinfo_signed_response_alg,
            sector,
            request_objects: RequestObjectPolicy {
                algorithm: settings.request_object_signing_alg,
                required: settings.require_signed_request_object,
            },
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
                trusted_issuers: policy.trusted_issuers,
                validators: policy.validators,
            }),
            password_without_secret: settings.password_without_secret,
            first_party: settings.first_party,
            self_registered: settings.self_registered,
            keys: match (settings.jwks, settings.jwks_uri) {
                (Some(jwks), _) => ClientKeySource::Inline(jwks),
                (None, Some(uri)) => ClientKeySource::Remote(uri),
                (None, None) => ClientKeySource::None,
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::redirect_uri::RedirectUriError;

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
        check(json!({"jwks": {"keys": []}, "jwks_uri": "https://a.example/jwks"}), Invalid::KeysTwice);
        check(
            json!({"token_endpoint_auth_methods": ["client_secret_jwt"], "token_endpoint_auth_signing_alg": "ES256"}),
            Invalid::AssertionAlgorithmMisfit,
        );
        let keys = json!({"keys": []});
        check(
            json!({"token_endpoint_auth_methods": ["private_key_jwt"], "jwks": keys, "token_endpoint_auth_signing_alg": "HS256"}),
            Invalid::AssertionAlgorithmMisfit,
        );
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
            Invalid::SymmetricWithoutSecret("id_token_signed_response_alg"),
        );
        check(
            json!({"token_endpoint_auth_methods": ["none"], "userinfo_signed_response_alg": "HS256"}),
            Invalid::SymmetricWithoutSecret("userinfo_signed_response_alg"),
        );
        check(json!({"access_token_signed_response_alg": "HS256"}), Invalid::AccessTokenAlgorithmSymmetric);
        check(json!({"redirect_uris": []}), Invalid::RedirectUriMissing);
        check(json!({"exchange": {}}), Invalid::ExchangeWithoutGrantType);
        check(json!({"grant_types": [GrantType::TokenExchange.as_str()]}), Invalid::ExchangeWithoutPolicy);
        check(json!({"default_scope": "a"}), Invalid::DefaultScopeNotAllowed);
        check(json!({"password_without_secret": true}), Invalid::PasswordWithoutSecretWithoutPassword);
        check(json!({"access_token_lifetime": 0}), Invalid::LifetimeZero);
        check(json!({"request_object_signing_alg": "ES256"}), Invalid::RequestObjectKeyMissing);
        check(
            json!({"request_object_signing_alg": "HS256", "token_endpoint_auth_methods": ["none"]}),
            Invalid::RequestObjectKeyMissing,
        );
        check(
            json!({"request_object_signing_alg": "none", "require_signed_request_object": true}),
            Invalid::RequestObjectUnsigned,
        );
        check(
            json!({"post_logout_redirect_uris": ["https://a.example/bye#x"]}),
            Invalid::PostLogoutRedirectUri("https://a.example/bye#x".to_owned(), RedirectUriError::Fragment),
        );
        check(json!({"frontchannel_logout_uri": "https://b.example/bye"}), Invalid::FrontchannelLogoutElsewhere);
        assert!(read(json!({"frontchannel_logout_uri": "https://a.example/bye"})).is_ok());
        check(json!({"sector_identifier_uri": "http://a.example/uris"}), Invalid::SectorNotHttps);
        let two_hosts = json!(["https://a.example/cb", "https://b.example/cb"]);
        check(json!({"subject_type": "pairwise", "redirect_uris": two_hosts}), Invalid::SectorUnclear);
        assert!(read(json!({"redirect_uris": two_hosts})).unwrap().sector.is_none());
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
