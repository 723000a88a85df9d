//! The names of the grant types (RFC 6749 §1.3, RFC 8628 §3.4, RFC 8693 §2.1).

use serde::{Deserialize, Serialize};

/// A way to get a token: the value of `grant_type` (RFC 6749 §1.3, §4.5; RFC 8628 §3.4; RFC 8693 §2.1).
///
/// ```
/// use grantor_domain::grant::GrantType;
///
/// assert_eq!(GrantType::parse("refresh_token"), Some(GrantType::RefreshToken));
/// assert_eq!(GrantType::parse("implicit"), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum GrantType {
    /// A code that a person allowed (RFC 6749 §4.1).
    #[serde(rename = "authorization_code")]
    AuthorizationCode,
    /// The client acts for itself (RFC 6749 §4.4).
    #[serde(rename = "client_credentials")]
    ClientCredentials,
    /// A person allowed a device that has no browser (RFC 8628 §3.4).
    #[serde(rename = "urn:ietf:params:oauth:grant-type:device_code")]
    DeviceCode,
    /// The person's own password (RFC 6749 §4.3). Legacy: RFC 9700 §2.4.
    #[serde(rename = "password")]
    Password,
    /// Going on with an earlier grant (RFC 6749 §6).
    #[serde(rename = "refresh_token")]
    RefreshToken,
    /// One token for another (RFC 8693 §2.1).
    #[serde(rename = "urn:ietf:params:oauth:grant-type:token-exchange")]
    TokenExchange,
}

impl GrantType {
    /// Every grant type, in alphabetical order: `grant_types_supported` (RFC 8414 §2).
    pub const ALL: [Self; 6] = [
        Self::AuthorizationCode,
        Self::ClientCredentials,
        Self::DeviceCode,
        Self::Password,
        Self::RefreshToken,
        Self::TokenExchange,
    ];

    /// The text that goes into `grant_type` (RFC 6749 §4.1.3 and its like).
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AuthorizationCode => "authorization_code",
            Self::ClientCredentials => "client_credentials",
            Self::DeviceCode => "urn:ietf:params:oauth:grant-type:device_code",
            Self::Password => "password",
            Self::RefreshToken => "refresh_token",
            Self::TokenExchange => "urn:ietf:params:oauth:grant-type:token-exchange",
        }
    }

    /// Reads `grant_type`; case counts. `None` is `unsupported_grant_type` (RFC 6749 §5.2).
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|grant_type| grant_type.as_str() == text)
    }
}
