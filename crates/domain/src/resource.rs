//! Resource indicators (RFC 8707) and audiences (RFC 7519 §4.1.3): whom a token is for.

use std::fmt;

use serde::{Deserialize, Serialize};
use url::Url;

use crate::error::{Reason, Refusal};

/// Longest audience read, in bytes.
const MAX_LENGTH: usize = 512;

/// A value for `aud` (RFC 7519 §4.1.3): printable ASCII without spaces, 1 to 512 bytes, compared as it is. A resource
/// indicator (RFC 8707 §2) is an audience that is an absolute URI; so is an issuer (RFC 8414 §2).
///
/// ```
/// use grantor_domain::resource::Audience;
///
/// assert!(Audience::parse("urn:service:billing").is_ok());
/// assert!(Audience::parse_resource("https://api.example/v1?tenant=a").is_ok());
/// assert!(Audience::parse_resource("https://api.example/v1#part").is_err());
/// assert!(Audience::parse_resource("/v1").is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct Audience(String);

/// A text that cannot be an [`Audience`] (RFC 7519 §4.1.3); the message says what can.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidAudience;

impl fmt::Display for InvalidAudience {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an audience is 1 to {MAX_LENGTH} printable ASCII characters")
    }
}

impl std::error::Error for InvalidAudience {}

impl Audience {
    /// Reads an audience, URI or not: RFC 8693 §2.1 takes logical names too.
    ///
    /// # Errors
    /// If it is empty, too long or not printable ASCII.
    pub fn parse(text: &str) -> Result<Self, InvalidAudience> {
        let valid = (1..=MAX_LENGTH).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
        if valid { Ok(Self(text.to_owned())) } else { Err(InvalidAudience) }
    }

    /// Reads a `resource` parameter: an absolute URI without a fragment (RFC 8707 §2).
    ///
    /// # Errors
    /// `invalid_target` for anything else.
    pub fn parse_resource(text: &str) -> Result<Self, Refusal> {
        let audience = Self::parse(text).map_err(|_invalid| Refusal::new(Reason::ResourceInvalid))?;
        if text.contains('#') || Url::parse(text).is_err() {
            return Err(Refusal::new(Reason::ResourceInvalid));
        }
        Ok(audience)
    }

    /// The text that goes into `aud` (RFC 7519 §4.1.3).
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Audience {
    type Error = InvalidAudience;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<Audience> for String {
    fn from(audience: Audience) -> Self {
        audience.0
    }
}

impl fmt::Display for Audience {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Reads the `resource` parameters of a request (RFC 8707 §2), which may repeat, and checks that the client may ask for
/// each. What is named twice counts once; none is no error.
///
/// # Errors
/// `invalid_target` (RFC 8707 §2) if one is malformed or not `allowed`.
pub fn read_resources(presented: &[String], allowed: impl Fn(&Audience) -> bool) -> Result<Vec<Audience>, Refusal> {
    let mut resources = Vec::new();
    for text in presented {
        let resource = Audience::parse_resource(text)?;
        if !allowed(&resource) {
            return Err(Refusal::new(Reason::ResourceNotAllowed));
        }
        if !resources.contains(&resource) {
            resources.push(resource);
        }
    }
    Ok(resources)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resource_is_an_absolute_uri_without_fragment() {
        let check = |text: &str, expect: bool| assert_eq!(Audience::parse_resource(text).is_ok(), expect, "{text}");
        check("https://api.example.test", true);
        check("urn:example:api", true);
        check("https://api.example.test/#x", false);
        check("api", false);
        check("", false);
        check("https://api.example.test/ä", false);
    }

    #[test]
    fn an_unregistered_resource_is_an_invalid_target() {
        let allowed = |r: &Audience| r.as_str() == "urn:a";
        assert_eq!(read_resources(&["urn:a".into(), "urn:a".into()], allowed).unwrap().len(), 1);
        assert_eq!(read_resources(&["urn:b".into()], allowed).unwrap_err().reason, Reason::ResourceNotAllowed);
    }
}
