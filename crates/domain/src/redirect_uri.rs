//! Redirect URIs: which may be registered, and which registered one a request names (RFC 6749 §3.1.2, RFC 9700 §2.1).

use std::fmt;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use url::{Host, Url};

use crate::error::{Reason, Refusal};

/// A redirect URI that passed registration: absolute, without a fragment (RFC 6749 §3.1.2), and of a scheme that cannot
/// run script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegisteredRedirectUri {
    text: String,
    loopback: bool,
}

/// Why a redirect URI cannot be registered (RFC 6749 §3.1.2); the message says what to change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RedirectUriError {
    /// It has a fragment (RFC 6749 §3.1.2).
    Fragment,
    /// It is no absolute URI (RFC 3986 §4.3, asked for by RFC 6749 §3.1.2), or holds characters that no URI has.
    NotAbsolute,
    /// Its scheme would run script or show local data in the browser. Grantor's own list.
    UnsafeScheme,
}

impl fmt::Display for RedirectUriError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Fragment => "a redirect URI must not have a fragment (#…)",
            Self::NotAbsolute => "a redirect URI must be an absolute URI in printable ASCII",
            Self::UnsafeScheme => "a redirect URI must not use javascript:, data:, vbscript:, blob:, file: or about:",
        })
    }
}

impl std::error::Error for RedirectUriError {}

impl RegisteredRedirectUri {
    /// Checks a URI for registration (RFC 6749 §3.1.2).
    ///
    /// # Errors
    /// See [`RedirectUriError`].
    pub fn parse(text: &str) -> Result<Self, RedirectUriError> {
        if !text.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(RedirectUriError::NotAbsolute);
        }
        if text.contains('#') {
            return Err(RedirectUriError::Fragment);
        }
        let url = Url::parse(text).map_err(|_not_a_url| RedirectUriError::NotAbsolute)?;
        if matches!(url.scheme(), "javascript" | "data" | "vbscript" | "blob" | "file" | "about") {
            return Err(RedirectUriError::UnsafeScheme);
        }
        Ok(Self { text: text.to_owned(), loopback: is_loopback_http(&url) })
    }

    /// The URI as registered, to the character: it is compared as a string (RFC 9700 §2.1).
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether a native app that listens on loopback, or claims a scheme of its own, is behind it (RFC 8252 §7).
    #[must_use]
    pub fn is_native(&self) -> bool {
        self.loopback || !(self.text.starts_with("https:") || self.text.starts_with("http:"))
    }

    /// The web origin it belongs to, as text (RFC 6454 §6.2); none for a scheme without one. Scripts of a public client
    /// run there.
    #[must_use]
    pub fn origin(&self) -> Option<String> {
        let origin = Url::parse(&self.text).ok()?.origin();
        origin.is_tuple().then(|| origin.ascii_serialization())
    }

    /// Compared as strings; only the port of a loopback literal may differ (RFC 8252 §7.3).
    fn admits(&self, presented: &str) -> bool {
        self.text == presented || (self.loopback && same_but_for_port(&self.text, presented))
    }
}

fn is_loopback_http(url: &Url) -> bool {
    url.scheme() == "http"
        && match url.host() {
            Some(Host::Ipv4(ip)) => IpAddr::from(ip).is_loopback(),
            Some(Host::Ipv6(ip)) => IpAddr::from(ip).is_loopback(),
            _ => false,
        }
}

/// Whether two loopback URIs are the same text once the port is cut out of each.
fn same_but_for_port(registered: &str, presented: &str) -> bool {
    match (split_at_port(registered), split_at_port(presented)) {
        (Some(left), Some(right)) => left == right,
        _ => false,
    }
}

