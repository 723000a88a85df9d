//! Clients (RFC 6749 §2): what one may do, how it proves who it is, and what is wise to change about it.
//!
//! One type serves every system we replace: what differs between them is a setting of the client, never a fork in the
//! code. [`ClientSettings`] is what an operator writes, [`Client`] is what passed.

mod assertion;
mod authentication;
mod invalid_settings;
mod links;
mod lint;
mod registration;
mod request_objects;
mod secret;
mod sector;
mod settings;
mod trust;

use std::fmt;
use std::time::Duration;

pub use assertion::{AssertionLimits, ClientAssertion, JWT_BEARER, NewClientAssertion, assertion_client};
pub use authentication::{AuthMethod, AuthenticatedClient, Evidence, authenticate, authenticate_with_assertion};
pub use invalid_settings::InvalidClientSettings;
pub use links::{ClientLinks, InvalidWebUri, WebUri};
pub use lint::{Warning, lint};
pub use registration::{RegistrationPolicy, read_metadata, write_metadata};
pub use request_objects::{RequestObjectAlgorithm, RequestObjectPolicy};
pub use secret::{MIN_HS256_BYTES, StoredSecret};
pub use sector::{Sector, SubjectType, sector_names_all};
pub use settings::{ClientSettings, ExchangeSettings};
pub use trust::{ClaimsMapping, TokenValidator, TrustedIssuer};

use serde::{Deserialize, Serialize};

use crate::grant::GrantType;
use crate::id::random_name;
use crate::jwt::JwsAlgorithm;
use crate::pkce::PkcePolicy;
use crate::redirect_uri::RegisteredRedirectUri;
use crate::resource::Audience;
use crate::scope::{ScopeSet, standard};
use crate::session::Acr;

/// A client identifier: free text of 1 to 255 printable ASCII characters (RFC 6749 appendix A.1).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct ClientId(String);

impl ClientId {
    /// Reads a client identifier (RFC 6749 §2.2); `None` if it is empty, longer than 255 characters or not printable
    /// ASCII.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let valid = (1..=255).contains(&text.len()) && text.bytes().all(|b| matches!(b, 0x20..=0x7e));
        valid.then(|| Self(text.to_owned()))
    }

    /// A new identifier made of random bytes, in the form of a UUID.
    #[must_use]
    pub fn generate(random: [u8; 16]) -> Self {
        Self(random_name(random))
    }

    /// The identifier, as it goes into `client_id`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for ClientId {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("a client id is 1 to 255 printable ASCII characters")
    }
}

impl From<ClientId> for String {
    fn from(id: ClientId) -> Self {
        id.0
    }
}

impl fmt::Display for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What kind of software the client is (OpenID Connect Registration §2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ApplicationType {
    /// Installed on a device (RFC 8252 §3).
    Native,
    /// On a server or in a browser. The default (OpenID Connect Registration §2).
    #[default]
    Web,
}

/// What an access token looks like: RFC 6749 §1.4 leaves it to the server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AccessTokenFormat {
    /// A signed JWT (RFC 9068): anybody can read and check it.
    #[default]
    Jwt,
    /// Sealed: only introspection can read it (RFC 7662).
    Opaque,
}

/// What happens to a refresh token when it is used (RFC 9700 §4.14.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RefreshPolicy {
    /// It stays as it is. For confidential clients only (RFC 9700 §2.2.2).
    Fixed,
    /// A successor takes its place, and its reuse is a replay (RFC 9700 §4.14.2).
    #[default]
    Rotate,
}

/// Which tokens of others a client may see through introspection (RFC 7662 §2.2 leaves it to the server).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum IntrospectPolicy {
    /// Any access token.
    Any,
    /// Its own, and those that name one of its audiences (`aud`, RFC 9068 §2.2).
    #[default]
    Own,
}

/// What a client may exchange for what: the policy that RFC 8693 §2.1 leaves to the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExchangePolicy {
    /// The audiences it may ask for, as `audience` or `resource` (RFC 8693 §2.1).
    pub audiences: Vec<Audience>,
    /// It may act as the subject (RFC 8693 §1.1).
    pub impersonation: bool,
    /// It may act for the subject, visibly: the token says so in `act` (RFC 8693 §1.1, §4.1).
    pub delegation: bool,
    /// ID tokens count as subject tokens (RFC 8693 §3); then its ID tokens name their grant.
    pub id_tokens: bool,
    /// The most that an exchanged token may carry; none: whatever the client may ask for.
    pub scope: Option<ScopeSet>,
    /// The clients whose tokens it may exchange; none: itself, and whoever gets tokens that name it as audience.
    pub subject_clients: Option<Vec<ClientId>>,
    /// Whose JWTs it may exchange besides ours (RFC 8693 §2.1).
    pub trusted_issuers: Vec<TrustedIssuer>,
    /// Who is asked about tokens of other types (RFC 8693 §3).
    pub validators: Vec<TokenValidator>,
}

