//! Grants (RFC 6749 §1.3, §4): what a token request may ask for, and the rule of each grant type.
//!
//! One file per grant type holds its parameters beside its rule. What they share is here: the grant itself, which is
//! one authorization given to one client.

pub mod authorization_code;
pub mod client_credentials;
pub mod device_code;
pub mod foreign_token;
mod grant_type;
pub mod password;
pub mod refresh_token;
pub mod token_exchange;

use std::fmt;

pub use grant_type::GrantType;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::authorization::ClaimsRequest;
use crate::client::{Client, ClientId};
use crate::error::{Reason, Refusal};
use crate::id::{GrantId, SessionId};
use crate::resource::Audience;
use crate::scope::ScopeSet;
use crate::session::Authentication;
use crate::time::Timestamp;
use crate::token::lifetime::LifetimeClass;
use crate::user::Subject;

/// A token request (RFC 6749 §3.2), by grant type. Its parameters are as they came: what must be there is a rule.
#[derive(Clone, Debug)]
pub enum TokenRequest {
    /// Redeems a code (RFC 6749 §4.1.3).
    AuthorizationCode(authorization_code::Parameters),
    /// A client for itself (RFC 6749 §4.4.2).
    ClientCredentials(client_credentials::Parameters),
    /// A device asks whether it may (RFC 8628 §3.4).
    DeviceCode(device_code::Parameters),
    /// A person by their password (RFC 6749 §4.3.2).
    Password(password::Parameters),
    /// Refreshes (RFC 6749 §6).
    RefreshToken(refresh_token::Parameters),
    /// Exchanges a token (RFC 8693 §2.1).
    TokenExchange(token_exchange::Parameters),
}

impl TokenRequest {
    /// Which grant is asked for: `grant_type`.
    #[must_use]
    pub const fn grant_type(&self) -> GrantType {
        match self {
            Self::AuthorizationCode(_) => GrantType::AuthorizationCode,
            Self::ClientCredentials(_) => GrantType::ClientCredentials,
            Self::DeviceCode(_) => GrantType::DeviceCode,
            Self::Password(_) => GrantType::Password,
            Self::RefreshToken(_) => GrantType::RefreshToken,
            Self::TokenExchange(_) => GrantType::TokenExchange,
        }
    }
}

/// Where a grant is: its table and its identifier. Text form, in serde too: `l.` or `s.`, then the identifier. Grantor's
/// own; see docs/architecture.md.
///
/// ```
/// use grantor_domain::grant::GrantRef;
///
/// let reference = GrantRef::parse("l.01a31a2b-8400-7000-8000-000000000000").expect("a reference");
/// assert_eq!(reference.to_string(), "l.01a31a2b-8400-7000-8000-000000000000");
/// assert_eq!(GrantRef::parse("01a31a2b-8400-7000-8000-000000000000"), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GrantRef {
    /// Which table.
    pub class: LifetimeClass,
    /// Which row.
    pub id: GrantId,
}

impl GrantRef {
    /// Reads the text form. `None` if it is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (class, id) = text.split_once('.')?;
        let class = match class {
            "l" => LifetimeClass::Long,
            "s" => LifetimeClass::Short,
            _ => return None,
        };
        Some(Self { class, id: GrantId::parse(id)? })
    }
}

impl fmt::Display for GrantRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let class = match self.class {
            LifetimeClass::Long => 'l',
            LifetimeClass::Short => 's',
        };
        write!(f, "{class}.{}", self.id)
    }
}

impl Serialize for GrantRef {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for GrantRef {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("not a grant reference"))
    }
}

