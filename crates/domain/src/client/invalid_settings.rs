//! Why a client's settings (RFC 7591 §2) do not pass: one closed list, with what to change.

use std::fmt;

use crate::grant::GrantType;
use crate::redirect_uri::RedirectUriError;

/// A combination of settings that is not safe or makes no sense; the message names the setting and what to change. The
/// rules are those of the sections named, or Grantor's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InvalidClientSettings {
    /// An access token signed with HS256 could be forged by whoever may check it (RFC 9068 §2.1 recommends asymmetric keys).
    AccessTokenAlgorithmSymmetric,
    /// `token_endpoint_auth_signing_alg` of no method that the client has (OpenID Connect Core §9).
    AssertionAlgorithmMisfit,
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
    /// A front-channel logout URI of another origin than any redirect URI (OpenID Connect Front-Channel Logout §2).
    FrontchannelLogoutElsewhere,
    /// `private_key_jwt` without keys (OpenID Connect Core §9).
    KeysMissing,
    /// `jwks` beside `jwks_uri` (RFC 7591 §2).
    KeysTwice,
    /// A lifetime of zero: a token that never was.
    LifetimeZero,
    /// No method at all; a public client says `none` (RFC 7591 §2).
    NoAuthMethod,
    /// `password_without_secret` without the password grant (RFC 6749 §4.3).
    PasswordWithoutSecretWithoutPassword,
    /// An address for after logout that cannot be registered, and why (OpenID Connect RP-Initiated Logout §3.1).
    PostLogoutRedirectUri(String, RedirectUriError),
    /// A redirect URI that cannot be registered, and why (RFC 6749 §3.1.2).
    RedirectUri(String, RedirectUriError),
    /// A code has nowhere to go (RFC 6749 §3.1.2.2).
    RedirectUriMissing,
    /// `request_object_signing_alg` without the key that would sign (OpenID Connect Registration §2).
    RequestObjectKeyMissing,
    /// Request objects must be signed (RFC 9101 §10.5), and must not.
    RequestObjectUnsigned,
    /// A `sector_identifier_uri` of another scheme (OpenID Connect Registration §2).
    SectorNotHttps,
    /// Pairwise subjects without a sector: no host, or several (OpenID Connect Core §8.1).
    SectorUnclear,
    /// HS256 without a secret (OpenID Connect Core §10.1), by the key that asks for it.
    SymmetricWithoutSecret(&'static str),
    /// An issuer or a token type that one policy names twice. Grantor's own.
    TrustedTwice(String),
    /// A validator for a token type that is known, or is no URI (RFC 8693 §3).
    TokenTypeTaken(String),
    /// A key nobody knows, by its name.
    UnknownKey(String),
}

impl fmt::Display for InvalidClientSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AccessTokenAlgorithmSymmetric => f.write_str("access_token_signed_response_alg must not be HS256"),
            Self::AssertionAlgorithmMisfit => f.write_str(
                "token_endpoint_auth_signing_alg must be HS256 for client_secret_jwt, and another for private_key_jwt",
            ),
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
            Self::FrontchannelLogoutElsewhere => {
                f.write_str("frontchannel_logout_uri must have the scheme, host and port of one of redirect_uris")
            }
            Self::KeysMissing => f.write_str("private_key_jwt needs jwks or jwks_uri"),
            Self::KeysTwice => f.write_str("jwks and jwks_uri exclude each other"),
            Self::LifetimeZero => f.write_str("access_token_lifetime must be at least one second"),
            Self::NoAuthMethod => f.write_str("token_endpoint_auth_methods must not be empty"),
            Self::PasswordWithoutSecretWithoutPassword => {
                f.write_str("password_without_secret needs the password grant type")
            }
            Self::PostLogoutRedirectUri(uri, error) => write!(f, "post_logout_redirect_uris: {uri:?}: {error}"),
            Self::RedirectUri(uri, error) => write!(f, "redirect_uris: {uri:?}: {error}"),
            Self::RedirectUriMissing => {
                f.write_str("redirect_uris must not be empty with the authorization_code grant type")
            }
            Self::RequestObjectKeyMissing => {
                f.write_str("request_object_signing_alg needs jwks or jwks_uri, or a client secret for HS256")
            }
            Self::RequestObjectUnsigned => {
                f.write_str("require_signed_request_object contradicts request_object_signing_alg = \"none\"")
            }
            Self::SectorNotHttps => f.write_str("sector_identifier_uri must be an https URI"),
            Self::SectorUnclear => f.write_str(
                "subject_type = \"pairwise\" needs redirect_uris of one host, or a sector_identifier_uri that names them",
            ),
            Self::SymmetricWithoutSecret(key) => write!(f, "{key} = \"HS256\" needs a client secret"),
            Self::TrustedTwice(name) => write!(f, "exchange: {name:?} is there twice"),
            Self::TokenTypeTaken(kind) => write!(
                f,
                "exchange.validators: subject_token_type {kind:?} must be a URI, and none of those of RFC 8693 section 3"
            ),
            Self::UnknownKey(key) => write!(f, "unknown key {key:?}"),
        }
    }
}

impl std::error::Error for InvalidClientSettings {}