/// How a client is told that a session ended (OpenID Connect Back-Channel Logout, Front-Channel Logout §2).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogoutUris {
    /// The server posts a logout token there: `backchannel_logout_uri` (OpenID Connect Back-Channel Logout §2.2).
    pub backchannel: Option<WebUri>,
    /// The browser opens it: `frontchannel_logout_uri` (OpenID Connect Front-Channel Logout §2).
    pub frontchannel: Option<WebUri>,
}

impl LogoutUris {
    /// Whether there is any.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.backchannel.is_none() && self.frontchannel.is_none()
    }
}

/// Where a client's public keys are (RFC 7591 §2).
#[derive(Clone, Debug, Default, PartialEq)]
pub enum ClientKeySource {
    /// It has none.
    #[default]
    None,
    /// Here, as a JWK set (RFC 7517 §5): `jwks`.
    Inline(serde_json::Value),
    /// There: `jwks_uri`.
    Remote(WebUri),
}

/// A client whose settings passed: made from [`ClientSettings`] by `Client::try_from`. Field by field the metadata of RFC
/// 7591 §2 and OpenID Connect Registration §2 where they have it; the rest is Grantor's own.
///
/// ```
/// use grantor_domain::client::{Client, ClientSettings};
///
/// let settings: ClientSettings = serde_json::from_str(
///     r#"{
///         "client_id": "spa", "token_endpoint_auth_methods": ["none"], "grant_types": ["authorization_code"],
///         "redirect_uris": ["https://spa.example/cb"], "scope": "openid", "require_pkce": false
///     }"#,
/// )?;
/// let client = Client::try_from(settings.clone())?;
/// assert!(client.is_public() && client.pkce.required, "PKCE is never optional for a public client");
///
/// let nowhere = ClientSettings { redirect_uris: Vec::new(), ..settings };
/// assert!(Client::try_from(nowhere).is_err(), "a code must have somewhere to go");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Client {
    /// `client_id` (RFC 6749 §2.2). Shares one namespace with user subjects (RFC 9700 §4.15).
    pub id: ClientId,
    /// `client_name` (RFC 7591 §2): what people read on the pages.
    pub name: String,
    /// What people can look at before they trust it (RFC 7591 §2).
    pub links: ClientLinks,
    /// `application_type` (OpenID Connect Registration §2).
    pub application_type: ApplicationType,
    /// How it may authenticate (OpenID Connect Core §9): one or more; [`AuthMethod::None`] alone makes it a public client
    /// (RFC 6749 §2.1).
    pub auth_methods: Vec<AuthMethod>,
    /// What its assertions must be signed with: `token_endpoint_auth_signing_alg` (OpenID Connect Registration §2); none: any.
    pub assertion_algorithm: Option<JwsAlgorithm>,
    /// Which grants it may use: `grant_types` (RFC 7591 §2).
    pub grant_types: Vec<GrantType>,
    /// Where answers may go: `redirect_uris` (RFC 7591 §2).
    pub redirect_uris: Vec<RegisteredRedirectUri>,
    /// Where people may go when they have signed out: `post_logout_redirect_uris` (OpenID Connect RP-Initiated Logout §3.1).
    pub post_logout_redirect_uris: Vec<String>,
    /// How it is told of the end of sessions.
    pub logout_uris: LogoutUris,
    /// Whether the end of a session ends the grants made in it that lack `offline_access` (OpenID Connect Core §11).
    pub grants_end_with_session: bool,
    /// What it may ask for: `scope` (RFC 7591 §2).
    pub scope: ScopeSet,
    /// What it gets when it asks for nothing (RFC 6749 §3.3); part of `scope`, never `offline_access`.
    pub default_scope: ScopeSet,
    /// `max_age` of its authorization requests that give none (OpenID Connect Registration §2).
    pub default_max_age: Option<Duration>,
    /// The level that its requests want that say nothing (`default_acr_values`, OpenID Connect Registration §2).
    pub default_acr: Option<Acr>,
    /// The least level that a person must reach for it (`acr`, OpenID Connect Core §2). Grantor's own setting.
    pub minimum_acr: Acr,
    /// What it must do about PKCE (RFC 9700 §2.1.1); always required of a public client.
    pub pkce: PkcePolicy,
    /// What its access tokens look like. Grantor's own setting.
    pub access_token_format: AccessTokenFormat,
    /// Signs its access tokens, if they are JWTs (RFC 9068 §2.1); never a symmetric one.
    pub access_token_algorithm: JwsAlgorithm,
    /// How long its access tokens live (`expires_in`, RFC 6749 §5.1); `None` for the server's default.
    pub access_token_lifetime: Option<Duration>,
    /// What happens to its refresh tokens (RFC 9700 §4.14.2).
    pub refresh_policy: RefreshPolicy,
    /// Signs its ID tokens: `id_token_signed_response_alg` (OpenID Connect Registration §2).
    pub id_token_algorithm: JwsAlgorithm,
    /// Signs its UserInfo: `userinfo_signed_response_alg` (OpenID Connect Registration §2); none: it is plain JSON.
    pub userinfo_algorithm: Option<JwsAlgorithm>,
    /// Where its subject identifiers count (OpenID Connect Core §8.1); none: it is told what everybody is told.
    pub sector: Option<Sector>,
    /// What its request objects must be like (OpenID Connect Core §6, RFC 9101).
    pub request_objects: RequestObjectPolicy,
    /// Claims that its ID tokens carry besides UserInfo, where the code flow has them (OpenID Connect Core §5.4); `scope`
    /// puts the granted scope in.
    pub id_token_claims: Vec<String>,
    /// `aud` of its access tokens when it names no resource (RFC 9068 §3).
    pub default_audience: Option<Audience>,
    /// Resources it may ask for (RFC 8707 §2).
    pub resources: Vec<Audience>,
    /// Audiences that it is, as a resource server: it may introspect tokens for them (RFC 7662 §2.2).
    pub audiences: Vec<Audience>,
    /// What it may introspect (RFC 7662 §2.2).
    pub introspect: IntrospectPolicy,
    /// What it may exchange (RFC 8693); none if it may not use the grant.
    pub exchange: Option<ExchangePolicy>,
    /// The password grant (RFC 6749 §4.3) needs no secret (its refresh tokens still do). Legacy, Grantor's own.
    pub password_without_secret: bool,
    /// It registered itself (RFC 7591), and nobody vouches for it (RFC 9700 §4.11.2).
    pub self_registered: bool,
    /// The operator's own: people are not asked for consent, but for `offline_access` (OpenID Connect Core §11).
    pub first_party: bool,
    /// Where its public keys are (RFC 7591 §2).
    pub keys: ClientKeySource,
}