/// What is fixed when a grant is opened: an authorization that a resource owner gave to one client (RFC 6749 §1.3). That
/// it is one row, and what the row holds, is Grantor's own; see docs/architecture.md.
#[derive(Clone, Debug, PartialEq)]
pub struct GrantTerms {
    /// Where it is: its table and row.
    pub reference: GrantRef,
    /// Whom it was given to: the only client that may use it (RFC 6749 §6, §10.4).
    pub client_id: ClientId,
    /// Who gave it: `sub` of its tokens (RFC 9068 §2.2, OpenID Connect Core §2).
    pub subject: Subject,
    /// In which session: `sid` of its ID tokens (OpenID Connect Front-Channel Logout §3); none for the password grant.
    pub session: Option<SessionId>,
    /// What for (RFC 6749 §3.3). Refreshing may narrow an answer, never this (RFC 6749 §6).
    pub scope: ScopeSet,
    /// For which resources (RFC 8707 §2.1); none if none was asked.
    pub resources: Vec<Audience>,
    /// The `claims` parameter (OpenID Connect Core §5.5).
    pub claims: Option<ClaimsRequest>,
    /// When and how the person signed in: every ID token of the grant says the same (OpenID Connect Core §12.2).
    pub authentication: Authentication,
    /// The key that the sender must prove to hold (RFC 9700 §2.2.1); none is asked for yet.
    pub sender: Option<String>,
    /// Whether the end of the session ends the grant: not with `offline_access` (OpenID Connect Core §11).
    pub ends_with_session: bool,
    /// The end of the grant, however often it is used. After this the row may be gone.
    pub absolute_expires_at: Timestamp,
}

/// A grant to be opened: what redeeming a code (RFC 6749 §4.1.3) or a right password (§4.3.2) commits. Grantor's own; see
/// docs/architecture.md.
#[derive(Clone, Debug, PartialEq)]
pub struct NewGrant {
    /// What is fixed, and will not change.
    pub terms: GrantTerms,
    /// SHA-256 of the grant secret, which this request drew once, before its first attempt: it tells this request's
    /// own earlier attempt from somebody else's.
    pub secret_hash: [u8; 32],
    /// When a refresh token that is not used stops working (RFC 9700 §4.14.2).
    pub expires_at: Timestamp,
}

/// A grant as its row says it is now. Grantor's own; see docs/architecture.md.
#[derive(Clone, Debug, PartialEq)]
pub struct Grant {
    /// What was fixed when it was opened.
    pub terms: GrantTerms,
    /// The generation that the row expects: how often it was rotated (RFC 9700 §4.14.2).
    pub generation: u32,
    /// When the generation before it was spent; none if none was.
    pub spent_at: Option<Timestamp>,
    /// When a refresh token that is not used stops working (RFC 9700 §4.14.2). Each rotation moves it on.
    pub expires_at: Timestamp,
}

impl NewGrant {
    /// The grant as it is just after it was opened: at generation 0, nothing spent.
    #[must_use]
    pub fn opened(&self) -> Grant {
        Grant { terms: self.terms.clone(), generation: 0, spent_at: None, expires_at: self.expires_at }
    }
}

/// Reads a `scope` parameter: what is asked must be `allowed`; nothing asked means `default`. RFC 6749 §3.3 has the server
/// either fall back on a default or refuse, and say which.
///
/// # Errors
/// `invalid_scope` (RFC 6749 §5.2) if it is malformed or not allowed.
///
/// ```
/// use grantor_domain::grant::read_scope;
/// use grantor_domain::scope::ScopeSet;
///
/// let (allowed, default) = (ScopeSet::parse("read write")?, ScopeSet::parse("read")?);
/// assert_eq!(read_scope(None, &allowed, &default)?.to_string(), "read");
/// assert!(read_scope(Some("read delete"), &allowed, &default).is_err(), "refused, not cut down");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn read_scope(asked: Option<&str>, allowed: &ScopeSet, default: &ScopeSet) -> Result<ScopeSet, Refusal> {
    let Some(asked) = asked else { return Ok(default.clone()) };
    let asked = ScopeSet::parse(asked).map_err(|_malformed| Refusal::new(Reason::ScopeInvalid))?;
    if asked.is_empty() {
        return Ok(default.clone());
    }
    if asked.is_subset(allowed) { Ok(asked) } else { Err(Refusal::new(Reason::ScopeInvalid)) }
}

/// Whether a code or password grant of this client comes with a refresh token: always, if the client may use one.
/// Issuing one is at the discretion of the server (RFC 6749 §1.5).
#[must_use]
pub fn is_refreshable(client: &Client) -> bool {
    client.may_use(GrantType::RefreshToken)
}