/// `http://127.0.0.1:80/x` → (`http://127.0.0.1`, `/x`). `None` if the port is no port.
fn split_at_port(uri: &str) -> Option<(&str, &str)> {
    let after_scheme = uri.strip_prefix("http://")?;
    let authority_end = after_scheme.find(['/', '?', '\\']).unwrap_or(after_scheme.len());
    let (authority, rest) = after_scheme.split_at(authority_end);
    let host_end = if authority.starts_with('[') {
        authority.find(']')? + 1
    } else {
        authority.find(':').unwrap_or(authority.len())
    };
    let (host, port) = authority.split_at(host_end);
    match port.strip_prefix(':') {
        None if port.is_empty() => Some((host, rest)),
        Some(digits) if digits.bytes().all(|b| b.is_ascii_digit()) && digits.parse::<u16>().is_ok() => {
            Some((host, rest))
        }
        _ => None,
    }
}

/// A redirect URI that the client registered and this request named (or, as the only one, meant).
///
/// The one thing an answer may be sent to (RFC 6749 §4.1.2): only [`match_redirect_uri`] makes it, and only our own seal
/// brings it back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MatchedRedirectUri {
    #[serde(rename = "u")]
    text: String,
    #[serde(rename = "s")]
    sent: bool,
    #[serde(rename = "n")]
    native: bool,
}

impl MatchedRedirectUri {
    /// Where the answer goes (RFC 6749 §4.1.2): as the request named it, with its own port on loopback.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether the request named it; then the token request must repeat it (RFC 6749 §4.1.3).
    #[must_use]
    pub const fn was_sent(&self) -> bool {
        self.sent
    }

    /// Whether a native app is behind it (RFC 8252 §7); see [`RegisteredRedirectUri::is_native`].
    #[must_use]
    pub const fn is_native(&self) -> bool {
        self.native
    }
}

