//! What an operator decides about the service as a whole.

use std::time::Duration;

use grantor_domain::new_password::PasswordRules;
use grantor_domain::resource::Audience;
use grantor_domain::throttle::Throttle;
use grantor_domain::token::lifetime::Lifetimes;
use ipnet::IpNet;

use crate::register::RegistrationSettings;

/// Paths of the endpoints, below the issuer's origin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoints {
    /// Authorization endpoint.
    pub authorization: String,
    /// Device authorization endpoint (RFC 8628).
    pub device_authorization: String,
    /// Token endpoint; every path answers, the first is the one that discovery names.
    pub token: Vec<String>,
    /// JWK set.
    pub jwks: String,
    /// UserInfo.
    pub userinfo: String,
    /// Introspection.
    pub introspection: String,
    /// Logout that a client asks for.
    pub logout: String,
    /// Registration of clients by themselves (RFC 7591); the address of each is below it.
    pub registration: String,
    /// Revocation.
    pub revocation: String,
}

impl Default for Endpoints {
    fn default() -> Self {
        Self {
            authorization: "/oauth/authorize".to_owned(),
            device_authorization: "/oauth/device_authorization".to_owned(),
            token: vec!["/oauth/token".to_owned()],
            jwks: "/oauth/jwks".to_owned(),
            userinfo: "/oauth/userinfo".to_owned(),
            introspection: "/oauth/introspect".to_owned(),
            logout: "/oauth/logout".to_owned(),
            registration: "/oauth/register".to_owned(),
            revocation: "/oauth/revoke".to_owned(),
        }
    }
}

/// What an operator decides about the service as a whole.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `iss`: scheme, host and port, without a trailing slash.
    pub issuer: Audience,
    /// Where the endpoints are.
    pub endpoints: Endpoints,
    /// Scope values that discovery lists besides those of OpenID Connect.
    pub advertised_scopes: Vec<String>,
    /// How long things live.
    pub lifetimes: Lifetimes,
    /// How far ahead `exp` of a client assertion may be.
    pub assertion_max_lifetime: Duration,
    /// How long others may cache the JWK set: a new key signs only after it has been published longer than this.
    pub jwks_max_age: Duration,
    /// How long cached clients serve while storage is away.
    pub cache_max_stale: Duration,
    /// How many clients are cached.
    pub cache_capacity: usize,
    /// Clients that register themselves; none: nobody may.
    pub registration: Option<RegistrationSettings>,
    /// How long who fails to sign in waits.
    pub throttle: Throttle,
    /// What new passwords must be.
    pub password_rules: PasswordRules,
    /// Which of their claims people may change themselves.
    pub editable_claims: Vec<String>,
    /// Where many people sign in from: an application that asks for their passwords, the way out of an office. Failures are
    /// not counted by these addresses.
    pub shared_addresses: Vec<IpNet>,
}

impl Settings {
    /// Settings for an issuer, all else at its default.
    #[must_use]
    pub fn new(issuer: Audience) -> Self {
        Self {
            issuer,
            endpoints: Endpoints::default(),
            advertised_scopes: Vec::new(),
            lifetimes: Lifetimes::default(),
            assertion_max_lifetime: Duration::from_secs(3600),
            jwks_max_age: Duration::from_secs(300),
            cache_max_stale: Duration::from_secs(300),
            cache_capacity: 10_000,
            registration: None,
            throttle: Throttle::default(),
            password_rules: PasswordRules::default(),
            editable_claims: ["name", "given_name", "family_name", "nickname"].map(str::to_owned).to_vec(),
            shared_addresses: Vec::new(),
        }
    }

    /// What people recognise of the issuer: its host, and its port where that is not the usual one.
    #[must_use]
    pub fn issuer_host(&self) -> &str {
        let issuer = self.issuer.as_str();
        issuer.split_once("://").map_or(issuer, |(_scheme, host)| host)
    }

    /// The absolute URL of a path.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.issuer.as_str())
    }

    /// What `aud` of a client assertion may be at any endpoint: the issuer and the token URLs, each with and without a
    /// trailing slash; `own` is the URL of the endpoint that asks.
    #[must_use]
    pub fn assertion_audiences(&self, own: &str) -> Vec<String> {
        let mut audiences = vec![self.issuer.as_str().to_owned(), self.url(own)];
        for path in &self.endpoints.token {
            let path = path.trim_end_matches('/');
            audiences.extend([self.url(path), self.url(&format!("{path}/"))]);
        }
        audiences
    }
}