/// A required parameter.
///
/// # Errors
/// `invalid_request` naming it.
pub(crate) fn required<'a, T: ?Sized>(value: Option<&'a T>, name: &'static str) -> Result<&'a T, Refusal> {
    value.ok_or_else(|| Refusal::parameter(Reason::ParameterMissing, name))
}

#[cfg(test)]
pub(crate) mod testing {
    //! A client, a grant and what their tokens share, to vary in unit tests.

    use std::sync::LazyLock;

    use serde_json::json;

    use super::*;
    use crate::client::{AuthMethod, AuthenticatedClient, ClientSettings, Evidence, authenticate};
    use crate::id::TokenId;
    use crate::registry::Registry;
    use crate::token::access_token::IssueContext;
    use crate::token::lifetime::Lifetimes;

    pub(crate) const OPENED: Timestamp = Timestamp::from_secs(1_700_000_000);

    pub(crate) fn client() -> Client {
        let settings: ClientSettings = serde_json::from_value(json!({
            "client_id": "c", "scope": "openid email profile a b offline_access", "redirect_uris": ["https://app.example/cb"],
            "grant_types": ["authorization_code", "client_credentials", "password", "refresh_token", "urn:ietf:params:oauth:grant-type:token-exchange"],
            "exchange": {"audiences": ["urn:api"], "impersonation": true, "delegation": true},
        }))
        .unwrap();
        Client::try_from(settings).unwrap()
    }

    pub(crate) fn authenticated(client: Client) -> AuthenticatedClient {
        let method = client.auth_methods[0];
        let evidence =
            if method == AuthMethod::None { Evidence::Nothing } else { Evidence::Secret { method, matched: true } };
        authenticate(std::sync::Arc::new(client), evidence, None).unwrap()
    }

    /// What tokens of `now` share, from an issuer with nothing registered.
    pub(crate) fn issued_at(now: Timestamp) -> IssueContext<'static> {
        static ISSUER: LazyLock<Audience> = LazyLock::new(|| Audience::parse("https://op.example").unwrap());
        static LIFETIMES: LazyLock<Lifetimes> = LazyLock::new(Lifetimes::default);
        static REGISTRY: LazyLock<Registry> = LazyLock::new(Registry::default);
        let token_id = TokenId::from_bytes([9; 16]);
        IssueContext { issuer: &ISSUER, now, token_id, lifetimes: &LIFETIMES, registry: &REGISTRY }
    }

    pub(crate) fn grant(scope: &str) -> Grant {
        Grant {
            terms: GrantTerms {
                reference: GrantRef { class: LifetimeClass::Long, id: GrantId::new(OPENED, &[1; 10]) },
                client_id: ClientId::parse("c").unwrap(),
                subject: Subject::parse("alice").unwrap(),
                session: None,
                scope: ScopeSet::parse(scope).unwrap(),
                resources: Vec::new(),
                claims: None,
                authentication: Authentication::by_password(OPENED),
                sender: None,
                ends_with_session: true,
                absolute_expires_at: OPENED.plus(std::time::Duration::from_secs(180 * 24 * 3600)),
            },
            generation: 0,
            spent_at: None,
            expires_at: OPENED.plus(std::time::Duration::from_secs(30 * 24 * 3600)),
        }
    }

    #[test]
    fn references_read_back() {
        let reference = grant("").terms.reference;
        assert_eq!(GrantRef::parse(&reference.to_string()), Some(reference));
        for text in ["", "l", "x.018bcfe5-6800-7001-8101-010101010101", "l.018bcfe5"] {
            assert_eq!(GrantRef::parse(text), None, "{text}");
        }
    }

    #[test]
    fn scope_asked_must_be_allowed() {
        let set = |text: &str| ScopeSet::parse(text).unwrap();
        let check = |asked: Option<&str>, expect: Result<&str, Reason>| {
            let found = read_scope(asked, &set("a b"), &set("b"));
            assert_eq!(found.map_err(|r| r.reason), expect.map(set), "{asked:?}");
        };
        check(None, Ok("b"));
        check(Some(" "), Ok("b"));
        check(Some("a"), Ok("a"));
        check(Some("a c"), Err(Reason::ScopeInvalid));
        check(Some("a\"c"), Err(Reason::ScopeInvalid));
    }
}