/// Finds the registered URI that a request names, by comparing strings (RFC 9700 §2.1); only the port of a loopback
/// address may differ (RFC 8252 §7.3). With one registered it may be left out (RFC 6749 §3.1.2.3), except where `openid` is
/// asked (OpenID Connect Core §3.1.2.1 requires it).
///
/// # Errors
/// `redirect_uri` missing although needed, or none of the registered ones. Never answered by a redirect: the server "MUST
/// NOT automatically redirect the user-agent to the invalid redirection URI" (RFC 6749 §4.1.2.1).
///
/// ```
/// use grantor_domain::redirect_uri::{RegisteredRedirectUri, match_redirect_uri};
///
/// let registered = [
///     RegisteredRedirectUri::parse("https://app.example/cb")?,
///     RegisteredRedirectUri::parse("http://127.0.0.1/cb")?,
/// ];
/// assert!(match_redirect_uri(&registered, Some("https://app.example/cb"), true).is_ok());
/// assert!(match_redirect_uri(&registered, Some("https://app.example/cb/"), true).is_err(), "strings, not places");
/// assert!(match_redirect_uri(&registered, Some("http://127.0.0.1:49152/cb"), true).is_ok(), "RFC 8252 §7.3");
/// assert!(match_redirect_uri(&registered, None, false).is_err(), "which of the two?");
/// # Ok::<(), grantor_domain::redirect_uri::RedirectUriError>(())
/// ```
pub fn match_redirect_uri(
    registered: &[RegisteredRedirectUri],
    presented: Option<&str>,
    openid: bool,
) -> Result<MatchedRedirectUri, Refusal> {
    match (presented, registered) {
        (Some(presented), _) => registered
            .iter()
            .find(|known| known.admits(presented))
            .map(|known| MatchedRedirectUri { text: presented.to_owned(), sent: true, native: known.is_native() })
            .ok_or_else(|| Refusal::new(Reason::RedirectUriMismatch)),
        (None, [only]) if !openid => {
            Ok(MatchedRedirectUri { text: only.text.clone(), sent: false, native: only.is_native() })
        }
        (None, _) => Err(Refusal::parameter(Reason::ParameterMissing, "redirect_uri")),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(registered: &str, presented: &str, expect: bool) {
        let registered = [RegisteredRedirectUri::parse(registered).unwrap()];
        assert_eq!(match_redirect_uri(&registered, Some(presented), true).is_ok(), expect, "{presented}");
    }

    #[test]
    fn matched_as_strings() {
        check("https://app.example/cb", "https://app.example/cb", true);
        check("https://app.example/cb?a=1", "https://app.example/cb?a=1", true);
        for other in [
            "https://app.example/cb/",
            "https://app.example/CB",
            "https://APP.example/cb",
            "https://app.example:443/cb",
            "https://app.example/cb?a=1",
            "https://app.example/x/../cb",
            "https://app.example.evil.test/cb",
            "https://app.example/cb#f",
        ] {
            check("https://app.example/cb", other, false);
        }
    }

    #[test]
    fn only_a_loopback_literal_may_vary_its_port() {
        check("http://127.0.0.1:3090/cb", "http://127.0.0.1:51004/cb", true);
        check("http://127.0.0.1/cb", "http://127.0.0.1:51004/cb", true);
        check("http://[::1]:1/cb", "http://[::1]:2/cb", true);
        check("http://127.0.0.1/cb", "http://127.0.0.1:51004/other", false);
        check("http://127.0.0.1/cb", "http://127.0.0.1:51004@evil.test/cb", false);
        check("http://127.0.0.1/cb", "http://127.0.0.1:99999/cb", false);
        check("http://127.0.0.1/cb", "http://127.0.0.1:/cb", false);
        check("http://127.0.0.1/cb", "http://127.0.0.1.evil.test/cb", false);
        check("http://localhost:3000/callback", "http://localhost:3001/callback", false);
        check("https://127.0.0.1/cb", "https://127.0.0.1:8443/cb", false);
    }

    #[test]
    fn registration_refuses_what_is_unsafe() {
        let check = |text: &str, expect| assert_eq!(RegisteredRedirectUri::parse(text), Err(expect), "{text}");
        check("https://app.example/#x", RedirectUriError::Fragment);
        check("/callback", RedirectUriError::NotAbsolute);
        check("https://app.example/a b", RedirectUriError::NotAbsolute);
        check("javascript:alert(1)", RedirectUriError::UnsafeScheme);
        check("data:text/html,x", RedirectUriError::UnsafeScheme);
        assert!(RegisteredRedirectUri::parse("com.example.app:/cb").unwrap().is_native());
    }

    #[test]
    fn only_web_uris_have_an_origin() {
        let origin = |text: &str| RegisteredRedirectUri::parse(text).unwrap().origin();
        assert_eq!(origin("https://app.example:443/cb").as_deref(), Some("https://app.example"));
        assert_eq!(origin("http://127.0.0.1:5173/cb").as_deref(), Some("http://127.0.0.1:5173"));
        assert_eq!(origin("com.example.app:/cb"), None);
    }

    #[test]
    fn the_only_registered_one_may_be_left_out_without_openid() {
        let one = [RegisteredRedirectUri::parse("https://a.example/cb").unwrap()];
        let found = match_redirect_uri(&one, None, false).unwrap();
        assert!(!found.was_sent() && found.as_str() == "https://a.example/cb");
        assert!(match_redirect_uri(&one, None, true).is_err());
        let two = [one[0].clone(), RegisteredRedirectUri::parse("https://b.example/cb").unwrap()];
        assert!(match_redirect_uri(&two, None, false).is_err());
    }

    proptest! {
        #[test]
        fn what_matches_goes_to_the_registered_host(presented in "http://127[.]0[.]0[.]1[:@0-9a-z./\\\\?]{0,20}") {
            let registered = [RegisteredRedirectUri::parse("http://127.0.0.1:80/cb").unwrap()];
            if let Ok(found) = match_redirect_uri(&registered, Some(&presented), true) {
                let url = Url::parse(found.as_str()).unwrap();
                prop_assert_eq!(url.host_str(), Some("127.0.0.1"));
                prop_assert_eq!(url.path(), "/cb");
                prop_assert_eq!(url.username(), "");
            }
        }
    }
}
