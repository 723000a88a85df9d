//! Where people can read about a client (RFC 7591 §2): addresses that a page of ours may lead to.

use std::fmt;

use serde::{Deserialize, Serialize};
use url::{Host, Url};

/// An address of the web (RFC 9110 §4.2): absolute, `http` or `https`, without a user name that could pass for the host (§4.2.4).
///
/// ```
/// use grantor_domain::client::WebUri;
///
/// assert!(WebUri::parse("https://app.example/privacy").is_ok());
/// assert!(WebUri::parse("javascript:alert(1)").is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct WebUri(String);

/// A text that is no address of the web (RFC 9110 §4.2); the message says which would be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidWebUri;

impl fmt::Display for InvalidWebUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an address people can open is an absolute http or https URI without a user name")
    }
}

impl std::error::Error for InvalidWebUri {}

impl WebUri {
    /// Reads an address.
    ///
    /// # Errors
    /// [`InvalidWebUri`] if a click on it would do anything but open a page of the host that it shows.
    pub fn parse(text: &str) -> Result<Self, InvalidWebUri> {
        let url = Url::parse(text).map_err(|_not_a_url| InvalidWebUri)?;
        let is_web = matches!(url.scheme(), "http" | "https") && url.has_host();
        let is_plain = url.username().is_empty() && url.password().is_none();
        // Such a host goes into the policy of a page, where other characters would mean something.
        let is_named = match url.host() {
            Some(Host::Domain(name)) => {
                name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_'))
            }
            Some(Host::Ipv4(_) | Host::Ipv6(_)) => true,
            None => false,
        };
        (is_web && is_plain && is_named && text.bytes().all(|b| b.is_ascii_graphic()))
            .then(|| Self(text.to_owned()))
            .ok_or(InvalidWebUri)
    }

    /// The address as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The address with these parameters added to its query.
    #[must_use]
    pub fn with_query(&self, parameters: &[(&str, &str)]) -> Self {
        let Ok(mut url) = Url::parse(&self.0) else { return self.clone() };
        url.query_pairs_mut().extend_pairs(parameters);
        Self(url.into())
    }

    /// Its origin as text (RFC 6454 §6.2).
    #[must_use]
    pub fn origin(&self) -> Option<String> {
        Url::parse(&self.0).ok().map(|url| url.origin().ascii_serialization())
    }
}

impl TryFrom<String> for WebUri {
    type Error = InvalidWebUri;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<WebUri> for String {
    fn from(uri: WebUri) -> Self {
        uri.0
    }
}

/// What people can look at before they trust a client (RFC 7591 §2, OpenID Connect Registration §2).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientLinks {
    /// `client_uri`: its home page.
    pub client: Option<WebUri>,
    /// `logo_uri`: its picture.
    pub logo: Option<WebUri>,
    /// `policy_uri`: what it does with what it learns.
    pub policy: Option<WebUri>,
    /// `tos_uri`: its terms of service.
    pub terms: Option<WebUri>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_web_is_led_to() {
        for good in ["https://a.example", "http://127.0.0.1:8080/logo.png?size=2#x"] {
            assert_eq!(WebUri::parse(good).unwrap().as_str(), good);
        }
        for bad in [
            "",
            "a.example",
            "//a.example",
            "data:image/png,x",
            "https://bank@a.example/",
            "https://a b",
            "mailto:a@b",
            "https://*/logo.png",
            "https://a;sandbox/logo.png",
        ] {
            assert_eq!(WebUri::parse(bad), Err(InvalidWebUri), "{bad}");
        }
        let there = WebUri::parse("https://a.example/bye?x=1").unwrap();
        assert_eq!(there.with_query(&[("sid", "a b")]).as_str(), "https://a.example/bye?x=1&sid=a+b");
        assert_eq!(WebUri::parse("https://a.example:443/x").unwrap().origin().unwrap(), "https://a.example");
    }
}
