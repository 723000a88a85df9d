//! Clients: what one may do, how it proves who it is, and what is wise to change about it.
//!
//! One type serves every system we replace: what differs between them is a setting of the client, never a fork in the
//! code. [`ClientSettings`] is what an operator writes, [`Client`] is what passed.

mod assertion;
mod authentication;
mod lint;
mod secret;
mod settings;

use std::fmt;
use std::time::Duration;

pub use assertion::{AssertionLimits, ClientAssertion, assertion_client};
pub use authentication::{AuthMethod, AuthenticatedClient, Evidence, authenticate, authenticate_with_assertion};
pub use lint::{Warning, lint};
pub use secret::{MIN_HS256_BYTES, StoredSecret};
pub use settings::{ClientSettings, ExchangeSettings, InvalidClientSettings};

use serde::{Deserialize, Serialize};

use crate::grant::GrantType;
use crate::jwt::JwsAlgorithm;
use crate::pkce::PkcePolicy;
use crate::redirect_uri::RegisteredRedirectUri;
use crate::resource::Audience;
use crate::scope::{ScopeSet, standard};

/// A client identifier: free text of 1 to 255 printable ASCII characters (RFC 6749 appendix A.1).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ClientId(String);

impl ClientId {
    /// Reads a client identifier; `None` if it is empty, longer than 255 characters or not printable ASCII.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let valid = (1..=255).contains(&text.len()) && text.bytes().all(|b| matches!(b, 0x20..=0x7e));
        valid.then(|| Self(text.to_owned()))
    }

    /// The identifier.
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
    /// Installed on a device.
    Native,
    /// On a server or in a browser.
    #[default]
    Web,
}

/// What an access token looks like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AccessTokenFormat {
    /// A signed JWT (RFC 9068): anybody can read and check it.
    #[default]
    Jwt,
    /// Sealed: only introspection can read it.
    Opaque,
}

/// What happens to a refresh token when it is used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RefreshPolicy {
    /// It stays as it is. For confidential clients only (RFC 9700 §2.2.2).
    Fixed,
    /// A successor takes its place, and its reuse is a replay.
    #[default]
    Rotate,
}

/// Which tokens of others a client may see through introspection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum IntrospectPolicy {
    /// Any access token.
    Any,
    /// Its own, and those that name one of its audiences.
    #[default]
    Own,
}

/// What a client may exchange for what (RFC 8693).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExchangePolicy {
    /// The audiences it may ask for.
    pub audiences: Vec<Audience>,
    /// It may act as the subject.
    pub impersonation: bool,
    /// It may act for the subject, visibly.
    pub delegation: bool,
    /// ID tokens count as subject tokens; then its ID tokens name their grant.
    pub id_tokens: bool,
    /// The most that an exchanged token may carry; none: whatever the client may ask for.
    pub scope: Option<ScopeSet>,
    /// The clients whose tokens it may exchange; none: itself, and whoever gets tokens that name it as audience.
    pub subject_clients: Option<Vec<ClientId>>,
}

/// A client whose settings passed.
#[derive(Clone, Debug, PartialEq)]
pub struct Client {
    /// Shares one namespace with user subjects (RFC 9700 §4.15).
    pub id: ClientId,
    /// What people read on the pages.
    pub name: String,
    /// Web or native.
    pub application_type: ApplicationType,
    /// How it may authenticate; [`AuthMethod::None`] alone makes it a public client.
    pub auth_methods: Vec<AuthMethod>,
    /// Which grants it may use.
    pub grant_types: Vec<GrantType>,
    /// Where answers may go.
    pub redirect_uris: Vec<RegisteredRedirectUri>,
    /// What it may ask for.
    pub scope: ScopeSet,
    /// What it gets when it asks for nothing.
    pub default_scope: ScopeSet,
    /// What it must do about PKCE.
    pub pkce: PkcePolicy,
    /// What its access tokens look like.
    pub access_token_format: AccessTokenFormat,
    /// Signs its access tokens.
    pub access_token_algorithm: JwsAlgorithm,
    /// How long its access tokens live; `None` for the server's default.
    pub access_token_lifetime: Option<Duration>,
    /// What happens to its refresh tokens.
    pub refresh_policy: RefreshPolicy,
    /// Signs its ID tokens.
    pub id_token_algorithm: JwsAlgorithm,
    /// Claims that its ID tokens carry besides UserInfo; `scope` puts the granted scope in.
    pub id_token_claims: Vec<String>,
    /// `aud` of its access tokens when it names no resource.
    pub default_audience: Option<Audience>,
    /// Resources it may ask for (RFC 8707).
    pub resources: Vec<Audience>,
    /// Audiences that it is, as a resource server.
    pub audiences: Vec<Audience>,
    /// What it may introspect.
    pub introspect: IntrospectPolicy,
    /// What it may exchange.
    pub exchange: Option<ExchangePolicy>,
    /// The password grant needs no secret (its refresh tokens still do).
    pub password_without_secret: bool,
    /// The operator's own: people are not asked for consent.
    pub first_party: bool,
    /// Its public keys, as a JWK set (RFC 7517 §5).
    pub jwks: Option<serde_json::Value>,
}

impl Client {
    /// Whether the client has no credentials at all (RFC 6749 §2.1).
    #[must_use]
    pub fn is_public(&self) -> bool {
        self.auth_methods == [AuthMethod::None]
    }

    /// Whether the client may use this grant.
    #[must_use]
    pub fn may_use(&self, grant_type: GrantType) -> bool {
        self.grant_types.contains(&grant_type)
    }

    /// Whether a page of this origin is the client: scripts of public clients run where their redirect URIs are.
    #[must_use]
    pub fn runs_at(&self, origin: &str) -> bool {
        self.is_public() && self.redirect_uris.iter().any(|uri| uri.origin().as_deref() == Some(origin))
    }

    /// Whether the client may name `audience` as a resource. The issuer is everybody's resource.
    #[must_use]
    pub fn may_target(&self, audience: &Audience, issuer: &str) -> bool {
        audience.as_str() == issuer
            || self.default_audience.as_ref() == Some(audience)
            || self.resources.contains(audience)
    }

    /// Whether its secret signs something, and so must be kept sealed instead of hashed.
    #[must_use]
    pub fn signs_with_secret(&self) -> bool {
        self.id_token_algorithm.is_symmetric() || self.auth_methods.contains(&AuthMethod::ClientSecretJwt)
    }

    /// Whether the end of a session ends a grant of this scope.
    #[must_use]
    pub fn ends_with_session(&self, scope: &ScopeSet) -> bool {
        !scope.contains(standard::OFFLINE_ACCESS)
    }

    /// Whether a person's consent to this client may be remembered. Any other program on the device could claim a
    /// native client's redirect URI and so borrow its consent (RFC 8252 §8.6).
    #[must_use]
    pub fn remembers_consent(&self, redirect_uri_is_native: bool) -> bool {
        !(self.is_public() && self.application_type == ApplicationType::Native && redirect_uri_is_native)
    }
}