impl Client {
    /// Whether the client has no credentials at all (RFC 6749 §2.1).
    #[must_use]
    pub fn is_public(&self) -> bool {
        self.auth_methods == [AuthMethod::None]
    }

    /// Whether the client may use this grant; if not, `unauthorized_client` (RFC 6749 §5.2).
    #[must_use]
    pub fn may_use(&self, grant_type: GrantType) -> bool {
        self.grant_types.contains(&grant_type)
    }

    /// Whether a page of this origin (RFC 6454 §6.2) is the client: scripts of public clients run where their redirect URIs
    /// are, and may read answers meant for them.
    #[must_use]
    pub fn runs_at(&self, origin: &str) -> bool {
        self.is_public() && self.redirect_uris.iter().any(|uri| uri.origin().as_deref() == Some(origin))
    }

    /// Whether the client may name `audience` as a resource (RFC 8707 §2). The issuer is everybody's resource: UserInfo is
    /// there (OpenID Connect Core §5.3).
    #[must_use]
    pub fn may_target(&self, audience: &Audience, issuer: &str) -> bool {
        audience.as_str() == issuer
            || self.default_audience.as_ref() == Some(audience)
            || self.resources.contains(audience)
    }

    /// Whether its secret signs something (OpenID Connect Core §5.3.2, §6.1, §9, §10.1), and so must be kept sealed instead of hashed.
    #[must_use]
    pub fn signs_with_secret(&self) -> bool {
        self.id_token_algorithm.is_symmetric()
            || self.userinfo_algorithm.is_some_and(JwsAlgorithm::is_symmetric)
            || self.auth_methods.contains(&AuthMethod::ClientSecretJwt)
            || self.request_objects.algorithm == Some(RequestObjectAlgorithm::Signed(JwsAlgorithm::HS256))
    }

    /// Whether the end of a session ends a grant of this scope: not with `offline_access` (OpenID Connect Core §11), nor if
    /// the client is registered otherwise.
    #[must_use]
    pub fn ends_with_session(&self, scope: &ScopeSet) -> bool {
        self.grants_end_with_session && !scope.contains(standard::OFFLINE_ACCESS)
    }

    /// Whether people may go there when they have signed out: compared as strings, to the character (OpenID Connect
    /// RP-Initiated Logout §3).
    #[must_use]
    pub fn may_return_after_logout(&self, uri: &str) -> bool {
        self.post_logout_redirect_uris.iter().any(|registered| registered == uri)
    }

    /// Whether a person's consent to this client may be remembered. Any other program on the device could claim a
    /// native client's redirect URI and so borrow its consent (RFC 8252 §8.6).
    #[must_use]
    pub fn remembers_consent(&self, redirect_uri_is_native: bool) -> bool {
        // What one that nobody vouches for says it is does not count.
        let may_be_native = self.application_type == ApplicationType::Native || self.self_registered;
        !(self.is_public() && may_be_native && redirect_uri_is_native)
    }
}
